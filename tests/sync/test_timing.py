"""When a stream is read again."""

from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync.clock import from_seconds
from sevenc_sync.config import load
from sevenc_sync.connect.errors import AccessProblem, Stopped, Throttled, VendorDown
from sevenc_sync.engine.sync_job import timing_of
from sevenc_sync.quiet import Quiet
from sevenc_sync.sync.timing import FIRST_RETRY, SLOWEST_RETRY, Timing
from tests.sync.conftest import NOW, TICKETS

HOUR = timedelta(hours=1)
DOWN = VendorDown("It does not answer.")
moments = st.integers(1_577_836_800, 1_893_456_000).map(from_seconds)
hours = st.tuples(st.times(), st.times()).filter(lambda pair: pair[0] != pair[1])


def due(timing: Timing, problem: object = None, failures: int = 1, now: datetime = NOW) -> timedelta:
    return timing.next_due("psa", TICKETS, problem, failures, now) - now  # type: ignore[arg-type]


def test_a_streams_own_cadence_counts_until_the_operator_says_otherwise() -> None:
    always, account, stream = timedelta(hours=2), timedelta(hours=3), timedelta(hours=4)
    assert due(Timing()) == TICKETS.cadence
    assert due(Timing(always=always)) == always
    assert due(Timing(always=always, every={"psa": account})) == account
    assert due(Timing(always=always, every={"psa": account, "psa/tickets": stream})) == stream
    assert due(Timing(every={"rmm": account})) == TICKETS.cadence


def test_a_source_that_is_down_is_asked_soon_then_less_and_less_but_for_ever() -> None:
    waits = [due(Timing(), DOWN, failures) for failures in (1, 2, 3, 4, 5, 6, 1000)]
    assert waits[:4] == [FIRST_RETRY, FIRST_RETRY * 2, FIRST_RETRY * 4, FIRST_RETRY * 8]
    assert waits[4:] == [SLOWEST_RETRY] * 3


def test_what_is_read_once_a_day_is_not_asked_every_hour_while_its_source_is_down() -> None:
    daily = Timing(always=timedelta(days=1))
    assert due(daily, DOWN, 1000) == timedelta(days=1)


def test_what_only_a_person_can_mend_is_tried_again_at_the_usual_time() -> None:
    assert due(Timing(), AccessProblem("No right."), 9) == TICKETS.cadence


def test_a_stop_of_ours_makes_it_due_at_once_and_a_vendors_wish_is_obeyed() -> None:
    assert due(Timing(jitter=0.5), Stopped("Stopped.")) == timedelta(0)
    assert due(Timing(jitter=0.5), Throttled("Wait.", retry_at=NOW + 7 * HOUR)) == 7 * HOUR


@given(moment=moments, jitter=st.floats(0, 0.5))
def test_jitter_makes_later_by_at_most_its_part_and_is_the_same_for_the_same(
    moment: datetime, jitter: float
) -> None:
    timing = Timing(jitter=jitter)
    wait = due(timing, now=moment)
    assert TICKETS.cadence <= wait <= TICKETS.cadence * (1 + jitter)
    assert wait == due(timing, now=moment)


def test_jitter_tells_accounts_apart() -> None:
    timing = Timing(jitter=0.5)
    names = [f"account{number}" for number in range(20)]
    assert len({timing.next_due(name, TICKETS, None, 0, NOW) for name in names}) == len(names)


@given(moment=moments, pair=hours)
def test_nothing_is_due_within_quiet_hours_and_they_end(moment: datetime, pair: tuple[time, time]) -> None:
    quiet = Quiet(*pair)
    timing = Timing(quiet=quiet, always=timedelta(minutes=10))
    assert not quiet.holds(timing.next_due("psa", TICKETS, None, 0, moment))
    assert timedelta(0) <= quiet.over_at(moment) - moment <= timedelta(days=1)


def test_quiet_hours_are_those_of_their_zone_whatever_the_season() -> None:
    quiet = Quiet.of("22:00-06:00", ZoneInfo("Europe/Budapest"))
    summer, winter = datetime(2026, 7, 1, 20, 30, tzinfo=UTC), datetime(2026, 12, 1, 20, 30, tzinfo=UTC)
    assert quiet.holds(summer)
    assert not quiet.holds(winter)
    assert quiet.over_at(summer) == datetime(2026, 7, 2, 4, 0, tzinfo=UTC)
    # The night in which the clocks go back has an hour more.
    autumn = datetime(2026, 10, 24, 21, 0, tzinfo=UTC)
    assert quiet.over_at(autumn) == datetime(2026, 10, 25, 5, 0, tzinfo=UTC)


def test_quiet_hours_of_the_schedule_are_those_of_the_msps_time_zone(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[schedule]\nquiet_hours = "22:00-06:00"\n[push]\ntimezone = "Europe/Budapest"\n')
    quiet = timing_of(load(path, {})).quiet
    assert quiet == Quiet.of("22:00-06:00", ZoneInfo("Europe/Budapest"))
    path.write_text('[schedule]\nquiet_hours = "22:00-06:00"\n')
    quiet = timing_of(load(path, {})).quiet
    assert quiet == Quiet.of("22:00-06:00", ZoneInfo("UTC")), "where nothing is said"


@pytest.mark.parametrize("text", ["", "22-6", "22:00", "25:00-06:00", "06:00-06:00", "22:00-06:00-08:00"])
def test_what_are_no_hours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="two different times of the day, such as 19:00-07:00"):
        Quiet.of(text)
