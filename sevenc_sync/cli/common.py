"""What all commands share: the configuration, the store, exit codes, and how results are shown."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, NoReturn

import msgspec
import typer
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

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)


def fail(message: str, code: int = ERROR) -> NoReturn:
    """Say what is wrong on standard error and end with the exit code."""
    err.print(Text(redact(f"sevenc-sync: {message}")), soft_wrap=True)
    raise typer.Exit(code)


def safe(value: object) -> Text:
    """Any value as text that cannot carry markup, control characters or a secret to the terminal."""
    return Text("-" if value is None else redact(clean(str(value)) or ""))


def moment(seconds: int | None) -> str:
    """A store time for people, in UTC."""
    return "-" if seconds is None else from_seconds(seconds).strftime("%Y-%m-%d %H:%M:%S")


def iso(seconds: int | None) -> str | None:
    """A store time for machines."""
    return None if seconds is None else from_seconds(seconds).isoformat().replace("+00:00", "Z")


def show_json(value: object) -> None:
    """Stable JSON for machines on standard output."""
    text = msgspec.json.format(msgspec.json.encode(value, enc_hook=_encode), indent=2).decode()
    sys.stdout.write(redact(text) + "\n")


def _encode(value: object) -> Any:
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value)


def show_table(title: str | None, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A table for people. Cells are escaped; numbers go to the right."""
    table = Table(title=title, title_justify="left", header_style="bold")
    kept = [list(row) for row in rows]
    for position, name in enumerate(columns):
        numeric = bool(kept) and all(isinstance(row[position], int | float) for row in kept)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in kept:
        table.add_row(*(cell if isinstance(cell, Text) else safe(cell) for cell in row))
    out.print(table)


def configuration(context: typer.Context, *, quiet: bool = False) -> "Configuration":
    """The checked configuration; a wrong one ends with exit code 2 and every mistake listed.

    It also sets up logging. `quiet` leaves a terminal to progress bars: only warnings and worse are logged there.
    """
    from sevenc_sync import logs
    from sevenc_sync.config import ConfigInvalid, find_config, load
    from sevenc_sync.registry import RegistryProblem, connectors

    options = context.find_root().params
    try:
        config = load(find_config(options.get("config")), connectors())
    except ConfigInvalid as error:
        for mistake in error.mistakes:
            err.print(safe(mistake), soft_wrap=True)
        count = len(error.mistakes)
        fail(f"the configuration has {count} mistake{'s' if count > 1 else ''}; nothing was started.", USAGE)
    except RegistryProblem as error:
        fail(str(error))
    level = "warning" if quiet and err.is_terminal else config.settings.logs.level
    logs.set_up(options.get("log_level") or level, config.settings.logs.format)
    return config


@contextmanager
def store_of(config: "Configuration") -> Iterator["Store"]:
    """The configured store, its schema checked; ends with exit code 1 and what to do when it cannot be used."""
    from sqlalchemy.exc import DBAPIError

    from sevenc_sync.store.database import Store, StoreProblem
    from sevenc_sync.store.migrate import require_current

    try:
        with Store.open(config.store_url) as store:
            require_current(store)
            yield store
    except StoreProblem as error:
        fail(str(error))
    except DBAPIError as error:
        fail(f"the store answers with an error: {error.orig}")
