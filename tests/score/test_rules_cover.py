"""How much of the framework the built-in rules speak of, what their thresholds rest on, and what holds them."""

import re
from importlib import import_module
from itertools import chain

import pytest

from sevenc_sync.score import Rules
from sevenc_sync.score.dated import DOCUMENT_STEPS, RHYTHM_STEPS
from sevenc_sync.score.indicators import DEFAULT_FRESH
from sevenc_sync.score.measures import MEASURES
from sevenc_sync.score.rules import Indicator
from tests.score.by_hand import Case

BLOCKS = ("continuous", "competent", "charge", "conscious", "confident", "clear", "cost_effective")
LADDERS: dict[str, tuple[int, ...]] = {"COV": (15, 50, 85, 95, 99), "ADH": (15, 50, 70, 85, 95)}
OURS = {  # beyond the 94 of the framework
    "continuous.backup-management.verified-coverage",
    "confident.it-audits.audit-age",
}


def cases() -> list[Case]:
    modules = [import_module(f"tests.score.test_{block}_by_hand") for block in BLOCKS]
    return list(chain.from_iterable(module.CASES for module in modules))


def test_the_rules_speak_of_every_area(rules: Rules) -> None:
    assert len(rules.indicators) == 94 + len(OURS)
    assert set(rules.indicator_by_id) >= OURS
    assert {item.area for item in rules.indicators} == set(rules.area_by_slug)


def test_only_the_spending_against_revenue_informs_without_a_level(rules: Rules) -> None:
    silent = [item.id for item in rules.indicators if item.informs]
    assert silent == ["cost-effective.it-budget-management.spend-to-revenue"]


def test_every_indicator_has_a_case_worked_out_by_hand_and_there_are_at_least_as_many_as_indicators(
    rules: Rules,
) -> None:
    assert {case.indicator for case in cases()} == set(rules.indicator_by_id)
    assert len(cases()) >= 94


def test_every_basis_says_what_is_sourced_and_what_is_judgement_or_names_a_ladder(rules: Rules) -> None:
    silent = [
        i.id
        for i in rules.indicators
        if not re.search(r"\b[Ss]ourced|\b[Jj]udgement|[Ll]adder (COV|ADH|DOC|CAD)", i.basis)
    ]
    assert silent == []


def test_a_weight_an_age_or_a_number_of_rows_of_its_own_has_its_reason_in_the_basis(rules: Rules) -> None:
    silent = []
    for item in rules.indicators:
        asked = {
            "weight": item.weight != 1 and not item.informs,
            f"{item.need.fresh // 3600} hours": item.need.fresh != DEFAULT_FRESH,
            f"fewer than {item.need.sample} rows say nothing": item.need.sample > 1
            and item.need.sample != MEASURES[item.measure].sample,
        }
        silent += [(item.id, words) for words, is_own in asked.items() if is_own and words not in item.basis]
    assert silent == []


def test_an_indicator_beyond_the_framework_says_that_it_is_ours(rules: Rules) -> None:
    assert {item.id for item in rules.indicators if "an indicator of ours" in item.basis} == OURS


def ladders_of(item: Indicator) -> set[str]:
    return set(re.findall(r"[Ll]adder (COV|ADH|DOC|CAD)", item.basis))


@pytest.mark.parametrize("name", LADDERS)
def test_a_ladder_that_is_named_is_the_one_that_is_used(rules: Rules, name: str) -> None:
    named = [
        item
        for item in rules.indicators
        if name in ladders_of(item) and item.measure not in ("document", "rhythm")
    ]
    assert len(named) > 5
    for item in named:
        steps = LADDERS[name]
        if item.better == "lower":  # the mirror, in percent that are missing
            steps = tuple(100 - step for step in steps)
        assert item.levels == steps, item.id


def test_a_ladder_that_is_used_is_named(rules: Rules) -> None:
    by_steps = {steps: name for name, steps in LADDERS.items()}
    for item in rules.indicators:
        name = by_steps.get(tuple(int(step) for step in item.levels))
        if name is not None and item.measure not in ("document", "rhythm"):
            assert name in ladders_of(item), item.id


def test_documents_and_rhythms_are_on_their_own_ladders(rules: Rules) -> None:
    for item in rules.indicators:
        assert (item.measure == "document") == ("DOC" in ladders_of(item)), item.id
        assert (item.measure == "rhythm") == ("CAD" in ladders_of(item)), item.id
        if item.measure == "rhythm":
            assert item.levels == RHYTHM_STEPS
        if item.measure == "document" and item.id not in OURS:
            assert item.levels == DOCUMENT_STEPS
