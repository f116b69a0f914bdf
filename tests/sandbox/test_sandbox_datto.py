"""The simulated backup product answers in the vendor's dialect."""

from datetime import datetime
from typing import Any

import httpx
import pytest

from sevenc_sync.sandbox import Sandbox, World
from sevenc_sync.sandbox.datto import DattoBcdr
from sevenc_sync.sandbox.datto.records import assets as asset_records
from sevenc_sync.sandbox.datto.records import devices as device_records
from sevenc_sync.sandbox.datto.vendor import SHAPES


def rows(body: Any) -> list[dict[str, Any]]:
    if isinstance(body, list):
        return body
    return list(body["items"] if "items" in body else body.values())


def keyed(sandbox: Sandbox) -> httpx.Client:
    secrets = sandbox.accounts[1].secrets
    return httpx.Client(auth=(secrets["public_key"], secrets["secret_key"]))


def devices(bcdr: httpx.Client) -> list[dict[str, Any]]:
    return rows(bcdr.get("/device").json())


def test_wrong_keys_are_401_and_an_unknown_route_404_without_keys(
    sandbox: Sandbox, bcdr: httpx.Client
) -> None:
    base = sandbox.accounts[1].base_url
    bare = httpx.get(f"{base}/v1/bcdr/device")
    assert (bare.status_code, set(bare.json())) == (401, {"code", "message"})
    assert bcdr.get("/device", auth=("x", "y")).status_code == 401
    missing = httpx.get(f"{base}/v1/bcdr/device/X/offsite")
    assert (missing.status_code, missing.json()["code"]) == (404, "exception.notfoundhttpexception")


def test_it_can_only_be_read(bcdr: httpx.Client) -> None:
    assert bcdr.put("/device", json={}).status_code == 405


def test_the_device_list_is_an_envelope_with_pages(bcdr: httpx.Client) -> None:
    whole = bcdr.get("/device").json()
    count = len(whole["items"])
    assert whole["pagination"] == {"page": 1, "perPage": 100, "totalPages": 1, "count": count}
    assert count > 4
    pages = [
        bcdr.get("/device", params={"_page": page, "_perPage": 2}).json()
        for page in range(1, -(-count // 2) + 2)
    ]
    assert [d for page in pages for d in page["items"]] == whole["items"]
    assert pages[0]["pagination"] == {"page": 1, "perPage": 2, "totalPages": -(-count // 2), "count": count}
    assert pages[-1]["items"] == []


def test_hidden_devices_can_be_left_out(sandbox: Sandbox, bcdr: httpx.Client) -> None:
    serial = devices(bcdr)[0]["serialNumber"]
    sandbox.vendors["datto_bcdr"].edit("devices", serial, hidden=True)
    assert serial in {d["serialNumber"] for d in devices(bcdr)}
    shown = rows(bcdr.get("/device", params={"showHiddenDevices": 0}).json())
    assert serial not in {d["serialNumber"] for d in shown}


def test_one_device_is_the_same_record(bcdr: httpx.Client) -> None:
    device = devices(bcdr)[0]
    assert bcdr.get(f"/device/{device['serialNumber']}").json() == device
    assert bcdr.get("/device/NOPE").status_code == 404
    assert bcdr.get("/device/NOPE/asset").status_code == 404
    assert bcdr.get("/device/NOPE/alert").status_code == 404


def test_assets_come_in_three_shapes_chosen_by_device(big_world: World) -> None:
    with (
        Sandbox(big_world) as sandbox,
        keyed(sandbox) as client,
    ):
        base = f"{sandbox.accounts[1].base_url}/v1/bcdr/device"
        shapes: set[str] = set()
        for device in client.get(base).json()["items"]:
            body = client.get(f"{base}/{device['serialNumber']}/asset").json()
            shape = "array" if isinstance(body, list) else "items" if "items" in body else "index"
            assert shape == sandbox.datto.shape_of(device["serialNumber"])
            live = [a for a in rows(body) if not a["isArchived"]]
            assert len(live) == device["agentCount"] + device["shareCount"]
            shapes.add(shape)
        assert shapes == set(SHAPES)


@pytest.mark.parametrize("shape", sorted(set(SHAPES)))
def test_one_shape_can_be_asked_of_all_devices(sandbox: Sandbox, bcdr: httpx.Client, shape: Any) -> None:
    serial = devices(bcdr)[0]["serialNumber"]
    before = rows(bcdr.get(f"/device/{serial}/asset").json())
    sandbox.datto.shape = shape
    body = bcdr.get(f"/device/{serial}/asset").json()
    assert rows(body) == before
    second = bcdr.get(f"/device/{serial}/asset", params={"_page": 2, "_perPage": 3}).json()
    assert rows(second) == before[3:6]


def test_agents_and_shares_have_lists_of_their_own(bcdr: httpx.Client) -> None:
    serial = devices(bcdr)[0]["serialNumber"]
    everything = rows(bcdr.get(f"/device/{serial}/asset").json())
    parts = {kind: rows(bcdr.get(f"/device/{serial}/asset/{kind}").json()) for kind in ("agent", "share")}
    assert all(asset["type"] == kind for kind, found in parts.items() for asset in found)
    assert len(parts["agent"]) + len(parts["share"]) == len(everything)


def test_a_volume_is_a_list_of_one_or_of_none(bcdr: httpx.Client) -> None:
    serial = devices(bcdr)[0]["serialNumber"]
    asset = rows(bcdr.get(f"/device/{serial}/asset").json())[0]
    assert bcdr.get(f"/device/{serial}/asset/{asset['volume']}").json() == [asset]
    assert bcdr.get(f"/device/{serial}/asset/{'0' * 32}").json() == []


def test_alerts_and_restores_are_envelopes(big_world: World) -> None:
    with (
        Sandbox(big_world) as sandbox,
        keyed(sandbox) as client,
    ):
        base = f"{sandbox.accounts[1].base_url}/v1/bcdr/device"
        alerts = restores = 0
        for device in client.get(base).json()["items"]:
            found = client.get(f"{base}/{device['serialNumber']}/alert").json()
            assert found["pagination"]["count"] == len(found["items"]) == device["alertCount"]
            alerts += len(found["items"])
            assert all(
                set(a) == {"type", "threshold", "unit", "dateTriggered", "dateSent"} for a in found["items"]
            )
            restores += client.get(f"{base}/{device['serialNumber']}/vm-restores").json()["pagination"][
                "count"
            ]
        assert alerts
        assert restores


def test_the_known_oddities_are_there(big_world: World) -> None:
    machines = list(asset_records(big_world))
    boxes = list(device_records(big_world))
    cloud = [box for box in boxes if box["model"].startswith("CLD")]
    assert cloud
    assert all(box["region"] is None and box["localStorageUsed"] is None for box in cloud)
    serials = {box["serialNumber"] for box in cloud}
    assert all(m["latestOffsite"] is None for m in machines if m["serialNumber"] in serials)
    assert any("organizationName" not in box and box["clientCompanyName"] for box in boxes)
    assert any(m["isPaused"] for m in machines)
    assert any(m["isArchived"] for m in machines)
    checks = [b["advancedVerification"]["screenshotVerification"] for m in machines for b in m["backups"]]
    assert {None, "1", "", "success", "failure"} == {check["status"] if check else None for check in checks}


def test_backups_are_the_last_ten_and_not_always_newest_first(big_world: World) -> None:
    newest_first = oldest_first = 0
    for asset in asset_records(big_world):
        times = [datetime.fromisoformat(backup["timestamp"]) for backup in asset["backups"]]
        assert len(times) <= 10
        if len(times) > 1:
            newest_first += times == sorted(times, reverse=True)
            oldest_first += times == sorted(times)
            assert times in (sorted(times), sorted(times, reverse=True))
        good = [
            datetime.fromisoformat(b["timestamp"])
            for b in asset["backups"]
            if b["backup"]["status"] == "success"
        ]
        assert not good or int(max(good).timestamp()) == asset["lastSnapshot"]
        assert all(
            (b["backup"]["errorMessage"] is None) == (b["backup"]["status"] == "success")
            for b in asset["backups"]
        )
    assert newest_first > oldest_first > 0


def test_its_credentials_differ_from_the_psas(sandbox: Sandbox) -> None:
    psa, bcdr = sandbox.accounts
    assert not set(psa.secrets.values()) & set(bcdr.secrets.values())
    assert isinstance(sandbox.datto, DattoBcdr)
    assert not any(
        secret in repr(sandbox.accounts) for secret in (*psa.secrets.values(), *bcdr.secrets.values())
    )
