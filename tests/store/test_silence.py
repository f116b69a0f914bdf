"""A stream that says OK but delivers nothing new is frozen; one that is merely quiet is not."""

from collections.abc import Iterable, Iterator
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from sevenc_sync.store.database import Store
from sevenc_sync.store.silence import DELIVERIES, SPAN, Silence, frozen_streams, usual_silence
from sevenc_sync.store.tables import run, stream_state

HOUR, DAY = 3_600, 86_400
START = 1_750_000_000


def readings(store: Store, account: int, hours: Iterable[tuple[int, int]], stream: str = "tickets") -> None:
    """One good run at each hour after the start, with so many new records; the last is the stream's last good one."""
    rows = [
        {
            "account": account,
            "stream": stream,
            "trigger": "schedule",
            "mode": "delta",
            "state": "ok",
            "holder": "h",
            "started_at": START + hour * HOUR,
            "finished_at": START + hour * HOUR,
            "new": new,
        }
        for hour, new in hours
    ]
    state = {"account": account, "stream": stream, "state": "ok", "failures": 0}
    with store.write() as connection:
        connection.execute(insert(run), rows)
        connection.execute(insert(stream_state), [state | {"last_ok_at": rows[-1]["finished_at"]}])


def frozen(store: Store) -> dict[tuple[int, str], Silence]:
    with store.read() as connection:
        return frozen_streams(connection)


def busy_until(last: int, end: int, every: int = 6) -> Iterator[tuple[int, int]]:
    """Readings every hour up to `end`; something new every so many hours up to `last`."""
    for hour in range(end + 1):
        yield hour, int(hour <= last and hour % every == 0)


def test_a_busy_stream_that_falls_silent_is_frozen_since_its_last_delivery(
    store: Store, account: int
) -> None:
    readings(store, account, busy_until(20 * 24, 23 * 24))
    assert frozen(store) == {(account, "tickets"): Silence(START + 20 * DAY, 6 * HOUR)}


def test_two_days_of_silence_are_never_frozen(store: Store, account: int) -> None:
    readings(store, account, busy_until(20 * 24, 20 * 24 + 47))
    assert frozen(store) == {}


def test_the_first_new_record_ends_it(store: Store, account: int) -> None:
    readings(store, account, [*busy_until(20 * 24, 30 * 24), (30 * 24 + 1, 1)])
    assert frozen(store) == {}


@pytest.mark.parametrize(("days_silent", "is_frozen"), [(7, False), (10, True)])
def test_weekends_that_were_seen_make_a_holiday_week_ordinary(
    store: Store, account: int, days_silent: int, is_frozen: bool
) -> None:
    """Working hours of five days in seven: the longest silence is 64 hours, so eight days may pass."""
    working = [
        (hour, int(hour // 24 % 7 < 5 and 9 <= hour % 24 <= 17 and hour < 26 * 24))
        for hour in range(26 * 24 + days_silent * 24)
    ]
    readings(store, account, working)
    assert bool(frozen(store)) is is_frozen


def test_a_short_list_that_seldom_changes_is_not_frozen(store: Store, account: int) -> None:
    readings(store, account, [(hour, int(hour in (0, 24, 300, 700))) for hour in range(0, 4000, 4)])
    assert frozen(store) == {}


def test_a_list_that_never_had_anything_is_not_frozen(store: Store, account: int) -> None:
    readings(store, account, [(hour, 0) for hour in range(0, 2000, 4)])
    assert frozen(store) == {}


def test_a_young_stream_is_not_judged(store: Store, account: int) -> None:
    readings(store, account, busy_until(10 * 24, 30 * 24))
    assert frozen(store) == {}


def test_a_daemon_that_was_off_has_not_asked(store: Store, account: int) -> None:
    off = [*busy_until(20 * 24, 20 * 24), *((50 * 24 + hour, 0) for hour in range(4))]
    readings(store, account, off)
    assert frozen(store) == {}


def test_a_stream_that_is_no_longer_read_is_stale_and_not_frozen(store: Store, account: int) -> None:
    readings(store, account, busy_until(20 * 24, 20 * 24))
    assert frozen(store) == {}


def test_what_was_usual_in_another_season_does_not_count(store: Store, account: int) -> None:
    summer = [(0, 1), (100 * 24, 1)]  # a silence of a hundred days, long ago
    autumn = ((200 * 24 + hour, new) for hour, new in busy_until(100 * 24, 103 * 24))
    readings(store, account, [*summer, *autumn])
    assert list(frozen(store)) == [(account, "tickets")]


def test_each_stream_is_judged_by_itself(store: Store, account: int) -> None:
    readings(store, account, busy_until(20 * 24, 24 * 24), "tickets")
    readings(store, account, busy_until(24 * 24, 24 * 24), "devices")
    assert list(frozen(store)) == [(account, "tickets")]


@given(st.lists(st.integers(min_value=1, max_value=9 * DAY), min_size=0, max_size=60))
def test_the_usual_silence_is_the_longest_gap_and_needs_enough_to_tell(gaps: list[int]) -> None:
    moments = [START]
    for gap in gaps:
        moments.append(moments[-1] + gap)
    found = usual_silence(moments)
    if len(moments) < DELIVERIES or moments[-1] - moments[0] < SPAN:
        assert found is None
    else:
        assert found == max(later - earlier for earlier, later in pairwise(moments))
