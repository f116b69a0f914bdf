"""Whatever happens at the source, and wherever the process dies meanwhile: left alone, it comes to the same end.

A machine changes the source, reads, judges and writes notes in any order, and ends the process at any request, at any answer
and around any commit. An undisturbed round then leaves the store with what an empty one comes to in the same moment, and
one note at the PSA for each client.
"""

import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
import structlog
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import select, update

from connectors.connectwise_psa import CONNECTOR
from sevenc_sync.cli.home import Home
from sevenc_sync.config import Configuration, load
from sevenc_sync.connect.retries import RetryPolicy
from sevenc_sync.engine.local import Engine
from sevenc_sync.engine.rulefiles import RuleFiles, rule_directories
from sevenc_sync.engine.sync_job import Account
from sevenc_sync.registry import connectors
from sevenc_sync.sandbox import Sandbox, build_world
from sevenc_sync.sandbox.connectwise.vendor import ConnectWisePsa
from sevenc_sync.sandbox.exchange import Call
from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.tables import client, client_score, evidence, indicator_score, link, outbox, part_score
from sevenc_sync.sync import batch
from tests.mortal import Crash, Fate, MortalStore
from tests.sync.test_crashes import DEAD

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CLIENTS = 2
PSA = replace(
    CONNECTOR,
    streams=tuple(
        stream
        for stream in CONNECTOR.streams
        if stream.name in ("company_statuses", "boards", "companies", "tickets", "configurations")
    ),
)
POLICY = RetryPolicy(attempts=1)
# What is there in few: the companies of the world, and of the rest this many.
KEPT = {"tickets": 12, "configurations": 8}


@dataclass(frozen=True)
class Ground:
    """What all examples share: a migrated, empty store, the configuration, the rules, and the world."""

    template: Path
    config: Configuration
    rules: RuleFiles
    folder: Path


class Doom(Fate):
    """A fate that counts requests, answers and the two sides of commits: what lies between them leaves no trace."""

    EDGES = frozenset({"request", "answer", "before a commit", "after a commit"})

    def step(self, what: str) -> None:
        """As of any fate."""
        if what in self.EDGES:
            super().step(what)
        elif self.is_over:
            raise Crash(what)

    @property
    def is_over(self) -> bool:
        """Whether the process is gone."""
        return self.at is not None and self.steps >= self.at


class Source:
    """The PSA, behind httpx's transport: no socket, so that a process dies exactly where it is to."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self.now = now
        self.fate: Fate = Doom(None)
        self.psa = ConnectWisePsa(WORLD, now)
        for table, number in KEPT.items():
            for key in list(self.psa.tables.rows(table))[number:]:
                self.psa.tables.remove(table, key)

    def handle(self, asked: httpx.Request) -> httpx.Response:
        """Answers, unless the process is gone before or after."""
        self.fate.step("request")
        url = asked.url
        query, headers = (
            dict(parse_qsl(url.query.decode())),
            {key.lower(): value for key, value in asked.headers.items()},
        )
        answer = self.psa.answer(Call(asked.method, url.path, query, headers, asked.read(), len(str(url))))
        self.fate.step("answer")
        date = format_datetime(self.now(), usegmt=True)
        return httpx.Response(
            answer.status,
            headers={"Date": date, "Content-Type": answer.content_type, **answer.headers},
            content=answer.body,
        )

    def notes(self) -> Counter[str]:
        """How many notes of ours each company has."""
        return Counter(str(company) for company, note in self.psa.notes() if "[7C-REF" in str(note["text"]))


WORLD = build_world(clients=CLIENTS, now=NOW)


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Ground:
    folder = tmp_path_factory.mktemp("ground")
    home = Home(folder)
    home.prepare()
    sandbox = Sandbox(WORLD, vendors=("connectwise_psa",), clock=lambda: NOW)
    home.write_config(sandbox.accounts, push="auto", every_minutes=None)
    # So little is known that by default nobody got a note, and so few clients are there that each change were a mass.
    told = "[push]\nmin_proof_percent = 0\nbrake_drop_percent = 100\nbrake_removed_percent = 100\n"
    text = home.config.read_text(encoding="utf-8")
    home.config.write_text(text.replace("[push]\n", told), encoding="utf-8")
    config = load(home.config, connectors())
    return Ground(sqlite_template, config, RuleFiles(rule_directories(config)), folder)


class Process:
    """A daemon's engine over a store file, until it is closed or dies."""

    def __init__(self, ground: Ground, path: Path, source: Source) -> None:
        self.source = source
        store = MortalStore.open(f"sqlite:///{path}")
        assert isinstance(store, MortalStore)
        self.store = store
        (of_account,) = ground.config.accounts.values()
        number = ensure_account(self.store, of_account.name, PSA.name)
        self.engine = Engine(
            config=ground.config, store=self.store, accounts=[Account(number=number, settings=of_account, connector=PSA)],
            master=number, clock=source.now, policy=POLICY, holder=DEAD,
        )  # fmt: skip
        self.engine.rule_files = ground.rules

    def read(self, *, full: bool = False, sweep: bool = False) -> None:
        """All streams; whatever is gone at the source is believed to be."""
        results = self.engine.sync(trigger="test", full=full, sweep=sweep, accept_deletions=True)
        assert {result.state for result in results} <= {"ok", "partial"}, results

    def judge(self) -> None:
        """Match and score."""
        self.engine.match()
        self.engine.score_due(self.source.now())

    def round(self) -> None:
        """Read, judge and write."""
        self.read()
        self.judge()
        self.push()

    def push(self) -> None:
        """Write the notes."""
        summary = self.engine.deliver("test")
        assert not summary.held, summary


def evidence_of(store: MortalStore) -> dict[str, set[tuple[Any, ...]]]:
    """All records that are there, but for when they were read."""
    with store.read() as connection:
        return {
            name: set(
                map(
                    tuple,
                    connection.execute(
                        select(*(column for column in table.c if column.name not in LEFT_OUT)).where(
                            table.c.gone_at.is_(None)
                        )
                    ),
                )
            )
            for name, table in evidence.items()
        }


def keys_of(store: MortalStore) -> set[tuple[str, str]]:
    """The ids of all records that were ever read, with those that are gone."""
    with store.read() as connection:
        return {
            (name, key)
            for name, table in evidence.items()
            for key in connection.execute(select(table.c.id)).scalars()
        }


def judged(store: MortalStore) -> dict[str, Any]:
    """The links, the scores with all their parts, and the numbers that the last note of each company tells; by company."""
    found: dict[str, Any] = {}
    with store.read() as connection:
        companies = {row[0]: row[1] for row in connection.execute(select(client.c.id, client.c.company))}
        for table in (link, client_score, part_score, indicator_score):
            columns = [column for column in table.c if column.name not in NUMBERS]
            rows = connection.execute(select(table.c.client, *columns))
            found[table.name] = sorted((str(companies.get(row[0])), *map(repr, row[1:])) for row in rows)
        said = select(outbox.c.company, outbox.c.facts).where(outbox.c.state.in_(("sent", "pending")))
        found["notes"] = {row[0]: row[1] for row in connection.execute(said.order_by(outbox.c.id))}
    return found


def know_clients_since(store: MortalStore, older: MortalStore) -> None:
    """Since when a client is known is a fact of a store's own life, and rules ask for it."""
    with older.read() as connection:
        since = {row.company: row.created_at for row in connection.execute(select(client))}
    with store.write() as connection:
        for company, moment in since.items():
            connection.execute(update(client).where(client.c.company == company).values(created_at=moment))


LEFT_OUT = {"fetched_at", "gone_at", "digest", "phrase"}
# What numbers a store's own rows, tells when something happened, or is a digest over such things; and the words for why
# a value is unknown, which know tags that only records wore that are gone.
NUMBERS = {"client", "score_run", "at", "digest", "reason"}


# How far a process comes: mostly not to its end.
STEPS = st.one_of(st.none(), st.integers(1, 30), st.integers(1, 90))


class Machine(RuleBasedStateMachine):
    """The source, the store, and the process that is at work between them."""

    ground: Ground
    trash: TemporaryDirectory[str]

    @initialize(knows=st.booleans())
    def begin(self, knows: bool) -> None:
        """An empty store before a source that was never read; or one with notes that wait to be written."""
        self.trash = TemporaryDirectory(dir=self.ground.folder)
        self.now = NOW
        self.source = Source(lambda: self.now)
        self.process = self.started("store.db")
        if knows:
            self.process.read()
            self.process.judge()

    def started(self, name: str) -> Process:
        """A process over the store of that name; an empty one is made."""
        transport.handle = self.source.handle
        path = Path(self.trash.name) / name
        if not path.exists():
            shutil.copy(self.ground.template, path)
        return Process(self.ground, path, self.source)

    def do(self, work: Callable[[], None], steps: int | None) -> None:
        """Do it; the process ends after so many requests, answers and commits, and another one begins."""
        fate = Doom(steps)
        self.process.store.fate = self.source.fate = fate
        try:
            work()
        except Crash:
            self.restart()
        else:
            self.process.store.fate = self.source.fate = Doom(None)

    def restart(self) -> None:
        """Another process takes over."""
        self.process.store.close()
        self.source.fate = Doom(None)
        self.process = self.started("store.db")

    @rule(minutes=st.sampled_from((1, 20, 60 * 26, 60 * 24 * 40)))
    def wait(self, minutes: int) -> None:
        """Time goes by."""
        self.now += timedelta(minutes=minutes)

    @rule(number=st.integers(0, 11), change=st.sampled_from(("words", "company")))
    def change_a_ticket(self, number: int, change: str) -> None:
        """Somebody edits a ticket, or books it to another company."""
        rows = self.source.psa.tables.rows("tickets")
        if number < len(rows):
            companies = list(self.source.psa.tables.rows("companies").values())
            company = companies[number % len(companies)]
            words = {"summary": f"Changed at {self.now:%d %H:%M}"}
            moved = {"company": {name: company[name] for name in ("id", "identifier", "name")}}
            self.source.psa.edit("tickets", list(rows)[number], words if change == "words" else moved)

    @rule(table=st.sampled_from(tuple(KEPT)), number=st.integers(0, 11))
    def delete(self, table: str, number: int) -> None:
        """Somebody deletes a record."""
        keys = list(self.source.psa.tables.rows(table))
        if number < len(keys):
            self.source.psa.delete(table, keys[number])

    @rule(number=st.integers(0, 3))
    def rename_a_company(self, number: int) -> None:
        """A company has another name."""
        keys = list(self.source.psa.tables.rows("companies"))
        self.source.psa.edit("companies", keys[number], {"name": f"Renamed {self.now:%d %H:%M}"})

    @rule(way=st.sampled_from(("usual", "usual", "full", "sweep")), steps=STEPS)
    def read(self, way: str, steps: int | None) -> None:
        """Read the source."""
        self.do(lambda: self.process.read(full=way == "full", sweep=way == "sweep"), steps)

    @rule(steps=STEPS)
    def judge(self, steps: int | None) -> None:
        """Match and score what there is."""
        self.do(self.process.judge, steps)

    @rule(steps=st.one_of(st.none(), st.integers(1, 20)))
    def push(self, steps: int | None) -> None:
        """Write the notes that are due."""
        self.do(self.process.push, steps)

    @rule(steps=STEPS)
    def have_a_round(self, steps: int | None) -> None:
        """All of that, as the daemon does it."""
        self.do(self.process.round, steps)

    @invariant()
    def no_note_is_double(self) -> None:
        """At no moment, whatever has happened."""
        if hasattr(self, "source"):
            assert not [company for company, number in self.source.notes().items() if number > 1]

    def teardown(self) -> None:
        """An undisturbed round, and what an empty store comes to."""
        if not hasattr(self, "process"):
            return
        try:
            self.restart()
            self.live_in_peace()
        finally:
            self.process.store.close()
            self.trash.cleanup()

    def live_in_peace(self) -> None:
        """The end that all lives have in common."""
        before = keys_of(self.process.store)
        # The first reading may only end an interrupted one. In another month a note is due, however little has changed.
        self.process.read()
        self.now += timedelta(days=32)
        for _ in range(2):
            self.process.read(full=True, sweep=True)
        self.process.judge()
        self.process.push()
        other = self.started("undisturbed.db")
        try:
            other.read(full=True, sweep=True)
            other.engine.match()
            know_clients_since(other.store, self.process.store)
            other.judge()
            assert evidence_of(self.process.store) == evidence_of(other.store)
            assert before <= keys_of(self.process.store)
            ours, theirs = judged(self.process.store), judged(other.store)
            assert [(name, row) for name in ours for row in ours[name] if row not in theirs[name]] == []
            assert ours == theirs
        finally:
            other.store.close()
        assert self.source.notes() == dict.fromkeys(judged(self.process.store)["notes"], 1)


class Transport:
    """Who answers httpx."""

    handle: Callable[[httpx.Request], httpx.Response]


transport = Transport()


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No sockets, a commit for each page, and no log."""
    monkeypatch.setattr(httpx.HTTPTransport, "handle_request", lambda _self, asked: transport.handle(asked))
    monkeypatch.setattr(batch, "MAX_ROWS", 5)
    with structlog.testing.capture_logs():
        yield


def test_any_life_ends_as_an_undisturbed_one(ground: Ground) -> None:
    class Grounded(Machine):
        pass

    Grounded.ground = ground
    run_state_machine_as_test(
        Grounded,
        settings=settings(
            max_examples=int(os.environ.get("CRASH_LIVES", "5")),
            stateful_step_count=12,
            deadline=None,
            # By hand: CRASH_LIVES=200 for more of them, and CRASH_SHRINK=1 to make a failing one short, which takes minutes.
            phases=(Phase.generate, Phase.shrink) if os.environ.get("CRASH_SHRINK") else (Phase.generate,),
            derandomize="CRASH_LIVES" not in os.environ,
            suppress_health_check=list(HealthCheck),
        ),
    )
