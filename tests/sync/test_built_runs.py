"""Backup runs that are built up from what protections show at each reading."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import pairwise

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync.connect.stream import Context
from sevenc_sync.connect.text import iso, when
from sevenc_sync.model import Lookup, Protection, ProtectionRun
from sevenc_sync.store.watches import Shown, Watch, watched_since
from sevenc_sync.sync.built_runs import LONGEST_GAP, next_watch, runs_shown
from tests.sync.conftest import DEVICES, NOW, Desk, Vendor

HOUR, DAY = 3600, 86_400
START = 1_800_000_000 // DAY * DAY  # a midnight


@dataclass(frozen=True)
class Night:
    """What really happened in one night: when the backup began and ended, and how; no result is a night without one."""

    began: int
    ended: int
    result: str | None


@st.composite
def nights(draw: st.DrawFn) -> list[Night]:
    """A fortnight of one machine with a backup each night, but for some."""
    found = []
    for number in range(14):
        began = START + number * DAY + draw(st.integers(0, 3 * HOUR))
        result = draw(st.sampled_from(["ok", "ok", "warning", "failed", None]))
        found.append(Night(began, began + draw(st.integers(60, 5 * HOUR)), result))
    return found


def shown_at(truth: Sequence[Night], now: int) -> Shown:
    """What the vendor says at this moment."""
    begun = [night for night in truth if night.result and night.began <= now]
    good = [night for night in begun if night.result in ("ok", "warning") and night.ended <= now]
    newest = begun[-1] if begun else None
    result = None if newest is None else newest.result if newest.ended <= now else "running"
    return Shown(
        id="p",
        company="c",
        attempt=None if newest is None else newest.began,
        success=good[-1].ended if good else None,
        result=result or "never",
        error=None,
        interval_hours=24,
        is_idle=False,
        read_at=START,
    )


def watch(truth: Sequence[Night], looks: Sequence[int]) -> dict[str, ProtectionRun]:
    """All runs that these readings make, by id, as the store would keep them."""
    found: dict[str, ProtectionRun] = {}
    state: Watch | None = None
    for now in looks:
        following = next_watch(state, now)
        before = state.looked_at if state is not None and following.since == state.since else None
        found |= {run.id: run for run in runs_shown(shown_at(truth, now), before, now)}
        state = following
    return found


def day_of(run: ProtectionRun) -> int:
    return int(run.at.timestamp()) // DAY


@given(nights(), st.integers(0, HOUR - 1))
def test_looking_every_hour_shows_every_night_as_it_was(truth: list[Night], minute: int) -> None:
    looks = range(START + minute, START + 14 * DAY, HOUR)
    found = watch(truth, looks)
    first = next((number for number, night in enumerate(truth) if night.result), 14)
    for number, night in enumerate(truth[:-1]):
        of_night = [run.result for run in found.values() if day_of(run) == START // DAY + number]
        if night.result is not None:
            assert of_night == [night.result]
        elif number > first:
            assert of_night == ["missed"]


@given(nights(), st.lists(st.integers(START, START + 14 * DAY), max_size=60))
def test_nothing_is_made_up_however_seldom_anybody_looks(truth: list[Night], looks: list[int]) -> None:
    found = watch(truth, sorted(looks))
    begun = {night.began: night.result for night in truth if night.result}
    ended = {night.ended for night in truth if night.result in ("ok", "warning")}
    for run in found.values():
        at = int(run.at.timestamp())
        if run.result == "missed":
            day = START + (at - START) // DAY * DAY
            assert not any(day <= began <= at + 12 * HOUR for began in begun if began // DAY == at // DAY)
        elif at in begun:
            assert run.result == begun[at]
        else:
            assert (run.result, at in ended) == ("ok", True)
    of_runs = [run for run in found.values() if run.result != "missed"]
    assert len(of_runs) <= len(begun)


@given(nights(), st.lists(st.integers(START, START + 14 * DAY), max_size=40))
def test_reading_the_same_state_again_makes_no_run_twice(truth: list[Night], looks: list[int]) -> None:
    once = sorted(set(looks))
    assert watch(truth, sorted([*once, *once])) == watch(truth, once)


def a_state(**changes: object) -> Shown:
    state = shown_at([Night(START, START + HOUR, "ok")], START + 2 * HOUR)
    return replace(state, **changes)  # type: ignore[arg-type]  # the fields' types differ


def results(state: Shown, days: float) -> list[str]:
    """What hourly readings of an unchanging state come to after so many days, but for the run itself."""
    found: dict[str, ProtectionRun] = {}
    looks = range(START + 2 * HOUR, START + int(days * DAY), HOUR)
    for before, now in pairwise(looks):
        found |= {run.id: run for run in runs_shown(state, before, now)}
    return [run.result for run in sorted(found.values(), key=lambda run: run.at)]


def test_a_missed_run_is_said_only_where_one_was_due() -> None:
    assert results(a_state(), 4) == ["ok", "missed", "missed", "missed"]
    assert results(a_state(is_idle=True), 4) == ["ok"]
    assert results(a_state(interval_hours=None), 4) == ["ok"]
    assert results(a_state(interval_hours=72.0), 4) == ["ok"]
    assert results(a_state(interval_hours=72.0), 4.1) == ["ok", "missed"]
    assert results(a_state(result="running"), 3) == ["missed", "missed"]


def test_a_job_that_never_ran_is_missed_from_when_it_was_first_read() -> None:
    never = a_state(attempt=None, success=None, result="never")
    assert results(never, 3) == ["missed", "missed"]
    assert results(replace(never, result=None), 3) == []


def test_a_product_that_tells_only_successes_has_runs_where_it_says_how_often_they_should_come() -> None:
    told = a_state(attempt=None, result=None)
    assert results(told, 2) == ["ok", "missed"]
    assert results(replace(told, interval_hours=None), 2) == []
    # Where the newest attempt is told without what came of it, the success before it was noted when it was the newest.
    assert results(a_state(attempt=START + HOUR, success=START + 600, result=None), 1) == []


def test_a_good_run_between_two_readings_counts_beside_the_failed_one_after_it() -> None:
    state = a_state(attempt=START + DAY, success=START + 9 * HOUR, result="failed", error="no space")
    found = list(runs_shown(state, START + 8 * HOUR, START + DAY + HOUR))
    assert [(run.result, run.error) for run in found] == [("failed", "no space"), ("ok", None)]
    # A success that stood there already at the last reading belongs to the run that was noted then.
    assert [run.result for run in runs_shown(state, START + 10 * HOUR, START + DAY + HOUR)] == ["failed"]


class WireProtection(msgspec.Struct, gc=False):
    id: str
    company: str
    attempt: str | None = None
    result: str | None = None
    paused: bool = False


def _protection(wire: WireProtection, _context: Context) -> Iterator[Protection]:
    yield Protection(
        id=wire.id,
        company=wire.company,
        last_attempt_at=when(wire.attempt),
        last_result=wire.result,
        interval_hours=24.0,
        is_paused=wire.paused,
    )


STATES = replace(
    DEVICES,
    name="states",
    wire=WireProtection,
    to_canonical=_protection,
    records=(Protection,),
    complete=(Protection,),
)
LAST_NIGHT = NOW - timedelta(hours=11)


def look(desk: Desk, vendor: Vendor, later: timedelta) -> list[tuple[str, str]]:
    """Read the states so much later; gives the runs of all of them, by protection."""
    desk.now, vendor.now = NOW + later, NOW + later
    assert desk.run(STATES).state == "ok"
    rows = sorted(desk.rows("protection_run").values(), key=lambda row: (row["protection"], row["at"]))
    return [(row["protection"], row["result"]) for row in rows]


def test_runs_come_about_from_one_reading_to_the_next(both: Desk, vendor: Vendor) -> None:
    vendor.devices.clear()
    vendor.put_device("a", attempt=iso(LAST_NIGHT), result="ok")
    vendor.put_device("b", attempt=iso(LAST_NIGHT), result="failed")
    first = look(both, vendor, timedelta(0))
    assert first == [("a", "ok"), ("b", "failed")]
    assert look(both, vendor, timedelta(hours=1)) == first
    vendor.put_device("a", attempt=iso(LAST_NIGHT + timedelta(days=1)), result="warning")
    del vendor.devices["b"]
    assert look(both, vendor, timedelta(days=1)) == [("a", "ok"), ("a", "warning"), ("b", "failed")]
    missed = look(both, vendor, timedelta(days=2, hours=2))
    assert missed == [("a", "ok"), ("a", "warning"), ("a", "missed"), ("b", "failed")]
    with both.store.read() as connection:
        assert list(watched_since(connection).values()) == [int(NOW.timestamp())]
    # Nobody looked for longer than the longest gap: what was missed meanwhile is not known, and the watch begins anew.
    gap = timedelta(days=2, hours=3, seconds=LONGEST_GAP)
    assert look(both, vendor, gap) == missed
    with both.store.read() as connection:
        assert list(watched_since(connection).values()) == [int((NOW + gap).timestamp())]


def test_a_protection_that_could_not_be_read_has_missed_nothing(desk: Desk, vendor: Vendor) -> None:
    vendor.devices.clear()
    vendor.put_device("a", attempt=iso(LAST_NIGHT), result="ok")
    vendor.put_device("b", attempt=iso(LAST_NIGHT), result="ok")
    look(desk, vendor, timedelta(0))
    vendor.put_device("b", company=["odd"])
    later = timedelta(days=1, hours=3)
    assert look(desk, vendor, later) == [("a", "ok"), ("a", "missed"), ("b", "ok")]


def test_what_the_streams_that_tell_of_a_protection_have_not_seen_is_not_missed(
    desk: Desk, vendor: Vendor
) -> None:
    vendor.devices.clear()
    vendor.put_device("a", attempt=iso(LAST_NIGHT), result="ok")

    def job(wire: WireProtection, _context: Context) -> Iterator[Lookup]:
        yield Lookup(id=f"job:{wire.id}", kind="job", name=wire.id)

    jobs = replace(
        STATES, name="jobs", to_canonical=job, records=(Lookup,), complete=(Lookup,), scope={"kind": "job"}
    )
    told = replace(STATES, lookups=("job",))
    desk.now = vendor.now = NOW
    for stream in (jobs, told):
        assert desk.run(stream, streams=(jobs, told)).state == "ok"
    desk.now = vendor.now = NOW + timedelta(days=1, hours=3)
    assert desk.run(told, streams=(jobs, told)).state == "ok"
    assert [row["result"] for row in desk.rows("protection_run").values()] == ["ok"]
    assert desk.run(jobs, streams=(jobs, told)).state == "ok"
    assert desk.run(told, streams=(jobs, told)).state == "ok"
    assert [row["result"] for row in desk.rows("protection_run").values()] == ["ok", "missed"]


def test_history_that_the_vendor_gives_is_never_doubled(both: Desk, vendor: Vendor) -> None:
    def with_history(wire: WireProtection, context: Context) -> Iterator[Protection | ProtectionRun]:
        yield from _protection(wire, context)
        yield ProtectionRun(
            id=f"{wire.id}@1", company=wire.company, protection=wire.id, at=LAST_NIGHT, result="ok"
        )

    vendor.devices.clear()
    vendor.put_device("a", attempt=iso(LAST_NIGHT), result="ok")
    both.now = vendor.now = NOW
    assert both.run(STATES).state == "ok"
    assert list(both.rows("protection_run")) == [f"a#{iso(LAST_NIGHT)}"]
    # A newer version of the connector reads the history: what was built up makes way for it.
    given = replace(STATES, to_canonical=with_history, records=(Protection, ProtectionRun))
    vendor.put_device("a", attempt=iso(LAST_NIGHT), result="warning")
    for _ in range(2):
        assert both.run(given).state == "ok"
        assert list(both.rows("protection_run")) == ["a@1"]
