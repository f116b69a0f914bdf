"""A store to be scored: so many clients with tickets, devices, and machines with a month of backup runs. The same every time.

Usage: scoring_store.py STORE [--clients N]
"""

import argparse
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice, zip_longest
from pathlib import Path
from random import Random

from sqlalchemy import Connection, insert

from sevenc_sync.clock import to_seconds
from sevenc_sync.model import (
    Asset,
    Company,
    Contract,
    ContractLine,
    Custom,
    Protection,
    ProtectionRun,
    Record,
    Ticket,
    TimeEntry,
)
from sevenc_sync.store import tables
from sevenc_sync.store.codec import Codec, codecs
from sevenc_sync.store.database import Store
from sevenc_sync.store.migrate import upgrade

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
PSA, BACKUP = 1, 2
FEEDS = {
    "company": [(PSA, "companies"), (BACKUP, "organisations")],
    "ticket": [(PSA, "tickets")],
    "time_entry": [(PSA, "time_entries")],
    "asset": [(PSA, "devices")],
    "contract": [(PSA, "contracts")],
    "contract_line": [(PSA, "lines")],
    "protection": [(BACKUP, "protections")],
    "protection_run": [(BACKUP, "protections")],
}
LAYOUT = 2  # of what is made here: another one is another store
CLIENTS = 1_000
TICKETS, ENTRIES, ASSETS, MACHINES, DAYS = 1_000, 200, 50, 30, 30  # of each client
HISTORY = 730  # days of tickets
BATCH = 10_000

_BOARDS = (
    ("Help Desk", "Incident", "Printer", "Phone"),
    ("Help Desk", "Incident", "E-mail", "Email"),
    ("Help Desk", "How to", "Office", "Portal"),
    ("Alerts", "Monitoring", "Disk", "RMM Alert"),
    ("Maintenance", "Patching", "Server", "Internal"),
    ("Projects", "Move", None, "Internal"),
    ("Internal", None, None, "Internal"),
)


def build(path: Path, clients: int = CLIENTS) -> None:
    """Make the store. Raises FileExistsError for a file that is there."""
    if path.exists():
        raise FileExistsError(path)
    with Store.open(f"sqlite:///{path}") as store:
        upgrade(store)
        with store.write() as connection:
            _accounts(connection, clients)
        known = codecs()
        for record, rows in (
            (Company, _companies(clients)),
            (Ticket, _each(clients, _tickets)),
            (TimeEntry, _each(clients, _entries)),
            (Asset, _each(clients, _assets)),
            (Contract, _each(clients, _contracts)),
            (ContractLine, _each(clients, _lines)),
            (Protection, _each(clients, _protections)),
            (ProtectionRun, _each(clients, _runs)),
        ):
            _fill(store, known[record.table], rows)
        with store.engine.connect() as connection:
            connection.exec_driver_sql("ANALYZE")


def _accounts(connection: Connection, clients: int) -> None:
    for number, name in ((PSA, "psa"), (BACKUP, "backup")):
        connection.execute(
            insert(tables.account).values(id=number, name=name, connector="bench", is_stopped=False)
        )
    connection.execute(
        insert(tables.stream_state),
        [
            {"account": number, "stream": stream, "state": "ok", "last_ok_at": to_seconds(NOW), "failures": 0}
            for number, stream in sorted({pair for pairs in FEEDS.values() for pair in pairs})
        ],
    )
    numbers = range(1, clients + 1)
    connection.execute(
        insert(tables.client),
        [
            {
                "id": n,
                "name": f"Client {n:04}",
                "account": PSA,
                "company": str(n),
                "is_active": True,
                "seats": 50,
                "created_at": 0,
            }
            for n in numbers
        ],
    )
    connection.execute(
        insert(tables.link),
        [
            {"account": a, "company": str(n), "client": n, "state": "linked", "method": "name", "at": 0}
            for n in numbers
            for a in (PSA, BACKUP)
        ],
    )
    connection.execute(
        insert(tables.device_link),
        [
            {
                "kind": kind,
                "account": account,
                "id": f"{n}-{i}",
                "client": n,
                "device": f"{n}-{i}",
                "method": "serial",
            }
            for n in numbers
            for kind, account, count in (("asset", PSA, ASSETS), ("protection", BACKUP, MACHINES))
            for i in range(count)
        ],
    )


def _fill(store: Store, codec: Codec, rows: Iterable[tuple[int, Record]]) -> None:
    table = tables.evidence[codec.record.table]
    marks = ", ".join("?" * len(codec.columns))
    names = ", ".join(f'"{name}"' for name in codec.columns)
    statement = f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608 - names of our own tables
    source = iter(rows)
    read_at = to_seconds(NOW - timedelta(hours=1))
    while batch := [codec.row(account, record, read_at) for account, record in islice(source, BATCH)]:
        with store.write() as connection:
            connection.exec_driver_sql(statement, batch)
    with store.write() as connection:
        phrases = codec.phrase_rows(set())
        if phrases:
            connection.execute(insert(tables.phrase), phrases)


def _each(
    clients: int, make: Callable[[int, Random], Iterator[tuple[int, Record]]]
) -> Iterator[tuple[int, Record]]:
    """The first of each client, then the second of each: a vendor numbers and lists its records over all clients."""
    # A generator of its own for each kind and client: the data do not depend on what else is made.
    turns = [make(number, Random(f"{make.__name__}{number}")) for number in range(1, clients + 1)]  # noqa: S311 - test data
    for turn in zip_longest(*turns):
        yield from (row for row in turn if row is not None)


def _companies(clients: int) -> Iterator[tuple[int, Record]]:
    for number in range(1, clients + 1):
        custom: Custom = {"DR Plan Date": f"2026-0{number % 6 + 1}-01", "MFA Percent": number % 101}
        yield PSA, Company(id=str(number), name=f"Client {number:04}", custom=custom, updated_at=NOW)
        yield BACKUP, Company(id=str(number), name=f"Client {number:04}")


def _ago(chance: Random, days: float) -> datetime:
    return NOW - timedelta(seconds=chance.randrange(int(days * 86_400)))


def _tickets(number: int, chance: Random) -> Iterator[tuple[int, Record]]:
    for i in range(TICKETS):
        board, kind, subtype, source = chance.choice(_BOARDS)
        # In the order of their numbers, as a PSA gives them out.
        opened = NOW - timedelta(days=HISTORY * (1 - (i + chance.random()) / TICKETS))
        done = opened + timedelta(hours=chance.expovariate(1 / 20))
        is_closed = done < NOW and chance.random() > 0.01
        yield (
            PSA,
            Ticket(
                id=f"{number * 10_000 + i}",
                company=str(number),
                number=str(i),
                summary=f"Something about {subtype or board} on machine {chance.randrange(50)}",
                board=board,
                type=kind,
                subtype=subtype,
                source=source,
                status="Closed" if is_closed else "In progress",
                priority_level=chance.choice(("critical", "high", "medium", "medium", "low")),
                is_closed=is_closed,
                opened_at=opened,
                responded_at=opened + timedelta(minutes=chance.randrange(1, 400)),
                respond_due_at=opened + timedelta(hours=4),
                resolved_at=done if is_closed else None,
                resolve_due_at=opened + timedelta(hours=24),
                closed_at=done if is_closed else None,
                updated_at=min(done, NOW),
                owner=f"Tech {chance.randrange(12)}",
                hours=chance.random() * 2,
            ),
        )


def _entries(number: int, chance: Random) -> Iterator[tuple[int, Record]]:
    for i in range(ENTRIES):
        yield (
            PSA,
            TimeEntry(
                id=f"{number * 10_000 + i}",
                company=str(number),
                charge="ticket",
                ticket=f"{number * 10_000 + chance.randrange(TICKETS)}",
                work_type=chance.choice(("Remote", "On-site", "Preventive maintenance", "vCIO")),
                started_at=_ago(chance, 365),
                hours=chance.random() * 3,
            ),
        )


def _assets(number: int, chance: Random) -> Iterator[tuple[int, Record]]:
    for i in range(ASSETS):
        yield (
            PSA,
            Asset(
                id=f"{number}-{i}",
                company=str(number),
                name=f"M{i}",
                type="Server" if i < MACHINES // 3 else "Workstation",
                os=chance.choice(("Windows Server 2022", "Windows 11 Pro", "Windows 10 Pro")),
                is_active=chance.random() > 0.05,
                purchased_on=_ago(chance, 3000),
                warranty_ends_on=NOW + timedelta(days=chance.randrange(-900, 900)),
            ),
        )


def _contracts(number: int, _chance: Random) -> Iterator[tuple[int, Record]]:
    yield (
        PSA,
        Contract(
            id=str(number),
            company=str(number),
            type="Managed Services",
            is_active=True,
            is_recurring=True,
            starts_on=NOW - timedelta(days=500),
            sla="Standard",
        ),
    )


def _lines(number: int, chance: Random) -> Iterator[tuple[int, Record]]:
    for i, product in enumerate(("MS-SERVER", "MS-WORKSTATION", "BDR-SERVER", "MS-SAT", "MS-VCIO")):
        if chance.random() > 0.3:
            line = ContractLine(
                id=f"{number}-{i}",
                company=str(number),
                contract=str(number),
                product=product,
                quantity=float(chance.randrange(1, 50)),
            )
            yield PSA, line


def _protections(number: int, chance: Random) -> Iterator[tuple[int, Record]]:
    for i in range(MACHINES):
        yield (
            BACKUP,
            Protection(
                id=f"{number}-{i}",
                company=str(number),
                name=f"M{i}",
                workload="machine",
                last_success_at=_ago(chance, 3),
                offsite_at=_ago(chance, 14),
                verified_at=_ago(chance, 120),
                verified_ok=chance.random() > 0.1,
                last_result="ok",
            ),
        )


def _runs(number: int, chance: Random) -> Iterator[tuple[int, Record]]:
    for i in range(MACHINES):
        for day in range(DAYS):
            yield (
                BACKUP,
                ProtectionRun(
                    id=f"{number}-{i}:{day}",
                    company=str(number),
                    protection=f"{number}-{i}",
                    at=NOW - timedelta(days=day, hours=2),
                    result="ok" if chance.random() > 0.04 else "failed",
                ),
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("store", type=Path)
    parser.add_argument("--clients", type=int, default=CLIENTS)
    options = parser.parse_args()
    build(options.store, options.clients)
