"""attest, except and audit as an operator uses them: what is refused, what counts, and what the score shows then."""

from datetime import timedelta
from typing import Any

import pytest

from sevenc_sync.clock import utc_now

BACKED_UP = "continuous.backup-management.protected-coverage"
PLAN = "continuous.disaster-recovery-planning.plan-currency"
RISK = {
    *("client", "target", "account", "record", "reason", "by", "at", "until", "link", "in_force"),
    *("ended_at", "ended_by"),
}
ATTESTATION = {
    *("client", "field", "value", "by", "at", "until", "link", "note", "in_force", "ended_at", "ended_by"),
}


def day(days: int) -> str:
    return f"{utc_now() + timedelta(days=days):%Y-%m-%d}"


def exposed(site: Any) -> tuple[str, Any]:
    """A client with servers that have no backup, and what `why` says of it."""
    for client in site.json("clients"):
        (found,) = site.json("why", client["name"], BACKED_UP)["indicators"]
        if found["to_fix"] and found["sample"] > 1:
            return str(client["name"]), found
    raise AssertionError("the world has no server without a backup")


def item(site: Any, name: str, indicator: str) -> Any:
    return next(row for row in site.json("show", name)["indicators"] if row["id"] == indicator)


def said(site: Any, *args: str, code: int = 0) -> str:
    """What a command says to people, on one line."""
    result = site(*args)
    assert result.exit_code == code, result.output
    return " ".join(result.output.split())


def test_an_attestation_counts_from_the_next_scoring_is_shown_with_its_author_and_can_be_taken_back(
    copy_of: Any,
) -> None:
    name = copy_of.json("clients")[0]["name"]
    before = item(copy_of, name, PLAN)
    made = said(
        copy_of, "attest", name, "dr plan date ", day(-40), "--by", "Anna", "--until", day(90),
        "--link", "https://docs.example.com/plan", "--note", "signed",
    )  # fmt: skip
    assert f"DR Plan Date of {name} is {day(-40)} until {day(90)}, by Anna." in made
    assert item(copy_of, name, PLAN) == before
    copy_of("score")
    after = item(copy_of, name, PLAN)
    assert (after["value"], after["level"]) == (40.0, 3.0)
    proof = said(copy_of, "why", name, PLAN)
    assert (
        f"Attested: DR Plan Date: {day(-40)}; by Anna on {day(0)}, until {day(90)}; signed; https:" in proof
    )
    (shown,) = copy_of.json("show", name)["attestations"]
    assert set(shown) == ATTESTATION
    assert copy_of.json("attest", name) == [shown]
    said(copy_of, "attest", name, "DR Plan Date", "--end", "--by", "Ben")
    copy_of("score")
    assert item(copy_of, name, PLAN) == before
    assert copy_of.json("attest", name) == []
    (past,) = copy_of.json("attest", name, "--all")
    assert (past["in_force"], past["ended_by"]) == (False, "Ben")


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        (("DR Plan Dat", "2026-01-05"), "no rule reads a field 'DR Plan Dat'. Did you mean 'DR Plan Date'"),
        (("DR Plan Date", "5 January"), "the rules want a day such as 2026-01-31"),
        (("DR Plan Date", "2026-02-30"), "the rules want a day such as 2026-01-31"),
        (("MFA Percent", "most"), "the rules want a number such as 85 or 85.5"),
        (("IT Plan Year", "26"), "the rules want a year such as 2026"),
        (("vCIO Name", "n/a"), "the rules want a value that says something"),
        (("vCIO Name", "Ann", "--until", "2020-01-01"), "--until 2020-01-01 is over"),
        (("vCIO Name", "Ann", "--until", "soon"), "--until 'soon' is no day"),
        (("vCIO Name", "Ann", "--link", "ftp://example.com/x"), "--link is no web address"),
        (("vCIO Name", "Ann", "--link", "javascript:alert(1)"), "--link is no web address"),
        (("vCIO Name", "Ann", "--link", "https://a:hunter2@example.com"), "--link holds a user name or a password"),
        (("vCIO Name", "Ann", "--by", " "), "--by is empty"),
        (("vCIO Name", "Ann", "--end"), "--end takes no VALUE"),
        (("--end",), "--end needs CLIENT and FIELD"),
    ],
)  # fmt: skip
def test_what_cannot_be_attested_is_refused_with_what_is_expected_and_nothing_is_kept(
    scored: Any, args: tuple[str, ...], expected: str
) -> None:
    name = scored.json("clients")[0]["name"]
    text = said(scored, "attest", name, *args, code=2)
    assert expected in text
    assert "hunter2" not in text
    assert scored.json("attest", "--all") == []
    assert scored.json("audit") == []


def test_the_fields_that_rules_read_are_listed_with_what_they_are(scored: Any) -> None:
    fields = {row["field"]: row for row in scored.json("attest", "--fields")}
    assert fields["DR Plan Date"]["kinds"] == ["date"]
    assert fields["DR Plan Date"]["read_by"] == [PLAN]
    assert fields["MFA Percent"]["kinds"] == ["number"]
    assert fields["IT Plan Year"]["kinds"] == ["year"]
    assert "vCIO Name" in said(scored, "attest", "--fields")


def test_who_attests_is_whoever_is_logged_in_behind_sudo_too(
    copy_of: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = copy_of.json("clients")[0]["name"]
    monkeypatch.setenv("LOGNAME", "root")
    monkeypatch.delenv("SUDO_USER", raising=False)
    said(copy_of, "attest", name, "vCIO Name", "Ann")
    monkeypatch.setenv("SUDO_USER", "carla")
    said(copy_of, "attest", name, "Executive Sponsor", "Bo")
    assert [row["actor"] for row in copy_of.json("audit", name)] == ["carla", "root"]


def test_a_record_that_is_excepted_is_no_longer_to_fix_and_both_scores_are_shown(copy_of: Any) -> None:
    name, before = exposed(copy_of)
    row = before["to_fix"][0]
    target = f"{row['account']}/{row['id']}"
    args = ("except", name, BACKED_UP, "--record", target, "--reason", "rebuilt daily", "--until", day(60))
    assert f"is left out of the score of {name} until {day(60)}, by Anna." in said(
        copy_of, *args, "--by", "Anna"
    )
    copy_of("score")
    (after,) = copy_of.json("why", name, BACKED_UP)["indicators"]
    assert after["sample"] == before["sample"] - 1
    assert after["to_fix_total"] == before["to_fix_total"] - 1
    assert row["id"] not in [one["id"] for one in after["to_fix"]]
    assert (after["excepted"], after["level_without"]) == ("1", before["level"])
    (risk,) = after["exceptions"]
    assert set(risk) == RISK
    assert (risk["reason"], risk["by"], risk["record"]) == ("rebuilt daily", "Anna", row["id"])
    people = said(copy_of, "why", name, BACKED_UP)
    assert f"Exception: {BACKED_UP}, {target}: rebuilt daily; by Anna, until {day(60)}" in people


def test_an_area_that_is_excepted_is_shown_with_who_why_and_until_wherever_the_score_is(
    copy_of: Any,
) -> None:
    name, _ = exposed(copy_of)
    before = next(row for row in copy_of.json("clients") if row["name"] == name)
    said(
        copy_of, "except", name, "backup-management", "--reason", "the client's parent does it",
        "--until", day(60), "--by", "Anna", "--link", "https://docs.example.com/risk",
    )  # fmt: skip
    copy_of("score")
    after = next(row for row in copy_of.json("clients") if row["name"] == name)
    assert after["score_without"] == before["score"] == before["score_without"]
    assert after["score"] != before["score"]
    assert [risk["target"] for risk in after["exceptions"]] == ["continuous.backup-management"]
    line = f"continuous.backup-management: the client's parent does it; by Anna, until {day(60)}; https:"
    was = f"{before['score']:.1f}"
    for command, scores in (
        (("clients",), f"{name}: {after['score']:.1f} with exceptions, {was} without"),
        (("show", name), f"7C score {after['score']:.1f} of 100 ({was} without exceptions)"),
    ):
        text = said(copy_of, *command)
        assert line in text
        assert scores in text
    assert "left out by exceptions" in said(copy_of, "show", name)
    assert "Left out by an exception" in said(copy_of, "why", name, BACKED_UP)
    said(copy_of, "except", name, "backup-management", "--end", "--by", "Ben")
    copy_of("score")
    ended = next(row for row in copy_of.json("clients") if row["name"] == name)
    assert (ended["score"], ended["exceptions"]) == (before["score"], [])


def test_who_delivers_an_area_can_be_attested_and_is_in_the_responsibility_matrix(copy_of: Any) -> None:
    name = copy_of.json("clients")[0]["name"]
    field = "Delivered By charge.managed-services"
    refused = said(copy_of, "attest", name, field, "somebody", code=2)
    assert "the rules want msp, client, vendor or partner" in refused
    said(copy_of, "attest", name, field, "vendor: Acme Cloud", "--by", "Anna")
    (duty,) = [
        row for row in copy_of.json("services", name)["matrix"] if row["area"] == "charge.managed-services"
    ]
    assert (duty["party"], duty["by"], duty["who"]) == ("vendor", "attestation", "Acme Cloud")


def test_a_group_is_joined_when_companies_are_matched_and_left_with_its_rule(copy_of: Any) -> None:
    first, second = (row["name"] for row in copy_of.json("clients")[:2])
    folder = copy_of.home.folder / "mine"
    folder.mkdir()
    text = f'[[group]]\nid = "own"\nclients = ["{first}"]\ntarget = 4\nrpo_hours = 1\n'
    (folder / "own.toml").write_text(text, encoding="utf-8")
    config = copy_of.home.folder / "mine.toml"
    config.write_text(f'{copy_of.home.config.read_text()}\n[rules]\ndirectories = ["mine"]\n')
    assert copy_of("score", config=config).exit_code == 0
    shown = [copy_of.json("show", name, config=config)["group"] for name in (first, second)]
    assert shown == ["own", None]
    assert f"{first}: " in copy_of("show", first, config=config).output
    assert "Group own" in copy_of("show", first, config=config).output
    assert copy_of("score").exit_code == 0
    assert copy_of.json("show", first)["group"] is None


@pytest.mark.parametrize(
    ("args", "code", "expected"),
    [
        ((BACKED_UP, "--until", "2099-01-01"), 2, "an exception needs --reason and --until"),
        ((BACKED_UP, "--reason", "r"), 2, "an exception needs --reason and --until"),
        ((BACKED_UP, "--reason", "r", "--until", "2099-01-01"), 2, "--until 2099-01-01 is too far"),
        ((BACKED_UP, "--reason", "  ", "--until", "TOMORROW"), 2, "--reason is empty"),
        (("backup-managment", "--reason", "r", "--until", "TOMORROW"), 2, "Did you mean backup-management"),
        (("continuous", "--reason", "r", "--until", "TOMORROW"), 2, "An exception is made from one"),
        ((BACKED_UP, "--reason", "r", "--until", "TOMORROW", "--record", "7"), 2, "write ACCOUNT/ID"),
        ((BACKED_UP, "--reason", "r", "--until", "TOMORROW", "--record", "psa/none"), 1, "is not among the records"),
        ((BACKED_UP, "--reason", "r", "--until", "TOMORROW", "--record", "nowhere/1"), 1, "is not among the records"),
        (("backup-management", "--reason", "r", "--until", "TOMORROW", "--record", "psa/1"), 2, "needs an indicator"),
        ((PLAN, "--reason", "r", "--until", "TOMORROW", "--record", "psa/1"), 2, "leave out the whole indicator"),
        ((BACKED_UP, "--end"), 1, "no exception from"),
        ((BACKED_UP, "--end", "--record", "nowhere/1"), 1, "no exception from"),
    ],
)  # fmt: skip
def test_an_exception_that_cannot_be_is_refused_and_nothing_is_kept(
    scored: Any, args: tuple[str, ...], code: int, expected: str
) -> None:
    name, _ = exposed(scored)
    given = [day(1) if arg == "TOMORROW" else arg for arg in args]
    assert expected in said(scored, "except", name, *given, code=code)
    assert scored.json("except", "--all") == []
    assert scored.json("audit") == []


def test_every_change_is_in_the_audit_log_with_who_made_it_newest_first(copy_of: Any) -> None:
    names = [row["name"] for row in copy_of.json("clients")][:2]
    said(copy_of, "attest", names[0], "vCIO Name", "Ann", "--by", "Anna")
    said(copy_of, "attest", names[0], "vCIO Name", "Eve", "--by", "Ben")
    said(copy_of, "attest", names[0], "vCIO Name", "--end", "--by", "Carla")
    said(copy_of, "except", names[1], PLAN, "--reason", "small", "--until", day(9), "--by", "Dan")
    said(copy_of, "except", names[1], PLAN, "--end", "--by", "Eva")
    rows = copy_of.json("audit")
    assert [(row["actor"], row["action"], row["client"], row["subject"]) for row in rows] == [
        ("Eva", "except-end", names[1], PLAN),
        ("Dan", "except", names[1], PLAN),
        ("Carla", "attest-end", names[0], "vCIO Name"),
        ("Ben", "attest", names[0], "vCIO Name"),
        ("Anna", "attest", names[0], "vCIO Name"),
    ]
    assert rows[1]["detail"]["reason"] == "small"
    assert len(copy_of.json("audit", names[1], "--limit", "1")) == 1
    assert f"reason small; until {day(9)}" in said(copy_of, "audit")
    assert rows[1]["detail"]["until"] == f"{day(10)}T00:00:00Z"


def test_a_note_names_the_accepted_risks_and_the_score_without_them(copy_of: Any) -> None:
    name, _ = exposed(copy_of)
    said(copy_of, "except", name, "backup-management", "--reason", "The parent does it", "--until", day(60))
    copy_of("score")
    text = " ".join(said(copy_of, "push", "--plan").split())
    assert "without the exceptions below)" in text
    assert "Backup Management Implementation: The parent does it (until " in text
