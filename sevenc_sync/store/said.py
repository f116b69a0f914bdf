"""What people's decisions about matches say, as matching asks for it: those in force."""

from sqlalchemy import Connection, select

from sevenc_sync.store.companies import CompanyKey
from sevenc_sync.store.tables import match_decision


def never_pairs(connection: Connection) -> frozenset[tuple[CompanyKey, int]]:
    """The companies and clients that a person said are never one."""
    columns = match_decision.c
    statement = select(columns.account, columns.record, columns.client).where(
        columns.verdict == "never", columns.ended_at.is_(None)
    )
    return frozenset(((row.account, row.record), row.client) for row in connection.execute(statement))


def said_clients(connection: Connection) -> frozenset[CompanyKey]:
    """The companies of a PSA of which a person said that they are clients, whatever they are called."""
    columns = match_decision.c
    statement = select(columns.account, columns.record).where(
        columns.verdict == "client", columns.ended_at.is_(None)
    )
    return frozenset((row.account, row.record) for row in connection.execute(statement))


def device_pairs(connection: Connection) -> dict[str, set[tuple[str, str]]]:
    """The pairs of records that a person said are one device ("same") or two ("differ")."""
    columns = match_decision.c
    statement = select(columns.verdict, columns.record, columns.other).where(
        columns.kind == "device", columns.ended_at.is_(None)
    )
    found: dict[str, set[tuple[str, str]]] = {"same": set(), "differ": set()}
    for row in connection.execute(statement):
        found[row.verdict].add((row.record, row.other))
    return found
