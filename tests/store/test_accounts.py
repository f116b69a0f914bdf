"""Accounts keep their number; refused credentials stop an account until they change."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from sevenc_sync.store.accounts import (
    KeptLimits,
    account_names,
    ensure_account,
    kept_limits,
    note_limits,
    resume_account,
    stop_account,
    stopped_reason,
)
from sevenc_sync.store.database import Store, StoreProblem
from tests.store.conftest import NOW


def test_an_account_keeps_the_number_it_first_got(store: Store) -> None:
    one, two = ensure_account(store, "one", "c"), ensure_account(store, "two", "c")
    assert ensure_account(store, "one", "c") == one != two
    with store.read() as connection:
        assert account_names(connection) == {one: "one", two: "two"}


def test_a_name_cannot_go_to_another_connector(store: Store) -> None:
    ensure_account(store, "one", "connectwise_psa")
    with pytest.raises(StoreProblem, match=r"'one'.*connectwise_psa.*datto_bcdr.*another name"):
        ensure_account(store, "one", "datto_bcdr")


def test_processes_that_see_an_account_first_at_the_same_time_agree_on_its_number(store: Store) -> None:
    together = Barrier(6)

    def ensure() -> int:
        together.wait()
        return ensure_account(store, "one", "c")

    with ThreadPoolExecutor(6) as pool:
        numbers = {future.result() for future in [pool.submit(ensure) for _ in range(6)]}
    assert len(numbers) == 1


def test_an_account_stopped_for_its_credentials_waits_for_other_ones(store: Store, account: int) -> None:
    assert stopped_reason(store, account, lambda: "digest") is None
    stop_account(store, account, "The vendor refuses the key.", "digest", NOW)
    assert stopped_reason(store, account, lambda: "digest") == "The vendor refuses the key."
    assert stopped_reason(store, account, lambda: "another digest") is None


def test_a_resumed_account_is_no_longer_stopped(store: Store, account: int) -> None:
    stop_account(store, account, "refused", "digest", NOW)
    resume_account(store, account, NOW)
    assert stopped_reason(store, account, lambda: "digest") is None


def test_stopping_one_account_leaves_the_others_alone(store: Store, account: int) -> None:
    other = ensure_account(store, "other", "c")
    stop_account(store, account, "refused", "digest", NOW)
    assert stopped_reason(store, other, lambda: "digest") is None


def test_the_limits_that_are_kept_are_remembered_by_name(store: Store, account: int) -> None:
    with store.read() as connection:
        assert kept_limits(connection) == {}
    for kept in (
        KeptLimits(300.0, 4, "600 a minute"),
        KeptLimits(300.0, 4, "600 a minute"),
        KeptLimits(12.5, 1),
    ):
        note_limits(store, account, kept)
        with store.read() as connection:
            assert kept_limits(connection) == {"psa": kept}
