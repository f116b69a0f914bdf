"""The daemon: start, say so, run, read the configuration again when told to, drain, stop."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, date, timedelta

import structlog
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from sevenc_sync import __version__
from sevenc_sync.clock import EPOCH, utc_now
from sevenc_sync.config import ConfigInvalid, Configuration
from sevenc_sync.engine.alarms import Alarms
from sevenc_sync.engine.local import Engine
from sevenc_sync.engine.metrics import Metrics
from sevenc_sync.engine.notify import Notifier
from sevenc_sync.engine.reload import Refused, reconfigure
from sevenc_sync.engine.report_job import write_reports
from sevenc_sync.engine.rest import few_arenas, give_back
from sevenc_sync.engine.sync_job import Account
from sevenc_sync.push import DeliverySummary
from sevenc_sync.store.database import StoreProblem, StoreUnwritable, store_answers
from sevenc_sync.store.gauges import note_size
from sevenc_sync.store.migrate import schema_problem
from sevenc_sync.store.reads import stream_states
from sevenc_sync.store.rounds import marks, note_round
from sevenc_sync.store.service import beat, leave_service, prove_writable, take_service
from sevenc_sync.sync.run import RunResult

TICK_SECONDS = 15  # how often due times are looked at; they themselves are in the store
BEAT_SECONDS = 30  # how often it says that it is alive; more often where systemd's watchdog wants that
ALARM_SECONDS = 60  # how often it looks what is not well
DRAIN_SECONDS = 90  # how long a stop waits for pages in hand; less than TimeoutStopSec of the unit
SCORE_EVERY = timedelta(hours=24)  # rolling windows move with the clock even when nothing changes
PRUNE_EVERY = timedelta(hours=24)

log = structlog.get_logger("daemon")


def _leave_at_once() -> None:
    """Threads that still wait for somebody would keep the process; what they had not committed is read again."""
    logging.shutdown()
    os._exit(1)


class Daemon:
    """The jobs on a scheduler: one for each account, one for matching, scoring and notes, one that says it is alive.

    Run times live in the store, so a restart catches up. The scheduler only wakes the work.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        load: Callable[[], Configuration] | None = None,
        notifier: Notifier | None = None,
        tick_seconds: float = TICK_SECONDS,
        drain_seconds: float = DRAIN_SECONDS,
        give_up: Callable[[], None] = _leave_at_once,
        alarms: Alarms | None = None,
        on_result: Callable[[RunResult], None] = lambda _result: None,
        on_pushed: Callable[[DeliverySummary], None] = lambda _summary: None,
    ) -> None:
        """`load` reads the configuration again, for `reload`; `give_up` ends a stop that takes too long."""
        self._engine = engine
        self._load = load
        self._alarms = alarms or Alarms(store=engine.store)
        self._notifier = notifier or Notifier.of_process()
        self._tick = tick_seconds
        self._drain_seconds = drain_seconds
        self._give_up = give_up
        self._on_result = on_result
        self._on_pushed = on_pushed
        self._scheduler: BackgroundScheduler | None = None
        self._telling = threading.Lock()
        self._trouble: str | None = None  # why the store takes no writes now
        self._said = ""  # the status that was told last
        self._reading: set[str] = set()  # accounts that are being read now
        self._fresh = threading.Event()  # something was read since the last score
        self._fresh.set()
        self._scored_at = engine.clock()
        self._scored_with = ""  # the hash of the rules
        self._pruned_at = EPOCH
        self._sized_on: date | None = None  # the day whose size of the store is noted
        self._moved: float | None = None  # when the scheduler last did something, by the monotonic clock
        self.metrics = Metrics(engine.store, lambda: [account.name for account in engine.accounts])

    def run(self) -> None:
        """Work until the engine's stop event is set; then let running work come to its page's end.

        Raises RulesInvalid before anything starts, and StoreProblem when another daemon works on the store.
        """
        engine = self._engine
        rules = engine.rules
        few_arenas()
        take_service(engine.store, engine.holder, engine.clock())
        try:
            with self._working() as scheduler:
                scheduler.start()
                log.info(
                    "started",
                    version=__version__,
                    accounts=[item.name for item in engine.accounts],
                    rules=rules.hash,
                )
                self._moved = time.monotonic()
                self._notifier.send("READY=1", f"STATUS={self._status()}")
                engine.stop.wait()
                self._notifier.send("STOPPING=1", "STATUS=Waiting for running work.")
                log.info("stopping", reading=sorted(self._reading))
        finally:
            self._leave()
        log.info("stopped")

    def reload(self) -> bool:
        """Read configuration and rules again; with mistakes in them the old ones stay in force. Gives whether they changed hands.

        Readings that are under way end as they began.
        """
        self._notifier.send("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")
        try:
            done = self._reload()
        finally:
            self._notifier.send("READY=1", f"STATUS={self._status()}")
        return done

    def _reload(self) -> bool:
        if self._load is None:
            return False
        try:
            change = reconfigure(self._engine, self._load())
        except ConfigInvalid as error:
            mistakes = [str(mistake) for mistake in error.mistakes]
        except (Refused, StoreProblem) as error:
            mistakes = [str(error)]
        else:
            if self._scheduler is not None:
                self._schedule_accounts(self._scheduler)
            log.info("configuration read again", **change)
            return True
        for mistake in mistakes:
            log.error("configuration mistake", mistake=mistake)
        action = "Mend the configuration and reload again; until then the old one stays in force."
        log.error("configuration kept", mistakes=len(mistakes), action=action)
        return False

    @contextmanager
    def _working(self) -> Iterator[BackgroundScheduler]:
        scheduler = self._scheduler = BackgroundScheduler(
            timezone=UTC,
            # After a long pause everything is due: accounts wait for their turn, scoring and the sign of life do not.
            executors={
                "default": ThreadPoolExecutor(self._engine.config.settings.schedule.accounts_at_once),
                "house": ThreadPoolExecutor(2),
            },
            # By default a job that is a second late is skipped without a word, and one that overlaps is run twice.
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
        )
        # A tick that finds its job still at work is ordinary here, and not worth a warning every few seconds. What
        # jobs raise is told by the executor's logger.
        logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
        self._schedule_accounts(scheduler)  # the scheduler goes by the machine's clock, whatever the jobs' is
        scheduler.add_job(
            self._guarded,
            "interval",
            [self._judge],
            seconds=self._tick,
            id="score",
            executor="house",
            next_run_time=utc_now(),
        )
        scheduler.add_job(self._live, "interval", seconds=self._beat_seconds, id="alive", executor="house")
        scheduler.add_job(self._look, "interval", seconds=ALARM_SECONDS, id="alarms", executor="house")
        try:
            yield scheduler
        finally:
            self._drain(scheduler)

    def _schedule_accounts(self, scheduler: BackgroundScheduler) -> None:
        wanted = {f"read {account.name}": account for account in self._engine.accounts}
        for job in scheduler.get_jobs():
            if job.id.startswith("read ") and job.id not in wanted:
                job.remove()
        for name, account in wanted.items():
            scheduler.add_job(
                self._guarded,
                "interval",
                [self._read, account],
                seconds=self._tick,
                id=name,
                next_run_time=utc_now(),
                replace_existing=True,
            )

    def _drain(self, scheduler: BackgroundScheduler) -> None:
        """Wait for pages in hand; not for ever, or the service manager kills us in the middle of something."""
        if not scheduler.running:
            return
        ending = threading.Thread(target=scheduler.shutdown, name="drain", daemon=True)
        ending.start()
        ending.join(self._drain_seconds)
        if ending.is_alive():
            action = "Nothing: the next start goes on where each run committed last."
            log.error("not drained", reading=sorted(self._reading), action=action)
            self._leave()
            self._give_up()

    def _leave(self) -> None:
        with suppress(StoreUnwritable):  # whoever comes next sees that this process is gone
            leave_service(self._engine.store, self._engine.holder)

    @property
    def _beat_seconds(self) -> float:
        return self._notifier.watchdog_seconds or BEAT_SECONDS

    def checks(self) -> Mapping[str, str | None]:
        """What must be well before it works, by name: None where it is, else what is wrong."""
        silent = store_answers(self._engine.store)
        schema = "not known: the store does not answer" if silent else schema_problem(self._engine.store)
        store = silent or self._trouble
        return {"store": store, "schema": schema, "scheduler": self._stands_still()}

    def _stands_still(self) -> str | None:
        if self._moved is None or self._engine.stop.is_set():
            return "it starts or stops"
        silent = time.monotonic() - self._moved
        return f"nothing has moved for {silent:.0f} seconds" if silent > 3 * self._beat_seconds else None

    def _live(self) -> None:
        """Tell the store and the service manager that we are alive. Where the store does not answer, nobody is told."""
        self._moved = time.monotonic()
        engine = self._engine
        alive = () if self._notifier.watchdog_seconds is None else ("WATCHDOG=1",)
        try:
            was = self._trouble
            if was is not None:
                prove_writable(engine.store)
            mine = beat(engine.store, engine.holder, engine.clock())
        except StoreUnwritable as error:
            self._cannot_write(error)
            self._notifier.send(*alive, f"STATUS={error}")  # starting again would not make room
            return
        if was is not None:  # not one that was found while the beat went out
            self._trouble = None
            log.info("store can be written again")
        status = self._status()
        if not mine:
            action = "Nothing here: the other daemon does the work. Look for two services on one store."
            log.error("another daemon works on the store", action=action)
            engine.stop.set()
            return
        if alive or status != self._said:
            self._notifier.send(*alive, f"STATUS={status}")
            self._said = status

    def _status(self) -> str:
        """One line for `systemctl status`."""
        names = {account.name for account in self._engine.accounts}
        with self._engine.store.read() as connection:
            states = [row["state"] for row in stream_states(connection) if row["account_name"] in names]
        good = states.count("ok")
        reading = sorted(self._reading)
        doing = f"Reading {', '.join(reading)}" if reading else f"Waiting; {len(names)} accounts"
        return f"{doing}. {good} of {len(states)} streams are well."

    def _guarded(self, job: Callable[..., None], *args: object) -> None:
        """Do a job, unless the store takes no writes: then nothing is asked of anybody until a sign of life gets through."""
        if self._trouble is not None:
            return
        try:
            job(*args)
        except StoreUnwritable as error:
            self._cannot_write(error)

    def _cannot_write(self, error: StoreUnwritable) -> None:
        with self._telling:  # two accounts find it out at the same moment
            is_news, self._trouble = self._trouble is None, str(error)
        if is_news:
            action = "Nothing is read, scored or sent until it can be; then it goes on by itself."
            log.error("store cannot be written", error=str(error), action=action)

    def _read(self, account: Account) -> None:
        """Read what is due of one account."""
        self._reading.add(account.name)
        try:
            results = self._engine.sync(
                trigger="schedule", targets=[account.name], due_only=True, on_result=self._ended
            )
        finally:
            self._reading.discard(account.name)
        if results:
            self._fresh.set()

    def _ended(self, result: RunResult) -> None:
        self.metrics.run_ended(result)
        self._on_result(result)

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
        with engine.store.read() as connection:
            before = marks(connection)
        try:
            matched = engine.match()
            began = time.monotonic()
            scored = engine.score_due(now)
            seconds = time.monotonic() - began
        except BaseException:
            self._fresh.set()  # the scheduler logs it; the next tick tries again
            raise
        self._scored_with = rules.hash
        self._scored_at = now
        if now - self._pruned_at >= PRUNE_EVERY:
            log.info("pruned", **engine.prune(now))
            self._pruned_at = now
        if scored is not None:
            self.metrics.scored(scored, seconds)
            log.info("scored", clients=scored.clients, changed=scored.changed, rules=scored.rules_hash)
        sent = self._push()
        reports = write_reports(engine)
        if reports:
            log.info("reports written", reports=reports)
        with engine.store.write() as connection:
            note_round(connection, now, before, links=matched.changed, sent=sent)
        give_back(engine.store)

    def _look(self) -> None:
        engine = self._engine
        now = engine.clock()
        self._alarms.tell_of_store(engine.config, self._trouble)
        self._guarded(self._alarms.look, engine.config, engine.accounts, now)
        if now.date() != self._sized_on:
            self._guarded(note_size, engine.store, now)
            self._sized_on = now.date()

    def _push(self) -> int:
        """Send what a person has approved, and anything where the mode is auto; nothing in the quiet hours.

        Gives how many notes stand at the PSA since.
        """
        engine = self._engine
        policy = engine.pushing.policy
        if policy.mode == "off" or policy.is_quiet(engine.clock()):
            return 0
        summary = engine.deliver("schedule")
        self.metrics.delivered(summary)
        if summary.tried:
            log.info("notes delivered", **summary.counts())
        self._on_pushed(summary)
        return summary.written
