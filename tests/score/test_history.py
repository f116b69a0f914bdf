"""One row per change: of a score or a level, of an indicator's whole level, and of anything being known."""

from datetime import datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from sevenc_sync.model import Asset, ProtectionRun
from sevenc_sync.score import Change, ClientResult, IndicatorResult, Rules, history, score_clients
from sevenc_sync.score.history import Kind, _indicator_changed, _part_changed
from sevenc_sync.store import tables
from tests.score.conftest import BACKUP, NOW, PSA, World, ago

SUCCESS = "continuous.backup-management.job-success"
AREA = "continuous.backup-management"


def backups(world: World, client: int, good: int, bad: int, mark: str = "") -> None:
    """So many good and bad backup runs of the last day."""
    results = ["ok"] * good + ["failed"] * bad
    world.put(
        BACKUP,
        *[
            ProtectionRun(
                id=f"{mark}{client}-{i}", company=f"b{client}", protection="p", at=ago(1), result=result
            )
            for i, result in enumerate(results)
        ],
    )


def scored(world: World, rules: Rules, hours: float = 0) -> ClientResult:
    return world.score(rules, now=NOW + timedelta(hours=hours))[1]


def changes(
    world: World, kind: Kind, slug: str, *, limit: int = 100, since: datetime | None = None
) -> list[Change]:
    with world.store.read() as connection:
        return history(connection, 1, kind, slug, limit=limit, since=since)


def count(world: World) -> int:
    with world.store.read() as connection:
        return int(connection.execute(select(func.count()).select_from(tables.score_history)).scalar_one())


def test_the_first_score_is_the_first_row_and_what_is_unknown_leaves_none(world: World, rules: Rules) -> None:
    world.client(1)
    backups(world, 1, 9, 1)
    result = scored(world, rules)
    (first,) = changes(world, "client", "")
    assert (first.is_first, first.before, first.after, first.proof) == (
        True,
        None,
        result.score,
        result.proof,
    )
    with world.store.read() as connection:
        rows = connection.execute(select(tables.score_history)).all()
    assert {row.level is None for row in rows} == {False}
    known = {item.id for item in result.indicators if item.level is not None}
    assert {row.slug for row in rows if row.kind == "indicator"} == known


def test_a_run_without_a_change_leaves_no_row(world: World, rules: Rules) -> None:
    world.client(1)
    backups(world, 1, 9, 1)
    scored(world, rules)
    before = count(world)
    scored(world, rules, 1)
    scored(world, rules, 2)
    assert count(world) == before


def test_a_change_says_from_what_to_what_and_what_moved_it(world: World, rules: Rules) -> None:
    world.client(1)
    backups(world, 1, 10, 0)
    one = scored(world, rules)
    backups(world, 1, 0, 10, "x")
    two = scored(world, rules, 5)
    newest, oldest = changes(world, "client", "")
    assert (newest.before, newest.after, newest.at) == (one.score, two.score, NOW + timedelta(hours=5))
    assert [item.slug for item in newest.moved] == [AREA]
    assert [item.slug for item in newest.moved[0].moved] == [SUCCESS], "and which indicator moved the area"
    assert oldest.is_first
    newest, _ = changes(world, "area", AREA)
    assert [item.slug for item in newest.moved] == [SUCCESS]
    (moved,) = newest.moved
    assert moved.before == 5.0
    assert moved.after is not None
    assert moved.after < 1
    block, _ = changes(world, "block", "continuous")
    assert [item.slug for item in block.moved] == [AREA]
    assert not newest.other_rules


def test_what_becomes_unknown_and_known_again_is_told_with_its_reason(world: World, rules: Rules) -> None:
    world.client(1)
    backups(world, 1, 9, 1)
    scored(world, rules)
    world.stream(BACKUP, "protections", state="unreadable", why="the right is gone")
    scored(world, rules, 1)
    world.stream(BACKUP, "protections")
    scored(world, rules, 2)
    back, lost, first = changes(world, "indicator", SUCCESS)
    assert lost.after is None
    assert "the right is gone" in (lost.reason or "")
    assert (back.before, back.after) == (None, first.after)


def test_an_indicator_that_is_no_more_ends_with_the_reason(world: World, rules: Rules) -> None:
    world.client(1)
    backups(world, 1, 9, 1)
    scored(world, rules)
    few = msgspec.structs.replace(rules, indicators=tuple(i for i in rules.indicators if i.id != SUCCESS))
    scored(world, few, 1)
    last, _ = changes(world, "indicator", SUCCESS)
    assert (last.after, last.reason, last.other_rules) == (None, "no rule looks at it any more", True)
    area, _ = changes(world, "area", AREA)
    assert area.other_rules
    assert [item.slug for item in area.moved] == [SUCCESS]


def test_the_newest_come_first_and_can_be_limited_and_cut_by_time(world: World, rules: Rules) -> None:
    world.client(1)
    for n in range(4):
        backups(world, 1, 5, 2 * n, f"r{n}-")
        scored(world, rules, n)
    every = changes(world, "area", AREA)
    assert len(every) == 4
    assert [item.at for item in every] == sorted((item.at for item in every), reverse=True)
    assert changes(world, "area", AREA, limit=2) == every[:2]
    assert not changes(world, "area", AREA, limit=2)[1].is_first
    assert changes(world, "area", AREA, since=NOW + timedelta(hours=2)) == every[:2]


def test_a_score_that_fails_leaves_no_history(world: World, rules: Rules) -> None:
    world.client(1)
    backups(world, 1, 9, 1)

    def fail(*_: object) -> None:
        raise RuntimeError("made for the test")

    with pytest.raises(RuntimeError):
        score_clients(world.store, rules, NOW, world.feeds, on_scored=fail)
    assert count(world) == 0


def test_the_history_ends_where_the_stored_result_is(world: World, rules: Rules) -> None:
    world.client(1)
    for n in range(3):
        backups(world, 1, 5, n, f"r{n}-")
        world.put(PSA, Asset(id=f"s{n}", company="c1", type="Server"))
        result = scored(world, rules, n)
    for part in (*result.blocks, *result.areas):
        rows = changes(world, "block" if "." not in part.slug else "area", part.slug)
        assert (rows[0].after if rows else None) == part.level


LEVEL = st.none() | st.floats(min_value=0, max_value=5).map(lambda level: round(level, 2))
PROOF = st.floats(min_value=0, max_value=1)


@given(LEVEL, PROOF, LEVEL, PROOF)
def test_a_part_leaves_a_row_exactly_when_its_level_or_its_being_final_changes(
    old: float | None, old_proof: float, new: float | None, new_proof: float
) -> None:
    changed = _part_changed((old, old, old_proof), (new, new, new_proof))
    finality = new is not None and (old_proof < 0.5) != (new_proof < 0.5)
    assert changed == (old != new or finality)


@given(LEVEL, LEVEL)
def test_an_indicator_leaves_a_row_when_it_reaches_another_whole_level_or_another_state(
    old: float | None, new: float | None
) -> None:
    item = _item(new)
    alone = _indicator_changed((old, old, None), item, in_moved_area=False)
    assert alone == (
        (old is None) != (new is None) or (old is not None and new is not None and int(old) != int(new))
    )
    assert _indicator_changed((old, old, None), item, in_moved_area=True) == (alone or old != new)


def _item(level: float | None) -> IndicatorResult:
    return IndicatorResult(
        id=SUCCESS,
        area=AREA,
        title="t",
        measure="share",
        unit="%",
        value=None,
        sample=0,
        good=None,
        level=level,
        level_without=level,
        reason=None,
        excepted=None,
        is_low_sample=False,
        is_gate=False,
        is_attested=False,
        weight=1,
    )
