"""coverage from the outside: what the rules do not know, and the way to change that."""

import tomllib
from typing import Any


def test_people_see_what_is_known_and_how_to_map_the_rest(scored: Any) -> None:
    result = scored("coverage", "--limit", "2")
    assert result.exit_code == 0
    for words in ("Rows that rules know by their words", "tickets", "nature", "coverage --toml", "counts"):
        assert words in result.stdout


def test_machines_get_the_same_numbers_and_the_entries(scored: Any) -> None:
    found = scored.json("coverage")
    families = {(item["source"], item["family"]): item for item in found["words"]}
    lines = families["contract_lines", "services"]
    assert 0 < lines["mapped"] < lines["rows"]
    assert lines["unmapped_share"] == round(1 - lines["mapped"] / lines["rows"], 4)
    assert sum(item["rows"] for item in lines["unmapped"]) == lines["rows"] - lines["mapped"]
    assert all("[[service]]" in item["toml"] for item in lines["unmapped"])
    seen = {item["source"]: item for item in found["seen"]}
    assert 0 < seen["tickets"]["counted"] <= seen["tickets"]["rows"]
    assert found["idle_words"]


def test_the_printed_entries_are_a_mapping_file(scored: Any) -> None:
    text = scored("coverage", "--toml").stdout
    assert text.startswith(
        "# Each entry begins with what is most frequent among your rows. That is no finding"
    )
    entries = tomllib.loads(text)
    assert entries["service"]
    assert {"id", "areas", "words"} <= set(entries["service"][0])
