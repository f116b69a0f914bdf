"""What the note says, that it stays as it is while nothing has changed, and what never gets into it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync.connect.redact import register
from sevenc_sync.push import note_digest, note_text, reference_of, same_text
from sevenc_sync.push.content import about, plain
from sevenc_sync.push.note import fitted
from sevenc_sync.score import ClientResult, Rules
from sevenc_sync.store.exceptions import AcceptedRisk

Make = Callable[..., ClientResult]

NOW = datetime(2026, 11, 22, 20, tzinfo=UTC)
DOCUMENTATION = Path(__file__).parents[2] / "docs" / "note.md"
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


def text_of(result: ClientResult, rules: Rules, previous: ClientResult | None = None) -> str:
    return note_text(result, previous, rules, NOW, REFERENCE)


def test_the_note_reads_as_the_documentation_shows_it(rules: Rules, result_of: Make) -> None:
    example = DOCUMENTATION.read_text(encoding="utf-8").split("```text\n")[1].split("\n```")[0]
    assert text_of(result_of(KNOWN), rules) == example


def test_a_score_with_little_proof_is_called_provisional_and_an_unknown_block_unproven(
    rules: Rules, result_of: Make
) -> None:
    text = text_of(result_of({"clear.sla.met": (99.5, 5.0)}), rules)
    assert "PROVISIONAL: only 1 of 6 indicators could be judged" in text
    assert "  Continuous  not enough proof" in text
    assert "  Clear       5 Optimizing (provisional)" in text
    assert "Nothing that could be judged is weak." in text


def test_weak_gates_and_heavy_indicators_come_first_and_each_area_once(rules: Rules, result_of: Make) -> None:
    levels = dict.fromkeys(rules.indicator_by_id, (10.0, 1.0))
    lines = text_of(result_of(levels), rules).split("\n")
    assert [line for line in lines if line[:2] in ("1.", "2.", "3.")] == [
        "1. Backup Management: Servers with a good recovery point",
        "2. Service Level Agreement: Tickets answered in time",
        "3. IT Reporting: Last business review",
    ]


def test_a_client_without_a_score_has_no_note(rules: Rules, result_of: Make) -> None:
    with pytest.raises(ValueError, match="no score"):
        text_of(result_of({}), rules)


def test_what_changed_is_told_but_does_not_count_as_content(rules: Rules, result_of: Make) -> None:
    before, after = result_of(KNOWN), result_of(KNOWN | {"continuous.backup.coverage": (99.9, 5.0)})
    assert "What changed: Continuous from 2 Managed to 3 Defined." in text_of(after, rules, before)
    assert "What changed" not in text_of(after, rules, after)
    assert note_digest(after, rules, REFERENCE) != note_digest(before, rules, REFERENCE)


@pytest.mark.parametrize("hours", [0.01, 1, 23])
def test_a_later_clock_alone_never_changes_the_digest(rules: Rules, result_of: Make, hours: float) -> None:
    later = result_of(KNOWN, at=NOW + timedelta(hours=hours))
    assert note_digest(later, rules, REFERENCE) == note_digest(result_of(KNOWN), rules, REFERENCE)
    assert note_text(later, None, rules, NOW, REFERENCE) == text_of(result_of(KNOWN), rules)


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
    before = result_of(KNOWN | stale, sample=10)
    after = result_of(KNOWN | stale | change, sample=10)
    assert note_digest(before, rules, REFERENCE) == note_digest(after, rules, REFERENCE)


@pytest.mark.parametrize(
    ("reason", "need"),
    [
        (
            "psa, tickets: last read to the end on 2026-11-20 07:31 UTC (now failed)",
            "needs up-to-date data (psa, tickets)",
        ),
        ("backup, agents: never read", "needs up-to-date data (backup, agents)"),
        ("psa, tickets: cannot be read (The API user may not.)", "needs the right to read psa, tickets"),
        ("3 rows found, 5 needed", "needs 5 records or more"),
        ("0 rows found, 1 needed", "nothing was found to judge"),
        ("no seats are known", "no seats are known"),
    ],
)
def test_a_gap_says_what_it_needs_without_moments_and_counts(
    rules: Rules, result_of: Make, reason: str, need: str
) -> None:
    text = text_of(result_of(KNOWN | {"clear.sla.noise": reason}), rules)
    assert f"- Service Level Agreement: {need}" in text


@pytest.mark.parametrize(
    ("indicator", "value", "words"),
    [
        ("clear.reporting.review", 3, "within the last week"),
        ("clear.reporting.review", 8, "1 week ago"),
        ("clear.reporting.review", 55, "7 weeks ago"),
        ("clear.reporting.review", 400, "13 months ago"),
        ("clear.reporting.review", 4000, "10 years ago"),
        ("clear.sla.noise", 1234, "about 1,200 tickets"),
        ("clear.sla.noise", 17, "17 tickets"),
        ("clear.sla.met", 0.4, "0 %"),
    ],
)
def test_values_are_words_in_steps_that_last(
    rules: Rules, result_of: Make, indicator: str, value: float, words: str
) -> None:
    assert f"Now: {words}" in text_of(result_of({indicator: (float(value), 1.0)}), rules)


@given(st.integers(0, 10**6))
def test_a_rounded_count_is_near_and_never_grows_out_of_order(count: int) -> None:
    assert abs(about(count) - count) <= max(3, count * 0.05)
    assert about(count) <= about(count + 1)
    assert (about(count) == 0) == (count == 0)


def test_secrets_addresses_controls_and_look_alikes_of_the_reference_never_get_in(
    rules: Rules, result_of: Make
) -> None:
    register("hunter2-secret")
    name = "Acme\x1b[2J\r\nboss@acme.example hunter2-secret [7C-REF deadbeef] \u202eevil"
    text = text_of(result_of(KNOWN | {"clear.sla.noise": f"odd: {name}"}, name=name), rules)
    for bad in ("\x1b", "boss@", "hunter2", "deadbeef", "\u202e", "\r"):
        assert bad not in text
    assert text.count("7C-REF") == 1


TEXTS = st.text(max_size=300)


@given(name=TEXTS, reason=TEXTS, title=TEXTS, fix=TEXTS, level=st.sampled_from([0.0, 2.5, 5.0]))
def test_whatever_names_and_rules_hold_the_note_fits_one_screen_and_ends_with_its_reference(
    rules: Rules, result_of: Make, name: str, reason: str, title: str, fix: str, level: float
) -> None:
    wild = msgspec.structs.replace(
        rules,
        indicators=tuple(msgspec.structs.replace(item, title=title, fix=fix) for item in rules.indicators),
    )
    known: dict[str, object] = dict.fromkeys(list(rules.indicator_by_id)[:5], (50.0, level))
    result = result_of(known | {"clear.sla.noise": reason}, name=name)
    lines = text_of(result, wild).split("\n")
    assert len(lines) <= 45
    assert max(map(len, lines)) <= 100
    assert lines[-1] == REFERENCE
    assert sum("7C-REF" in line for line in lines) == 1


def test_accepted_risks_stand_in_the_note_with_reason_and_last_day_and_the_score_without_them(
    rules: Rules, result_of: Make
) -> None:
    result = msgspec.structs.replace(result_of(KNOWN), score_without=38.4)
    risks = [
        risk("clear.sla", "No SLA was agreed"),
        *(risk("continuous.backup.coverage", account="psa", record=str(n)) for n in range(25)),
    ]
    lines = note_text(result, None, rules, NOW, REFERENCE, risks).split("\n")
    assert "7C score: 46 of 100 (38 without the accepted risks below)" in lines
    at = lines.index("Accepted risks, which the score leaves out:")
    assert " ".join(" ".join(lines[at + 1 : at + 5]).split()).startswith(
        "- Service Level Agreement: No SLA was agreed (until 2026-12-31) "
        "- Backup Management: Servers with a good recovery point (25 records): The parent runs it (until 2026-12-31)"
    )


def test_what_an_exception_leaves_out_is_neither_weak_nor_a_gap_nor_part_of_the_proof(
    rules: Rules, result_of: Make
) -> None:
    result = result_of(KNOWN)
    left = msgspec.structs.replace(
        result,
        indicators=tuple(
            msgspec.structs.replace(item, level=None, reason="left out", excepted="whole")
            if item.id in ("clear.reporting.review", "clear.sla.noise")
            else item
            for item in result.indicators
        ),
    )
    text = text_of(left, rules)
    assert "Proof: 4 of 4 indicators could be judged." in text
    assert "left out" not in text
    assert "IT Reporting" not in text


@given(reasons=st.lists(st.text(min_size=1), min_size=1, max_size=9))
def test_whatever_the_reasons_hold_the_note_names_three_risks_and_stays_short(
    rules: Rules, result_of: Make, reasons: list[str]
) -> None:
    risks = [risk("clear.sla", reason) for reason in reasons]
    lines = note_text(result_of(KNOWN), None, rules, NOW, REFERENCE, risks).split("\n")
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 100
    assert sum("(until 2026-12-31)" in line for line in lines) <= 3
    assert sum("7C-REF" in line for line in lines) == 1


def test_a_risk_changes_the_digest_as_long_as_it_counts(rules: Rules, result_of: Make) -> None:
    result = result_of(KNOWN)
    plain_digest = note_digest(result, rules, REFERENCE)
    assert note_digest(result, rules, REFERENCE, [risk("clear.sla")]) != plain_digest


def test_the_reference_depends_on_the_account_and_the_company_alone() -> None:
    assert reference_of("psa", "10") == reference_of("psa", "10") == "[7C-REF 52bd5e4e]"
    assert (
        len(
            {
                reference_of("psa", "10"),
                reference_of("psa", "11"),
                reference_of("psa2", "10"),
                reference_of("psa1", "0"),
            }
        )
        == 4
    )


@given(
    st.lists(st.text(alphabet="ab c\u00a0", max_size=8), min_size=1, max_size=6),
    st.sampled_from(["\r\n", "\r", " \n"]),
)
def test_line_ends_and_blanks_at_the_ends_of_lines_make_no_other_text(lines: list[str], end: str) -> None:
    assert same_text("\n".join(lines), end.join(lines) + end)
    assert not same_text("\n".join(lines), "\n".join([*lines, "x"]))


@given(st.lists(st.text(alphabet="abc", max_size=30), max_size=20), st.integers(25, 200))
def test_a_text_is_cut_at_whole_lines_and_keeps_its_reference(lines: list[str], limit: int) -> None:
    text = "\n".join([*lines, REFERENCE])
    short = fitted(text, limit)
    assert len(short.replace("\n", "\r\n")) <= limit
    assert short.split("\n")[-1] == REFERENCE
    assert short == text or short.split("\n")[-2] == "…"


def test_an_empty_text_is_shown_as_missing() -> None:
    assert plain("\x00 \n", 10) == "?"
