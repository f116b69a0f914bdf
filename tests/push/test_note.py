"""What the note says, that it stays as it is while nothing has changed, and what never gets into it."""

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync.connect.redact import register
from sevenc_sync.push.choose import about, core_of, plain
from sevenc_sync.push.content import Note
from sevenc_sync.push.note import (
    digest_of,
    fitted,
    framed,
    is_sealed,
    parts_of,
    reference_of,
    same_text,
    sealed,
)
from sevenc_sync.push.template import LINES, render
from sevenc_sync.score import ClientResult, Rules
from sevenc_sync.store.exceptions import AcceptedRisk
from sevenc_sync.store.plan_items import PlanItem

Make = Callable[..., ClientResult]

NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)
REFERENCE = reference_of("psa", "10")
KNOWN = {
    "continuous.backup.coverage": (42.5, 1.7),
    "continuous.backup.success": (97.0, 4.5),
    "continuous.recovery.plan": (800.0, 2.0),
    "clear.reporting.review": (None, 0.0),
    "clear.sla.met": (97.5, 4.1),
}


def risk(target: str, reason: str = "The parent runs it", **more: Any) -> AcceptedRisk:
    base: dict[str, Any] = {
        **dict.fromkeys(("account", "record", "link", "ended_at", "ended_by")),
        "id": 1,
        "client": 1,
        "client_name": "Acme Ltd",
        "by": "anna",
        "at": NOW,
        "until": NOW.replace(hour=0) + timedelta(days=40),
    }
    return AcceptedRisk(**{**base, "target": target, "reason": reason, **more})


def item(indicator: str, state: str, **more: Any) -> PlanItem:
    base: dict[str, Any] = dict.fromkeys(("reason", "by", "owner", "due_at", "until"))
    return PlanItem(
        **{**base, "id": "7C-4F2A", "client": 1, "first_at": NOW, "changed_at": NOW, **more},
        indicator=indicator,
        state=state,
    )


def text_of(
    result: ClientResult,
    rules: Rules,
    risks: Sequence[AcceptedRisk] = (),
    plan: Sequence[PlanItem] = (),
    language: str = "en",
) -> str:
    core = core_of(result, rules, risks, {found.indicator: found for found in plan})
    body = render(Note(core=core, day=date(2026, 11, 22)), language)
    return framed(body, REFERENCE, language, is_living=True)


def test_a_score_with_little_proof_is_called_provisional_and_an_unknown_block_unproven(
    rules: Rules, result_of: Make
) -> None:
    text = text_of(result_of({"clear.sla.met": (99.5, 5.0)}), rules)
    assert "PROVISIONAL: only 1 of 6 indicators could be judged (16 %)" in text
    assert "  Continuous  not enough proof" in text
    assert "  Clear       5 Optimizing (provisional)" in text
    assert "Nothing that could be judged is weak." in text


def test_weak_gates_and_heavy_indicators_come_first_and_each_area_once(rules: Rules, result_of: Make) -> None:
    levels = dict.fromkeys(rules.indicator_by_id, (10.0, 1.0))
    steps = core_of(result_of(levels), rules).steps
    assert [step.area for step in steps] == ["Backup Management", "Service Level Agreement", "IT Reporting"]


def test_what_was_agreed_comes_first_with_owner_and_day_and_what_is_settled_is_not_asked_for(
    rules: Rules, result_of: Make
) -> None:
    agreed = item("clear.sla.met", "accepted", owner="Bob bob@x.example", due_at=NOW + timedelta(days=9))
    settled = item("continuous.backup.coverage", "risk", reason="Sold soon", until=NOW + timedelta(days=30))
    text = text_of(result_of(KNOWN), rules, plan=[agreed, settled])
    assert "1. Look at the late ones." in text
    assert "   Agreed (7C-4F2A). Owner: Bob …. Date: 1 December 2026." in text
    assert "Give each server a policy." not in text
    assert "good recovery point: Sold soon (until 22 December 2026)" in " ".join(text.split())


def test_a_client_without_a_score_has_no_note(rules: Rules, result_of: Make) -> None:
    with pytest.raises(ValueError, match="no score"):
        core_of(result_of({}), rules)


@pytest.mark.parametrize("hours", [0.01, 23])
def test_a_later_clock_alone_never_changes_the_digest(rules: Rules, result_of: Make, hours: float) -> None:
    later = core_of(result_of(KNOWN, at=NOW + timedelta(hours=hours)), rules)
    assert digest_of(later) == digest_of(core_of(result_of(KNOWN), rules))


@pytest.mark.parametrize(
    "change",
    [
        {"continuous.recovery.plan": (801.0, 2.0)},  # a day older
        {"continuous.backup.success": (97.01, 4.51)},
        {"continuous.backup.coverage": (42.9, 1.71)},
        {"clear.sla.noise": "psa, tickets: last read to the end on 2026-11-20 07:31 UTC (now failed)"},
    ],
)
def test_small_moves_that_change_no_words_change_no_digest(
    rules: Rules, result_of: Make, change: dict[str, object]
) -> None:
    stale = {"clear.sla.noise": "psa, tickets: last read to the end on 2026-11-19 10:00 UTC (now failed)"}
    before = core_of(result_of(KNOWN | stale, sample=10), rules)
    after = core_of(result_of(KNOWN | stale | change, sample=10), rules)
    assert digest_of(before) == digest_of(after)


@pytest.mark.parametrize(
    ("reason", "need"),
    [
        (
            "psa, tickets: last read to the end on 2026-11-20 07:31 UTC (x)",
            "needs up-to-date data (psa, tickets)",
        ),
        ("backup, agents: never read", "needs up-to-date data (backup, agents)"),
        ("psa, tickets: cannot be read (The API user may not.)", "needs the right to read psa, tickets"),
        ("3 rows found, 5 needed", "needs 5 records or more"),
        ("0 rows found, 1 needed", "nothing was found to judge"),
        ("no source of alerts knows this client", "needs a source of alerts that knows this client"),
        ("no seats are known", "no seats are known"),
        ("no source says which patches devices lack", "needs a source that says which patches devices lack"),
        ("psa uses no custom field named IT Plan Year", "nobody has entered it in the PSA yet"),
        ("none of the tickets is tagged audit", "nothing in the PSA is marked as such yet"),
        (
            "psa, runs: runs are known since 2026-11-01; 30 days are needed",
            "has to be watched for longer first",
        ),
    ],
)
def test_a_gap_says_what_it_needs_without_moments_and_counts(
    rules: Rules, result_of: Make, reason: str, need: str
) -> None:
    text = text_of(result_of(KNOWN | {"clear.sla.noise": reason}), rules)
    assert f"- Service Level Agreement: {need}" in text


@pytest.mark.parametrize(
    ("language", "indicator", "value", "words"),
    [
        ("en", "clear.reporting.review", 3, "within the last week"),
        ("en", "clear.reporting.review", 8, "1 week ago"),
        ("en", "clear.reporting.review", 400, "13 months ago"),
        ("en", "clear.sla.noise", 1234, "about 1,200 tickets"),
        ("en", "clear.sla.met", 0.4, "0 %"),
        ("de", "clear.reporting.review", 400, "vor 13 Monaten"),
        ("de", "clear.sla.noise", 1234, "etwa 1.200 Tickets"),
        ("hu", "clear.reporting.review", 400, "13 hónapja"),
    ],
)
def test_values_are_words_in_steps_that_last_in_each_language(
    rules: Rules, result_of: Make, language: str, indicator: str, value: float, words: str
) -> None:
    text = text_of(result_of({indicator: (float(value), 1.0)}), rules, language=language)
    assert f": {words}" in text


@given(st.integers(0, 10**6))
def test_a_rounded_count_is_near_and_never_grows_out_of_order(count: int) -> None:
    assert abs(about(count) - count) <= max(3, count * 0.05)
    assert about(count) <= about(count + 1)
    assert (about(count) == 0) == (count == 0)


def test_secrets_addresses_controls_markup_and_look_alikes_of_the_reference_never_get_in(
    rules: Rules, result_of: Make
) -> None:
    register("hunter2-secret")
    name = "Acme\x1b[2J\r\nboss@acme.example hunter2-secret [7C-REF deadbeef] \u202eevil <b>"
    text = text_of(result_of(KNOWN | {"clear.sla.noise": f"odd: {name}"}, name=name), rules)
    for bad in ("\x1b", "boss@", "hunter2", "deadbeef", "\u202e", "\r", "<"):
        assert bad not in text
    assert text.count("7C-REF") == 1


TEXTS = st.text(max_size=300)


@given(name=TEXTS, reason=TEXTS, title=TEXTS, fix=TEXTS, level=st.sampled_from([0.0, 2.5, 5.0]))
def test_whatever_names_and_rules_hold_the_note_fits_and_keeps_its_reference(
    rules: Rules, result_of: Make, name: str, reason: str, title: str, fix: str, level: float
) -> None:
    wild = msgspec.structs.replace(
        rules,
        indicators=tuple(msgspec.structs.replace(found, title=title, fix=fix) for found in rules.indicators),
    )
    known: dict[str, object] = dict.fromkeys(list(rules.indicator_by_id)[:5], (50.0, level))
    text = text_of(result_of(known | {"clear.sla.noise": reason}, name=name), wild)
    lines = text.split("\n")
    assert len(lines) <= LINES + 4
    assert max(map(len, lines)) <= 100
    parts = parts_of(text, REFERENCE)
    assert parts is not None
    assert (is_sealed(parts.ours, REFERENCE), parts.own) == (True, "")


def test_what_an_exception_leaves_out_stands_among_the_risks_and_nowhere_else(
    rules: Rules, result_of: Make
) -> None:
    result = msgspec.structs.replace(result_of(KNOWN), score_without=38.4)
    left = msgspec.structs.replace(
        result,
        indicators=tuple(
            msgspec.structs.replace(found, level=None, reason="left out", excepted="whole")
            if found.id in ("clear.reporting.review", "clear.sla.noise")
            else found
            for found in result.indicators
        ),
    )
    risks = [
        risk("clear.reporting", "No meetings"),
        *(risk("clear.sla.met", account="psa", record=str(n)) for n in range(25)),
    ]
    text = " ".join(text_of(left, rules, risks).split())
    assert "7C score: 46 of 100 (38 without the exceptions below)" in text
    assert "Proof: 4 of 4 indicators" in text
    assert "left out" not in text
    assert "- IT Reporting: No meetings (until 31 December 2026; not in the score)" in text
    assert "(25 records): The parent runs it" in text


def test_the_reference_depends_on_the_account_and_the_company_alone() -> None:
    assert reference_of("psa", "10") == "[7C-REF 52bd5e4e]"
    places = (("psa", "10"), ("psa", "11"), ("psa2", "10"), ("psa1", "0"))
    assert len({reference_of(*place) for place in places}) == len(places)


@given(
    st.lists(st.text(alphabet="ab c\u00a0", max_size=8), min_size=1, max_size=6),
    st.sampled_from(["\r\n", "\r", " \n"]),
)
def test_line_ends_and_blanks_at_the_ends_of_lines_make_no_other_text(lines: list[str], end: str) -> None:
    assert same_text("\n".join(lines), end.join(lines) + end)
    assert not same_text("\n".join(lines), "\n".join([*lines, "x"]))


@given(
    st.lists(st.text(alphabet="abc", max_size=30), min_size=1, max_size=20),
    st.integers(60, 200),
    st.lists(st.text(alphabet="xyz", min_size=1, max_size=9), max_size=2),
)
def test_a_text_is_cut_at_whole_lines_above_and_keeps_its_reference_and_what_stands_below(
    lines: list[str], limit: int, own: list[str]
) -> None:
    short = fitted("\n".join(["begin", *lines, REFERENCE, *own]), limit, REFERENCE)
    assert len(short.replace("\n", "\r\n")) <= limit
    parts = parts_of(short, REFERENCE)
    assert parts is not None
    assert (is_sealed(parts.ours, REFERENCE), parts.own) == (True, "\n".join(own))


def test_any_change_above_the_reference_breaks_the_seal_and_none_below_does() -> None:
    text = sealed(f"one\ntwo\n{REFERENCE}\nbelow", REFERENCE)
    for changed, holds in ((text, True), (text + "\nmore", True), (text.replace("two", "2"), False)):
        parts = parts_of(changed, REFERENCE)
        assert parts is not None
        assert is_sealed(parts.ours, REFERENCE) == holds


def test_an_empty_text_is_shown_as_missing() -> None:
    assert plain("\x00 \n", 10) == "?"
