"""Clients in parts: enough for every worker, none too small to be worth it, none so large that all wait for it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from sevenc_sync.engine.rounds import LARGEST, SMALLEST, cut


@settings(max_examples=50)
@given(number=st.integers(0, 3000), workers=st.integers(0, 40))
def test_every_client_is_in_one_part_of_a_fitting_size(number: int, workers: int) -> None:
    parts = cut(range(number), workers)
    assert [client for part in parts for client in part] == list(range(number))
    assert all(len(part) <= LARGEST for part in parts)
    assert all(len(part) >= SMALLEST for part in parts[:-1])


def test_each_worker_gets_about_two() -> None:
    assert [len(part) for part in cut(range(80), 4)] == [10] * 8
    assert len(cut(range(6), 4)) == 2
