"""What the store can tell of the moment, as numbers: for metrics, alarms and `status`."""

from pathlib import Path

from sqlalchemy import Connection, func, select, text

from sevenc_sync.store.database import Store
from sevenc_sync.store.tables import account, client, outbox, quarantine


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
