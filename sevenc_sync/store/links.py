"""The link ledger in the store: whose client each company is, or why it waits."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select

from sevenc_sync.clock import to_seconds
from sevenc_sync.store.companies import CompanyKey, chosen
from sevenc_sync.store.tables import link
from sevenc_sync.store.upserts import insert_into


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


def links(connection: Connection, only: Collection[CompanyKey] | None = None) -> list[LinkRow]:
    """The ledger's lines by account and company: all, or `only` those of these companies."""
    columns = [link.c[name] for name in LinkRow.__slots__]
    statement = select(*columns).order_by(link.c.account, link.c.company)
    parts = (
        [statement]
        if only is None
        else [statement.where(part) for part in chosen(link.c.account, link.c.company, only)]
    )
    return [
        LinkRow(**dict(zip(LinkRow.__slots__, row, strict=True)))
        for part in parts
        for row in connection.execute(part)
    ]


def link_states(connection: Connection) -> dict[str, int]:
    """How many companies are in each state."""
    return {
        row.state: row.number
        for row in connection.execute(
            select(link.c.state, func.count().label("number")).group_by(link.c.state)
        )
    }


def link_of(connection: Connection, key: CompanyKey) -> LinkRow | None:
    """One line of the ledger."""
    statement = select(link).where(link.c.account == key[0], link.c.company == key[1])
    row = connection.execute(statement).mappings().one_or_none()
    return None if row is None else LinkRow(**row)


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
    insert = insert_into(connection, link)
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
