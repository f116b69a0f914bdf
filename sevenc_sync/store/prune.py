"""Letting go of what is old, each kind after its own time. Scores, their history, decisions and the audit log stay for ever."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Table, and_, delete, or_, select

from sevenc_sync.clock import to_seconds
from sevenc_sync.store.tables import (
    alarm,
    evidence,
    outbox,
    push_hold,
    push_plan,
    quarantine,
    round_,
    run,
    run_log,
)

# A link and a client rest on their company's row, and what it was called.
STAYING = frozenset({"company"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How many days each kind is kept after it is over."""

    log_days: int
    run_days: int
    gone_days: int
    quarantine_days: int
    outbox_days: int
    alarm_days: int


def prune(connection: Connection, keep: Keep, now: datetime) -> dict[str, int]:
    """Delete what is older; gives the number of rows by kind.

    Of what was written into a PSA the newest of each client stays, for the next one is compared with it. Records that are
    gone at their source stay as long as a rule may look back, and companies for ever.
    """
    at = {days: to_seconds(now - timedelta(days=days)) for days in _days(keep).values()}
    runs = and_(run.c.finished_at < at[keep.run_days], run.c.state != "running")
    old_runs = select(run.c.id).where(runs)
    counts = {
        "log lines": _delete(
            connection, run_log, or_(run_log.c.at < at[keep.log_days], run_log.c.run.in_(old_runs))
        ),
        "runs": _delete(connection, run, runs),
        "gone records": sum(
            _delete(connection, table, table.c.gone_at < at[keep.gone_days])
            for name, table in evidence.items()
            if name not in STAYING
        ),
        "quarantined records": _delete(
            connection, quarantine, quarantine.c.last_at < at[keep.quarantine_days]
        ),
        "outbox rows": _delete(connection, outbox, _overtaken(at[keep.outbox_days])),
        "alarms": _delete(
            connection,
            alarm,
            and_(alarm.c.ended_at < at[keep.alarm_days], alarm.c.end_told_at.is_not(None)),
        ),
    }
    connection.execute(
        delete(round_).where(
            round_.c.at < at[keep.run_days], ~select(run.c.id).where(run.c.round == round_.c.id).exists()
        )
    )
    connection.execute(delete(push_plan).where(push_plan.c.at < at[keep.outbox_days]))
    connection.execute(delete(push_hold).where(push_hold.c.ended_at < at[keep.outbox_days]))
    return counts


def _days(keep: Keep) -> Mapping[str, int]:
    return {name: getattr(keep, name) for name in Keep.__slots__}


def _delete(connection: Connection, table: Table, where: ColumnElement[bool]) -> int:
    return connection.execute(delete(table).where(where)).rowcount


def _overtaken(before: int) -> ColumnElement[bool]:
    """Rows of the outbox that nothing rests on any more: given up or replaced, or followed by a newer one that stands."""
    newer = outbox.alias("newer")
    stands = ("sent", "edited")
    followed = (
        select(newer.c.id)
        .where(
            newer.c.client == outbox.c.client,
            newer.c.account == outbox.c.account,
            newer.c.kind == outbox.c.kind,
            newer.c.subject.is_not_distinct_from(outbox.c.subject),
            newer.c.state.in_(stands),
            newer.c.id > outbox.c.id,
        )
        .exists()
    )
    over = or_(outbox.c.state.in_(("replaced", "failed")), and_(outbox.c.state.in_(stands), followed))
    return and_(outbox.c.finished_at < before, over)
