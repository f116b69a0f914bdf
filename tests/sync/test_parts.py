"""Reading a list in parts side by side: the same rows, the same fences, from whatever order pages arrive in."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from sevenc_sync.connect.http import Http, HttpFactory
from sevenc_sync.connect.limits import Limits
from sevenc_sync.connect.pages import Keyset
from sevenc_sync.connect.retries import RetryPolicy
from sevenc_sync.connect.stream import Context, Ranges, Stream, Window
from sevenc_sync.model import Ticket
from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.database import Store
from sevenc_sync.store.tables import evidence, stream_state
from sevenc_sync.sync import parts
from sevenc_sync.sync.outcome import RunResult
from sevenc_sync.sync.passes import Totals
from sevenc_sync.sync.run import Surroundings, run_stream

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Source:
    """Tickets with these ids, by key and range. `fails` names the numbers of requests that answer 500."""

    ids: set[int] = field(default_factory=set)
    fails: set[int] = field(default_factory=set)
    asked: list[dict[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def answer(self, query: dict[str, str]) -> tuple[int, object]:
        with self.lock:
            self.asked.append(query)
            if len(self.asked) in self.fails:
                return 500, {"message": "no"}
        if "edge" in query:
            return 200, [
                {"id": max(self.ids) if query["edge"] == "high" else min(self.ids)}
            ] if self.ids else []
        low, high, after = (
            int(query.get(name, default)) for name, default in (("low", -1), ("high", 10**9), ("after", -1))
        )
        found = sorted(key for key in self.ids if low <= key < high and key > after)
        return 200, [{"id": key} for key in found[: int(query["size"])]]


class Wire(msgspec.Struct):
    id: int


def ticket(wire: Wire, _context: Context) -> tuple[Ticket, ...]:
    return (Ticket(id=str(wire.id), company="c1"),)


def within(_window: Window, low: int, high: int | None) -> dict[str, str]:
    return {"low": str(low)} if high is None else {"low": str(low), "high": str(high)}


STREAM = Stream(
    name="tickets",
    title="Tickets",
    path="/tickets",
    wire=Wire,
    to_canonical=ticket,
    records=(Ticket,),
    paginator=Keyset(size=3, size_param="size", key_param="after"),
    needs="nothing",
    delta=True,
    ranges=Ranges(
        edge=lambda _window, highest: {"edge": "high" if highest else "low"}, within=within, workers=3
    ),
)


@pytest.fixture
def source() -> Source:
    return Source(set(range(10, 130)))


@pytest.fixture
def http(source: Source) -> Iterator[Http]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            status, answer = source.answer(query)
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    factory = HttpFactory(clock=lambda: NOW, stop=threading.Event(), policy=RetryPolicy(attempts=1))
    try:
        with factory(f"http://127.0.0.1:{server.server_port}", limits=Limits(per_minute=1e6)) as opened:
            yield opened
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def far(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source so far away that parts are worth it."""
    monkeypatch.setattr(parts, "FAR", 0.0)


Runner = Callable[[], RunResult]


@pytest.fixture
def run(store: Store, http: Http) -> Runner:
    account = ensure_account(store, "psa", "test")
    around = Surroundings(
        store=store, clock=lambda: NOW, holder="host:1:1", trigger="test", history=timedelta(days=400)
    )
    return lambda: run_stream(around, http, STREAM, account=account, account_name="psa", kind="full")


def stored(store: Store) -> set[int]:
    with store.read() as connection:
        return {int(key) for key in connection.execute(select(evidence["ticket"].c.id)).scalars()}


def test_every_record_is_read_once_in_twelve_ranges(
    far: None, store: Store, source: Source, run: Runner
) -> None:
    result = run()
    assert (result.state, result.fetched, result.new) == ("ok", 120, 120)
    assert stored(store) == source.ids
    lows = {query["low"] for query in source.asked if "low" in query}
    assert len(lows) == 12
    assert len([query for query in source.asked if "edge" in query]) == 2


def test_what_is_made_while_we_read_belongs_to_the_last_range(
    far: None, store: Store, source: Source, run: Runner
) -> None:
    before = source.answer

    def growing(query: dict[str, str]) -> tuple[int, object]:
        answer = before(query)
        if query.get("edge") == "high":
            source.ids.add(500)
        return answer

    source.answer = growing  # type: ignore[method-assign]  # a source that changes under our eyes
    run()
    assert 500 in stored(store)


@pytest.mark.parametrize(
    "other", [[{"id": 126}, {"id": 127}, {"id": 128}], [{"id": 1}, {"id": 2}, {"id": 3}]]
)
def test_a_page_of_another_part_is_not_taken_for_this_ones(
    far: None, store: Store, source: Source, run: Runner, other: list[dict[str, int]]
) -> None:
    honest = source.answer

    def mixed_up(query: dict[str, str]) -> tuple[int, object]:
        answer = honest(query)
        return (200, other) if query.get("low") == "50" else answer

    source.answer = mixed_up  # type: ignore[method-assign]  # a source that mixes its answers up
    result = run()
    assert (result.state, "belong elsewhere" in str(result.error)) == ("failed", True)
    source.answer = honest  # type: ignore[method-assign]  # and is well again
    assert run().state == "ok"
    assert stored(store) == source.ids


def test_a_near_source_is_read_by_one_thread(
    monkeypatch: pytest.MonkeyPatch, store: Store, source: Source, run: Runner
) -> None:
    monkeypatch.setattr(parts, "FAR", 60.0)
    assert run().state == "ok"
    assert stored(store) == source.ids
    assert not [query for query in source.asked if "low" in query]


def test_an_empty_source_has_no_parts(far: None, store: Store, source: Source, run: Runner) -> None:
    source.ids.clear()
    assert (run().state, stored(store)) == ("ok", set())


def test_a_fault_in_one_part_ends_the_run_and_the_next_goes_on_with_what_is_missing(
    far: None, store: Store, source: Source, run: Runner
) -> None:
    source.fails = {20}
    failed = run()
    assert failed.state == "failed"
    with store.read() as connection:
        row = connection.execute(select(stream_state)).one()
    assert row.watermark is None
    assert '"parts"' in row.token
    read_before = stored(store)
    assert read_before
    source.fails = set()
    source.asked.clear()
    assert run().state == "ok"
    assert stored(store) == source.ids
    assert not [query for query in source.asked if "edge" in query]
    full = 2 + 12 * 5  # edges; ten records a range are four pages of three, and one to know the end
    assert len(source.asked) < full


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    ids=st.sets(st.integers(1, 400), min_size=1, max_size=80), fails=st.sets(st.integers(3, 60), max_size=4)
)
def test_any_ids_and_any_faults_end_with_all_records(
    far: None, sqlite_store: Store, http: Http, source: Source, ids: set[int], fails: set[int]
) -> None:
    with sqlite_store.write() as connection:
        connection.execute(evidence["ticket"].delete())
        connection.execute(stream_state.delete())
    account = ensure_account(sqlite_store, "psa", "test")
    around = Surroundings(
        store=sqlite_store, clock=lambda: NOW, holder="host:1:1", trigger="test", history=timedelta(days=400)
    )
    source.ids, source.fails = set(ids), set(fails)
    source.asked.clear()
    states = []
    while "ok" not in states:
        result = run_stream(around, http, STREAM, account=account, account_name="psa", kind="full")
        states.append(result.state)
        assert len(states) <= len(fails) + 1
    assert stored(sqlite_store) == source.ids


def test_pages_on_their_way_are_bounded(
    far: None, monkeypatch: pytest.MonkeyPatch, store: Store, http: Http, source: Source
) -> None:
    account = ensure_account(store, "psa", "test")
    fetched, taken, most = 0, 0, 0
    lock = threading.Lock()
    original = parts.PartsPass.fetch

    def counting(self: parts.PartsPass, *args: object) -> object:
        nonlocal fetched, most
        answer = original(self, *args)  # type: ignore[arg-type]  # handed through
        with lock:
            fetched += 1
            most = max(most, fetched - taken)
        return answer

    def on_progress(_account: str, _stream: str, _totals: Totals) -> None:
        nonlocal taken
        with lock:
            taken += 1

    monkeypatch.setattr(parts.PartsPass, "fetch", counting)
    around = Surroundings(
        store=store,
        clock=lambda: NOW,
        holder="host:1:1",
        trigger="test",
        history=timedelta(days=400),
        on_progress=on_progress,
    )
    run_stream(around, http, STREAM, account=account, account_name="psa", kind="full")
    assert fetched == taken
    assert most <= 3 + 3 + 1  # being fetched, waiting, in hand
