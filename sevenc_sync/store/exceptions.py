"""Exceptions: what a person leaves out of a client's score, with a reason and an end.

A row is added, and ended when a person takes it back or says it anew. Nothing else of it ever changes.
"""

from collections.abc import Collection
from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, insert, or_, select, update

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.store.audit import write_audit
from sevenc_sync.store.decisions import moment_or_none, score_anew
from sevenc_sync.store.tables import account, client, exception


class AcceptedRisk(msgspec.Struct, frozen=True, kw_only=True):
    """One exception. `target` is an area's slug or an indicator's id; with `record` only that record of its rows is left out.

    It counts as absent from `until` on.
    """

    id: int
    client: int
    client_name: str
    target: str
    account: str | None
    record: str | None
    reason: str
    by: str
    at: datetime
    until: datetime
    link: str | None
    ended_at: datetime | None
    ended_by: str | None

    def is_in_force(self, now: datetime) -> bool:
        """Whether it counts at that moment."""
        return self.at <= now < self.until and (self.ended_at is None or self.ended_at > now)

    @property
    def subject(self) -> str:
        """What it leaves out, in one text."""
        return subject_of(self.target, self.account, self.record)


class NewException(msgspec.Struct, frozen=True, kw_only=True):
    """What a person leaves out. `account` is the record's, by its name; both it and `record`, or none."""

    client: int
    target: str
    reason: str
    by: str
    until: datetime
    account: str | None = None
    record: str | None = None
    link: str | None = None


def subject_of(target: str, account_name: str | None, record: str | None) -> str:
    """What an exception leaves out, in one text."""
    return target if record is None else f"{target}, {account_name}/{record}"


def excepted_in_force(now: int | ColumnElement[int]) -> ColumnElement[bool]:
    """The condition that an exception counts at that moment (epoch seconds)."""
    columns = exception.c
    return (
        (columns.at <= now) & (columns.until > now) & or_(columns.ended_at.is_(None), columns.ended_at > now)
    )


def add_exception(connection: Connection, now: datetime, made: NewException) -> None:
    """Add it; one that leaves out the same and still counts ends with it. Raises KeyError for an unknown account."""
    number = _account(connection, made.account)
    _end(connection, now, made.client, made.target, number, made.record, made.by)
    connection.execute(
        insert(exception).values(
            client=made.client,
            target=made.target,
            account=number,
            record=made.record,
            reason=made.reason,
            by=made.by,
            at=to_seconds(now),
            until=to_seconds(made.until),
            link=made.link,
        )
    )
    write_audit(
        connection,
        now,
        made.by,
        "except",
        subject_of(made.target, made.account, made.record),
        client=made.client,
        detail={"reason": made.reason, "until": made.until, "link": made.link},
    )
    score_anew(connection, made.client)


def end_exception(
    connection: Connection,
    now: datetime,
    owner: int,
    target: str,
    by: str,
    *,
    account_name: str | None = None,
    record: str | None = None,
) -> bool:
    """Take an exception back; False where no such one counts any more. Raises KeyError for an unknown account."""
    number = _account(connection, account_name)
    if not _end(connection, now, owner, target, number, record, by):
        return False
    write_audit(connection, now, by, "except-end", subject_of(target, account_name, record), client=owner)
    score_anew(connection, owner)
    return True


def exceptions(
    connection: Connection,
    *,
    owners: Collection[int] | None = None,
    in_force_at: datetime | None = None,
) -> list[AcceptedRisk]:
    """Exceptions of some clients or of all, by client, target and age; with a moment, those that count then."""
    statement = (
        select(exception, client.c.name.label("client_name"), account.c.name.label("account_name"))
        .join(client, client.c.id == exception.c.client)
        .outerjoin(account, account.c.id == exception.c.account)
    )
    if owners is not None:
        statement = statement.where(exception.c.client.in_(sorted(owners)))
    if in_force_at is not None:
        statement = statement.where(excepted_in_force(to_seconds(in_force_at)))
    found = [
        AcceptedRisk(
            id=row.id,
            client=row.client,
            client_name=row.client_name,
            target=row.target,
            account=row.account_name,
            record=row.record,
            reason=row.reason,
            by=row.by,
            at=from_seconds(row.at),
            until=from_seconds(row.until),
            link=row.link,
            ended_at=moment_or_none(row.ended_at),
            ended_by=row.ended_by,
        )
        for row in connection.execute(statement)
    ]
    # Sorted here: databases sort texts by their own locales.
    return sorted(found, key=lambda row: (row.client_name, row.client, row.target, row.id))


def _account(connection: Connection, name: str | None) -> int | None:
    if name is None:
        return None
    number = connection.execute(select(account.c.id).where(account.c.name == name)).scalar()
    if number is None:
        raise KeyError(name)
    return int(number)


def _end(
    connection: Connection,
    now: datetime,
    owner: int,
    target: str,
    number: int | None,
    record: str | None,
    by: str,
) -> bool:
    columns = exception.c
    ended = connection.execute(
        update(exception)
        .where(
            columns.client == owner,
            columns.target == target,
            columns.account.is_(None) if number is None else columns.account == number,
            columns.record.is_(None) if record is None else columns.record == record,
            excepted_in_force(to_seconds(now)),
        )
        .values(ended_at=to_seconds(now), ended_by=by)
    )
    return ended.rowcount > 0
