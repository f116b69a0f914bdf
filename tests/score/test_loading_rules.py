"""Mapping files: merged by id, checked as a whole, and every mistake told with its place."""

import shutil
from pathlib import Path

import pytest

from sevenc_sync.score import Mistake, Rules, RulesInvalid, builtin_rules_dir, load_rules

GOOD = """
[[indicator]]
id = "clear.it-reporting.own"
title = "Own"
rows = "tickets"
good = "hours > 1"
levels = [1, 2, 3, 4, 5]
why = "w"
fix = "f"
basis = "b"
sources = ["psa"]
"""


def loaded(folder: Path, text: str, name: str = "own.toml") -> Rules:
    (folder / name).write_text(text, encoding="utf-8")
    return load_rules([builtin_rules_dir(), folder])


def mistakes_of(folder: Path, text: str) -> list[Mistake]:
    with pytest.raises(RulesInvalid) as caught:
        loaded(folder, text)
    return list(caught.value.mistakes)


def test_the_built_in_rules_have_no_mistake_and_know_seven_blocks_and_27_areas(rules: Rules) -> None:
    assert len(rules.blocks) == 7
    assert [block.order for block in rules.blocks] == [1, 2, 3, 4, 5, 6, 7]
    assert len(rules.areas) == 27
    assert [sum(area.block == block.slug for area in rules.areas) for block in rules.blocks] == [
        4,
        4,
        3,
        3,
        3,
        4,
        6,
    ]
    assert {block.slug for block in rules.blocks if block.name_status == "sourced"} == {
        "continuous",
        "competent",
        "charge",
        "conscious",
    }
    assert set(next(b for b in rules.blocks if b.slug == "cost-effective").aliases) == {
        "cost",
        "cost-efficient",
        "competitive",
    }


def test_every_indicator_says_why_what_to_do_and_where_its_numbers_come_from(rules: Rules) -> None:
    for item in rules.indicators:
        assert item.why.endswith("."), item.id
        assert item.fix.endswith("."), item.id
        assert (
            "ourced" in item.basis or "udgement" in item.basis or "CIS" in item.basis or "COV" in item.basis
        ), item.id


def test_a_ladder_in_a_basis_says_which_of_its_steps_are_sourced(rules: Rules) -> None:
    named = [item for item in rules.indicators if "ladder" in item.basis.lower()]
    assert len(named) > 50
    assert [
        item.id for item in named if "sourced" not in item.basis and "judgement" not in item.basis.lower()
    ] == []
    shares = [item for item in named if "ladder COV" in item.basis or "ladder ADH" in item.basis]
    assert [item.id for item in shares if "ISO/IEC 33020" not in item.basis] == []


def test_a_new_rule_of_an_operator_is_added(tmp_path: Path, rules: Rules) -> None:
    own = loaded(tmp_path, GOOD)
    assert set(own.indicator_by_id) - set(rules.indicator_by_id) == {"clear.it-reporting.own"}
    assert own.hash != rules.hash


def test_an_operator_changes_only_the_keys_that_he_gives(tmp_path: Path, rules: Rules) -> None:
    name = "continuous.backup-management.protected-coverage"
    own = loaded(tmp_path, f'[[indicator]]\nid = "{name}"\nlevels = [10, 20, 30, 40, 50]\n')
    before, after = rules.indicator_by_id[name], own.indicator_by_id[name]
    assert list(after.levels) == [10, 20, 30, 40, 50]
    assert (after.title, after.good, after.gate, after.weight) == (
        before.title,
        before.good,
        before.gate,
        before.weight,
    )


def test_a_rule_can_be_switched_off_and_a_block_renamed(tmp_path: Path, rules: Rules) -> None:
    name = "competent.managed-services.auto-handled"
    text = f'[[indicator]]\nid = "{name}"\nenabled = false\n[[block]]\nid = "cost-effective"\nname = "Competitive"\n'
    own = loaded(tmp_path, text)
    assert name not in own.indicator_by_id
    assert own.block_by_slug["cost-effective"].name == "Competitive"
    assert own.block_by_slug["cost-effective"].aliases == rules.block_by_slug["cost-effective"].aliases


def test_a_rule_that_is_switched_off_is_not_checked(tmp_path: Path) -> None:
    assert (
        "clear.it-reporting.own"
        not in loaded(tmp_path, GOOD.replace("hours > 1", "nonsense(") + "enabled = false\n").indicator_by_id
    )


def test_the_same_rules_have_the_same_hash_wherever_they_lie(tmp_path: Path, rules: Rules) -> None:
    shutil.copytree(builtin_rules_dir(), tmp_path / "copy")
    copy = load_rules([tmp_path / "copy"])
    assert copy.hash == rules.hash
    assert len(rules.hash) == 16
    (tmp_path / "copy" / "continuous.toml").rename(tmp_path / "copy" / "zz.toml")
    assert load_rules([tmp_path / "copy"]).hash == rules.hash


def test_every_kind_of_mistake_is_told_at_once_with_file_line_key_and_the_nearest_word(
    tmp_path: Path,
) -> None:
    text = """# first line
[[indicator]]
id = "clear.it-reporting.a"
title = "A"
rows = "ticket"
good = "hours > 1"
levels = [1, 2, 3]
why = "w"
fix = "f"
basis = "b"
sources = ["psa"]

[[indicator]]
id = "clear.it-reportin.b"
title = "B"
rows = "tickets"
where = "tagged('reactiv')"
good = "hour > 1"
levels = [1, 2, 2, 4, 5]
gate = "yes"
weight = 0
need = { sampel = 1, fresh = "soon" }
wight = 3
why = "w"
fix = "f"
basis = "b"
sources = ["psa"]

[[indicator]]
id = "clear.it-reporting.a"
title = "again"
weight = 0

[[indicator]]
id = "clear.it-reporting.c"
rows = "tickets"
measure = "shares"
good = '''
lower(owner)
'''
levels = "high"

[[indicater]]
id = "x"

[[tag]]
id = "t"
kind = "tickets"
tags = ["x"]
words = { board = ["y"] }

[[tag]]
id = "u"
kind = "ticket"
tags = "x"
words = { bord = ["y"], type = "z" }

[[service]]
id = "s"
areas = ["continuous.backup"]
words = { product = ["x"] }

[[area]]
id = "clearly.x"
name = "X"
name_status = "made up"
purpose = "p"
"""
    own = tmp_path / "own.toml"
    found = {(m.line, m.id, m.key, m.problem, m.nearest) for m in mistakes_of(tmp_path, text)}
    a, b, c = "clear.it-reporting.a", "clear.it-reportin.b", "clear.it-reporting.c"
    assert found == {
        (5, a, "rows", "unknown word", "tickets"),
        (7, a, "levels", "has 3 steps", None),
        (14, b, "id", "unknown area", "clear.it-reporting"),
        (17, b, "where", "unknown tag", "reactive"),
        (18, b, "good", "unknown column", "hours"),
        (19, b, "levels", "is no ladder", None),
        (20, b, "gate", "is neither true nor false", None),
        (21, b, "weight", "is no number above 0", None),
        (22, b, "need", "unknown key", "sample"),
        (22, b, "need", "is no length of time", None),
        (23, b, "wight", "unknown key", "weight"),
        (29, a, None, "is given twice", None),
        (32, a, "weight", "is no number above 0", None),
        (37, c, "measure", "unknown word", "share"),
        (38, c, "good", "is a text", None),
        (41, c, "levels", "is no list of numbers", None),
        (34, c, "title", "is missing", None),
        (34, c, "why", "is missing", None),
        (34, c, "fix", "is missing", None),
        (34, c, "basis", "is missing", None),
        (34, c, "sources", "is missing", None),
        (43, None, None, "unknown table", "indicator"),
        (48, "t", "kind", "unknown word", "ticket"),
        (55, "u", "tags", "is no list of texts", None),
        (56, "u", "words", "unknown field", "board"),
        (56, "u", "words", "is no list of patterns", None),
        (60, "s", "areas", "unknown area", "continuous.backup-management"),
        (64, "clearly.x", "id", "unknown block", "clear"),
        (66, "clearly.x", "name_status", "unknown word", None),
    }
    assert {m.file for m in mistakes_of(tmp_path, text)} == {str(own)}


def test_a_mistake_reads_as_one_line(tmp_path: Path) -> None:
    (mistake,) = mistakes_of(tmp_path, GOOD.replace("hours > 1", "hour > 1"))
    assert str(mistake) == (
        f"{tmp_path / 'own.toml'}:6: clear.it-reporting.own [good]: unknown column: hour; expected a column of tickets; did you mean 'hours'?"
    )


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"levels = [1, 2, 3, 4, 5]": "levels = [1, 2, 3, 4, true]"}, "is no list of numbers"),
        ({"levels = [1, 2, 3, 4, 5]": "levels = [-1, 2, 3, 4, 5]"}, "is no ladder"),
        ({"levels = [1, 2, 3, 4, 5]": "levels = [1, 2, 3, 4, inf]"}, "is no ladder"),
        ({"levels = [1, 2, 3, 4, 5]": ""}, "is missing"),
        ({'good = "hours > 1"': ""}, "is missing"),
        ({'good = "hours > 1"': "good = 3"}, "is no text"),
        ({'good = "hours > 1"': 'good = "hours"'}, "is a number"),
        ({'good = "hours > 1"': 'good = "opened_at >= days_ago(1)"\nbetter = "lower"'}, "does not fit share"),
        ({'good = "hours > 1"': 'good = "hours > 1"\nof = "hours"'}, "unknown key"),
        ({'good = "hours > 1"': 'good = "hours > 1"\nat = "opened_at"'}, "means nothing without a window"),
        ({'good = "hours > 1"': 'good = "hours > 1"\nwindow = "90d"\nat = "hours"'}, "unknown time column"),
        ({'good = "hours > 1"': 'good = "hours > 1"\nwindow = "90 days"'}, "is no length of time"),
        ({'good = "hours > 1"': 'good = "hours > 1"\nwindow = "0d"'}, "is no length of time"),
        ({'good = "hours > 1"': 'measure = "per"\nbetter = "higher"\nper = "endpoint"'}, "is missing"),
        (
            {'good = "hours > 1"': 'measure = "per"\nbetter = "higher"\nwindow = "9d"\nper = "seats"'},
            "unknown word",
        ),
        ({'good = "hours > 1"': 'measure = "steps"\nsteps = []'}, "is no list of texts"),
        ({'good = "hours > 1"': 'measure = "covers"\nparts = { A = "is_closed", B = 3 }'}, "is no condition"),
        ({'good = "hours > 1"': 'measure = "age"\nbetter = "higher"\nof = "hours"'}, "is a number"),
        ({'sources = ["psa"]': 'sources = ["pas"]'}, "unknown word"),
        ({'sources = ["psa"]': 'sources = ["psa"]\nneed = { sample = 1.5 }'}, "sample is no whole number"),
        ({'id = "clear.it-reporting.own"': ""}, "[[indicator]] has no id"),
        ({'id = "clear.it-reporting.own"': "id = 3"}, "is no id"),
        ({"[[indicator]]": "[indicator]"}, "is not a list of rules"),
        ({'title = "Own"': 'title = "Own'}, "is not TOML"),
    ],
)
def test_single_mistakes(tmp_path: Path, change: dict[str, str], problem: str) -> None:
    text = GOOD
    for old, new in change.items():
        assert old in text
        text = text.replace(old, new)
    found = mistakes_of(tmp_path, text)
    assert problem in [mistake.problem for mistake in found], found
    assert all(mistake.line > 0 for mistake in found)


def test_a_change_to_a_rule_that_is_not_there_names_the_nearest_one(tmp_path: Path) -> None:
    (mistake,) = mistakes_of(
        tmp_path, '[[indicator]]\nid = "clear.service-level-agreement.response-mett"\nweight = 3\n'
    )
    assert mistake.problem == "changes no [[indicator]] that is there"
    assert mistake.nearest == "clear.service-level-agreement.response-met"


def test_a_mistake_in_a_changed_key_points_at_the_file_that_changed_it(tmp_path: Path) -> None:
    name = "continuous.backup-management.job-success"
    (mistake,) = mistakes_of(tmp_path, f'[[indicator]]\nid = "{name}"\n\ngood = "reslt = 1"\n')
    assert (mistake.file, mistake.line, mistake.nearest) == (str(tmp_path / "own.toml"), 4, "result")


def test_a_file_that_is_no_text_and_a_directory_that_is_not_there_are_mistakes(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(RulesInvalid) as caught:
        load_rules([builtin_rules_dir(), tmp_path, tmp_path / "nowhere"])
    assert {mistake.problem for mistake in caught.value.mistakes} == {"is no directory", "cannot be read"}


def test_a_key_inside_a_text_of_several_lines_is_not_taken_for_a_key(tmp_path: Path) -> None:
    text = GOOD.replace('why = "w"', 'why = """\ngood = "x"\nlevels = 3\n"""').replace(
        "levels = [1, 2", "levels = [9, 2"
    )
    (mistake,) = mistakes_of(tmp_path, text)
    assert (mistake.key, mistake.line) == ("levels", 7)


@pytest.mark.parametrize("rows", ["ticket", "zzzz"])
@pytest.mark.parametrize("measure", ["shar", "qqqq"])
def test_where_rows_or_measure_are_no_word_the_conditions_are_looked_at_all_the_same(
    tmp_path: Path, rows: str, measure: str
) -> None:
    text = GOOD.replace('"tickets"', f'"{rows}"').replace(
        'good = "hours > 1"',
        f'measure = "{measure}"\ngood = "hors > 1 and day_ago(3) < 4"\nwhere = "tagged(\'proactve\') and ("',
    )
    told = {(m.key, m.value) for m in mistakes_of(tmp_path, text)}
    always = {
        ("rows", repr(rows)),
        ("measure", repr(measure)),
        ("good", "day_ago()"),
        ("where", "tagged('proactve') and ("),
    }
    # Of which rows a column should be nobody can say where no source looks like the word.
    assert told == always | ({("good", "hors")} if rows == "ticket" else set())
