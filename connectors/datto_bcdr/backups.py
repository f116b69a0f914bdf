"""The last backups of an asset: their order, what each came to, and the rhythm that can be read from them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from statistics import median

from connectors.datto_bcdr import wire
from sevenc_sync.connect.text import clean, from_epoch, when

# `success` and `failure` are documented, "others possible". Any other word is no result: shown, and never a success.
_RESULTS = {
    "success": "ok",
    "successful": "ok",
    "failure": "failed",
    "failed": "failed",
    "error": "failed",
    "warning": "warning",
    "missed": "missed",
    "running": "running",
    "in progress": "running",
    "inprogress": "running",
}
# How a verification's outcome has been seen: "1" and "" on live accounts, words in other samples.
_VERDICTS = {
    "1": True,
    "true": True,
    "success": True,
    "successful": True,
    "0": False,
    "": False,
    "false": False,
    "failure": False,
    "failed": False,
}

_MILLISECONDS_FROM = 1e11  # as seconds that would be the year 5138
_MIN_TIMES = 3  # one gap alone is no rhythm


@dataclass(frozen=True, slots=True)
class Run:
    """One backup. `result` is None when Datto says nothing, or a word that is not known; `error` then shows it."""

    at: datetime
    result: str | None
    error: str | None
    verified_ok: bool | None


def moment(value: wire.Moment) -> datetime | None:
    """A time that comes as ISO text, as seconds or as milliseconds since 1970; None for "never".

    Raises ValueError for anything else.
    """
    if isinstance(value, str):
        text = value.strip()
        if not text.isdecimal():
            return when(text)
        value = int(text)
    if value is None:
        return None
    if value < 0:
        raise ValueError(f"a time before 1970: {value}")
    return from_epoch(value / 1000 if value > _MILLISECONDS_FROM else value)


def verdict(value: wire.Flag) -> bool | None:
    """Whether a verification went well; None when it did not run, or for a word that is not known."""
    return None if value is None else _VERDICTS.get(str(value).strip().lower())


def runs_of(backups: Sequence[wire.BackupEntry] | Mapping[str, wire.BackupEntry] | None) -> list[Run]:
    """The backups, oldest first, one for a moment. Entries without a time cannot be placed and are left out."""
    entries = backups.values() if isinstance(backups, Mapping) else backups or ()
    found: dict[datetime, Run] = {}
    for entry in entries:
        at = moment(entry.timestamp)
        if at is not None:
            at = at.replace(microsecond=0)
            found.setdefault(at, _run(entry, at))
    return [found[at] for at in sorted(found)]


def _run(entry: wire.BackupEntry, at: datetime) -> Run:
    backup = entry.backup or wire.Backup()
    word = "" if backup.status is None else str(backup.status).strip()
    result = _RESULTS.get(word.lower())
    error = None
    if result is None and word:
        error = f"Datto reports the status {clean(word, 40)!r}, which is not known here"
    elif result != "ok":
        error = clean(backup.error_message, 500)
    return Run(at, result, error, _verified(entry) if result in ("ok", "warning") else None)


def _verified(entry: wire.BackupEntry) -> bool | None:
    """What the checks of one backup came to: a fault in its files, or a failed start, is a failure.

    Good files alone are no proof that the machine starts, so only a screenshot makes it good.
    """
    local = entry.local_verification
    if local is not None and (local.errors or (local.status != "" and verdict(local.status) is False)):
        return False
    screenshot = entry.advanced_verification and entry.advanced_verification.screenshot_verification
    return verdict(screenshot.status) if screenshot else None


def interval_hours(times: Sequence[datetime]) -> float | None:
    """The usual time between backups in hours: the median of the gaps; None for fewer than three times (sorted)."""
    if len(times) < _MIN_TIMES:
        return None
    gaps = [(later - earlier).total_seconds() for earlier, later in pairwise(times)]
    return round(median(gaps) / 3600, 2)
