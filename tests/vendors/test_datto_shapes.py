"""What goes over the wire, both ways, against what is known of Datto's interface.

The vendor publishes no document. The facts here are the field lists that independent copies of its Swagger agree on, and what
authors of public clients have measured on live accounts.
"""

import re
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from connectors.datto_bcdr import CONNECTOR, wire
from connectors.datto_bcdr.settings import DattoSettings
from sevenc_sync.engine.sync_job import Account, SyncJob, open_accounts, sync_account
from sevenc_sync.sandbox import Sandbox, build_world
from sevenc_sync.sandbox.datto import DattoBcdr
from sevenc_sync.sandbox.exchange import Answer, Call
from sevenc_sync.store.database import Store
from sevenc_sync.store.migrate import upgrade
from sevenc_sync.store.tables import evidence
from sevenc_sync.sync.outcome import RunResult

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)

# Path to the parameters that it takes.
PATHS: Mapping[str, set[str]] = {
    r"/v1/bcdr/device": {"_page", "_perPage", "showHiddenDevices", "showChildResellerDevices"},
    r"/v1/bcdr/device/[^/]+/asset": {"_page", "_perPage"},
    r"/v1/bcdr/device/[^/]+/alert": {"_page"},
}

NONE = type(None)
TIME, STORAGE = "ISO 8601", "size and units"
WHOLE: Mapping[str, type] = {"page": int, "perPage": int, "totalPages": int, "count": int}
Kind = type | str | Mapping[str, Any] | list[Any] | tuple[Any, ...]

VERIFICATION: Mapping[str, Kind] = {"status": str, "image": (str, NONE)}
BACKUP: Mapping[str, Kind] = {
    "timestamp": TIME,
    "backup": {"status": str, "errorMessage": (str, NONE)},
    "localVerification": {"status": str, "errors": [{"errorType": str, "errorMessage": str}]},
    "advancedVerification": {"screenshotVerification": (VERIFICATION, NONE)},
}
DEVICE: Mapping[str, Kind] = {
    "serialNumber": str,
    "name": str,
    "model": str,
    "region": ({"location": str, "provider": str}, NONE),
    "lastSeenDate": TIME,
    "organizationId": (int, str, NONE),
    "organizationName": (str, NONE),
    "clientCompanyName": (str, NONE),
    "resellerCompanyName": str,
    "hidden": bool,
    "servicePlan": str,
    "registrationDate": TIME,
    "servicePeriod": TIME,
    "warrantyExpire": (TIME, NONE),
    "localStorageUsed": (STORAGE, NONE),
    "localStorageAvailable": (STORAGE, NONE),
    "offsiteStorageUsed": (STORAGE, NONE),
    "totalManagedDisk": (STORAGE, NONE),
    "internalIP": (str, NONE),
    "activeTickets": int,
    "agentCount": int,
    "shareCount": int,
    "alertCount": int,
    "uptime": int,
    "remoteWebUrl": str,
}
ASSET: Mapping[str, Kind] = {
    "name": str,
    "type": str,
    "assetId": int,
    "volume": (str, NONE),
    "volId": int,
    "localIp": str,
    "os": str,
    "fqdn": (str, NONE),
    "agentVersion": str,
    "isPaused": bool,
    "isArchived": bool,
    "protectedVolumesCount": int,
    "unprotectedVolumesCount": int,
    "protectedVolumeNames": [str],
    "unprotectedVolumeNames": [str],
    "localSnapshots": int,
    "lastSnapshot": (int, NONE),
    "latestOffsite": (int, NONE),
    "lastScreenshotAttempt": (int, NONE),
    "lastScreenshotAttemptStatus": bool,
    "lastScreenshotUrl": str,
    "protectedMachine": {"mac": str, "serial": str},
    "backups": [BACKUP],
}
ALERT: Mapping[str, Kind] = {
    "type": str,
    "threshold": int,
    "unit": str,
    "dateTriggered": TIME,
    "dateSent": TIME,
}
RECORDS = {"device": DEVICE, "asset": ASSET, "alert": ALERT}
# Read though only one client names it: the same as lastScreenshotAttempt.
SEEN_ELSEWHERE = {"latestScreenshot"}


def faults(value: Any, kind: Any, where: str) -> list[str]:
    """Where a value is not of its kind: a type, one of several, a list of one kind, or an object of known fields."""
    if isinstance(kind, tuple):
        tried = [faults(value, one, where) for one in kind]
        return [] if [] in tried else tried[0]
    if kind == STORAGE:
        kind = {"size": int, "units": str}
    if kind == TIME:
        good = isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
        return [] if good else [f"{where}: {value!r} is no time"]
    if isinstance(kind, list) and isinstance(value, list):
        return [fault for one in value for fault in faults(one, kind[0], f"{where}[]")]
    if isinstance(kind, Mapping) and isinstance(value, dict):
        unknown = [f"{where}.{name} is not known" for name in value.keys() - kind.keys()]
        found = [faults(value[name], kind[name], f"{where}.{name}") for name in value.keys() & kind.keys()]
        return sorted(unknown + [fault for some in found for fault in some])
    expected = list if isinstance(kind, list) else dict if isinstance(kind, Mapping) else kind
    return [] if type(value) is expected else [f"{where}: {value!r} is no {expected.__name__}"]


@dataclass
class Site:
    """A simulated Datto, our store, and all that was said between them."""

    vendor: DattoBcdr
    store: Store
    account: Account
    said: list[tuple[Call, Answer]] = field(default_factory=list)

    def sync(self) -> list[RunResult]:
        job = SyncJob(
            store=self.store,
            clock=lambda: NOW,
            stop=threading.Event(),
            holder="test",
            trigger="command",
            history=timedelta(days=400),
        )
        return sync_account(job, self.account)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    world = build_world(clients=12, now=NOW)  # of the appliances of that many, one was not seen
    with (
        Sandbox(world, vendors=(CONNECTOR.name,), clock=lambda: NOW) as sandbox,
        Store.open(f"sqlite:///{tmp_path / 'store.db'}") as store,
    ):
        upgrade(store)
        vendor = sandbox.vendors[CONNECTOR.name].vendor
        assert isinstance(vendor, DattoBcdr)
        access = sandbox.accounts[0]
        settings = DattoSettings.model_validate(
            {"name": "backup", "connector": CONNECTOR.name, "base_url": access.base_url}
            | {"requests_per_minute": 100_000}
            | dict(access.secrets)
        )
        made = Site(vendor, store, open_accounts(store, [(settings, CONNECTOR)])[0])
        honest = vendor.answer

        def heard(call: Call) -> Answer:
            answer = honest(call)
            made.said.append((call, answer))
            return answer

        vendor.answer = heard  # type: ignore[method-assign]  # one object's, not the class's
        yield made


def test_requests_and_answers_are_those_that_are_known(site: Site) -> None:
    """Every request is a known one, and every answer of the simulated Datto has the fields and types that are known."""
    assert {result.state for result in site.sync()} == {"ok"}
    read: set[str] = set()
    shapes: set[str] = set()
    for call, answer in site.said:
        known = [params for pattern, params in PATHS.items() if re.fullmatch(pattern, call.path)]
        assert (call.method, len(known)) == ("GET", 1), call.path
        assert set(call.query) <= known[0]
        assert int(call.query["_page"]) >= 1
        assert int(call.query.get("_perPage", 1)) <= 100  # the default; more is not confirmed
        body = msgspec.json.decode(answer.body)
        if isinstance(body, dict) and "items" in body:
            assert set(body) == {"pagination", "items"}
            assert faults(body["pagination"], WHOLE, "pagination") == []
        kind = call.path.rpartition("/")[2]
        if kind == "asset":
            shapes.add("list" if isinstance(body, list) else "items" if "items" in body else "numbered")
        for record in site.vendor.records_in(body) or ():
            assert faults(record, RECORDS[kind], kind) == []
            read.add(kind)
    assert read == set(RECORDS)
    assert len(shapes) > 1  # the vendor has been seen with three


@pytest.mark.parametrize(
    ("record", "known"),
    [
        (wire.Device, DEVICE),
        (wire.Plan, DEVICE),
        (wire.Asset, ASSET),
        (wire.Alert, ALERT),
        (wire.BackupEntry, BACKUP),
        (wire.Screenshot, VERIFICATION),
    ],
)
def test_no_field_is_read_that_nobody_knows(record: type[msgspec.Struct], known: Mapping[str, Kind]) -> None:
    assert {f.encode_name for f in msgspec.structs.fields(record)} <= set(known) | SEEN_ELSEWHERE


def test_the_facts_notice_what_is_not_known() -> None:
    good = {"type": "t", "threshold": 60, "unit": "Minutes", "dateTriggered": "2026-11-20T15:30:00+00:00"}
    assert faults(good, ALERT, "alert") == []
    assert faults(good | {"dateCleared": None}, ALERT, "alert") == ["alert.dateCleared is not known"]
    assert faults(good | {"threshold": "60"}, ALERT, "alert") == ["alert.threshold: '60' is no int"]
    assert faults(good | {"dateSent": 5}, ALERT, "alert") == ["alert.dateSent: 5 is no time"]
    assert faults({"backups": {}}, ASSET, "asset") == ["asset.backups: {} is no list"]


def test_a_protection_tells_what_its_appliance_keeps(site: Site) -> None:
    site.sync()
    plans = {row["serialNumber"]: row["servicePlan"] for row in site.vendor.tables.rows("devices").values()}
    with site.store.read() as connection:
        rows = connection.execute(select(evidence["protection"])).mappings().all()
    assert rows
    assert {(row["device"], row["retention"]) for row in rows} <= set(plans.items())
