"""Cove's columns: which are asked for, how they are spelt, and what the codes in them mean."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from connectors.cove import wire
from sevenc_sync.connect.text import clean, from_epoch, iso, number

TOTAL = 9
# Data sources of machines. Of 2 and 3 (old ones) a role may not read the columns; the total counts them.
SOURCES = {
    1: "files", 4: "Exchange", 6: "network shares", 7: "system state", 8: "VMware", 10: "SQL Server", 11: "SharePoint",
    12: "Oracle", 14: "Hyper-V", 15: "MySQL", 17: "bare metal",
}  # fmt: skip
SHARES = 6
MICROSOFT = {
    19: ("mailbox", "Exchange Online"),
    20: ("drive", "OneDrive"),
    5: ("site", "SharePoint Online"),
    23: ("team", "Teams"),
}

# Field: status, errors, colour bar, last good, last session, last completed status and time.
STATUS, ERRORS, BAR, GOOD, LAST, DONE_STATUS, DONE = 0, 6, 8, 9, 15, 17, 18
_FIELDS = (STATUS, ERRORS, BAR, GOOD, LAST, DONE_STATUS, DONE)

ASKED = (
    "I0", "I1", "I4", "I6", "I14", "I16", "I18", "I21", "I32", "I35", "I36", "I59", "I78",
    *(f"D{source:02d}F{field:02d}" for source in (TOTAL, *SOURCES, *MICROSOFT) for field in _FIELDS),
)  # fmt: skip
"""Never QW: it is the device's password."""

RUNNING = frozenset({1, 9, 12})
RESULTS = {
    2: "failed",
    3: "failed",
    5: "ok",
    6: "failed",
    7: "missed",
    8: "warning",
    10: "failed",
    11: "failed",
}
"""0 is none; a code that stands nowhere here is no result, and never a success."""

WORDS = {
    2: "failed", 3: "aborted", 6: "interrupted", 7: "not started", 8: "completed with errors", 10: "over quota",
    11: "nothing is selected for backup",
}  # fmt: skip

_CODE = re.compile(r"D0*(\d+)F0*(\d+)")
_ACTIVE = re.compile(r"D0*(\d+)")
_LEGACY_TOTAL = {"T0": STATUS, "T7": ERRORS, "TB": BAR, "TL": GOOD, "TG": LAST, "TJ": DONE_STATUS, "TO": DONE}


@dataclass(frozen=True, slots=True)
class Session:
    """How one data source stands. `result` None: not said, or not known; `error` then shows it."""

    result: str | None
    error: str | None
    last: datetime | None
    good: datetime | None
    bar: str


class Facts:
    """An account's columns by one spelling. Raises ValueError for settings that hold none."""

    def __init__(self, record: wire.Account) -> None:
        self._values = {_spelt(name): value for name, value in _pairs(record.settings)}
        if not self._values:
            raise ValueError("an account without any column")

    def text(self, column: str) -> str | None:
        """The column's text; None where it is left out or empty. Raises ValueError for what is no text."""
        value = self._values.get(column)
        if value is None:
            return None
        if not isinstance(value, str | int | float):
            raise ValueError(f"no text in the column {column}")  # noqa: TRY004 (a bad record, as the kit knows it)
        return clean(str(value))

    def number(self, column: str) -> int | None:
        """The column's whole number. Raises ValueError for what is none."""
        value = number(self.text(column))
        return None if value is None else int(value)

    def time(self, column: str) -> datetime | None:
        """The column's time; 0 and nothing are never. Raises ValueError for what is no time."""
        value = number(self.text(column))
        return from_epoch(value) if value is None or value >= 0 else None

    def active(self) -> tuple[int, ...]:
        """The data sources in use: `D01D02` and `D1,D2` have been seen."""
        return tuple(int(found) for found in _ACTIVE.findall(self.text("I78") or ""))

    def session(self, source: int) -> Session:
        """How a data source stands, by its last session that ended."""

        def column(field: int) -> str:
            return f"D{source}F{field}"

        status, last = self.number(column(STATUS)), self.time(column(LAST))
        if status in RUNNING and self.number(column(DONE_STATUS)) is not None:
            status, last = self.number(column(DONE_STATUS)), self.time(column(DONE)) or last
        result, error = _result(status, last, self.number(column(ERRORS)))
        return Session(result, error, last, self.time(column(GOOD)), self.text(column(BAR)) or "")


def _result(status: int | None, last: datetime | None, errors: int | None) -> tuple[str | None, str | None]:
    if status is None or status == 0:
        return ("never", None) if last is None else (None, None)
    if status in RUNNING:
        return "running", None
    result = RESULTS.get(status)
    if result is None:
        return None, f"Cove reports the status {status}, which is not known here"
    if result == "ok":
        return result, None
    count = f", {errors} errors" if errors else ""
    return result, f"Last session: {WORDS[status]}{count}"


def _pairs(settings: list[wire.Columns | str] | wire.Columns | None) -> Iterator[tuple[str, object]]:
    for one in (settings,) if isinstance(settings, dict) else settings or ():
        if isinstance(one, str):
            name, sign, value = one.partition("=")
            if not sign:
                raise ValueError("a column without a value")
            yield name, value
        else:
            yield from one.items()


def _spelt(name: str) -> str:
    """`D09F00`, `D9F0` and `T0` are one column: D9F0."""
    if name in _LEGACY_TOTAL:
        return f"D{TOTAL}F{_LEGACY_TOTAL[name]}"
    found = _CODE.fullmatch(name)
    return name if found is None else f"D{int(found[1])}F{int(found[2])}"


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the colour bar that came to something. `at` is the day's beginning."""

    at: datetime
    result: str

    @property
    def key(self) -> str:
        """The day within a run's id."""
        return iso(self.at)[:10]


def days_of(session: Session, *, is_always_on: bool) -> tuple[list[Day], float | None]:
    """The days that the bar tells, oldest first, and the usual hours between two.

    The newest digit stands for the vendor's own today, whose beginning is not told: the last digit of a session is that of the
    last session's day, and the others count from there. Where a backup runs every day, days without one are missed; of computers
    that may be switched off at will that is not said, nor of the last digit, whose day is not over.
    """
    digits = session.bar
    if session.last is None or not digits.isdecimal() or not digits.strip("0"):
        return [], None
    anchor = max(place for place, digit in enumerate(digits) if digit != "0")
    midnight = session.last.replace(hour=0, minute=0, second=0, microsecond=0)
    filled = [place for place, digit in enumerate(digits) if digit != "0"]
    gaps = sorted(later - earlier for earlier, later in pairwise(filled))
    usual = gaps[len(gaps) // 2] if len(gaps) >= MIN_GAPS else None
    found = []
    for place in range(filled[0], len(digits)):
        result = RESULTS.get(int(digits[place]))
        if digits[place] == "0" and usual == 1 and is_always_on and place < len(digits) - 1:
            result = "missed"
        if result is not None:
            found.append(Day(midnight + timedelta(days=place - anchor), result))
    return found, None if usual is None else usual * 24.0


MIN_GAPS = 2  # one gap alone is no rhythm
