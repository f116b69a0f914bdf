"""Judging by many workers: one matches and cuts the clients into parts, all score, one writes back what came of it.

The same matching, scoring and following as within one process; only what holds between the steps is in the store.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import structlog

from sevenc_sync.engine.work import SCORE_EVERY, Work
from sevenc_sync.store import parts
from sevenc_sync.store.clients import clients as client_rows
from sevenc_sync.store.database import StoreProblem
from sevenc_sync.store.parts import Open, PartLost
from sevenc_sync.store.rounds import marks
from sevenc_sync.store.service import leave_service, take_service
from sevenc_sync.store.workers import living_workers

SMALLEST, LARGEST = 5, 100  # clients in a part: reading for one costs about as much as for a few
JUDGE = "judge"  # the place of whoever matches or writes back: one worker at a time, also when the queue errs

log = structlog.get_logger("rounds")


class Rounds:
    """The steps of one worker. Each may be called at any time by any of them, and does only what is left to do."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._engine = work.engine

    def is_due(self) -> bool:
        """Whether there is something to judge, or a round that is not over."""
        engine = self._engine
        now = engine.clock()
        with engine.store.read() as connection:
            if parts.has_news(connection):
                return True
            left = parts.standing(connection)
        old = left.scored_at is None or now - left.scored_at >= SCORE_EVERY
        return old or left.rules != engine.rule_files.book.at(now).hash

    def begin(self) -> list[int]:
        """Match, and cut the clients that are due into parts; gives the numbers of all parts that wait.

        Where none do, the round is ended at once.
        """
        engine = self._engine
        with self._alone() as is_mine:
            if not is_mine:
                return []
            with engine.store.read() as connection:
                under_way, left = parts.open_round(connection), parts.standing(connection)
                waiting = parts.waiting_parts(connection)
            if under_way is None:
                if not self.is_due():
                    return []
                waiting = self._open(left)
            if not waiting:
                self._end()
        return waiting

    def _open(self, left: parts.Standing) -> list[int]:
        engine = self._engine
        now = engine.clock()
        with engine.store.read() as connection:
            before = marks(connection)
        matched = engine.match()
        # The marks are taken before the parts are kept: should we die in between, all clients are scored next time.
        parts.forget_basis(engine.store)
        found = engine.due(now, left.basis, left.all_at)
        with engine.store.read() as connection:
            workers = len(living_workers(connection))
            chosen = (
                sorted(found.clients)
                if found.clients is not None
                else [row.id for row in client_rows(connection) if row.is_active]
            )
        all_at = now if found.clients is None or left.all_at is None else left.all_at
        begun = Open(at=now, basis=found.basis, all_at=all_at, links=matched.changed, before=before)
        parts.begin_round(engine.store, begun, cut(chosen, workers))
        with engine.store.read() as connection:
            return parts.waiting_parts(connection)

    def score(self, number: int) -> bool:
        """Score the clients of one part; gives whether it was the last one."""
        engine = self._engine
        with engine.store.read() as connection:
            under_way = parts.open_round(connection)
        if under_way is None:
            return False
        mine = parts.claim_part(engine.store, number, engine.holder, engine.clock())
        if mine is None:
            return False
        try:
            self._work.score(
                lambda: engine.score(
                    under_way.at,
                    mine,
                    hold=lambda connection: parts.hold_part(connection, number, engine.holder),
                )
            )
            return parts.end_part(engine.store, number, engine.holder) == 0
        except PartLost as error:
            log.warning("part lost", detail=str(error))
            return False
        except BaseException:
            parts.free_part(engine.store, number, engine.holder)
            raise

    def end(self) -> None:
        """Write back what came of the round, once all its parts are done."""
        with self._alone() as is_mine:
            if is_mine:
                self._end()

    def _end(self) -> None:
        engine = self._engine
        with engine.store.read() as connection:
            under_way, waiting = parts.open_round(connection), parts.waiting_parts(connection)
        if under_way is None or waiting:
            return
        # The round is over only after that: whoever takes over from a worker that dies here writes back what is left.
        self._work.follow(engine.clock(), under_way.before, links=under_way.links)
        with engine.store.write() as connection:
            parts.end_round(connection, under_way, engine.rule_files.book.at(under_way.at).hash)

    @contextmanager
    def _alone(self) -> Iterator[bool]:
        """Hold the place of whoever matches or writes back; False while another living worker has it."""
        engine = self._engine
        now: datetime = engine.clock()
        try:
            take_service(engine.store, engine.holder, now, JUDGE)
        except StoreProblem:
            yield False
            return
        try:
            yield True
        finally:
            leave_service(engine.store, engine.holder, JUDGE)


def cut(clients: Sequence[int], workers: int) -> list[list[int]]:
    """The clients in parts: about two for each worker, so that nobody waits long for the slowest."""
    size = max(SMALLEST, min(LARGEST, -(-len(clients) // (2 * max(1, workers)))))
    return [list(clients[start : start + size]) for start in range(0, len(clients), size)]
