"""Attestations: what a person says about a client, in place of a custom field of the PSA.

A row is added, and ended when another one takes its place or a person takes it back. Nothing else of it ever changes, so
what counted at any moment can be told later.
"""

from datetime import datetime

import msgspec
from sqlalchemy import ColumnElement, Connection, insert, or_, select, update

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.store.audit import write_audit
from sevenc_sync.store.decisions import moment_or_none, score_anew
from sevenc_sync.store.tables import attestation, client


class Attestation(msgspec.Struct, frozen=True, kw_only=True):
    """One attestation. `until`: from then on it counts as absent; None: it has no end of its own."""

    id: int
    client: int
    client_name: str
    field: str
    label: str
    value: str
    by: str
    at: datetime
    until: datetime | None
    link: str | None
    note: str | None
    ended_at: datetime | None
    ended_by: str | None

    def is_in_force(self, now: datetime) -> bool:
        """Whether it counts at that moment."""
        return (
            self.at <= now
            and (self.ended_at is None or self.ended_at > now)
            and (self.until is None or self.until > now)
        )


class NewAttestation(msgspec.Struct, frozen=True, kw_only=True):
    """What a person says. `field` is the name as rules find it, `label` as it is shown."""

    client: int
    field: str
    label: str
    value: str
    by: str
    until: datetime | None = None
    link: str | None = None
    note: str | None = None


def attested_in_force(now: int | ColumnElement[int]) -> ColumnElement[bool]:
    """The condition that an attestation counts at that moment (epoch seconds)."""
    columns = attestation.c
    return (
        (columns.at <= now)
        & or_(columns.ended_at.is_(None), columns.ended_at > now)
        & or_(columns.until.is_(None), columns.until > now)
    )


def attest(connection: Connection, now: datetime, said: NewAttestation) -> None:
    """Add it; one of the same field that still counts ends with it."""
    _end(connection, now, said.client, said.field, said.by)
    connection.execute(
        insert(attestation).values(
            client=said.client,
            field=said.field,
            label=said.label,
            value=said.value,
            by=said.by,
            at=to_seconds(now),
            until=None if said.until is None else to_seconds(said.until),
            link=said.link,
            note=said.note,
        )
    )
    detail = {"value": said.value, "until": said.until, "link": said.link, "note": said.note}
    write_audit(connection, now, said.by, "attest", said.label, client=said.client, detail=detail)
    score_anew(connection, said.client)


def end_attestation(connection: Connection, now: datetime, owner: int, field: str, by: str) -> bool:
    """Take back what is said of a client's field; False where nothing is said that still counts."""
    label = _end(connection, now, owner, field, by)
    if label is None:
        return False
    write_audit(connection, now, by, "attest-end", label, client=owner)
    score_anew(connection, owner)
    return True


def attestations(
    connection: Connection, *, owner: int | None = None, in_force_at: datetime | None = None
) -> list[Attestation]:
    """Attestations of one client or of all, by client, field and age; with a moment, those that count then."""
    statement = select(attestation, client.c.name.label("client_name")).join(
        client, client.c.id == attestation.c.client
    )
    if owner is not None:
        statement = statement.where(attestation.c.client == owner)
    if in_force_at is not None:
        statement = statement.where(attested_in_force(to_seconds(in_force_at)))
    found = [
        Attestation(
            id=row.id,
            client=row.client,
            client_name=row.client_name,
            field=row.field,
            label=row.label,
            value=row.value,
            by=row.by,
            at=from_seconds(row.at),
            until=moment_or_none(row.until),
            link=row.link,
            note=row.note,
            ended_at=moment_or_none(row.ended_at),
            ended_by=row.ended_by,
        )
        for row in connection.execute(statement)
    ]
    # Sorted here: databases sort texts by their own locales.
    return sorted(found, key=lambda row: (row.client_name, row.client, row.field, row.id))


def _end(connection: Connection, now: datetime, owner: int, field: str, by: str) -> str | None:
    """End what still counts; gives its label."""
    mine = (attestation.c.client == owner, attestation.c.field == field, attested_in_force(to_seconds(now)))
    label = connection.execute(
        select(attestation.c.label).where(*mine).order_by(attestation.c.id.desc()).limit(1)
    ).scalar()
    if label is not None:
        connection.execute(update(attestation).where(*mine).values(ended_at=to_seconds(now), ended_by=by))
    return label
