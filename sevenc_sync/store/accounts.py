"""Accounts in the store: their numbers, and whether one is stopped because its credentials are refused."""

from datetime import datetime

from sqlalchemy import Connection, select, update

from sevenc_sync.clock import to_seconds
from sevenc_sync.store.bulk import insert_missing
from sevenc_sync.store.database import Store, StoreProblem
from sevenc_sync.store.tables import account


def ensure_account(store: Store, name: str, connector: str) -> int:
    """The account's number, given at its first sight. Raises StoreProblem when the name was another connector's."""
    mine = select(account).where(account.c.name == name)
    with store.write() as connection:
        row = connection.execute(mine).first()
        if row is None:
            # Another process may see the account first at the same moment: whoever comes second finds the row.
            insert_missing(connection, account, [{"name": name, "connector": connector, "is_stopped": False}])
            row = connection.execute(mine).one()
        if row.connector != connector:
            raise StoreProblem(
                f"The account {name!r} was read with {row.connector} so far; now the configuration says {connector}. "
                "Give the new account another name."
            )
        return int(row.id)


def account_names(connection: Connection) -> dict[int, str]:
    """Name by number."""
    return {row.id: row.name for row in connection.execute(select(account.c.id, account.c.name))}


def stop_account(store: Store, number: int, reason: str, secret_digest: str, now: datetime) -> None:
    """Remember that the vendor refuses these credentials: nobody asks again until they change."""
    with store.write() as connection:
        connection.execute(
            update(account)
            .where(account.c.id == number)
            .values(is_stopped=True, reason=reason, secret_digest=secret_digest, changed_at=to_seconds(now))
        )


def stopped_reason(store: Store, number: int, secret_digest: str) -> str | None:
    """Why the account is stopped, or None when it may be asked: never stopped, or the credentials are other ones."""
    with store.read() as connection:
        row = connection.execute(select(account).where(account.c.id == number)).one()
    return row.reason if row.is_stopped and row.secret_digest == secret_digest else None


def resume_account(store: Store, number: int, now: datetime) -> None:
    """The credentials work (again)."""
    with store.write() as connection:
        connection.execute(
            update(account)
            .where(account.c.id == number, account.c.is_stopped)
            .values(is_stopped=False, reason=None, secret_digest=None, changed_at=to_seconds(now))
        )


def account_systems(connection: Connection) -> dict[int, tuple[str, str]]:
    """Account number -> its name and its connector's name."""
    return {
        row.id: (row.name, row.connector)
        for row in connection.execute(select(account.c.id, account.c.name, account.c.connector))
    }
