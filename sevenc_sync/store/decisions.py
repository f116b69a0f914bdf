"""What all that people decide about a client has in common."""

from datetime import datetime

from sqlalchemy import Connection, select

from sevenc_sync.clock import from_seconds
from sevenc_sync.store.bulk import mark_dirty
from sevenc_sync.store.tables import client


def score_anew(connection: Connection, owner: int) -> tuple[int, str]:
    """Mark the client's master company dirty: the next scoring must look at the client, though no record has changed.

    Gives that company: its account and id.
    """
    row = connection.execute(select(client.c.account, client.c.company).where(client.c.id == owner)).one()
    mark_dirty(connection, row.account, "company", [row.company], rematch=False)
    return row.account, row.company


def moment_or_none(seconds: int | None) -> datetime | None:
    """A store time that may be missing."""
    return None if seconds is None else from_seconds(seconds)
