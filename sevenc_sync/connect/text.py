"""Reading vendors' scalars: texts, times and numbers as they really come."""

import math
from datetime import UTC, datetime
from functools import lru_cache

# Control characters but tab and line feed; NUL is refused by PostgreSQL, the others upset terminals and notes.
_CONTROLS = {code: None for code in range(32) if code not in (9, 10)} | dict.fromkeys(range(127, 160))
# Invisible marks that make equal names differ.
_INVISIBLE = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x200E, 0x200F, 0x2060, 0xFEFF))
# Direction overrides let a text show other than it reads.
_BIDI = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A)))
_TABLE = {**_CONTROLS, **_INVISIBLE, **_BIDI, 0xA0: " "}


def clean(value: str | None, limit: int | None = None) -> str | None:
    """A vendor's text without control and invisible characters, trimmed, cut to `limit`; None when nothing is left."""
    if not value:
        return None
    if not value.isprintable():  # none of the characters in question is
        # a lone surrogate cannot be stored as UTF-8
        value = value.translate(_TABLE).encode("utf-8", "replace").decode("utf-8")
    value = value.strip()
    if limit is not None and len(value) > limit:
        value = value[: limit - 1].rstrip() + "…"
    return value or None


_read, _UTC = datetime.fromisoformat, UTC  # looked up once: `when` is asked for every time of every record


@lru_cache(maxsize=4096)
def word(value: str | None) -> str | None:
    """`clean` for texts that come again and again: names of boards, types, people."""
    return clean(value)


def when(value: str | None) -> datetime | None:
    """An ISO 8601 time as aware UTC; None for None and for the empty text that some vendors send for "not set".

    A time without a zone is read as UTC; the year 1 is what some servers store for "never". Raises ValueError for
    anything else.
    """
    if not value:
        return None
    moment = _read(value)
    if moment.year == 1:
        return None
    if moment.tzinfo is _UTC:
        return moment
    try:
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"a time beyond the calendar: {value[:40]!r}") from error


def day(value: str | None) -> datetime | None:
    """A calendar date that comes as a date or as a time: midnight UTC of the date as it is written; None as for `when`.

    Whatever zone stands behind it: a contract that ends on the 31st does so on both sides of the date line.
    Raises ValueError for what is no ISO 8601 date.
    """
    if not value:
        return None
    written = datetime.fromisoformat(value)
    return None if written.year == 1 else datetime(written.year, written.month, written.day, tzinfo=UTC)


def from_epoch(value: float | None) -> datetime | None:
    """Seconds since 1970 as aware UTC; None for None and for 0, which vendors use for "never".

    Raises ValueError for a time beyond the calendar (milliseconds, say).
    """
    try:
        return datetime.fromtimestamp(value, UTC) if value else None
    except (OverflowError, OSError) as error:
        raise ValueError(f"no time in seconds: {value!r}") from error


def number(value: float | str | None) -> float | None:
    """A number that may come as text; None for None and "". Raises ValueError for what is no finite number."""
    if value is None or value == "":
        return None
    try:
        result = float(value)
    except OverflowError as error:
        raise ValueError("a number beyond all measure") from error
    if not math.isfinite(result):
        raise ValueError(f"no finite number: {value!r}")
    return result


_FLAGS = {"true": True, "false": False, "1": True, "0": False, "": None}


def flag(value: bool | str | int | None) -> bool | None:
    """Yes or no that may come as text or as 1 and 0; None for None and "". Raises ValueError for any other word."""
    if value is None or isinstance(value, bool):
        return value
    try:
        return _FLAGS[str(value).strip().lower()]
    except KeyError:
        raise ValueError(f"neither true nor false: {str(value)[:40]!r}") from None


def iso(moment: datetime) -> str:
    """`2026-11-22T19:30:00Z`: whole seconds, UTC, as strict APIs want it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
