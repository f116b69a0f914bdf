"""Which clients must be scored again: those whose evidence changed; all of them when something else did, or the clock moved on.

Windows move with the clock, so every client's result can change without a new record. All clients are therefore scored again
when the last time is ALL_EVERY ago; in between, only those that are marked.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, delete, func, select, tuple_

from sevenc_sync.clock import to_seconds
from sevenc_sync.score.feeds import Feeds, Sources
from sevenc_sync.score.rules import Rules
from sevenc_sync.store.attestations import attested_in_force
from sevenc_sync.store.database import Store
from sevenc_sync.store.exceptions import excepted_in_force
from sevenc_sync.store.tables import attestation, client, dirty, exception, link, phrase

ALL_EVERY = timedelta(hours=1)
_CHUNK = 500  # marks taken by one statement

# A digest of what a result rests on beside the evidence of its own client.
Basis = str


@dataclass(frozen=True)
class Due:
    """The clients to score (None: all), and what all results rest on."""

    clients: frozenset[int] | None
    basis: Basis


def due(
    store: Store, rules: Rules, now: datetime, feeds: Feeds, last: "Basis | None", since: datetime | None
) -> Due:
    """What is due at the clock `now`, after all clients were scored at `since` on the basis `last` (None: never).

    Takes the marks of changed evidence: whoever asks must score what it is told, or all clients later.
    """
    with store.read() as connection:
        found = _basis(connection, rules, now, feeds)
    marked = take_marks(store)
    if found != last or since is None or not since <= now < since + ALL_EVERY:
        return Due(None, found)
    return Due(marked, found)


def take_marks(store: Store) -> frozenset[int]:
    """Remove all marks of changed evidence; gives the active clients that they are about.

    The evidence must be read afterwards: what changes in between is marked again.
    """
    with store.write() as connection:
        marks = [(row.account, row.company, row.kind) for row in connection.execute(select(dirty))]
        companies = sorted({(account, company) for account, company, _ in marks})
        owners: set[int] = set()
        for chunk in _chunks(companies):
            statement = (
                select(link.c.client)
                .join(client, and_(client.c.id == link.c.client, client.c.is_active))
                .where(tuple_(link.c.account, link.c.company).in_(chunk), link.c.state == "linked")
            )
            owners.update(connection.execute(statement).scalars())
        if marks:
            connection.execute(delete(dirty))
    return frozenset(owners)


def _chunks(items: Collection[tuple[int, str]]) -> Iterable[list[tuple[int, str]]]:
    ordered = list(items)
    for start in range(0, len(ordered), _CHUNK):
        yield ordered[start : start + _CHUNK]


def _basis(connection: Connection, rules: Rules, now: datetime, feeds: Feeds) -> Basis:
    seconds = to_seconds(now)
    sources = Sources.read(connection, feeds, seconds)
    clients = select(client.c.id, client.c.grp, client.c.name).where(client.c.is_active).order_by(client.c.id)
    rests_on = (
        rules.hash,
        _states(
            sources,
            {pair for pairs in feeds.values() for pair in pairs},
            {indicator.need.fresh for indicator in rules.indicators},
        ),
        _in_force(connection, seconds),
        tuple(tuple(row) for row in connection.execute(clients)),
        connection.execute(select(func.count()).select_from(phrase)).scalar_one(),
    )
    return hashlib.sha256(repr(rests_on).encode()).hexdigest()[:32]


def _states(
    sources: Sources, feeding: Collection[tuple[int, str]], ages: Collection[int]
) -> tuple[object, ...]:
    """What can make evidence unknown: each feeding stream's state, and for which rules its last reading is too old."""
    facts: Mapping[tuple[int, str], object] = {
        key: (
            fact.state,
            fact.reason,
            fact.last_ok_at is None,
            tuple(
                fact.last_ok_at is not None and fact.last_ok_at < sources.now - age for age in sorted(ages)
            ),
            sources.frozen.get(key),
        )
        for key, fact in sources.streams.items()
        if key in feeding
    }
    return tuple(sorted(facts.items()))


def _in_force(connection: Connection, now: int) -> tuple[object, ...]:
    """Attestations and exceptions that count: their numbers say whether one was added, ended or has run out."""
    said = select(attestation.c.id).where(attested_in_force(now)).order_by(attestation.c.id)
    accepted = select(exception.c.id).where(excepted_in_force(now)).order_by(exception.c.id)
    return tuple(connection.execute(said).scalars()), tuple(connection.execute(accepted).scalars())
