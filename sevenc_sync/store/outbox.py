"""The outbox: what is to reach a PSA, kept in the same transaction as the score that it tells of.

A row is pending, then sent, edited (a person's edit stands in its place) or failed; replaced when a newer one overtook it.
Its text is written later than the row, from the evidence as it is then; until it has one it cannot be sent.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec
from sqlalchemy import ColumnElement, Connection, func, insert, or_, select, update

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.store.tables import outbox

Kind = Literal["note", "fields", "ticket", "ticket-note"]
ONE_AT_A_TIME: tuple[Kind, ...] = ("note", "fields")  # a newer one replaces one that waits


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What a row tells, in whole numbers: score 0 to 100, proof in percent, and each block's level by its slug."""

    score: int
    proof: int
    levels: dict[str, int | None]


class OutboxRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something on its way. `reference` is what finds it again, `vendor_id` the vendor's id once it is known.

    `text` is empty until it was written; `error` says why it was not, or not delivered.
    """

    id: int
    kind: Kind
    subject: str | None
    client: int
    account: int
    company: str
    reference: str
    text: str
    form: str | None
    digest: str
    facts: Facts | None
    state: str
    attempts: int
    error: str | None
    vendor_id: str | None
    shown: str | None
    outcome: str | None
    approved_at: datetime | None
    approved_by: str | None
    plan: str | None
    adopt: bool
    hold: int | None
    not_before: datetime | None
    created_at: datetime
    finished_at: datetime | None

    @property
    def fingerprint(self) -> str:
        """Changes with where it goes and what it says."""
        told = (self.kind, str(self.account), self.company, self.reference, self.text)
        return hashlib.sha256("\0".join(told).encode()).hexdigest()


class NewRow(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be sent. With `approved_by` it needs no further approval: a person said yes to these very words."""

    client: int
    account: int
    company: str
    reference: str
    digest: str
    kind: Kind = "note"
    subject: str | None = None
    text: str = ""
    form: str | None = None
    facts: Facts | None = None
    approved_by: str | None = None


class Last(msgspec.Struct, frozen=True):
    """A client's newest row that was not replaced, and its newest one that was sent."""

    row: OutboxRow | None = None
    sent: OutboxRow | None = None


_TIMES = ("approved_at", "not_before", "created_at", "finished_at")


def as_row(row: Any) -> OutboxRow:
    """A row as the store gives it."""
    values = dict(row)
    for name in _TIMES:
        values[name] = None if values[name] is None else from_seconds(values[name])
    facts = values["facts"]
    values["facts"] = None if facts is None else msgspec.json.decode(facts, type=Facts)
    return OutboxRow(**values)


def rows_where(connection: Connection, *where: ColumnElement[bool]) -> list[OutboxRow]:
    """The rows that meet the conditions, oldest first."""
    statement = select(outbox).where(*where).order_by(outbox.c.id)
    return [as_row(row) for row in connection.execute(statement).mappings()]


def last_rows(connection: Connection, clients: Collection[int], kind: Kind) -> Mapping[int, Last]:
    """The newest rows of those clients, in one go."""

    def newest(*states: ColumnElement[bool]) -> dict[int, OutboxRow]:
        numbers = (
            select(func.max(outbox.c.id))
            .where(outbox.c.client.in_(sorted(clients)), outbox.c.kind == kind, *states)
            .group_by(outbox.c.client)
        )
        return {row.client: row for row in rows_where(connection, outbox.c.id.in_(numbers))}

    sent = newest(outbox.c.state == "sent")
    rows = newest(outbox.c.state != "replaced")
    return {number: Last(rows.get(number), sent.get(number)) for number in clients}


def queue_row(connection: Connection, new: NewRow, now: datetime) -> int:
    """Put it into the outbox; an older note or fields row of the client that still waits is replaced. Gives its number."""
    if new.kind in ONE_AT_A_TIME:
        withdraw(connection, new.client, new.kind, now)
    at = to_seconds(now)
    result = connection.execute(
        insert(outbox).values(
            kind=new.kind,
            subject=new.subject,
            client=new.client,
            account=new.account,
            company=new.company,
            reference=new.reference,
            text=new.text,
            form=new.form,
            digest=new.digest,
            facts=None if new.facts is None else msgspec.json.encode(new.facts).decode(),
            state="pending",
            attempts=0,
            approved_by=new.approved_by,
            approved_at=None if new.approved_by is None else at,
            created_at=at,
        )
    )
    return int((result.inserted_primary_key or (0,))[0])


def withdraw(connection: Connection, client: int, kind: Kind, now: datetime) -> None:
    """Whatever of this kind still waits for the client is not to be sent any more."""
    connection.execute(
        update(outbox)
        .where(outbox.c.client == client, outbox.c.kind == kind, outbox.c.state == "pending")
        .values(state="replaced", finished_at=to_seconds(now))
    )


def waiting_rows(
    connection: Connection,
    *,
    accounts: Collection[int] | None = None,
    clients: Collection[int] | None = None,
    limit: int | None = None,
    offset: int | None = None,
) -> list[OutboxRow]:
    """Rows that wait, written or not, the least tried first, then the oldest; from the `offset`th on."""
    statement = select(outbox).where(outbox.c.state == "pending").order_by(outbox.c.attempts, outbox.c.id)
    if accounts is not None:
        statement = statement.where(outbox.c.account.in_(sorted(accounts)))
    if clients is not None:
        statement = statement.where(outbox.c.client.in_(sorted(clients)))
    return [as_row(row) for row in connection.execute(statement.limit(limit).offset(offset)).mappings()]


def ready_rows(
    connection: Connection, now: datetime, *, all_approved: bool, only: Collection[int] | None = None
) -> list[OutboxRow]:
    """Rows that may be sent now: they have a text, their time has come, and with `all_approved` nobody need approve them."""
    statement = select(outbox).where(
        outbox.c.state == "pending",
        outbox.c.text != "",
        or_(outbox.c.not_before.is_(None), outbox.c.not_before <= to_seconds(now)),
    )
    if not all_approved:
        statement = statement.where(outbox.c.approved_at.is_not(None))
    if only is not None:
        statement = statement.where(outbox.c.id.in_(sorted(only)))
    statement = statement.order_by(outbox.c.attempts, outbox.c.id)
    return [as_row(row) for row in connection.execute(statement).mappings()]


def count_waiting(connection: Connection) -> int:
    """How many rows wait."""
    statement = select(func.count()).where(outbox.c.state == "pending")
    return int(connection.execute(statement).scalar_one())


def is_waiting(connection: Connection, row: OutboxRow) -> bool:
    """Whether the row still waits with the same text: it may have been replaced or written anew since it was read."""
    found = connection.execute(select(outbox.c.state, outbox.c.text).where(outbox.c.id == row.id)).first()
    return found is not None and tuple(found) == ("pending", row.text)


def own_texts(connection: Connection, row: OutboxRow, limit: int = 50) -> list[OutboxRow]:
    """The client's written rows of the same kind and place, newest first: any of them may stand at the vendor."""
    statement = (
        select(outbox)
        .where(
            outbox.c.client == row.client,
            outbox.c.kind == row.kind,
            outbox.c.account == row.account,
            outbox.c.company == row.company,
            outbox.c.text != "",
        )
        .order_by(outbox.c.id.desc())
        .limit(limit)
    )
    return [as_row(found) for found in connection.execute(statement).mappings()]


def known_vendor_id(connection: Connection, row: OutboxRow) -> str | None:
    """The vendor's id of the newest note that we wrote under this reference, however it ended."""
    statement = (
        select(outbox.c.vendor_id)
        .where(
            outbox.c.client == row.client,
            outbox.c.kind == row.kind,
            outbox.c.account == row.account,
            outbox.c.company == row.company,
            outbox.c.reference == row.reference,  # with `append` there are others, which stay as they are
            outbox.c.vendor_id.is_not(None),
        )
        .order_by(outbox.c.id.desc())
        .limit(1)
    )
    return connection.execute(statement).scalar()


def write_text(connection: Connection, number: int, text: str, form: str) -> None:
    """Keep the text of a row that waits."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id == number, outbox.c.state == "pending")
        .values(text=text, form=form, error=None)
    )


def cannot_write(connection: Connection, numbers: Sequence[int], error: str) -> None:
    """Rows whose text cannot be written: they wait without one, with the reason."""
    connection.execute(
        update(outbox)
        .where(outbox.c.id.in_(numbers), outbox.c.state == "pending")
        .values(text="", form=None, error=error)
    )
