"""The plan: what holds an area below its target, in which order, what it would bring, and whether the client buys it."""

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, event, select, update

from sevenc_sync.model import Asset, Contract, ContractLine, ProtectionRun
from sevenc_sync.score import ClientPlan, ClientResult, Rules, load_results, read_plan, score_clients
from sevenc_sync.score.plan import CLAIM_HOLDS, area_gaps, gain_of, moved, plan_keeper
from sevenc_sync.score.results import WHOLE
from sevenc_sync.score.rules import Group
from sevenc_sync.score.suppose import lifted, with_levels
from sevenc_sync.store import tables
from sevenc_sync.store.plan_items import Decision, PlanItem, decide, read_plan_items
from tests.score.conftest import BACKUP, NOW, PSA, World, ago
from tests.score.made_up import One, made

COVERAGE = "continuous.backup-management.protected-coverage"
JOBS = "continuous.backup-management.job-success"
AREA = "continuous.backup-management"


def low(rules: Rules, result: ClientResult, group: str | None = None) -> dict[str, list[tuple[str, float]]]:
    """Area -> (indicator, needed level) in the plan's order."""
    return {
        area.area: [(gap.indicator.id.rpartition(".")[2], gap.needed) for gap in area.gaps]
        for area in area_gaps(rules, result, group)
    }


# What holds an area back


def test_an_area_below_its_target_is_held_back_by_its_indicators_below_it_lowest_first() -> None:
    one: list[One] = [(250, 1.0, False, False), (100, 1.0, False, False), (500, 1.0, False, False)]
    rules, result = made([[one]])
    assert low(rules, result) == {"b0.a0": [("i1", 3.0), ("i0", 3.0)]}


def test_an_area_at_its_target_is_not_in_the_plan() -> None:
    rules, result = made([[[(100, 1.0, False, False), (500, 1.0, False, False)]]])
    assert result.areas[0].level == 3.0
    assert low(rules, result) == {}


def test_the_gate_that_caps_comes_first_then_other_gates_then_the_lowest() -> None:
    ones: list[One] = [
        (0, 1.0, False, False),
        (80, 1.0, True, False),
        (50, 9.0, True, False),
        (200, 1.0, True, False),
        (500, 99.0, False, False),
    ]
    rules, result = made([[ones]])
    assert result.areas[0].cap == "b0.a0.i2"
    assert [name for name, _ in low(rules, result)["b0.a0"]] == ["i2", "i1", "i0", "i3"]


def test_what_is_unknown_holds_a_known_area_back_only_where_all_else_is_somebodys_word() -> None:
    known: list[One] = [(100, 1.0, False, False), (None, 1.0, False, False)]
    told: list[One] = [(500, 1.0, False, True), (None, 1.0, False, False), (None, 1.0, False, True)]
    rules, result = made([[known, told]])
    assert low(rules, result) == {"b0.a0": [("i0", 3.0)]}
    higher = msgspec.structs.replace(rules, groups=(Group(id="strict", words={}, target=4.0),))
    assert low(higher, result, "strict")["b0.a1"] == [("i1", 4.0)]


def test_of_an_unknown_area_every_indicator_is_missing() -> None:
    rules, result = made([[[(None, 1.0, False, False), (None, 2.0, False, False)]]])
    assert low(rules, result) == {"b0.a0": [("i1", 3.0), ("i0", 3.0)]}


def test_no_more_is_asked_of_an_indicator_than_its_ladder_has() -> None:
    rules, result = made([[[(100, 1.0, False, False), (250, 1.0, False, False)]]])
    document = msgspec.structs.replace(rules.indicators[0], levels=(3.0, 2.0))
    short = msgspec.structs.replace(rules, indicators=(document, rules.indicators[1]))
    assert low(short, result) == {"b0.a0": [("i0", 2.0), ("i1", 3.0)]}


def test_what_an_exception_leaves_out_holds_nothing_back() -> None:
    rules, result = made([[[(0, 1.0, False, False), (100, 1.0, False, False)]]])
    excepted = msgspec.structs.replace(result.indicators[0], level=None, excepted=WHOLE)
    left = with_levels(
        rules, msgspec.structs.replace(result, indicators=(excepted, result.indicators[1])), {}
    )
    assert low(rules, left) == {"b0.a0": [("i1", 3.0)]}


def test_the_gain_is_what_the_real_roll_up_makes_of_it() -> None:
    rules, result = made([[[(0, 1.0, True, False), (400, 1.0, False, False)], [(500, 1.0, False, False)]]])
    (area,) = area_gaps(rules, result, None)
    gain = gain_of(rules, result, area.gaps[0])
    assert (result.score, gain.area_level, gain.score) == (70.0, 3.5, 85.0)
    # One area rolled up anew comes to what all of them do.
    for item in result.indicators:
        assert lifted(rules, with_levels(rules, result, {}), item.id, 4.0) == with_levels(
            rules, result, {item.id: 4.0}
        )


# What becomes of an item

ITEM = PlanItem(
    id="7C-0000",
    client=1,
    indicator="i",
    state="open",
    reason=None,
    by=None,
    owner="anna",
    due_at=None,
    until=None,
    first_at=NOW - timedelta(days=200),
    changed_at=NOW - timedelta(days=1),
)


def an_item(**more: Any) -> PlanItem:
    return msgspec.structs.replace(ITEM, **more)


@pytest.mark.parametrize("state", ["open", "accepted", "risk"])
def test_an_item_whose_gap_closed_is_done_by_itself(state: str) -> None:
    after = moved(an_item(state=state, by="ben", reason="r", until=NOW + timedelta(days=9)), False, NOW)
    assert (after.state, after.by, after.reason, after.until, after.changed_at) == (
        "done",
        None,
        None,
        None,
        NOW,
    )


def test_an_item_whose_gap_returned_is_open_again() -> None:
    after = moved(an_item(state="done"), True, NOW)
    assert (after.state, after.owner, after.changed_at) == ("open", "anna", NOW)


@pytest.mark.parametrize("state", ["open", "accepted", "risk", "done"])
def test_what_cannot_be_known_now_is_neither_closed_nor_opened(state: str) -> None:
    item = an_item(state=state, until=NOW + timedelta(days=9))
    assert moved(item, None, NOW) == item


@pytest.mark.parametrize("has_gap", [True, None])
@pytest.mark.parametrize(("until", "state"), [(NOW, "open"), (NOW + timedelta(seconds=1), "risk")])
def test_a_risk_is_open_again_when_its_end_has_come(
    has_gap: bool | None, until: datetime, state: str
) -> None:
    assert moved(an_item(state="risk", by="ben", reason="r", until=until), has_gap, NOW).state == state


def test_whoever_meets_an_item_whose_risk_is_over_is_told_who_accepted_it_and_why_until_the_gap_closes() -> (
    None
):
    opened = moved(an_item(state="risk", by="ben", reason="old", until=NOW), True, NOW)
    assert (opened.by, opened.reason, opened.until) == ("ben", "old", NOW)
    assert moved(opened, True, NOW + timedelta(days=400)) == opened
    closed = moved(opened, False, NOW)
    assert (closed.state, closed.by, closed.reason, closed.until) == ("done", None, None, None)


def test_a_persons_done_stands_for_a_while_against_what_the_evidence_still_shows() -> None:
    young = an_item(state="done", by="ben", changed_at=NOW - CLAIM_HOLDS + timedelta(seconds=1))
    old = an_item(state="done", by="ben", changed_at=NOW - CLAIM_HOLDS)
    assert moved(young, True, NOW) == young
    assert moved(old, True, NOW).state == "open"


def test_a_persons_done_that_the_evidence_confirms_opens_again_when_the_gap_returns() -> None:
    confirmed = moved(an_item(state="done", by="ben"), False, NOW)
    assert (confirmed.state, confirmed.by) == ("done", None)
    assert moved(confirmed, True, NOW).state == "open"


# Kept with the score, on both databases


def scored(world: World, rules: Rules, now: datetime = NOW) -> dict[str, PlanItem]:
    """Score, keep the plans, and give client 1's items by indicator."""
    score_clients(world.store, rules, now, world.feeds, on_saved=plan_keeper(rules))
    with world.store.read() as connection:
        return read_plan_items(connection, [1]).get(1, {})


def jobs(world: World, *, good: int, bad: int, client: int = 1) -> None:
    with world.store.write() as connection:
        connection.execute(tables.evidence["protection_run"].delete())
    runs = [("ok", n) for n in range(good)] + [("failed", n) for n in range(bad)]
    world.put(
        BACKUP,
        *[
            ProtectionRun(id=f"{result}{n}", company=f"b{client}", protection="p", at=ago(1), result=result)
            for result, n in runs
        ],
    )


def test_a_scoring_opens_closes_and_opens_again_under_the_same_id(world: World, rules: Rules) -> None:
    world.client(1)
    jobs(world, good=1, bad=9)
    first = scored(world, rules)[JOBS]
    assert (first.state, first.first_at, first.by) == ("open", NOW, None)
    assert first.id.startswith("7C-")
    jobs(world, good=10, bad=0)
    later = NOW + timedelta(hours=1)
    closed = scored(world, rules, later)[JOBS]
    assert (closed.id, closed.state, closed.changed_at) == (first.id, "done", later)
    jobs(world, good=1, bad=9)
    again = scored(world, rules, later)[JOBS]
    assert (again.id, again.state, again.first_at) == (first.id, "open", NOW)


def test_a_second_scoring_changes_no_item(world: World, rules: Rules) -> None:
    world.client(1)
    jobs(world, good=1, bad=9)
    assert scored(world, rules) == scored(world, rules, NOW + timedelta(minutes=5))


def test_an_indicator_that_becomes_unknown_leaves_its_item_as_it_was(world: World, rules: Rules) -> None:
    world.client(1)
    jobs(world, good=1, bad=9)
    assert scored(world, rules)[JOBS].state == "open"
    world.stream(BACKUP, "protections", ok=ago(days=30))
    assert scored(world, rules)[JOBS].state == "open"


def test_what_people_decided_stays_over_a_scoring_until_its_day_comes(world: World, rules: Rules) -> None:
    world.client(1)
    jobs(world, good=1, bad=9)
    number = scored(world, rules)[JOBS].id
    until = NOW + timedelta(days=2)
    with world.store.write() as connection:
        decide(connection, 1, number, Decision(action="risk", by="ben", reason="old", until=until), NOW)
    kept = scored(world, rules, NOW + timedelta(days=1))[JOBS]
    assert (kept.state, kept.reason, kept.until, kept.by) == ("risk", "old", until, "ben")
    assert scored(world, rules, until)[JOBS].state == "open"


def test_items_of_rules_that_are_no_more_are_closed(world: World, rules: Rules) -> None:
    world.client(1)
    jobs(world, good=1, bad=9)
    assert scored(world, rules)[JOBS].state == "open"
    fewer = msgspec.structs.replace(rules, indicators=tuple(i for i in rules.indicators if i.id != JOBS))
    assert scored(world, fewer)[JOBS].state == "done"


def test_a_group_has_its_own_targets(world: World, rules: Rules) -> None:
    world.client(1)
    jobs(world, good=1, bad=9)
    easy = msgspec.structs.replace(rules, groups=(Group(id="easy", words={}, targets={AREA: 0.0}),))
    with world.store.write() as connection:
        connection.execute(update(tables.client).values(grp="easy"))
    assert JOBS not in scored(world, easy)
    assert JOBS in scored(world, rules)


def test_a_score_that_is_not_kept_leaves_no_plan(world: World, rules: Rules) -> None:
    world.client(1)
    jobs(world, good=1, bad=9)

    def fail(connection: Connection, results: Any) -> None:
        plan_keeper(rules)(connection, results)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        score_clients(world.store, rules, NOW, world.feeds, on_saved=fail)
    with world.store.read() as connection:
        assert connection.execute(select(tables.plan_item.c.id)).all() == []


def test_many_clients_cost_no_more_statements_than_one(world: World, rules: Rules) -> None:
    def statements(now: datetime) -> int:
        counted: list[str] = []
        results = load_results(world.store, rules)
        with world.store.write() as connection:
            event.listen(connection, "before_cursor_execute", lambda _c, _u, text, *_: counted.append(text))
            plan_keeper(rules)(connection, [msgspec.structs.replace(one, at=now) for one in results])
        return len(counted)

    world.client(1)
    score_clients(world.store, rules, NOW, world.feeds)
    alone = (statements(NOW), statements(NOW))
    for number in range(2, 40):
        world.client(number)
    score_clients(world.store, rules, NOW, world.feeds)
    with world.store.write() as connection:
        connection.execute(tables.plan_item.delete())
    # Ids are tried once more for each length at which some of them are alike.
    assert statements(NOW) <= alone[0] + 1
    assert statements(NOW) == alone[1] == 2


# As a person reads it


def plan(world: World, rules: Rules, **more: Any) -> ClientPlan:
    """The plan by the rules of one area: a plan explains every indicator, which is much for a client without records."""
    rules = msgspec.structs.replace(
        rules, indicators=tuple(one for one in rules.indicators if one.area == AREA)
    )
    scored(world, rules)
    (result,) = load_results(world.store, rules, [1])
    return read_plan(world.store, rules, NOW, world.feeds, result, **{"limit": 3, **more})


def kinds(found: ClientPlan) -> dict[str, str]:
    return {area.gap.area: area.kind for area in found.areas}


def a_failing_backup(world: World, product: str | None, **line: Any) -> None:
    world.client(1)
    jobs(world, good=1, bad=9)
    world.put(PSA, Asset(id="s", company="c1", type="Server", name="SRV"))
    if product is not None:
        world.put(PSA, Contract(id="k", company="c1", type="Managed", is_active=True, starts_on=ago(99)))
        base: dict[str, Any] = {"id": "l", "company": "c1", "contract": "k", "starts_on": ago(99)}
        world.put(PSA, ContractLine(product=product, **{**base, **line}))


@pytest.mark.parametrize(
    ("product", "line", "kind"),
    [
        ("Server Backup", {}, "failing"),
        ("Coffee", {}, "unsold"),
        (None, {}, "unsold"),
        ("Server Backup", {"cancelled_on": ago(3)}, "unsold"),
        ("Server Backup", {"quantity": 0.0}, "unsold"),
    ],
)
def test_an_area_is_sold_when_a_line_in_force_maps_to_it(
    world: World, rules: Rules, product: str | None, line: dict[str, Any], kind: str
) -> None:
    a_failing_backup(world, product, **line)
    found = plan(world, rules)
    assert kinds(found)[AREA] == kind
    assert found.sold_reason is None


def test_nobody_knows_what_is_sold_while_contract_lines_cannot_be_read(world: World, rules: Rules) -> None:
    a_failing_backup(world, "Server Backup")
    world.stream(PSA, "lines", state="unreadable", ok=None, why="no right")
    found = plan(world, rules)
    assert kinds(found)[AREA] == "unclear"
    assert found.sold_reason == "psa, lines: cannot be read (no right)"


def test_an_unknown_area_has_no_proof_whether_sold_or_not(world: World, rules: Rules) -> None:
    world.client(1, backup=False)
    found = plan(world, rules)
    assert kinds(found)[AREA] == "unproven"
    (area,) = [area for area in found.areas if area.gap.area == AREA]
    assert [step.explained.result.reason for step in area.steps if step.gap.indicator.id == JOBS] == [
        "no source of backup runs knows this client"
    ]


def test_a_step_names_its_records_its_gain_and_its_item(world: World, rules: Rules) -> None:
    a_failing_backup(world, "Server Backup")
    found = plan(world, rules, limit=2)
    (area,) = [area for area in found.areas if area.gap.area == AREA]
    step = next(step for step in area.steps if step.gap.indicator.id == JOBS)
    assert (step.explained.to_fix_total, [row.id for row in step.explained.to_fix]) == (
        9,
        ["failed0", "failed1"],
    )
    assert step.gain.area_level is not None
    assert area.gap.level is not None
    assert step.gain.area_level > area.gap.level
    assert step.item is not None
    assert step.item.state == "open"
    assert found.closed == ()
