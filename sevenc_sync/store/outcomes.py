"""What became of a row of the outbox. Each outcome is kept with its line in the audit log, or not at all."""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, case, func, update

from sevenc_sync.clock import to_seconds
from sevenc_sync.store.audit import write_audit
from sevenc_sync.store.outbox import OutboxRow
from sevenc_sync.store.tables import outbox

BY_ITSELF = "sevenc-sync"  # who sends where push.mode is auto


def row_sent(
    connection: Connection,
    row: OutboxRow,
    *,
    vendor_id: str,
    outcome: str,
    now: datetime,
    shown: str | None = None,
    remark: str | None = None,
) -> None:
    """It stands at the vendor. One that was replaced meanwhile was sent all the same."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id == row.id)
        .values(
            state="sent",
            vendor_id=vendor_id,
            shown=shown,
            outcome=outcome,
            error=remark,
            attempts=outbox.c.attempts + 1,
            finished_at=to_seconds(now),
        )
    )
    _log(connection, row, "push-sent", now, {"outcome": outcome, "vendor_id": vendor_id, "remark": remark})


def row_over(
    connection: Connection,
    row: OutboxRow,
    *,
    state: str,
    outcome: str,
    error: str,
    now: datetime,
    vendor_id: str | None = None,
) -> None:
    """It will not be tried again: `state` is failed or edited, `outcome` says in a word why. A replaced one stays so."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id == row.id)
        .values(
            state=case((outbox.c.state == "pending", state), else_=outbox.c.state),
            outcome=outcome,
            error=error,
            vendor_id=func.coalesce(vendor_id, outbox.c.vendor_id),
            attempts=outbox.c.attempts + 1,
            finished_at=to_seconds(now),
        )
    )
    _log(connection, row, f"push-{state}", now, {"outcome": outcome, "answer": error})


def row_waits(
    connection: Connection,
    row: OutboxRow,
    *,
    outcome: str,
    error: str,
    not_before: datetime | None = None,
) -> None:
    """It was tried and waits for the next time, or until a moment."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id == row.id)
        .values(
            attempts=outbox.c.attempts + 1,
            outcome=outcome,
            error=error,
            not_before=None if not_before is None else to_seconds(not_before),
        )
    )


def account_waits(connection: Connection, account: int, *, outcome: str, error: str, now: datetime) -> None:
    """Nothing of this account can be sent, for this reason; its rows were not tried."""
    connection.execute(
        update(outbox)
        .where(outbox.c.account == account, outbox.c.state == "pending")
        .values(outcome=outcome, error=error)
    )
    write_audit(
        connection, now, BY_ITSELF, "push-refused", str(account), detail={"outcome": outcome, "answer": error}
    )


def _log(
    connection: Connection, row: OutboxRow, action: str, now: datetime, detail: Mapping[str, object]
) -> None:
    write_audit(
        connection,
        now,
        row.approved_by or BY_ITSELF,
        action,
        row.subject or f"company {row.company}",
        client=row.client,
        detail={
            "kind": row.kind,
            "row": row.id,
            "plan": row.plan,
            "sha256": hashlib.sha256(row.text.encode()).hexdigest(),
            **{name: value for name, value in detail.items() if value is not None},
        },
    )
