"""Kill the process anywhere, any number of times: once it is left alone, the store is what it would have been.

A crash is a BaseException at a request, at a statement, before or just after a commit. From then on this process can do
nothing any more: whatever it still tries raises too, as in a process that is gone.
"""

import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from sevenc_sync.connect.stream import Stream
from sevenc_sync.model import Asset, ProtectionRun
from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.migrate import upgrade
from sevenc_sync.sync import batch
from tests.mortal import Crash, Fate, MortalStore
from tests.sync.conftest import (
    BACKUPS,
    DEVICES,
    TICKETS,
    Answer,
    Desk,
    Request,
    Vendor,
    picture,
)

# The devices' and backups' passes tell what is gone, too.
FAMILY: tuple[Stream, ...] = (
    TICKETS,
    replace(DEVICES, complete=(Asset,)),
    replace(BACKUPS, complete=(ProtectionRun,)),
)
DEAD = f"{socket.gethostname()}:{2**30}:1"  # no kernel gives a process that number


def a_source() -> Vendor:
    """A small one: two pages a list. No backup is broken, for a record in quarantine hides its id: nothing is buried."""
    vendor = Vendor()
    for number in (1, 2, 4, 5):
        vendor.put_ticket(number, updated=f"2026-11-{number:02}T08:00:00Z", board=f"Board {number % 2}")
    vendor.put_ticket(4, updated="2026-11-04T08:00:00Z", summary=["not", "a", "text"])
    vendor.put_device("d0", backups=3)
    vendor.put_device("d1", backups=1, company="c2")
    vendor.put_device("printer", kind="other")
    return vendor


@dataclass
class Slate:
    """One store for all lives: wiping it is quicker than opening another."""

    store: MortalStore
    empty: sqlite3.Connection

    def desk(self, vendor: Vendor) -> Desk:
        """The store as it was when it was new, with everything around it."""
        self.store.fate = Fate(None)
        raw = self.store.engine.raw_connection()
        assert isinstance(raw.driver_connection, sqlite3.Connection)
        self.empty.backup(raw.driver_connection)
        raw.close()
        return Desk(self.store, vendor, account=1, holder=DEAD)


@pytest.fixture(scope="module")
def slate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Slate]:
    """A store with its account and nothing else."""
    path = tmp_path_factory.mktemp("slate") / "store.db"
    with MortalStore.open(f"sqlite:///{path}") as store, closing(sqlite3.connect(":memory:")) as empty:
        assert isinstance(store, MortalStore)
        upgrade(store)
        ensure_account(store, "psa", "test")
        with closing(sqlite3.connect(path)) as new:
            new.backup(empty)
        yield Slate(store, empty)


@pytest.fixture(autouse=True)
def commit_every_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """More commits are more places to crash at."""
    monkeypatch.setattr(batch, "MAX_ROWS", 1)


def live(desk: Desk, fate: Fate) -> bool:
    """One life of the process: all streams, in order. False when it crashed."""
    store = desk.store
    assert isinstance(store, MortalStore)

    def step(_request: Request) -> Answer | None:
        fate.step("request")
        return None

    store.fate, desk.vendor.before = fate, step
    try:
        for stream in FAMILY:
            assert desk.run(stream).state in ("ok", "partial")
    except Crash:
        return False
    finally:
        store.fate, desk.vendor.before = Fate(None), lambda _request: None
    return True


def test_the_steps_of_a_life_are_many_and_of_every_kind(slate: Slate) -> None:
    fate = Fate(None)
    desk = slate.desk(a_source())
    assert live(desk, fate)
    assert {"request", "BEGIN", "SELECT", "INSERT", "UPDATE", "before a commit", "after a commit"} <= set(
        fate.points
    )
    assert fate.steps > 120


@pytest.fixture(scope="module")
def undisturbed(slate: Slate) -> tuple[Any, list[str]]:
    """What a life without a crash makes of the store, and its steps."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(batch, "MAX_ROWS", 1)
        desk, fate = slate.desk(a_source()), Fate(None)
        assert live(desk, fate)
    return picture(desk.store), fate.points


@settings(max_examples=25, deadline=None)
@given(lives=st.lists(st.integers(1, 250), max_size=6))
def test_after_any_crashes_the_store_is_what_an_undisturbed_run_makes_it(
    slate: Slate, undisturbed: tuple[Any, list[str]], lives: list[int]
) -> None:
    desk = slate.desk(a_source())
    for steps in lives:
        live(desk, Fate(steps))
    assert live(desk, Fate(None))
    assert picture(desk.store) == undisturbed[0]


EDGES = frozenset({"request", "before a commit", "after a commit"})


def test_a_crash_at_each_request_and_commit_leaves_no_trace(
    slate: Slate, undisturbed: tuple[Any, list[str]]
) -> None:
    """The same for one crash. At a statement it leaves what one before the next commit does: one of each kind is tried."""
    whole, points = undisturbed
    places = [at for at, what in enumerate(points, 1) if what in EDGES or what not in points[: at - 1]]
    assert len(places) > 60
    for at in places:
        desk = slate.desk(a_source())
        assert not live(desk, Fate(at))
        assert live(desk, Fate(None))
        assert picture(desk.store) == whole, f"a crash at step {at}: {points[at - 1]}"


CHANGES = st.lists(
    st.one_of(
        st.tuples(st.just("crash"), st.integers(1, 200)),
        st.tuples(st.just("ticket"), st.integers(1, 8)),
        st.tuples(st.just("device"), st.integers(0, 3)),
        st.tuples(st.just("no device"), st.integers(0, 3)),
        st.tuples(st.just("run"), st.just(0)),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None)
@example(changes=[("run", 0), ("no device", 1), ("crash", 150), ("ticket", 8)])
@given(changes=CHANGES)
def test_whatever_changes_at_the_source_between_crashes_the_store_follows(
    slate: Slate, changes: list[tuple[str, int]]
) -> None:
    vendor = a_source()
    desk = slate.desk(vendor)
    for number, (what, value) in enumerate(changes):
        vendor.now += timedelta(minutes=7)
        desk.now += timedelta(minutes=7)
        match what:
            case "crash":
                live(desk, Fate(value))
            case "run":
                live(desk, Fate(None))
            case "ticket":
                vendor.put_ticket(value, summary=f"Change {number}", company=f"c{number % 3}")
            case "device":
                vendor.put_device(f"d{value}", backups=number % 5, company=f"c{number % 3}")
            case "no device":
                vendor.devices.pop(f"d{value}", None)
                vendor.backups.pop(f"d{value}", None)
    for _ in range(2):  # the first may only end an interrupted pass; the second is a whole one
        vendor.now += timedelta(minutes=7)
        desk.now += timedelta(minutes=7)
        assert live(desk, Fate(None))
    assert shown(desk) == expected(vendor)


def shown(desk: Desk) -> dict[str, Any]:
    """The rows that the store does not know to be gone, by what matters of them."""
    return {
        "tickets": {key: row["summary"] for key, row in desk.rows("ticket").items()},
        "devices": {key: row["company"] for key, row in desk.rows("asset").items() if row["gone_at"] is None},
        "backups": {
            (row["protection"], row["company"], row["at"], row["result"])
            for row in desk.rows("protection_run").values()
            if row["gone_at"] is None and row["protection"] in desk.vendor.devices
        },
    }


def expected(vendor: Vendor) -> dict[str, Any]:
    """The same of the source itself; what cannot be read is in quarantine instead."""
    from sevenc_sync.clock import to_seconds
    from sevenc_sync.connect.text import when

    return {
        "tickets": {
            str(key): row["summary"] for key, row in vendor.tickets.items() if isinstance(row["summary"], str)
        },
        "devices": {key: row["company"] for key, row in vendor.devices.items()},
        "backups": {
            (key, vendor.devices[key]["company"], to_seconds(at), "ok" if row["ok"] else "failed")
            for key, rows in vendor.backups.items()
            if key in vendor.devices and vendor.devices[key].get("kind", "appliance") == "appliance"
            for row in rows
            for at in [when(row["at"])]
            if at is not None
        },
    }
