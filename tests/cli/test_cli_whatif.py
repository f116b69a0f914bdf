"""whatif: the smallest set of fixes, from the outside."""

from typing import Any

import pytest

FIX = {
    *("indicator", "title", "is_gate", "level", "unknown", "needed", "step", "to_fix_total", "to_fix"),
    "missing",
}
KEYS = {"client", "target", "to", "before", "after", "reached", "short", "score_then", "fixes"}


def weakest(site: Any) -> str:
    """The client with the lowest score."""
    rows = [row for row in site.json("clients") if row["score"] is not None]
    return str(min(rows, key=lambda row: row["score"])["name"])


@pytest.mark.parametrize("target", [(), ("continuous",), ("continuous.backup-management",)])
def test_the_level_is_reached_by_fixes_with_present_and_needed_level_and_the_step(
    scored: Any, target: tuple[str, ...]
) -> None:
    name = weakest(scored)
    found = scored.json("whatif", name, *target, "--to", "3")
    stored = {item["id"]: item["level"] for item in scored.json("show", name)["indicators"]}
    assert set(found) == KEYS
    assert (found["target"], found["to"], found["reached"], found["short"]) == (
        next(iter(target), None),
        3.0,
        True,
        0.0,
    )
    assert found["before"] < 3.0 <= found["after"]
    for fix in found["fixes"]:
        assert set(fix) == FIX
        assert fix["level"] == stored[fix["indicator"]]
        assert fix["needed"] > (fix["level"] or 0.0)
        assert fix["step"]
        assert fix["indicator"].startswith(next(iter(target), ""))


def test_people_see_how_many_fixes_and_what_each_needs(scored: Any) -> None:
    said = scored("whatif", weakest(scored), "--to", "3").stdout
    for words in ("the mean of all blocks from", "No smaller set does.", "From ", "To fix (", "Score then: "):
        assert words in said


def test_what_cannot_be_reached_says_the_best_and_by_how_much(scored: Any) -> None:
    name = weakest(scored)
    found = scored.json("whatif", name, "--to", "5")
    assert found["reached"] is False
    assert found["short"] == round(5 - found["after"], 3) > 0
    assert (
        f"{found['after']:g} at best: {found['short']:g} short of 5."
        in scored("whatif", name, "--to", "5").stdout
    )


def test_what_is_there_already_needs_no_fix(scored: Any) -> None:
    name = weakest(scored)
    assert scored.json("whatif", name, "--to", "0.1")["fixes"] == []
    assert "already." in scored("whatif", name, "--to", "0.1").stdout


@pytest.mark.parametrize("level", ["0", "5.1", "-1", "high"])
def test_a_level_that_there_is_not_is_a_wrong_call(scored: Any, level: str) -> None:
    assert scored("whatif", weakest(scored), f"--to={level}").exit_code == 2


def test_an_area_that_there_is_not_names_the_nearest(scored: Any) -> None:
    result = scored("whatif", weakest(scored), "continuos", "--to", "3")
    assert result.exit_code == 1
    assert "Did you mean continuous" in result.stderr


def test_a_name_of_several_areas_lists_them(scored: Any) -> None:
    result = scored("whatif", weakest(scored), "managed-services", "--to", "3")
    assert result.exit_code == 1
    assert "fits 2 areas: competent.managed-services, charge.managed-services." in result.stderr
