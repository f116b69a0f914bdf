"""Rules on the command line: checked, compared before they count, and the clock moved without saving."""

import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import func, select

from sevenc_sync.store.database import Store
from sevenc_sync.store.tables import client_score, score_run

SUCCESS = "continuous.backup-management.job-success"


def with_rules(site: Any, text: str, name: str = "mine") -> Path:
    """A configuration over the same store with one rule file of its own; gives the configuration."""
    folder = site.home.folder / name
    folder.mkdir()
    (folder / "own.toml").write_text(text, encoding="utf-8")
    config = site.home.folder / f"{name}.toml"
    settings = site.home.config.read_text()
    assert "[rules]" not in settings
    config.write_text(f'{settings}\n[rules]\ndirectories = ["{name}"]\n')
    return Path(config)


def kept(site: Any) -> list[tuple[Any, ...]]:
    with Store.open(f"sqlite:///{site.home.store}") as store, store.read() as connection:
        runs = connection.execute(select(func.count()).select_from(score_run)).scalar_one()
        return [(runs,), *map(tuple, connection.execute(select(client_score)))]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    folder = tmp_path / "changes"
    folder.mkdir()
    (folder / "own.toml").write_text(f'[[indicator]]\nid = "{SUCCESS}"\nlevels = [95, 96, 97, 98, 99.9]\n')
    return folder


def test_a_difference_of_rules_names_clients_areas_levels_and_indicators(
    scored: Any, directory: Path
) -> None:
    before = kept(scored)
    found = scored.json("rules", "diff", str(directory))
    assert found["rules"] == [{"id": SUCCESS, "how": "changed"}]
    assert found["before"] != found["after"]
    areas = [item for item in found["moves"] if item["kind"] == "area"]
    assert areas
    assert {item["slug"] for item in areas} == {"continuous.backup-management"}
    assert all([by["id"] for by in item["by"]] == [SUCCESS] for item in areas)
    said = scored("rules", "diff", str(directory))
    assert said.exit_code == 0
    assert areas[0]["name"] in said.stdout
    assert "job-success (changed)" in said.stdout
    assert "Nothing was saved." in said.stdout
    assert kept(scored) == before


def test_weekly_clocks_are_counted_back_from_today(scored: Any, directory: Path) -> None:
    found = scored.json("rules", "diff", str(directory), "--days", "20")
    assert len(found["clocks"]) == 3
    assert {item["at"] for item in found["moves"]} <= {clock.split(".")[0] + "Z" for clock in found["clocks"]}
    said = scored("rules", "diff", str(directory), "--days", "20").stdout
    assert " earlier" in said


def test_the_same_rules_move_nothing(scored: Any, tmp_path: Path) -> None:
    result = scored("rules", "diff", str(tmp_path))
    assert result.exit_code == 0
    assert "No level moves." in result.stdout


def test_other_targets_are_told_though_they_move_no_level(scored: Any, tmp_path: Path) -> None:
    name = scored.json("clients")[0]["name"]
    (tmp_path / "own.toml").write_text(
        f'[[group]]\nid = "own"\nclients = ["{name}"]\ntarget = 4.5\n', encoding="utf-8"
    )
    result = scored("rules", "diff", str(tmp_path))
    assert result.exit_code == 0
    assert re.search(rf"{re.escape(name)} +all 27 areas +3 +4\.5", result.stdout)
    assert "1 client would have other targets: that moves plans, and no level." in result.stdout
    assert "No level moves." in result.stdout


def test_mistakes_in_the_other_rules_are_told_with_exit_code_2(scored: Any, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(f'[[indicator]]\nid = "{SUCCESS}"\ngood = "reslt = 1"\n')
    result = scored("rules", "diff", str(tmp_path))
    assert result.exit_code == 2
    assert f"{tmp_path / 'own.toml'}:3: " in result.stderr
    assert "did you mean 'result'" in result.stderr
    assert scored("rules", "diff", str(tmp_path / "nowhere")).exit_code == 2


def test_a_rule_that_waits_in_a_configured_directory_can_be_looked_at_before_its_day(copy_of: Any) -> None:
    text = f'[[indicator]]\nid = "{SUCCESS}"\nenable_on = 2099-01-01\nlevels = [95, 96, 97, 98, 99.9]\n'
    config = with_rules(copy_of, text)
    checked = copy_of("rules", "check", config=config)
    assert f"From 2099-01-01 on: [[indicator]] {SUCCESS}" in checked.stdout
    found = copy_of.json("rules", "check", config=config)
    assert [(item["on"], item["id"], item["line"]) for item in found["waiting"]] == [
        ("2099-01-01", SUCCESS, 1)
    ]
    assert found["hash"] == copy_of.json("rules", "check")["hash"]
    moved = copy_of.json("rules", "diff", str(copy_of.home.folder / "mine"), config=config)
    assert moved["rules"] == [{"id": SUCCESS, "how": "changed"}]


def test_a_score_at_another_clock_is_shown_and_not_saved(scored: Any) -> None:
    before = kept(scored)
    result = scored("score", "--as-of", "2026-01-15")
    assert result.exit_code == 0
    assert "Computed for 2026-01-15 00:00 UTC" in result.stdout
    assert "as they are in the store today. Nothing was saved." in result.stdout
    rows = scored.json("score", "--as-of", "2026-01-15T12:30:00+02:00")
    assert {row["at"] for row in rows} == {"2026-01-15T10:30:00Z"}
    assert len(rows) == 6
    (one,) = scored.json("score", rows[0]["name"], "--as-of", "2026-01-15")
    assert one["name"] == rows[0]["name"]
    assert kept(scored) == before


def test_past_the_freshness_of_the_rules_nothing_is_known(scored: Any) -> None:
    rows = scored.json("score", "--as-of", "2099-01-01")
    assert {(row["score"], row["proof"]) for row in rows} == {(None, 0.0)}


def test_what_is_no_time_ends_with_exit_code_2_and_an_example(scored: Any) -> None:
    result = scored("score", "--as-of", "yesterday")
    assert result.exit_code == 2
    assert "'yesterday' is no time; expected 2026-09-30" in result.stderr


def test_a_rule_with_a_day_counts_at_clocks_from_then_on(copy_of: Any) -> None:
    config = with_rules(
        copy_of, f'[[indicator]]\nid = "{SUCCESS}"\nenable_on = 2026-02-01\nenabled = false\n'
    )
    hashes = {
        day: copy_of.json("score", "--as-of", day, config=config)[0]["rules"]
        for day in ("2026-01-31", "2026-02-01")
    }
    assert hashes["2026-01-31"] == copy_of.json("rules", "check")["hash"]
    assert hashes["2026-02-01"] != hashes["2026-01-31"]


def test_status_tells_mistakes_in_the_rules_and_what_a_daemon_does_meanwhile(copy_of: Any) -> None:
    config = with_rules(copy_of, f'[[indicator]]\nid = "{SUCCESS}"\nweight = 0\nlevels = [3, 2, 1, 4, 5]\n')
    result = copy_of("status", config=config)
    assert result.exit_code == 0
    assert "own.toml:3: " in result.stderr
    assert "own.toml:4: " in result.stderr
    assert "2 mistakes: a running daemon keeps the rules that it read before" in result.stderr
    assert msgspec.json.decode(copy_of("status", "--json", config=config).stdout)
    assert "mistake" not in copy_of("status").stderr


def test_every_kind_of_mistake_is_listed_at_once_with_line_nearest_word_and_exit_code_2(copy_of: Any) -> None:
    def entry(number: int, **keys: str) -> str:
        given = {
            "id": f'"clear.it-reporting.own{number}"',
            "title": '"Own"',
            "rows": '"tickets"',
            "good": '"hours > 1"',
            "levels": "[1, 2, 3, 4, 5]",
            **dict.fromkeys(("why", "fix", "basis"), '"x"'),
            "sources": '["psa"]',
        }
        return (
            "[[indicator]]\n" + "\n".join(f"{key} = {value}" for key, value in (given | keys).items()) + "\n"
        )

    text = "".join(
        [
            entry(0, good='"hour > 1"'),
            entry(1, good='"opened_at > day_ago(3)"'),
            entry(2, measure='"shares"'),
            entry(3, id='"clear.it-reportin.own3"'),
            entry(4, levels="[1, 2, 2, 4, 5]"),
            entry(5, good='"hours"'),
            entry(6),
            entry(6),
        ]
    )
    config = with_rules(copy_of, text)
    result = copy_of("rules", "check", config=config)
    assert result.exit_code == 2
    lines = text.splitlines()
    expected = [
        (lines.index('good = "hour > 1"'), "did you mean 'hours'?"),
        (lines.index('good = "opened_at > day_ago(3)"'), "did you mean 'days_ago'?"),
        (lines.index('measure = "shares"'), "did you mean 'share'?"),
        (lines.index('id = "clear.it-reportin.own3"'), "did you mean 'clear.it-reporting'?"),
        (lines.index("levels = [1, 2, 2, 4, 5]"), "is no ladder"),
        (lines.index('good = "hours"'), "is a number: 'hours'; expected a condition"),
        (len(lines) - lines[::-1].index("[[indicator]]") - 1, "is given twice"),
    ]
    said = result.stderr.splitlines()
    for line, text_of_it in expected:
        assert any(f"own.toml:{line + 1}: " in one and text_of_it in one for one in said), (line, said)
    assert "the rules have 7 mistakes." in result.stderr
    for command in (["score"], ["clients"], ["rules", "diff", str(copy_of.home.folder / "mine")]):
        assert copy_of(*command, config=config).exit_code == 2
