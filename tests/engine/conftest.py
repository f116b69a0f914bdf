"""An engine that reads one Autotask tenant of the sandbox, whose clock and quota the test holds."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sevenc_sync.cli.home import Home
from sevenc_sync.config import load
from sevenc_sync.connect.retries import RetryPolicy
from sevenc_sync.engine.local import Engine, open_engine
from sevenc_sync.registry import connectors
from sevenc_sync.sandbox import Sandbox, build_world
from sevenc_sync.sandbox.exchange import Answer, Call, json_answer
from sevenc_sync.store.database import Store
from sevenc_sync.store.migrate import upgrade
from sevenc_sync.store.reads import stream_states
from sevenc_sync.store.tables import evidence
from sevenc_sync.sync.outcome import RunResult

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass(kw_only=True)
class Tenant:
    """An Autotask tenant and an engine that reads it, an hour's clock that the test moves, and what was asked."""

    sandbox: Sandbox
    engine: Engine
    now: list[datetime]
    asked: list[str] = field(default_factory=list)
    questions: list[tuple[str, bytes]] = field(
        default_factory=list
    )  # (collection, what its count was asked by)
    counts: dict[str, int] = field(default_factory=dict)  # collection -> how many records it claims to hold

    def answer(self, honest: Callable[[Call], Answer], call: Call) -> Answer:
        """The sandbox's own answer, but for collections that claim to be larger than they are."""
        path = call.path.partition("V1.0")[2]
        self.asked.append(path)
        collection = path.removesuffix("/query/count").strip("/")
        claimed = self.counts.get(collection)
        if path.endswith("/count"):
            self.questions.append((collection, call.body or b""))
        if path.endswith("/count") and claimed is not None:
            return json_answer({"queryCount": claimed})
        return honest(call)

    def used(self, requests: int) -> None:
        """So many requests of other integrations within the hour."""
        self.sandbox.autotask.gate.set_used(requests)

    def later(self, time: timedelta) -> None:
        """Moves the clock."""
        self.now[0] += time

    def round(self, *streams: str, due_only: bool = False) -> dict[str, RunResult]:
        """Reads the streams (none: all); gives the last result of each."""
        results = self.engine.sync(
            trigger="test", targets=[f"psa/{name}" for name in streams], due_only=due_only
        )
        return {result.stream: result for result in results}

    def state(self, stream: str) -> dict[str, object]:
        """The stream's row."""
        with self.engine.store.read() as connection:
            return next(row for row in stream_states(connection) if row["stream"] == stream)

    def ids(self, table: str) -> set[str]:
        """The ids of the rows that are there."""
        source = evidence[table]
        with self.engine.store.read() as connection:
            return {row.id for row in connection.execute(source.select()) if row.gone_at is None}


OpenTenant = Callable[..., AbstractContextManager[Tenant]]


@pytest.fixture
def tenant(tmp_path: Path) -> OpenTenant:
    @contextmanager
    def opened(*, limit: int = 10_000, name: str = "home", **settings: int) -> Iterator[Tenant]:
        now = [NOW]
        world = build_world(clients=4, now=NOW)
        with Sandbox(world, vendors=("autotask_psa",), clock=lambda: now[0]) as sandbox:
            home = Home(tmp_path / name)
            home.prepare()
            home.write_config(sandbox.accounts, push="review", every_minutes=None)
            written = home.config.read_text()
            lines = "".join(f"\n{key} = {value}" for key, value in settings.items())
            home.config.write_text(written.replace("[accounts.psa]", f"[accounts.psa]{lines}"))
            config = load(home.config, connectors())
            with Store.open(config.store_url) as store:
                upgrade(store)
            policy = RetryPolicy(attempts=1)
            with open_engine(config, clock=lambda: now[0], policy=policy) as engine:
                made = Tenant(sandbox=sandbox, engine=engine, now=now)
                psa = sandbox.autotask
                psa.gate.hourly_limit = limit
                honest = psa.answer
                psa.answer = lambda call: made.answer(honest, call)  # type: ignore[method-assign]  # a spy
                yield made

    return opened
