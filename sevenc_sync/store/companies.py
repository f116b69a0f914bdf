"""Companies in the store: every source's records of organisations, and which of them have a contract in force."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Column, ColumnElement, Connection, Select, and_, exists, func, or_, select

from sevenc_sync.clock import to_seconds
from sevenc_sync.store.tables import account, evidence

CompanyKey = tuple[int, str]  # account, the vendor's id of the company

# Which group of the rules a master company's client is in; None: none.
GroupOf = Callable[["CompanyRow"], str | None]

KEYS_AT_ONCE = 400  # in one statement: databases limit the parameters

_T = TypeVar("_T", int, str)
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


def changed_by_time(
    connection: Connection, accounts: Collection[int], then: datetime, now: datetime
) -> set[CompanyKey]:
    """Companies with a contract that began or ended between the two moments, though nothing was read."""
    contract = evidence["contract"]
    low, high = sorted((to_seconds(then), to_seconds(now)))
    day = int(timedelta(days=1).total_seconds())
    statement = select(contract.c.account, contract.c.company).where(
        contract.c.account.in_(sorted(accounts)),
        contract.c.company.is_not(None),
        or_(
            and_(contract.c.starts_on > low, contract.c.starts_on <= high),
            and_(contract.c.ends_on > low - day, contract.c.ends_on <= high - day),
            and_(contract.c.cancelled_on > low - day, contract.c.cancelled_on <= high - day),
        ),
    )
    return {(row.account, row.company) for row in connection.execute(statement)}


def companies(
    connection: Connection,
    accounts: Collection[int],
    now: datetime,
    only: Collection[CompanyKey] | None = None,
) -> list[CompanyRow]:
    """The companies of the accounts, those gone upstream too: all, or `only` these."""
    company, contract = evidence["company"], evidence["contract"]
    in_force = exists(
        _in_force(now)
        .where(contract.c.account == company.c.account, contract.c.company == company.c.id)
        .correlate(company)
    )
    statement = select(company, in_force.label("has_contract"))
    if only is None:
        conditions: Iterable[ColumnElement[bool]] = [company.c.account.in_(sorted(accounts))]
    else:
        wanted = [key for key in only if key[0] in accounts]
        conditions = chosen(company.c.account, company.c.id, wanted)
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
        for condition in conditions
        for row in connection.execute(statement.where(condition))
    ]


def chosen(
    account: Column[Any], company: Column[Any], keys: Iterable[CompanyKey]
) -> Iterator[ColumnElement[bool]]:
    """Conditions that together hold for just these keys, each with as many as one statement may have."""
    by_account: dict[int, list[str]] = defaultdict(list)
    for number, key in keys:
        by_account[number].append(key)
    for number, ids in sorted(by_account.items()):
        for part in in_parts(ids):
            yield and_(account == number, company.in_(part))


def in_parts(items: Iterable[_T]) -> Iterator[Sequence[_T]]:
    """The items in order, as many at once as one statement may have."""
    ordered = sorted(items)
    for start in range(0, len(ordered), KEYS_AT_ONCE):
        yield ordered[start : start + KEYS_AT_ONCE]


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
