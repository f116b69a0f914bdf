"""Which records are one device, carried out client by client: group what is stored, write what differs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from sevenc_sync import __version__
from sevenc_sync.match.devices import group
from sevenc_sync.match.run import mark_clients
from sevenc_sync.store import devices as device_store
from sevenc_sync.store.blocking import MatchState, forget_match_state, match_state_of, save_match_state
from sevenc_sync.store.clients import clients
from sevenc_sync.store.database import Store
from sevenc_sync.store.said import device_pairs

CLIENTS_AT_ONCE = 200  # devices of so many clients are in memory and in one transaction
# Counts up when devices are told otherwise from the same records, so that all are looked at anew.
EDITION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSummary:
    """Records of machines looked at, devices they make, ties written or taken out, and questions that are open.

    `touched`: clients with such changes. `is_whole`: all clients were looked at, not only those with changes.
    """

    records: int = 0
    devices: int = 0
    changed: int = 0
    conflicts: int = 0
    touched: frozenset[int] = frozenset()
    is_whole: bool = False

    def __add__(self, other: "DeviceSummary") -> "DeviceSummary":
        return DeviceSummary(
            records=self.records + other.records,
            devices=self.devices + other.devices,
            changed=self.changed + other.changed,
            conflicts=self.conflicts + other.conflicts,
            touched=self.touched | other.touched,
            is_whole=self.is_whole,
        )


def match_devices(store: Store, now: datetime) -> DeviceSummary:
    """Decide which records are one device, of the clients whose records have changed since the last time.

    Of all clients where this program has not looked at all of them yet. A second run changes nothing. The master companies
    of touched clients are marked dirty.
    """
    with store.read() as connection:
        last = match_state_of(connection, "device")
    if last is None or last.basis != _basis():
        return match_all_devices(store, now)
    total = DeviceSummary()
    while True:
        with store.write() as connection:
            taken = device_store.take_unmatched(connection, CLIENTS_AT_ONCE)
            if taken is None:
                return total
            total += _match_devices(connection, taken, now)


def match_all_devices(store: Store, now: datetime) -> DeviceSummary:
    """The same for all clients, whatever has changed; one transaction per batch of clients."""
    with store.write() as connection:
        forget_match_state(connection, "device")  # if this ends half-way, the next time looks at all again
        device_store.forget_unmatched(connection)
        numbers = device_store.client_numbers(connection)
    total = DeviceSummary(is_whole=True)
    for batch in _batches(numbers, CLIENTS_AT_ONCE):
        with store.write() as connection:
            total += _match_devices(connection, batch, now)
    with store.write() as connection:
        save_match_state(connection, "device", MatchState(_basis(), now))
    return total


def _basis() -> str:
    return f"{EDITION} {__version__}"


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
    mark_clients(connection, "asset", clients(connection, moved))
    return DeviceSummary(
        records=records,
        devices=devices,
        changed=len(changed) + len(dropped),
        conflicts=conflicts,
        touched=frozenset(moved),
    )


def _batches(numbers: Sequence[int], size: int) -> Iterator[Sequence[int]]:
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]
