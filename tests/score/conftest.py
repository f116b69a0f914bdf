"""One small MSP to score: a PSA account, a backup account, and evidence put in as a connector would."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import insert, make_url

from sevenc_sync.clock import to_seconds
from sevenc_sync.model import (
    Activity,
    Alert,
    Asset,
    Company,
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
from sevenc_sync.score import (
    ClientResult,
    IndicatorResult,
    Rules,
    builtin_rules_dir,
    load_results,
    load_rules,
)
from sevenc_sync.score.saving import score_clients
from sevenc_sync.store import tables
from sevenc_sync.store.codec import codecs
from sevenc_sync.store.database import Store
from sevenc_sync.sync.completed import completed

NOW = datetime(2026, 6, 15, 12, 0, tzinfo=UTC)
PSA, BACKUP, RMM = 1, 2, 9
FEEDS = {
    "company": [(PSA, "companies"), (BACKUP, "organisations")],
    "ticket": [(PSA, "tickets")],
    "asset": [(PSA, "devices"), (BACKUP, "appliances")],
    "contract": [(PSA, "contracts")],
    "contract_line": [(PSA, "lines")],
    "protection": [(BACKUP, "protections")],
    "protection_run": [(BACKUP, "protections")],
    "alert": [(BACKUP, "alerts")],
    "time_entry": [(PSA, "time_entries")],
    "project": [(PSA, "projects")],
    "phase": [(PSA, "phases")],
    "activity": [(PSA, "activities")],
}


def ago(days: float = 0, hours: float = 0) -> datetime:
    """That long before the clock."""
    return NOW - timedelta(days=days, hours=hours)


def day(days: int) -> str:
    """The day that long before the clock, as people type it."""
    return ago(days).date().isoformat()


@dataclass
class World:
    """The store with its evidence."""

    store: Store
    feeds: dict[str, list[tuple[int, str]]] = field(
        default_factory=lambda: {k: list(v) for k, v in FEEDS.items()}
    )
    devices: int = 0

    def account(self, number: int, name: str) -> None:
        with self.store.write() as connection:
            connection.execute(
                insert(tables.account).values(id=number, name=name, connector="test", is_stopped=False)
            )

    def stream(
        self, account: int, name: str, *, state: str = "ok", ok: datetime | None = NOW, why: str | None = None
    ) -> None:
        """What is known of a stream's readings."""
        row = {
            "account": account,
            "stream": name,
            "state": state,
            "reason": why,
            "last_ok_at": None if ok is None else to_seconds(ok),
            "failures": 0,
        }
        with self.store.write() as connection:
            table = tables.stream_state
            connection.execute(table.delete().where(table.c.account == account, table.c.stream == name))
            connection.execute(insert(table).values(**row))

    def client(
        self,
        number: int,
        *,
        custom: dict[str, Any] | None = None,
        seats: int | None = 10,
        backup: bool = True,
        name: str | None = None,
    ) -> None:
        """A client with its master record, known to the backup product too unless said otherwise."""
        company = f"c{number}"
        self.put(PSA, Company(id=company, name=name or f"Client {number}", custom=custom, updated_at=ago(1)))
        row = {
            "id": number,
            "name": name or f"Client {number}",
            "account": PSA,
            "company": company,
            "is_active": True,
        }
        with self.store.write() as connection:
            connection.execute(insert(tables.client).values(**row, seats=seats, created_at=0))
        self.link(PSA, company, number)
        if backup:
            self.link(BACKUP, f"b{number}", number)

    def rmm(self, client: int | None) -> None:
        """A source of management agents that knows this client (None: no client); the MSP has one from the first call on."""
        if (RMM, "agents") not in self.feeds["asset"]:
            self.account(RMM, "rmm")
            self.stream(RMM, "agents")
            self.feeds["asset"].append((RMM, "agents"))
        if client is not None:
            self.link(RMM, f"r{client}", client)

    def link(self, account: int, company: str, client: int | None, state: str = "linked") -> None:
        with self.store.write() as connection:
            connection.execute(
                insert(tables.link).values(
                    account=account, company=company, client=client, state=state, method="name", at=0
                )
            )

    def device(self, client: int, *keys: tuple[str, int, str]) -> None:
        """These records (kind, account, id) are one device."""
        self.devices += 1
        rows = [
            {
                "kind": kind,
                "account": account,
                "id": number,
                "client": client,
                "device": f"d{self.devices}",
                "method": "serial",
            }
            for kind, account, number in keys
        ]
        with self.store.write() as connection:
            connection.execute(insert(tables.device_link), rows)

    def put(self, account: int, *records: Record, gone: bool = False) -> None:
        """Evidence, as a connector's page brings it."""
        by_table = codecs()
        with self.store.write() as connection:
            known = set(connection.execute(tables.phrase.select()).scalars())
            for record in records:
                codec = by_table[record.table]
                values = dict(
                    zip(
                        codec.columns,
                        codec.row(account, completed(record), to_seconds(ago(hours=1))),
                        strict=True,
                    )
                )
                values["gone_at"] = to_seconds(NOW) if gone else None
                connection.execute(insert(tables.evidence[record.table]).values(**values))
            for codec in by_table.values():
                rows = codec.phrase_rows(known)
                if rows:
                    connection.execute(insert(tables.phrase), rows)

    def score(self, rules: Rules, *, now: datetime = NOW, **more: Any) -> dict[int, ClientResult]:
        """Score all clients; what is stored then, by client."""
        score_clients(self.store, rules, now, self.feeds, **more)
        return {result.client: result for result in load_results(self.store, rules)}

    def indicator(self, rules: Rules, name: str, client: int = 1, *, now: datetime = NOW) -> IndicatorResult:
        """One indicator of one client, scored now."""
        result = self.score(rules, now=now)[client]
        return next(item for item in result.indicators if item.id == name)


@pytest.fixture(scope="session")
def kept_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One engine for all tests: what SQLAlchemy makes of our statements takes longer than most tests, and is kept with it."""
    with Store.open(f"sqlite:///{tmp_path_factory.mktemp('score') / 'store.db'}") as opened:
        yield opened


@pytest.fixture
def sqlite_store(kept_sqlite: Store, sqlite_template: Path) -> Store:
    """An empty store on SQLite: a new file each time."""
    kept_sqlite.close()
    file = Path(str(kept_sqlite.engine.url.database))
    for old in file.parent.glob(f"{file.name}*"):
        old.unlink()
    shutil.copy(sqlite_template, file)
    return kept_sqlite


@pytest.fixture(scope="session")
def kept_postgres(postgres_server: str) -> Iterator[Store]:
    """One engine for all tests, as on SQLite."""
    url = make_url(postgres_server).set(database=f"score_{uuid4().hex}")
    with Store.open(url.render_as_string(hide_password=False)) as opened:
        yield opened


@pytest.fixture
def postgres_store(kept_postgres: Store, postgres_server: str, postgres_template: str) -> Store:
    """An empty store on PostgreSQL: a new database each time."""
    kept_postgres.close()
    name = kept_postgres.engine.url.database
    with psycopg.connect(postgres_server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    return kept_postgres


@pytest.fixture(scope="session")
def rules() -> Rules:
    """The rules that come with the product."""
    return load_rules([builtin_rules_dir()])


@pytest.fixture
def world(store: Store) -> World:
    """An MSP whose sources all work, on SQLite and on PostgreSQL; without clients."""
    return furnished(store)


@pytest.fixture
def sqlite_world(sqlite_store: Store) -> World:
    """The same on SQLite only, for what does not depend on the database."""
    return furnished(sqlite_store)


def furnished(store: Store) -> World:
    """The MSP's accounts and streams."""
    made = World(store)
    made.account(PSA, "psa")
    made.account(BACKUP, "backup")
    for account, name in {pair for pairs in FEEDS.values() for pair in pairs}:
        made.stream(account, name)
    return made


@pytest.fixture
def furnish() -> Callable[[World], None]:
    """Gives a world one client with one record of each kind."""

    def make(world: World) -> None:
        world.client(1, custom={"DR Plan Date": day(5)})
        world.put(
            PSA,
            Ticket(id="t", company="c1", board="Help Desk", opened_at=ago(2)),
            Asset(id="a", company="c1", type="Server"),
            Contract(id="k", company="c1", type="Managed"),
            ContractLine(id="l", company="c1", contract="k", product="Backup"),
            TimeEntry(id="h", company="c1", ticket="t", hours=1.0, started_at=ago(2)),
            Project(id="j", company="c1", name="Move"),
            Phase(id="f", company="c1", project="j", due_on=ago(3)),
            Activity(id="m", company="c1", kind="Meeting", starts_at=ago(4)),
        )
        world.put(
            BACKUP,
            Protection(id="p", company="b1"),
            ProtectionRun(id="r", company="b1", protection="p", at=ago(1), result="ok"),
            Alert(id="x", company="b1", kind="disk", raised_at=ago(1)),
        )
        item = {"id": "i", "client": 1, "indicator": "a.b.c", "state": "open", "first_at": 0, "changed_at": 0}
        with world.store.write() as connection:
            connection.execute(insert(tables.plan_item).values(**item))

    return make
