"""The clients of the MSP in the store, and which group of the rules each is in."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, bindparam, func, select, update

from sevenc_sync.clock import to_seconds
from sevenc_sync.store.companies import CompanyKey, CompanyRow, GroupOf, in_parts
from sevenc_sync.store.tables import client, evidence


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A client of the MSP; `account` and `company` name its master record."""

    id: int
    name: str
    account: int
    company: str
    is_active: bool
    seats: int | None
    grp: str | None = None  # the id of its group in the rules


def clients(connection: Connection, only: Collection[int] | None = None) -> list[ClientRow]:
    """Clients, active or not, by number: all, or `only` these."""
    statement = select(
        client.c.id,
        client.c.name,
        client.c.account,
        client.c.company,
        client.c.is_active,
        client.c.seats,
        client.c.grp,
    ).order_by(client.c.id)
    parts = (
        [statement] if only is None else [statement.where(client.c.id.in_(part)) for part in in_parts(only)]
    )
    return [ClientRow(*row) for part in parts for row in connection.execute(part)]


def active_clients(connection: Connection) -> int:
    """How many clients are active."""
    return int(connection.execute(select(func.count()).where(client.c.is_active)).scalar_one())


def client_names(connection: Connection) -> dict[int, str]:
    """The names of all clients, active or not, by number."""
    return {row.id: row.name for row in connection.execute(select(client.c.id, client.c.name))}


def client_group(connection: Connection, number: int) -> str | None:
    """The id of the group that a client is in, as the rules had it when companies were matched last."""
    group: str | None = connection.execute(select(client.c.grp).where(client.c.id == number)).scalar()
    return group


def groups_of(connection: Connection, clients: Collection[int]) -> dict[int, str | None]:
    """The group of each of those clients, None where it is in none."""
    statement = select(client.c.id, client.c.grp).where(client.c.id.in_(sorted(clients)))
    return {row.id: row.grp for row in connection.execute(statement)}


def clients_without_record(connection: Connection) -> set[int]:
    """Clients whose master company is gone upstream."""
    company = evidence["company"]
    statement = select(client.c.id).join(
        company, and_(company.c.account == client.c.account, company.c.id == client.c.company)
    )
    return set(connection.execute(statement.where(company.c.gone_at.is_not(None))).scalars())


def add_clients(
    connection: Connection, rows: Sequence[CompanyRow], group_of: GroupOf, now: datetime
) -> dict[CompanyKey, int]:
    """Make clients of these master companies, numbered in the given order; gives their numbers."""
    if not rows:
        return {}
    connection.execute(
        client.insert(),
        [
            {
                "name": row.name,
                "account": row.account,
                "company": row.id,
                "is_active": True,
                "seats": row.seats,
                "grp": group_of(row),
                "created_at": to_seconds(now),
            }
            for row in rows
        ],
    )
    wanted = {row.key for row in rows}
    stored = connection.execute(select(client.c.id, client.c.account, client.c.company))
    return {(row.account, row.company): row.id for row in stored if (row.account, row.company) in wanted}


def save_clients(connection: Connection, rows: Sequence[ClientRow]) -> None:
    """Write changed clients; the number is the key."""
    if not rows:
        return
    names = ("name", "account", "company", "is_active", "seats", "grp")
    connection.execute(
        update(client)
        .where(client.c.id == bindparam("number"))
        .values({name: bindparam(f"new_{name}") for name in names}),
        [{"number": row.id} | {f"new_{name}": getattr(row, name) for name in names} for row in rows],
    )
