"""Records that could not be read: kept with their bytes, so that nothing is lost."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, select, update

from sevenc_sync.store.bulk import insert_missing
from sevenc_sync.store.codec import digest64
from sevenc_sync.store.tables import quarantine


@dataclass(frozen=True, slots=True)
class BadRecord:
    """A record that does not have the shape that its vendor documents. `path` is where, as in $.board.name."""

    path: str
    reason: str
    body: bytes


def hold(
    connection: Connection, account: int, stream: str, run: int, at: int, bad: Sequence[BadRecord]
) -> None:
    """Keep the records; one that is held already is marked as seen again."""
    rows = {
        digest: {
            "account": account,
            "stream": stream,
            "digest": digest,
            "run": run,
            "path": record.path,
            "reason": record.reason,
            "body": record.body,
            "first_at": at,
            "last_at": at,
        }
        for record in bad
        for digest in [digest64(record.body)]
    }
    if not rows:
        return
    insert_missing(connection, quarantine, list(rows.values()))
    connection.execute(
        update(quarantine)
        .where(
            quarantine.c.account == account,
            quarantine.c.stream == stream,
            quarantine.c.digest.in_(list(rows)),
        )
        .values(run=run, last_at=at)
    )


def release(connection: Connection, account: int, stream: str, run: int) -> None:
    """Let go what a whole pass over the stream, the run of this number, did not hold: it can be read now, or is gone."""
    mine = (quarantine.c.account == account) & (quarantine.c.stream == stream)
    connection.execute(delete(quarantine).where(mine, quarantine.c.run != run))


def held(connection: Connection, account: int | None = None) -> list[dict[str, object]]:
    """The records in quarantine, newest last, without their bytes."""
    columns = [column for column in quarantine.c if column.name != "body"]
    statement = select(*columns).order_by(quarantine.c.id)
    if account is not None:
        statement = statement.where(quarantine.c.account == account)
    return [dict(row) for row in connection.execute(statement).mappings()]
