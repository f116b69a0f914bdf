"""A small vendor with three lists, in three dialects of paging, and what it takes to read it.

The vendor is a plain function from a request to an answer, so that it can stand behind httpx without a socket (exact,
quick) or behind a real server on loopback (test_a_killed_process).
"""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import msgspec
import pytest
import structlog

from sevenc_sync.connect.answers import by_status
from sevenc_sync.connect.exchange import Meter
from sevenc_sync.connect.http import Http
from sevenc_sync.connect.layouts import Envelope
from sevenc_sync.connect.limits import Bucket, Limits
from sevenc_sync.connect.pages import Keyset, NumberedPages
from sevenc_sync.connect.retries import RetryPolicy
from sevenc_sync.connect.stream import Context, Stream, Window
from sevenc_sync.connect.text import iso, when
from sevenc_sync.model import Asset, ProtectionRun, Ticket
from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.database import Store
from sevenc_sync.store.holder import this_holder
from sevenc_sync.store.tables import evidence, phrase, quarantine, run, run_log, stream_state
from sevenc_sync.sync.outcome import RunResult
from sevenc_sync.sync.run import Kind, Surroundings, run_stream
from tests.store.conftest import rows_of

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)  # our clock
THERE = NOW + timedelta(minutes=2)  # the vendor's clock is ahead of ours
LAG = timedelta(minutes=5)


class WireTicket(msgspec.Struct, gc=False):
    id: int
    updated: str
    company: str | None = None
    summary: str | None = None
    board: str | None = None


class WireDevice(msgspec.Struct, gc=False):
    id: str
    company: str | None = None
    kind: str = "appliance"


class WireBackup(msgspec.Struct, gc=False):
    id: int
    at: str
    ok: bool


def _ticket(wire: WireTicket, _context: Context) -> Iterator[Ticket]:
    yield Ticket(
        id=str(wire.id),
        company=wire.company,
        summary=wire.summary,
        board=wire.board,
        updated_at=when(wire.updated),
    )


def _device(wire: WireDevice, _context: Context) -> Iterator[Asset]:
    yield Asset(id=wire.id, company=wire.company, kind=wire.kind)


def _backup(wire: WireBackup, context: Context) -> Iterator[ProtectionRun]:
    assert context.parent is not None
    at = when(wire.at)
    if at is None:
        raise ValueError("a backup without a time - at `$.at`")
    yield ProtectionRun(
        id=f"{context.parent.id}:{wire.id}",
        company=context.parent.company,
        protection=context.parent.id,
        at=at,
        result="ok" if wire.ok else "failed",
    )


def _since(window: Window) -> Mapping[str, str]:
    return {} if window.since is None else {"since": iso(window.since)}


TICKETS = Stream(
    name="tickets",
    title="Tickets",
    path="/tickets",
    wire=WireTicket,
    to_canonical=_ticket,
    records=(Ticket,),
    paginator=Keyset(size=3, size_param="size", key_param="after"),
    needs="Service desk: inquire",
    params=_since,
    delta=True,
    lag=LAG,
)
DEVICES = Stream(
    name="devices",
    title="Devices",
    path="/devices",
    wire=WireDevice,
    to_canonical=_device,
    records=(Asset,),
    layout=Envelope("items"),
    paginator=NumberedPages(
        size=2,
        page_param="page",
        size_param="per",
        envelope="paging",
        page_field="page",
        total_field="pages",
    ),
    needs="Devices: read",
)
BACKUPS = Stream(
    name="backups",
    title="Backups",
    path="/devices/{parent}/backups",
    wire=WireBackup,
    to_canonical=_backup,
    records=(ProtectionRun,),
    paginator=Keyset(size=2, size_param="size", key_param="after"),
    needs="Backups: read",
    parent="asset",
    parent_kinds={"kind": "appliance"},
)
STREAMS = (TICKETS, DEVICES, BACKUPS)


@dataclass(frozen=True)
class Request:
    """One request as the vendor got it."""

    path: str
    query: Mapping[str, str]


@dataclass
class Answer:
    status: int = 200
    body: bytes = b"[]"
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Vendor:
    """The source. `before` sees every request first and may answer itself, or raise."""

    now: datetime = THERE
    tickets: dict[int, dict[str, Any]] = field(default_factory=dict)
    devices: dict[str, dict[str, Any]] = field(default_factory=dict)
    backups: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    requests: list[Request] = field(default_factory=list)
    before: Callable[[Request], Answer | None] = lambda _request: None

    def put_ticket(self, number: int, **fields: Any) -> None:
        """Write a ticket at the vendor: its time of change moves."""
        old = self.tickets.get(number, {"company": "c1", "summary": f"Ticket {number}", "board": "Service"})
        self.tickets[number] = {**old, "id": number, "updated": iso(self.now), **fields}

    def put_device(self, key: str, *, backups: int = 0, **fields: Any) -> None:
        """Write a device with so many backups."""
        self.devices[key] = {"id": key, "company": "c1", **fields}
        self.backups[key] = [
            {"id": number, "at": f"2026-11-{number:02}T01:00:00Z", "ok": number % 3 != 0}
            for number in range(1, backups + 1)
        ]

    def answer(self, request: Request) -> Answer:
        """What the vendor says, with its clock in the Date header."""
        self.requests.append(request)
        found = self.before(request) or self._route(request)
        return Answer(
            found.status, found.body, {"Date": format_datetime(self.now, usegmt=True), **found.headers}
        )

    def _route(self, request: Request) -> Answer:
        query = request.query
        match request.path.strip("/").split("/"):
            case ["tickets"]:
                since = query.get("since", "")
                rows = [row for _key, row in sorted(self.tickets.items()) if row["updated"] > since]
                return _keyset(rows, query)
            case ["devices"]:
                rows = [row for _key, row in sorted(self.devices.items())]
                page, per = int(query["page"]), int(query["per"])
                paging = {"page": page, "pages": max(1, -(-len(rows) // per))}
                return _json({"items": rows[(page - 1) * per : page * per], "paging": paging})
            case ["devices", key, "backups"] if key in self.backups:
                return _keyset(self.backups[key], query)
        return _json({"message": "no such thing"}, 404)

    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [request.path for request in self.requests]


def _json(data: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(data).encode())


def _keyset(rows: list[dict[str, Any]], query: Mapping[str, str]) -> Answer:
    """A list whose rows may have ids of any shape: a bad id is still a place."""
    after, size = int(query.get("after", 0)), int(query["size"])
    return _json([row for row in rows if not isinstance(row["id"], int) or row["id"] > after][:size])


@dataclass
class Desk:
    """Everything around a run: the vendor, the store, our clock, and a way to stop."""

    store: Store
    vendor: Vendor
    account: int
    now: datetime = NOW
    stop: threading.Event = field(default_factory=threading.Event)
    holder: str = field(default_factory=this_holder)
    policy: RetryPolicy = field(
        default_factory=lambda: RetryPolicy(attempts=2, first_wait=0, max_wait=0, throttled_wait=0)
    )

    def http(self) -> Http:
        """A client whose requests end in the vendor's function."""

        def handle(asked: httpx.Request) -> httpx.Response:
            parts = urlsplit(str(asked.url))
            answer = self.vendor.answer(Request(parts.path, dict(parse_qsl(parts.query))))
            return httpx.Response(answer.status, headers=answer.headers, content=answer.body)

        return Http(
            httpx.Client(transport=httpx.MockTransport(handle)),
            base_url="http://localhost",
            bucket=Bucket(Limits(per_minute=1e9, burst=10**6)),
            errors=by_status,
            policy=self.policy,
            clock=lambda: self.now,
            stop=self.stop,
            meter=Meter(),
        )

    def run(self, stream: Stream, kind: Kind = "usual", **around: Any) -> RunResult:
        """One run of one stream, as by a fresh process."""
        fixed = {"trigger": "command", "history": timedelta(days=365), "holder": self.holder}
        surroundings = Surroundings(store=self.store, clock=lambda: self.now, **{**fixed, **around})
        with self.http() as http:
            return run_stream(surroundings, http, stream, account=self.account, account_name="psa", kind=kind)

    def rows(self, kind: str) -> dict[str, dict[str, Any]]:
        """The store's rows of one kind, by id."""
        with self.store.read() as connection:
            return {row["id"]: row for row in rows_of(connection, evidence[kind])}

    def state(self, stream: Stream) -> dict[str, Any]:
        """The stream's state."""
        with self.store.read() as connection:
            return next(row for row in rows_of(connection, stream_state) if row["stream"] == stream.name)

    def last_run(self) -> dict[str, Any]:
        """The newest run's row."""
        with self.store.read() as connection:
            return rows_of(connection, run)[-1]

    def log(self) -> list[tuple[str, str]]:
        """(level, event) of every line of the runs' own logs."""
        with self.store.read() as connection:
            return [(row["level"], row["event"]) for row in rows_of(connection, run_log)]

    def held(self) -> list[dict[str, Any]]:
        """The records in quarantine."""
        with self.store.read() as connection:
            return rows_of(connection, quarantine)


def picture(store: Store) -> dict[str, list[Any]]:
    """The evidence, as it must be whatever happened on the way: no run numbers, no times of reading."""
    with store.read() as connection:
        shown: dict[str, list[Any]] = {
            name: [_without(row, "fetched_at") for row in rows_of(connection, table)]
            for name, table in {**evidence, "phrase": phrase}.items()
        }
        shown["quarantine"] = sorted(
            (row["stream"], row["path"], row["reason"], bytes(row["body"]))
            for row in rows_of(connection, quarantine)
        )
        shown["states"] = [
            (row["stream"], row["state"], row["watermark"], row["token"], row["newest_at"])
            for row in rows_of(connection, stream_state)
        ]
    return shown


def _without(row: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in names}


def a_vendor() -> Vendor:
    """Seven tickets, five devices (one without backups, one no appliance), nine backups; two records are broken."""
    vendor = Vendor()
    for number in range(1, 8):
        vendor.put_ticket(number, updated=f"2026-11-{number:02}T08:00:00Z", board=f"Board {number % 2}")
    vendor.put_ticket(4, updated="2026-11-04T08:00:00Z", summary=["not", "a", "text"])
    for number, count in enumerate((3, 0, 4, 2)):
        vendor.put_device(f"d{number}", backups=count, company=f"c{number}")
    vendor.put_device("printer", kind="other")
    vendor.backups["d2"][1]["at"] = ""
    return vendor


@pytest.fixture(autouse=True)
def quiet() -> Iterator[list[structlog.typing.EventDict]]:
    """What is logged stays inside the test."""
    with structlog.testing.capture_logs() as seen:
        yield seen


@pytest.fixture
def vendor() -> Vendor:
    """The usual source."""
    return a_vendor()


@pytest.fixture
def desk(sqlite_store: Store, vendor: Vendor) -> Desk:
    """A run's surroundings on SQLite: what differs between the databases is proven in tests/store."""
    return Desk(sqlite_store, vendor, ensure_account(sqlite_store, "psa", "test"))


@pytest.fixture
def both(store: Store, vendor: Vendor) -> Desk:
    """The same on each database."""
    return Desk(store, vendor, ensure_account(store, "psa", "test"))
