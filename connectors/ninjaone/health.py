"""What the rows of NinjaOne's queries say together of one device. Silence is None, never "no" and never zero."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.ninjaone import wire
from sevenc_sync.connect.text import clean, flag, from_epoch, number

# What counts as critical or high; all other words, and none, are less.
_SEVERE = frozenset({"CRITICAL", "IMPORTANT", "HIGH", "SECURITY"})
# Renewed many times a day: no patch that somebody has to see to.
_DEFINITIONS = re.compile(r"security intelligence update|definition update", re.IGNORECASE)
_MONTH = re.compile(
    r"(20\d\d)-(0[1-9]|1[0-2])\b"
)  # how Microsoft begins the names of what comes out with a month

_RUNNING = {"ON": True, "OFF": False, "EXPIRED": False, "SNOOZED": False, "DISABLED": False}
_CURRENT = re.compile(r"up.?to.?date", re.IGNORECASE)
_OUTDATED = re.compile(r"out.?(of)?.?date|outdated|old", re.IGNORECASE)

_PROTECTED = {"PROTECTED": True, "UNPROTECTED": False}
_TUESDAY = 1


def word(value: wire.Text) -> str | None:
    """A row's value as clean text."""
    return None if value is None or isinstance(value, bool) else clean(str(value))


def moment(value: wire.Number) -> datetime | None:
    """A row's time, to the second; None for 0 and for what is no time."""
    try:
        found = from_epoch(number(value))
    except ValueError:
        return None
    return None if found is None else found.replace(microsecond=0)


def is_yes(value: wire.Text) -> bool | None:
    """A row's flag; None for what is neither."""
    try:
        return flag(value if isinstance(value, bool | str | int) else None)
    except ValueError:
        return None


@dataclass(frozen=True, slots=True)
class Patches:
    """Counts of what is not installed, and the release of the oldest of the severe ones."""

    severe: int | None = None
    lesser: int | None = None
    oldest: datetime | None = None


def patches_of(
    waiting: Sequence[wire.Patch],
    failed: Sequence[wire.Patch],
    told: wire.Health | None,
    *,
    offline: bool | None,
) -> Patches:
    """What a device lacks: patches that nobody tried to install, and those whose installation failed.

    No row proves nothing while the device is offline, or where NinjaOne does not count patches of it at all.
    """
    rows = {word(row.id) or word(row.name): row for row in (*failed, *waiting) if not _is_definition(row)}
    severe = [row for row in rows.values() if (word(row.severity) or "").upper() in _SEVERE]
    counts = _whole(told.pending_os_patches_count) if told is not None else None
    is_whole = offline is False and (bool(waiting) or counts is not None)
    if not is_whole:
        # What is known to lack lacks; how much more does is not known.
        return Patches(len(severe) or None, None, _oldest(severe))
    if counts and not waiting:
        return Patches(len(severe) or None, None, _oldest(severe))  # counted, but not listed
    return Patches(len(severe), len(rows) - len(severe), _oldest(severe))


def _is_definition(row: wire.Patch) -> bool:
    return word(row.type) == "DEFINITION_UPDATES" or _DEFINITIONS.search(word(row.name) or "") is not None


def _whole(value: wire.Number) -> int | None:
    try:
        found = number(value)
    except ValueError:
        return None
    return None if found is None else int(found)


def _oldest(rows: Iterable[wire.Patch]) -> datetime | None:
    """The release of the oldest, None where that of one is not known: NinjaOne gives none, only Microsoft's names do."""
    times = [release(word(row.name)) for row in rows]
    known = [time for time in times if time is not None]
    return min(known) if known and len(known) == len(times) else None


def release(name: str | None) -> datetime | None:
    """The second Tuesday of the month that a patch's name begins with; None for a name without one."""
    match = _MONTH.match(name or "")
    if match is None:
        return None
    first = datetime(int(match[1]), int(match[2]), 1, tzinfo=UTC)
    return first + timedelta(days=(_TUESDAY - first.weekday()) % 7 + 7)


@dataclass(frozen=True, slots=True)
class Protection:
    """The antivirus of a device: of several products the one that runs counts."""

    present: bool | None = None
    running: bool | None = None
    current: bool | None = None


def antivirus_of(rows: Sequence[wire.Antivirus], *, is_mac: bool) -> Protection:
    """What the rows say. Only the product NONE says that there is none; no row says nothing.

    On macOS products have been seen as OFF although they run, so that is no word there.
    """
    names = [(word(row.product_name) or "", row) for row in rows]
    products = [row for name, row in names if name and name.upper() != "NONE"]
    if not products:
        return Protection(present=False if any(name for name, _ in names) else None)
    states = [_RUNNING.get((word(row.product_state) or "").upper()) for row in products]
    if is_mac:
        states = [state or None for state in states]
    running = True if True in states else None if None in states else False
    judged = [row for row, state in zip(products, states, strict=True) if state] or products
    verdicts = [_is_current(word(row.definition_status)) for row in judged]
    return Protection(True, running, True if True in verdicts else None if None in verdicts else False)


def _is_current(status: str | None) -> bool | None:
    text = status or ""
    if _OUTDATED.search(text):
        return False
    return True if _CURRENT.search(text) else None


def is_encrypted(volumes: Sequence[wire.Volume]) -> bool | None:
    """Whether BitLocker protects the system's volume: a key that lies open beside the data protects nothing."""
    for volume in volumes:
        if (word(volume.drive_letter) or "").upper().rstrip(":\\") == "C" and volume.bit_locker_status:
            return _PROTECTED.get((word(volume.bit_locker_status.protection_status) or "").upper())
    return None


def waits_for_restart(system: wire.OperatingSystem | None, told: wire.Health | None) -> bool | None:
    """Whether the agent's system or the patch manager asks for a restart; False only where one says that it does not."""
    answers = [is_yes(system.needs_reboot) if system is not None else None]
    if told is not None and isinstance(told.pending_reboot_reason, str):
        answers.append(bool(told.pending_reboot_reason.strip()))
    return True if True in answers else False if False in answers else None
