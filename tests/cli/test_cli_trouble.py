"""What operators see when a vendor refuses, withholds or breaks: the rest goes on, and nothing is read as zero."""

import json
import re
from collections.abc import Callable
from typing import Any

from sevenc_sync.score import builtin_rules_dir, load_rules

Rule = Callable[[str, int, bytes], tuple[int, bytes]]


def always(status: int, pattern: str = "") -> Rule:
    """Every answer whose path fits becomes an error."""

    def rule(path: str, honest: int, body: bytes) -> tuple[int, bytes]:
        hit = re.search(pattern, path)
        return (status, b'{"message": "no"}') if hit else (honest, body)

    return rule


def spoiled(pattern: str) -> Rule:
    """Every fiftieth record gets a summary that is no text."""

    def rule(path: str, honest: int, body: bytes) -> tuple[int, bytes]:
        if honest == 200 and re.search(pattern, path):
            records = json.loads(body)
            for record in records:
                if record["id"] % 50 == 0:
                    record["summary"] = {"not": ["a", "text"]}
            body = json.dumps(records).encode()
        return honest, body

    return rule


def test_a_vendor_that_refuses_the_key_stops_its_account_and_no_other(site: Any, proxy: Any) -> None:
    with proxy(site.base_url("psa"), always(401, "/apis/")) as refusing:
        config = site.through({"psa": refusing.base_url})
        result = site("sync", config=config)
        asked = len(refusing.paths)
        states = site.json("status", config=config)["streams"]
    assert result.exit_code == 3
    assert "psa/" in result.stderr
    assert "401" in result.stderr
    assert "What to do: Renew the account's credentials, then run `sevenc-sync check`." in result.stderr
    assert (
        asked <= 2
    )  # discovery and one try: a key that is refused is not tried again, or it would be locked
    assert {row["state"] for row in states if row["account"] == "backup"} == {"ok"}
    assert {row["state"] for row in states if row["account"] == "psa"} == {"failed"}
    assert all(row["reason"] for row in states if row["account"] == "psa")


def test_a_refused_account_recovers_with_the_next_sync(site: Any, proxy: Any) -> None:
    with proxy(site.base_url("psa"), always(401, "/apis/")) as refusing:
        assert site("sync", config=site.through({"psa": refusing.base_url})).exit_code == 3
    assert site("sync").exit_code == 0
    rows = site.json("status")["streams"]
    assert {row["state"] for row in rows} == {"ok"}
    assert {row["reason"] for row in rows} == {None}


def test_when_every_vendor_refuses_the_sync_fails(site: Any, proxy: Any) -> None:
    with (
        proxy(site.base_url("psa"), always(401)) as psa,
        proxy(site.base_url("backup"), always(401)) as backup,
    ):
        config = site.through({"psa": psa.base_url, "backup": backup.base_url})
        assert site("sync", config=config).exit_code == 1
        checked = site("check", config=config)
    assert checked.exit_code == 3
    assert "What to do:" in checked.stderr


def test_a_right_that_is_missing_makes_its_stream_unreadable_and_names_the_right(
    site: Any, proxy: Any
) -> None:
    with proxy(site.base_url("psa"), always(403, "/service/tickets")) as withheld:
        config = site.through({"psa": withheld.base_url})
        result = site("sync", config=config)
        (stream,) = [
            row for row in site.json("status", config=config)["streams"] if row["stream"] == "tickets"
        ]
        (probed,) = [
            row for row in site.json("check", config=config)["streams"] if row["stream"] == "tickets"
        ]
        (run,) = site.json("runs", "psa/tickets", config=config)
        said = site("log", str(run["run"]), config=config).stdout
    assert result.exit_code == 3
    assert stream["state"] == probed["state"] == run["state"] == "unreadable"
    for text in (result.stderr, run["action"], said):
        assert "Service Desk > Service Tickets: Inquire All" in text
    assert probed["needs"] == "Service Desk > Service Tickets: Inquire All"


def test_what_rests_on_an_unreadable_stream_is_unknown_and_never_zero(site: Any, proxy: Any) -> None:
    with proxy(site.base_url("psa"), always(403, "/service/tickets")) as withheld:
        config = site.through({"psa": withheld.base_url})
        site("sync", config=config)
        assert site("score", config=config).exit_code == 0
        clients = [
            site.json("show", row["name"], config=config) for row in site.json("clients", config=config)
        ]
    rules = load_rules([builtin_rules_dir()])
    on_tickets = {item.id for item in rules.indicators if item.rows == "tickets"}
    on_others = {item.id for item in rules.indicators if item.rows in ("assets", "contracts")}
    assert len(clients) == 6
    levels = [
        (item["id"], item["level"], item["value"]) for client in clients for item in client["indicators"]
    ]
    assert [found for found in levels if found[0] in on_tickets] != []
    assert [found for found in levels if found[0] in on_tickets and found[1:] != (None, None)] == []
    assert [found for found in levels if found[0] in on_others and found[1] is not None] != []


def test_a_stream_that_becomes_unreadable_later_makes_its_levels_unknown(copy_of: Any, proxy: Any) -> None:
    rules = load_rules([builtin_rules_dir()])
    on_tickets = {item.id for item in rules.indicators if item.rows == "tickets"}
    name = copy_of.json("clients")[0]["name"]
    before = {item["id"]: item["level"] for item in copy_of.json("show", name)["indicators"]}
    assert any(before[number] is not None for number in on_tickets if number in before)
    with proxy(copy_of.base_url("psa"), always(403, "/service/tickets")) as withheld:
        config = copy_of.through({"psa": withheld.base_url})
        copy_of("sync", config=config)
        copy_of("score", config=config)
    after = {item["id"]: item for item in copy_of.json("show", name)["indicators"]}
    assert {after[number]["level"] for number in on_tickets if number in after} == {None}
    reasons = {after[number]["reason"] for number in on_tickets if number in after}
    assert all("read" in reason for reason in reasons), reasons


def test_broken_records_wait_in_quarantine_while_their_page_lands(site: Any, proxy: Any) -> None:
    with proxy(site.base_url("psa"), spoiled("/service/tickets")) as breaking:
        config = site.through({"psa": breaking.base_url})
        site("sync", config=config)
        (run,) = site.json("runs", "psa/tickets", config=config)
        log = site.json("log", str(run["run"]), config=config)
        said = site("log", str(run["run"]), config=config).stdout
        (stream,) = [
            row for row in site.json("status", config=config)["streams"] if row["stream"] == "tickets"
        ]
    assert run["held"] == stream["quarantined"] == len(log["quarantine"]) > 5
    assert run["fetched"] == run["new"] + run["held"]
    assert run["new"] > 500
    assert {item["path"] for item in log["quarantine"]} == {"$.summary"}
    assert "$.summary" in said


def test_quarantined_records_come_in_with_the_next_full_sync(site: Any, proxy: Any) -> None:
    with proxy(site.base_url("psa"), spoiled("/service/tickets")) as breaking:
        site("sync", config=site.through({"psa": breaking.base_url}))
    held = site.json("runs", "psa/tickets")[0]["held"]
    (result,) = site.json("sync", "psa/tickets", "--full")
    assert held > 0
    assert (result["state"], result["new"], result["held"]) == ("ok", held, 0)


def test_a_vendor_that_is_down_is_asked_no_more_in_this_round(
    site: Any, proxy: Any, evidence_of: Any
) -> None:
    site("sync")
    before = evidence_of(site.home.folder)
    with proxy(site.base_url("backup"), always(404)) as gone:
        result = site("sync", config=site.through({"backup": gone.base_url}))
    assert result.exit_code == 3
    assert evidence_of(site.home.folder)["protection"] == before["protection"]


def test_a_page_that_is_no_json_is_never_read_as_no_records(site: Any, proxy: Any, evidence_of: Any) -> None:
    site("sync")
    before = evidence_of(site.home.folder)["asset"]

    def object_instead(path: str, status: int, body: bytes) -> tuple[int, bytes]:
        return (200, b'{"surprise": []}') if "/company/configurations" in path else (status, body)

    with proxy(site.base_url("psa"), object_instead) as odd:
        config = site.through({"psa": odd.base_url})
        result = site("sync", "psa/configurations", config=config)
    assert result.exit_code == 1
    assert "psa/configurations is failed" in result.stderr
    assert evidence_of(site.home.folder)["asset"] == before
