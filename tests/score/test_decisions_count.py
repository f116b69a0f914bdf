"""What people decide and how it counts: attestations stand before custom fields, exceptions leave out, both end."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete

from sevenc_sync.model import Activity, Asset, Protection
from sevenc_sync.score import ClientResult, Explained, IndicatorResult, Rules, explain
from sevenc_sync.store import tables
from sevenc_sync.store.attestations import NewAttestation, attest, end_attestation
from sevenc_sync.store.exceptions import NewException, add_exception, end_exception
from tests.score.conftest import BACKUP, NOW, PSA, World, ago, day

PLAN = "continuous.disaster-recovery-planning.plan-currency"
BACKED_UP = "continuous.backup-management.protected-coverage"
BACKUP_AREA = "continuous.backup-management"


def say(world: World, value: str, *, field: str = "DR Plan Date", client: int = 1, **more: Any) -> None:
    at: datetime = more.pop("at", ago(1))
    said = NewAttestation(client=client, field=field.lower(), label=field, value=value, by="anna", **more)
    with world.store.write() as connection:
        attest(connection, at, said)


def leave_out(world: World, target: str, *, record: str | None = None, client: int = 1, **more: Any) -> None:
    at: datetime = more.pop("at", ago(1))
    made = NewException(
        client=client,
        target=target,
        reason="the client runs it",
        by="anna",
        until=more.pop("until", NOW + timedelta(days=30)),
        account="psa" if record is not None else None,
        record=record,
    )
    with world.store.write() as connection:
        add_exception(connection, at, made)


def why(world: World, rules: Rules, target: str, *, now: datetime = NOW) -> Explained:
    (found,) = explain(world.store, rules, now, world.feeds, 1, target)
    return found


def of(result: ClientResult, name: str) -> IndicatorResult:
    return next(item for item in result.indicators if item.id == name)


def servers(world: World, good: int, bad: int) -> None:
    """So many servers with a fresh backup (good0, ...) and without any (bad0, ...)."""
    for number in range(good):
        world.put(PSA, Asset(id=f"good{number}", company="c1", type="Server"))
        world.put(BACKUP, Protection(id=f"p{number}", company="b1", last_success_at=ago(hours=2)))
        world.device(1, ("asset", PSA, f"good{number}"), ("protection", BACKUP, f"p{number}"))
    for number in range(bad):
        world.put(PSA, Asset(id=f"bad{number}", company="c1", type="Server"))


# Attestations


def test_an_attestation_stands_before_the_psas_field_of_the_same_name(world: World, rules: Rules) -> None:
    world.client(1, custom={"dr plan date ": day(900)})
    assert world.indicator(rules, PLAN).value == 900
    say(world, day(10))
    assert world.indicator(rules, PLAN).value == 10


def test_an_attestation_is_enough_where_nobody_fills_the_field_and_speaks_for_its_client_alone(
    world: World, rules: Rules
) -> None:
    world.client(1)
    world.client(2)
    assert "uses no custom field named" in str(world.indicator(rules, PLAN).reason)
    say(world, day(10))
    assert world.indicator(rules, PLAN).level == 2.0, "no hours are agreed"
    say(world, "8", field="RTO Hours")
    say(world, "4", field="RPO Hours")
    assert world.indicator(rules, PLAN).level == 3.0
    assert "uses no custom field named" in str(world.indicator(rules, PLAN, client=2).reason)


def test_an_attested_day_counts_among_events_too(world: World, rules: Rules) -> None:
    name = next(
        item.id
        for item in rules.indicators
        if item.rows == "events" and "last business review" in item.uses.customs
    )
    world.client(1)
    world.put(PSA, Activity(id="m", company="c1", kind="Lunch", starts_at=ago(4)))
    before = world.indicator(rules, name)
    say(world, day(3), field="Last Business Review")
    after = world.indicator(rules, name)
    assert (after.value, after.is_attested) != (before.value, before.is_attested)
    assert after.value is not None


@pytest.mark.parametrize("custom", [None, {"DR Plan Date": day(500)}])
def test_until_the_moment_it_expires_it_counts_and_from_then_on_it_was_never_said(
    world: World, rules: Rules, custom: dict[str, Any] | None
) -> None:
    world.client(1, custom=custom)
    end = NOW + timedelta(hours=6)
    just_before = end - timedelta(seconds=1)
    unsaid = [plain(world, rules, moment) for moment in (just_before, end)]
    say(world, day(10), until=end)
    assert plain(world, rules, just_before) != unsaid[0]
    assert of(world.score(rules, now=just_before)[1], PLAN).value == 10
    assert plain(world, rules, end) == unsaid[1]


def plain(world: World, rules: Rules, now: datetime) -> ClientResult:
    """The result, but for the clock of its last change."""
    return msgspec.structs.replace(world.score(rules, now=now)[1], at=NOW)


@given(said=st.integers(0, 50), lasts=st.integers(1, 50), clock=st.integers(0, 100))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_counts_from_the_second_it_was_said_to_the_second_before_it_expires(
    filled: World, rules: Rules, said: int, lasts: int, clock: int
) -> None:
    """The PSA says 500 days, the attestation 10; all times are seconds after the clock of the tests."""
    with filled.store.write() as connection:
        connection.execute(delete(tables.attestation))
    start = NOW + timedelta(seconds=said)
    say(filled, day(10), at=start, until=start + timedelta(seconds=lasts))
    item = filled.indicator(rules, PLAN, now=NOW + timedelta(seconds=clock))
    assert item.value == (10 if said <= clock < said + lasts else 500)


@pytest.fixture
def filled(world: World) -> World:
    """One client whose plan is 500 days old by the PSA's field."""
    world.client(1, custom={"DR Plan Date": day(500)})
    return world


def test_before_it_was_said_and_after_it_was_taken_back_it_does_not_count(world: World, rules: Rules) -> None:
    world.client(1, custom={"DR Plan Date": day(500)})
    say(world, day(10), at=ago(3))
    with world.store.write() as connection:
        assert end_attestation(connection, ago(1), 1, "dr plan date", "ben")
    values = [world.indicator(rules, PLAN, now=moment).value for moment in (ago(4), ago(2), NOW)]
    assert values == [496, 8, 500]


def test_a_later_word_takes_the_place_of_the_one_before_and_nothing_of_it_returns(
    world: World, rules: Rules
) -> None:
    world.client(1)
    say(world, day(100), at=ago(3))
    say(world, day(50), at=ago(2), until=ago(1))
    assert world.indicator(rules, PLAN, now=ago(1.5)).value == 49
    assert world.indicator(rules, PLAN).value is None


def test_why_names_who_said_it_and_until_when(world: World, rules: Rules) -> None:
    world.client(1)
    end = NOW + timedelta(days=9)
    say(world, day(10), until=end, link="https://example.com/plan", note="seen")
    (said,) = why(world, rules, PLAN).attested
    assert (said.value, said.by, said.at, said.until, said.link, said.note) == (
        day(10), "anna", ago(1), end, "https://example.com/plan", "seen",
    )  # fmt: skip
    assert why(world, rules, BACKED_UP).attested == ()


# Exceptions


def test_an_indicator_that_is_excepted_counts_nowhere_but_in_the_score_without(
    world: World, rules: Rules
) -> None:
    world.client(1)
    servers(world, good=1, bad=3)
    before = world.score(rules)[1]
    leave_out(world, BACKED_UP)
    after = world.score(rules)[1]
    item = of(after, BACKED_UP)
    assert (item.level, item.level_without, item.excepted) == (None, of(before, BACKED_UP).level, "whole")
    assert item.reason == "left out by an exception"
    assert after.score_without == before.score == before.score_without
    assert after.score != before.score


def test_an_area_that_is_excepted_leaves_out_all_of_its_indicators(world: World, rules: Rules) -> None:
    world.client(1)
    servers(world, good=1, bad=3)
    before = world.score(rules)[1]
    leave_out(world, BACKUP_AREA)
    after = world.score(rules)[1]
    assert {item.excepted for item in after.indicators if item.area == BACKUP_AREA} == {"whole"}
    area = next(part for part in after.areas if part.slug == BACKUP_AREA)
    was = next(part for part in before.areas if part.slug == BACKUP_AREA)
    assert (area.level, area.total, area.excepted) == (None, 0, was.total)
    assert area.level_without == was.level is not None


def test_a_record_that_is_excepted_is_in_neither_the_count_nor_the_list_to_fix(
    world: World, rules: Rules
) -> None:
    world.client(1)
    servers(world, good=3, bad=2)
    leave_out(world, BACKED_UP, record="bad0")
    item = world.indicator(rules, BACKED_UP)
    assert (item.good, item.sample, item.value, item.excepted) == (3, 4, 75.0, "1")
    found = why(world, rules, BACKED_UP)
    assert [row.id for row in found.to_fix] == ["bad1"]
    assert (found.result, found.to_fix_total, len(found.exceptions)) == (item, 1, 1)
    assert item.level_without is not None
    assert item.level is not None
    assert item.level_without < item.level


def test_with_all_rows_excepted_there_is_nothing_to_judge(world: World, rules: Rules) -> None:
    world.client(1)
    servers(world, good=0, bad=1)
    leave_out(world, BACKED_UP, record="bad0")
    item = world.indicator(rules, BACKED_UP)
    assert (item.level, item.level_without, item.reason) == (None, 0.0, "0 rows found, 1 needed")


def test_an_exception_touches_its_own_client_and_its_own_account_only(world: World, rules: Rules) -> None:
    world.client(1)
    world.client(2)
    servers(world, good=1, bad=1)
    world.put(PSA, Asset(id="other", company="c2", type="Server"))
    leave_out(world, BACKED_UP, record="other")
    leave_out(world, BACKED_UP, record="bad0", client=2)
    results = world.score(rules)
    assert of(results[1], BACKED_UP).sample == 2
    assert of(results[2], BACKED_UP).sample == 1


def test_an_exception_ends_on_its_day_or_when_it_is_taken_back_and_both_scores_are_one_again(
    world: World, rules: Rules
) -> None:
    world.client(1)
    servers(world, good=1, bad=1)
    end = NOW + timedelta(hours=2)
    leave_out(world, BACKED_UP, until=end, at=ago(2))
    seen = [of(world.score(rules, now=moment)[1], BACKED_UP).excepted for moment in (ago(3), NOW, end)]
    assert seen == [None, "whole", None]
    with world.store.write() as connection:
        assert end_exception(connection, ago(1), 1, BACKED_UP, "ben")
        assert not end_exception(connection, NOW, 1, BACKED_UP, "ben")
    result = world.score(rules)[1]
    assert (of(result, BACKED_UP).excepted, result.score) == (None, result.score_without)


def test_results_read_back_are_those_that_were_worked_out(world: World, rules: Rules) -> None:
    world.client(1)
    servers(world, good=2, bad=2)
    leave_out(world, BACKED_UP, record="bad0")
    leave_out(world, "charge.managed-services")
    seen: list[ClientResult] = []
    stored = world.score(rules, on_scored=lambda _connection, result, _before: seen.append(result))[1]
    assert seen == [stored]


every = st.sampled_from(
    [(BACKED_UP, "bad0"), (BACKED_UP, "good0"), (BACKED_UP, "gone"), (BACKED_UP, None), (BACKUP_AREA, None),
     (PLAN, None), ("charge.managed-services", None)]
)  # fmt: skip


@given(chosen=st.sets(every))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_excepted_the_score_without_exceptions_stays_what_it_was(
    excepting: Callable[[set[tuple[str, str | None]]], tuple[ClientResult, ClientResult]],
    chosen: set[tuple[str, str | None]],
) -> None:
    before, after = excepting(chosen)
    assert after.score_without == before.score
    for one, other in zip(before.indicators, after.indicators, strict=True):
        assert other.level_without == one.level
    for was, part in zip((*before.blocks, *before.areas), (*after.blocks, *after.areas), strict=True):
        assert part.level_without == was.level
    if not chosen:
        assert after == before


@pytest.fixture
def excepting(
    world: World, rules: Rules
) -> Callable[[set[tuple[str, str | None]]], tuple[ClientResult, ClientResult]]:
    """Scores one client without exceptions, and with those."""
    world.client(1, custom={"DR Plan Date": day(200)})
    servers(world, good=2, bad=2)

    def scored(chosen: set[tuple[str, str | None]]) -> tuple[ClientResult, ClientResult]:
        with world.store.write() as connection:
            connection.execute(delete(tables.exception))
        before = world.score(rules)[1]
        for target, record in sorted(chosen, key=str):
            leave_out(world, target, record=record)
        return before, world.score(rules)[1]

    return scored
