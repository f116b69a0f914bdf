"""What is to be done, whoever hands it out: reading an account, judging what was read, looking for what is not well."""

import threading
import time
from collections.abc import Callable
from datetime import date, datetime, timedelta

import structlog

from sevenc_sync.clock import EPOCH
from sevenc_sync.engine.alarms import Alarms
from sevenc_sync.engine.local import Engine
from sevenc_sync.engine.metrics import Metrics
from sevenc_sync.engine.report_job import write_reports
from sevenc_sync.engine.rest import give_back
from sevenc_sync.engine.sync_job import Account
from sevenc_sync.push import DeliverySummary
from sevenc_sync.score import ScoreSummary
from sevenc_sync.store.database import StoreUnwritable
from sevenc_sync.store.gauges import note_size
from sevenc_sync.store.rounds import Marks, marks, note_round
from sevenc_sync.sync.outcome import RunResult

SCORE_EVERY = timedelta(hours=24)  # rolling windows move with the clock even when nothing changes
PRUNE_EVERY = timedelta(hours=24)

log = structlog.get_logger("daemon")


class Work:
    """The jobs of one process, over one engine. `trouble` says why the store takes no writes now."""

    def __init__(
        self,
        engine: Engine,
        *,
        alarms: Alarms | None = None,
        on_result: Callable[[RunResult], None] = lambda _result: None,
        on_pushed: Callable[[DeliverySummary], None] = lambda _summary: None,
    ) -> None:
        """`on_result` and `on_pushed` hear of each run and each delivery."""
        self.engine = engine
        self.trouble: str | None = None
        self.reading: set[str] = set()  # accounts that are being read now
        self.metrics = Metrics(engine.store, lambda: [account.name for account in engine.accounts])
        self._alarms = alarms or Alarms(store=engine.store)
        self._on_result = on_result
        self._on_pushed = on_pushed
        self._telling = threading.Lock()
        self._fresh = threading.Event()  # something was read since the last score
        self._fresh.set()
        self._scored_at = engine.clock()
        self._scored_with = ""  # the hash of the rules
        self._pruned_at = EPOCH
        self._sized_on: date | None = None  # the day whose size of the store is noted

    def guarded(self, job: Callable[..., object], *args: object) -> None:
        """Do a job, unless the store takes no writes: then nothing is asked of anybody until a sign of life gets through."""
        if self.trouble is not None:
            return
        try:
            job(*args)
        except StoreUnwritable as error:
            self.cannot_write(error)

    def cannot_write(self, error: StoreUnwritable) -> None:
        """Remember why nothing can be written, and say it once."""
        with self._telling:  # two accounts find it out at the same moment
            is_news, self.trouble = self.trouble is None, str(error)
        if is_news:
            action = "Nothing is read, scored or sent until it can be; then it goes on by itself."
            log.error("store cannot be written", error=str(error), action=action)

    def read(self, account: Account) -> bool:
        """Read what is due of one account; gives whether anything was."""
        self.reading.add(account.name)
        try:
            results = self.engine.sync(
                trigger="schedule", targets=[account.name], due_only=True, on_result=self._ended
            )
        finally:
            self.reading.discard(account.name)
        if results:
            self._fresh.set()
        return bool(results)

    def _ended(self, result: RunResult) -> None:
        self.metrics.run_ended(result)
        self._on_result(result)

    def judge(self) -> None:
        """Match, score and write notes, when something was read, rules are others, or a day has gone by."""
        engine = self.engine
        now = engine.clock()
        engine.rule_files.refresh()
        rules = engine.rule_files.book.at(now)
        is_due = now - self._scored_at >= SCORE_EVERY or rules.hash != self._scored_with
        if not self._fresh.is_set() and not is_due:
            return
        self._fresh.clear()
        with engine.store.read() as connection:
            before = marks(connection)
        try:
            matched = engine.match()
            self.score(lambda: engine.score_due(now))
        except BaseException:
            self._fresh.set()  # whoever hands out logs it; the next tick tries again
            raise
        self._scored_with = rules.hash
        self._scored_at = now
        self.follow(now, before, links=matched.changed)

    def score(self, scoring: Callable[[], ScoreSummary | None]) -> None:
        """Score, count it and tell of it."""
        began = time.monotonic()
        scored = scoring()
        if scored is not None:
            self.metrics.scored(scored, time.monotonic() - began)
            log.info("scored", clients=scored.clients, changed=scored.changed, rules=scored.rules_hash)

    def follow(self, now: datetime, before: Marks, *, links: int) -> None:
        """What comes after scoring: pruning once a day, notes, reports, and the round of runs that is over."""
        engine = self.engine
        if now - self._pruned_at >= PRUNE_EVERY:
            log.info("pruned", **engine.prune(now))
            self._pruned_at = now
        sent = self._push()
        reports = write_reports(engine)
        if reports:
            log.info("reports written", reports=reports)
        with engine.store.write() as connection:
            note_round(connection, now, before, links=links, sent=sent)
        give_back(engine.store)

    def look(self) -> None:
        """Look what is not well, tell people, and note the store's size once a day."""
        now = self.engine.clock()
        self.guarded(self._alarms.look, self.engine.config, self.engine.accounts, now)
        if now.date() != self._sized_on:
            self.guarded(note_size, self.engine.store, now)
            self._sized_on = now.date()

    def tell_of_store(self) -> None:
        """Tell people that the store takes no writes, or takes them again: each process knows that of itself."""
        self._alarms.tell_of_store(self.engine.config, self.trouble)

    def _push(self) -> int:
        """Send what a person has approved, and anything where the mode is auto; nothing in the quiet hours.

        Gives how many notes stand at the PSA since.
        """
        engine = self.engine
        policy = engine.pushing.policy
        if policy.mode == "off" or policy.is_quiet(engine.clock()):
            return 0
        summary = engine.deliver("schedule")
        self.metrics.delivered(summary)
        if summary.tried:
            log.info("notes delivered", **summary.counts())
        self._on_pushed(summary)
        return summary.written
