"""What machines get: every read command's --json has exactly these keys."""

import re
from typing import Any

import pytest

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
BLOCK_NAMES = {"Continuous", "Competent", "Charge", "Conscious", "Confident", "Clear", "Cost-effective"}

RESULT = {
    *(
        "account",
        "stream",
        "state",
        "run",
        "mode",
        "fetched",
        "new",
        "changed",
        "same",
        "held",
        "gone",
        "requests",
    ),
    *("error", "action"),
}
STATUS = {
    *("account", "connector", "stream", "state", "last_ok_at", "next_due_at", "newest_at", "failures"),
    *("quarantined", "outstanding", "reason", "frozen", "quota_used", "quota_limit"),
    *("per_minute", "at_once", "word", "action"),
}
RUN = {
    *("run", "account", "stream", "trigger", "mode", "state", "holder", "started_at", "finished_at"),
    *("cursor_from", "cursor_to", "pages", "fetched", "new", "changed", "same", "held", "gone"),
    *("requests", "retries", "waited_ms", "bytes", "quota_used", "quota_limit", "error", "action", "round"),
}
PART = {"slug", "name", "level", "level_without", "proof", "provisional", "cap", "excepted"}
CLIENT = {
    *("name", "id", "score", "score_without", "proof", "provisional", "at", "rules", "blocks", "exceptions"),
}
INDICATOR = {
    *(
        "id",
        "area",
        "title",
        "unit",
        "value",
        "sample",
        "good",
        "level",
        "reason",
        "is_low_sample",
        "newest_at",
    ),
}


def test_sync_gives_a_result_for_each_stream(site: Any) -> None:
    rows = site.json("sync")
    assert all(set(row) == RESULT for row in rows)
    assert {row["state"] for row in rows} == {"ok"}
    assert {row["account"] for row in rows} == {"psa", "backup"}


def test_sync_of_one_stream_gives_one_result(site: Any) -> None:
    (row,) = site.json("sync", "backup/devices")
    assert (row["account"], row["stream"], row["state"]) == ("backup", "devices", "ok")


def test_status_gives_each_stream(scored: Any) -> None:
    told = scored.json("status")
    assert set(told) == {"streams", "daemon", "workers", "jobs", "store", "brake", "alarms"}
    assert (told["daemon"], told["workers"], told["brake"], told["alarms"]) == (None, [], None, [])
    assert told["jobs"] == {"queued": [], "parts_waiting": 0, "parts_doing": 0}
    assert told["store"]["address"].endswith("store.db")
    assert told["store"]["bytes"] > 100_000
    rows = told["streams"]
    assert rows
    assert all(set(row) == STATUS for row in rows)
    assert all(TIME.fullmatch(row["last_ok_at"]) for row in rows)
    assert {(row["state"], row["quarantined"], row["failures"]) for row in rows} == {("ok", 0, 0)}


def test_runs_gives_the_newest_first_and_can_be_narrowed(scored: Any) -> None:
    rows = scored.json("runs")
    assert all(set(row) == RUN for row in rows)
    numbers = [row["run"] for row in rows]
    assert numbers == sorted(numbers, reverse=True)
    assert {row["account"] for row in scored.json("runs", "backup")} == {"backup"}
    (row,) = scored.json("runs", "psa/tickets")
    assert (row["stream"], row["trigger"], row["mode"]) == ("tickets", "command", "full")
    assert row["fetched"] == row["new"] > 0
    assert TIME.fullmatch(row["started_at"])
    assert len(scored.json("runs", "-n", "2")) == 2


def test_log_gives_one_run_with_its_lines(scored: Any) -> None:
    (row,) = scored.json("runs", "psa/tickets")
    log = scored.json("log", str(row["run"]))
    assert set(log) == RUN | {"log", "quarantine", "causes", "followed"}
    assert log["causes"] == {}
    assert log["followed"]["links"] > 0
    assert row["run"] in log["followed"]["runs"]
    assert [line["event"] for line in log["log"]] == ["started", "finished"]
    assert all(set(line) == {"at", "level", "event", "detail"} for line in log["log"])
    assert log["quarantine"] == []


def test_clients_gives_score_proof_and_seven_blocks(scored: Any) -> None:
    rows = scored.json("clients")
    assert len(rows) == 6
    for row in rows:
        assert set(row) == CLIENT
        assert {part["name"] for part in row["blocks"]} == BLOCK_NAMES
        assert all(set(part) == PART for part in row["blocks"])
        assert row["score"] is None or 0 <= row["score"] <= 100
        assert 0 <= row["proof"] <= 1
        assert TIME.fullmatch(row["at"])


def test_unlinked_companies_say_why_they_wait(scored: Any) -> None:
    rows = scored.json("clients", "--unlinked")
    assert rows
    assert all(set(row) == {"account", "company", "name", "reason"} for row in rows)
    assert all(row["reason"] for row in rows)


def test_show_gives_27_areas_and_their_indicators(scored: Any) -> None:
    name = scored.json("clients")[0]["name"]
    shown = scored.json("show", name)
    assert set(shown) == CLIENT | {"areas", "indicators", "attestations", "group", "standing"}
    assert len(shown["areas"]) == 27
    assert shown["indicators"]
    for item in shown["indicators"]:
        assert set(item) >= {"id", "level", "value", "sample", "reason"}
        assert (item["level"] is None) == bool(item["reason"])


def test_score_gives_the_chosen_clients(copy_of: Any) -> None:
    name = copy_of.json("clients")[0]["name"]
    (row,) = copy_of.json("score", name)
    assert (set(row), row["name"]) == (CLIENT, name)
    assert len(copy_of.json("score")) == 6


def test_check_gives_each_streams_state_and_need(site: Any) -> None:
    found = site.json("check")
    assert set(found) == {"config", "store", "rules", "streams"}
    assert set(found["rules"]) == {"hash", "areas", "indicators"}
    assert all(
        set(row) == {"account", "stream", "needs", "state", "problem", "action"} for row in found["streams"]
    )
    # Nothing was read yet, so what is read below other records has to wait for those.
    assert {row["state"] for row in found["streams"]} == {"readable", "waits"}
    assert all(row["needs"] for row in found["streams"])
    assert all(bool(row["action"]) is (row["state"] == "waits") for row in found["streams"])


def test_rules_check_gives_counts_and_every_area(command: Any) -> None:
    from msgspec import json

    result = command("rules", "check", "--json")
    found = json.decode(result.stdout)
    assert result.exit_code == 0
    assert set(found) == {
        *("hash", "blocks", "areas", "areas_with_indicators", "indicators", "by_area", "waiting", "mistakes"),
    }
    assert (found["blocks"], found["areas"], found["mistakes"]) == (7, 27, [])
    assert sum(map(len, found["by_area"].values())) == found["indicators"]
    assert sum(map(bool, found["by_area"].values())) == found["areas_with_indicators"]


def test_rules_check_gives_the_mistakes(site: Any) -> None:
    own = site.home.folder / "own"
    own.mkdir()
    (own / "mine.toml").write_text("[[indicator]]\nid = 'x'\n")
    config = site.home.folder / "with-rules.toml"
    config.write_text(site.home.config.read_text() + "\n[rules]\ndirectories = ['own']\n")
    result = site("rules", "check", "--json", config=config)
    from msgspec import json

    assert result.exit_code == 2
    mistakes = json.decode(result.stdout)["mistakes"]
    assert mistakes
    assert all("mine.toml" in mistake for mistake in mistakes)


def test_push_plan_gives_every_waiting_note_whole(scored: Any) -> None:
    plan = scored.json("push", "--plan")
    assert (len(plan["items"]), len(plan["hash"]), plan["unwritten"]) == (6, 12, [])
    for note in plan["items"]:
        assert set(note) >= {
            "client",
            "account",
            "company",
            "kind",
            "reference",
            "text",
            "approved_by",
            "attempts",
            "error",
        }
        assert note["reference"] in note["text"]


def test_push_gives_the_counts_and_the_second_time_nothing_is_left(copy_of: Any) -> None:
    first = copy_of.json("push")
    assert (first["created"] + first["unchanged"] + first["updated"], first["failed"]) == (6, 0)
    second = copy_of.json("push")
    assert (second["created"], second["updated"], second["waiting"]) == (0, 0, 0)


def test_db_upgrade_gives_both_revisions(site: Any) -> None:
    found = site.json("db", "upgrade")
    assert set(found) == {"store", "before", "after", "queue"}
    assert found["queue"] is None, "the local engine has none"
    assert found["before"] == found["after"]


@pytest.mark.parametrize("args", [("status",), ("clients",), ("rules", "check"), ("push", "--plan")])
def test_the_same_store_gives_the_same_bytes(scored: Any, args: tuple[str, ...]) -> None:
    assert scored(*args, "--json").stdout == scored(*args, "--json").stdout
