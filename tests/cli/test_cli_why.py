"""why proves a level: its value, its sample, its steps, and the records behind it."""

import re
import shlex
from datetime import datetime
from typing import Any

from sevenc_sync.clock import utc_now

AREA = "continuous.backup-management"
COVERAGE = f"{AREA}.protected-coverage"
EXPLAINED = {
    *("id", "value", "sample", "level", "reason", "levels", "next_level", "next_step", "how_far", "rows_far"),
    *("why", "fix", "basis", "rows", "rows_total", "to_fix", "to_fix_total", "missing", "rules_hash"),
    *("reads", "to_attest", "attested", "exceptions", "unmapped", "better", "unit", "measure"),
}


def weakest(site: Any) -> str:
    """The client with the lowest score."""
    rows = [row for row in site.json("clients") if row["score"] is not None]
    return str(min(rows, key=lambda row: row["score"])["name"])


def test_every_level_of_an_area_has_value_sample_and_records(scored: Any) -> None:
    found = scored.json("why", weakest(scored), AREA)
    assert set(found) == {"client", "target", "at", "areas", "indicators"}
    assert found["indicators"]
    (area,) = found["areas"]
    shown = next(a for a in scored.json("show", weakest(scored))["areas"] if a["slug"] == AREA)
    assert (area["slug"], area["level"], area["target"]) == (AREA, shown["level"], 3.0)
    for item in found["indicators"]:
        assert set(item) >= EXPLAINED
        assert item["id"].startswith(AREA)
        assert len(item["levels"]) == (3 if item["measure"] == "drill" else 5)
        assert (item["level"] is None) == bool(item["reason"])
        assert item["to_fix_total"] >= len(item["to_fix"])


def test_the_shown_level_is_the_stored_one(scored: Any) -> None:
    name = weakest(scored)
    stored = {item["id"]: item["level"] for item in scored.json("show", name)["indicators"]}
    for item in scored.json("why", name, AREA)["indicators"]:
        assert item["level"] == stored[item["id"]]


def test_each_record_has_its_source_its_id_when_it_came_and_the_address_at_the_vendor(scored: Any) -> None:
    for key in ("rows", "to_fix"):
        listed = [
            row
            for client in scored.json("clients")
            for item in scored.json("why", client["name"], COVERAGE)["indicators"]
            for row in item[key]
        ]
        assert listed
        for row in listed:
            assert (row["account"], row["table"]) == ("psa", "asset")
            assert row["link"].startswith(scored.base_url("psa"))
            assert row["id"] in row["link"]
            assert datetime.fromisoformat(row["fetched_at"]) <= utc_now()


def test_people_see_the_records_that_count_and_those_to_fix_each_with_id_address_and_time(
    scored: Any,
) -> None:
    for client in scored.json("clients"):
        (found,) = scored.json("why", client["name"], COVERAGE)["indicators"]
        if found["rows"] and found["to_fix"]:
            break
    else:
        raise AssertionError("no client has servers of both kinds, so this test shows nothing")
    said = scored("why", client["name"], COVERAGE).stdout
    good, bad = said.index(f"Good ({found['rows_total']}):"), said.index(f"To fix ({found['to_fix_total']}):")
    first, second = said[good:bad], said[bad:]
    for part, rows in ((first, found["rows"][:3]), (second, found["to_fix"])):
        for row in rows:
            fetched = datetime.fromisoformat(row["fetched_at"])
            assert re.search(rf"psa +{row['id']} .*{fetched:%Y-%m-%d %H:%M}", part), row
        assert f"Open {rows[0]['id']}: {rows[0]['link']}" in part


def test_a_number_names_the_streams_that_it_rests_on_and_when_they_were_read(scored: Any) -> None:
    (found,) = scored.json("why", weakest(scored), COVERAGE)["indicators"]
    reads = {(read["account"], read["stream"]): read for read in found["reads"]}
    assert {account for account, _ in reads} == {"psa", "backup"}
    assert {read["state"] for read in reads.values()} == {"ok"}
    said = scored("why", weakest(scored), COVERAGE).stdout
    for (account, stream), read in reads.items():
        when = datetime.fromisoformat(read["read_at"])
        assert f"{account}, {stream}, read {when:%Y-%m-%d %H:%M}" in said


def test_of_a_count_where_less_is_better_the_counted_records_are_those_to_fix(scored: Any) -> None:
    name = "charge.proactive-services.tickets-per-endpoint"
    for client in scored.json("clients"):
        (found,) = scored.json("why", client["name"], name)["indicators"]
        if found["level"] is not None and found["rows_total"]:
            said = scored("why", client["name"], name).stdout
            assert f"Counted, and to fix ({found['rows_total']}): " in said
            assert "\n   Counted (" not in said
            return
    raise AssertionError("no client has a ticket, so this test shows nothing")


def test_what_rests_on_somebodys_word_says_what_to_type(copy_of: Any) -> None:
    name = "cost-effective.it-budget-management.budget-currency"
    for client in copy_of.json("clients"):
        (found,) = copy_of.json("why", client["name"], name)["indicators"]
        if found["value"] is None:
            break
    else:
        raise AssertionError("every client has a budget, so this test shows nothing")
    (call,) = found["to_attest"]
    assert f"Where somebody knows it: {call}" in copy_of("why", client["name"], name).stdout
    program, *words = shlex.split(call)
    assert (program, words) == (
        "sevenc-sync",
        ["attest", client["name"], "IT Budget Approved", "YYYY-MM-DD"],
    )
    assert copy_of(*words[:-1], f"{utc_now():%Y-%m-%d}", "--by", "anna").exit_code == 0
    assert copy_of("score").exit_code == 0
    (after,) = copy_of.json("why", client["name"], name)["indicators"]
    assert (after["value"], after["level"], after["to_attest"]) == (0.0, 3.0, [])


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
