"""why proves a level: its value, its sample, its steps, and the records behind it."""

from typing import Any

AREA = "continuous.backup-management"
EXPLAINED = {
    *("id", "value", "sample", "level", "reason", "levels", "next_level", "next_step", "how_far", "rows_far"),
    *("why", "fix", "basis", "rows", "rows_total", "to_fix", "to_fix_total", "missing", "rules_hash"),
}


def weakest(site: Any) -> str:
    """The client with the lowest score."""
    rows = [row for row in site.json("clients") if row["score"] is not None]
    return str(min(rows, key=lambda row: row["score"])["name"])


def test_every_level_of_an_area_has_value_sample_and_records(scored: Any) -> None:
    found = scored.json("why", weakest(scored), AREA)
    assert set(found) == {"client", "target", "at", "indicators"}
    assert found["indicators"]
    for item in found["indicators"]:
        assert set(item) >= EXPLAINED
        assert item["id"].startswith(AREA)
        assert len(item["levels"]) == 5
        assert (item["level"] is None) == bool(item["reason"])
        assert item["to_fix_total"] >= len(item["to_fix"])


def test_the_shown_level_is_the_stored_one(scored: Any) -> None:
    name = weakest(scored)
    stored = {item["id"]: item["level"] for item in scored.json("show", name)["indicators"]}
    for item in scored.json("why", name, AREA)["indicators"]:
        assert item["level"] == stored[item["id"]]


def test_each_record_has_its_source_its_id_and_the_address_at_the_vendor(scored: Any) -> None:
    rows = [
        row
        for client in scored.json("clients")
        for item in scored.json("why", client["name"], "continuous.backup-management.protected-coverage")[
            "indicators"
        ]
        for row in item["to_fix"]
    ]
    assert rows
    for row in rows:
        assert row["account"] == "psa"
        assert row["link"].startswith(scored.base_url("psa"))
        assert row["id"] in row["link"]


def test_people_see_value_steps_records_and_what_to_do(scored: Any) -> None:
    result = scored("why", weakest(scored), "continuous.backup-management.protected-coverage")
    assert result.exit_code == 0
    for words in ("Value ", "Steps: ", "Why it counts: ", "Basis: ", "To fix (", "psa", "Open "):
        assert words in result.stdout


def test_an_unknown_level_says_why_and_shows_no_number(scored: Any) -> None:
    for client in scored.json("clients"):
        for item in scored.json("why", client["name"], AREA)["indicators"]:
            if item["level"] is None:
                said = scored("why", client["name"], item["id"]).stdout
                assert f"Unknown: {item['reason']}" in said
                assert "Value" not in said
                return
    raise AssertionError("the simulated MSP has no unknown indicator, so this test shows nothing")


def test_the_limit_bounds_the_records_and_says_how_many_more(scored: Any) -> None:
    for client in scored.json("clients"):
        found = scored.json("why", client["name"], AREA)
        many = [item for item in found["indicators"] if item["to_fix_total"] > 1]
        if many:
            args = ("why", client["name"], many[0]["id"], "--limit", "1")
            assert len(scored.json(*args)["indicators"][0]["to_fix"]) == 1
            assert f"… and {many[0]['to_fix_total'] - 1} more; --limit shows them." in scored(*args).stdout
            return
    raise AssertionError("no client has two records to fix, so this test shows nothing")


def test_a_part_of_the_name_is_enough_when_it_is_one_clients(scored: Any) -> None:
    name = weakest(scored)
    assert scored.json("show", name.upper())["name"] == name
    assert scored.json("show", name[: len(name) - 2])["name"] == name


def test_an_ambiguous_name_lists_those_that_it_fits(scored: Any) -> None:
    result = scored("show", "e")
    assert result.exit_code == 1
    assert "clients: " in result.stderr
    assert "Give more of the name." in result.stderr


def test_an_unknown_name_suggests_the_nearest(scored: Any) -> None:
    name = weakest(scored)
    result = scored("show", name[:-1] + "x")
    assert result.exit_code == 1
    assert f"Did you mean {name}" in result.stderr


def test_an_unknown_area_suggests_the_nearest(scored: Any) -> None:
    result = scored("why", weakest(scored), "continuous.backup-managment")
    assert result.exit_code == 1
    assert "is no area and no indicator. Did you mean continuous.backup-management" in result.stderr


def test_an_area_without_rules_is_unknown(copy_of: Any) -> None:
    area, ids = next(iter(copy_of.json("rules", "check")["by_area"].items()))
    own = copy_of.home.folder / "own"
    own.mkdir()
    off = "".join(f'[[indicator]]\nid = "{name}"\nenabled = false\n' for name in ids)
    (own / "off.toml").write_text(off)
    config = copy_of.home.config
    config.write_text(config.read_text() + '[rules]\ndirectories = ["own"]\n')
    result = copy_of("why", weakest(copy_of), area)
    assert result.exit_code == 0
    assert "No rule looks at this area yet, so it is unknown." in result.stdout
