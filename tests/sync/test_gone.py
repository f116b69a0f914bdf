"""What is gone at the source: whole passes and sweeps, tombstones, and the brake."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from sqlalchemy import select

from sevenc_sync.connect.http import Http, HttpFactory
from sevenc_sync.connect.limits import Limits
from sevenc_sync.connect.pages import Keyset
from sevenc_sync.connect.retries import RetryPolicy
from sevenc_sync.connect.stream import Context, Listed, Stream, Sweep
from sevenc_sync.model import Asset, Ticket
from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.database import Store
from sevenc_sync.store.tables import dirty, evidence
from sevenc_sync.sync.gone import Brake
from sevenc_sync.sync.outcome import RunResult
from sevenc_sync.sync.run import Kind, Surroundings, run_stream

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Source:
    """A list of records on loopback, in pages after a key; counts how often each question was asked."""

    records: dict[int, dict[str, object]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)

    def page(self, query: dict[str, str]) -> list[dict[str, object]]:
        self.asked.append(query)
        ids = sorted(key for key in self.records if key > int(query.get("after", 0)))
        if "ids" in query:
            wanted = {int(key) for key in query["ids"].split(",")}
            ids = [key for key in ids if key in wanted]
        chosen = [self.records[key] for key in ids[: int(query["size"])]]
        if query.get("fields") == "id":
            return [{"id": item["id"], "company": item.get("company")} for item in chosen]
        return chosen


class Wire(msgspec.Struct):
    id: int
    company: str | None = None
    name: str | None = None


def ticket(wire: Wire, _context: Context) -> tuple[Ticket, ...]:
    return (Ticket(id=str(wire.id), company=wire.company, summary=wire.name),)


def asset(wire: Wire, _context: Context) -> tuple[Asset, ...]:
    return (Asset(id=str(wire.id), company=wire.company, name=wire.name),)


PAGES = Keyset(size=3, size_param="size", key_param="after")
SWEPT = Stream(
    name="tickets",
    title="Tickets",
    path="/tickets",
    wire=Wire,
    to_canonical=ticket,
    records=(Ticket,),
    paginator=PAGES,
    needs="nothing",
    delta=True,
    sweep=Sweep(
        wire=Wire,
        listed=lambda wire: Listed(str(wire.id), {"company": wire.company}),
        params=lambda _window: {"fields": "id"},
        reread=lambda ids: {"ids": ",".join(ids)},
        chunk=2,
    ),
)
WHOLE = Stream(
    name="devices",
    title="Devices",
    path="/devices",
    wire=Wire,
    to_canonical=asset,
    records=(Asset,),
    paginator=PAGES,
    needs="nothing",
    complete=(Asset,),
)


@pytest.fixture
def source() -> Source:
    return Source({key: {"id": key, "company": "c1", "name": f"n{key}"} for key in range(1, 8)})


@pytest.fixture
def http(source: Source) -> Iterator[Http]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            query = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
            body = json.dumps(source.page(query)).encode()
            self.send_response(200)
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


Runner = Callable[..., RunResult]


@pytest.fixture
def run(store: Store, http: Http) -> Runner:
    account = ensure_account(store, "psa", "test")

    def once(stream: Stream, kind: Kind = "usual", brake: Brake | None = None) -> RunResult:
        around = Surroundings(
            store=store,
            clock=lambda: NOW,
            holder="host:1:1",
            trigger="test",
            history=timedelta(days=400),
            brake=brake or Brake(),
        )
        return run_stream(around, http, stream, account=account, account_name="psa", kind=kind)

    return once


def alive(store: Store, table: str) -> set[str]:
    source = evidence[table]
    with store.read() as connection:
        return set(connection.execute(select(source.c.id).where(source.c.gone_at.is_(None))).scalars())


def test_a_whole_pass_buries_what_it_does_not_show_and_marks_its_client(
    store: Store, source: Source, run: Runner
) -> None:
    run(WHOLE)
    with store.write() as connection:
        connection.execute(dirty.delete())
    del source.records[4]
    result = run(WHOLE)
    assert (result.state, result.gone) == ("ok", 1)
    assert alive(store, "asset") == {"1", "2", "3", "5", "6", "7"}
    with store.read() as connection:
        assert connection.execute(select(dirty.c.company, dirty.c.kind)).all() == [("c1", "asset")]


def test_a_record_that_comes_back_is_alive_again(store: Store, source: Source, run: Runner) -> None:
    run(WHOLE)
    gone = source.records.pop(4)
    run(WHOLE)
    source.records[4] = gone
    result = run(WHOLE)
    assert (result.changed, result.gone) == (1, 0)
    assert "4" in alive(store, "asset")


def test_a_pass_with_an_unreadable_record_buries_nothing(store: Store, source: Source, run: Runner) -> None:
    run(WHOLE)
    del source.records[4]
    source.records[5] = {"id": 5, "company": 17}
    result = run(WHOLE)
    assert (result.state, result.held, result.gone) == ("ok", 1, 0)
    assert alive(store, "asset") == {str(key) for key in range(1, 8)}


def test_an_interrupted_pass_remembers_what_it_has_seen(store: Store, source: Source, run: Runner) -> None:
    sixth = source.records[6]
    source.records[6] = {"company": "c1"}  # the last of its page: without an id there is no way on
    assert run(WHOLE).state == "failed"
    source.records[6] = sixth
    source.asked.clear()
    result = run(WHOLE)
    assert source.asked[0]["after"] == "3"
    assert (result.state, result.gone) == ("ok", 0)
    assert len(alive(store, "asset")) == 7


def test_a_delta_stream_learns_of_deletions_from_its_sweep_alone(
    store: Store, source: Source, run: Runner
) -> None:
    run(SWEPT)
    del source.records[2], source.records[7]
    assert run(SWEPT, "full").gone == 0
    result = run(SWEPT, "sweep")
    assert (result.state, result.mode, result.gone, result.fetched) == ("ok", "sweep", 2, 0)
    assert alive(store, "ticket") == {"1", "3", "4", "5", "6"}


def test_a_sweep_asks_for_ids_only_and_reads_whole_only_what_differs(
    store: Store, source: Source, run: Runner
) -> None:
    run(SWEPT)
    source.records[3]["company"] = "c2"  # two companies were merged; the ticket's time of change did not move
    source.records[9] = {"id": 9, "company": "c1", "name": "never seen before"}
    source.asked.clear()
    result = run(SWEPT, "sweep")
    assert (result.fetched, result.new, result.changed, result.gone) == (2, 1, 1, 0)
    whole = [query for query in source.asked if "fields" not in query]
    assert [query["ids"] for query in whole] == ["3,9"]
    with store.read() as connection:
        moved = connection.execute(select(evidence["ticket"].c.company).where(evidence["ticket"].c.id == "3"))
        assert moved.scalar() == "c2"


def test_a_second_sweep_changes_nothing(store: Store, source: Source, run: Runner) -> None:
    run(SWEPT)
    run(SWEPT, "sweep")
    result = run(SWEPT, "sweep")
    assert (result.fetched, result.changed, result.gone) == (0, 0, 0)


def test_the_brake_keeps_everything_and_says_what_to_do(store: Store, source: Source, run: Runner) -> None:
    source.records = {key: {"id": key, "company": "c1", "name": "x"} for key in range(1, 41)}
    run(SWEPT)
    for key in range(1, 12):
        del source.records[key]
    result = run(SWEPT, "sweep")
    assert (result.state, result.gone) == ("held", 0)
    assert result.error is not None
    assert "11 of the 40 rows" in result.error
    assert result.action is not None
    assert "--accept-deletions" in result.action
    assert len(alive(store, "ticket")) == 40
    accepted = run(SWEPT, "sweep", Brake(accept=True))
    assert (accepted.state, accepted.gone) == ("ok", 11)


def test_few_records_may_always_go(store: Store, source: Source, run: Runner) -> None:
    run(WHOLE)
    source.records = {1: source.records[1]}
    assert run(WHOLE).gone == 6


def test_a_failed_sweep_buries_nothing_and_leaves_the_stream_readable(
    store: Store, source: Source, run: Runner
) -> None:
    run(SWEPT)
    del source.records[2]
    source.records[3] = {"id": "three"}
    result = run(SWEPT, "sweep")
    assert (result.state, result.gone) == ("failed", 0)
    assert len(alive(store, "ticket")) == 7
    source.records[3] = {"id": 3, "company": "c1", "name": "n3"}
    assert run(SWEPT).state == "ok"


def test_two_streams_that_make_one_kind_of_record_bury_only_their_own(
    store: Store, source: Source, run: Runner
) -> None:
    def made(prefix: str) -> Callable[[Wire, Context], tuple[Asset, ...]]:
        return lambda wire, _context: (Asset(id=f"{prefix}{wire.id}", company=wire.company),)

    # "_" stands for any letter in SQL's patterns, and here for itself
    one = replace(WHOLE, name="one", to_canonical=made("a_"), scope={"id": "a_"})
    two = replace(WHOLE, name="two", to_canonical=made("ab"), scope={"id": "ab"})
    run(one)
    run(two)
    del source.records[7]
    assert run(one, "full").gone == 1
    assert alive(store, "asset") == {f"a_{key}" for key in range(1, 7)} | {f"ab{key}" for key in range(1, 8)}
