"""Datto's records in our words. Pure functions; what is not said stays None, and nothing unknown is ever "ok"."""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from connectors.datto_bcdr import wire
from connectors.datto_bcdr.backups import Run, interval_hours, moment, runs_of, verdict
from sevenc_sync.connect.stream import Context, Parent
from sevenc_sync.connect.text import clean, flag, iso, number
from sevenc_sync.model import Alert, Asset, Company, Lookup, Protection, ProtectionRun, Record

APPLIANCE = "appliance"
PLAN = "service plan"
_WORKLOADS = {"agent": "machine"}


def device(record: wire.Device, _context: Context) -> Iterable[Record]:
    """A backup appliance, and the organisation that it belongs to as a company of this account.

    The organisation is known by its id, else by its name: a device without either belongs to nobody.
    """
    serial = clean(record.serial_number)
    if serial is None:
        raise ValueError("a device without a serial number")
    name = clean(record.organization_name) or clean(record.client_company_name)
    company = _company_id(record.organization_id, name)
    if company is not None:
        yield Company(id=company, name=name or f"Organisation {company}")
    hidden = flag(record.hidden)
    yield Asset(
        id=serial,
        company=company,
        name=clean(record.name),
        kind=APPLIANCE,
        type=clean(record.model),
        is_active=None if hidden is None else not hidden,
        serial=serial,
        manufacturer="Datto",
        model=clean(record.model),
        warranty_ends_on=moment(record.warranty_expire),
        last_seen_at=moment(record.last_seen_date),
    )


def service_plan(record: wire.Plan, _context: Context) -> Iterable[Lookup]:
    """How long an appliance's copies are kept in the vendor's cloud, as the name of its plan says it."""
    serial, plan = clean(record.serial_number), clean(record.service_plan, 100)
    if serial is None:
        raise ValueError("a device without a serial number")
    if plan is not None:
        yield Lookup(id=f"{PLAN}:{serial}", kind=PLAN, name=plan)


def _company_id(given: int | str | None, name: str | None) -> str | None:
    identifier = clean(str(given)) if given else None
    if identifier is not None:
        return identifier
    return None if name is None else "name:" + " ".join(name.casefold().split())


def protection(record: wire.Asset, context: Context) -> Iterable[Record]:
    """A protected machine or share, and a run for each of its last backups."""
    parent = _appliance(context)
    protected = f"{parent.id}/{_unit(record)}"
    kind = clean(record.type)
    runs = runs_of(record.backups)
    plan = context.lookup(PLAN, parent.id)
    yield _protection(record, parent, protected, kind, runs, plan.name if plan else None)
    for run in runs:
        if run.result is not None and run.result != "running":
            yield ProtectionRun(
                id=f"{protected}@{iso(run.at)}",
                company=parent.company,
                protection=protected,
                at=run.at,
                result=run.result,
                error=run.error,
                verified_ok=run.verified_ok,
            )


def _protection(
    record: wire.Asset, parent: Parent, protected: str, kind: str | None, runs: list[Run], plan: str | None
) -> Protection:
    machine = record.protected_machine or wire.Machine()
    snapshot = None if record.last_snapshot is msgspec.UNSET else moment(record.last_snapshot)
    is_share = kind == "share"
    tried = None if is_share else moment(record.last_screenshot_attempt) or moment(record.latest_screenshot)
    newest = runs[-1] if runs else None
    succeeded = [run.at for run in runs if run.result in ("ok", "warning")]
    hours = interval_hours([run.at for run in runs])
    name = clean(record.name)
    return Protection(
        id=protected,
        company=parent.company,
        name=name,
        host_name=None if is_share else clean(record.fqdn) or name,
        workload=_WORKLOADS.get(kind, kind) if kind else None,
        device=parent.id,
        os=clean(record.os),
        serial=clean(machine.serial),
        mac=clean(machine.mac),
        is_paused=flag(record.is_paused),
        is_archived=flag(record.is_archived),
        last_attempt_at=newest.at if newest else snapshot,
        last_success_at=succeeded[-1] if succeeded else snapshot,
        last_result=newest.result if newest else _without_history(record, snapshot),
        last_error=newest.error if newest else None,
        interval_hours=hours,
        interval_inferred=None if hours is None else True,
        offsite_at=moment(record.latest_offsite),
        offsite_expected=_offsite_expected(parent.row),
        verified_at=tried,
        verified_ok=verdict(record.last_screenshot_attempt_status) if tried else None,
        retention=plan,
    )


def _appliance(context: Context) -> Parent:
    if context.parent is None:
        raise ValueError("a record without its device")
    return context.parent


def _unit(record: wire.Asset) -> str:
    """What names the asset on its device. Raises ValueError when nothing does."""
    unit = clean(record.volume) or (clean(str(record.asset_id)) if record.asset_id else None)
    if unit is None:
        raise ValueError("an asset with neither volume nor assetId")
    return unit


def _without_history(record: wire.Asset, snapshot: datetime | None) -> str | None:
    """The last result where no backups are listed: "never" if Datto says that there is no snapshot either.

    Not said when the time of the last snapshot is missing altogether, or the number of snapshots contradicts it.
    """
    count = number(record.local_snapshots)
    if snapshot is not None or count:
        return None
    return "never" if record.last_snapshot is not msgspec.UNSET or count == 0 else None


def _offsite_expected(row: Mapping[str, object]) -> bool | None:
    """False for Datto's cloud devices, whose backups are off site from the start; None without a model."""
    model = row.get("model")
    if not isinstance(model, str) or not model:
        return None
    word = model.upper()
    return not (word.startswith("CLD") or "AZURE" in word)


def alert(record: wire.Alert, context: Context) -> Iterable[Alert]:
    """An alert of an appliance. Datto gives it no id: device, kind, threshold and time are one."""
    parent = _appliance(context)
    kind = clean(record.type)
    threshold = None if record.threshold is None else clean(str(record.threshold))
    unit = clean(record.unit)
    limit = " ".join(filter(None, (threshold, unit))) if threshold else None
    raised = moment(record.date_triggered)
    yield Alert(
        id="/".join((parent.id, kind or "", limit or "", iso(raised) if raised else "")),
        company=parent.company,
        device=parent.id,
        kind=kind,
        threshold=limit,
        raised_at=raised,
        sent_at=moment(record.date_sent),
    )
