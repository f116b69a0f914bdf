"""The daemon: start, say so, run, drain, stop."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from sevenc_sync import __version__
from sevenc_sync.clock import EPOCH
from sevenc_sync.engine.local import Engine
from sevenc_sync.engine.notify import Notifier
from sevenc_sync.engine.sync_job import Account
from sevenc_sync.push import DeliverySummary
from sevenc_sync.sync.run import RunResult

TICK_SECONDS = 15  # how often due times are looked at; they themselves are in the store
SCORE_EVERY = timedelta(hours=24)  # rolling windows move with the clock even when nothing changes
PRUNE_EVERY = timedelta(hours=24)

log = structlog.get_logger("daemon")


class Daemon:
    """The jobs on a scheduler: one for each account, one for matching, scoring and notes.

    Run times live in the store, so a restart catches up. The scheduler only wakes the work.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        notifier: Notifier | None = None,
        tick_seconds: float = TICK_SECONDS,
        on_result: Callable[[RunResult], None] = lambda _result: None,
        on_pushed: Callable[[DeliverySummary], None] = lambda _summary: None,
    ) -> None:
        self._engine = engine
        self._notifier = notifier or Notifier.of_process()
        self._tick = tick_seconds
        self._on_result = on_result
        self._on_pushed = on_pushed
        self._fresh = threading.Event()  # something was read since the last score
        self._fresh.set()
        self._scored_at = engine.clock()
        self._scored_with = ""  # the hash of the rules
        self._pruned_at = EPOCH

    def run(self) -> None:
        """Work until the engine's stop event is set; then let running work come to its page's end.

        Raises RulesInvalid before anything starts.
        """
        rules = self._engine.rules
        with self._scheduler() as scheduler:
            scheduler.start()
            log.info(
                "started",
                version=__version__,
                accounts=[item.name for item in self._engine.accounts],
                rules=rules.hash,
            )
            self._notifier.send("READY=1", f"STATUS=Reading {len(self._engine.accounts)} accounts.")
            self._engine.stop.wait()
            self._notifier.send("STOPPING=1", "STATUS=Waiting for running work.")
            log.info("stopping")
        log.info("stopped")

    @contextmanager
    def _scheduler(self) -> Iterator[BackgroundScheduler]:
        scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": ThreadPoolExecutor(len(self._engine.accounts) + 2)},
            # By default a job that is a second late is skipped without a word, and one that overlaps is run twice.
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        # A tick that finds its job still at work is ordinary here, and not worth a warning every few seconds. What
        # jobs raise is told by the executor's logger.
        logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
        now = self._engine.clock()
        for account in self._engine.accounts:
            scheduler.add_job(
                self._read,
                "interval",
                [account],
                seconds=self._tick,
                id=f"read {account.name}",
                next_run_time=now,
            )
        scheduler.add_job(self._judge, "interval", seconds=self._tick, id="score", next_run_time=now)
        try:
            yield scheduler
        finally:
            if scheduler.running:
                scheduler.shutdown(wait=True)

    def _read(self, account: Account) -> None:
        """Read what is due of one account."""
        results = self._engine.sync(
            trigger="schedule", targets=[account.name], due_only=True, on_result=self._on_result
        )
        if results:
            self._fresh.set()

    def _judge(self) -> None:
        """Match, score and write notes, when something was read, rules are others, or a day has gone by."""
        engine = self._engine
        now = engine.clock()
        engine.rule_files.refresh()
        rules = engine.rule_files.book.at(now)
        is_due = now - self._scored_at >= SCORE_EVERY or rules.hash != self._scored_with
        if not self._fresh.is_set() and not is_due:
            return
        self._fresh.clear()
        try:
            engine.match()
            scored = engine.score_due(now)
        except BaseException:
            self._fresh.set()  # the scheduler logs it; the next tick tries again
            raise
        self._scored_with = rules.hash
        self._scored_at = now
        if now - self._pruned_at >= PRUNE_EVERY:
            engine.prune(now)
            self._pruned_at = now
        if scored is not None:
            log.info("scored", clients=scored.clients, changed=scored.changed, rules=scored.rules_hash)
        if engine.config.settings.push.mode == "auto":
            summary = engine.deliver("schedule")
            if summary.tried:
                log.info("notes delivered", **summary.counts())
            self._on_pushed(summary)
