"""The world in the backup product's records: devices, assets with their last backups, alerts, restores."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta, timezone
from typing import Any

from sevenc_sync.sandbox.world.entities import Appliance, BackupRun, Machine, Protection, World

Record = dict[str, Any]
BACKUPS_SHOWN = 10
"""So many results an asset carries."""

OFFLINE_AFTER = timedelta(hours=1)
RESTORES_OF = 5
"""One device of so many has a virtual machine running from its backups."""


def iso(moment: datetime, hours: int = 0) -> str:
    """ISO 8601 with an offset of so many hours."""
    return moment.astimezone(timezone(timedelta(hours=hours))).isoformat()


def epoch(moment: datetime | None) -> int | None:
    """Whole seconds since 1970."""
    return None if moment is None else int(moment.timestamp())


def volume(protection: Protection) -> str:
    """The 32 hexadecimal digits that name an asset in paths."""
    return hashlib.md5(f"volume {protection.id}".encode(), usedforsecurity=False).hexdigest()


def devices(world: World) -> Iterable[Record]:
    """All devices; cloud devices lack what only a box in a rack has."""
    return (_device(appliance, place) for place, appliance in enumerate(world.appliances))


def _device(a: Appliance, place: int) -> Record:
    live = [p for p in a.protections if not p.archived]
    offline = place % 19 == 7  # noqa: PLR2004 (a few devices are switched off)
    seen = a.last_seen - timedelta(days=2) if offline else a.last_seen
    used = 900 + place * 37
    record: Record = {
        "serialNumber": a.serial, "name": a.name, "model": a.model,
        "region": None if a.cloud else {"location": "US-East", "provider": "datto"},
        "lastSeenDate": iso(seen), "hidden": False, "organizationId": a.organisation_id,
        "organizationName": a.organisation,
        "clientCompanyName": a.organisation, "resellerCompanyName": "Brightwater IT",
        "servicePlan": "Infinite" if place % 3 else "1 year",
        "registrationDate": iso(datetime.combine(a.registered, time(12), UTC)),
        "servicePeriod": iso(datetime.combine(a.service_end, time(), UTC)),
        "warrantyExpire": None if a.cloud else iso(datetime.combine(a.service_end, time(), UTC)),
        "localStorageUsed": None if a.cloud else {"size": used, "units": "GB"},
        "localStorageAvailable": None if a.cloud else {"size": 4000 - used % 3900, "units": "GB"},
        "offsiteStorageUsed": None if a.cloud else {"size": used * 1024, "units": "MB"},
        "internalIP": None if a.cloud else f"10.{place % 250}.0.9", "activeTickets": 0,
        "agentCount": sum(p.kind == "agent" for p in live),
        "shareCount": sum(p.kind == "share" for p in live),
        "alertCount": 1 if offline else 0, "uptime": 86_400 * (place % 50) + 300,
        "remoteWebUrl": "https://portal.backup.example/remote",
    }  # fmt: skip
    if place % 13 == 4:  # noqa: PLR2004 (dirt: some devices name their organisation in one field only)
        del record["organizationId"], record["organizationName"]
    return record


def assets(world: World) -> Iterable[Record]:
    """All assets of all devices; `serialNumber` names the device and is not sent."""
    machines = {machine.id: machine for machine in world.machines}
    for appliance in world.appliances:
        for protection in appliance.protections:
            machine = machines.get(protection.machine_id) if protection.machine_id is not None else None
            yield {"serialNumber": appliance.serial, **_asset(protection, appliance, machine)}


def _asset(p: Protection, a: Appliance, machine: Machine | None) -> Record:
    good = [run.at for run in p.runs if run.ok]
    tested = [run for run in p.runs if run.verified is not None]
    agent = p.kind == "agent"
    record: Record = {
        "name": p.name, "type": p.kind, "assetId": p.id, "volume": volume(p),
        "localIp": machine.ip if machine else "",
        "os": machine.os if machine else "", "fqdn": f"{p.name}.corp.example".lower() if machine else None,
        "agentVersion": "2.9.3.0" if agent else "", "isPaused": p.paused, "isArchived": p.archived,
        "protectedVolumesCount": 2 if agent else 1, "unprotectedVolumesCount": 0,
        "protectedVolumeNames": ["C", "D"] if agent else [],
        "unprotectedVolumeNames": [], "localSnapshots": len(good),
        "lastSnapshot": epoch(good[-1]) if good else 0,
        "latestOffsite": None if a.cloud else epoch(p.offsite),
        "lastScreenshotAttempt": epoch(tested[-1].at + timedelta(minutes=20)) if tested else None,
        "lastScreenshotAttemptStatus": tested[-1].verified if tested else False,
        "lastScreenshotUrl": "https://portal.backup.example/screenshot.jpg" if tested else "",
        "backups": _backups(p),
    }  # fmt: skip
    if machine is not None:
        record["protectedMachine"] = {"mac": machine.mac, "serial": machine.serial}
    return record


def _backups(p: Protection) -> list[Record]:
    """The last results: newest first, but for a few assets the other way round."""
    shown = [
        _backup(run, -5 if p.id % 4 == 1 else 0, agent=p.kind == "agent") for run in p.runs[-BACKUPS_SHOWN:]
    ]
    return shown if p.id % 12 == 5 else shown[::-1]  # noqa: PLR2004 (one asset of twelve)


def _backup(run: BackupRun, hours: int, *, agent: bool) -> Record:
    return {
        "timestamp": iso(run.at, hours),
        "backup": {"status": "success" if run.ok else "failure",
        "errorMessage": None if run.ok else run.error},
        "localVerification": {"status": "success" if run.ok else "skipped", "errors": []},
        "advancedVerification": {"screenshotVerification": _screenshot(run) if agent else None},
    }  # fmt: skip


def _screenshot(run: BackupRun) -> Record | None:
    """`"1"` passed, `""` failed on most; some answers use words; null was not run."""
    if run.verified is None:
        return None
    in_words = run.at.day % 7 == 0
    status = ("success" if in_words else "1") if run.verified else ("failure" if in_words else "")
    return {
        "status": status,
        "image": "https://portal.backup.example/screenshot.jpg" if run.verified else None,
    }


def alerts(world: World) -> Iterable[Record]:
    """Alerts of devices that were not seen; `serialNumber` names the device and is not sent."""
    for record in devices(world):
        if record["alertCount"]:
            seen = datetime.fromisoformat(record["lastSeenDate"])
            yield {
                "id": record["serialNumber"], "serialNumber": record["serialNumber"],
                "type": "Device Not Seen Alert", "threshold": 60, "unit": "Minutes",
                "dateTriggered": iso(seen + OFFLINE_AFTER),
                "dateSent": iso(seen + OFFLINE_AFTER + timedelta(minutes=1)),
            }  # fmt: skip


def restores(world: World) -> Iterable[Record]:
    """Virtual machines that run from a backup; `serialNumber` names the device and is not sent."""
    for appliance in world.appliances[::RESTORES_OF]:
        first = appliance.protections[0]
        yield {
            "restoreId": first.id * 10, "serialNumber": appliance.serial, "assetId": first.id, "cpuCount": 2,
            "ramSize": 4096, "socketCount": 1,
            "timezone": "America/Los_Angeles", "networkName": "bridged", "storageBus": "sata",
            "modelType": "e1000", "macAddress": "02:00:00:AA:BB:01",
        }  # fmt: skip
