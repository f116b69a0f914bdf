"""Which companies can have a say in each other's matches: they share a key, over others too.

A company's decision rests on companies and clients of an equal name, on those that ids lead to or come from, and on the
client that it is linked to. Companies that are joined by none of these, not even over a third one, are strangers: deciding
about one such group alone gives what deciding about all companies gives for it.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from sqlalchemy import Connection

from sevenc_sync.match.index import ids_of
from sevenc_sync.match.names import spellings
from sevenc_sync.store.blocking import clients_of, companies_of, keys_of, sharing
from sevenc_sync.store.clients import ClientRow
from sevenc_sync.store.companies import CompanyKey, CompanyRow

_NAME, _ID = "n:", "i:"


@dataclass(frozen=True, slots=True)
class Nearby:
    """A group of companies and clients that no other has to do with."""

    companies: Collection[CompanyKey]
    clients: Collection[int]


def blocking_keys(
    companies: Iterable[CompanyRow], clients: Iterable[ClientRow], accounts: Mapping[str, int]
) -> dict[CompanyKey, set[str]]:
    """The keys of each company and of each client's master record.

    They are the spellings of its name, and of the name that its client goes by, which may be an older one; and the
    companies that its ids lead to. `accounts` gives the accounts that systems' names stand for.
    """
    found: dict[CompanyKey, set[str]] = {}
    for company in companies:
        keys = found.setdefault(company.key, set())
        keys.update(_NAME + spelling for spelling in spellings(company.name))
        keys.update(_pointer(named) for named in ids_of(company, accounts))
    for client in clients:
        keys = found.setdefault((client.account, client.company), set())
        keys.update(_NAME + spelling for spelling in spellings(client.name))
    return found


def nearby(connection: Connection, changed: Collection[CompanyKey]) -> Nearby:
    """The changed companies, and all that have to do with them, by the keys as they are stored now."""
    companies: set[CompanyKey] = set()
    clients: set[int] = set()
    asked: set[str] = set()
    fresh = set(changed)
    while fresh:
        companies |= fresh
        found, fresh_clients, asked_now = _neighbours(connection, fresh, clients, asked)
        clients |= fresh_clients
        asked |= asked_now
        fresh = found - companies
    return Nearby(companies, clients)


def neighbours(connection: Connection, companies: Collection[CompanyKey]) -> set[CompanyKey]:
    """Those that these companies have a key or a client in common with."""
    return _neighbours(connection, companies, set(), set())[0]


def _neighbours(
    connection: Connection, companies: Collection[CompanyKey], known: set[int], asked: set[str]
) -> tuple[set[CompanyKey], set[int], set[str]]:
    clients = clients_of(connection, companies) - known
    keys = (keys_of(connection, companies) | {_pointer(key) for key in companies}) - asked
    led_to = {_pointed(key) for key in keys if key.startswith(_ID)}
    return sharing(connection, keys) | led_to | companies_of(connection, clients), clients, keys


def _pointer(key: CompanyKey) -> str:
    return f"{_ID}{key[0]}:{key[1]}"


def _pointed(text: str) -> CompanyKey:
    account, company = text.removeprefix(_ID).split(":", 1)
    return int(account), company
