"""What the MSP sold to each client: contracts, their lines, and the old ones that ended."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from random import Random

from sevenc_sync.sandbox.world.entities import (
    Contract,
    ContractKind,
    ContractLine,
    Machine,
    Organisation,
    Profile,
)
from sevenc_sync.sandbox.world.seeds import at, clamp, dice

CONTRACTS_PER_CLIENT = 8
LINES_PER_CONTRACT = 24
RECURRING_FROM, BLOCK_HOURS_FROM, SLA_FROM = 0.42, 0.2, 0.6
"""Quality of the second-last form on: recurring managed service, block of hours, a service level in writing."""

PRODUCTS: tuple[tuple[str, str, ContractKind, str, float, str, float], ...] = (
    # code, description, contract, block, quality from which it is bought, unit, price
    ("MS-SERVER", "Managed Server", "managed", "charge", 0.40, "server", 145.0),
    ("MS-WORKSTATION", "Managed Workstation", "managed", "charge", 0.40, "endpoint", 38.0),
    ("MS-EDR", "Endpoint Security (EDR)", "managed", "continuous", 0.28, "endpoint", 6.5),
    ("MS-PATCH", "Patch Management", "managed", "continuous", 0.35, "endpoint", 3.0),
    ("MS-EMAILSEC", "Email Security", "managed", "continuous", 0.45, "seat", 3.5),
    ("MS-MFA", "Multi-Factor Authentication", "managed", "continuous", 0.55, "seat", 3.0),
    ("MS-SAT", "Security Awareness Training", "managed", "continuous", 0.66, "seat", 2.5),
    ("MS-NETMON", "Network Monitoring", "managed", "competent", 0.45, "one", 95.0),
    ("MS-MAINT", "Proactive Maintenance Visits", "managed", "competent", 0.60, "one", 250.0),
    ("MS-VCIO", "vCIO Service", "managed", "conscious", 0.50, "one", 450.0),
    ("MS-ITPLAN", "IT Strategy and Annual Plan", "managed", "conscious", 0.68, "one", 300.0),
    ("MS-AUDIT", "Security and IT Audit", "managed", "confident", 0.58, "one", 200.0),
    ("MS-VULN", "Vulnerability Scanning", "managed", "confident", 0.74, "endpoint", 2.0),
    ("MS-REPORT", "Quarterly IT Reporting", "managed", "clear", 0.52, "one", 120.0),
    ("MS-DOC", "Documentation Portal", "managed", "clear", 0.64, "one", 60.0),
    ("MS-VENDOR", "Vendor Management", "managed", "cost-effective", 0.56, "one", 110.0),
    ("MS-PROCURE", "Procurement and Lifecycle Management", "managed", "cost-effective", 0.70, "one", 90.0),
    ("BDR-SERVER", "Backup and Disaster Recovery - Server", "backup", "continuous", 0.0, "server", 110.0),
    ("BDR-CLOUD", "Backup Cloud Retention 1 Year", "backup", "continuous", 0.40, "server", 35.0),
    ("BDR-FAILOVER", "Disaster Recovery Failover and Test", "backup", "continuous", 0.62, "server", 45.0),
    ("M365-BP", "Microsoft 365 Business Premium", "cloud", "competent", 0.12, "seat", 26.4),
    ("M365-BACKUP", "Microsoft 365 Backup", "cloud", "continuous", 0.50, "seat", 3.0),
    ("M365-MON", "Microsoft 365 Monitoring", "cloud", "competent", 0.68, "seat", 1.5),
)  # fmt: skip
LOW_CODE = ("BLOCK-10", "Block of Hours", 10, 135.0)


def make_contracts(
    seed: int, client: Organisation, profile: Profile, machines: Sequence[Machine], anchor: datetime
) -> list[Contract]:
    """All contracts of one client, those that ended included; the same whatever `now` is."""
    chance = dice(seed, "contracts", client.index)
    charge = profile.blocks["charge"]
    main: ContractKind = (
        "managed" if charge >= RECURRING_FROM else "block hours" if charge >= BLOCK_HOURS_FROM else "hourly"
    )
    units = _units(client, machines)
    kinds: list[ContractKind] = [main, "cloud"]
    if profile.has_backup:
        kinds.append("backup")
    drafts = [_draft(client, place, kind, profile, units, anchor, chance) for place, kind in enumerate(kinds)]
    live = [c for c in drafts if c.lines or c.kind in {"hourly", "block hours", "managed"}]
    if client.index % 6 < 2:  # noqa: PLR2004 (two of six clients have a past)
        live.append(_past(client, len(kinds), chance, anchor, cancelled=client.index % 6 == 1))
    return live


def _units(client: Organisation, machines: Sequence[Machine]) -> dict[str, int]:
    live = [m for m in machines if m.active]
    return {
        "server": sum(m.kind == "server" for m in live),
        "endpoint": sum(m.kind in {"workstation", "laptop"} for m in live),
        "seat": client.seats,
        "one": 1,
    }


def _draft(
    client: Organisation, place: int, kind: ContractKind, profile: Profile, units: dict[str, int],
    anchor: datetime, chance: Random
) -> Contract:  # fmt: skip
    number = contract_id(client, place)
    start = (anchor.date() - timedelta(days=chance.randint(420, 1500))).replace(day=1)
    lines = _lines(number, kind, profile, units, start, anchor.date(), chance)
    names = {"managed": "Managed Services", "block hours": "Block Hours", "hourly": "Time and Materials",
             "backup": "Backup and Continuity", "cloud": "Cloud Services"}  # fmt: skip
    has_sla = kind == "managed" and profile.blocks["clear"] >= SLA_FROM
    level = " Premium" if has_sla else ""
    entered = at(start, chance.randrange(50_000, 80_000))
    return Contract(
        id=number, client_id=client.id, kind=kind, name=f"{names[kind]}{level} - {client.name}"[:100],
        start=start, end=None if kind in {"managed", "cloud"} else _year_end(anchor.date(), start),
        cancelled=None, has_sla=has_sla,
        amount=round(sum(line.quantity * line.unit_price for line in lines if line.cancelled is None), 2),
        entered=entered, updated=max(entered,
        at(anchor.date() - timedelta(days=chance.randint(3, 200)), 61_000)), lines=lines,
    )  # fmt: skip


def _lines(
    number: int, kind: ContractKind, profile: Profile, units: dict[str, int], start: date, today: date,
    chance: Random
) -> tuple[ContractLine, ...]:  # fmt: skip
    if kind == "block hours":
        code, text, quantity, price = LOW_CODE
        return (ContractLine(line_id(number, 0), number, code, 899, text, quantity, price, start, None),)
    lines = []
    for place, (code, text, contract, block, threshold, unit, price) in enumerate(PRODUCTS):
        if contract != kind or not units[unit]:
            continue
        quality = profile.blocks[block]
        bought = quality + chance.uniform(-0.04, 0.04) >= threshold
        dropped = not bought and quality + 0.12 >= threshold and chance.random() < 0.4  # noqa: PLR2004 (some once had it)
        if not bought and not dropped:
            continue
        wrong = (
            0
            if unit == "one"
            else round(units[unit] * 0.5 * (1 - profile.blocks["charge"]) * chance.uniform(0.4, 1))
        )
        quantity = max(1, units[unit] - wrong)
        ended = today - timedelta(days=chance.randint(40, 300)) if dropped else None
        lines.append(
            ContractLine(
                line_id(number, place), number, code, 900 + place, text, quantity, price, start, ended
            )
        )
    return tuple(lines)


def _past(client: Organisation, place: int, chance: Random, anchor: datetime, *, cancelled: bool) -> Contract:
    number = contract_id(client, place)
    start = (anchor.date() - timedelta(days=chance.randint(1600, 2200))).replace(day=1)
    end = start + timedelta(days=3 * 365)
    entered = at(start, 60_000)
    line = ContractLine(
        line_id(number, 0), number, LOW_CODE[0], 899, "Block of Hours (old)", 10, 110.0, start, end
    )
    return Contract(
        id=number, client_id=client.id, kind="block hours", name=f"Block Hours (old) - {client.name}"[:100],
        start=start,
        end=end, cancelled=end - timedelta(days=90) if cancelled else None, has_sla=False, amount=1100.0,
        entered=entered, updated=at(end, 61_000), lines=(line,),
    )  # fmt: skip


def _year_end(today: date, start: date) -> date:
    years = int(clamp((today - start).days // 365 + 2, 1, 30))
    return start + timedelta(days=365 * years)


def contract_id(client: Organisation, place: int) -> int:
    """The id of a client's n-th contract."""
    return 300 + client.index * CONTRACTS_PER_CLIENT + place


def line_id(contract: int, place: int) -> int:
    """The id of a contract's n-th line."""
    return contract * LINES_PER_CONTRACT + place
