"""What all commands share: the configuration, the store, exit codes, and how results are shown."""

import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn, TextIO

import msgspec
import typer
from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sevenc_sync.clock import from_seconds
from sevenc_sync.connect.redact import redact
from sevenc_sync.connect.text import clean

if TYPE_CHECKING:
    from sevenc_sync.config import Configuration
    from sevenc_sync.store.database import Store

OK, ERROR, USAGE, PARTIAL, BRAKE = 0, 1, 2, 3, 4

PIPE_WIDTH = 120  # columns, where there is no terminal to ask
GAP = 2  # columns between two columns of a table
LONGEST_WORD = 40  # longer ones (addresses, identifiers) may be broken


def _width(stream: TextIO) -> int | None:
    return None if stream.isatty() or "COLUMNS" in os.environ else PIPE_WIDTH


out = Console(highlight=False, width=_width(sys.stdout))
err = Console(stderr=True, highlight=False, width=_width(sys.stderr))

# What JSON allows in a text but a terminal may obey: C1 controls, direction and invisible marks.
_UNSHOWABLE = re.compile("[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def fail(message: str, code: int = ERROR) -> NoReturn:
    """Say what is wrong on standard error and end with the exit code."""
    err.print(safe(f"sevenc-sync: {message}"), soft_wrap=True)
    raise typer.Exit(code)


def safe(value: object) -> Text:
    """Any value as text that cannot carry markup, control characters or a secret to the terminal.

    Blanks at its beginning stay: they are our own, for indenting.
    """
    if value is None:
        return Text("-")
    text = str(value)
    indent = " " * (len(text) - len(text.lstrip(" ")))
    return Text(indent + redact(clean(text) or ""))


def moment(seconds: int | None) -> str:
    """A store time for people, in UTC."""
    return "-" if seconds is None else from_seconds(seconds).strftime("%Y-%m-%d %H:%M:%S")


def show_json(value: object) -> None:
    """Stable JSON for machines on standard output."""
    sys.stdout.write(as_json_text(value))


def as_json_text(value: object) -> str:
    """Stable JSON; secrets are masked in its texts, and nothing in it upsets a terminal."""
    plain = _masked(msgspec.to_builtins(value, enc_hook=_encode, str_keys=True))
    text = msgspec.json.format(msgspec.json.encode(plain), indent=2).decode()
    return _UNSHOWABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text) + "\n"


def _masked(value: Any) -> Any:
    match value:
        case str():
            return redact(value)
        case dict():
            return {_masked(key): _masked(item) for key, item in value.items()}
        case list() | tuple():
            return [_masked(item) for item in value]
        case _:
            return value


def _encode(value: object) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)


_STATE_STYLES = {
    "ok": "green",
    "running": "cyan",
    "partial": "yellow",
    "throttled": "yellow",
    "busy": "yellow",
    "new": "dim",
}


def state_text(state: str) -> Text:
    """A run's or stream's state in its colour."""
    return Text(state, style=_STATE_STYLES.get(state, "red"))


def show_table(title: str | None, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table for people. Cells are escaped; numbers go to the right; lines break between words only.

    On a terminal that is too narrow for the longest words the lines are longer than it.
    """
    table = new_table(title)
    table.show_header = any(columns)
    kept = [list(row) for row in rows]
    cells = [[cell if isinstance(cell, Text) else safe(cell) for cell in row] for row in kept]
    least = GAP * (len(columns) - 1)
    for position, name in enumerate(columns):
        numeric = bool(kept) and all(isinstance(row[position], int | float) for row in kept)
        words = [name, *(word for row in cells for word in row[position].plain.split())]
        width = min(max(map(cell_len, words)), LONGEST_WORD)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold", min_width=width)
        least += width
    for row in cells:
        table.add_row(*row)
    out.print(table, width=max(out.width, least), crop=False)


def new_table(title: str | None = None) -> Table:
    """An empty table in the one style of all tables."""
    heading = None if title is None else safe(title)
    return Table(
        title=heading,
        title_justify="left",
        header_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        padding=(0, 1, 0, 0),
    )


def configuration(context: typer.Context, *, quiet: bool = False, secrets: bool = True) -> "Configuration":
    """The checked configuration; a wrong one ends with exit code 2 and every mistake listed.

    `secrets` False is for commands that ask no vendor: whoever looks at a status need not be able to read them, and
    nothing is logged there. It also sets up logging. `quiet` leaves a terminal to progress bars: only warnings and worse are logged there.
    """
    from sevenc_sync.config import find_config, load
    from sevenc_sync.mistakes import ConfigInvalid
    from sevenc_sync.registry import RegistryProblem, connectors
    from sevenc_sync.secrets import Secrets

    options = context.find_root().params
    try:
        places = Secrets.of_process(needed=secrets)
        config = load(find_config(options.get("config")), connectors(), places)
    except ConfigInvalid as error:
        for mistake in error.mistakes:
            err.print(safe(mistake), soft_wrap=True)
        count = len(error.mistakes)
        fail(f"the configuration has {count} mistake{'s' if count > 1 else ''}; nothing was started.", USAGE)
    except RegistryProblem as error:
        fail(str(error))
    if not secrets:
        return config
    from sevenc_sync import logs

    level = "warning" if quiet and err.is_terminal else config.settings.logs.level
    logs.set_up(options.get("log_level") or level, config.settings.logs.format)
    return config


@contextmanager
def store_errors() -> Iterator[None]:
    """What goes wrong with the store in the block ends the program with what to do about it."""
    from sqlalchemy.exc import DBAPIError

    from sevenc_sync.store.database import StoreProblem

    try:
        yield
    except StoreProblem as error:
        fail(str(error))
    except DBAPIError as error:
        fail(f"the store answers with an error: {error.orig}")


@contextmanager
def engine_errors() -> Iterator[None]:
    """The same for the store and the rules, for commands that need both."""
    from sevenc_sync.score import RulesInvalid

    try:
        with store_errors():
            yield
    except RulesInvalid as error:
        for mistake in error.mistakes:
            err.print(safe(mistake), soft_wrap=True)
        fail("the rules have mistakes; `sevenc-sync rules check` lists them.", USAGE)


@contextmanager
def store_of(config: "Configuration") -> Iterator["Store"]:
    """The configured store, its schema checked; ends with exit code 1 and what to do when it cannot be used."""
    from sevenc_sync.store.database import Store
    from sevenc_sync.store.migrate import require_current

    with store_errors(), Store.open(config.store_url) as store:
        require_current(store)
        yield store
