"""The audit log: who changed what a score or a client rests on, and when. Rows are added and never changed or removed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import Connection, insert, select

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.store.tables import audit


class AuditRow(msgspec.Struct, frozen=True, kw_only=True):
    """One entry. `action` is a short word such as attest or except-end, `subject` what it was done to."""

    id: int
    at: datetime
    actor: str
    action: str
    client: int | None
    subject: str
    detail: Mapping[str, Any]


def write_audit(
    connection: Connection,
    now: datetime,
    actor: str,
    action: str,
    subject: str,
    *,
    client: int | None = None,
    detail: Mapping[str, Any] | None = None,
) -> None:
    """Add an entry, within the transaction that makes the change: both are kept or neither."""
    connection.execute(
        insert(audit).values(
            at=to_seconds(now),
            actor=actor,
            action=action,
            client=client,
            subject=subject,
            detail=msgspec.json.encode(detail or {}, order="deterministic").decode(),
        )
    )


def read_audit(
    connection: Connection, *, limit: int, client: int | None = None, beginning: str = ""
) -> list[AuditRow]:
    """The newest entries first, of one client or of all; with `beginning` those whose action begins so."""
    statement = select(audit).order_by(audit.c.id.desc()).limit(limit)
    if beginning:
        statement = statement.where(audit.c.action.startswith(beginning, autoescape=True))
    if client is not None:
        statement = statement.where(audit.c.client == client)
    return [
        AuditRow(
            id=row.id,
            at=from_seconds(row.at),
            actor=row.actor,
            action=row.action,
            client=row.client,
            subject=row.subject,
            detail=msgspec.json.decode(row.detail, type=dict[str, Any]),
        )
        for row in connection.execute(statement)
    ]
