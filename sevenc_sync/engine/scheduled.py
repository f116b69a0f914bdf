"""Handing out work within this process: one job for each account, one for judging, one for alarms."""

import logging
from collections.abc import Mapping
from datetime import UTC
from typing import Protocol

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from sevenc_sync.clock import utc_now
from sevenc_sync.engine.work import Work
from sevenc_sync.store.service import beat, leave_service, take_service

ALARM_SECONDS = 60  # how often it is looked what is not well


class HandOut(Protocol):
    """Whoever says when which work is done, and by whom; and the process's place at the store."""

    def take(self) -> None:
        """Take the process's place. Raises StoreProblem where it cannot have one."""

    def beat(self) -> bool:
        """Say that the process is alive; False when another one has its place."""
        ...

    def leave(self) -> None:
        """Give the place up."""

    def begin(self, scheduler: BackgroundScheduler) -> None:
        """Hand out from when the scheduler starts."""

    def changed(self) -> None:
        """The engine has another configuration."""

    def end(self) -> None:
        """Hand out nothing more, and wait for what the scheduler does not know of."""

    def checks(self) -> Mapping[str, str | None]:
        """What must be well beside store, schema and scheduler, by name: None where it is, else what is wrong."""
        ...

    def word(self) -> str:
        """A sentence for the end of the status line, or nothing."""
        ...


def house_scheduler(threads: int) -> BackgroundScheduler:
    """A scheduler by the machine's clock, whatever the jobs' is, whose jobs are late rather than skipped."""
    # A tick that finds its job still at work is ordinary here, and not worth a warning every few seconds. What
    # jobs raise is told by the executor's logger.
    logging.getLogger("apscheduler.scheduler").setLevel(logging.ERROR)
    return BackgroundScheduler(
        timezone=UTC,
        # After a long pause everything is due: accounts wait for their turn, scoring and the sign of life do not.
        executors={"default": ThreadPoolExecutor(threads), "house": ThreadPoolExecutor(2)},
        # By default a job that is a second late is skipped without a word, and one that overlaps is run twice.
        job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
    )


class Scheduled:
    """The jobs on the process's own scheduler. Due times are in the store; this only wakes the work."""

    def __init__(self, work: Work, tick_seconds: float) -> None:
        self._work = work
        self._engine = work.engine
        self._tick = tick_seconds
        self._scheduler: BackgroundScheduler | None = None

    def take(self) -> None:
        """Become the store's daemon. Raises StoreProblem, with the holder named, while another one is at work."""
        take_service(self._engine.store, self._engine.holder, self._engine.clock())

    def beat(self) -> bool:
        """Say so; False when another daemon has taken over."""
        return beat(self._engine.store, self._engine.holder, self._engine.clock())

    def leave(self) -> None:
        """Let another daemon begin at once."""
        leave_service(self._engine.store, self._engine.holder)

    def begin(self, scheduler: BackgroundScheduler) -> None:
        """Every job is looked at each tick."""
        self._scheduler = scheduler
        self._add(scheduler, "score", self._work.judge, executor="house")
        scheduler.add_job(self._look, "interval", seconds=ALARM_SECONDS, id="alarms", executor="house")
        self.changed()

    def _look(self) -> None:
        self._work.tell_of_store()
        self._work.look()

    def changed(self) -> None:
        """One job for each account that there is now."""
        if self._scheduler is None:
            return
        wanted = {f"read {account.name}": account for account in self._engine.accounts}
        for job in self._scheduler.get_jobs():
            if job.id.startswith("read ") and job.id not in wanted:
                job.remove()
        for name, account in wanted.items():
            self._add(self._scheduler, name, self._work.read, account)

    def _add(
        self, scheduler: BackgroundScheduler, name: str, job: object, *args: object, executor: str = "default"
    ) -> None:
        scheduler.add_job(
            self._work.guarded,
            "interval",
            [job, *args],
            seconds=self._tick,
            id=name,
            executor=executor,
            next_run_time=utc_now(),
            replace_existing=True,
        )

    def end(self) -> None:
        """Nothing: the scheduler's own end waits for its jobs."""

    def checks(self) -> Mapping[str, str | None]:
        """Nothing beside the scheduler."""
        return {}

    def word(self) -> str:
        """Nothing more to say."""
        return ""
