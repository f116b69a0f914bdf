"""What one call per row tells: which rows wait for theirs, what was said, and how it comes into the rows.

A row is written by its own stream, whose answers do not hold the details; they are kept here, and filled into the
row whenever it is written anew. Until a detail has been read its columns are null.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, case, delete, func, or_, select, update

from sevenc_sync.store.bulk import Counts, insert_missing, mark_dirty
from sevenc_sync.store.codec import Codec, Row
from sevenc_sync.store.tables import account as accounts
from sevenc_sync.store.tables import detail, evidence

MAX_IDS = 500  # in one statement: databases bound the number of parameters

_SAID = msgspec.json.Decoder(dict[str, Any])

_waits = or_(detail.c.read_mark.is_(None), detail.c.read_mark != detail.c.mark)


@dataclass(frozen=True, slots=True)
class Mark:
    """What a row's record says of one detail: its `mark` changes when the detail should be read again; None: there is none."""

    stream: str
    id: str
    mark: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """What the call for one row told: the values of its columns, as the store keeps them. `mark` is the row's by then."""

    id: str
    mark: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Backlog:
    """How many of a detail stream's rows wait, of how many, and since when the oldest does (seconds; None: none waits)."""

    account: str
    stream: str
    kind: str
    waiting: int
    rows: int
    since: int | None


def mark_details(connection: Connection, account: int, kind: str, marks: Sequence[Mark], at: int) -> None:
    """Remember the rows' marks. Where there is nothing to read any more, what was said before is forgotten."""
    by_stream: dict[str, dict[str, str | None]] = {}
    for item in marks:
        by_stream.setdefault(item.stream, {})[item.id] = item.mark
    for stream, wanted in by_stream.items():
        mine = (detail.c.account == account) & (detail.c.stream == stream)
        known: dict[str, str] = {}
        for part in _parts(list(wanted)):
            found = connection.execute(select(detail.c.id, detail.c.mark).where(mine, detail.c.id.in_(part)))
            known |= {row.id: row.mark for row in found}
        for part in _parts([key for key in known if wanted[key] is None]):
            connection.execute(delete(detail).where(mine, detail.c.id.in_(part)))
        changed = [
            {"key": key, "new": mark, "at": at}
            for key, mark in wanted.items()
            if mark is not None and known.get(key, mark) != mark
        ]
        if changed:
            connection.execute(
                update(detail)
                .where(mine, detail.c.id == bindparam("key"))
                .values(mark=bindparam("new"), since=bindparam("at")),
                changed,
            )
        insert_missing(
            connection,
            detail,
            [
                {"account": account, "stream": stream, "id": key, "kind": kind, "mark": mark, "since": at}
                for key, mark in wanted.items()
                if mark is not None and key not in known
            ],
        )


def read_anew(connection: Connection, account: int, stream: str) -> None:
    """Let all rows of a detail stream wait again; what was said stays until they have been read."""
    connection.execute(
        update(detail).where(detail.c.account == account, detail.c.stream == stream).values(read_mark=None)
    )


def waiting_rows(
    connection: Connection, account: int, stream: str, table: str, limit: int
) -> list[tuple[Mapping[str, Any], str]]:
    """The rows whose details are to be read next, each with its mark: those first that nobody asked for the longest."""
    source = evidence[table]
    statement = (
        select(source, detail.c.mark)
        .join(detail, (detail.c.account == source.c.account) & (detail.c.id == source.c.id))
        .where(detail.c.account == account, detail.c.stream == stream, source.c.gone_at.is_(None), _waits)
        .order_by(func.coalesce(detail.c.tried_at, detail.c.since), detail.c.id)
        .limit(limit)
    )
    return [(dict(row), row["mark"]) for row in connection.execute(statement).mappings()]


def any_row(connection: Connection, account: int, stream: str, table: str) -> Mapping[str, Any] | None:
    """One row that has this detail; None before the first."""
    source = evidence[table]
    statement = (
        select(source)
        .join(detail, (detail.c.account == source.c.account) & (detail.c.id == source.c.id))
        .where(detail.c.account == account, detail.c.stream == stream, source.c.gone_at.is_(None))
        .limit(1)
    )
    row = connection.execute(statement).mappings().first()
    return None if row is None else dict(row)


def fill(
    connection: Connection, codec: Codec, account: int, streams: Collection[str], rows: Sequence[Row]
) -> list[Row]:
    """The rows with what details said of them, where they say nothing themselves. Unchanged records stay as they are."""
    if not streams:
        return list(rows)
    at = codec.digest_at
    ids = [row[1] for row in rows if row[at] is not None]
    said: dict[str, dict[str, Any]] = {}
    for part in _parts(ids):
        found = connection.execute(
            select(detail.c.id, detail.c.said).where(
                detail.c.account == account,
                detail.c.stream.in_(sorted(streams)),
                detail.c.id.in_(part),
                detail.c.said.is_not(None),
            )
        )
        for key, text in found:
            said.setdefault(key, {}).update(_SAID.decode(text))
    return [_filled(codec, row, said.get(row[1])) if row[at] is not None else row for row in rows]


def _filled(codec: Codec, row: Row, values: Mapping[str, Any] | None) -> Row:
    if not values:
        return row
    return tuple(
        values.get(name) if value is None else value for name, value in zip(codec.columns, row, strict=True)
    )


def save_details(
    connection: Connection, codec: Codec, account: int, stream: str, answers: Sequence[Said], at: int
) -> Counts:
    """Keep what was said and write it into the rows that it differs from; marks their companies as dirty."""
    counts = Counts()
    if not answers:
        return counts
    table = evidence[codec.record.table]
    names = sorted({name for answer in answers for name in answer.values})
    own = [] if codec.company_at is None else [table.c[codec.columns[codec.company_at]]]
    stored: dict[str, tuple[tuple[Any, ...], Any]] = {}
    for part in _parts([answer.id for answer in answers]):
        wanted = select(table.c.id, *(table.c[name] for name in names), *own)
        for row in connection.execute(wanted.where(table.c.account == account, table.c.id.in_(part))):
            stored[row[0]] = (tuple(row[1 : 1 + len(names)]), row[-1] if own else None)
    companies: set[str] = set()
    for answer in answers:
        before, company = stored.get(answer.id, (None, None))
        if before is None or before == tuple(answer.values.get(name) for name in names):
            counts.same += 1
            continue
        counts.changed += 1
        connection.execute(
            update(table)
            .where(table.c.account == account, table.c.id == answer.id)
            .values({**answer.values, "fetched_at": at})
        )
        if company is not None:
            companies.add(company)
    mark_dirty(connection, account, codec.record.table, companies)
    connection.execute(
        update(detail)
        .where(detail.c.account == account, detail.c.stream == stream, detail.c.id == bindparam("key"))
        .values(read_mark=bindparam("read"), said=bindparam("values"), tried_at=bindparam("at")),
        [
            {
                "key": answer.id,
                "read": answer.mark,
                "values": msgspec.json.encode(answer.values, order="sorted").decode(),
                "at": at,
            }
            for answer in answers
        ],
    )
    return counts


def note_tried(connection: Connection, account: int, stream: str, ids: Sequence[str], at: int) -> None:
    """Rows whose details could not be read go to the end of the queue: they must not keep others from their turn."""
    for part in _parts(list(ids)):
        connection.execute(
            update(detail)
            .where(detail.c.account == account, detail.c.stream == stream, detail.c.id.in_(part))
            .values(tried_at=at)
        )


def count_waiting(connection: Connection, account: int, stream: str) -> int:
    """How many rows wait for this detail."""
    count = select(func.count()).where(detail.c.account == account, detail.c.stream == stream, _waits)
    return int(connection.execute(count).scalar_one())


def backlogs(connection: Connection) -> list[Backlog]:
    """Each account's detail streams with what they still have to read, in the order of both names."""
    waiting = func.sum(case((_waits, 1), else_=0))
    statement = (
        select(
            accounts.c.name,
            detail.c.stream,
            func.min(detail.c.kind),
            waiting,
            func.count(),
            func.min(case((_waits, detail.c.since))),
        )
        .join(accounts, accounts.c.id == detail.c.account)
        .group_by(accounts.c.name, detail.c.stream)
        .order_by(accounts.c.name, detail.c.stream)
    )
    return [
        Backlog(row[0], row[1], row[2], int(row[3]), int(row[4]), row[5])
        for row in connection.execute(statement)
    ]


def _parts(ids: Sequence[str]) -> Iterable[Sequence[str]]:
    return (ids[start : start + MAX_IDS] for start in range(0, len(ids), MAX_IDS))
