"""What the commands share by which a person decides something about a client: who says it, until when, and where it is proven."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated

import typer

from sevenc_sync.cli.common import USAGE, fail
from sevenc_sync.connect.text import clean
from sevenc_sync.engine import said
from sevenc_sync.engine.said import LONGEST_NAME, LONGEST_TEXT

__all__ = ["LONGEST_TEXT", "By", "Link", "actor", "checked_link", "end_of_day", "one_line"]

By = Annotated[
    str | None, typer.Option("--by", help="Who says it. Default: the person who is logged in.", metavar="WHO")
]
Link = Annotated[
    str | None,
    typer.Option("--link", help="Address of the document that shows it (http or https).", metavar="URL"),
]


def actor(by: str | None) -> str:
    """Who decides: the name given, else whoever is logged in (behind sudo too); never empty."""
    if by is not None:
        return one_line(by, "--by", LONGEST_NAME)
    for name in (os.environ.get("SUDO_USER"), _login_name()):
        if name and (known := clean(name, LONGEST_NAME)):
            return known
    return fail("who are you? This system knows no name for you; give --by.", USAGE)


def end_of_day(text: str, now: datetime, *, latest: datetime | None = None) -> datetime:
    """The end of a day (YYYY-MM-DD, UTC), as the first moment after it; ends with exit code 2 for one that will not do."""
    with _fit():
        return said.end_of_day(text, now, latest=latest)


def checked_link(text: str | None) -> str | None:
    """An address that may be kept and shown; ends with exit code 2 for another one."""
    with _fit():
        return said.checked_link(text)


def one_line(text: str, what: str, limit: int = LONGEST_TEXT) -> str:
    """A text as it is kept, in one line; ends with exit code 2 where it cannot be."""
    with _fit():
        return said.one_line(text, what, limit)


@contextmanager
def _fit() -> Iterator[None]:
    try:
        yield
    except said.Unfit as error:
        fail(str(error), USAGE)


def _login_name() -> str | None:
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no name in the environment, and none for this user number
        return None
