"""What the store can tell of the moment, as numbers: for metrics, alarms and `status`."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, func, select, text

from sevenc_sync.clock import to_seconds
from sevenc_sync.store.bulk import insert_missing
from sevenc_sync.store.database import Store
from sevenc_sync.store.tables import account, client, outbox, quarantine, store_size

DAY = 86_400


def quarantined(connection: Connection) -> dict[tuple[str, str], int]:
    """Records in quarantine by (account's name, stream)."""
    statement = (
        select(account.c.name, quarantine.c.stream, func.count())
        .join(account, account.c.id == quarantine.c.account)
        .group_by(account.c.name, quarantine.c.stream)
    )
    return {(row[0], row[1]): row[2] for row in connection.execute(statement)}


def outbox_by_state(connection: Connection) -> dict[str, int]:
    """Rows of the outbox by their state."""
    return {
        row[0]: row[1]
        for row in connection.execute(select(outbox.c.state, func.count()).group_by(outbox.c.state))
    }


def active_clients(connection: Connection) -> int:
    """How many clients there are that are scored."""
    return connection.execute(select(func.count()).where(client.c.is_active)).scalar_one()


def store_bytes(store: Store) -> int:
    """How large the store is: the database's files, or what PostgreSQL says of its database."""
    if not store.is_sqlite:
        with store.read() as connection:
            return int(connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one())
    main = Path(store.engine.url.database or "")
    files = (main, main.with_name(main.name + "-wal"))
    return sum(file.stat().st_size for file in files if file.is_file())


@dataclass(frozen=True, slots=True)
class Growth:
    """How the store grew: bytes a day, over so many days."""

    per_day: float
    days: int


GROWTH_DAYS = 30  # what `growth` looks back on


def note_size(store: Store, now: datetime) -> None:
    """Remember how large the store is today; what was noted of the same day is left."""
    day = to_seconds(now) // DAY
    with store.write() as connection:
        insert_missing(connection, store_size, [{"day": day, "bytes": store_bytes(store)}])


def growth(connection: Connection) -> Growth | None:
    """Growth from the oldest noted day of the last thirty to the newest; None before there are two."""
    newest = connection.execute(select(store_size).order_by(store_size.c.day.desc()).limit(1)).first()
    if newest is None:
        return None
    oldest = connection.execute(
        select(store_size)
        .where(store_size.c.day >= newest.day - GROWTH_DAYS)
        .order_by(store_size.c.day)
        .limit(1)
    ).one()
    days = newest.day - oldest.day
    return None if not days else Growth((newest.bytes - oldest.bytes) / days, days)
