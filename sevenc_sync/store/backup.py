"""Backups: a copy of the whole store as it was at one moment, made while everything goes on, and verified before it counts."""

import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url

from sevenc_sync.store.database import Store, StoreProblem
from sevenc_sync.store.migrate import known_revisions

COUNTED = ("client", "run", "score_history", "ticket", "audit")
DUMP_SECONDS = 6 * 3600


@dataclass(frozen=True, slots=True)
class Backup:
    """A verified backup: its file, size in bytes, schema, and rows of a few tables (of PostgreSQL: objects in all)."""

    file: Path
    size: int
    schema: str | None
    rows: dict[str, int]


def back_up(store: Store, file: Path) -> Backup:
    """Copy the store into a file of its own. It stands there whole and verified, or not at all. Raises StoreProblem."""
    with _written(file) as temporary:
        if store.is_sqlite:
            _copy_sqlite(Path(store.engine.url.database or ""), temporary)
        else:
            _run(
                "pg_dump",
                store.engine.url,
                "--format=custom",
                "--no-owner",
                "--no-privileges",
                f"--file={temporary}",
            )
        found = check_backup(temporary, sqlite=store.is_sqlite)
    return Backup(file, found.size, found.schema, found.rows)


def check_backup(file: Path, *, sqlite: bool) -> Backup:
    """Read the whole backup and make sure that it is one of ours. Raises StoreProblem."""
    if not file.is_file():
        raise StoreProblem(f"There is no file {file}.")
    schema, rows = _check_sqlite(file) if sqlite else _check_dump(file)
    return Backup(file, file.stat().st_size, schema, rows)


def restore(store: Store, backup: Backup) -> None:
    """Put the backup in the store's place, in one transaction: everything else that the store held is gone.

    Raises StoreProblem. Nobody else may work on the store.
    """
    url = store.engine.url
    if store.is_sqlite:
        store.close()
        source = f"{backup.file.absolute().as_uri()}?mode=ro&immutable=1"
        with (
            closing(sqlite3.connect(source, uri=True)) as old,
            closing(sqlite3.connect(url.database or "")) as new,
        ):
            new.execute("PRAGMA busy_timeout = 60000")
            try:
                old.backup(new)
            except sqlite3.Error as error:
                raise StoreProblem(
                    f"The backup could not be put in place ({error}); the store is as it was."
                ) from error
        return
    _run(
        "pg_restore",
        url,
        "--clean",
        "--if-exists",
        "--no-owner",
        "--no-privileges",
        "--single-transaction",
        str(backup.file),
    )


@contextmanager
def _written(file: Path) -> Iterator[Path]:
    """A file beside the wanted one that takes its name once it is whole and on the disk; readable by its owner alone."""
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600))
        yield temporary
        with temporary.open("rb") as written:
            os.fsync(written.fileno())
        temporary.replace(file)
    except OSError as error:
        raise StoreProblem(f"The backup {file} could not be written: {error.strerror}.") from error
    finally:
        temporary.unlink(missing_ok=True)


def _copy_sqlite(source: Path, target: Path) -> None:
    """One step, which sees one moment: writers go on beside it, because the store keeps a write-ahead log."""
    try:
        with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
            old.execute("PRAGMA busy_timeout = 60000")
            old.backup(new)
            new.execute("PRAGMA journal_mode = DELETE")  # one file, without a log beside it
    except sqlite3.Error as error:
        raise StoreProblem(f"The store could not be copied to {target.parent}: {error}.") from error


def _check_sqlite(file: Path) -> tuple[str | None, dict[str, int]]:
    try:
        with closing(sqlite3.connect(f"{file.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as opened:
            (said,) = opened.execute("PRAGMA integrity_check(1)").fetchone()
            broken = opened.execute("PRAGMA foreign_key_check").fetchone()
            tables = {
                name for (name,) in opened.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            }
            schema = None
            if "alembic_version" in tables:
                schema = (opened.execute("SELECT version_num FROM alembic_version").fetchone() or (None,))[0]
            rows = {
                name: opened.execute(f"SELECT count(*) FROM {name}").fetchone()[0]  # noqa: S608 - names of our own tables
                for name in COUNTED
                if name in tables
            }
    except sqlite3.DatabaseError as error:
        raise StoreProblem(f"{file} is no backup of a store: {error}.") from error
    if said != "ok" or broken is not None:
        raise StoreProblem(
            f"{file} is damaged: {said if said != 'ok' else f'rows of {broken[0]} lead nowhere'}."
        )
    if schema not in known_revisions():
        told = (
            "it is no store of sevenc-sync"
            if schema is None
            else f"its schema {schema} is of a newer version"
        )
        raise StoreProblem(f"{file} cannot be used: {told}.")
    return schema, rows


def _check_dump(file: Path) -> tuple[str | None, dict[str, int]]:
    listed = _run("pg_restore", None, "--list", str(file))
    entries = [line for line in listed.splitlines() if line and not line.startswith(";")]
    tables = sum(" TABLE DATA " in line for line in entries)
    if not any(" TABLE DATA " in line and " alembic_version " in line for line in entries):
        raise StoreProblem(f"{file} cannot be used: it is no store of sevenc-sync.")
    return None, {"tables": tables}


def _run(program: str, url: URL | None, *arguments: str) -> str:
    """One of PostgreSQL's own programs; its password comes from libpq's password file, as ours does. Raises StoreProblem."""
    found = shutil.which(program)
    if found is None:
        raise StoreProblem(
            f"{program} is not installed. A PostgreSQL store is backed up and restored with PostgreSQL's own programs: "
            "apt-get install postgresql-client, in the server's version or newer."
        )
    command = [found, *arguments, *_address(url)]
    done = subprocess.run(  # noqa: S603 - PostgreSQL's own program; there is no password in the address
        command, capture_output=True, text=True, timeout=DUMP_SECONDS, check=False
    )
    if done.returncode:
        said = done.stderr.strip().splitlines()
        raise StoreProblem(f"{program} failed: {said[0] if said else f'exit code {done.returncode}'}")
    return done.stdout


def _address(url: URL | None) -> Sequence[str]:
    if url is None:
        return ()
    plain = make_url(url).set(drivername="postgresql", password=None)
    return (f"--dbname={plain.render_as_string()}",)
