"""The simulated Datto RMM answers in the vendor's dialect."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from sevenc_sync.sandbox import Sandbox, build_world
from sevenc_sync.sandbox.datto_rmm import DattoRmm
from sevenc_sync.sandbox.datto_rmm.gate import BLOCK_AFTER
from sevenc_sync.sandbox.world import World

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def rmm_world() -> World:
    """Six clients on this RMM."""
    return build_world(clients=6, now=NOW, rmms=("datto_rmm",))


@dataclass
class Door:
    """The running vendor, its clock, and a client that sends no token by itself."""

    vendor: DattoRmm
    client: httpx.Client
    secrets: dict[str, str]
    moments: list[datetime] = field(default_factory=lambda: [NOW])

    def token(self, **changes: str) -> httpx.Response:
        form = {
            "grant_type": "password",
            "username": self.secrets["api_key"],
            "password": self.secrets["secret_key"],
            **changes,
        }
        return self.client.post("/auth/oauth/token", data=form, auth=("public-client", "public"))

    def get(self, path: str, **params: Any) -> httpx.Response:
        if "authorization" not in self.client.headers:
            self.client.headers["Authorization"] = f"Bearer {self.token().json()['access_token']}"
        return self.client.get(f"/api/v2{path}", params=params)


@pytest.fixture
def door(rmm_world: World) -> Iterator[Door]:
    moments = [NOW]
    with (
        Sandbox(rmm_world, vendors=("datto_rmm",), clock=lambda: moments[0]) as sandbox,
        httpx.Client(base_url=sandbox.accounts[0].base_url) as client,
    ):
        vendor = sandbox.vendors["datto_rmm"].vendor
        assert isinstance(vendor, DattoRmm)
        yield Door(vendor, client, dict(sandbox.accounts[0].secrets), moments)


def test_a_token_is_for_the_right_keys_of_the_public_client_and_lasts_100_hours(door: Door) -> None:
    assert door.token().json()["expires_in"] == 360_000
    assert door.token(password="x").json() == {
        "error": "invalid_grant",
        "error_description": "Bad credentials",
    }
    assert door.token(password="x").status_code == 401
    assert door.token(grant_type="client_credentials").status_code == 400
    assert door.client.post("/auth/oauth/token", data={}).status_code == 401
    assert door.client.get("/api/v2/account/sites").status_code == 401
    assert door.client.get("/api/v2/system/status").status_code == 200
    assert door.client.post("/api/auth/oauth/token").status_code == 401  # within the API, where no keys count
    assert door.get("/account/sites").status_code == 200
    door.moments[0] += timedelta(hours=100)
    refused = door.get("/account/sites")
    assert refused.status_code == 401
    assert refused.json() == {
        "timestamp": int(door.moments[0].timestamp() * 1000),
        "status": 401,
        "error": "Unauthorized",
        "path": "/v2/account/sites",
    }


def test_pages_begin_at_zero_and_are_never_larger_than_the_most(door: Door) -> None:
    whole = door.get("/account/devices", max=9999).json()
    assert whole["pageDetails"]["count"] == whole["pageDetails"]["totalCount"] == len(whole["devices"])
    found: list[dict[str, Any]] = []
    page = door.get("/account/devices", max=40, operatingSystem="windows")
    while True:
        found += page.json()["devices"]
        following = page.json()["pageDetails"]["nextPageUrl"]
        if following is None:
            break
        assert following.startswith(f"{door.client.base_url}/api/v2/account/devices?max=40&page=")
        page = door.client.get(following)  # the filter is forgotten: more devices come than were asked for
    assert len(found) > sum("Windows" in (row["operatingSystem"] or "") for row in whole["devices"])
    numbered = [
        row
        for number in range(3)
        for row in door.get("/account/devices", max=40, page=number, operatingSystem="windows").json()[
            "devices"
        ]
    ]
    assert [row["uid"] for row in numbered] == [
        row["uid"] for row in whole["devices"] if "Windows" in (row["operatingSystem"] or "")
    ]
    assert "totalCount" not in door.get("/account/alerts/open").json()["pageDetails"]


def test_a_device_has_its_audit_and_its_patches_and_other_classes_none(door: Door) -> None:
    devices = door.get("/account/devices").json()["devices"]
    computer = next(
        row
        for row in devices
        if row["deviceClass"] == "device" and row["patchManagement"]["patchesApprovedPending"]
    )
    other = next(row for row in devices if row["deviceClass"] != "device")
    machine = next(m for m in door.vendor.world.machines if m.name == computer["hostname"])
    audit = door.get(f"/audit/device/{computer['uid']}").json()
    assert (audit["bios"]["serialNumber"], audit["nics"][1]["macAddress"]) == (machine.serial, machine.mac)
    assert door.get(f"/audit/device/{other['uid']}").status_code == 400
    assert door.get("/audit/device/nobody").status_code == 404
    counts = computer["patchManagement"]
    for status, name in (
        ("APPROVED_PENDING", "patchesApprovedPending"),
        ("NOT_APPROVED", "patchesNotApproved"),
        ("INSTALLED", "patchesInstalled"),
    ):
        listed = door.get(f"/device/{computer['uid']}/patches", installStatus=status).json()
        assert len(listed["patches"]) == counts[name]


def test_times_come_in_both_ways_and_fields_of_the_msp_hold_secrets(door: Door) -> None:
    devices = door.get("/account/devices").json()["devices"]
    assert {type(row["lastSeen"]) for row in devices} == {int, str}
    assert all(len(row["udf"]) == 300 for row in devices)
    assert any(row["udf"]["udf7"] for row in devices)
    assert all(site["proxySettings"]["password"] for site in door.get("/account/sites").json()["sites"])


def test_some_sites_have_the_psas_id_and_two_stand_for_nobody(door: Door) -> None:
    sites = door.get("/account/sites").json()["sites"]
    ids = {client.id for client in door.vendor.world.clients}
    linked = [site for site in sites if site.get("autotaskCompanyId")]
    assert 0 < len(linked) < len(sites) - 2
    assert {int(site["autotaskCompanyId"]) for site in linked} < ids


def test_the_accounts_minute_is_counted_and_whoever_goes_on_beyond_it_is_blocked(door: Door) -> None:
    gate = door.vendor.gate
    gate.reads_allowed = 600
    assert door.get("/system/request_rate").json()["accountRateLimit"] == 600
    gate.set_used(599)
    assert door.get("/account/sites").status_code == 200
    refused = door.get("/account/sites")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    gate.tells_when = False
    assert "retry-after" not in door.get("/account/sites").headers
    for _ in range(BLOCK_AFTER):
        last = door.get("/account/sites")
    assert last.status_code == 403
    door.moments[0] += timedelta(minutes=5)
    assert door.get("/account/sites").status_code == 200
