"""A round that several workers score: its clients in parts, and what holds once the last part is done.

A part is fenced as a run is: whoever saves its scores checks, in the same transaction, that it is still theirs.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.store.database import Store
from sevenc_sync.store.holder import is_dead
from sevenc_sync.store.rounds import Marks
from sevenc_sync.store.tables import judging, run, score_part, stream_state

ONE = "judging"  # the name of the one row
LEASE = timedelta(minutes=25)  # much longer than a part takes
_MINE = judging.c.name == ONE


class PartLost(Exception):
    """Somebody else scores these clients now: nothing of ours may be written any more."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the scores of all clients rest on: the rules' hash and when; the basis' digest and when all were scored."""

    rules: str | None = None
    scored_at: datetime | None = None
    basis: str | None = None
    all_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A round under way: its clock, what holds once it is over (see `Standing`), and how things stood before it."""

    at: datetime
    basis: str
    all_at: datetime
    links: int
    before: Marks


def standing(connection: Connection) -> Standing:
    """How it was left by the last round that is over."""
    row = connection.execute(select(judging).where(_MINE)).first()
    if row is None:
        return Standing()
    return Standing(row.rules, _moment(row.scored_at), row.basis, _moment(row.all_at))


def _moment(seconds: int | None) -> datetime | None:
    return None if seconds is None else from_seconds(seconds)


def has_news(connection: Connection) -> bool:
    """Whether runs have ended that no round has gone over, or a round is under way.

    An account that is being read is waited for: half of its evidence would give scores that hold for minutes.
    """
    being_read = select(stream_state.c.account).where(
        stream_state.c.account == run.c.account, stream_state.c.run.is_not(None)
    )
    ended = (
        select(run.c.id)
        .where(run.c.round.is_(None), run.c.finished_at.is_not(None), ~being_read.exists())
        .limit(1)
    )
    return connection.execute(ended).first() is not None or open_round(connection) is not None


def open_round(connection: Connection) -> Open | None:
    """The round under way."""
    row = connection.execute(select(judging).where(_MINE, judging.c.at.is_not(None))).first()
    if row is None:
        return None
    return Open(
        at=from_seconds(row.at),
        basis=row.next_basis,
        all_at=from_seconds(row.next_all_at),
        links=row.links,
        before=Marks(row.history, row.outbox),
    )


def forget_basis(store: Store) -> None:
    """Until the next round is over, nobody knows what the scores rest on: all clients are due."""
    with store.write() as connection:
        connection.execute(update(judging).where(_MINE).values(basis=None, all_at=None))


def begin_round(store: Store, begun: Open, parts: Sequence[Collection[int]]) -> None:
    """Note the round and its parts, whole or not at all."""
    with store.write() as connection:
        if connection.execute(select(judging.c.name).where(_MINE)).first() is None:
            connection.execute(insert(judging).values(name=ONE))
        connection.execute(
            update(judging)
            .where(_MINE)
            .values(
                at=to_seconds(begun.at),
                next_basis=begun.basis,
                next_all_at=to_seconds(begun.all_at),
                links=begun.links,
                history=begun.before.history,
                outbox=begun.before.outbox,
            )
        )
        for part in parts:
            text = msgspec.json.encode(sorted(part)).decode()
            connection.execute(insert(score_part).values(clients=text))


def waiting_parts(connection: Connection) -> list[int]:
    """The numbers of the parts that are not done."""
    return list(connection.scalars(select(score_part.c.id).order_by(score_part.c.id)))


def claim_part(store: Store, number: int, holder: str, now: datetime) -> list[int] | None:
    """Take a part; gives its clients, or None where it is done or somebody else's."""
    at = to_seconds(now)
    with store.write() as connection:
        row = connection.execute(
            select(score_part).where(score_part.c.id == number).with_for_update()
        ).first()
        if row is None:
            return None
        is_free = row.holder is None or row.holder == holder or row.lease_until <= at or is_dead(row.holder)
        if not is_free:
            return None
        connection.execute(
            update(score_part)
            .where(score_part.c.id == number)
            .values(holder=holder, lease_until=at + int(LEASE.total_seconds()))
        )
    return msgspec.json.decode(row.clients, type=list[int])


def hold_part(connection: Connection, number: int, holder: str) -> None:
    """Make sure, until the transaction's end, that the part is the holder's. Raises PartLost."""
    mine = (score_part.c.id == number) & (score_part.c.holder == holder)
    if connection.execute(select(score_part.c.id).where(mine).with_for_update()).first() is None:
        raise PartLost(f"part {number} is no longer {holder}'s")


def end_part(store: Store, number: int, holder: str) -> int:
    """The part is done; gives how many are left. Raises PartLost."""
    with store.write() as connection:
        hold_part(connection, number, holder)
        connection.execute(delete(score_part).where(score_part.c.id == number))
        return int(connection.execute(select(func.count()).select_from(score_part)).scalar_one())


def free_part(store: Store, number: int, holder: str) -> None:
    """Let another one try."""
    with store.write() as connection:
        mine = (score_part.c.id == number) & (score_part.c.holder == holder)
        connection.execute(update(score_part).where(mine).values(holder=None, lease_until=None))


def end_round(connection: Connection, over: Open, rules: str) -> None:
    """All parts are done: what they rest on holds from now on."""
    values: dict[str, object] = {
        "rules": rules,
        "scored_at": to_seconds(over.at),
        "basis": over.basis,
        "at": None,
        "next_basis": None,
        "next_all_at": None,
        "links": None,
        "history": None,
        "outbox": None,
    }
    values["all_at"] = to_seconds(over.all_at)
    connection.execute(update(judging).where(_MINE).values(values))


def count_parts(connection: Connection) -> tuple[int, int]:
    """How many parts wait, and how many are being scored."""
    held = score_part.c.holder.is_not(None)
    waiting = connection.execute(select(func.count()).select_from(score_part).where(~held)).scalar_one()
    doing = connection.execute(select(func.count()).select_from(score_part).where(held)).scalar_one()
    return waiting, doing
