"""The simulated RMM: tokens that end, lists after an id, cursors that keep their name, and what queries leave out."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sevenc_sync.sandbox import Sandbox, World, build_world

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def managed() -> World:
    """Six clients on this RMM."""
    return build_world(clients=6, now=NOW, rmms=("ninjaone",))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def served(managed: World, clock: Clock) -> Iterator[Sandbox]:
    with Sandbox(managed, vendors=("ninjaone",), clock=clock) as running:
        yield running


def ask_token(client: httpx.Client, served: Sandbox, **changes: str) -> httpx.Response:
    form = {"grant_type": "client_credentials", "scope": "monitoring", **served.accounts[0].secrets}
    return client.post("/ws/oauth/token", data={**form, **changes})


@pytest.fixture
def rmm(served: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.accounts[0].base_url) as client:
        client.headers["Authorization"] = f"Bearer {ask_token(client, served).json()['access_token']}"
        yield client


def test_only_the_right_client_gets_a_token_and_the_token_ends(
    served: Sandbox, rmm: httpx.Client, clock: Clock
) -> None:
    assert ask_token(rmm, served, client_secret="wrong").status_code == 401
    assert ask_token(rmm, served, grant_type="password").json() == {"error": "unauthorized_client"}
    assert ask_token(rmm, served, scope="control").json() == {"error": "invalid_scope"}
    assert ask_token(rmm, served).json()["expires_in"] == 3600
    assert rmm.get("/v2/organizations").status_code == rmm.get("/api/v2/organizations").status_code == 200
    clock.now += timedelta(hours=1)
    refused = rmm.get("/v2/organizations")
    assert (refused.status_code, refused.json()["resultCode"]) == (401, "FAILURE")
    assert httpx.get(f"{served.accounts[0].base_url}/v2/organizations").status_code == 401


def test_lists_go_on_after_an_id_and_say_so_only_sometimes(rmm: httpx.Client) -> None:
    everything = rmm.get("/v2/devices-detailed", params={"pageSize": 1000}).json()
    first = rmm.get("/v2/devices-detailed", params={"pageSize": 5})
    second = rmm.get("/v2/devices-detailed", params={"pageSize": 5, "after": first.json()[-1]["id"]})
    assert first.json() + second.json() == everything[:10]
    assert "link" not in first.headers
    assert 'rel="next"' in second.headers["link"]
    brief = rmm.get("/v2/devices", params={"pageSize": 1}).json()[0]
    assert "macAddresses" not in brief
    assert brief.items() <= everything[0].items()
    assert rmm.get("/v2/devices", params={"pageSize": "many"}).status_code == 400


def pages(rmm: httpx.Client, name: str, size: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while not found or found[-1]["results"]:
        found.append(rmm.get(f"/v2/queries/{name}", params={"pageSize": size, **cursor}).json())
        cursor = {"cursor": found[-1]["cursor"]["name"]}
    return found


def test_a_cursor_keeps_its_name_while_its_place_moves_and_it_ends(rmm: httpx.Client, clock: Clock) -> None:
    whole = rmm.get("/v2/queries/os-patches", params={"pageSize": 10_000}).json()
    assert "cursor" not in whole
    parts = pages(rmm, "os-patches", 50)
    assert [row for part in parts for row in part["results"]] == whole["results"]
    assert len({part["cursor"]["name"] for part in parts}) == 1
    assert [part["cursor"]["offset"] for part in parts[:2]] == [50, 100]
    clock.now += timedelta(minutes=10)
    asked = {"cursor": parts[0]["cursor"]["name"]}
    assert rmm.get("/v2/queries/os-patches", params=asked).status_code == 400
    assert isinstance(rmm.get("/v2/queries/antivirus-status").json(), list)


def test_queries_tell_only_what_is_asked_for(rmm: httpx.Client, managed: World) -> None:
    plain = rmm.get("/v2/queries/volumes").json()["results"]
    asked = rmm.get("/v2/queries/volumes", params={"include": "bl"}).json()["results"]
    assert not any("bitLockerStatus" in row for row in plain)
    assert any(row.get("bitLockerStatus", {}).get("protectionStatus") == "PROTECTED" for row in asked)
    failed = rmm.get("/v2/queries/os-patch-installs", params={"status": "Failed"}).json()["results"]
    assert {row["status"] for row in failed} == {"FAILED"}
    late = {"status": "FAILED", "installedAfter": "20270101"}
    assert rmm.get("/v2/queries/os-patch-installs", params=late).json()["results"] == []
    offline = {d["id"] for d in rmm.get("/v2/devices", params={"pageSize": 1000}).json() if d["offline"]}
    patches = rmm.get("/v2/queries/os-patches").json()["results"]
    assert offline
    assert not offline & {row["deviceId"] for row in patches}


def test_its_devices_are_the_worlds_machines(rmm: httpx.Client, managed: World) -> None:
    devices = rmm.get("/v2/devices-detailed", params={"pageSize": 1000}).json()
    machines = {m.serial: m for m in managed.machines}
    systems = {row["deviceId"]: row for row in rmm.get("/v2/queries/computer-systems").json()["results"]}
    for device in devices:
        if device["nodeClass"] != "NMS_FIREWALL":
            machine = machines[systems[device["id"]]["serialNumber"]]
            assert (device["systemName"], device["macAddresses"]) == (machine.name, [machine.mac])
    organizations = rmm.get("/v2/organizations").json()
    noted = [o["fields"].get("connectwiseCompanyId") for o in organizations]
    assert None in noted
    assert {int(number) for number in noted if number} <= {client.id for client in managed.clients}
    one = rmm.get("/v2/devices", params={"df": "org=1 AND class in (MAC,WINDOWS_SERVER)"}).json()
    assert {(d["organizationId"], d["nodeClass"]) for d in one} <= {(1, "MAC"), (1, "WINDOWS_SERVER")}
