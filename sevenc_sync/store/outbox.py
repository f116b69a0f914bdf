"""The outbox: notes that are to reach a PSA, kept in the same transaction as the score that they tell of.

States: pending, then sent or failed; replaced when a newer note overtook it before it was sent.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, insert, select, update

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.store.tables import outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A note on its way. `reference` is its last line; `vendor_id` the note's id at the vendor once it is known."""

    id: int
    client: int
    account: int
    company: str
    reference: str
    text: str
    digest: str
    state: str
    attempts: int
    error: str | None
    vendor_id: str | None
    outcome: str | None
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNote:
    """A note to be sent."""

    client: int
    account: int
    company: str
    reference: str
    text: str
    digest: str


def _row(row: Any) -> OutboxRow:
    values = dict(row)
    values["created_at"] = from_seconds(values["created_at"])
    values["finished_at"] = None if values["finished_at"] is None else from_seconds(values["finished_at"])
    return OutboxRow(**values)


def last_note(connection: Connection, client: int) -> OutboxRow | None:
    """The client's newest note that was not replaced: sent, on its way, or failed."""
    return _newest(connection, outbox.c.client == client, outbox.c.state != "replaced")


def last_sent(connection: Connection, client: int) -> OutboxRow | None:
    """The client's newest note that was sent."""
    return _newest(connection, outbox.c.client == client, outbox.c.state == "sent")


def _newest(connection: Connection, *where: ColumnElement[bool]) -> OutboxRow | None:
    statement = select(outbox).where(*where).order_by(outbox.c.id.desc()).limit(1)
    row = connection.execute(statement).mappings().first()
    return None if row is None else _row(row)


def queue_note(connection: Connection, note: NewNote, now: datetime) -> int:
    """Put the note into the outbox; older ones of the client that still wait are replaced. Gives its number."""
    connection.execute(
        update(outbox)
        .where(outbox.c.client == note.client, outbox.c.state == "pending")
        .values(state="replaced", finished_at=to_seconds(now))
    )
    result = connection.execute(
        insert(outbox).values(
            client=note.client,
            account=note.account,
            company=note.company,
            reference=note.reference,
            text=note.text,
            digest=note.digest,
            state="pending",
            attempts=0,
            created_at=to_seconds(now),
        )
    )
    return int((result.inserted_primary_key or (0,))[0])


def waiting_notes(
    connection: Connection, accounts: Collection[int] | None = None, limit: int | None = None
) -> list[OutboxRow]:
    """Notes that wait, the least tried first, then the oldest."""
    statement = select(outbox).where(outbox.c.state == "pending").order_by(outbox.c.attempts, outbox.c.id)
    if accounts is not None:
        statement = statement.where(outbox.c.account.in_(sorted(accounts)))
    return [_row(row) for row in connection.execute(statement.limit(limit)).mappings()]


def waiting_counts(connection: Connection) -> dict[int, int]:
    """How many notes wait, by account."""
    statement = (
        select(outbox.c.account, func.count()).where(outbox.c.state == "pending").group_by(outbox.c.account)
    )
    return {row[0]: row[1] for row in connection.execute(statement)}


def is_waiting(connection: Connection, number: int) -> bool:
    """Whether the note still waits: it may have been replaced since it was read."""
    state = connection.execute(select(outbox.c.state).where(outbox.c.id == number)).scalar()
    return state == "pending"


def known_vendor_id(connection: Connection, client: int, account: int, company: str) -> str | None:
    """The vendor's id of the newest note that we wrote on this company, however it ended."""
    statement = (
        select(outbox.c.vendor_id)
        .where(
            outbox.c.client == client,
            outbox.c.account == account,
            outbox.c.company == company,
            outbox.c.vendor_id.is_not(None),
        )
        .order_by(outbox.c.id.desc())
        .limit(1)
    )
    return connection.execute(statement).scalar()


def note_sent(
    connection: Connection,
    number: int,
    *,
    vendor_id: str,
    outcome: str,
    now: datetime,
    remark: str | None = None,
) -> None:
    """The note stands at the vendor. One that was replaced meanwhile was sent all the same."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id == number)
        .values(
            state="sent",
            vendor_id=vendor_id,
            outcome=outcome,
            error=remark,
            attempts=outbox.c.attempts + 1,
            finished_at=to_seconds(now),
        )
    )


def note_failed(
    connection: Connection, number: int, *, error: str, now: datetime, vendor_id: str | None = None
) -> None:
    """The note will not be tried again."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id == number)
        .values(
            state=case((outbox.c.state == "pending", "failed"), else_=outbox.c.state),
            error=error,
            vendor_id=func.coalesce(vendor_id, outbox.c.vendor_id),
            attempts=outbox.c.attempts + 1,
            finished_at=to_seconds(now),
        )
    )


def note_waits(connection: Connection, number: int, *, error: str) -> None:
    """The note was tried and waits for the next time."""
    connection.execute(
        update(outbox).where(outbox.c.id == number).values(attempts=outbox.c.attempts + 1, error=error)
    )


def account_waits(connection: Connection, account: int, *, error: str) -> None:
    """Nothing of this account can be sent, for this reason; its notes were not tried."""
    connection.execute(
        update(outbox).where(outbox.c.account == account, outbox.c.state == "pending").values(error=error)
    )
