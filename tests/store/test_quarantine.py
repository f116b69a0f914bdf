"""A record that cannot be read is kept: its bytes, where the fault is, and only once."""

import pytest
from sqlalchemy import select

from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.database import Store
from sevenc_sync.store.quarantine import BadRecord, held, hold
from sevenc_sync.store.tables import quarantine
from tests.store.conftest import rows_of

BAD = BadRecord("$.board.name", "Expected `str`, got `int`", b'{"id":1,"board":{"name":\xff7}}')


def test_the_bytes_are_kept_as_they_came(store: Store, account: int) -> None:
    with store.write() as connection:
        hold(connection, account, "tickets", run=5, at=100, bad=[BAD])
        (row,) = rows_of(connection, quarantine)
    assert bytes(row["body"]) == BAD.body
    assert (row["path"], row["reason"]) == (BAD.path, BAD.reason)
    assert (row["account"], row["stream"], row["run"]) == (account, "tickets", 5)
    assert (row["first_at"], row["last_at"]) == (100, 100)


def test_the_same_bad_record_is_kept_once_with_the_run_that_saw_it_last(store: Store, account: int) -> None:
    with store.write() as connection:
        hold(connection, account, "tickets", run=5, at=100, bad=[BAD, BAD])
        hold(connection, account, "tickets", run=6, at=200, bad=[BAD])
        (row,) = rows_of(connection, quarantine)
    assert (row["run"], row["first_at"], row["last_at"]) == (6, 100, 200)


def test_other_bytes_another_stream_and_another_account_are_other_records(store: Store, account: int) -> None:
    other = ensure_account(store, "other", "connectwise_psa")
    with store.write() as connection:
        hold(connection, account, "tickets", run=5, at=1, bad=[BAD, BadRecord("$", "no", b"{}")])
        hold(connection, account, "devices", run=6, at=1, bad=[BAD])
        hold(connection, other, "tickets", run=7, at=1, bad=[BAD])
        assert len(rows_of(connection, quarantine)) == 4
        assert connection.execute(select(quarantine.c.run).order_by(quarantine.c.id)).scalars().all() == [
            5,
            5,
            6,
            7,
        ]


def test_nothing_bad_writes_nothing(store: Store, account: int) -> None:
    with store.write() as connection:
        hold(connection, account, "tickets", run=5, at=1, bad=[])
        assert rows_of(connection, quarantine) == []


@pytest.mark.parametrize("everybody", [True, False])
def test_the_list_of_held_records_leaves_their_bytes_out(store: Store, account: int, everybody: bool) -> None:
    other = ensure_account(store, "other", "connectwise_psa")
    with store.write() as connection:
        hold(connection, other, "tickets", run=1, at=1, bad=[BAD])
        hold(connection, account, "tickets", run=2, at=2, bad=[BAD])
        listed = held(connection, None if everybody else account)
    assert [row["run"] for row in listed] == ([1, 2] if everybody else [2])
    assert all("body" not in row for row in listed)
