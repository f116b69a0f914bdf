"""sevenc-sync diagnose: one file for whoever helps, without secrets and without your clients."""

import io
import os
import platform
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sevenc_sync import __version__
from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import USAGE, as_json_text, fail, out, safe

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sevenc_sync.config import Configuration
    from sevenc_sync.store.database import Store

LIBRARIES = (
    "alembic",
    "apscheduler",
    "httpx",
    "msgspec",
    "procrastinate",
    "psycopg",
    "pydantic",
    "sqlalchemy",
    "sqlglot",
    "uvicorn",
)
RUNS = 200
FAILED = 30  # runs whose whole log is in it

READ_ME = """What `sevenc-sync diagnose` gathered, for whoever helps you. It holds no secret, no client's name and no record of a
vendor: configuration, versions, runs and how they ended, states, what is wrong with records in quarantine, and counts.
Errors are in the vendors' own words. Look through it before you give it away.
"""


@app.command("diagnose")
def diagnose_command(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="Where to write it; default: named by the time.")
    ] = None,
) -> None:
    """Write a file for whoever helps: configuration, versions, runs, states and errors, without any secret."""
    from sevenc_sync.clock import utc_now

    now = utc_now()
    target = file or Path(f"sevenc-sync-diagnose-{now:%Y%m%dT%H%M%SZ}.zip")
    if target.exists():
        fail(f"{target} exists already; name a new file.", USAGE)
    content = dict(_gathered(context, now))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("README.txt", READ_ME)
        for name, value in content.items():
            bundle.writestr(f"{name}.json", as_json_text(value))
    try:
        with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as written:
            written.write(packed.getvalue())
    except OSError as error:
        fail(f"{target} cannot be written: {error.strerror}.")
    out.print(
        safe(f"{target}: {', '.join(content)}. Look through it before you give it away."), soft_wrap=True
    )


def _gathered(context: typer.Context, now: datetime) -> Iterator[tuple[str, Any]]:
    """What goes in, by name. What cannot be had is told as an error in its place: a broken site is what it is for."""
    from sqlalchemy.exc import DBAPIError

    from sevenc_sync.config import find_config, load
    from sevenc_sync.mistakes import ConfigInvalid
    from sevenc_sync.registry import RegistryProblem, connectors
    from sevenc_sync.secrets import Secrets
    from sevenc_sync.store.database import Store, StoreProblem
    from sevenc_sync.store.migrate import require_current

    yield "about", _about(now)
    mistakes: list[str] = []
    config = None
    for needed in (True, False):  # without the secrets, if they cannot be read: the rest is worth knowing
        try:
            path = find_config(context.find_root().params.get("config"))
            config = load(path, connectors(), Secrets.of_process(needed=needed))
            break
        except ConfigInvalid as error:
            mistakes = mistakes or [str(mistake) for mistake in error.mistakes]
        except RegistryProblem as error:
            mistakes = [str(error)]
    yield "configuration", {"mistakes": mistakes, **(_configuration(config) if config else {})}
    if config is None:
        return
    yield "rules", _rules(config, now)
    try:
        with Store.open(config.store_url) as store:
            require_current(store)
            yield "store", _store(store)
            with store.read() as connection:
                yield from _states(connection, now)
    except (StoreProblem, DBAPIError) as error:
        yield "store error", {"error": str(error.orig) if isinstance(error, DBAPIError) else str(error)}


def _about(now: datetime) -> Mapping[str, Any]:
    return {
        "written_at": now,
        "version": __version__,
        "python": platform.python_version(),
        "system": platform.platform(),
        "sqlite": sqlite3.sqlite_version,
        "libraries": {name: version(name) for name in LIBRARIES},
    }


def _configuration(config: "Configuration") -> Mapping[str, Any]:
    """The settings in force. Of each secret only whether it was found."""
    from pydantic import SecretStr

    accounts = {
        name: {
            key: "(a secret)" if isinstance(value, SecretStr) else value
            for key, value in settings
            if key != "name"
        }
        for name, settings in config.accounts.items()
    }
    settings = config.settings.model_dump(mode="json", exclude={"accounts"})
    return {
        **settings,
        "alarm_addresses": len(config.alarm_addresses),
        "accounts": accounts,
        "master": config.master,
    }


def _rules(config: "Configuration", now: datetime) -> Mapping[str, Any]:
    from sevenc_sync.engine.rulefiles import rule_directories
    from sevenc_sync.score import RulesInvalid, load_book

    try:
        rules = load_book(rule_directories(config)).at(now)
    except RulesInvalid as error:
        return {"mistakes": [str(mistake) for mistake in error.mistakes]}
    return {"hash": rules.hash, "indicators": len(rules.indicators)}


def _store(store: "Store") -> Mapping[str, Any]:
    from sqlalchemy import func, select

    from sevenc_sync.store.gauges import growth, store_bytes
    from sevenc_sync.store.migrate import current_revision
    from sevenc_sync.store.parts import count_parts
    from sevenc_sync.store.queue import queued_jobs
    from sevenc_sync.store.service import who_works
    from sevenc_sync.store.tables import metadata
    from sevenc_sync.store.workers import held_by, living_workers

    with store.read() as connection:
        rows = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in metadata.sorted_tables
        }
        return {
            "kind": store.engine.dialect.name,
            "schema": current_revision(store),
            "bytes": store_bytes(store),
            "growth": growth(connection),
            "daemon": who_works(connection),
            "workers": living_workers(connection),
            "held": held_by(connection),
            "jobs": {
                f"{queue} {state}": number for (queue, state), number in queued_jobs(connection).items()
            },
            "parts": dict(zip(("waiting", "being scored"), count_parts(connection), strict=True)),
            "rows": rows,
        }


def _states(connection: "Connection", now: datetime) -> Iterator[tuple[str, Any]]:
    from sevenc_sync.cli.runs import line_json, run_json
    from sevenc_sync.engine.streamstates import stream_rows
    from sevenc_sync.store.alarms import last_alarms
    from sevenc_sync.store.quarantine import held
    from sevenc_sync.store.reads import run_lines, runs

    yield "status", stream_rows(connection, now)
    rows = runs(connection, limit=RUNS)
    yield "runs", [run_json(row) for row in rows]
    failed = [row["id"] for row in rows if row["error"]][:FAILED]
    yield "errors", {number: [line_json(line) for line in run_lines(connection, number)] for number in failed}
    yield "quarantine", _without(held(connection), "digest")
    # A score's alarm names its client.
    yield "alarms", [item for item in last_alarms(connection, RUNS) if item.kind != "score-drop"]


def _without(rows: Sequence[Mapping[str, Any]], key: str) -> list[Mapping[str, Any]]:
    return [{name: value for name, value in row.items() if name != key} for row in rows]
