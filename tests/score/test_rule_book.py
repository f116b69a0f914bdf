"""Rules as a function of the clock: what `enable_on` holds back, and what is told about it at once."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from sevenc_sync.score import Mistake, RuleBook, Rules, RulesInvalid, builtin_rules_dir, load_book, load_rules

DAY = date(2027, 1, 1)
BEFORE = datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)
FROM_THEN = datetime(2027, 1, 1, tzinfo=UTC)
OWN = "clear.it-reporting.own"
SUCCESS = "continuous.backup-management.job-success"
NEW = f"""
[[indicator]]
id = "{OWN}"
enable_on = 2027-01-01
title = "Own"
rows = "tickets"
good = "hours > 1"
levels = [1, 2, 3, 4, 5]
why = "w"
fix = "f"
basis = "b"
sources = ["psa"]
"""


def book_of(folder: Path, text: str) -> RuleBook:
    (folder / "own.toml").write_text(text, encoding="utf-8")
    return load_book([builtin_rules_dir(), folder])


def mistakes_of(folder: Path, text: str) -> tuple[Mistake, ...]:
    with pytest.raises(RulesInvalid) as caught:
        book_of(folder, text)
    return caught.value.mistakes


def test_without_any_day_the_rules_are_the_same_at_every_clock(rules: Rules) -> None:
    book = load_book([builtin_rules_dir()])
    assert book.at(BEFORE) is book.at(FROM_THEN)
    assert book.at(BEFORE).hash == rules.hash
    assert book.waiting(BEFORE) == []


def test_a_new_rule_is_not_there_before_its_day(tmp_path: Path, rules: Rules) -> None:
    book = book_of(tmp_path, NEW)
    assert book.at(BEFORE).hash == rules.hash
    assert OWN in book.at(FROM_THEN).indicator_by_id
    assert book.at(FROM_THEN + timedelta(days=9)) is book.at(FROM_THEN)


def test_the_day_is_utc_whatever_the_zone_of_the_clock(tmp_path: Path) -> None:
    from zoneinfo import ZoneInfo

    book = book_of(tmp_path, NEW)
    in_auckland = datetime(2027, 1, 1, 8, 0, tzinfo=ZoneInfo("Pacific/Auckland"))
    assert OWN not in book.at(in_auckland).indicator_by_id
    assert OWN in book.at(FROM_THEN.astimezone(ZoneInfo("America/New_York"))).indicator_by_id


def test_an_override_leaves_the_old_rule_in_force_until_its_day(tmp_path: Path, rules: Rules) -> None:
    book = book_of(tmp_path, f'[[indicator]]\nid = "{SUCCESS}"\nweight = 7\nenable_on = 2027-01-01\n')
    assert book.at(BEFORE).indicator_by_id[SUCCESS] == rules.indicator_by_id[SUCCESS]
    assert book.at(FROM_THEN).indicator_by_id[SUCCESS].weight == 7


def test_a_rule_can_be_switched_off_from_a_day_on(tmp_path: Path) -> None:
    book = book_of(tmp_path, f'[[indicator]]\nid = "{SUCCESS}"\nenabled = false\nenable_on = 2027-01-01\n')
    assert SUCCESS in book.at(BEFORE).indicator_by_id
    assert SUCCESS not in book.at(FROM_THEN).indicator_by_id


def test_words_and_names_can_have_their_day_too(tmp_path: Path) -> None:
    text = '[[block]]\nid = "cost-effective"\nname = "Competitive"\nenable_on = 2027-01-01\n'
    text += '[[tag]]\nid = "own"\nkind = "ticket"\ntags = ["proactive"]\nwords = { board = ["X"] }\nenable_on = 2027-01-01\n'
    book = book_of(tmp_path, text)
    matchers = [book.at(moment).tag_matcher for moment in (BEFORE, FROM_THEN)]
    assert [matcher.gives("ticket", {"board": "X"}) for matcher in matchers] == [set(), {"proactive"}]
    names = [book.at(moment).block_by_slug["cost-effective"].name for moment in (BEFORE, FROM_THEN)]
    assert names == ["Cost-effective", "Competitive"]


def test_one_rule_may_change_on_several_days_in_one_directory(tmp_path: Path) -> None:
    text = f'[[indicator]]\nid = "{SUCCESS}"\nweight = 9\nenable_on = 2028-01-01\n'
    text += f'[[indicator]]\nid = "{SUCCESS}"\nweight = 8\nenable_on = 2027-01-01\n'
    text += f'[[indicator]]\nid = "{SUCCESS}"\nweight = 7\n'
    book = book_of(tmp_path, text)
    moments = (BEFORE, FROM_THEN, datetime(2028, 1, 1, tzinfo=UTC))
    assert [book.at(moment).indicator_by_id[SUCCESS].weight for moment in moments] == [7, 8, 9]
    assert len({book.at(moment).hash for moment in moments}) == 3


def test_the_same_rule_twice_for_the_same_day_is_a_mistake(tmp_path: Path) -> None:
    entry = f'[[indicator]]\nid = "{SUCCESS}"\nweight = 9\nenable_on = 2028-01-01\n'
    (mistake,) = mistakes_of(tmp_path, entry * 2)
    assert (mistake.problem, mistake.line, mistake.id) == ("is given twice", 5, SUCCESS)


def test_mistakes_of_a_rule_that_waits_are_told_at_once_and_once(tmp_path: Path) -> None:
    text = NEW.replace("hours > 1", "hour > 1") + f'[[indicator]]\nid = "{SUCCESS}"\nweight = 0\n'
    found = [(m.id, m.key, m.line, m.nearest) for m in mistakes_of(tmp_path, text)]
    assert found == [(OWN, "good", 7, "hours"), (SUCCESS, "weight", 15, None)]


@pytest.mark.parametrize("day", ['"2027-01-01"', "2027-01-01T00:00:00Z", "2027", "true"])
def test_what_is_no_day_is_a_mistake_with_its_line(tmp_path: Path, day: str) -> None:
    (mistake,) = mistakes_of(tmp_path, NEW.replace("enable_on = 2027-01-01", f"enable_on = {day}"))
    assert (mistake.key, mistake.problem, mistake.line) == ("enable_on", "is no day", 4)


def test_a_mistyped_enable_on_is_told_with_the_word_that_was_meant(tmp_path: Path) -> None:
    (mistake,) = mistakes_of(tmp_path, NEW.replace("enable_on", "enabled_on"))
    assert (mistake.problem, mistake.nearest) == ("unknown key", "enable_on")


def test_a_change_to_a_rule_that_waits_waits_with_it(tmp_path: Path) -> None:
    later = tmp_path / "later"
    later.mkdir()
    (later / "x.toml").write_text(f'[[indicator]]\nid = "{OWN}"\nweight = 4\n')
    (tmp_path / "own.toml").write_text(NEW)
    book = load_book([builtin_rules_dir(), tmp_path, later])
    assert OWN not in book.at(BEFORE).indicator_by_id
    assert book.at(FROM_THEN).indicator_by_id[OWN].weight == 4


def test_what_waits_is_listed_with_its_place(tmp_path: Path) -> None:
    book = book_of(tmp_path, NEW)
    (waiting,) = book.waiting(BEFORE)
    assert (waiting.on, waiting.table, waiting.id, waiting.line) == (DAY, "indicator", OWN, 2)
    assert waiting.file == str(tmp_path / "own.toml")
    assert book.waiting(FROM_THEN) == []


def test_the_entries_of_a_directory_can_all_be_put_in_force_at_once(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(NEW)
    book = load_book([builtin_rules_dir(), tmp_path], at_once=[tmp_path])
    assert OWN in book.at(BEFORE).indicator_by_id
    assert book.dated == ()


def test_rules_can_be_loaded_for_one_clock(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(NEW)
    dirs = [builtin_rules_dir(), tmp_path]
    assert [OWN in load_rules(dirs, now).indicator_by_id for now in (None, BEFORE, FROM_THEN)] == [
        False,
        False,
        True,
    ]
