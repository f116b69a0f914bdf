"""Streams whose backup runs are built up: since when they are watched, the states seen, and the runs noted."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Delete, delete, func, not_, select, true

from sevenc_sync.model import ProtectionRun
from sevenc_sync.store.bulk import Counts, mark_dirty, upsert
from sevenc_sync.store.codec import Codec
from sevenc_sync.store.runs import Claim, hold_fast
from sevenc_sync.store.seen import Place
from sevenc_sync.store.tables import evidence, stream_state, watch

BUILT = "#"  # stands between protection and time in the id of a run that was built up; a vendor's own has another sign


@dataclass(frozen=True, slots=True)
class Watch:
    """Times in seconds: from `since` on no run went by unseen, `looked_at` was the last reading."""

    since: int
    looked_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a protection shows now. Times in seconds; `read_at` is when it was first read so."""

    id: str
    company: str | None
    attempt: int | None
    success: int | None
    result: str | None
    error: str | None
    interval_hours: float | None
    is_idle: bool  # paused or archived: no run is expected
    read_at: int


def read_watch(connection: Connection, account: int, stream: str) -> Watch | None:
    """The stream's watch; None before its first reading to the end."""
    row = connection.execute(
        select(watch.c.since, watch.c.looked_at).where(watch.c.account == account, watch.c.stream == stream)
    ).first()
    return None if row is None else Watch(row.since, row.looked_at)


def shown_protections(connection: Connection, place: Place, *, met: bool) -> list[Shown]:
    """What the protections of this place show that are not gone, by id; with `met` those only that the pass has met."""
    table = evidence[place.kind]
    columns = table.c
    statement = (
        select(
            columns.id,
            columns.company,
            columns.last_attempt_at,
            columns.last_success_at,
            columns.last_result,
            columns.last_error,
            columns.interval_hours,
            columns.is_paused,
            columns.is_archived,
            columns.fetched_at,
        )
        .where(place.rows(), not_(place.unseen()) if met else true())
        .order_by(columns.id)
    )
    return [
        Shown(
            id=row.id,
            company=row.company,
            attempt=row.last_attempt_at,
            success=row.last_success_at,
            result=row.last_result,
            error=row.last_error,
            interval_hours=row.interval_hours,
            is_idle=bool(row.is_paused or row.is_archived),
            read_at=row.fetched_at,
        )
        for row in connection.execute(statement)
    ]


def last_good_reading(connection: Connection, account: int, streams: Sequence[str]) -> int | None:
    """When the stalest of these streams was last read to the end, in seconds; None when one never was."""
    columns = stream_state.c
    statement = select(columns.last_ok_at).where(columns.account == account, columns.stream.in_(streams))
    times = list(connection.execute(statement).scalars())
    return None if len(times) < len(streams) or None in times else min(times)


def note_runs(
    connection: Connection,
    claimed: Claim,
    codec: Codec,
    runs: Sequence[ProtectionRun],
    found: Watch,
    fetched_at: int,
) -> Counts:
    """Write the runs that are new or other than before, and how far the watch reaches now. Raises RunLost."""
    hold_fast(connection, claimed)
    counts = upsert(
        connection, codec, claimed.account, [codec.row(claimed.account, run, fetched_at) for run in runs]
    )
    connection.execute(_of(claimed))
    connection.execute(
        watch.insert().values(
            account=claimed.account, stream=claimed.stream, since=found.since, looked_at=found.looked_at
        )
    )
    return counts


def forget_built(connection: Connection, claimed: Claim, place: Place) -> int:
    """Delete the runs that were built up for a stream that delivers its own now, and its watch. Gives how many.

    They would stand beside those of the vendor. Raises RunLost.
    """
    hold_fast(connection, claimed)
    runs = evidence[ProtectionRun.table]
    own = select(evidence[place.kind].c.id).where(place.rows())
    where = (
        (runs.c.account == claimed.account)
        & runs.c.protection.in_(own)
        & (func.substr(runs.c.id, 1, func.length(runs.c.protection) + 1) == runs.c.protection + BUILT)
    )
    companies = connection.execute(select(runs.c.company).where(where).distinct()).scalars()
    mark_dirty(
        connection, claimed.account, ProtectionRun.table, [key for key in companies if key is not None]
    )
    connection.execute(_of(claimed))
    return connection.execute(delete(runs).where(where)).rowcount


def watched_since(connection: Connection) -> dict[tuple[int, str], int]:
    """Since when each watched stream's runs are all known, in seconds, by account and stream."""
    return {(row.account, row.stream): row.since for row in connection.execute(select(watch))}


def _of(claimed: Claim) -> Delete:
    return delete(watch).where(watch.c.account == claimed.account, watch.c.stream == claimed.stream)
