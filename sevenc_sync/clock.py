"""Time as a parameter: everything that needs to know the time is given a clock."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def utc_now() -> datetime:
    """The system's time, aware, in UTC."""
    return datetime.now(UTC)


def fixed(moment: datetime) -> Clock:
    """A clock that always shows `moment`."""
    return lambda: moment


def to_seconds(moment: datetime) -> int:
    """Whole seconds since 1970-01-01 UTC, as the store keeps times. Raises ValueError for a naive time."""
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone: {moment.isoformat()}")
    return int(moment.timestamp())


def from_seconds(seconds: int) -> datetime:
    """The aware UTC time for seconds since 1970-01-01."""
    return EPOCH + timedelta(seconds=seconds)


def iso(seconds: int | None) -> str | None:
    """A store time for machines, such as 2026-11-22T18:00:00Z."""
    return None if seconds is None else from_seconds(seconds).isoformat().replace("+00:00", "Z")


def last_day(until: datetime | None) -> str | None:
    """The last day on which something counts, from the moment at which it ends."""
    return None if until is None else f"{until - timedelta(seconds=1):%Y-%m-%d}"
