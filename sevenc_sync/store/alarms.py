"""Alarms: what a person should know, kept from its beginning to its end, so that each is told once.

A condition is what is so now. One that is new begins an alarm; an alarm whose condition is no longer there ends.
"""

from collections.abc import Collection, Iterable
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, and_, func, insert, or_, select, update

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.store.tables import alarm, client, client_score, score_history

DOWN_AFTER = 3  # runs in a row that failed: with the waits between them about a quarter of an hour


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """Something that should not stay as it is. `kind` and `subject` make it the same from one look to the next."""

    kind: str
    subject: str
    text: str
    action: str


class Alarm(msgspec.Struct, frozen=True, kw_only=True):
    """A condition with its times; `ended_at` None: it is so now."""

    id: int
    kind: str
    subject: str
    text: str
    action: str
    since: datetime
    ended_at: datetime | None
    is_told: bool


def observe(connection: Connection, conditions: Iterable[Condition], now: datetime) -> None:
    """Begin an alarm for each new condition and end those that are over.

    One whose end was not told yet goes on when its condition is back: what comes and goes is told once. One that ended
    before its beginning was told is never told.
    """
    at = to_seconds(now)
    found = {(item.kind, item.subject): item for item in conditions}
    rows = connection.execute(
        select(alarm).where(or_(alarm.c.ended_at.is_(None), alarm.c.end_told_at.is_(None)))
    ).all()
    for row in rows:
        item = found.pop((row.kind, row.subject), None)
        this = update(alarm).where(alarm.c.id == row.id)
        if item is None:
            if row.ended_at is None:
                untold = {} if row.told_at is not None else {"end_told_at": at}
                connection.execute(this.values(ended_at=at, **untold))
        elif (row.text, row.action, row.ended_at) != (item.text, item.action, None):
            connection.execute(this.values(text=item.text, action=item.action, ended_at=None))
    if found:
        connection.execute(
            insert(alarm),
            [
                {"kind": kind, "subject": subject, "text": item.text, "action": item.action, "since": at}
                for (kind, subject), item in found.items()
            ],
        )


def untold(connection: Connection) -> list[Alarm]:
    """Alarms whose beginning or end has not been told, oldest first."""
    begun = and_(alarm.c.told_at.is_(None), alarm.c.ended_at.is_(None))
    over = and_(alarm.c.ended_at.is_not(None), alarm.c.end_told_at.is_(None))
    return _alarms(connection, or_(begun, over))


def open_alarms(connection: Connection) -> list[Alarm]:
    """Alarms that are on now, oldest first."""
    return _alarms(connection, alarm.c.ended_at.is_(None))


def last_alarms(connection: Connection, limit: int) -> list[Alarm]:
    """The newest alarms, over or not, oldest first."""
    newest = select(alarm.c.id).order_by(alarm.c.id.desc()).limit(limit)
    return _alarms(connection, alarm.c.id.in_(newest))


def mark_told(connection: Connection, told: Collection[Alarm], now: datetime) -> None:
    """Remember that these were told as they were read: their beginning, or their end."""
    at = to_seconds(now)
    for over, column in ((False, alarm.c.told_at), (True, alarm.c.end_told_at)):
        ids = [item.id for item in told if (item.ended_at is not None) == over]
        connection.execute(update(alarm).where(alarm.c.id.in_(ids)).values({column: at}))


def _alarms(connection: Connection, where: ColumnElement[bool]) -> list[Alarm]:
    statement = select(alarm).where(where).order_by(alarm.c.id)
    return [
        Alarm(
            id=row.id,
            kind=row.kind,
            subject=row.subject,
            text=row.text,
            action=row.action,
            since=from_seconds(row.since),
            ended_at=None if row.ended_at is None else from_seconds(row.ended_at),
            is_told=row.told_at is not None,
        )
        for row in connection.execute(statement)
    ]


class Drop(msgspec.Struct, frozen=True, kw_only=True):
    """A client whose score fell: from the highest since a moment, by the same rules, to now."""

    client: int
    name: str
    before: float
    after: float


def score_drops(connection: Connection, since: datetime, points: float) -> list[Drop]:
    """Active clients whose score stands at least `points` below its highest since that moment, the deepest first.

    Scores by other rules than today's are no comparison: whoever changes the rules knows that they move.
    """
    mine = (score_history.c.kind == "client") & score_history.c.level.is_not(None)
    at = to_seconds(since)
    recent = select(score_history.c.client).where(mine, score_history.c.at >= at).distinct()
    in_force = (
        select(func.max(score_history.c.id))
        .where(mine, score_history.c.at < at, score_history.c.client.in_(recent))
        .group_by(score_history.c.client)
    )
    highest = (
        select(score_history.c.client, func.max(score_history.c.level).label("level"))
        .join(client_score, client_score.c.client == score_history.c.client)
        .where(
            mine,
            score_history.c.rules_hash == client_score.c.rules_hash,
            or_(score_history.c.at >= at, score_history.c.id.in_(in_force)),
        )
        .group_by(score_history.c.client)
        .subquery()
    )
    statement = (
        select(client.c.id, client.c.name, highest.c.level, client_score.c.score)
        .join(highest, highest.c.client == client.c.id)
        .join(client_score, client_score.c.client == client.c.id)
        .where(client.c.is_active, highest.c.level - client_score.c.score >= points)
        .order_by((highest.c.level - client_score.c.score).desc(), client.c.id)
    )
    return [
        Drop(client=row[0], name=row[1], before=row[2], after=row[3]) for row in connection.execute(statement)
    ]
