"""What is kept so that only changed companies are decided again: who has changed, who shares a key with whom, what it rested on.

What the keys mean is matching's business (match/nearby.py); here they are texts.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, delete, insert, select

from sevenc_sync.clock import from_seconds, to_seconds
from sevenc_sync.store.companies import CompanyKey, chosen, in_parts
from sevenc_sync.store.tables import client, link, match_key, match_state, undecided

Matched = Literal["company", "device"]


@dataclass(frozen=True, slots=True)
class MatchState:
    """What matching rested on besides the records when it last went through all of them, and when it last ran."""

    basis: str
    at: datetime


def match_state_of(connection: Connection, kind: Matched) -> MatchState | None:
    """Of the last time; None when these were never matched."""
    columns = match_state.c
    row = connection.execute(select(columns.basis, columns.at).where(columns.kind == kind)).one_or_none()
    return None if row is None else MatchState(row.basis, from_seconds(row.at))


def forget_match_state(connection: Connection, kind: Matched) -> None:
    """Let the next matching of this kind go through all records."""
    connection.execute(delete(match_state).where(match_state.c.kind == kind))


def save_match_state(connection: Connection, kind: Matched, state: MatchState) -> None:
    """Put this in place of the last one."""
    forget_match_state(connection, kind)
    connection.execute(insert(match_state).values(kind=kind, basis=state.basis, at=to_seconds(state.at)))


def take_undecided(connection: Connection) -> set[CompanyKey]:
    """The companies that have changed since; they are taken off the list: whoever takes them must decide."""
    statement = delete(undecided).returning(undecided.c.account, undecided.c.company)
    return {(row.account, row.company) for row in connection.execute(statement)}


def keys_of(connection: Connection, companies: Collection[CompanyKey]) -> set[str]:
    """All the keys that one of these companies has."""
    found: set[str] = set()
    for condition in chosen(match_key.c.account, match_key.c.company, companies):
        found.update(connection.execute(select(match_key.c.key).where(condition)).scalars())
    return found


def sharing(connection: Connection, keys: Collection[str]) -> set[CompanyKey]:
    """The companies that have one of these keys."""
    found: set[CompanyKey] = set()
    for part in in_parts(keys):
        statement = select(match_key.c.account, match_key.c.company).where(match_key.c.key.in_(part))
        found.update((row.account, row.company) for row in connection.execute(statement))
    return found


def save_keys(
    connection: Connection, keys: Mapping[CompanyKey, Collection[str]], *, whole: bool = False
) -> None:
    """Put these in place of what the companies had; with `whole`, of what all companies had."""
    if whole:
        connection.execute(delete(match_key))
    else:
        for condition in chosen(match_key.c.account, match_key.c.company, keys):
            connection.execute(delete(match_key).where(condition))
    rows = [
        {"account": number, "company": company, "key": key}
        for (number, company), own in keys.items()
        for key in own
    ]
    if rows:
        connection.execute(insert(match_key), rows)


def clients_of(connection: Connection, companies: Collection[CompanyKey]) -> set[int]:
    """The clients that these companies are linked to, and those whose master records they are."""
    found: set[int] = set()
    for condition in chosen(link.c.account, link.c.company, companies):
        linked = select(link.c.client).where(condition, link.c.client.is_not(None))
        found.update(connection.execute(linked).scalars())
    for condition in chosen(client.c.account, client.c.company, companies):
        found.update(connection.execute(select(client.c.id).where(condition)).scalars())
    return found


def companies_of(connection: Connection, clients: Collection[int]) -> set[CompanyKey]:
    """The companies that are linked to these clients, and the clients' master records."""
    found: set[CompanyKey] = set()
    for part in in_parts(clients):
        for table, column in ((link, link.c.client), (client, client.c.id)):
            statement = select(table.c.account, table.c.company).where(column.in_(part))
            found.update((row.account, row.company) for row in connection.execute(statement))
    return found
