"""A source that goes down is told once, and once when it is back, however many streams and rounds that takes."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from sevenc_sync.cli.home import Home
from sevenc_sync.config import load
from sevenc_sync.connect.retries import RetryPolicy
from sevenc_sync.engine.local import Engine, open_engine
from sevenc_sync.registry import connectors
from sevenc_sync.sandbox import Sandbox, build_world
from sevenc_sync.store.database import Store
from sevenc_sync.store.migrate import upgrade

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def sandbox(tmp_path: Path) -> Iterator[Sandbox]:
    with Sandbox(build_world(clients=6, now=NOW), clock=lambda: NOW) as running:
        yield running


@pytest.fixture
def engine(tmp_path: Path, sandbox: Sandbox) -> Iterator[Engine]:
    home = Home(tmp_path / "home")
    home.prepare()
    home.write_config(sandbox.accounts, push="review", every_minutes=None)
    config = load(home.config, connectors())
    with Store.open(config.store_url) as store:
        upgrade(store)
    policy = RetryPolicy(attempts=2, first_wait=0.001, max_wait=0.001)
    with open_engine(config, clock=lambda: NOW, policy=policy) as opened:
        yield opened


def told(engine: Engine, *targets: str) -> list[tuple[str, str]]:
    """What one round says of sources: (event, account)."""
    with capture_logs() as lines:
        engine.sync(trigger="test", targets=list(targets))
    return [(line["event"], line["account"]) for line in lines if line["event"].startswith("source ")]


def test_down_and_recovered_are_told_once_each(engine: Engine, sandbox: Sandbox) -> None:
    faults = sandbox.vendors["connectwise_psa"].faults
    assert told(engine) == []
    faults.add("status", status=503)
    assert told(engine) == [("source down", "psa")]
    assert told(engine) == []
    assert told(engine) == []
    faults.clear()
    assert told(engine) == [("source recovered", "psa")]
    assert told(engine) == []


def test_streams_that_come_due_one_after_the_other_find_one_outage_and_its_one_end(
    engine: Engine, sandbox: Sandbox
) -> None:
    faults = sandbox.vendors["connectwise_psa"].faults
    assert told(engine) == []
    faults.add("status", status=503)
    assert told(engine, "psa/companies", "psa/boards") == [("source down", "psa")]
    assert told(engine, "psa/tickets") == []
    faults.clear()
    assert told(engine, "psa/boards") == []
    assert told(engine, "psa/companies") == []
    assert told(engine, "psa/tickets") == [("source recovered", "psa")]


def test_an_outage_while_one_stream_has_been_down_for_long_is_told_too(
    engine: Engine, sandbox: Sandbox
) -> None:
    faults = sandbox.vendors["connectwise_psa"].faults
    faults.add("status", status=403, path=r"/finance/agreements$")
    assert told(engine, "psa/agreements", "psa/companies") == [("source down", "psa")]
    faults.add("status", status=503)
    assert told(engine, "psa/companies") == [("source down", "psa")]
    faults.clear()
    faults.add("status", status=403, path=r"/finance/agreements$")
    assert told(engine, "psa/companies") == [("source recovered", "psa")]
    faults.clear()
    assert told(engine, "psa/agreements") == [("source recovered", "psa")]


def test_one_stream_without_its_right_is_told_by_name(engine: Engine, sandbox: Sandbox) -> None:
    sandbox.vendors["connectwise_psa"].faults.add("status", status=403, path=r"/finance/agreements$")
    with capture_logs() as lines:
        engine.sync(trigger="test")
    down = [line for line in lines if line["event"] == "source down"]
    assert [line["streams"] for line in down] == [["agreements"]]
    assert "Finance > Agreements" in down[0]["action"]
    assert told(engine) == []


@pytest.mark.parametrize(("minutes", "said"), [(0, []), (4, []), (10, [600]), (-10, [-600])])
def test_clocks_that_differ_are_told_once_for_an_account_and_not_for_each_stream(
    engine: Engine, sandbox: Sandbox, minutes: int, said: list[int]
) -> None:
    sandbox.vendors["connectwise_psa"].faults.add("clock_skew", seconds=minutes * 60)
    with capture_logs() as lines:
        engine.sync(trigger="test")
    told = [line for line in lines if line["event"] == "clocks differ"]
    assert [(line["account"], line["seconds"]) for line in told] == [("psa", seconds) for seconds in said]


def test_a_page_is_a_debug_line_and_a_run_is_one_line(engine: Engine) -> None:
    with capture_logs() as lines:
        results = engine.sync(trigger="test")
    runs = [line for line in lines if line["event"] == "stream run"]
    assert len(runs) == len(results)
    assert {line["log_level"] for line in runs} == {"info"}
    pages = [line for line in lines if line["event"] == "page"]
    assert pages
    assert {line["log_level"] for line in pages} == {"debug"}
