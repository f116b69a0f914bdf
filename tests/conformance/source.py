"""A connector's source for the suite: its sandbox server, its streams with small pages, and stores read up to each stream.

Everything is found out by reading once: which records a stream meets, which paths it asks for, which of the vendor's
tables stands behind it. So the suite knows no connector by name.
"""

import base64
import dataclasses
import shutil
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from sqlalchemy import select

from sevenc_sync.connect.connector import AccountSettings, Connector
from sevenc_sync.connect.retries import RetryPolicy
from sevenc_sync.connect.stream import Context, Parent, Stream
from sevenc_sync.engine.sync_job import Account, SyncJob, open_accounts, sync_account
from sevenc_sync.sandbox import Sandbox, VendorServer, World
from sevenc_sync.sandbox.exchange import Answer, Call
from sevenc_sync.sandbox.sandbox import VENDORS, SandboxAccount
from sevenc_sync.store.database import Store
from sevenc_sync.store.holder import this_holder
from sevenc_sync.store.quarantine import held
from sevenc_sync.store.reads import lookup_entries, parent_rows, stream_states
from sevenc_sync.store.tables import evidence
from sevenc_sync.sync.outcome import RunResult
from sevenc_sync.sync.related import RelatedRows
from tests.conformance.elsewhere import Elsewhere
from tests.conformance.facts import Facts, Spied, changed, facts_of, in_pages
from tests.conformance.smaller import make_smaller

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)  # the world's
THEN = NOW + timedelta(hours=1)  # when it is read: nothing in it is as young as a stream's lag
HISTORY = timedelta(days=400)
ATTEMPTS = 3
POLICY = RetryPolicy(attempts=ATTEMPTS, longest_wait=60)


Rows = dict[tuple[str, str], dict[str, Any]]  # (kind, id) -> row


class Waits(threading.Event):
    """A stop event that never really waits. `seconds` holds what it was asked to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.seconds.append(timeout or 0.0)
        return self.is_set()


@dataclass(slots=True)
class Source:
    """One connector and its vendor. `now` is the vendor's clock; `rewind` brings everything back."""

    connector: Connector
    server: VendorServer
    access: SandboxAccount
    folder: Path
    world: World
    elsewhere: Elsewhere
    now: datetime = THEN
    store: Store | None = None  # the bench's
    facts: dict[str, Facts] = field(default_factory=dict)
    _pristine: dict[str, dict[int | str, dict[str, Any]]] = field(default_factory=dict)
    _clean: dict[str, Rows] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The connector's name."""
        return self.connector.name

    @property
    def bench_path(self) -> Path:
        """Where the bench's store is."""
        return self.folder / "bench.db"

    def bench_files(self) -> list[Path]:
        """That store, and what the database keeps beside it."""
        return sorted(self.folder.glob("bench.db*"))

    def discard_bench(self) -> None:
        """Throw the bench's store away."""
        if self.store is not None:
            self.store.close()
        for file in self.bench_files():
            file.unlink()

    def stream(self, name: str) -> Stream:
        """The stream, with small pages."""
        return next(stream for stream in self.connector.streams if stream.name == name)

    def next_after(self, name: str) -> Stream | None:
        """The next stream after this one that asks for something else, None after the last."""
        names = [stream.name for stream in self.connector.streams]
        path = self.stream(name).path
        rest = [stream for stream in self.connector.streams[names.index(name) + 1 :] if stream.path != path]
        return rest[0] if rest else None

    def settings(self, **more: Any) -> AccountSettings:
        """The account's settings: the sandbox's own, and no waiting for the vendor's rate."""
        values: dict[str, Any] = {
            "name": self.access.name,
            "connector": self.connector.name,
            "base_url": self.server.base_url,
            "requests_per_minute": 100_000,
            "requests_at_once": 1,
            **self.access.settings,
            **self.access.secrets,
            **more,
        }
        return self.connector.settings(**values)

    def rewind(self) -> None:
        """The vendor as it was at first, with no faults, nothing in its log and nothing counted."""
        self.now = THEN
        tables = self.server.vendor.tables
        for name, rows in self._pristine.items():
            live = tables.rows(name)
            live.clear()
            live.update(rows)
        self.calm()
        self.server.forget()
        self.elsewhere.received.clear()

    def calm(self) -> None:
        """The vendor behaves again, and has forgotten what it has counted and what is still under way."""
        self.server.faults.clear()
        fresh = VENDORS[self.name](self.world, lambda: self.now, None)
        fresh.tables = self.server.vendor.tables
        self.server.vendor = fresh

    def remember(self) -> None:
        """What the tables hold now is what `rewind` brings back."""
        tables = self.server.vendor.tables
        self._pristine = {name: dict(tables.rows(name)) for name in tables.names}

    def before(self, name: str) -> Path:
        """A store in which all streams before this one have been read."""
        return self.folder / f"{[stream.name for stream in self.connector.streams].index(name)}.db"

    def after(self, name: str) -> Path:
        """A store in which this stream and all before it have been read."""
        return self.folder / f"{[stream.name for stream in self.connector.streams].index(name) + 1}.db"

    def clean(self, name: str) -> Rows:
        """The rows of the stream's kinds of records once it has been read undisturbed."""
        if name not in self._clean:
            with Store.open(f"sqlite:///{self.after(name)}") as store:
                self._clean[name] = rows_in(store, self.stream(name))
        return self._clean[name]

    def rows_before(self, name: str) -> Rows:
        """The rows of the stream's kinds of records before it is read: other streams' own."""
        if f"before {name}" not in self._clean:
            with Store.open(f"sqlite:///{self.before(name)}") as store:
                self._clean[f"before {name}"] = rows_in(store, self.stream(name))
        return self._clean[f"before {name}"]


@dataclass(slots=True, kw_only=True)
class Bench:
    """A store, and the engine on it, for one connector. Our own clock is `skew` behind the vendor's."""

    source: Source
    path: Path
    store: Store
    skew: timedelta = timedelta(0)
    stop: Waits = field(default_factory=Waits)

    def account(self, **settings: Any) -> Account:
        """The account, with other settings on demand."""
        pairs = [(self.source.settings(**settings), self.source.connector)]
        return open_accounts(self.store, pairs)[0]

    def run(self, *streams: str, job: Mapping[str, Any] | None = None, **settings: Any) -> list[RunResult]:
        """Read these streams through the engine."""
        work = SyncJob(
            store=self.store,
            clock=lambda: self.source.now - self.skew,
            stop=self.stop,
            holder=this_holder(),
            trigger="command",
            history=HISTORY,
            policy=POLICY,
            **(job or {}),
        )
        return sync_account(work, self.account(**settings), streams)

    def read(self, stream: str, job: Mapping[str, Any] | None = None, **settings: Any) -> RunResult:
        """Read one stream; gives its (last) result."""
        return self.run(stream, job=job, **settings)[-1]

    def asked(self, stream: str) -> int:
        """How many requests the vendor got for this stream."""
        paths = set(self.source.facts[stream].requests)
        return sum(seen.path in paths for seen in self.source.server.requests)

    def rows(self, stream: str) -> Rows:
        """The stored rows of the stream's kinds of records, by kind and id, without the time of reading."""
        return rows_in(self.store, self.source.stream(stream))

    def state(self, stream: str) -> dict[str, Any]:
        """The stream's state."""
        with self.store.read() as connection:
            return next(row for row in stream_states(connection) if row["stream"] == stream)

    def held(self) -> list[dict[str, object]]:
        """What is in quarantine."""
        with self.store.read() as connection:
            return held(connection)

    def is_stopped(self) -> bool:
        """Whether the account is left alone until its credentials change."""
        with self.store.read() as connection:
            return any(row["is_stopped"] for row in stream_states(connection))

    def context(self, stream: Stream, path: str) -> Context:
        """What the translation of a record read at this path may use."""
        number = self.account().number
        with self.store.read() as connection:
            lookups = lookup_entries(connection, number, stream.lookups)
            parents = (
                parent_rows(connection, number, stream.parent, stream.parent_kinds, None)
                if stream.parent
                else []
            )
        made = (Parent(id=row["id"], company=row.get("company"), row=row) for row in parents)
        parent = next((parent for parent in made if path.endswith(stream.path_for(parent))), None)
        related = RelatedRows(self.store, number, stream.related)
        return Context(now=self.source.now, parent=parent, lookups=lookups, rows=related)

    def made_of(self, stream: Stream, raw: bytes, path: str) -> set[tuple[str, str]]:
        """The rows (kind, id) that are made of a record read at this path."""
        wire = msgspec.json.decode(raw, type=stream.wire)
        return {(record.table, record.id) for record in stream.to_canonical(wire, self.context(stream, path))}


def rows_in(store: Store, stream: Stream) -> Rows:
    """See Bench.rows."""
    found: Rows = {}
    with store.read() as connection:
        for record in stream.records:
            for row in connection.execute(select(evidence[record.table])).mappings():
                found[record.table, row["id"]] = {
                    name: value for name, value in row.items() if name != "fetched_at"
                }
    return found


def live(rows: Rows) -> Rows:
    """Those that are not gone at their source."""
    return {key: row for key, row in rows.items() if row["gone_at"] is None}


def bench(source: Source, start: Path) -> Bench:
    """A bench on a copy of the store at `start`. There is one at a time: the engine is kept, with what it has compiled."""
    if source.store is None:
        raise AssertionError("the source is not open")
    source.discard_bench()
    shutil.copyfile(start, source.bench_path)
    return Bench(source=source, path=source.bench_path, store=source.store)


@contextmanager
def open_source(connector: Connector, world: World, folder: Path, template: Path) -> Iterator[Source]:
    """Start the connector's sandbox and read everything twice: to get to know it, and to keep a store for each stream.

    `template` is an empty store.
    """
    with (
        Elsewhere() as elsewhere,
        Sandbox(world, vendors=(connector.name,), clock=lambda: source.now) as sandbox,
    ):
        (server,) = sandbox.vendors.values()
        source = Source(connector, server, sandbox.accounts[0], folder, world, elsewhere)
        make_smaller(connector.name, server)
        source.remember()
        spied = {stream.name: Spied(stream.layout, []) for stream in connector.streams}
        source.connector = _with_streams(connector, lambda stream: changed(stream, layout=spied[stream.name]))
        paths = _read_in_turn(source, folder / "probe", template)
        for stream in connector.streams:
            source.facts[stream.name] = facts_of(spied[stream.name].noted, paths[stream.name], server)
        small = _with_streams(connector, lambda stream: in_pages(stream, source.facts[stream.name].answers))
        source.connector = _with_streams(
            small, lambda stream: changed(stream, layout=Spied(stream.layout, spied[stream.name].noted))
        )
        for spy in spied.values():
            spy.noted.clear()
        source.rewind()
        paths = _read_in_turn(source, folder, template)
        for stream in connector.streams:
            source.facts[stream.name] = facts_of(list(spied[stream.name].noted), paths[stream.name], server)
        source.connector = small
        with Store.open(f"sqlite:///{source.bench_path}") as source.store:
            yield source


def _with_streams(connector: Connector, change: Callable[[Stream], Stream]) -> Connector:
    return dataclasses.replace(connector, streams=tuple(change(stream) for stream in connector.streams))


def _read_in_turn(source: Source, folder: Path, template: Path) -> dict[str, list[str]]:
    """Read one stream after the other into one store, a copy of which is kept before each; gives the paths asked for."""
    folder.mkdir(exist_ok=True)
    paths: dict[str, list[str]] = {}
    work = folder / "work.db"
    shutil.copyfile(template, work)
    with Store.open(f"sqlite:///{work}") as store:
        reading = Bench(source=source, path=work, store=store)
        reading.account()
        _copy(work, folder / "0.db")

        def done(result: RunResult) -> None:
            if result.state != "ok":
                raise AssertionError(f"{source.name}/{result.stream} cannot be read at all: {result}")
            asked = [seen.path for seen in source.server.requests]
            source.server.forget()
            # what came before the first stream is the way in
            beside = {item.path for item in source.stream(result.stream).beside}
            own = asked[-result.requests :]
            paths[result.stream] = [path for path in own if not path.endswith(tuple(beside or ("\0",)))]
            _copy(work, folder / f"{len(paths)}.db")

        reading.run(
            *(stream.name for stream in source.connector.streams), job={"full": True, "on_result": done}
        )
    return paths


def _copy(live: Path, to: Path) -> None:
    with closing(sqlite3.connect(live)) as there, closing(sqlite3.connect(to)) as here:
        there.backup(here)


def spoil_answers(server: VendorServer, change: Callable[[Call, Answer], Answer]) -> None:
    """Let `change` see every honest answer, with its call, before it is sent. `rewind` ends it."""
    honest = server.vendor.answer

    def answer(call: Call) -> Answer:
        return change(call, honest(call))

    server.vendor.answer = answer  # type: ignore[method-assign]  # one object's, not the class's


def leaks(source: Source, text: bytes) -> list[str]:
    """The names of the account's secrets that stand in the text, plain or as they are sent."""
    secrets = source.access.secrets
    pairs = {
        f"{user}:{word}": f"{first}:{second}"
        for first, user in secrets.items()
        for second, word in secrets.items()
        if first != second
    }
    company = source.access.settings.get("company_id", "")
    forms = {value: name for name, value in secrets.items()} | pairs
    forms |= {f"{company}+{pair}": name for pair, name in pairs.items()}
    return sorted(
        name
        for value, name in forms.items()
        if value.encode() in text
        or base64.b64encode(value.encode()) in text
        or (len(value) > 8 and quote(value, safe="").encode() in text)
    )
