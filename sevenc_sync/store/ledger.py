"""The link ledger as people read it, with the names of accounts, companies and clients."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, and_, or_, select

from sevenc_sync.clock import from_seconds
from sevenc_sync.store.tables import account, client, evidence, link


@dataclass(frozen=True, slots=True)
class Unlinked:
    """A company that waits for a person."""

    account: str
    company: str
    name: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerLine:
    """A line of the ledger for people. `is_own` says that the company is its client's master record."""

    account: str
    number: int  # of the account
    company: str
    name: str
    client: int | None
    client_name: str | None
    state: str
    method: str
    detail: str | None
    confidence: float | None
    by: str | None
    at: datetime
    is_own: bool


def unlinked(connection: Connection) -> list[Unlinked]:
    """Companies that wait for a person, by account and name."""
    company = evidence["company"]
    statement = (
        select(account.c.name.label("account_name"), link.c.company, company.c.name, link.c.detail)
        .select_from(link)
        .join(account, account.c.id == link.c.account)
        .join(company, and_(company.c.account == link.c.account, company.c.id == link.c.company))
        .where(link.c.state == "review", company.c.gone_at.is_(None))
    )
    found = [
        Unlinked(row.account_name, row.company, row.name, row.detail or "")
        for row in connection.execute(statement)
    ]
    return sorted(found, key=lambda row: (row.account, row.name.casefold(), row.company))


def lines(
    connection: Connection, *, source: str | None = None, unsettled: Collection[int] | None = None
) -> list[LedgerLine]:
    """The ledger of companies that are still there, of all accounts or one, by account and name.

    With `unsettled` (clients) only of companies that wait for a person, and of those linked to these clients.
    """
    company = evidence["company"]
    statement = (
        select(
            link,
            account.c.name.label("source"),
            company.c.name.label("called"),
            client.c.name,
            client.c.account,
            client.c.company,
        )
        .select_from(link)
        .join(account, account.c.id == link.c.account)
        .join(company, and_(company.c.account == link.c.account, company.c.id == link.c.company))
        .outerjoin(client, client.c.id == link.c.client)
        .where(company.c.gone_at.is_(None))
    )
    if source is not None:
        statement = statement.where(account.c.name == source)
    if unsettled is not None:
        statement = statement.where(or_(link.c.state == "review", link.c.client.in_(sorted(unsettled))))
    found = [
        LedgerLine(
            account=row["source"],
            number=row[link.c.account],
            company=row[link.c.company],
            name=row["called"],
            client=row[link.c.client],
            client_name=row[client.c.name],
            state=row["state"],
            method=row["method"],
            detail=row["detail"],
            confidence=row["confidence"],
            by=row["by"],
            at=from_seconds(row["at"]),
            is_own=(row[client.c.account], row[client.c.company])
            == (row[link.c.account], row[link.c.company]),
        )
        for row in connection.execute(statement).mappings()
    ]
    return sorted(found, key=lambda row: (row.account, row.name.casefold(), row.company))
