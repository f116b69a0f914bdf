"""Which records are one device: within one client, by serial number, then network address, then host name.

Two records that are not one device but taken for one would lend a server another server's backup. So whatever is not
plain stays apart, and what contradicts itself becomes a question with all records in it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations, product
from typing import Literal

from sevenc_sync.match.identity import host_key, mac_keys, serial_key
from sevenc_sync.match.placeholders import NO_MACHINE
from sevenc_sync.store.devices import DeviceConflict, DeviceKey, DeviceRecord, DeviceTie

# Windows cuts a computer's name here for older protocols, and some agents report that one.
NETBIOS_LENGTH = 15
# A record that was seen so much earlier (seconds) than another of its source with the same serial or name is what an agent
# left behind when the machine was set up anew. A laptop on leave is its own record, not a second one. Judgement.
STALE_AFTER = 30 * 86_400
# What more records of one client carry than this identifies nothing. Judgement.
MOST_RECORDS = 20

Method = Literal["operator", "serial", "mac", "host-name", "alone", "workload"]

# How sure a tie is. Judgement, checked against simulated MSPs whose truth is known (bench/match.py).
CONFIDENCE: Mapping[str, float | None] = {
    "operator": 1.0,
    "serial": 0.99,
    "mac": 0.97,
    "host-name": 0.95,
    "alone": None,
    "workload": None,
}

Pairs = Collection[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Grouped:
    """The device of each record, in the order of the keys, and what matching could not decide."""

    ties: Mapping[DeviceKey, DeviceTie]
    conflicts: Sequence[DeviceConflict]


@dataclass(slots=True, eq=False)
class _Machine:
    record: DeviceRecord
    text: str
    serial: str | None
    macs: frozenset[str]
    host: str | None


def group(records: Iterable[DeviceRecord], same: Pairs = (), differ: Pairs = ()) -> Grouped:
    """The device of each record of one client.

    `device` is the smallest key among the records of the device, as text: unique within the client, and the same
    whatever the order of the records. `same` and `differ` are pairs of such texts of which a person said that they are one
    device, or two.

    Equal serials tie, then equal addresses of network cards, then equal host names: first whole ones, then names cut to
    fifteen characters where one of them has exactly that length. Whatever ties, ties all its records or none: none where two of
    them cannot be one machine (`_Devices.apart`). Records that are switched off, archived or stale are looked at by name only where
    their source has none in use by it. Mailboxes, shares and the like are no machines and are never tied.
    """
    ordered = sorted(records, key=lambda record: record.key)
    machines = [_machine(record) for record in ordered if not is_workload(record)]
    devices = _Devices(machines, frozenset(differ))
    devices.tie_by_word(same)
    devices.tie_by_value("serial", lambda machine: (machine.serial,) if machine.serial else ())
    devices.tie_by_value("mac", lambda machine: machine.macs)
    devices.tie_by_host()
    ties = {
        record.key: DeviceTie(record.text, "workload") for record in ordered if is_workload(record)
    } | devices.ties()
    return Grouped({record.key: ties[record.key] for record in ordered}, devices.open_conflicts())


def is_workload(record: DeviceRecord) -> bool:
    """Whether the record is of data and not of a machine: a mailbox, a share, a site."""
    return record.workload is not None and record.workload.casefold() in NO_MACHINE


def _machine(record: DeviceRecord) -> _Machine:
    serial, macs, host = serial_key(record.serial), mac_keys(record.mac), host_key(record.host)
    return _Machine(record, record.text, serial, macs, host)


def _is_stale(one: _Machine, newest: int | None) -> bool:
    """Whether the record was left behind, by the time at which the newest beside it was seen."""
    seen = one.record.seen_at
    return newest is not None and seen is not None and newest - seen >= STALE_AFTER


def _newest(machines: Iterable[_Machine]) -> int | None:
    return max((one.record.seen_at for one in machines if one.record.seen_at is not None), default=None)


def _told_apart(one: _Machine, other: _Machine) -> bool:
    """Whether their common source shows two machines: by their cards, or by names that are both in use."""
    if one.macs and other.macs and not one.macs & other.macs:
        return True
    if not (one.host and other.host and one.host != other.host):
        return False
    newest = _newest((one, other))
    are_live = one.record.is_live and other.record.is_live
    return are_live and not (_is_stale(one, newest) or _is_stale(other, newest))


@dataclass(slots=True)
class _Devices:
    """Machines tied together; the smallest key stands for all of them."""

    machines: Sequence[_Machine]
    differ: frozenset[tuple[str, str]]
    _root: dict[str, str] = field(init=False)
    _members: dict[str, list[_Machine]] = field(init=False)
    _how: dict[str, tuple[Method, str]] = field(init=False, default_factory=dict)
    _conflicts: dict[tuple[str, str], DeviceConflict] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        self._root = {one.text: one.text for one in self.machines}
        self._members = {one.text: [one] for one in self.machines}

    def apart(self, one: _Machine, other: _Machine) -> bool:
        """Whether two records cannot be one machine.

        A person said so; their serials differ; or, in one source, both are in use with different names or different
        network cards, and neither is what the other left behind.
        """
        if self.differ and tuple(sorted((one.text, other.text))) in self.differ:
            return True
        if one.serial and other.serial and one.serial != other.serial:
            return True
        return one.record.source == other.record.source and _told_apart(one, other)

    def tie_by_word(self, same: Pairs) -> None:
        """What a person called one device is one, whatever else is said."""
        for one, other in sorted(same):
            if one in self._root and other in self._root:
                self._join({self._root[one], self._root[other]})
                self._how[one] = self._how[other] = ("operator", "a person said that they are one device")

    def tie_by_value(
        self, method: Literal["serial", "mac"], values: Callable[[_Machine], Iterable[str]]
    ) -> None:
        """Tie the records that carry the same value."""
        groups: dict[str, list[_Machine]] = defaultdict(list)
        for one in self.machines:
            for value in values(one):
                groups[value].append(one)
        for value, members in sorted(groups.items()):
            if len(members) < 2:  # noqa: PLR2004 - one record has nothing to be tied to
                continue
            names = {one.host for one in members if one.host and one.record.is_live}
            # A card can be that of a dock or an adapter, which move from one machine to another.
            if method == "mac" and len(names) > 1 and not self._is_one(members):
                continue
            if len(members) <= MOST_RECORDS and self._tie(members, method, f"{method} {value}"):
                continue
            if method == "serial":
                why = "one serial on machines that cannot be one: a clone, a shared chassis, or a slip"
                self._ask("serial", value, why, members)

    def tie_by_host(self) -> None:
        """Tie records of equal name across the sources in which the name means one device."""
        whole = {one.text: one.host for one in self.machines if one.host is not None}
        for name, sources in self._by_name(whole):
            chosen = [one for members in sources for one in self._meant(name, members)]
            if not self._tie(chosen, "host-name", f"host name {name}"):
                why = "equal names, but serials, cards or a person's word say otherwise"
                self._ask("host-name", name, why, [one for one in chosen if one.record.is_live])
        cut = {text: name[:NETBIOS_LENGTH] for text, name in whole.items()}
        for name, sources in self._by_name(cut):
            chosen = [
                one
                for members in sources
                if self._is_one(self._fresh(members))
                for one in self._fresh(members)
            ]
            if any(len(whole[one.text]) == NETBIOS_LENGTH for one in chosen):
                self._tie(chosen, "host-name", f"host name {name}, cut")

    def _meant(self, name: str, members: Sequence[_Machine]) -> Sequence[_Machine]:
        """The records of one source that stand for the device of this name; none where it means several.

        What the device left behind earlier is tied to it.
        """
        fresh = self._fresh(members)
        if not self._is_one(fresh):
            if all(one.record.is_live for one in fresh):
                self._ask("host-name", name, "one source has this name twice", fresh)
            return ()
        for old in members:
            if old.record.is_live and old not in fresh:
                self._tie([*fresh, old], "host-name", f"host name {name}, seen long before")
        return fresh

    def ties(self) -> dict[DeviceKey, DeviceTie]:
        """The device of each machine's record."""
        found: dict[DeviceKey, DeviceTie] = {}
        for root, members in self._members.items():
            if len(members) == 1:
                (one,) = members
                found[one.record.key] = DeviceTie(root, "alone", serial=one.serial)
                continue
            stale = self._left_behind(members)
            for one in members:
                method, detail = self._how[one.text]
                found[one.record.key] = DeviceTie(
                    root,
                    method,
                    detail,
                    CONFIDENCE[method],
                    is_stale=one.text in stale,
                    serial=one.serial,
                )
        return found

    def open_conflicts(self) -> list[DeviceConflict]:
        """The questions that nothing has answered: some of the records are neither one device nor said to be two."""
        found = []
        for _, conflict in sorted(self._conflicts.items()):
            pairs = combinations(conflict.records, 2)
            if any(self._root[a] != self._root[b] and (a, b) not in self.differ for a, b in pairs):
                found.append(conflict)
        return found

    def _is_one(self, members: Sequence[_Machine]) -> bool:
        return len({self._root[one.text] for one in members}) == 1

    def _by_name(self, names: Mapping[str, str]) -> list[tuple[str, list[list[_Machine]]]]:
        """Names that stand more than once, in order, with the records of each source."""
        groups: dict[str, dict[tuple[str, int], list[_Machine]]] = defaultdict(lambda: defaultdict(list))
        for one in self.machines:
            if (name := names.get(one.text)) is not None:
                groups[name][one.record.source].append(one)
        return [
            (name, list(sources.values()))
            for name, sources in sorted(groups.items())
            if len(sources) > 1 or len(next(iter(sources.values()))) > 1
        ]

    @staticmethod
    def _fresh(members: Sequence[_Machine]) -> list[_Machine]:
        """The records of one source and name that are in use and were not left behind; all where none is in use."""
        live = [one for one in members if one.record.is_live] or list(members)
        newest = _newest(live)
        return [one for one in live if not _is_stale(one, newest)]

    @staticmethod
    def _left_behind(members: Sequence[_Machine]) -> set[str]:
        """Records of a device beside which their own source has a newer one."""
        by_source: dict[tuple[str, int], list[_Machine]] = defaultdict(list)
        for one in members:
            by_source[one.record.source].append(one)
        found = set()
        for listed in by_source.values():
            has_live = any(one.record.is_live for one in listed)
            newest = _newest(one for one in listed if one.record.is_live or not has_live)
            for one in listed:
                if (has_live and not one.record.is_live) or _is_stale(one, newest):
                    found.add(one.text)
        return found

    def _tie(self, members: Sequence[_Machine], method: Method, detail: str) -> bool:
        """Make one device of these, unless two of all their records cannot be one machine; gives whether they are one."""
        roots = sorted({self._root[one.text] for one in members})
        if len(roots) > 1:
            groups = [self._members[root] for root in roots]
            for left, right in combinations(groups, 2):
                if any(self.apart(one, other) for one, other in product(left, right)):
                    return False
            self._join(roots)
            for one in members:
                self._how.setdefault(one.text, (method, detail))
        return True

    def _join(self, roots: Iterable[str]) -> None:
        first, *others = sorted(roots)
        for root in others:
            for one in self._members[root]:
                self._root[one.text] = first
            self._members[first] += self._members.pop(root)

    def _ask(self, kind: str, value: str, why: str, members: Sequence[_Machine]) -> None:
        records = tuple(sorted(one.text for one in members))
        if len(records) > 1:
            self._conflicts.setdefault((kind, value), DeviceConflict(kind, value, why, records))
