"""One call per row: every row's turn comes, never more at once than allowed, and none without a change."""

import shutil
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.database import Store
from sevenc_sync.store.migrate import upgrade
from tests.sync.conftest import Desk, Vendor
from tests.sync.park import FACTS, MACHINES, PER_RUN, Park

ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("change"), st.sampled_from("abcdefgh"), st.integers(1, 3)),
        st.tuples(st.just("remove"), st.sampled_from("abcdefgh"), st.just(0)),
        st.tuples(st.just("fail"), st.sampled_from("abcdefgh"), st.sampled_from([400, 404, 429, 503])),
        st.tuples(st.just("mend"), st.sampled_from("abcdefgh"), st.just(0)),
        st.tuples(st.just("list"), st.just(""), st.just(0)),
        st.tuples(st.just("read"), st.just(""), st.just(0)),
    ),
    max_size=30,
)


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store without anything in it, to be copied: making one takes longer than the test."""
    file = tmp_path_factory.mktemp("details") / "empty.db"
    with Store.open(f"sqlite:///{file}") as store:
        upgrade(store)
    return file


@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(ACTIONS)
def test_every_row_is_read_in_the_end_never_more_at_once_and_none_without_a_change(
    empty: Path, actions: list[tuple[str, str, int]]
) -> None:
    file = empty.with_name("store.db")
    for old in empty.parent.glob("store.db*"):
        old.unlink()
    shutil.copyfile(empty, file)
    with Store.open(f"sqlite:///{file}") as store:
        park = Park(Desk(store, Vendor(), ensure_account(store, "psa", "test")))
        park.put(*"abcd")
        for action, key, number in actions:
            if action == "change":
                park.put(key, build=number)
            elif action == "remove":
                park.machines.pop(key, None)
            elif action == "fail":
                park.failing[key] = number
            elif action == "mend":
                park.failing.pop(key, None)
            elif action == "list":
                park.run(MACHINES)
            else:
                before = park.waiting()
                park.run(FACTS)
                assert len(park.asked()) <= min(PER_RUN, before)
                told = {key: value for key, value in park.column("serial").items() if value is not None}
                assert all(value.startswith(f"{key}/") for key, value in told.items())
        park.failing = {}
        park.run(MACHINES)
        rounds = -(-park.waiting() // PER_RUN)
        for _ in range(rounds):
            assert park.run(FACTS).state == "ok"
            assert 0 < len(park.asked()) <= PER_RUN
        assert park.column("serial") == {key: f"{key}/{row['build']}" for key, row in park.machines.items()}
        park.run(MACHINES)
        assert (park.run(FACTS).state, park.asked(), park.waiting()) == ("ok", [], 0)
