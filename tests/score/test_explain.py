"""Why a level is what it is: the way to the next step and the records behind it."""

from pathlib import Path
from typing import Any

import msgspec
import pytest

from sevenc_sync.model import Activity, Asset, Contract, ContractLine, Protection, ProtectionRun, Ticket
from sevenc_sync.score import (
    Explained,
    Rules,
    builtin_rules_dir,
    explain,
    find_target,
    load_rules,
    names_of,
)
from tests.score.conftest import BACKUP, NOW, PSA, RMM, World, ago, day

COVERAGE = "continuous.backup-management.protected-coverage"


def explained(world: World, rules: Rules, target: str, client: int = 1, **more: Any) -> Explained:
    (found,) = explain(world.store, rules, NOW, world.feeds, client, target, **more)
    return found


def three_servers(world: World) -> None:
    """Three servers of which one was saved within the day, and a server of somebody else."""
    world.client(1)
    world.client(2)
    world.put(
        PSA,
        *[
            Asset(id=f"s{i}", company="c1", type="Server", name=f"SRV{i}", updated_at=ago(i))
            for i in range(3)
        ],
    )
    world.put(PSA, Asset(id="other", company="c2", type="Server"))
    world.put(BACKUP, Protection(id="p", company="b1", last_success_at=ago(hours=1)))
    world.device(1, ("asset", PSA, "s1"), ("protection", BACKUP, "p"))


def test_a_share_shows_its_good_rows_and_those_to_fix_with_account_id_and_time(
    world: World, rules: Rules
) -> None:
    three_servers(world)
    found = explained(world, rules, COVERAGE)
    (good,) = found.rows
    assert (good.account, good.table, good.id, good.fetched_at) == ("psa", "asset", "s1", ago(hours=1))
    assert (good.fields["name"], good.fields["kind"], good.fields["purchased_on"]) == ("SRV1", "server", None)
    assert [row.id for row in found.to_fix] == ["s0", "s2"], "newest first"
    assert (found.rows_total, found.to_fix_total) == (1, 2)


def test_a_run_is_called_by_the_machine_that_it_saves(sqlite_world: World, rules: Rules) -> None:
    world = sqlite_world
    world.client(1)
    world.put(BACKUP, Protection(id="p", company="b1", name="SRV7", last_success_at=ago(hours=1)))
    world.put(
        BACKUP,
        *[
            ProtectionRun(id=f"r{i}", protection="p", company="b1", at=ago(i), result="failed")
            for i in range(3)
        ],
    )
    found = explained(world, rules, "continuous.backup-management.job-success")
    with world.store.read() as connection:
        assert names_of(connection, found.to_fix) == {("backup", "p"): "SRV7"}


def test_where_a_rule_asks_for_what_an_agent_tells_it_is_shown(world: World, rules: Rules) -> None:
    world.client(1)
    world.rmm(1)
    told: dict[str, Any] = {
        "patches_missing": 3,
        "patches_lesser": 5,
        "oldest_patch_at": ago(20),
        "agent_version": "9.1",
    }
    world.put(RMM, Asset(id="a", company="r1", kind="server", name="SRV1", last_seen_at=ago(1), **told))
    (row,) = explained(world, rules, "continuous.basic-protection-tools.patched-14d").to_fix
    assert row.fields == {
        "name": "SRV1", "kind": "server", "os": None, "patches_missing": 3, "oldest_patch_at": ago(20),
        "patches_lesser": 5, "reboot_pending": None, "booted_at": None, "last_seen_at": ago(1),
        "agent_version": "9.1",
    }  # fmt: skip


def test_a_share_says_how_far_the_next_step_is_in_points_and_in_rows(world: World, rules: Rules) -> None:
    three_servers(world)
    found = explained(world, rules, COVERAGE)
    assert (found.result.value, found.result.level) == (33.3333, 1.52)
    assert (found.next_level, found.next_step, found.how_far, found.rows_far) == (2, 50, 16.6667, 1)
    assert found.rules_hash == rules.hash
    assert found.why
    assert found.fix
    assert found.basis


def test_the_explanation_is_what_the_score_says(world: World, rules: Rules) -> None:
    three_servers(world)
    stored = world.score(rules)[1]
    for item in stored.indicators:
        assert explained(world, rules, item.id).result == item


def test_an_area_is_explained_by_all_its_indicators(world: World, rules: Rules) -> None:
    three_servers(world)
    found = explain(world.store, rules, NOW, world.feeds, 1, "continuous.backup-management")
    assert [item.result.id for item in found] == [
        i.id for i in rules.indicators if i.area == "continuous.backup-management"
    ]


def test_the_lists_are_cut_and_the_totals_are_not(world: World, rules: Rules) -> None:
    three_servers(world)
    found = explained(world, rules, COVERAGE, limit=1)
    assert (len(found.to_fix), found.to_fix_total) == (1, 2)


def test_the_newest_come_first_and_those_of_the_same_moment_by_their_ids_whatever_order_they_came_in(
    world: World, rules: Rules
) -> None:
    world.client(1)
    for name, days in (("t2", 20), ("t10", 20), ("t9", 19), ("t3", 20), ("t1", 20)):
        times: dict[str, Any] = {"opened_at": ago(days), "updated_at": ago(days)}
        world.put(PSA, Ticket(id=name, company="c1", board="Help Desk", **times))
    found = explained(world, rules, "charge.managed-services.tickets-owned", limit=4)
    assert [row.id for row in found.to_fix] == ["t9", "t1", "t10", "t2"]


def test_rows_whose_condition_is_null_are_to_fix(world: World, rules: Rules) -> None:
    world.client(1)
    world.put(PSA, Ticket(id="t", company="c1"))
    assert [row.id for row in explained(world, rules, "charge.managed-services.tickets-owned").to_fix] == [
        "t"
    ]


def test_of_a_rate_the_counted_rows_are_to_fix(world: World, rules: Rules) -> None:
    world.client(1)
    world.put(PSA, Asset(id="pc", company="c1", type="Workstation"))
    made = [Ticket(id=str(i), company="c1", board="Help Desk", opened_at=ago(i)) for i in range(6)]
    world.put(PSA, *made, Ticket(id="care", company="c1", board="Maintenance", opened_at=ago(1)))
    found = explained(world, rules, "charge.proactive-services.tickets-per-endpoint")
    assert found.to_fix_total == found.rows_total == 6


def test_of_a_ratio_with_good_rows_the_others_are_to_fix(world: World, rules: Rules) -> None:
    world.client(1)
    world.put(PSA, Ticket(id="a", company="c1", board="Help Desk", hours=1.0, opened_at=ago(1)))
    world.put(PSA, Ticket(id="b", company="c1", board="Maintenance", hours=1.0, opened_at=ago(1)))
    found = explained(world, rules, "charge.proactive-services.proactive-share")
    assert ([row.id for row in found.rows], [row.id for row in found.to_fix]) == (["b"], ["a"])


def test_of_a_ratio_where_less_is_better_all_rows_are_to_fix(world: World, rules: Rules) -> None:
    world.client(1)
    world.put(
        PSA, Ticket(id="a", company="c1", board="Help Desk", hours=1.0, is_closed=True, closed_at=ago(1))
    )
    assert explained(world, rules, "competent.managed-services.hours-per-ticket").to_fix_total == 1


def test_an_attestation_points_at_the_company_whose_field_is_empty(world: World, rules: Rules) -> None:
    world.client(1, custom={"DR Plan Date": None})
    world.client(2, custom={"DR Plan Date": day(400), "RTO Hours": "8", "RPO Hours": 4})
    name = "continuous.disaster-recovery-planning.plan-currency"
    empty, dated = explained(world, rules, name), explained(world, rules, name, 2)
    assert ([row.id for row in empty.to_fix], empty.rows) == (["c1"], ())
    assert ([row.id for row in dated.rows], dated.to_fix) == (["c2"], ())
    assert (dated.next_level, dated.next_step, dated.how_far) == (3, 365, 35)


def test_two_rules_over_one_empty_field_list_the_record_each_by_its_own_window(
    world: World, tmp_path: Path
) -> None:
    rule = """
        [[indicator]]
        id = "clear.it-reporting.{name}"
        title = "t"
        rows = "companies"
        measure = "number"
        of = "custom_number('Own Number')"
        levels = [1, 2, 3, 4, 5]
        why = "w"
        fix = "f"
        basis = "b"
        sources = ["psa"]
    """
    window = 'window = "90d"\nat = "created_at"\n'
    (tmp_path / "own.toml").write_text(rule.format(name="own-a") + rule.format(name="own-b") + window)
    world.client(1)  # nobody knows since when the PSA has it
    own = load_rules([builtin_rules_dir(), tmp_path])
    found = {item.result.id.rpartition(".")[2]: item for item in explain(
        world.store, own, NOW, world.feeds, 1, "clear.it-reporting"
    )}  # fmt: skip
    assert (found["own-a"].to_fix_total, found["own-b"].to_fix_total) == (1, 0)


def test_where_no_day_is_known_it_says_what_is_missing_and_no_step(world: World, rules: Rules) -> None:
    world.client(1, custom={"DR Plan Date": None, "DR Test Date": day(-9)})
    world.client(2, custom={"DR Plan Date": day(1), "DR Test Date": day(2), "SLA Audit Date": day(3)})
    said = {}
    for area in (
        "disaster-recovery-planning.",
        "service-level-agreement.sla-audit",
        "backup-management.restore",
    ):
        for item in (i.id for i in rules.indicators if f".{area}" in i.id):
            found = explained(world, rules, item)
            if found.result.level is not None and found.result.value is None:
                assert (found.next_level, found.next_step, found.how_far) == (None, None, None)
                said[item.rpartition(".")[2]] = found.needs
    assert said == {
        "plan-currency": "Level 1 needs a day of any age in 'DR Plan Date'; none that has come is known.",
        "exercise-age": "Level 1 needs a day within the last 1095 days in 'DR Test Date'; none that has come is known.",
        "sla-audit": "Level 1 needs a record within the last 1460 days, or such a day in 'SLA Audit Date'; none is known.",
        "restore-test": "Level 1 needs a test that passed within the last 365 days; none is known.",
    }


def test_a_plan_that_ends_at_level_2_says_what_it_does_not_say(world: World, rules: Rules) -> None:
    world.client(1, custom={"DR Plan Date": day(400), "RTO Hours": "4"})
    found = explained(world, rules, "continuous.disaster-recovery-planning.plan-currency")
    assert (found.result.level, found.next_level) == (2.0, None)
    assert found.needs == "Level 3 needs 'RTO Hours' and 'RPO Hours', and a review within 365 days."


def test_the_top_of_a_ladder_has_no_next_step(world: World, rules: Rules) -> None:
    world.client(1, custom={"VML": 5, "DR Plan Date": day(1), "RTO Hours": 8, "RPO Hours": 4})
    found = explained(world, rules, "cost-effective.framework-and-vcio-role.vcio-level")
    assert (found.result.level, found.next_level, found.next_step) == (5.0, None, None)
    document = explained(world, rules, "continuous.disaster-recovery-planning.plan-currency")
    assert (document.result.level, document.next_level) == (3.0, None)
    assert document.needs is not None
    assert "two reviews before" in document.needs
    # It says where they are entered.
    assert document.needs.endswith(": 'DR Plan Previous Review' and 'DR Plan Earlier Review'.")


def test_a_document_whose_earlier_reviews_nobody_enters_says_where_its_ladder_ends(
    world: World, rules: Rules
) -> None:
    world.client(1, custom={"IT Plan Year": str(NOW.year)})
    plan = explained(world, rules, "conscious.annual-it-plan.plan-currency")
    assert (plan.result.level, plan.next_level) == (3.0, None)
    assert plan.needs == "Its ladder ends at level 3: no field tells of earlier reviews."


@pytest.mark.parametrize(
    ("days", "level", "way"),
    [
        # Sessions once a year: 300 days ago and no other; two more of the last four years must hold one.
        ((300,), 3.0, (4, 1, 0, 2)),
        # The newest is 400 days old: 1.0959 years, so that it is also too long ago.
        ((400,), 3.0, (4, 1, 0.0959, 2)),
        ((300, 500, 800), 4.0, (5, 1, 0, 1)),
        ((300, 500, 800, 1300), 5.0, (None, None, None, None)),
        ((800,), 1.9, (2, 2, 0.1918, None)),
    ],
)
def test_the_way_of_a_rhythm_is_in_time_and_in_intervals_that_must_hold_an_event(
    world: World,
    rules: Rules,
    days: tuple[int, ...],
    level: float,
    way: tuple[float | None, ...],
) -> None:
    world.client(1)
    world.put(
        PSA,
        *[Activity(id=f"a{n}", company="c1", kind="Strategy", starts_at=ago(n), is_done=True) for n in days],
    )
    found = explained(world, rules, "conscious.it-strategy-planning.session-rhythm")
    assert found.result.level == level
    assert (found.next_level, found.next_step, found.how_far, found.rows_far) == way


def test_a_day_after_the_clock_neither_counts_nor_is_it_proof(world: World, rules: Rules) -> None:
    world.client(1, custom={"DR Plan Date": day(-30)})
    found = explained(world, rules, "continuous.disaster-recovery-planning.plan-currency")
    assert (found.result.value, found.rows, [row.id for row in found.to_fix]) == (None, (), ["c1"])


def test_it_says_which_streams_were_read_and_when(world: World, rules: Rules) -> None:
    three_servers(world)
    world.stream(BACKUP, "protections", ok=ago(hours=3))
    reads = {
        (read.account, read.stream): (read.state, read.read_at)
        for read in explained(world, rules, COVERAGE).reads
    }
    assert reads == {("psa", "devices"): ("ok", NOW), ("backup", "protections"): ("ok", ago(hours=3))}


def test_a_tool_that_tells_more_of_the_rows_is_among_the_streams_of_those_whom_it_knows(
    world: World, rules: Rules
) -> None:
    three_servers(world)
    world.rmm(1)
    world.put(RMM, Asset(id="g", company="r1", kind="server", last_seen_at=ago(hours=1)))
    for client, accounts in ((1, ["psa", "rmm"]), (2, ["psa"])):
        found = explained(world, rules, "competent.managed-services.agent-coverage", client)
        assert [read.account for read in found.reads] == accounts


def test_fields_to_attest_are_named_until_something_is_said_and_while_the_record_can_be_read(
    world: World, rules: Rules
) -> None:
    world.client(1)
    world.client(2, custom={"DR Plan Date": day(30)})
    name = "continuous.disaster-recovery-planning.plan-currency"
    (field,) = explained(world, rules, name).to_attest
    assert (field.label, field.kinds) == ("DR Plan Date", ("date",))
    assert explained(world, rules, name, 2).to_attest == ()
    assert explained(world, rules, COVERAGE).to_attest == ()
    world.stream(PSA, "companies", state="unreadable", ok=None)
    assert explained(world, rules, name).to_attest == ()


def test_conditions_that_no_record_meets_are_named(world: World, rules: Rules) -> None:
    world.client(1)
    world.put(
        PSA,
        Contract(id="k", company="c1", type="Block Hours"),
        ContractLine(id="l", company="c1", contract="k", product="Backup"),
    )
    form = explained(world, rules, "charge.managed-services.agreement-form")
    assert form.missing == (
        "tagged('managed')",
        "tagged('managed') and sla is not null",
        "tagged('managed') and sla is not null and starts_on >= days_ago(366)",
    )
    scope = explained(world, rules, "charge.managed-services.scope-sold")
    assert "Backup" not in scope.missing
    assert "Audits" in scope.missing
    assert [row.fields["product"] for row in scope.rows] == ["Backup"]


def test_an_unknown_indicator_is_explained_by_its_reason_and_has_no_way_to_go(
    world: World, rules: Rules
) -> None:
    world.client(1, backup=False)
    found = explained(world, rules, "continuous.backup-management.job-success")
    assert found.result.reason == "no source of backup runs knows this client"
    assert (found.next_level, found.how_far, found.rows_far) == (None, None, None)


def test_an_explanation_can_be_written_as_json(world: World, rules: Rules) -> None:
    three_servers(world)
    assert msgspec.json.decode(msgspec.json.encode(explained(world, rules, COVERAGE)))["to_fix_total"] == 2


def test_a_target_or_client_that_is_not_there_is_an_error(sqlite_world: World, rules: Rules) -> None:
    with pytest.raises(KeyError):
        explain(sqlite_world.store, rules, NOW, sqlite_world.feeds, 1, "nothing")
    with pytest.raises(KeyError):
        explain(sqlite_world.store, rules, NOW, sqlite_world.feeds, 99, COVERAGE)


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        (COVERAGE, (COVERAGE,)),
        ("protected-coverage", (COVERAGE,)),
        ("Protected Coverage", (COVERAGE,)),
        ("backup-management", ("continuous.backup-management",)),
        ("managed-services", ("competent.managed-services", "charge.managed-services")),
        ("cost.procurement-management", ("cost-effective.procurement-management",)),
        (
            "competitive.vendor-management.end-dates-known",
            ("cost-effective.vendor-management.end-dates-known",),
        ),
        (
            "Cost-effective",
            tuple(
                f"cost-effective.{n}"
                for n in (
                    "it-management-tools",
                    "vendor-management",
                    "it-budget-management",
                    "operation-efficiency",
                    "framework-and-vcio-role",
                    "procurement-management",
                )
            ),
        ),
        (
            "conscious",
            (
                "conscious.it-strategy-planning",
                "conscious.annual-it-plan",
                "conscious.strategy-execution-management",
            ),
        ),
    ],
)
def test_a_target_is_found_by_its_id_its_end_its_block_or_an_alias(
    rules: Rules, text: str, ids: tuple[str, ...]
) -> None:
    assert find_target(rules, text).ids == ids


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("backup-managment", "backup-management"),
        ("continuos", "continuous"),
        ("protected-cover", "protected-coverage"),
    ],
)
def test_a_target_that_is_not_there_names_the_nearest_words(rules: Rules, text: str, near: str) -> None:
    found = find_target(rules, text)
    assert found.ids == ()
    assert near in found.nearest


def test_nonsense_has_no_nearest_word(rules: Rules) -> None:
    assert find_target(rules, "zzzzqqqq").nearest == ()
