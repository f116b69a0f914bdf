"""A store that takes no writes: the daemon says so once, asks nobody, and goes on by itself when it is mended."""

import io
import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, event, func, insert, select

from sevenc_sync import logs
from sevenc_sync.daemon import Daemon
from sevenc_sync.engine.alarms import Alarms, Sent
from sevenc_sync.engine.local import open_engine
from sevenc_sync.engine.notify import Notifier
from sevenc_sync.store.database import Store, StoreUnwritable
from sevenc_sync.store.reads import runs, stream_states
from sevenc_sync.store.tables import account, evidence
from sevenc_sync.sync.outcome import RunResult

PATIENCE = 60.0


class Room:
    """How many pages the store's file may have; a limit below its size means that it cannot grow."""

    def __init__(self, store: Store) -> None:
        self.pages = 1
        event.listen(store.engine, "checkout", self._limit)

    def _limit(self, connection: Any, *_: object) -> None:
        connection.execute(f"PRAGMA max_page_count = {self.pages}")


def wait_for(what: Any) -> None:
    """Until it is so; fails when it never is."""
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end
        time.sleep(0.02)


def tickets(store: Store) -> int:
    with store.read() as connection:
        return connection.execute(select(func.count()).select_from(evidence["ticket"])).scalar_one()


def test_a_full_disk_is_told_once_and_the_work_goes_on_when_there_is_room(
    site: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    logs.set_up("info", "json", stream)
    monkeypatch.setenv("SEVENC_ALARMS_URLS", "json://127.0.0.1/")
    monkeypatch.setattr("sevenc_sync.engine.scheduled.ALARM_SECONDS", 0.05)
    titles: list[str] = []

    def send(_addresses: object, title: str, _body: str, _kind: str) -> list[Sent]:
        titles.append(title)
        return [Sent("JSON")]

    def said(event: str) -> list[dict[str, Any]]:
        return [line for line in map(json.loads, stream.getvalue().splitlines()) if line["event"] == event]

    with open_engine(site.config()) as engine:
        room = Room(engine.store)
        daemon = Daemon(
            engine,
            notifier=Notifier(None, watchdog_seconds=0.05),
            tick_seconds=0.02,
            alarms=Alarms(store=engine.store, send=send),
        )
        working = threading.Thread(target=daemon.run)
        working.start()
        try:
            wait_for(lambda: said("store cannot be written"))
            wait_for(lambda: titles and not daemon.work.reading)
            asked = [len(vendor.requests) for vendor in site.sandbox.vendors.values()]
            time.sleep(0.3)  # many ticks and beats
            later = [len(vendor.requests) for vendor in site.sandbox.vendors.values()]
            checks = daemon.checks()
            room.pages = 2**30
            wait_for(lambda: len(titles) > 1 and tickets(engine.store))
        finally:
            engine.stop.set()
            working.join(PATIENCE)
        with engine.store.read() as connection:
            states = {row["state"] for row in runs(connection, limit=1000)}
            held = {row["run"] for row in stream_states(connection)}
    assert len(said("store cannot be written")) == 1
    assert "disk is full: make room" in said("store cannot be written")[0]["error"]
    assert "disk is full" in str(checks["store"])
    assert later == asked
    assert titles == [
        "sevenc-sync: the store cannot be written",
        "sevenc-sync: the store can be written again",
    ]
    assert "running" not in states
    assert held == {None}


def test_a_stop_while_nothing_can_be_written_ends_well(site: Any) -> None:
    def refuse(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("DELETE FROM service") and engine.stop.is_set():
            raise StoreUnwritable("full")

    with open_engine(site.config()) as engine:
        event.listen(engine.store.engine, "before_cursor_execute", refuse)
        results: list[str] = []

        def stop(result: RunResult) -> None:
            results.append(result.state)
            engine.stop.set()

        Daemon(engine, notifier=Notifier(None), tick_seconds=0.02, on_result=stop).run()
        assert results


def test_a_read_only_store_says_so(sqlite_store: Store) -> None:
    path = Path(str(sqlite_store.engine.url.database))
    sqlite_store.close()
    engine = create_engine(f"sqlite:///file:{path}?mode=ro&uri=true")
    with (
        Store(engine) as store,
        pytest.raises(StoreUnwritable, match=r"read-only.* what it holds is whole"),
        store.write() as connection,
    ):
        connection.execute(insert(account).values(name="a", connector="b", is_stopped=False))
