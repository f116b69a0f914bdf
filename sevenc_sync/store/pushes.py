"""Plans that were shown and approved, and runs that the brake held until a person let them go."""

import hashlib
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, delete, insert, select, update

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.store.audit import write_audit
from sevenc_sync.store.outbox import OutboxRow, as_row
from sevenc_sync.store.tables import outbox, push_hold, push_plan

HASH_LENGTH = 12  # hexadecimal digits of a plan's hash: it is typed by hand


class Plan(msgspec.Struct, frozen=True):
    """What one push would send: the rows in their order, and a hash of where they go and what they say."""

    hash: str
    rows: tuple[OutboxRow, ...]


class Approved(msgspec.Struct, frozen=True):
    """What an approval covers now: the rows that may be sent, and those that have changed or gone since the plan."""

    rows: tuple[OutboxRow, ...]
    void: tuple[OutboxRow, ...]


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A push that the brake held: why, and which rows."""

    id: int
    at: datetime
    reasons: tuple[str, ...]
    rows: tuple[int, ...]


def plan_of(rows: Sequence[OutboxRow]) -> Plan:
    """The plan of those rows; its hash is the same for the same texts at the same places."""
    joined = "\n".join(sorted(row.fingerprint for row in rows))
    return Plan(hashlib.sha256(joined.encode()).hexdigest()[:HASH_LENGTH], tuple(rows))


def keep_plan(connection: Connection, plan: Plan, now: datetime) -> None:
    """Remember a plan that is shown, so that it can be approved."""
    items = msgspec.json.encode([(row.id, row.fingerprint) for row in plan.rows]).decode()
    # The same texts may by now be those of other rows.
    connection.execute(delete(push_plan).where(push_plan.c.hash == plan.hash))
    connection.execute(insert(push_plan).values(hash=plan.hash, at=to_seconds(now), entries=items))


def approve(connection: Connection, plan: str, by: str, now: datetime) -> Approved | None:
    """Approve exactly what that plan showed, as far as it still waits unchanged. None: no such plan was shown."""
    kept = connection.execute(select(push_plan.c.entries).where(push_plan.c.hash == plan)).scalar()
    if kept is None:
        return None
    shown = dict(msgspec.json.decode(kept, type=list[tuple[int, str]]))
    found = connection.execute(select(outbox).where(outbox.c.id.in_(sorted(shown)))).mappings()
    rows = [as_row(row) for row in found]
    good = [row for row in rows if row.state == "pending" and row.fingerprint == shown[row.id]]
    # What was sent meanwhile is done, not void.
    void = [row for row in rows if row not in good and row.state != "sent"]
    approve_rows(connection, [row.id for row in good], plan, by, now)
    write_audit(
        connection,
        now,
        by,
        "push-approve",
        plan,
        detail={"rows": [row.id for row in good], "void": [row.id for row in void]},
    )
    return Approved(tuple(good), tuple(void))


def approve_rows(
    connection: Connection, numbers: Collection[int], plan: str | None, by: str, now: datetime
) -> None:
    """A person says yes to these rows as they are."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id.in_(sorted(numbers)), outbox.c.state == "pending")
        .values(approved_at=to_seconds(now), approved_by=by, plan=plan)
    )


def put_off(connection: Connection, number: int, by: str, until: datetime, now: datetime) -> OutboxRow | None:
    """Send this row not before `until`, whatever was approved: a person wants to look first. None: it does not wait."""
    mine = (outbox.c.id == number) & (outbox.c.state == "pending")
    done = connection.execute(
        update(outbox)
        .where(mine)
        .values(not_before=to_seconds(until), approved_at=None, approved_by=None, plan=None)
    )
    if done.rowcount == 0:
        return None
    row = as_row(connection.execute(select(outbox).where(outbox.c.id == number)).mappings().one())
    detail = {"row": number, "until": until.isoformat()}
    write_audit(connection, now, by, "push-later", f"company {row.company}", client=row.client, detail=detail)
    return row


def take_up(connection: Connection, number: int) -> None:
    """Let a row that was put off be sent when it is approved."""
    connection.execute(
        update(outbox).where(outbox.c.id == number, outbox.c.attempts == 0).values(not_before=None)
    )


def adopt(connection: Connection, client: int, by: str, now: datetime) -> OutboxRow | None:
    """Let our newest note of the client stand in the place of what a person made of it. None: there is none to send."""
    row = (
        connection.execute(
            select(outbox)
            .where(outbox.c.client == client, outbox.c.kind == "note", outbox.c.state != "replaced")
            .order_by(outbox.c.id.desc())
            .limit(1)
        )
        .mappings()
        .first()
    )
    if row is None or row["state"] not in ("pending", "edited"):
        return None
    connection.execute(
        update(outbox)
        .where(outbox.c.id == row["id"])
        .values(
            state="pending",
            adopt=True,
            approved_at=to_seconds(now),
            approved_by=by,
            error=None,
            outcome=None,
            finished_at=None,
        )
    )
    write_audit(
        connection,
        now,
        by,
        "push-adopt",
        f"company {row['company']}",
        client=client,
        detail={"row": row["id"]},
    )
    return as_row(connection.execute(select(outbox).where(outbox.c.id == row["id"])).mappings().one())


def open_hold(connection: Connection) -> Hold | None:
    """The newest hold that nobody has ended."""
    row = connection.execute(
        select(push_hold).where(push_hold.c.ended_at.is_(None)).order_by(push_hold.c.id.desc()).limit(1)
    ).first()
    return None if row is None else _hold(row)


def hold(
    connection: Connection, reasons: Sequence[str], rows: Collection[int], now: datetime
) -> tuple[Hold, bool]:
    """Hold these rows; and whether that is news. Another open hold is taken further: there is one at a time."""
    there = open_hold(connection)
    values: dict[str, Any] = {
        "reasons": msgspec.json.encode(list(reasons)).decode(),
        "entries": msgspec.json.encode(sorted(rows)).decode(),
    }
    if there is None:
        connection.execute(insert(push_hold).values(at=to_seconds(now), **values))
    else:
        connection.execute(update(push_hold).where(push_hold.c.id == there.id).values(**values))
    made = open_hold(connection)
    if made is None:  # it was just written, in this transaction
        raise LookupError("the hold that was just made")
    if there is None or there.reasons != made.reasons:
        write_audit(
            connection,
            now,
            "sevenc-sync",
            "push-hold",
            str(made.id),
            detail={"reasons": list(reasons), "rows": len(rows)},
        )
    return made, there is None


def end_hold(connection: Connection, by: str, why: str, now: datetime) -> Hold | None:
    """A person lets go what the brake held: these very rows pass from now on. None: nothing is held."""
    there = open_hold(connection)
    if there is None:
        return None
    connection.execute(
        update(push_hold)
        .where(push_hold.c.id == there.id)
        .values(ended_at=to_seconds(now), ended_by=by, ended_why=why)
    )
    connection.execute(
        update(outbox).where(outbox.c.id.in_(there.rows), outbox.c.state == "pending").values(hold=there.id)
    )
    write_audit(
        connection,
        now,
        by,
        "push-accept",
        str(there.id),
        detail={"reason": why, "held": list(there.reasons), "rows": len(there.rows)},
    )
    return there


def drop_hold(connection: Connection, now: datetime) -> None:
    """Nothing is held any more: what the brake saw has passed by itself."""
    connection.execute(
        update(push_hold)
        .where(push_hold.c.ended_at.is_(None))
        .values(ended_at=to_seconds(now), ended_why="passed by itself")
    )


def _hold(row: Any) -> Hold:
    return Hold(
        id=row.id,
        at=from_seconds(row.at),
        reasons=tuple(msgspec.json.decode(row.reasons, type=list[str])),
        rows=tuple(msgspec.json.decode(row.entries, type=list[int])),
    )
