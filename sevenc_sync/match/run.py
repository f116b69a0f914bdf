"""Which company is which client, carried out: plan from what is stored, write what differs.

All companies are decided where what decisions rest on is new: the rules, the accounts, this program. Otherwise those that
have changed and all that have to do with them (`nearby`), which gives the same.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec
from sqlalchemy import Connection

from sevenc_sync import __version__
from sevenc_sync.match.clients import (
    CONFIDENCE,
    Decision,
    IsClient,
    IsOwn,
    Known,
    Plan,
    is_marked_own,
    plan,
)
from sevenc_sync.match.index import ClientPlan, named_accounts
from sevenc_sync.match.nearby import Nearby, blocking_keys, nearby, neighbours
from sevenc_sync.store import ledger
from sevenc_sync.store.accounts import account_systems
from sevenc_sync.store.blocking import (
    MatchState,
    clients_of,
    match_state_of,
    save_keys,
    save_match_state,
    take_undecided,
)
from sevenc_sync.store.bulk import mark_dirty, mark_unmatched
from sevenc_sync.store.clients import ClientRow, active_clients, add_clients, clients, save_clients
from sevenc_sync.store.companies import CompanyKey, CompanyRow, GroupOf, changed_by_time, companies
from sevenc_sync.store.database import Store
from sevenc_sync.store.decided import note_changes
from sevenc_sync.store.ledger import Unlinked
from sevenc_sync.store.links import LinkRow, link_states, links, save_links
from sevenc_sync.store.said import never_pairs, said_clients

# Counts up when companies are decided otherwise for the same records, so that all are decided anew.
EDITION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What decisions about companies rest on besides the records.

    `master` is the PSA account whose companies become clients where `is_client` says so, or, where it cannot tell, where
    a contract is in force; `is_own` knows the MSP's own company. `roles` (account -> psa, backup or rmm) names the accounts
    whose companies are looked at; links of other accounts stay. `group_of` says which group of the rules a client is in.
    `rules` stands for the three tests: where it is the same as the last time, so are they; None is never the same.
    """

    master: int | None
    roles: Mapping[int, str]
    is_client: IsClient
    is_own: IsOwn = is_marked_own
    group_of: GroupOf = lambda _company: None
    rules: str | None = None

    def basis(self, systems: Mapping[int, tuple[str, str]]) -> str | None:
        """All of it as text, to be compared with the last time's; None: not comparable."""
        if self.rules is None:
            return None
        parts = (
            EDITION,
            __version__,
            self.rules,
            self.master,
            sorted(self.roles.items()),
            sorted(systems.items()),
        )
        return msgspec.json.encode(parts).decode()


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSummary:
    """How the ledger stands, and what this run changed in it.

    `clients`, `linked` and `review` count active clients, linked companies and companies that wait for a person;
    `looked_at` companies that were decided now. `touched` holds the numbers of clients that gained, lost or renamed something.
    """

    clients: int
    linked: int
    review: int
    clients_new: int
    clients_ended: int
    renamed: int
    changed: int
    looked_at: int
    touched: frozenset[int]


def match_clients(store: Store, ground: Ground, now: datetime) -> MatchSummary:
    """Decide which company is which client, in one transaction; see `Ground`.

    A second run changes nothing. The master companies of touched clients are marked dirty, and the devices of companies
    whose line has changed are matched next.
    """
    with store.write() as connection:
        systems = account_systems(connection)
        basis, last = ground.basis(systems), match_state_of(connection, "company")
        accounts = named_accounts(systems, ground.roles)
        changed = take_undecided(connection)
        near = None
        if basis is not None and last is not None and last.basis == basis:
            changed |= changed_by_time(connection, ground.roles, last.at, now)
            near = _nearby(connection, ground, accounts, changed, now)
        known = _known(connection, ground, systems, near, now)
        summary = _decide(connection, ground, known, now)
        keys = blocking_keys(
            known.companies,
            clients(connection, None if near is None else clients_of(connection, near.companies)),
            accounts,
        )
        save_keys(connection, keys, whole=near is None)
        save_match_state(connection, "company", MatchState(basis or "", now))
    return summary


def _nearby(
    connection: Connection,
    ground: Ground,
    accounts: Mapping[str, int],
    changed: Collection[CompanyKey],
    now: datetime,
) -> Nearby:
    """The changed companies and all that have to do with them, by what they were and by what they are."""
    had = neighbours(connection, changed)
    rows = companies(connection, ground.roles, now, changed)
    masters = clients(connection, clients_of(connection, changed))
    save_keys(connection, blocking_keys(rows, masters, accounts))
    return nearby(connection, {*changed, *had})


def _known(
    connection: Connection,
    ground: Ground,
    systems: Mapping[int, tuple[str, str]],
    near: Nearby | None,
    now: datetime,
) -> Known:
    return Known(
        companies=companies(connection, ground.roles, now, None if near is None else near.companies),
        clients=clients(connection, None if near is None else near.clients),
        links=links(connection, None if near is None else near.companies),
        master=ground.master,
        roles=ground.roles,
        systems=systems,
        never=never_pairs(connection),
        said_clients=said_clients(connection),
    )


def _decide(connection: Connection, ground: Ground, known: Known, now: datetime) -> MatchSummary:
    planned = plan(known, ground.is_client, ground.is_own)
    before = {row.id: row for row in known.clients}
    numbers = _save_clients(connection, known, planned, ground.group_of, now)
    changed = _save_links(connection, known, planned, numbers, now)
    after = {row.id: row for row in clients(connection, numbers.values())}
    touched = {number for number, row in after.items() if row != before.get(number)} | changed.clients
    mark_clients(connection, "company", [row for number, row in after.items() if number in touched])
    common = after.keys() & before.keys()
    stands = link_states(connection)
    return MatchSummary(
        clients=active_clients(connection),
        linked=stands.get("linked", 0),
        review=stands.get("review", 0),
        clients_new=len(after) - len(before),
        clients_ended=sum(before[number].is_active and not after[number].is_active for number in common),
        renamed=sum(before[number].name != after[number].name for number in common),
        changed=changed.lines,
        looked_at=len(known.companies),
        touched=frozenset(touched),
    )


def unlinked(store: Store) -> list[Unlinked]:
    """The companies whose client is not known, each with the reason, by account and name."""
    with store.read() as connection:
        return ledger.unlinked(connection)


@dataclass(frozen=True, slots=True)
class _Changed:
    lines: int
    clients: set[int]  # that a line belonged to before or belongs to now


def _save_clients(
    connection: Connection, known: Known, planned: Plan, group_of: GroupOf, now: datetime
) -> dict[CompanyKey, int]:
    """Write new and changed clients; gives every client's number by its master company."""
    before = {row.id: row for row in known.clients}
    rows = {row.key: row for row in known.companies}
    fresh: list[CompanyRow] = []
    changed: list[ClientRow] = []
    numbers: dict[CompanyKey, int] = {}
    for item in planned.clients:
        if item.id is None:
            fresh.append(rows[item.account, item.company])
            continue
        numbers[item.account, item.company] = item.id
        master = rows.get((item.account, item.company))
        row = ClientRow(
            id=item.id,
            name=item.name,
            account=item.account,
            company=item.company,
            is_active=item.is_active,
            seats=item.seats,
            # A client whose record is not there any more stays where it was.
            grp=before[item.id].grp if master is None else group_of(master),
        )
        if row != before[item.id]:
            changed.append(row)
    save_clients(connection, changed)
    # By id: a store that is built anew numbers its clients alike.
    fresh.sort(key=lambda row: (len(row.id), row.id))
    return numbers | add_clients(connection, fresh, group_of, now)


def _save_links(
    connection: Connection,
    known: Known,
    planned: Plan,
    numbers: Mapping[CompanyKey, int],
    now: datetime,
) -> _Changed:
    before = {row.key: row for row in known.links}
    names = {row.key: row.name for row in known.companies}
    lines = [_line(key, decision, numbers, names[key]) for key, decision in planned.decisions.items()]
    # A person's line says the same as before, and only learns the company's new name.
    lines += [
        replace(before[key], name=now_called)
        for key, (_, now_called) in planned.renamed.items()
        if key not in planned.decisions
    ]
    changed = []
    for line in sorted(lines, key=lambda line: line.key):
        old = before.get(line.key)
        if line != old:
            is_as_before = old is not None and old.verdict == line.verdict
            changed.append(replace(line, at=old.at if old is not None and is_as_before else None))
    save_links(connection, changed, planned.dropped, now)
    note_changes(connection, now, before, changed, planned.renamed)
    keys = [*(line.key for line in changed), *planned.dropped]
    for number in sorted({key[0] for key in keys}):
        mark_unmatched(connection, number, [company for account, company in keys if account == number])
    sides = [line.client for line in changed] + [before[key].client for key in keys if key in before]
    return _Changed(len(keys), {number for number in sides if number is not None})


def _line(key: CompanyKey, decision: Decision, numbers: Mapping[CompanyKey, int], name: str) -> LinkRow:
    item: ClientPlan | None = decision.client
    return LinkRow(
        account=key[0],
        company=key[1],
        client=None if item is None else numbers[item.account, item.company],
        state=decision.state,
        method=decision.method,
        detail=decision.detail,
        confidence=CONFIDENCE[decision.method] if decision.state == "linked" else None,
        name=name,
    )


def mark_clients(connection: Connection, kind: str, rows: Sequence[ClientRow]) -> None:
    """Score these clients anew: their master company leads to them whatever else has moved."""
    for number in sorted({row.account for row in rows}):
        mark_dirty(
            connection, number, kind, [row.company for row in rows if row.account == number], rematch=False
        )
