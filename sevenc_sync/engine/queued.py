"""Handing out work through a queue in PostgreSQL: any number of processes on any number of machines share it.

Every job is of the kind "do what is left to do", so one that is lost, doubled or late does no harm: the next tick asks for it
again. That one thing is done by one worker at a time is the queue's business; the store's leases see to it should the
queue err, as when a machine sleeps and wakes.
"""

import asyncio
import logging
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from procrastinate import App, PsycopgConnector
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import DeleteJobCondition, Job, Status
from procrastinate.worker import Worker

from sevenc_sync.engine.fingerprint import fingerprint
from sevenc_sync.engine.rounds import Rounds
from sevenc_sync.engine.work import Work
from sevenc_sync.store import workers
from sevenc_sync.store.queue import connection_of, queue_problem, require_queue

READ, SCORE, HOUSE = "read", "score", "house"  # the queues
HOUSE_AT_ONCE = 2  # a tick need not wait for a long matching
# Seconds after which a queue is asked though nobody told of a job. Only the house's jobs wait for each other, of which nobody tells.
POLLED = {READ: 30.0, SCORE: 30.0, HOUSE: 5.0}
ASK_AGAIN = 3.0  # seconds until a queue that does not answer is tried again
NEVER = 86_400.0  # seconds; for what the library polls and we do not use

log = structlog.get_logger("queue")


class Queued:
    """This process as one of the workers."""

    def __init__(self, work: Work, tick_seconds: float) -> None:
        self._work = work
        self._engine = work.engine
        self._rounds = Rounds(work)
        self._tick = max(1, round(tick_seconds))  # a crontab knows whole seconds
        self._lost_after = self._engine.config.settings.workers.lost_after_seconds
        self._works_by: tuple[object, object] = (None, None)  # what the fingerprint was made of
        self._fingerprint = ""
        self._waits_for: str | None = None  # why this worker does nothing: another configuration counts
        self._broken: str | None = None  # why the queue cannot be used now
        self._beating = threading.Lock()
        self._ending = threading.Event()
        self._thread: threading.Thread | None = None
        self._running: list[Worker] = []
        self._threads: ThreadPoolExecutor | None = None
        logging.getLogger("procrastinate").setLevel(logging.WARNING)  # a line for each job would drown ours
        self._app = self._make_app()

    # -- the place at the store

    def take(self) -> None:
        """Join the workers. Raises StoreProblem without a queue, or beside a daemon of the local engine."""
        engine = self._engine
        require_queue(engine.store)
        self._works_by = (engine.config, engine.rule_files.book)
        self._fingerprint = fingerprint(engine)
        workers.join(engine.store, engine.holder, self._fingerprint)
        workers.declare(engine.store, engine.holder, self._fingerprint)

    def beat(self) -> bool:
        """Say that this worker is alive. One that was taken for dead joins again: what it held is another's by now."""
        engine = self._engine
        with self._beating:  # two threads say so
            if not workers.say_alive(engine.store, engine.holder, self._fingerprint):
                action = "Nothing: it joins again. Others do what it had begun."
                log.warning("was taken for dead", action=action)
                workers.join(engine.store, engine.holder, self._fingerprint)
        return True

    def leave(self) -> None:
        """Leave the workers."""
        workers.leave(self._engine.store, self._engine.holder)

    # -- beginning and ending

    def begin(self, scheduler: BackgroundScheduler) -> None:
        """Work off the queue in a thread of its own; signs of life do not depend on it."""
        scheduler.add_job(
            self._look_around,
            "interval",
            seconds=self._lost_after / 3,
            id="workers",
            executor="house",
        )
        scheduler.add_job(self._work.tell_of_store, "interval", seconds=60, id="trouble", executor="house")
        self._thread = threading.Thread(target=lambda: asyncio.run(self._main()), name="queue")
        self._thread.start()

    def changed(self) -> None:
        """This process has read another configuration: it is the one that counts now."""
        self._declare_if_changed()

    def end(self) -> None:
        """Take no more jobs, and wait for those in hand."""
        self._ending.set()
        self._take_no_more()
        if self._thread is not None:
            self._thread.join()

    # -- what others ask

    def checks(self) -> Mapping[str, str | None]:
        """The queue, and whether this worker's configuration counts."""
        return {
            "queue": self._broken or queue_problem(self._engine.store),
            "configuration": self._waits_for,
        }

    def word(self) -> str:
        """How many workers there are, or why this one waits."""
        if self._waits_for is not None:
            return f" {self._waits_for}"
        with self._engine.store.read() as connection:
            number = len(workers.living_workers(connection))
        return f" {number} workers share the work." if number > 1 else ""

    # -- who counts, and who is gone

    def _look_around(self) -> None:
        """Say that we are alive, let go what the dead hold, and see whose configuration counts."""
        engine = self._engine
        self.beat()
        for holder in workers.bury(engine.store, self._lost_after):
            log.warning("worker is gone", worker=holder, action="Nothing: others do what it had begun.")
        engine.rule_files.refresh()
        self._declare_if_changed()
        if not self._is_in_force():
            self._take_no_more()

    def _take_no_more(self) -> None:
        for worker in list(self._running):
            worker.stop()  # type: ignore[no-untyped-call]  # the library leaves this one without types

    def _declare_if_changed(self) -> None:
        engine = self._engine
        works_by = (engine.config, engine.rule_files.book)
        if all(one is other for one, other in zip(works_by, self._works_by, strict=True)):
            return
        self._works_by = works_by
        mine = fingerprint(engine)
        if mine != self._fingerprint:
            self._fingerprint = mine
            if workers.declare(engine.store, engine.holder, mine):
                log.info("this worker's configuration counts from now on")

    def _is_in_force(self) -> bool:
        with self._engine.store.read() as connection:
            counts = workers.configuration_in_force(connection)
        was = self._waits_for
        if counts is None or counts.digest == self._fingerprint:
            self._waits_for = None
        else:
            self._waits_for = f"This worker waits: {counts.process} works by another configuration, rules or version, read later."
            if was is None:
                action = "Bring this machine's configuration in line, then reload or restart it."
                log.warning("another configuration counts", said=self._waits_for, action=action)
        return self._waits_for is None

    # -- the queue's own thread

    async def _main(self) -> None:
        asyncio.get_running_loop().set_exception_handler(_tell_briefly)
        at_once = self._engine.config.settings.schedule.accounts_at_once
        with ThreadPoolExecutor(at_once + HOUSE_AT_ONCE + 2, thread_name_prefix="job") as self._threads:
            while not self._ending.is_set():
                try:
                    if await self._in_thread(self._is_in_force):
                        await self._work_off(at_once)
                except Exception as error:  # noqa: BLE001 - whatever the queue or its database says, it is tried again
                    self._broken = f"the queue does not answer: {type(error).__name__}"
                    log.warning("queue does not answer", error=str(error), again_in=ASK_AGAIN)
                await self._in_thread(self._ending.wait, min(ASK_AGAIN, self._lost_after / 3))

    async def _work_off(self, at_once: int) -> None:
        """Do jobs until the end, or until another configuration counts."""
        async with self._app.open_async():
            self._running = [
                Worker(
                    app=self._app,
                    queues=[queue],
                    name=f"{self._engine.holder} {queue}",
                    concurrency=number,
                    delete_jobs=DeleteJobCondition.ALWAYS,  # what came of them is in the store
                    install_signal_handlers=False,
                    fetch_job_polling_interval=POLLED[queue],
                    abort_job_polling_interval=NEVER,
                    update_heartbeat_interval=NEVER,  # `_tend` does it, also while a stop waits for jobs
                    stalled_worker_timeout=self._lost_after,
                )
                for queue, number in ((READ, at_once), (SCORE, 1), (HOUSE, HOUSE_AT_ONCE))
            ]
            tending = asyncio.create_task(self._tend())
            try:
                working = [
                    asyncio.create_task(worker.run())  # type: ignore[no-untyped-call]  # as above
                    for worker in self._running
                ]
                self._broken = None
                await asyncio.sleep(0)  # they have begun, and forget no stop that comes from now on
                if self._ending.is_set():
                    self._take_no_more()
                await asyncio.wait(working, return_when=asyncio.FIRST_COMPLETED)
                self._take_no_more()
                for done in await asyncio.gather(*working, return_exceptions=True):
                    if isinstance(done, Exception):
                        raise done
            finally:
                tending.cancel()
                with suppress(asyncio.CancelledError):
                    await tending
                self._running = []

    async def _tend(self) -> None:
        """Ask anew for the jobs of workers that are gone; keep up the heartbeat while jobs in hand are waited for."""
        while True:
            await asyncio.sleep(self._lost_after / 3)
            try:
                for worker in self._running:
                    if worker.worker_id is not None:
                        await self._app.job_manager.update_heartbeat(worker.worker_id)
                for job in await self._app.job_manager.get_stalled_jobs(
                    seconds_since_heartbeat=self._lost_after
                ):
                    await self._ask_anew(job)
            except Exception as error:  # noqa: BLE001 - the workers themselves find out whether the queue is there
                log.warning("queue does not answer", error=str(error), again_in=self._lost_after / 3)

    async def _ask_anew(self, job: Job) -> None:
        """Put the job of a worker that is gone back into the queue, unless the same is asked for already.

        It is deleted and asked for again: the library's own way to retry fails where another one waits.
        """
        if job.id is None:
            return
        try:
            await self._app.job_manager.finish_job_by_id_async(job.id, Status.FAILED, delete_job=True)
        except ConnectorException:
            return  # another worker has just done so
        log.warning("job taken over", job=job.task_name, subject=job.task_kwargs)
        with suppress(AlreadyEnqueued):
            await self._app.job_manager.defer_job_async(job.evolve(id=None, status=None, worker_id=None))

    async def _in_thread(self, job: Callable[..., Any], *args: object) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, job, *args)

    # -- the jobs

    def _make_app(self) -> App:
        connector = PsycopgConnector(conninfo=connection_of(self._engine.store), min_size=1, max_size=6)
        app = App(connector=connector)
        jobs: tuple[tuple[str, str, Callable[..., Awaitable[None]]], ...] = (
            ("read", READ, self._read),
            ("score", SCORE, self._score),
            ("judge", HOUSE, self._judge),
            ("follow", HOUSE, self._follow),
        )
        for name, queue, job in jobs:
            app.task(name=name, queue=queue)(job)
        tick = app.task(name="tick", queue=HOUSE, queueing_lock="tick")(self._each_tick)
        app.periodic(cron=f"* * * * * */{self._tick}")(tick)
        look = app.task(name="look", queue=HOUSE, queueing_lock="look", lock="look")(self._each_minute)
        app.periodic(cron="* * * * *")(look)
        return app

    async def _ask(self, name: str, alone: str, **arguments: Any) -> None:
        """Ask for a job, unless the same waits already; jobs of the same `alone` are done one after the other."""
        subject = " ".join([name, *map(str, arguments.values())])
        with suppress(AlreadyEnqueued):
            await self._app.tasks[name].configure(lock=alone, queueing_lock=subject).defer_async(**arguments)

    async def _counts(self) -> bool:
        """Whether this worker may work: it is asked at the beginning of every job. Who may not leaves it to the next tick."""
        return self._work.trouble is None and bool(await self._in_thread(self._is_in_force))

    async def _each_tick(self, timestamp: int) -> None:  # noqa: ARG002 - the library's argument: the tick's own time
        if not await self._counts():
            return
        for account in await self._in_thread(self._engine.due_accounts):
            await self._ask_to_read(account.name)
        if await self._in_thread(self._rounds.is_due):
            await self._ask("judge", "house")

    async def _ask_to_read(self, account: str) -> None:
        await self._ask("read", f"read {account}", account=account)

    async def _read(self, account: str) -> None:
        found = [item for item in self._engine.accounts if item.name == account]
        if not found or not await self._counts():
            return
        if self._engine.stop.is_set():
            await self._ask_to_read(account)
            return
        # What was read is judged from the next tick on: several accounts that end at about the same time, in one round.
        await self._in_thread(self._guarded, self._work.read, found[0])
        if self._engine.stop.is_set():
            await self._ask_to_read(account)  # another worker goes on at once

    async def _judge(self) -> None:
        if not await self._counts():
            return
        for number in await self._in_thread(self._guarded, self._rounds.begin) or ():
            await self._ask("score", f"part {number}", part=number)

    async def _score(self, part: int) -> None:
        if await self._counts() and await self._in_thread(self._guarded, self._rounds.score, part):
            await self._ask("follow", "house")

    async def _follow(self) -> None:
        if await self._counts():
            await self._in_thread(self._guarded, self._rounds.end)

    async def _each_minute(self, timestamp: int) -> None:  # noqa: ARG002 - as above
        if await self._counts():
            await self._in_thread(self._work.look)

    def _guarded(self, job: Callable[..., Any], *args: object) -> Any:
        """What the job gives; None where the store took no writes."""
        given: list[Any] = []
        self._work.guarded(lambda: given.append(job(*args)))
        return given[0] if given else None


def _tell_briefly(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What ended without anybody waiting for it: above all a job whose end the queue did not want to know, because the job is another worker's by now."""
    log.warning("queue refuses", said=context.get("message"), error=repr(context.get("exception")))
