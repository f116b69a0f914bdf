"""What the commands share by which a person decides something about a client: who says it, until when, and where it is proven."""

import getpass
import os
import re
from datetime import UTC, date, datetime, timedelta
from typing import Annotated
from urllib.parse import urlsplit

import typer

from sevenc_sync.cli.common import USAGE, fail
from sevenc_sync.connect.text import clean

By = Annotated[
    str | None, typer.Option("--by", help="Who says it. Default: the person who is logged in.", metavar="WHO")
]
Link = Annotated[
    str | None,
    typer.Option("--link", help="Address of the document that shows it (http or https).", metavar="URL"),
]

DAY = timedelta(days=1)
LONGEST_NAME = 100
LONGEST_TEXT = 500
LONGEST_LINK = 2000
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def actor(by: str | None) -> str:
    """Who decides: the name given, else whoever is logged in (behind sudo too); never empty."""
    if by is not None:
        return one_line(by, "--by", LONGEST_NAME)
    for name in (os.environ.get("SUDO_USER"), _login_name()):
        if name and (known := clean(name, LONGEST_NAME)):
            return known
    return fail("who are you? This system knows no name for you; give --by.", USAGE)


def end_of_day(text: str, now: datetime, *, latest: datetime | None = None) -> datetime:
    """The end of a day (YYYY-MM-DD, UTC), as the first moment after it. One that is over, or after `latest`, is refused."""
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None or day >= date(9999, 12, 31):
        fail(f"--until {text!r} is no day; write it as {now + 90 * DAY:%Y-%m-%d}.", USAGE)
    end = datetime(day.year, day.month, day.day, tzinfo=UTC) + DAY
    if end <= now:
        fail(f"--until {text} is over; it is {now:%Y-%m-%d} now (UTC).", USAGE)
    if latest is not None and end > latest:
        fail(f"--until {text} is too far; at most {latest - DAY:%Y-%m-%d}.", USAGE)
    return end


def checked_link(text: str | None) -> str | None:
    """An address that may be kept and shown: http or https, a host, no name and no password in it."""
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
        fail("--link holds a user name or a password; give an address without them.", USAGE)
    if not is_web or len(text) > LONGEST_LINK or clean(text) != text or " " in text:
        fail("--link is no web address; it must begin with http:// or https:// and name a host.", USAGE)
    return text


def one_line(text: str, what: str, limit: int = LONGEST_TEXT) -> str:
    """A text as it is kept: one line, nothing invisible, not empty, not too long."""
    line = " ".join((clean(text) or "").split())
    if not line:
        fail(f"{what} is empty.", USAGE)
    if len(line) > limit:
        fail(f"{what} has {len(line)} characters; at most {limit}.", USAGE)
    return line


def _login_name() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no name in the environment, and none for this user number
        return None
