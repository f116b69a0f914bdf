"""Devices that seem to be two clients': one serial under several of them.

No device belongs to two clients, so such records stay apart, each with its client, and a person is asked.
"""

from collections.abc import Collection
from dataclasses import dataclass
from itertools import combinations, groupby

from sqlalchemy import Connection

from sevenc_sync.match.devices import MOST_RECORDS
from sevenc_sync.store.devices import DeviceConflict
from sevenc_sync.store.moved import Sighting, sightings
from sevenc_sync.store.said import device_pairs


@dataclass(frozen=True, slots=True)
class Moved:
    """One serial under several clients: them by number, that of the record seen last first, and the question."""

    clients: tuple[int, ...]
    conflict: DeviceConflict


def moved_devices(connection: Connection) -> list[Moved]:
    """The questions about serials under several clients, by serial; not those that a person has answered."""
    differ = device_pairs(connection)["differ"]
    found = []
    for serial, group in groupby(sightings(connection), key=lambda item: item.serial):
        seen = sorted(group, key=_newest_first)
        clients = tuple(dict.fromkeys(item.client for item in seen))
        # What very many carry is no serial.
        if len(clients) > 1 and len(seen) <= MOST_RECORDS and _is_open(seen, differ):
            why = "one serial at several clients: a machine that has moved, or a clone; seen last at the first one"
            records = tuple(item.record for item in seen)
            found.append(Moved(clients, DeviceConflict("moved", serial, why, records)))
    return found


def _newest_first(item: Sighting) -> tuple[int, str]:
    return -(item.seen_at or 0), item.record


def _is_open(seen: Collection[Sighting], differ: Collection[tuple[str, str]]) -> bool:
    return any(
        one.client != other.client and tuple(sorted((one.record, other.record))) not in differ
        for one, other in combinations(seen, 2)
    )
