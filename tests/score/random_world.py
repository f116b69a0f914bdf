"""A small MSP with something of everything, made by chance from a seed: the records do not depend on the order they are put in."""

from random import Random
from typing import Any

from sevenc_sync.model import (
    Activity,
    Asset,
    Contract,
    ContractLine,
    Phase,
    Project,
    Protection,
    ProtectionRun,
    Record,
    Ticket,
    TimeEntry,
)
from tests.score.conftest import BACKUP, PSA, RMM, World, ago, day

CLIENTS = 4
FIELDS = (
    "DR Plan Date", "DR Plan Previous Review", "DR Plan Earlier Review", "DR Test Date", "IT Strategy Date",
    "Last Business Review", "Last IT Audit", "Backup Audit Date",
)  # fmt: skip
PERCENTS = (
    "MFA Percent",
    "Training Percent",
    "CSAT Percent",
    "Phishing Fail Percent",
    "Licences Used Percent",
)


def fill(world: World, seed: int, *, order: int = 0) -> None:
    """Clients 1 to 4 with their records; `order` shuffles in which order the records come."""
    chance = Random(seed)  # noqa: S311 - nobody guards anything with it
    records: list[tuple[int, Record]] = []
    for n in range(1, CLIENTS + 1):
        world.client(n, custom=_custom(chance), seats=chance.choice([None, 0, 7, 30]), backup=n != 2)
        world.rmm(n if n != 3 else None)
        records += _records(chance, n)
    for i in range(12):
        n, place = i % CLIENTS + 1, i // CLIENTS
        world.device(
            n,
            ("asset", PSA, f"{n}-a{place}"),
            ("asset", RMM, f"{n}-g{place}"),
            ("protection", BACKUP, f"{n}-p{place}"),
        )
    Random(order).shuffle(records)  # noqa: S311 - as above
    for account in (PSA, BACKUP, RMM):
        world.put(account, *[record for of, record in records if of == account])


def _custom(chance: Random) -> dict[str, Any]:
    found: dict[str, Any] = {name: day(chance.randint(-20, 900)) for name in FIELDS if chance.random() < 0.7}
    found |= {
        name: chance.choice([0, 12.5, "85 %", 100, "many"]) for name in PERCENTS if chance.random() < 0.7
    }
    return found


def _maybe(chance: Random, value: Any) -> Any:
    return value if chance.random() < 0.7 else None


def _records(chance: Random, n: int) -> list[tuple[int, Record]]:
    found: list[tuple[int, Record]] = []
    psa, backup, rmm = f"c{n}", f"b{n}", f"r{n}"
    for i in range(40):
        opened = chance.uniform(0, 420)
        closed = chance.random() < 0.8
        found.append((PSA, Ticket(
            id=f"{n}-t{i}", company=psa, board=chance.choice(["Help Desk", "Alerts", "Maintenance", "Internal", "Audit", "Odd", None]),
            type=chance.choice([None, "Incident", "How to"]), subtype=chance.choice([None, "Disk"]),
            source=chance.choice(["Phone", "RMM Alert", None]), is_closed=closed, opened_at=ago(opened),
            closed_at=ago(opened - min(opened, chance.uniform(0, 3))) if closed else None,
            responded_at=_maybe(chance, ago(opened - 0.01)), respond_due_at=_maybe(chance, ago(opened - 0.05)),
            resolve_due_at=_maybe(chance, ago(opened - 1)), priority_level=chance.choice(["critical", "low"]),
            owner=_maybe(chance, "ann"), updated_at=ago(chance.uniform(0, 20)), hours=_maybe(chance, chance.choice([0.0, 0.5, 2.0])),
            asset=_maybe(chance, f"{n}-a{chance.randint(0, 2)}"),
        )))  # fmt: skip
        found.append((PSA, TimeEntry(
            id=f"{n}-e{i}", company=psa, ticket=f"{n}-t{chance.randint(0, 50)}", hours=chance.choice([0.1, 0.25, 3.0]),
            work_type=chance.choice([None, "vCIO", "Maintenance"]), started_at=ago(chance.uniform(0, 200)),
        )))  # fmt: skip
    for i in range(8):
        found.append((PSA, Asset(
            id=f"{n}-a{i}", company=psa, type=chance.choice(["Server", "Workstation", "Laptop", "Firewall", "Printer"]),
            status=chance.choice([None, "Retired", "Active"]), model=chance.choice([None, "A", "B", "C", "D"]),
            os=chance.choice([None, "Windows 7", "Windows 11", "Server 2012"]), purchased_on=_maybe(chance, ago(chance.randint(1, 3000))),
            warranty_ends_on=_maybe(chance, ago(chance.randint(-500, 500))), updated_at=ago(3),
        )))  # fmt: skip
        found.append((RMM, Asset(
            id=f"{n}-g{i}", company=rmm, kind=chance.choice(["server", "workstation", "laptop", "network"]),
            last_seen_at=ago(chance.uniform(0, 40)), antivirus_present=_maybe(chance, chance.random() < 0.8),
            antivirus_running=_maybe(chance, True), antivirus_updated_at=_maybe(chance, ago(chance.randint(0, 14))),
            patches_missing=_maybe(chance, chance.randint(0, 2)), oldest_patch_at=_maybe(chance, ago(chance.randint(0, 30))),
            is_encrypted=_maybe(chance, chance.random() < 0.5), monitored_minutes=_maybe(chance, 43200.0),
            offline_minutes=_maybe(chance, float(chance.randint(0, 500))),
        )))  # fmt: skip
        found.append((BACKUP, Protection(
            id=f"{n}-p{i}", company=backup, workload="machine", last_success_at=_maybe(chance, ago(chance.uniform(0, 3))),
            offsite_at=_maybe(chance, ago(chance.uniform(0, 14))), verified_ok=_maybe(chance, True),
            verified_at=_maybe(chance, ago(chance.randint(0, 400))),
        )))  # fmt: skip
        found.append((BACKUP, ProtectionRun(
            id=f"{n}-r{i}", company=backup, protection=f"{n}-p{i}", at=ago(chance.uniform(0, 40)),
            result=chance.choice(["ok", "warning", "failed", "missed"]),
        )))  # fmt: skip
        found.append((PSA, Project(
            id=f"{n}-j{i}", company=psa, name=chance.choice(["Move", "Automation"]), manager=_maybe(chance, "bob"),
            is_closed=chance.random() < 0.5, planned_start_on=ago(chance.randint(0, 400)), planned_end_on=_maybe(chance, ago(20)),
            ended_on=_maybe(chance, ago(chance.randint(0, 60))), budget_hours=_maybe(chance, 10.0), actual_hours=_maybe(chance, 9.9),
            scheduled_hours=_maybe(chance, 4.0), updated_at=ago(chance.randint(0, 30)),
        )))  # fmt: skip
        found.append((PSA, Phase(
            id=f"{n}-f{i}", company=psa, project=f"{n}-j{chance.randint(0, 9)}", due_on=ago(chance.randint(0, 120)),
            ended_on=_maybe(chance, ago(chance.randint(0, 120))), is_done=_maybe(chance, True),
        )))  # fmt: skip
        found.append((PSA, Activity(
            id=f"{n}-m{i}", company=psa, name=chance.choice(["Backup audit", "Talk"]), is_done=_maybe(chance, True),
            kind=chance.choice(["QBR", "Audit", "Report", "Strategy", "Plan Review"]), starts_at=ago(chance.uniform(-30, 800)),
        )))  # fmt: skip
        found.append((PSA, ContractLine(
            id=f"{n}-l{i}", company=psa, contract=f"{n}-k{chance.randint(0, 3)}", quantity=_maybe(chance, float(chance.randint(0, 9))),
            product=chance.choice(["MS-SERVER", "MS-WORKSTATION", "MS-VCIO", "BDR-SERVER", "Odd"]),
        )))  # fmt: skip
    found += [
        (PSA, Contract(
            id=f"{n}-k{i}", company=psa, type=chance.choice(["Managed", "Block of Hours", "Hourly"]), is_active=chance.random() < 0.8,
            starts_on=ago(300), ends_on=_maybe(chance, ago(chance.randint(-300, 100))), sla=_maybe(chance, "Gold"),
        ))
        for i in range(3)
    ]  # fmt: skip
    return found
