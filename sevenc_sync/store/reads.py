"""Small reads that the stream engine needs of the store: parents of child streams, list entries, run rows."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select

from sevenc_sync.clock import from_seconds
from sevenc_sync.model import Lookup
from sevenc_sync.store.tables import account, evidence, quarantine, run, run_log, score_run, stream_state


def parent_rows(
    connection: Connection, number: int, table: str, kinds: Mapping[str, str], start: str | None
) -> list[Mapping[str, Any]]:
    """The account's rows of a table that a child stream reads under, by id, from `start` on (inclusive)."""
    source = evidence[table]
    statement = (
        select(source).where(source.c.account == number, source.c.gone_at.is_(None)).order_by(source.c.id)
    )
    for column, value in kinds.items():
        statement = statement.where(source.c[column] == value)
    if start is not None:
        statement = statement.where(source.c.id >= start)
    return [dict(row) for row in connection.execute(statement).mappings()]


def lookup_entries(connection: Connection, number: int, kinds: Sequence[str]) -> dict[str, dict[str, Lookup]]:
    """The vendor's list entries: kind -> vendor id -> entry."""
    found: dict[str, dict[str, Lookup]] = {kind: {} for kind in kinds}
    source = evidence["lookup"]
    statement = select(source).where(
        source.c.account == number, source.c.kind.in_(kinds), source.c.gone_at.is_(None)
    )
    for row in connection.execute(statement):
        entry = Lookup(
            id=row.id,
            kind=row.kind,
            name=row.name,
            meaning=row.meaning,
            parent=row.parent,
            is_active=row.is_active,
        )
        found[row.kind][row.id.partition(":")[2]] = entry
    return found


def column_by_id(connection: Connection, number: int, table: str, column: str) -> dict[str, str | None]:
    """One column of an evidence table of the account, by id; rows that are gone still say it."""
    source = evidence[table]
    statement = select(source.c.id, source.c[column]).where(source.c.account == number)
    return {row[0]: row[1] for row in connection.execute(statement)}


def stream_states(connection: Connection) -> list[dict[str, Any]]:
    """Every stream's state with its account's name, in the order of both names."""
    statement = (
        select(stream_state, account.c.name.label("account_name"), account.c.connector, account.c.is_stopped)
        .join(account, account.c.id == stream_state.c.account)
        .order_by(account.c.name, stream_state.c.stream)
    )
    return [dict(row) for row in connection.execute(statement).mappings()]


def quotas(connection: Connection) -> list[dict[str, Any]]:
    """The newest quota that each account's vendor told: account's name, used, limit, when (seconds)."""
    newest = select(func.max(run.c.id)).where(run.c.quota_limit.is_not(None)).group_by(run.c.account)
    statement = (
        select(account.c.name, run.c.quota_used, run.c.quota_limit, run.c.started_at)
        .join(account, account.c.id == run.c.account)
        .where(run.c.id.in_(newest))
        .order_by(account.c.name)
    )
    return [
        {"account": row[0], "used": row[1], "limit": row[2], "at": row[3]}
        for row in connection.execute(statement)
    ]


def usual_requests(connection: Connection, number: int, stream: str, mode: str) -> int | None:
    """The most requests that one of the stream's last three good runs of a mode took; None before the first one."""
    last = (
        select(run.c.requests)
        .where(
            run.c.account == number,
            run.c.stream == stream,
            run.c.mode == mode,
            run.c.state.in_(("ok", "partial")),
        )
        .order_by(run.c.id.desc())
        .limit(3)
    )
    return max(connection.scalars(last), default=None)


def last_action(connection: Connection, number: int, stream: str) -> str | None:
    """What the stream's newest run says that a person should do; None: nothing."""
    newest = select(run.c.action).where(run.c.account == number, run.c.stream == stream)
    return connection.execute(newest.order_by(run.c.id.desc()).limit(1)).scalar()


def runs(
    connection: Connection,
    *,
    limit: int,
    offset: int = 0,
    account_name: str | None = None,
    stream: str | None = None,
) -> list[dict[str, Any]]:
    """The newest runs first, from the `offset`th on, with their account's name."""
    statement = (
        select(run, account.c.name.label("account_name"))
        .join(account, account.c.id == run.c.account)
        .where(*_of(account_name, stream))
        .order_by(run.c.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [dict(row) for row in connection.execute(statement).mappings()]


def count_runs(connection: Connection, *, account_name: str | None = None, stream: str | None = None) -> int:
    """How many runs `runs` would give without a limit."""
    statement = select(func.count()).select_from(run).join(account, account.c.id == run.c.account)
    return int(connection.execute(statement.where(*_of(account_name, stream))).scalar_one())


def _of(account_name: str | None, stream: str | None) -> list[ColumnElement[bool]]:
    wanted = []
    if account_name is not None:
        wanted.append(account.c.name == account_name)
    if stream is not None:
        wanted.append(run.c.stream == stream)
    return wanted


def run_row(connection: Connection, number: int) -> dict[str, Any] | None:
    """One run with its account's name, or None."""
    statement = (
        select(run, account.c.name.label("account_name"))
        .join(account, account.c.id == run.c.account)
        .where(run.c.id == number)
    )
    row = connection.execute(statement).mappings().first()
    return None if row is None else dict(row)


def run_lines(connection: Connection, number: int, after: int = 0) -> list[dict[str, Any]]:
    """The run's own log, oldest first, from behind line id `after`."""
    statement = select(run_log).where(run_log.c.run == number, run_log.c.id > after).order_by(run_log.c.id)
    return [dict(row) for row in connection.execute(statement).mappings()]


def quarantine_of_run(connection: Connection, number: int) -> list[dict[str, Any]]:
    """The bad records that the run met, without their bytes."""
    columns = [quarantine.c.id, quarantine.c.path, quarantine.c.reason, quarantine.c.first_at]
    return [
        dict(row)
        for row in connection.execute(
            select(*columns).where(quarantine.c.run == number).order_by(quarantine.c.id)
        ).mappings()
    ]


def last_scored_at(connection: Connection) -> datetime | None:
    """The clock of the newest scoring; None before the first."""
    at = connection.execute(select(func.max(score_run.c.at))).scalar()
    return None if at is None else from_seconds(at)
