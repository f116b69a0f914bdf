"""Which records are one device: within one client, by serial number, then by host name.

Two records of different sources that are not one device but taken for one would lend a server another server's backup.
So whatever is not plain stays alone.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from ipaddress import ip_address
from typing import Literal

from sevenc_sync.match.placeholders import (
    PLACEHOLDER_HOSTS,
    PLACEHOLDER_SERIAL_PREFIXES,
    PLACEHOLDER_SERIALS,
    SHORTEST_SERIAL,
)
from sevenc_sync.store.links import DeviceKey, DeviceRecord, DeviceTie

NETBIOS_LENGTH = (
    15  # Windows cuts a computer's name here for older protocols, and some agents report that one
)

_SERIAL_LABEL = re.compile(r"^\s*(?:s/n|sn[:#]|serial(?: number| no\.?)?[:#])[\s:#]*", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9_][a-z0-9_-]*")

Method = Literal["serial", "host-name", "alone"]


def serial_key(serial: str | None) -> str | None:
    """The serial number for comparison; None for a missing one and for what stands in for one."""
    if not serial:
        return None
    key = "".join(letter for letter in _SERIAL_LABEL.sub("", serial).casefold() if letter.isalnum())
    if len(key) < SHORTEST_SERIAL or len(set(key)) == 1:
        return None
    if key in PLACEHOLDER_SERIALS or key.startswith(PLACEHOLDER_SERIAL_PREFIXES):
        return None
    return key


def host_key(name: str | None) -> str | None:
    """The short host name in lower case; None where the text is no host name (an address, a phrase, a placeholder)."""
    if not name:
        return None
    text = name.strip().rsplit("\\", 1)[-1].casefold()
    try:
        ip_address(text)
    except ValueError:
        short = text.split(".", 1)[0]
        return short if _HOST.fullmatch(short) and short not in PLACEHOLDER_HOSTS else None
    return None


def group(records: Iterable[DeviceRecord]) -> dict[DeviceKey, DeviceTie]:
    """The device of each record of one client, in the order of the keys.

    `device` is the smallest key among the records of the device, as text: unique within the client, and the same
    whatever the order of the records.

    Equal serials tie, unless one source gives that serial to machines of different host names. Then equal host names
    tie the sources in which just one device has that name; first whole names, then names cut to fifteen characters
    where one of them has exactly that length. Serials that differ are never tied by a name. Records that are switched
    off or archived are looked at only where their source has none in use by that name.
    """
    ordered = sorted(records, key=lambda record: record.key)
    ties = _Ties(ordered)
    by_serial = _tie_by_serial(ordered, ties)
    hosts = {record.key: host for record in ordered if (host := host_key(record.host)) is not None}
    _tie_by_host(ordered, ties, hosts, lambda _names: True)
    _tie_by_host(
        ordered,
        ties,
        {key: host[:NETBIOS_LENGTH] for key, host in hosts.items()},
        lambda keys: any(len(hosts[key]) == NETBIOS_LENGTH for key in keys),
    )
    sizes: dict[DeviceKey, int] = defaultdict(int)
    for record in ordered:
        sizes[ties.root(record.key)] += 1
    result = {}
    for record in ordered:
        root = ties.root(record.key)
        method: Method = "alone"
        if sizes[root] > 1:
            method = "serial" if record.key in by_serial else "host-name"
        result[record.key] = DeviceTie(device=":".join(map(str, root)), method=method)
    return result


class _Ties:
    """Records tied together; the smallest key stands for all of them."""

    def __init__(self, records: Sequence[DeviceRecord]) -> None:
        self._parent = {record.key: record.key for record in records}
        self.serials = {
            record.key: frozenset({serial}) if (serial := serial_key(record.serial)) else frozenset()
            for record in records
        }

    def root(self, key: DeviceKey) -> DeviceKey:
        while self._parent[key] != key:
            self._parent[key] = self._parent[self._parent[key]]
            key = self._parent[key]
        return key

    def tie(self, keys: Iterable[DeviceKey]) -> None:
        roots = sorted({self.root(key) for key in keys})
        for root in roots[1:]:
            self._parent[root] = roots[0]
            self.serials[roots[0]] |= self.serials[root]


def _tie_by_serial(records: Sequence[DeviceRecord], ties: _Ties) -> set[DeviceKey]:
    """Tie equal serials; give the keys of the records that were tied."""
    groups: dict[str, list[DeviceRecord]] = defaultdict(list)
    for record in records:
        for serial in ties.serials[record.key]:
            groups[serial].append(record)
    tied: set[DeviceKey] = set()
    for _serial, members in sorted(groups.items()):
        if len(members) > 1 and not _is_shared(members):
            ties.tie(member.key for member in members)
            tied.update(member.key for member in members)
    return tied


def _is_shared(members: Sequence[DeviceRecord]) -> bool:
    """Whether one source gives this serial to machines of different names: a clone, a chassis, or a slip."""
    names: dict[tuple[str, int], set[str]] = defaultdict(set)
    for member in members:
        if member.is_live and (host := host_key(member.host)) is not None:
            names[member.source].add(host)
    return any(len(hosts) > 1 for hosts in names.values())


def _tie_by_host(
    records: Sequence[DeviceRecord],
    ties: _Ties,
    names: Mapping[DeviceKey, str],
    may_tie: Callable[[Sequence[DeviceKey]], bool],
) -> None:
    """Tie records of equal name across the sources in which the name means one device."""
    groups: dict[str, dict[tuple[str, int], list[DeviceRecord]]] = defaultdict(lambda: defaultdict(list))
    for record in records:
        if record.key in names:
            groups[names[record.key]][record.source].append(record)
    for _name, sources in sorted(groups.items()):
        chosen: list[DeviceKey] = []
        for members in sources.values():
            live = [member for member in members if member.is_live] or members
            if len({ties.root(member.key) for member in live}) == 1:
                chosen.extend(member.key for member in live)
        roots = {ties.root(key) for key in chosen}
        serials = frozenset[str]().union(*(ties.serials[root] for root in roots))
        if len(roots) > 1 and len(serials) <= 1 and may_tie(chosen):
            ties.tie(roots)
