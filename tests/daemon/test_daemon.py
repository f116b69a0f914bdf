"""The daemon in this process: it goes on reading, survives its jobs' faults, and stops after the work in hand."""

import io
import json
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from time import monotonic
from typing import Any

import pytest

from sevenc_sync import logs
from sevenc_sync.clock import utc_now
from sevenc_sync.daemon import Daemon
from sevenc_sync.engine.local import Engine, open_engine
from sevenc_sync.engine.notify import Notifier
from sevenc_sync.store.database import Store
from sevenc_sync.store.reads import runs, stream_states
from sevenc_sync.sync.outcome import RunResult

TICK = 0.02
GIVE_UP = (
    60.0  # seconds without a single stream run; the runner's own limit is for one that goes round for ever
)


@pytest.fixture
def log() -> io.StringIO:
    stream = io.StringIO()
    logs.set_up("info", "json", stream)
    return stream


def events(log: io.StringIO) -> list[dict[str, Any]]:
    """Every line of the log, decoded."""
    return [json.loads(line) for line in log.getvalue().splitlines()]


class Seen:
    """Counts results by stream and stops the engine when `enough` says so."""

    def __init__(self, engine: Engine, enough: Callable[["Counter[str]", RunResult], bool]) -> None:
        self.counts: Counter[str] = Counter()
        self._engine = engine
        self._enough = enough
        self._lock = threading.Lock()
        self._last = monotonic()

    def stop_a_standstill(self) -> None:
        """What never comes fails the test and does not hang; what comes slowly, on a busy machine, is waited for."""
        while not self._engine.stop.wait(1):
            if monotonic() - self._last > GIVE_UP:
                self._engine.stop.set()

    def __call__(self, result: RunResult) -> None:
        with self._lock:
            self._last = monotonic()
            self.counts[f"{result.account}/{result.stream}"] += 1
            if self._enough(self.counts, result):
                self._engine.stop.set()


def work(engine: Engine, enough: Callable[["Counter[str]", RunResult], bool]) -> "Counter[str]":
    """Run the daemon until it has read enough; gives how often each stream was read."""
    seen = Seen(engine, enough)
    guard = threading.Thread(target=seen.stop_a_standstill)
    guard.start()
    try:
        Daemon(engine, notifier=Notifier(None), tick_seconds=TICK, on_result=seen).run()
    finally:
        engine.stop.set()
        guard.join()
    return seen.counts


def test_it_goes_on_reading_what_is_due(site: Any, log: io.StringIO) -> None:
    with open_engine(site.config()) as engine:
        counts = work(engine, lambda counts, _: min(counts["psa/tickets"], counts["backup/devices"]) >= 3)
        with engine.store.read() as connection:
            rows = runs(connection, limit=1000, account_name="psa", stream="tickets")
    assert counts["psa/tickets"] >= 3
    assert {row["trigger"] for row in rows} == {"schedule"}
    assert rows[-1]["mode"] == "full"
    assert rows[-2]["mode"] == "delta"


def test_nothing_is_left_running_when_it_has_stopped(site: Any, log: io.StringIO) -> None:
    before = set(threading.enumerate())
    with open_engine(site.config()) as engine:
        work(engine, lambda counts, _: counts["psa/tickets"] >= 1)
        with engine.store.read() as connection:
            states = {row["state"] for row in runs(connection, limit=1000)}
            held = [row["run"] for row in stream_states(connection)]
    assert "running" not in states
    assert set(held) == {None}
    assert [thread for thread in threading.enumerate() if thread not in before] == []


def test_a_stop_in_the_middle_leaves_the_rest_for_the_next_start(site: Any, log: io.StringIO) -> None:
    with open_engine(site.config()) as engine:
        work(engine, lambda _, result: result.stream == "companies")
        with engine.store.read() as connection:
            first = {
                row["stream"]: row["state"]
                for row in stream_states(connection)
                if row["account_name"] == "psa"
            }
    assert first["companies"] == "ok"
    assert first["tickets"] == "stopped"
    with open_engine(site.config()) as engine:
        work(engine, lambda counts, _: counts["psa/additions"] >= 1)
        with engine.store.read() as connection:
            second = {
                row["stream"]: row["state"]
                for row in stream_states(connection)
                if row["account_name"] == "psa"
            }
    assert second["tickets"] == "ok"


def test_every_line_is_json_and_each_stream_run_has_exactly_one(site: Any, log: io.StringIO) -> None:
    with open_engine(site.config()) as engine:
        work(engine, lambda counts, _: counts["psa/tickets"] >= 2)
        with engine.store.read() as connection:
            numbers = sorted(row["id"] for row in runs(connection, limit=1000) if row["state"] == "ok")
    said = events(log)
    lines = [event for event in said if event["event"] == "stream run" and event["state"] == "ok"]
    assert sorted(event["run"] for event in lines) == numbers
    for event in lines:
        assert set(event) >= {"account", "stream", "mode", "fetched", "new", "changed", "requests", "seconds"}
    names = [event["event"] for event in said]
    assert (names[0], names[-1]) == ("started", "stopped")
    assert names.count("stopping") == 1


def test_a_fault_in_a_job_is_logged_and_the_daemon_goes_on(
    site: Any, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_engine(site.config()) as engine:
        honest = engine.match
        failed = threading.Event()

        def match_once_badly() -> Any:
            if not failed.is_set():
                failed.set()
                raise RuntimeError("made for the test")
            return honest()

        monkeypatch.setattr(engine, "match", match_once_badly)
        work(engine, lambda _, __: "scored" in log.getvalue())
    said = events(log)
    (fault,) = [event for event in said if event["level"] == "error"]
    assert "made for the test" in fault["exception"]
    scored = [event for event in said if event["event"] == "scored"]
    assert scored
    assert fault["time"] < scored[0]["time"]


def test_a_failed_score_is_tried_again_without_new_evidence(
    site: Any, log: io.StringIO, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_engine(site.config()) as engine:
        engine.sync(trigger="test")
        daemon = Daemon(engine, notifier=Notifier(None), tick_seconds=TICK)
        honest = engine.match
        calls: list[None] = []

        def match_badly_at_first() -> Any:
            calls.append(None)
            if len(calls) == 1:
                raise RuntimeError("made for the test")
            return honest()

        monkeypatch.setattr(engine, "match", match_badly_at_first)
        with pytest.raises(RuntimeError):
            daemon.work.judge()
        daemon.work.judge()
        daemon.work.judge()
    assert len(calls) == 2
    assert [event["event"] for event in events(log)].count("scored") == 1


def test_scores_move_with_the_clock_even_when_nothing_new_is_read(site: Any, log: io.StringIO) -> None:
    now = [utc_now()]
    with open_engine(site.config(), clock=lambda: now[0]) as engine:
        engine.sync(trigger="test")
        daemon = Daemon(engine, notifier=Notifier(None), tick_seconds=TICK)
        daemon.work.judge()
        now[0] += timedelta(hours=23)
        daemon.work.judge()
        assert [event["event"] for event in events(log)].count("scored") == 1
        now[0] += timedelta(hours=2)
        daemon.work.judge()
    assert [event["event"] for event in events(log)].count("scored") == 2


def test_an_account_whose_key_is_refused_is_left_alone_while_others_go_on(
    site: Any, log: io.StringIO
) -> None:
    psa = site.vendor("companies")
    psa.faults.add("status", path="/apis/", status=401)
    with open_engine(site.config()) as engine:
        work(engine, lambda counts, _: counts["backup/devices"] >= 4)
    assert [seen.status for seen in psa.requests].count(401) == 1
    stops = [event for event in events(log) if event["event"] == "account stopped"]
    assert len(stops) == 1
    assert (stops[0]["account"], stops[0]["level"]) == ("psa", "error")
    assert "private_key" in stops[0]["action"]


@pytest.mark.parametrize(("mode", "notes"), [("off", 0), ("review", 0), ("auto", 6)])
def test_notes_are_written_only_when_the_configuration_says_so(
    site: Any, log: io.StringIO, mode: str, notes: int
) -> None:
    with open_engine(site.config(push=mode)) as engine:
        engine.sync(trigger="test")
        daemon = Daemon(engine, notifier=Notifier(None), tick_seconds=TICK)
        daemon.work.judge()
    assert sum(map(len, site.vendor("notes").notes().values())) == notes


def test_wrong_rules_end_it_before_anything_starts(site: Any, log: io.StringIO) -> None:
    from sevenc_sync.score import RulesInvalid

    own = site.home.folder / "own"
    own.mkdir()
    (own / "mine.toml").write_text("[[indicator]]\nid = 'x'\n")
    config = site.config()
    settings = config.settings.model_copy(
        update={"rules": config.settings.rules.model_copy(update={"directories": (own,)})}
    )
    wrong = replace(config, settings=settings)
    with open_engine(wrong) as engine, pytest.raises(RulesInvalid):
        Daemon(engine, notifier=Notifier(None), tick_seconds=TICK).run()
    assert site.vendor("companies").requests == []


def test_changed_rules_are_scored_with_and_wrong_ones_leave_the_old_in_force(
    site: Any, log: io.StringIO
) -> None:
    own = site.home.folder / "own"
    own.mkdir()
    config = site.config()
    rules = config.settings.rules.model_copy(update={"directories": (own,)})
    changed = replace(config, settings=config.settings.model_copy(update={"rules": rules}))
    with open_engine(changed) as engine:
        engine.sync(trigger="test")
        daemon = Daemon(engine, notifier=Notifier(None), tick_seconds=TICK)
        name = engine.rules.indicators[0].id
        daemon.work.judge()
        (own / "mine.toml").write_text(f'[[indicator]]\nid = "{name}"\nweight = 7\n')
        daemon.work.judge()
        daemon.work.judge()
        (own / "mine.toml").write_text(f'[[indicator]]\nid = "{name}"\nwieght = 8\n')
        daemon.work.judge()
        weight = engine.rules.indicator_by_id[name].weight
    scored = [event["rules"] for event in events(log) if event["event"] == "scored"]
    assert len(scored) == len(set(scored)) == 2
    assert weight == 7
    (mistake,) = [event["mistake"] for event in events(log) if event["event"] == "rule mistake"]
    assert f"{own / 'mine.toml'}:3: {name} [wieght]: unknown key" in mistake


def test_a_rule_counts_from_its_day_on_without_a_restart(site: Any, log: io.StringIO) -> None:
    own = site.home.folder / "own"
    own.mkdir()
    now = [utc_now()]
    day = (now[0] + timedelta(days=1)).date()
    config = site.config()
    rules = config.settings.rules.model_copy(update={"directories": (own,)})
    changed = replace(config, settings=config.settings.model_copy(update={"rules": rules}))
    with open_engine(changed, clock=lambda: now[0]) as engine:
        engine.sync(trigger="test")
        name = engine.rules.indicators[0].id
        (own / "mine.toml").write_text(f'[[indicator]]\nid = "{name}"\nenable_on = {day}\nenabled = false\n')
        daemon = Daemon(engine, notifier=Notifier(None), tick_seconds=TICK)
        daemon.work.judge()
        now[0] = datetime.combine(day, time(0, 0, 1), UTC)
        daemon.work.judge()
        daemon.work.judge()
        assert name not in engine.rules.indicator_by_id
    assert len({event["rules"] for event in events(log) if event["event"] == "scored"}) == 2


def test_another_process_may_look_at_the_store_meanwhile(site: Any, log: io.StringIO) -> None:
    config = site.config()
    with open_engine(config) as engine, Store.open(config.store_url) as other:

        def look(counts: "Counter[str]", _result: RunResult) -> bool:
            with other.read() as connection:
                return counts["psa/tickets"] >= 1 and bool(stream_states(connection))

        assert work(engine, look)["psa/tickets"] >= 1
