"""The link ledger in the store: companies, and the clients that they are linked to."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import (
    Connection,
    Select,
    and_,
    bindparam,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.store.tables import account, client, evidence, link

CompanyKey = tuple[int, str]  # account, the vendor's id of the company

# Which group of the rules a master company's client is in; None: none.
GroupOf = Callable[["CompanyRow"], str | None]

_IDS = msgspec.json.Decoder(dict[str, str])


@dataclass(frozen=True, slots=True, kw_only=True)
class CompanyRow:
    """A company as its source last gave it. `phrase` is the id of its types and status in the phrase table."""

    account: int
    id: str
    name: str
    types: str | None = None
    status: str | None = None
    phrase: int | None = None
    is_active: bool | None = None
    is_vendor: bool | None = None
    is_msp: bool | None = None
    seats: int | None = None
    external: Mapping[str, str]
    is_gone: bool = False
    has_contract: bool = False  # one in force now

    @property
    def key(self) -> CompanyKey:
        """What the ledger knows it by."""
        return self.account, self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRow:
    """A client of the MSP; `account` and `company` name its master record."""

    id: int
    name: str
    account: int
    company: str
    is_active: bool
    seats: int | None
    grp: str | None = None  # the id of its group in the rules


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkRow:
    """One line of the ledger: whose client a company is, or why it waits."""

    account: int
    company: str
    client: int | None
    state: str
    method: str
    detail: str | None
    confidence: float | None = None
    by: str | None = None  # the person who decided
    name: str | None = None  # of the company, when it was last looked at
    at: int | None = field(default=None, compare=False)

    @property
    def key(self) -> CompanyKey:
        """The company that it is about."""
        return self.account, self.company

    @property
    def verdict(self) -> tuple[int | None, str, str]:
        """What it says; `at` is the time since when it says so."""
        return self.client, self.state, self.method


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


def account_systems(connection: Connection) -> dict[int, tuple[str, str]]:
    """Account number -> its name and its connector's name."""
    return {
        row.id: (row.name, row.connector)
        for row in connection.execute(select(account.c.id, account.c.name, account.c.connector))
    }


def _in_force(now: datetime) -> Select[Any]:
    """Contracts that run at this time: not called inactive, begun, neither ended nor cancelled.

    One without a word on its state counts when it has a first day. Days count to their end.
    """
    contract = evidence["contract"]
    moment, today = to_seconds(now), to_seconds(now - timedelta(days=1))
    return select(contract.c.id).where(
        contract.c.gone_at.is_(None),
        or_(contract.c.is_active, and_(contract.c.is_active.is_(None), contract.c.starts_on.is_not(None))),
        or_(contract.c.starts_on.is_(None), contract.c.starts_on <= moment),
        or_(contract.c.ends_on.is_(None), contract.c.ends_on > today),
        or_(contract.c.cancelled_on.is_(None), contract.c.cancelled_on > today),
    )


def companies(connection: Connection, accounts: Collection[int], now: datetime) -> list[CompanyRow]:
    """All companies of the accounts, those gone upstream too."""
    company, contract = evidence["company"], evidence["contract"]
    in_force = exists(
        _in_force(now)
        .where(contract.c.account == company.c.account, contract.c.company == company.c.id)
        .correlate(company)
    )
    statement = select(company, in_force.label("has_contract")).where(company.c.account.in_(sorted(accounts)))
    return [
        CompanyRow(
            account=row.account,
            id=row.id,
            name=row.name,
            types=row.types,
            status=row.status,
            phrase=row.phrase,
            is_active=row.is_active,
            is_vendor=row.is_vendor,
            is_msp=row.is_msp,
            seats=row.seats,
            external=_IDS.decode(row.external) if row.external else {},
            is_gone=row.gone_at is not None,
            has_contract=bool(row.has_contract),
        )
        for row in connection.execute(statement)
    ]


def clients(connection: Connection) -> list[ClientRow]:
    """All clients, active or not, by number."""
    statement = select(
        client.c.id,
        client.c.name,
        client.c.account,
        client.c.company,
        client.c.is_active,
        client.c.seats,
        client.c.grp,
    ).order_by(client.c.id)
    return [ClientRow(**row) for row in connection.execute(statement).mappings()]


def client_names(connection: Connection) -> dict[int, str]:
    """The names of all clients, active or not, by number."""
    return {row.id: row.name for row in connection.execute(select(client.c.id, client.c.name))}


def client_group(connection: Connection, number: int) -> str | None:
    """The id of the group that a client is in, as the rules had it when companies were matched last."""
    group: str | None = connection.execute(select(client.c.grp).where(client.c.id == number)).scalar()
    return group


def links(connection: Connection) -> list[LinkRow]:
    """The whole ledger."""
    statement = select(link).order_by(link.c.account, link.c.company)
    return [LinkRow(**row) for row in connection.execute(statement).mappings()]


def link_of(connection: Connection, key: CompanyKey) -> LinkRow | None:
    """One line of the ledger."""
    statement = select(link).where(link.c.account == key[0], link.c.company == key[1])
    row = connection.execute(statement).mappings().one_or_none()
    return None if row is None else LinkRow(**row)


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


def save_links(
    connection: Connection, rows: Sequence[LinkRow], dropped: Sequence[CompanyKey], now: datetime
) -> None:
    """Write changed lines of the ledger, and take out those that have nothing to say any more. `at` stays where it is given."""
    if dropped:
        connection.execute(
            delete(link).where(
                link.c.account == bindparam("old_account"), link.c.company == bindparam("old_company")
            ),
            [{"old_account": number, "old_company": company} for number, company in dropped],
        )
    if not rows:
        return
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    insert = dialect.insert(link)
    columns = ("client", "state", "method", "detail", "confidence", "by", "name", "at")
    connection.execute(
        insert.on_conflict_do_update(
            index_elements=["account", "company"], set_={name: insert.excluded[name] for name in columns}
        ),
        [
            {
                "account": row.account,
                "company": row.company,
                "client": row.client,
                "state": row.state,
                "method": row.method,
                "detail": row.detail,
                "confidence": row.confidence,
                "by": row.by,
                "name": row.name,
                "at": to_seconds(now) if row.at is None else row.at,
            }
            for row in rows
        ],
    )


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


def lines(connection: Connection, *, source: str | None = None) -> list[LedgerLine]:
    """The ledger of companies that are still there, of all accounts or one, by account and name."""
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


def clients_without_record(connection: Connection) -> set[int]:
    """Clients whose master company is gone upstream."""
    company = evidence["company"]
    statement = select(client.c.id).join(
        company, and_(company.c.account == client.c.account, company.c.id == client.c.company)
    )
    return set(connection.execute(statement.where(company.c.gone_at.is_not(None))).scalars())


def find_companies(connection: Connection, source: str, text: str) -> list[tuple[CompanyKey, str]]:
    """The companies of an account that have this id, or else this name, with their names; those that are gone too."""
    company = evidence["company"]
    columns = company.c
    rows = connection.execute(
        select(columns.account, columns.id, columns.name)
        .join(account, account.c.id == columns.account)
        .where(account.c.name == source, or_(columns.id == text, func.lower(columns.name) == text.lower()))
        .order_by(columns.id)
    ).all()
    exact = [row for row in rows if row.id == text] or rows
    return [((row.account, row.id), row.name) for row in exact]


def groups_of(connection: Connection, clients: Collection[int]) -> dict[int, str | None]:
    """The group of each of those clients, None where it is in none."""
    statement = select(client.c.id, client.c.grp).where(client.c.id.in_(sorted(clients)))
    return {row.id: row.grp for row in connection.execute(statement)}
