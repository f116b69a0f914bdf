"""The daemon: start, say so, run, read the configuration again when told to, drain, stop."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress

import structlog
from apscheduler.schedulers.background import BackgroundScheduler

from sevenc_sync import __version__
from sevenc_sync.config import Configuration
from sevenc_sync.engine.alarms import Alarms
from sevenc_sync.engine.local import Engine
from sevenc_sync.engine.notify import Notifier
from sevenc_sync.engine.reload import Refused, reconfigure
from sevenc_sync.engine.rest import few_arenas
from sevenc_sync.engine.scheduled import HandOut, Scheduled, house_scheduler
from sevenc_sync.engine.work import Work
from sevenc_sync.mistakes import ConfigInvalid
from sevenc_sync.push import DeliverySummary
from sevenc_sync.store.database import StoreProblem, StoreUnwritable, store_answers
from sevenc_sync.store.migrate import schema_problem
from sevenc_sync.store.reads import stream_states
from sevenc_sync.store.service import prove_writable
from sevenc_sync.sync.outcome import RunResult

TICK_SECONDS = 15  # how often due times are looked at; they themselves are in the store
BEAT_SECONDS = 30  # how often it says that it is alive; more often where systemd's watchdog wants that
DRAIN_SECONDS = 90  # how long a stop waits for pages in hand; less than TimeoutStopSec of the unit

log = structlog.get_logger("daemon")


def _leave_at_once() -> None:
    """Threads that still wait for somebody would keep the process; what they had not committed is read again."""
    logging.shutdown()
    os._exit(1)


def _hand_out(work: Work, tick_seconds: float) -> HandOut:
    if work.engine.config.settings.engine == "local":
        return Scheduled(work, tick_seconds)
    from sevenc_sync.engine.queued import Queued  # noqa: PLC0415 - heavy, and one machine alone does not need it

    return Queued(work, tick_seconds)


class Daemon:
    """The work of this process, whoever hands it out, and a sign of life.

    Run times live in the store, so a restart catches up.
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
        self._notifier = notifier or Notifier.of_process()
        self._drain_seconds = drain_seconds
        self._give_up = give_up
        self.work = Work(engine, alarms=alarms, on_result=on_result, on_pushed=on_pushed)
        self.metrics = self.work.metrics
        self._hands = _hand_out(self.work, tick_seconds)
        self._said = ""  # the status that was told last
        self._moved: float | None = None  # when the scheduler last did something, by the monotonic clock

    def run(self, beside: Callable[[], AbstractContextManager[None]] = nullcontext) -> None:
        """Work until the engine's stop event is set; then let running work come to its page's end.

        `beside` is entered once the store is this daemon's: a second one is told who has it, and not that an address is taken.
        Raises RulesInvalid before anything starts, and StoreProblem when another daemon works on the store.
        """
        engine = self._engine
        rules = engine.rules
        few_arenas()
        self._hands.take()
        try:
            with beside(), self._working() as scheduler:
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
                log.info("stopping", reading=sorted(self.work.reading))
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
            self._hands.changed()
            log.info("configuration read again", **change)
            return True
        for mistake in mistakes:
            log.error("configuration mistake", mistake=mistake)
        action = "Mend the configuration and reload again; until then the old one stays in force."
        log.error("configuration kept", mistakes=len(mistakes), action=action)
        return False

    @contextmanager
    def _working(self) -> Iterator[BackgroundScheduler]:
        scheduler = house_scheduler(self._engine.config.settings.schedule.accounts_at_once)
        scheduler.add_job(self._live, "interval", seconds=self._beat_seconds, id="alive", executor="house")
        self._hands.begin(scheduler)
        try:
            yield scheduler
        finally:
            self._drain(scheduler)

    def _drain(self, scheduler: BackgroundScheduler) -> None:
        """Wait for pages in hand; not for ever, or the service manager kills us in the middle of something."""
        if not scheduler.running:
            return
        ending = threading.Thread(target=self._end, args=(scheduler,), name="drain", daemon=True)
        ending.start()
        ending.join(self._drain_seconds)
        if ending.is_alive():
            action = "Nothing: the next start goes on where each run committed last."
            log.error("not drained", reading=sorted(self.work.reading), action=action)
            self._leave()
            self._give_up()

    def _end(self, scheduler: BackgroundScheduler) -> None:
        self._hands.end()  # signs of life go on meanwhile
        scheduler.shutdown()

    def _leave(self) -> None:
        with suppress(StoreUnwritable):  # whoever comes next sees that this process is gone
            self._hands.leave()

    @property
    def _beat_seconds(self) -> float:
        return self._notifier.watchdog_seconds or BEAT_SECONDS

    def checks(self) -> Mapping[str, str | None]:
        """What must be well before it works, by name: None where it is, else what is wrong."""
        silent = store_answers(self._engine.store)
        schema = "not known: the store does not answer" if silent else schema_problem(self._engine.store)
        store = silent or self.work.trouble
        return {"store": store, "schema": schema, "scheduler": self._stands_still(), **self._hands.checks()}

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
            was = self.work.trouble
            if was is not None:
                prove_writable(engine.store)
            mine = self._hands.beat()
        except StoreUnwritable as error:
            self.work.cannot_write(error)
            self._notifier.send(*alive, f"STATUS={error}")  # starting again would not make room
            return
        if was is not None:  # not one that was found while the beat went out
            self.work.trouble = None
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
        reading = sorted(self.work.reading)
        doing = f"Reading {', '.join(reading)}" if reading else f"Waiting; {len(names)} accounts"
        return f"{doing}. {good} of {len(states)} streams are well.{self._hands.word()}"
