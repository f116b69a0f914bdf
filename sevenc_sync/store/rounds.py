"""What followed readings: matching, scoring and delivery go over everything that was read since they went before."""

from datetime import datetime
from typing import NamedTuple

import msgspec
from sqlalchemy import Connection, Select, func, insert, select, update

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.store.tables import outbox, round_, run, score_history


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """What came of the runs that it went over: lines of the ledger, clients with a level that moved, notes."""

    id: int
    at: datetime
    links: int
    moved: int
    planned: int
    sent: int
    runs: tuple[int, ...]


class Marks(NamedTuple):
    """How far history and outbox had come before a round."""

    history: int
    outbox: int


def marks(connection: Connection) -> Marks:
    """How far they have come now."""
    history, box = (
        connection.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()
        for table in (score_history, outbox)
    )
    return Marks(history, box)


def note_round(
    connection: Connection, now: datetime, before: Marks, *, links: int = 0, sent: int = 0
) -> None:
    """Tie all runs that have ended since the last round to a new one. Nothing is noted where there are none."""
    ended = run.c.round.is_(None) & run.c.finished_at.is_not(None)
    if connection.execute(select(run.c.id).where(ended).limit(1)).first() is None:
        return
    notes = select(func.count()).where(outbox.c.kind == "note", outbox.c.id > before.outbox)
    values = {
        "at": to_seconds(now),
        "links": links,
        "moved": connection.execute(_moved(before.history)).scalar_one(),
        "planned": connection.execute(notes).scalar_one(),
        "sent": sent,
    }
    made = connection.execute(insert(round_).values(values))
    number = int((made.inserted_primary_key or (0,))[0])
    connection.execute(update(run).where(ended).values(round=number))


def read_round(connection: Connection, number: int | None) -> Round | None:
    """A round with its runs; None before it was, and where nobody knows any more."""
    row = connection.execute(select(round_).where(round_.c.id == number)).first() if number else None
    if row is None:
        return None
    runs = connection.scalars(select(run.c.id).where(run.c.round == number).order_by(run.c.id))
    return Round(
        id=row.id,
        at=from_seconds(row.at),
        links=row.links,
        moved=row.moved,
        planned=row.planned,
        sent=row.sent,
        runs=tuple(runs),
    )


def _moved(after: int) -> Select[int]:
    """How many clients have a level that is another one since this row of the history; a first level is no move."""
    earlier = score_history.alias("earlier")
    before = (
        select(earlier.c.id)
        .where(
            earlier.c.client == score_history.c.client,
            earlier.c.kind == score_history.c.kind,
            earlier.c.slug == score_history.c.slug,
            earlier.c.id < score_history.c.id,
        )
        .exists()
    )
    return select(func.count(score_history.c.client.distinct())).where(
        score_history.c.id > after, score_history.c.kind.in_(("block", "area")), before
    )
