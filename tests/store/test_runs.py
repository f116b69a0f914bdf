"""One run per stream at a time: fenced, taken over when its process is dead or its lease is over."""

import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import Connection, select

from sevenc_sync.clock import to_seconds
from sevenc_sync.connect.connector import AccountSettings
from sevenc_sync.connect.retries import RetryPolicy
from sevenc_sync.model import Ticket
from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.bulk import upsert
from sevenc_sync.store.codec import Codec
from sevenc_sync.store.database import Store
from sevenc_sync.store.holder import this_holder
from sevenc_sync.store.runs import (
    LEASE,
    Busy,
    Claim,
    RunLost,
    RunState,
    Token,
    abandon,
    advance,
    claim,
    finish,
)
from sevenc_sync.store.tables import evidence, run, stream_state
from tests.store.conftest import NOW, rows_of

ELSEWHERE = "elsewhere.example:12:34"
DEAD = f"{socket.gethostname()}:{2**30}:1"  # no kernel gives a process that number
TOKEN = Token(
    mode="full", since=None, started=to_seconds(NOW), parent="p", params={"pageId": "7", "pageSize": 5}
)


def _take(store: Store, account: int, holder: str = ELSEWHERE, now: datetime = NOW) -> Claim:
    taken = claim(store, account, "tickets", trigger="schedule", holder=holder, now=now)
    assert isinstance(taken, Claim)
    return taken


def _state(store: Store) -> dict[str, Any]:
    with store.read() as connection:
        (row,) = rows_of(connection, stream_state)
    return row


def _runs(store: Store) -> list[dict[str, Any]]:
    with store.read() as connection:
        return rows_of(connection, run)


def _advance(store: Store, claimed: Claim, token: Token | None = None, newest: int | None = None) -> None:
    with store.write() as connection:
        advance(connection, claimed, token=token, newest=newest, now=NOW, totals={"pages": 1})


def _finish(store: Store, claimed: Claim, state: RunState = "ok", **other: Any) -> None:
    fixed = {"now": NOW, "totals": {}, "watermark": None, "full": False, "keep_token": False}
    finish(store, claimed, state, **{**fixed, **other})


def test_a_stream_seen_first_is_claimed_from_nothing(store: Store, account: int) -> None:
    taken = _take(store, account)
    assert (taken.watermark, taken.last_full_at, taken.token) == (None, None, None)
    state = _state(store)
    assert (state["run"], state["holder"], state["state"]) == (taken.run, ELSEWHERE, "new")
    assert state["lease_until"] == to_seconds(NOW + LEASE)


def test_a_stream_that_is_being_read_is_busy_and_says_by_whom(store: Store, account: int) -> None:
    taken = _take(store, account, this_holder())
    again = claim(store, account, "tickets", trigger="command", holder=ELSEWHERE, now=NOW)
    assert again == Busy(holder=this_holder(), run=taken.run)
    assert len(_runs(store)) == 1


def test_other_streams_and_other_accounts_are_free(store: Store, account: int) -> None:
    other = ensure_account(store, "other", "c")
    _take(store, account)
    _take(store, other)
    taken = claim(store, account, "devices", trigger="schedule", holder=ELSEWHERE, now=NOW)
    assert isinstance(taken, Claim)


def test_of_many_that_claim_a_new_stream_at_once_one_gets_it(store: Store, account: int) -> None:
    together = Barrier(6)

    def take(_: int) -> Claim | Busy:
        together.wait()
        return claim(store, account, "tickets", trigger="schedule", holder=this_holder(), now=NOW)

    with ThreadPoolExecutor(6) as pool:
        results = list(pool.map(take, range(6)))
    (won,) = [result for result in results if isinstance(result, Claim)]
    assert [result for result in results if isinstance(result, Busy)] == 5 * [Busy(this_holder(), won.run)]


def test_a_claim_is_taken_from_the_moment_on_that_the_store_shows_it(
    store: Store, account: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another thread of this process may ask right after the commit, before the first claimant has its answer."""
    others: list[Claim | Busy] = []

    @contextmanager
    def write_and_be_overtaken() -> Iterator[Connection]:
        with Store.write(store) as connection:
            yield connection
        with monkeypatch.context() as patch:
            patch.setattr(store, "write", partial(Store.write, store))
            others.append(claim(store, account, "tickets", trigger="x", holder=this_holder(), now=NOW))

    monkeypatch.setattr(store, "write", write_and_be_overtaken)
    won = _take(store, account, this_holder())
    assert others == [Busy(this_holder(), won.run)]


@pytest.mark.parametrize("end", ["finish", "abandon"])
def test_a_run_is_no_one_elses_until_the_store_shows_its_end(
    store: Store, account: int, monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """Another thread of this process may ask right before the end is written: it must not find the run broken off."""
    taken, others = _take(store, account, this_holder()), list[Claim | Busy]()

    @contextmanager
    def be_overtaken_and_write() -> Iterator[Connection]:
        with monkeypatch.context() as patch:
            patch.setattr(store, "write", partial(Store.write, store))
            others.append(claim(store, account, "tickets", trigger="x", holder=this_holder(), now=NOW))
        with Store.write(store) as connection:
            yield connection

    with monkeypatch.context() as patch:
        patch.setattr(store, "write", be_overtaken_and_write)
        if end == "finish":
            _finish(store, taken)
        else:
            abandon(store, taken, now=NOW, error="a fault of ours", action="Report it.")
    assert others == [Busy(this_holder(), taken.run)]
    assert [row["state"] for row in _runs(store)] == [{"finish": "ok", "abandon": "failed"}[end]]


def test_a_dead_holder_is_replaced_at_once_and_its_run_marked_lost(store: Store, account: int) -> None:
    dead = _take(store, account, DEAD)
    _advance(store, dead, TOKEN)
    taken = _take(store, account)
    assert taken.token == TOKEN
    lost, running = _runs(store)
    assert (lost["state"], lost["finished_at"], lost["action"]) == (
        "lost",
        to_seconds(NOW),
        "Nothing: the next run goes on.",
    )
    assert running["state"] == "running"


def test_another_machines_run_is_replaced_when_its_lease_is_over_and_not_before(
    store: Store, account: int
) -> None:
    _take(store, account, ELSEWHERE)
    early = claim(
        store, account, "tickets", trigger="x", holder=this_holder(), now=NOW + LEASE - timedelta(seconds=1)
    )
    assert isinstance(early, Busy)
    _take(store, account, this_holder(), NOW + LEASE)


def test_progress_renews_the_lease(store: Store, account: int) -> None:
    taken = _take(store, account, ELSEWHERE, NOW - LEASE)
    _advance(store, taken)
    assert _state(store)["lease_until"] == to_seconds(NOW + LEASE)


def test_a_lost_run_can_write_neither_rows_nor_progress(store: Store, account: int) -> None:
    lost = _take(store, account, DEAD)
    winner = _take(store, account)
    codec = Codec(Ticket)

    def commit_page() -> None:
        with store.write() as connection:
            upsert(connection, codec, account, [codec.row(account, Ticket(id="1", company="a"), 1)])
            advance(connection, lost, token=TOKEN, newest=9, now=NOW, totals={"pages": 99})

    with pytest.raises(RunLost):
        commit_page()
    state = _state(store)
    assert (state["run"], state["token"], state["newest_at"]) == (winner.run, None, None)
    assert [row["pages"] for row in _runs(store)] == [0, 0]
    with store.read() as connection:
        assert rows_of(connection, evidence["ticket"]) == []


def test_a_lost_run_can_neither_finish_nor_be_abandoned_for_the_winner(store: Store, account: int) -> None:
    lost = _take(store, account, DEAD)
    winner = _take(store, account)
    with pytest.raises(RunLost):
        _finish(store, lost, watermark=NOW)
    abandon(store, lost, now=NOW, error="fault", action="report")
    state = _state(store)
    assert (state["run"], state["watermark"], state["failures"]) == (winner.run, None, 0)
    assert [row["state"] for row in _runs(store)] == ["lost", "running"]


def test_a_finished_run_leaves_its_watermark_and_frees_the_stream(store: Store, account: int) -> None:
    taken = _take(store, account)
    _advance(store, taken, TOKEN)
    due = NOW + timedelta(hours=1)
    _finish(store, taken, watermark=NOW - timedelta(minutes=5), full=True, next_due=due, totals={"pages": 3})
    state = _state(store)
    assert (state["state"], state["run"], state["holder"], state["token"]) == ("ok", None, None, None)
    assert (state["next_due_at"], state["last_ok_at"]) == (to_seconds(due), to_seconds(NOW))
    (row,) = _runs(store)
    assert (row["state"], row["pages"], row["finished_at"]) == ("ok", 3, to_seconds(NOW))
    again = _take(store, account)
    assert (again.watermark, again.last_full_at) == (NOW - timedelta(minutes=5), NOW)


def test_a_failed_run_keeps_watermark_and_place_and_counts(store: Store, account: int) -> None:
    _finish(store, _take(store, account), watermark=NOW, full=True)
    for failures in (1, 2):
        taken = _take(store, account)
        _advance(store, taken, TOKEN)
        _finish(store, taken, "failed", keep_token=True, full=True, error="Down.", action="Wait.")
        state = _state(store)
        assert (state["state"], state["reason"], state["failures"]) == ("failed", "Down.", failures)
        assert (state["watermark"], state["last_full_at"]) == (to_seconds(NOW), to_seconds(NOW))
    taken = _take(store, account)
    assert (taken.token, taken.watermark) == (TOKEN, NOW)
    _finish(store, taken)
    assert _state(store)["failures"] == 0
    assert _runs(store)[1]["error"] == "Down."


def test_progress_without_a_place_keeps_the_one_before(store: Store, account: int) -> None:
    taken = _take(store, account)
    _advance(store, taken, TOKEN)
    _advance(store, taken, None)
    abandon(store, taken, now=NOW, error="fault", action="report")
    assert _take(store, account).token == TOKEN


def test_the_newest_record_seen_never_becomes_older(store: Store, account: int) -> None:
    taken = _take(store, account)
    seen = []
    for newest in (None, 50, 40, None, 60):
        _advance(store, taken, newest=newest)
        seen.append(_state(store)["newest_at"])
    assert seen == [None, 50, 50, 50, 60]


def test_a_fault_of_ours_frees_the_stream_and_leaves_its_place(store: Store, account: int) -> None:
    taken = _take(store, account)
    _advance(store, taken, TOKEN)
    abandon(store, taken, now=NOW, error="A fault.", action="Report it.")
    state = _state(store)
    assert (state["state"], state["reason"], state["run"], state["failures"]) == (
        "failed",
        "A fault.",
        None,
        1,
    )
    with store.read() as connection:
        row = connection.execute(select(run)).mappings().one()
    assert (row["state"], row["error"], row["action"]) == ("failed", "A fault.", "Report it.")
    assert _take(store, account).token == TOKEN


def test_abandoning_a_run_that_is_over_changes_nothing(store: Store, account: int) -> None:
    taken = _take(store, account)
    _finish(store, taken)
    before = _state(store)
    abandon(store, taken, now=NOW + timedelta(days=1), error="late", action="none")
    assert _state(store) == before
    assert [row["state"] for row in _runs(store)] == ["ok"]


def test_a_run_that_is_only_patient_does_not_lose_its_stream() -> None:
    policy = RetryPolicy()
    (timeout,) = (
        field.default for name, field in AccountSettings.model_fields.items() if name == "timeout_seconds"
    )
    # Each try may take the time once until the answer begins, and once more until it ends.
    longest = policy.attempts * 2 * timeout + (policy.attempts - 1) * (policy.longest_wait + 1)
    assert timedelta(seconds=longest) < LEASE
