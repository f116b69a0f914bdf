"""Accounts in the store: their numbers, and whether one is stopped because its credentials are refused."""

from collections.abc import Callable
from dataclasses import dataclass
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


def stopped_reason(store: Store, number: int, secret_digest: Callable[[], str]) -> str | None:
    """Why the account is stopped, or None when it may be asked: never stopped, or the credentials are other ones.

    The digest is slow to make, on purpose, and asked for only where it matters.
    """
    with store.read() as connection:
        row = connection.execute(select(account).where(account.c.id == number)).one()
    return row.reason if row.is_stopped and row.secret_digest == secret_digest() else None


def resume_account(store: Store, number: int, now: datetime) -> None:
    """The credentials work (again)."""
    with store.write() as connection:
        connection.execute(
            update(account)
            .where(account.c.id == number, account.c.is_stopped)
            .values(is_stopped=False, reason=None, secret_digest=None, changed_at=to_seconds(now))
        )


def kept_outages(store: Store, number: int) -> str | None:
    """The outages of the account's source that were told and are not over; None: there is none."""
    with store.read() as connection:
        found: str | None = connection.scalar(select(account.c.outages).where(account.c.id == number))
    return found


def keep_outages(store: Store, number: int, outages: str | None) -> None:
    """Remember them for the next round, whoever reads it."""
    with store.write() as connection:
        connection.execute(update(account).where(account.c.id == number).values(outages=outages))


def account_systems(connection: Connection) -> dict[int, tuple[str, str]]:
    """Account number -> its name and its connector's name."""
    return {
        row.id: (row.name, row.connector)
        for row in connection.execute(select(account.c.id, account.c.name, account.c.connector))
    }


@dataclass(frozen=True, slots=True)
class KeptLimits:
    """How hard an account is asked: requests a minute and at once, and the vendor's own limit in words ("": none named)."""

    per_minute: float
    at_once: int
    documented: str = ""


def note_limits(store: Store, number: int, kept: KeptLimits) -> None:
    """Remember the limits that are kept now. Writes only when they are other ones."""
    with store.read() as connection:
        known = kept_limits(connection)
        name = account_names(connection).get(number)
    if name is None or known.get(name) == kept:
        return
    with store.write() as connection:
        connection.execute(
            update(account)
            .where(account.c.id == number)
            .values(per_minute=kept.per_minute, at_once=kept.at_once, documented_limit=kept.documented)
        )


def kept_limits(connection: Connection) -> dict[str, KeptLimits]:
    """The limits by account name, of those accounts that were ever opened, in the order of their names."""
    statement = (
        select(account.c.name, account.c.per_minute, account.c.at_once, account.c.documented_limit)
        .where(account.c.per_minute.is_not(None))
        .order_by(account.c.name)
    )
    return {row[0]: KeptLimits(row[1], row[2], row[3] or "") for row in connection.execute(statement)}
