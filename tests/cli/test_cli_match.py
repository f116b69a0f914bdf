"""match: a person decides whose company it is, and scores follow; taken back, they are as before."""

import csv
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select, update

from sevenc_sync.store.bulk import mark_dirty
from sevenc_sync.store.database import Store
from sevenc_sync.store.tables import evidence, link
from tests.cli.conftest import Site


def waiting(site: Site) -> dict[str, dict[str, Any]]:
    return {row["name"]: row for row in site.json("match", "review")}


def scores(site: Site) -> list[Any]:
    """What scoring says, but when it was computed."""
    assert site("score").exit_code == 0
    return [{**row, "at": None} for row in site.json("clients")]


def linked(site: Site) -> dict[str, Any]:
    """A backup tenant that matching has linked by itself."""
    file = site.home.folder / "all.csv"
    assert site("match", "export", str(file), "--force").exit_code == 0
    with file.open(encoding="utf-8-sig", newline="") as opened:
        return next(
            row for row in csv.DictReader(opened) if row["source"] == "backup" and row["state"] == "linked"
        )


def test_unlinking_takes_the_evidence_away_and_undo_brings_the_same_score_back(copy_of: Site) -> None:
    row = linked(copy_of)
    before = scores(copy_of)
    done = copy_of("match", "unlink", "backup", row["company"], "--by", "anna", "--note", "looks wrong")
    assert done.exit_code == 0
    assert f"backup/{row['company']}" in done.stdout
    without = scores(copy_of)
    assert without != before
    assert row["name"] in waiting(copy_of)
    assert copy_of("match", "undo", "--by", "anna").exit_code == 0
    assert scores(copy_of) == before


def test_a_company_that_is_linked_by_hand_counts_at_once_and_why_shows_its_records(copy_of: Site) -> None:
    row = linked(copy_of)
    before = scores(copy_of)
    assert copy_of("match", "unlink", "backup", row["company"]).exit_code == 0
    scores(copy_of)
    assert copy_of("match", "link", "backup", row["company"], row["client"]).exit_code == 0
    assert scores(copy_of) == before
    why = copy_of.json("why", row["client"], "continuous.backup-management.protected-coverage")
    assert why


def test_review_shows_why_and_who_it_may_be(copy_of: Site) -> None:
    row = linked(copy_of)
    assert copy_of("match", "unlink", "backup", row["company"], "--by", "anna").exit_code == 0
    found = waiting(copy_of)[row["name"]]
    assert (found["state"], found["method"], found["by"], found["why"]) == (
        "review",
        "operator",
        "anna",
        "unlinked by a person",
    )
    assert found["suggestions"][0]["name"] == row["client"]
    assert found["suggestions"][0]["score"] > 0.9
    shown = copy_of("match", "review", "--source", "backup")
    assert shown.exit_code == 0
    assert row["client"] in shown.stdout


def test_the_ledger_shows_what_each_link_rests_on_and_which_records_are_one_device(scored: Site) -> None:
    row = linked(scored)
    lines = scored.json("match", "show", row["client"])
    assert {line["client_name"] for line in lines} == {row["client"]}
    found = {line["account"]: line for line in lines}
    assert (found["psa"]["is_own"], found["psa"]["confidence"]) == (True, 1)
    assert (found["backup"]["method"], found["backup"]["confidence"]) == ("name", 0.98)
    assert found["backup"]["detail"].startswith("equal name: ")
    records = scored.json("match", "show", row["client"], "--devices")
    together = [line for line in records if line["kind"] == "protection" and line["method"] == "serial"]
    assert together
    for line in together:
        others = {(other["kind"], other["account"]) for other in records if other["device"] == line["device"]}
        assert ("asset", "psa") in others
    devices = scored("match", "show", row["client"], "--devices")
    assert (
        f"{len(records)} records are {len({line['device'] for line in records})} devices." in devices.stdout
    )
    assert scored("match", "show", "--devices").exit_code == 2


def test_never_and_ignore_hold_against_matching_and_are_listed(copy_of: Site) -> None:
    row = linked(copy_of)
    assert copy_of("match", "never", "backup", row["company"], row["client"], "--by", "anna").exit_code == 0
    assert copy_of("score").exit_code == 0
    assert "a person said never" in waiting(copy_of)[row["name"]]["why"]
    assert copy_of("match", "ignore", "backup", row["company"], "--by", "anna").exit_code == 0
    assert copy_of("score").exit_code == 0
    assert row["name"] not in waiting(copy_of)
    assert [item["verdict"] for item in copy_of.json("match", "decisions")] == ["ignore", "never"]
    assert [(item["actor"], item["action"]) for item in copy_of.json("audit", "--limit", "2")] == [
        ("anna", "match-ignore"),
        ("anna", "match-never"),
    ]
    again = copy_of("match", "ignore", "backup", row["company"])
    assert "decided already" in again.stdout


def test_accept_lists_first_and_links_only_with_do(copy_of: Site) -> None:
    row = linked(copy_of)
    company = evidence["company"]
    misspelt = f"{row['name'][:-2]}{row['name'][-1]}"
    with Store.open(f"sqlite:///{copy_of.home.folder / 'store.db'}") as store, store.write() as connection:
        connection.execute(update(company).where(company.c.id == row["company"]).values(name=misspelt))
        connection.execute(delete(link).where(link.c.company == row["company"]))
        number = connection.execute(
            select(company.c.account).where(company.c.id == row["company"])
        ).scalar_one()
        mark_dirty(connection, number, "company", [row["company"]])
    assert copy_of("score").exit_code == 0
    before = waiting(copy_of)
    assert misspelt in before
    listed = copy_of.json("match", "accept", "--above", "0.8")
    assert [(item["name"], item["client_name"], item["linked"]) for item in listed] == [
        (misspelt, row["client"], False)
    ]
    assert waiting(copy_of) == before
    done = copy_of("match", "accept", "--above", "0.8", "--do", "--by", "anna")
    assert "1 companies linked." in done.stdout
    assert set(waiting(copy_of)) == set(before) - {misspelt}
    assert copy_of.json("match", "accept", "--above", "0.8", "--do") == []
    assert copy_of("match", "undo").exit_code == 0
    assert waiting(copy_of) == before


def test_export_edit_import_dry_run_then_for_real_then_undo(copy_of: Site) -> None:
    row = linked(copy_of)
    file = copy_of.home.folder / "edit.csv"
    assert copy_of("match", "export", str(file)).exit_code == 0
    assert copy_of("match", "export", str(file)).exit_code == 2
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    for item in rows:
        if (item["source"], item["company"]) == ("backup", row["company"]):
            item["decision"], item["note"] = "ignore", "demo device"
    _write(file, rows)
    before = waiting(copy_of)
    dry = copy_of("match", "import", str(file), "--dry-run")
    assert dry.exit_code == 0
    assert "1 decisions. Nothing was changed." in dry.stdout
    assert copy_of.json("match", "decisions") == []
    done = copy_of("match", "import", str(file), "--by", "anna")
    assert "1 decided, 0 were decided so already." in done.stdout
    assert "0 decided, 1 were decided so already." in copy_of("match", "import", str(file)).stdout
    assert [item["note"] for item in copy_of.json("match", "decisions")] == ["demo device"]
    assert copy_of("match", "undo").exit_code == 0
    assert waiting(copy_of) == before


def test_a_file_with_mistakes_changes_nothing_and_names_the_lines(copy_of: Site) -> None:
    file = copy_of.home.folder / "bad.csv"
    file.write_text("source,company,decision,decide_client\nbackup,nope,link,Nobody\npsa,1,merge,\n")
    done = copy_of("match", "import", str(file))
    assert done.exit_code == 2
    assert "line 2, company" in done.stderr
    assert "line 2, decide_client" in done.stderr
    assert "line 3, decision" in done.stderr
    assert copy_of.json("match", "decisions", "--all") == []
    file.write_bytes(b"\xff\xfe\x00")
    assert "not UTF-8" in copy_of("match", "import", str(file)).stderr


def test_wrong_names_are_refused_with_the_next_step(scored: Site) -> None:
    row = linked(scored)
    for args, code, text in (
        (("link", "nope", "1", "Acme"), 2, "is no account; the store has"),
        (("link", "backup", "nope", "Acme"), 1, "has no company 'nope'"),
        (("link", "backup", row["company"], "Zzzz"), 1, "there is no client 'Zzzz'"),
        (("link", "backup", row["company"], "c"), 1, "Give the number."),
        (("undo", "999"), 1, "there is no decision 999"),
        (("review", "--source", "nope"), 2, "is no account"),
        (("accept", "--above", "0.1"), 2, "0.6"),
    ):
        done = scored("match", *args)
        assert done.exit_code == code, args
        assert text in done.stderr


def test_records_of_devices_are_asked_about_and_a_person_decides(copy_of: Site) -> None:
    asset = evidence["asset"]
    with Store.open(f"sqlite:///{copy_of.home.folder / 'store.db'}") as store, store.write() as connection:
        owner = (
            connection.execute(
                select(asset.c.company)
                .join(link, (link.c.account == asset.c.account) & (link.c.company == asset.c.company))
                .where(asset.c.account == 1, link.c.state == "linked")
                .group_by(asset.c.company)
                .having(func.count() > 1)
            )
            .scalars()
            .first()
        )
        assert owner is not None
        one, other = connection.execute(
            select(asset.c.id)
            .where(asset.c.account == 1, asset.c.company == owner)
            .order_by(asset.c.id)
            .limit(2)
        ).scalars()
        for number in (one, other):
            connection.execute(
                update(asset)
                .where(asset.c.account == 1, asset.c.id == number)
                .values(
                    serial="CLONED-123",
                    host_name=f"clone{number}",
                    mac=None,
                    is_active=True,
                    last_seen_at=None,
                )
            )
        mark_dirty(connection, 1, "asset", [owner])
    assert copy_of("score").exit_code == 0
    (question,) = [row for row in copy_of.json("match", "review", "--devices") if row["value"] == "cloned123"]
    labels = [f"asset/psa/{one}", f"asset/psa/{other}"]
    assert question["records"] == labels
    assert labels[0] in copy_of("match", "review", "--devices").stdout
    before = scores(copy_of)
    done = copy_of("match", "same", *labels, "--by", "anna")
    assert f"{labels[0]} and {labels[1]} are one device" in done.stdout
    scores(copy_of)
    assert question not in copy_of.json("match", "review", "--devices")
    assert copy_of("match", "differ", labels[1], labels[0], "--by", "anna").exit_code == 0
    assert scores(copy_of) == before
    assert question not in copy_of.json("match", "review", "--devices")
    assert copy_of("match", "undo").exit_code == copy_of("match", "undo").exit_code == 0
    assert scores(copy_of) == before
    assert question in copy_of.json("match", "review", "--devices")
    for args, code, text in (
        ((labels[0], labels[0]), 2, "the same record twice"),
        ((labels[0], "asset/psa"), 2, "is no record"),
        ((labels[0], "asset/psa/nope"), 1, "has no asset 'nope'"),
        ((labels[0], "asset/nope/1"), 2, "is no account"),
    ):
        wrong = copy_of("match", "same", *args)
        assert (wrong.exit_code, text in wrong.stderr) == (code, True)


def test_a_machine_under_two_clients_is_asked_about_with_both_and_belongs_to_neither_twice(
    copy_of: Site,
) -> None:
    asset = evidence["asset"]
    with Store.open(f"sqlite:///{copy_of.home.folder / 'store.db'}") as store, store.write() as connection:
        owners = connection.execute(
            select(func.min(asset.c.id), asset.c.company)
            .join(link, (link.c.account == asset.c.account) & (link.c.company == asset.c.company))
            .where(asset.c.account == 1, link.c.state == "linked")
            .group_by(asset.c.company)
            .order_by(asset.c.company)
            .limit(2)
        ).all()
        for day, (number, _) in enumerate(owners):
            seen = {"serial": "MOVED-123", "is_active": True, "last_seen_at": 86_400 * (20_000 + day)}
            at = (asset.c.account == 1) & (asset.c.id == number)
            connection.execute(update(asset).where(at).values(**seen))
        mark_dirty(connection, 1, "asset", [company for _, company in owners])
    assert copy_of("score").exit_code == 0
    (question,) = [row for row in copy_of.json("match", "review", "--devices") if row["kind"] == "moved"]
    labels = [f"asset/psa/{number}" for number, _ in reversed(owners)]  # seen last first
    assert (question["value"], question["records"], len(question["clients"])) == ("moved123", labels, 2)
    assert "set the old record inactive" in copy_of("match", "review", "--devices").stdout
    assert "no device is" in copy_of("match", "same", *labels).stderr
    assert copy_of("match", "differ", *labels, "--by", "anna").exit_code == 0
    assert question not in copy_of.json("match", "review", "--devices")
    assert copy_of("match", "undo").exit_code == 0
    assert question in copy_of.json("match", "review", "--devices")


def test_your_own_company_is_asked_about_and_a_person_makes_it_a_client_and_takes_that_back(
    copy_of: Site,
) -> None:
    found = waiting(copy_of)["Brightwater IT"]
    assert (found["source"], found["method"]) == ("psa", "own")
    before = {row["name"] for row in copy_of.json("clients")}
    assert (
        "only companies of the master PSA, psa, become clients"
        in copy_of("match", "client", "backup", "1").stderr
    )
    done = copy_of("match", "client", "psa", found["company"], "--by", "anna")
    assert "(Brightwater IT) is a client" in done.stdout
    assert copy_of("score").exit_code == 0
    assert {row["name"] for row in copy_of.json("clients")} == before | {"Brightwater IT"}
    assert copy_of("match", "undo").exit_code == 0
    assert copy_of("score").exit_code == 0
    assert {row["name"] for row in copy_of.json("clients")} == before
    assert waiting(copy_of)["Brightwater IT"]["why"] == found["why"]


def _write(file: Path, rows: list[dict[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.DictWriter(opened, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
