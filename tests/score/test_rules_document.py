"""docs/rules.md says all that a rule can use, and nothing that is not there."""

import re
from pathlib import Path

import pytest

from sevenc_sync.score import Rules, builtin_rules_dir
from sevenc_sync.score.indicators import _SOURCE_KINDS
from sevenc_sync.score.measures import MEASURES
from sevenc_sync.score.sources import SOURCES
from sevenc_sync.score.vocabulary import FUNCTIONS

TEXT = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    """The text under a heading, to the next one of its rank or above."""
    level = title.partition(" ")[0]
    start = TEXT.index(f"\n{title}\n")
    found = re.compile(rf"\n#{{1,{len(level)}}} ").search(TEXT, start + len(title) + 1)
    return TEXT[start : found.start() if found else len(TEXT)]


@pytest.mark.parametrize("name", SOURCES)
def test_every_source_lists_its_columns_with_kind_and_meaning(name: str) -> None:
    source = SOURCES[name]
    text = section(f"### `{name}`")
    listed = re.findall(r"^\| `(\w+)` \| (\w+) \| (.+) \|$", text, re.MULTILINE)
    assert listed == [(column, fact.kind, fact.means) for column, fact in source.columns.items()]
    assert source.means in text


def test_every_function_is_listed_with_what_it_gives() -> None:
    rows = re.findall(r"^\| `(.+?\))` \| (.+) \|$", section("## The language of conditions"), re.MULTILINE)
    assert [f"{call} : {gives}" for call, gives in rows] == list(FUNCTIONS.values())


def test_every_measure_is_listed_with_its_meaning_and_keys() -> None:
    rows = re.findall(
        r"^\| `(\w+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", section("## Measures"), re.MULTILINE
    )
    assert [(name, means.strip()) for name, means, _, _ in rows] == [
        (m.name, m.means) for m in MEASURES.values()
    ]
    for name, _, keys, _ in rows:
        for key in (*MEASURES[name].needs, *MEASURES[name].may):
            assert f"`{key}`" in keys, (name, key)


def test_every_indicator_is_listed_under_its_area_with_title_levels_and_gate(rules: Rules) -> None:
    text = section("## Built-in indicators")
    parts = re.split(r"\n\*\*`([\w.-]+)`\*\*", text)
    by_area = dict(zip(parts[1::2], parts[2::2], strict=True))
    assert list(by_area) == [area.slug for area in rules.areas]
    for area, body in by_area.items():
        rows = re.findall(
            r"^\| `([\w-]+)`( \*\*G\*\*)? \| (.+?) \| (\w+), (\w+) \| (.+) \|$", body, re.MULTILINE
        )
        expected = [
            (
                i.id.rpartition(".")[2],
                " **G**" if i.gate else "",
                i.title,
                i.measure,
                i.rows,
                " / ".join(f"{x:g}" for x in i.levels) or "none, it only informs",
            )
            for i in rules.indicators
            if i.area == area
        ]
        assert rows == expected, area


def test_every_key_of_an_indicator_is_explained() -> None:
    text = section("## Keys of an indicator")
    used = {
        "id",
        "title",
        "why",
        "fix",
        "basis",
        "sources",
        "rows",
        "where",
        "measure",
        "window",
        "at",
        "unit",
        "better",
        "levels",
        "gate",
        "weight",
        "need",
        "absent",
        "ahead",
        "enabled",
        "per",
        "period",
        "times",
        "steps",
        "parts",
        "inform",
    }
    used |= {key for measure in MEASURES.values() for key in (*measure.needs, *measure.may)}
    assert {key for key in used if f"`{key}`" not in text} == set()
    assert all(kind in text for kind in _SOURCE_KINDS)


def test_every_built_in_tag_is_named(rules: Rules) -> None:
    text = section("## Tags and services")
    missing = {tag for rule in rules.tags for tag in rule.gives if not re.search(rf"\b{tag}\b", text)}
    assert missing == set()


def test_the_example_at_the_top_is_the_built_in_rule(rules: Rules) -> None:
    example = TEXT.split("```toml")[1].split("```")[0]
    rule = rules.indicator_by_id["continuous.backup-management.protected-coverage"]
    for text in (rule.id, rule.title, rule.where, rule.good, rule.why, rule.fix):
        assert text is not None
        assert f'"{text}"' in example
    assert (builtin_rules_dir() / "continuous.toml").is_file()
