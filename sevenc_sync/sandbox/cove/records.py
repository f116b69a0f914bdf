"""The world in Cove's records: partners in a tree, and accounts whose facts are columns of text."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sevenc_sync.sandbox.world.entities import Machine, Tenant, Workload, WorkloadRun, World

Record = dict[str, Any]
PRODUCT = "cove"
ROOT_ID = 1000
"""The MSP's own partner."""

SITES, BIN_ID = 1_000_000, 999
BAR_DAYS = 28
COMPLETED, WITH_ERRORS, FAILED, IN_PROCESS = 5, 8, 2, 1
STATUSES = {"ok": COMPLETED, "warning": WITH_ERRORS, "failed": FAILED}
TOTAL = 9
MACHINE_SOURCES, VIRTUAL_SOURCES = (1, 7), (1, 14)
MICROSOFT_SOURCES = {"mailboxes": 19, "drives": 20, "sites": 5}


def partners(world: World) -> Iterable[Record]:
    """The MSP's customers, a site of some, the MSP itself, and a bin that nobody should read."""
    for tenant in _tenants(world):
        reference = None if tenant.reference is None else str(tenant.reference)
        yield _partner(tenant.id, tenant.name, "EndCustomer", ROOT_ID, reference)
        if _has_site(tenant):
            yield _partner(tenant.id + SITES, "Head office", "Site", tenant.id, None)
    yield _partner(ROOT_ID, "Brightwater IT (admin@brightwater.example)", "Reseller", 1, None)
    yield _partner(BIN_ID, "001 Brightwater IT - Recycle Bin", "EndCustomer", ROOT_ID, None)


def _partner(number: int, name: str, level: str, parent: int, reference: str | None) -> Record:
    return {
        "Id": number, "Name": name, "Level": level, "ParentId": parent, "ExternalCode": reference or "",
        "State": "InProduction", "CreationTime": 1_600_000_000, "Uid": f"00000000-0000-0000-0000-{number:012d}",
    }  # fmt: skip


def _tenants(world: World) -> Iterable[Tenant]:
    return (tenant for tenant in world.tenants if tenant.product == PRODUCT)


def _has_site(tenant: Tenant) -> bool:
    return tenant.id // 10 % 4 == 2  # noqa: PLR2004 (one customer of four)


def accounts(world: World) -> Iterable[Record]:
    """All devices, and one Microsoft 365 account a customer. `Settings` holds all that a query can ask for."""
    machines = {machine.id: machine for machine in world.machines}
    for tenant in _tenants(world):
        partner = tenant.id + SITES if _has_site(tenant) else tenant.id
        cloud = [w for w in tenant.workloads if w.kind in MICROSOFT_SOURCES]
        for workload in tenant.workloads:
            if workload.kind not in MICROSOFT_SOURCES:
                machine = machines.get(workload.machine_id or 0)
                yield _account(workload.id, partner, _device(world, workload, machine))
        if cloud:
            yield _account(cloud[0].id, partner, _microsoft(world, tenant, cloud))


def _account(number: int, partner: int, columns: Mapping[str, str]) -> Record:
    """An account; columns without a value are left out."""
    filled = [{name: value} for name, value in {"I0": str(number), **columns}.items() if value]
    return {"AccountId": number, "PartnerId": partner, "Flags": None, "Settings": filled}


def _epoch(moment: datetime | None) -> str:
    return "0" if moment is None else str(int(moment.timestamp()))


def _device(world: World, w: Workload, machine: Machine | None) -> dict[str, str]:
    server = machine is not None and machine.kind == "server"
    if w.kind == "share":
        sources: Sequence[int] = (6,)
    else:
        sources = VIRTUAL_SOURCES if w.kind == "VM" else MACHINE_SOURCES
    last = w.runs[-1].at if w.runs else None
    columns = {
        "I1": f"{w.name.lower()}_{w.id % 1000:03d}", "I4": _epoch(w.created), "I6": _epoch(last),
        "I14": str(w.size), "I16": machine.os if machine else "", "I18": w.name,
        "I21": machine.mac if machine else "", "I32": "2" if server else "1" if machine else "0",
        "I35": "0", "I36": "100" if w.offsite else "-2", "I59": "1",
        "I78": "".join(f"D{source:02d}" for source in sources),
    }  # fmt: skip
    columns |= _session(TOTAL, world.now, w.runs, good=None)
    for place, source in enumerate(sources):
        # What went well and kept nothing shows at the second source: the total is green all the same.
        hollow = place > 0 and bool(w.runs) and w.runs[-1].result == "ok"
        columns |= _session(source, world.now, w.runs, good=w.recovery_point if hollow else None)
    return columns


def _microsoft(world: World, tenant: Tenant, cloud: Sequence[Workload]) -> dict[str, str]:
    last = max((run.at for w in cloud for run in w.runs), default=None)
    columns = {
        "I1": f"{tenant.name} M365", "I4": _epoch(cloud[0].created), "I6": _epoch(last),
        "I14": str(sum(w.size for w in cloud)), "I59": "2",
        "I78": "".join(f"D{MICROSOFT_SOURCES[w.kind]}" for w in cloud),
    }  # fmt: skip
    columns |= _session(TOTAL, world.now, cloud[0].runs, good=None)
    for w in cloud:
        columns |= _session(MICROSOFT_SOURCES[w.kind], world.now, w.runs, good=None)
    return columns


def _session(
    source: int, now: datetime, runs: Sequence[WorkloadRun], good: datetime | None
) -> dict[str, str]:
    """The columns of one data source: its last session, the last good one, and 28 days."""
    done = [run for run in runs if run.result != "missed"]
    if not done:
        return {f"D{source:02d}F00": "0"}
    last = done[-1]
    well = [run for run in done if run.result != "failed"]
    status = STATUSES[last.result]
    return {
        f"D{source:02d}F00": str(status), f"D{source:02d}F06": "0" if last.result == "ok" else "3",
        f"D{source:02d}F08": _bar(now, done),
        f"D{source:02d}F09": _epoch(good or (well[-1].at if well else None)),
        f"D{source:02d}F15": _epoch(last.at),
        f"D{source:02d}F17": str(status), f"D{source:02d}F18": _epoch(last.at),
    }  # fmt: skip


def _bar(now: datetime, done: Sequence[WorkloadRun]) -> str:
    """One digit a day, the newest last: that of the day's last session, 0 without any."""
    by_day = {(now.date() - run.at.date()).days: STATUSES[run.result] for run in done}
    return "".join(str(by_day.get(age, 0)) for age in range(BAR_DAYS - 1, -1, -1))
