"""Groups of clients: who is in one, which level their areas should have, and what is wrong in a `[[group]]`."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sevenc_sync.score import Mistake, Rules, RulesInvalid, builtin_rules_dir, load_rules
from sevenc_sync.score.groups import group_test
from sevenc_sync.score.rules import Group

AREA = "continuous.backup-management"
BUILT_IN = load_rules([builtin_rules_dir()])
OTHER = "continuous.business-continuity-planning"


def loaded(folder: Path, *texts: str) -> Rules:
    """The built-in rules and one directory per text, each over the one before."""
    own = []
    for number, text in enumerate(texts):
        directory = folder / f"own{number}"
        directory.mkdir()
        (directory / "own.toml").write_text(text, encoding="utf-8")
        own.append(directory)
    return load_rules([builtin_rules_dir(), *own])


def mistakes_of(folder: Path, text: str) -> list[Mistake]:
    with pytest.raises(RulesInvalid) as caught:
        loaded(folder, text)
    return list(caught.value.mistakes)


def test_without_a_group_every_area_should_be_defined(rules: Rules) -> None:
    assert {rules.target_of(None, area.slug) for area in rules.areas} == {3.0}
    assert rules.target_of("a group that was taken out", AREA) == 3.0


def test_the_framework_may_say_another_level_for_a_block_and_for_an_area(tmp_path: Path) -> None:
    rules = loaded(
        tmp_path,
        f'[[block]]\nid = "continuous"\ntarget = 4\n\n[[area]]\nid = "{AREA}"\ntarget = 4.5\n',
    )
    assert rules.target_of(None, AREA) == 4.5
    assert rules.target_of(None, OTHER) == 4.0
    assert rules.target_of(None, "charge.managed-services") == 3.0


def test_what_a_group_says_comes_before_the_framework_and_the_area_before_the_block(tmp_path: Path) -> None:
    rules = loaded(
        tmp_path,
        f'[[block]]\nid = "continuous"\ntarget = 5\n\n[[group]]\nid = "clinics"\nclients = ["*clinic*"]\ntarget = 2\n'
        f'targets = {{ "{AREA}" = 4, continuous = 3.5 }}\nrpo_hours = 4\n\n[[group]]\nid = "plain"\nclients = ["x"]\n',
    )
    assert rules.target_of("clinics", AREA) == 4.0
    assert rules.target_of("clinics", OTHER) == 3.5
    assert rules.target_of("clinics", "charge.managed-services") == 2.0
    assert rules.target_of("plain", OTHER) == 5.0
    assert rules.group_by_id["clinics"].rpo_hours == 4.0


def test_a_client_is_in_the_first_group_that_matches_its_name_or_its_words(tmp_path: Path) -> None:
    of = group_test(
        loaded(
            tmp_path,
            '[[group]]\nid = "named"\nclients = ["Harbor Dental", "North*"]\n\n'
            '[[group]]\nid = "health"\nclients = { types = ["*health*"], status = ["active"] }\n\n'
            '[[group]]\nid = "vip"\nclients = { any = ["vip"] }\n',
        )
    )
    assert of("harbor  DENTAL", None, None) == "named"
    assert of("Northwind", "Client; Healthcare", "Active") == "named"
    assert of("Elm Street", "Client; Healthcare", "Active") == "health"
    assert of("Elm Street", "Client; Healthcare", "Lost") is None
    assert of("Elm Street", "Client; VIP", None) == "vip"
    assert of("Harbor", None, None) is None


def test_an_operators_later_directory_is_asked_first_and_may_switch_a_group_off(tmp_path: Path) -> None:
    every = '[[group]]\nid = "all"\nclients = ["*"]\n'
    some = '[[group]]\nid = "some"\nclients = ["Acme"]\n'
    rules = loaded(tmp_path, every, some)
    assert [group.id for group in rules.groups] == ["some", "all"]
    assert (group_test(rules)("Acme", None, None), group_test(rules)("Bolt", None, None)) == ("some", "all")
    (tmp_path / "2").mkdir()
    off = loaded(tmp_path / "2", every, '[[group]]\nid = "all"\nenabled = false\n')
    assert off.groups == ()


def test_a_groups_targets_change_the_hash(tmp_path: Path, rules: Rules) -> None:
    (tmp_path / "2").mkdir()
    low = loaded(tmp_path, '[[group]]\nid = "a"\nclients = ["a"]\ntarget = 2\n')
    high = loaded(tmp_path / "2", '[[group]]\nid = "a"\nclients = ["a"]\ntarget = 4\n')
    assert len({rules.hash, low.hash, high.hash}) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("clients = []", "[clients]: is neither a list nor a table"),
        ('clients = { kind = ["x"] }', "unknown field: kind; expected any, name, status or types"),
        ('clients = { types = "x" }', "is no list of patterns"),
        ('clients = ["a"]\ntarget = 6', "[target]: is no level: 6; expected a number from 0 to 5"),
        ('clients = ["a"]\ntarget = true', "[target]: is no level: True"),
        ('clients = ["a"]\ntargets = { charg = 3 }', "unknown area: charg"),
        ('clients = ["a"]\ntargets = { charge = -1 }', "[targets]: is no level: -1"),
        ('clients = ["a"]\nrpo_hours = 0', "[rpo_hours]: is no number above 0"),
        ('clients = ["a"]\nrpo_hours = 1e9', "[rpo_hours]: is too long"),
        ('clients = ["a"]\ntargt = 3', "unknown key: targt"),
    ],
)
def test_what_is_wrong_in_a_group_is_told_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    (mistake,) = mistakes_of(tmp_path, f'[[group]]\nid = "g"\n{text}\n')
    assert said in str(mistake)
    assert mistake.id == "g"
    assert str(mistake).startswith(str(tmp_path / "own0" / "own.toml:"))


def test_a_group_that_is_there_twice_or_names_nobody_is_a_mistake(tmp_path: Path) -> None:
    found = mistakes_of(
        tmp_path,
        '[[group]]\nid = "g"\nclients = ["a"]\n\n[[group]]\nid = "g"\nclients = ["b"]\n\n[[group]]\nid = "h"\n',
    )
    assert [mistake.problem for mistake in found] == ["is given twice", "changes no [[group]] that is there"]


levels = st.none() | st.integers(0, 10).map(lambda n: n / 2)


@given(whole=levels, block=levels, area=levels)
def test_the_narrowest_word_decides_and_a_target_is_always_a_level(
    whole: float | None, block: float | None, area: float | None
) -> None:
    said = {slug: level for slug, level in (("continuous", block), (AREA, area)) if level is not None}
    group = Group(id="g", words={"name": ("x",)}, target=whole, targets=said)
    rules = replace(BUILT_IN, groups=(group,))
    wanted = [level for level in (area, block, whole, 3.0) if level is not None]
    assert rules.target_of("g", AREA) == wanted[0]
