"""What a person says, checked before it is kept: one line of text, a last day, an address."""

import re
from datetime import UTC, date, datetime, timedelta
from urllib.parse import urlsplit

from sevenc_sync.connect.text import clean

DAY = timedelta(days=1)
LONGEST_NAME = 100
LONGEST_TEXT = 500
LONGEST_LINK = 2000
LONGEST_RISK = timedelta(days=2 * 366)  # a risk that is accepted for longer is looked at by nobody; judgement
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


class Unfit(Exception):
    """What was said cannot be kept; the text says what to say instead."""


def end_of_day(
    text: str, now: datetime, *, latest: datetime | None = None, what: str = "--until"
) -> datetime:
    """The end of a day (YYYY-MM-DD, UTC), as the first moment after it. Raises Unfit for one that is over, or after `latest`."""
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or day >= date(9999, 12, 31):
        raise Unfit(f"{what} {text!r} is no day; write it as {now + 90 * DAY:%Y-%m-%d}.")
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + DAY
    if end <= now:
        raise Unfit(f"{what} {text} is over; it is {now:%Y-%m-%d} now (UTC).")
    if latest is not None and end > latest:
        raise Unfit(f"{what} {text} is too far; at most {latest - DAY:%Y-%m-%d}.")
    return end


def checked_link(text: str | None, *, what: str = "--link") -> str | None:
    """An address that may be kept and shown: http or https, a host, no name and no password in it. Raises Unfit."""
    if text is None:
        return None
    try:
        parts = urlsplit(text)
        is_safe = parts.username is None and parts.password is None and "@" not in parts.netloc
        is_web = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        is_safe, is_web = True, False
    if not is_safe:
        # The address is not repeated: it may hold a password.
        raise Unfit(f"{what} holds a user name or a password; give an address without them.")
    if not is_web or len(text) > LONGEST_LINK or clean(text) != text or " " in text:
        raise Unfit(f"{what} is no web address; it must begin with http:// or https:// and name a host.")
    return text


def one_line(text: str, what: str, limit: int = LONGEST_TEXT) -> str:
    """A text as it is kept: one line, nothing invisible, not empty, not too long. Raises Unfit."""
    line = " ".join((clean(text) or "").split())
    if not line:
        raise Unfit(f"{what} is empty.")
    if len(line) > limit:
        raise Unfit(f"{what} has {len(line)} characters; at most {limit}.")
    return line
