"""Matching carried out: plan from what is stored, write what differs."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from sevenc_sync.match.clients import CONFIDENCE, Decision, IsClient, Known, Plan, plan
from sevenc_sync.match.devices import group
from sevenc_sync.match.index import ClientPlan
from sevenc_sync.store import devices as device_store
from sevenc_sync.store import links as ledger
from sevenc_sync.store.bulk import mark_dirty
from sevenc_sync.store.database import Store
from sevenc_sync.store.decided import device_pairs, never_pairs, note_changes
from sevenc_sync.store.links import ClientRow, CompanyKey, CompanyRow, GroupOf, LinkRow, Unlinked

CLIENTS_AT_ONCE = 200  # devices of so many clients are in memory and in one transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class MatchSummary:
    """How the ledger stands, and what this run changed in it.

    `clients`, `linked` and `review` count active clients, linked companies and companies that wait for a person;
    `touched` holds the numbers of clients that gained, lost or renamed something.
    """

    clients: int
    linked: int
    review: int
    clients_new: int
    clients_ended: int
    renamed: int
    changed: int
    touched: frozenset[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSummary:
    """Records of machines looked at, devices they make, ties written or taken out, and questions that are open.

    `touched`: clients with such changes.
    """

    records: int
    devices: int
    changed: int
    conflicts: int
    touched: frozenset[int]

    def __add__(self, other: "DeviceSummary") -> "DeviceSummary":
        return DeviceSummary(
            records=self.records + other.records,
            devices=self.devices + other.devices,
            changed=self.changed + other.changed,
            conflicts=self.conflicts + other.conflicts,
            touched=self.touched | other.touched,
        )


def match_clients(
    store: Store,
    masters: Sequence[int],
    roles: Mapping[int, str],
    is_client: IsClient,
    now: datetime,
    group_of: GroupOf = lambda _company: None,
) -> MatchSummary:
    """Decide which company is which client, in one transaction.

    `masters` are PSA accounts in order of precedence: their companies become clients where `is_client` says so, or,
    where it cannot tell, where a contract is in force. `roles` (account -> psa, backup or rmm) names the accounts whose
    companies are looked at; links of other accounts stay. `group_of` says which group of the rules a client is in.
    A second run changes nothing. The master companies of touched clients are marked dirty.
    """
    with store.write() as connection:
        known = Known(
            companies=ledger.companies(connection, {*masters, *roles}, now),
            clients=ledger.clients(connection),
            links=ledger.links(connection),
            masters=masters,
            roles=roles,
            systems=ledger.account_systems(connection),
            never=never_pairs(connection),
        )
        planned = plan(known, is_client)
        before = {row.id: row for row in known.clients}
        numbers = _save_clients(connection, known, planned, group_of, now)
        changed = _save_links(connection, known, planned, numbers, now)
        after = {row.id: row for row in ledger.clients(connection)}
        stands = Counter(row.state for row in ledger.links(connection))
        touched = {number for number, row in after.items() if row != before.get(number)} | changed.clients
        _mark(connection, "company", [after[number] for number in touched])
    common = after.keys() & before.keys()
    return MatchSummary(
        clients=sum(row.is_active for row in after.values()),
        linked=stands["linked"],
        review=stands["review"],
        clients_new=len(after) - len(before),
        clients_ended=sum(before[number].is_active and not after[number].is_active for number in common),
        renamed=sum(before[number].name != after[number].name for number in common),
        changed=changed.lines,
        touched=frozenset(touched),
    )


def match_devices(store: Store, now: datetime, clients: Collection[int] | None = None) -> DeviceSummary:
    """Decide which records are one device, for these clients or for all; one transaction per batch of clients.

    A second run changes nothing. The master companies of touched clients are marked dirty.
    """
    if clients is None:
        with store.read() as connection:
            clients = device_store.client_numbers(connection)
    total = DeviceSummary(records=0, devices=0, changed=0, conflicts=0, touched=frozenset())
    for batch in _batches(sorted(clients), CLIENTS_AT_ONCE):
        with store.write() as connection:
            total += _match_devices(connection, batch, now)
    return total


def match_changed_devices(store: Store, now: datetime, touched: Collection[int]) -> DeviceSummary:
    """The same for the `touched` clients and those whose records have changed since the last call; the summary is of these.

    What has changed is forgotten first: whoever calls this and fails must match all devices next.
    """
    with store.write() as connection:
        clients = device_store.take_unmatched(connection)
    return match_devices(store, now, {*clients, *touched})


def _match_devices(connection: Connection, batch: Sequence[int], now: datetime) -> DeviceSummary:
    found = device_store.device_records(connection, batch)
    stored = device_store.device_ties(connection, batch)
    asked = device_store.device_conflicts(connection, batch)
    said = device_pairs(connection)
    records = devices = conflicts = 0
    changed = []
    dropped = []
    for number in batch:
        grouped = group(found[number], said["same"], said["differ"])
        ties = grouped.ties
        machines = [tie.device for tie in ties.values() if tie.method != "workload"]
        records += len(machines)
        devices += len(set(machines))
        conflicts += len(grouped.conflicts)
        changed += [(number, key, tie) for key, tie in ties.items() if stored[number].get(key) != tie]
        dropped += [(number, key) for key in stored[number] if key not in ties]
        if list(grouped.conflicts) != asked.get(number, []):
            device_store.save_device_conflicts(connection, number, grouped.conflicts, now)
    device_store.save_device_ties(connection, changed, dropped, now)
    moved = {item[0] for item in changed} | {item[0] for item in dropped}
    if moved:
        _mark(connection, "asset", [row for row in ledger.clients(connection) if row.id in moved])
    return DeviceSummary(
        records=records,
        devices=devices,
        changed=len(changed) + len(dropped),
        conflicts=conflicts,
        touched=frozenset(moved),
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
    ledger.save_clients(connection, changed)
    # In the order of the masters, then by id: a store that is built anew numbers its clients alike.
    rank = {number: at for at, number in enumerate(known.masters)}
    fresh.sort(key=lambda row: (rank[row.account], len(row.id), row.id))
    return numbers | ledger.add_clients(connection, fresh, group_of, now)


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
    ledger.save_links(connection, changed, planned.dropped, now)
    note_changes(connection, now, before, changed, planned.renamed)
    keys = [*(line.key for line in changed), *planned.dropped]
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


def _mark(connection: Connection, kind: str, rows: Sequence[ClientRow]) -> None:
    """Score these clients anew: their master company leads to them whatever else has moved."""
    for number in sorted({row.account for row in rows}):
        mark_dirty(
            connection, number, kind, [row.company for row in rows if row.account == number], rematch=False
        )


def _batches(numbers: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]
