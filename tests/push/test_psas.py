"""Every way a write can end, against both simulated PSAs: notes, fields, tickets, and notes on tickets."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from sevenc_sync.sandbox import World, build_world
from sevenc_sync.sandbox.autotask.schema import UDF_FIELD, find
from sevenc_sync.store.tables import run
from tests.push.psas import NOW, PSAS, Psa, opened

MARK = "[7C-4F2A 20261120153000]"
POSTS = {"connectwise_psa": r"/companies/\d+/notes$", "autotask_psa": r"/Companies/\d+/Notes$"}
COMPANY = {"connectwise_psa": r"/company/companies/\d+$", "autotask_psa": r"/Companies$"}


def fields_of(psa: Psa) -> dict[str, object]:
    """The first company's own fields by their name."""
    company = next(row for row in psa.records("companies") if row["id"] == psa.companies[0])
    if psa.name == "autotask_psa":
        return {item["name"]: item["value"] for item in company["userDefinedFields"]}
    return {item["caption"]: item.get("value") for item in company["customFields"]}


@pytest.fixture(scope="session")
def small_world() -> World:
    """Three clients."""
    return build_world(clients=3, now=NOW)


@pytest.fixture(params=PSAS)
def psa(
    request: pytest.FixtureRequest, small_world: World, tmp_path: Path, sqlite_template: Path
) -> Iterator[Psa]:
    """Each PSA in turn, with an empty store."""
    with opened(request.param, small_world, tmp_path, sqlite_template) as made:
        yield made


def test_two_pushes_leave_one_note_and_the_second_writes_nothing(psa: Psa) -> None:
    for number in (1, 2, 3):
        psa.queue(number, "first")
    assert psa.send().created == 3
    assert (psa.send().tried, [len(psa.texts(number)) for number in (1, 2, 3)]) == (0, [1, 1, 1])
    psa.queue(1, "first")
    psa.server.forget()
    assert psa.send().unchanged == 1
    assert {seen.method for seen in psa.server.requests} <= {"GET", "POST"}
    assert [seen for seen in psa.server.requests if seen.method == "PATCH"] == []
    text = psa.queue(1, "second")
    assert psa.send().updated == 1
    assert psa.texts(1) == [text]


@pytest.mark.parametrize("kind", ["note", "ticket", "ticket-note"])
@pytest.mark.parametrize("how", ["answer lost", "cut off"])
def test_what_the_vendor_took_but_did_not_say_is_found_and_never_written_twice(
    psa: Psa, kind: str, how: str
) -> None:
    paths = {"note": POSTS[psa.name], "ticket": "/[Tt]ickets$", "ticket-note": r"[Tt]ickets/\d+/[Nn]otes$"}
    if kind == "ticket-note":
        psa.queue_ticket()
        psa.send()
    psa.queue_a(kind, MARK)
    rule: dict[str, Any] = {"method": "POST", "path": paths[kind], "nth": 1}
    if how == "cut off":
        psa.server.faults.add("cut", **rule)
    else:
        psa.server.faults.add("status", status=502, after=True, **rule)
    assert psa.send().waiting == 1
    assert psa.send().unchanged == 1
    assert psa.count(kind, MARK) == 1


def test_a_persons_edit_is_left_alone_until_adopted_and_their_own_words_below_survive(psa: Psa) -> None:
    first = psa.queue(1, "first")
    psa.send()
    note = psa.note()
    field = "note" if psa.name == "autotask_psa" else "text"
    psa.edit("notes", note["id"], **{field: first + "\r\nAsk for the new router."})
    second = psa.queue(1, "second")
    assert psa.send().updated == 1
    assert psa.texts() == [second + "\nAsk for the new router."]
    psa.edit(
        "notes", note["id"], **{field: psa.texts()[0].replace("Review: second", "Review: second\nCall Bob.")}
    )
    third = psa.queue(1, "third")
    assert psa.send().edited == 1
    assert "Call Bob." in psa.texts()[0]
    assert psa.last() == ("edited", "edited")
    psa.adopt()
    assert psa.send().updated == 1
    assert psa.texts() == [third + "\nCall Bob.\nAsk for the new router."]


def test_a_missing_right_names_itself_and_everything_waits(psa: Psa) -> None:
    psa.server.faults.add("status", method="POST", path=POSTS[psa.name], status=403)
    psa.queue(1, "words")
    assert psa.send().waiting == 1
    assert psa.last() == ("pending", "no-right")
    assert "company notes" in (psa.rows()[0].error or "")
    psa.server.faults.clear()
    assert psa.send().created == 1


def test_a_deleted_company_fails_its_note_and_the_others_go_on(psa: Psa) -> None:
    if psa.name == "autotask_psa":
        psa.server.delete("Companies", psa.companies[0])
    else:
        psa.edit("companies", psa.companies[0], deletedFlag=True)
    psa.queue(1, "words")
    psa.queue(2, "words")
    summary = psa.send()
    assert (summary.failed, summary.created) == (1, 1)
    assert (psa.rows()[0].state, psa.rows()[0].outcome) == ("failed", "company-gone")
    assert "merged" in (psa.rows()[0].error or "")


def test_a_merged_company_gets_no_note_and_the_one_that_it_brought_along_is_reported(psa: Psa) -> None:
    psa.queue(1, "first")
    psa.queue(2, "first")
    psa.send()
    lost, kept = psa.companies[:2]
    note = psa.note(1)
    if psa.name == "autotask_psa":
        psa.edit("companies", lost, isActive=False)
        psa.edit("notes", note["id"], companyID=kept)
    else:
        psa.edit("companies", lost, deletedFlag=True)
        psa.edit("notes", note["id"], company={"id": kept, "name": "Kept"})
    psa.queue(1, "second")
    wanted = psa.queue(2, "second")
    summary = psa.send()
    assert (summary.failed, summary.updated) == (1, 1)
    gone = "company-inactive" if psa.name == "autotask_psa" else "company-gone"
    assert {row.outcome for row in psa.rows() if row.state == "failed"} == {gone}
    assert f"{note['id']} belonged to a company that was merged into it" in summary.doubles[0]
    assert (len(psa.texts(2)), wanted in psa.texts(2)) == (2, True)


def test_a_closed_period_waits_for_the_next_day(psa: Psa) -> None:
    psa.refuse("POST", POSTS[psa.name], "The accounting period is closed.")
    psa.queue(1, "words")
    assert psa.send().waiting == 1
    assert psa.last() == ("pending", "period-closed")
    assert psa.send().tried == 0
    psa.now = NOW.replace(day=21)
    assert psa.send().created == 1


def test_a_text_that_is_too_long_is_cut_above_its_reference_until_it_fits(psa: Psa) -> None:
    psa.refuse("POST", POSTS[psa.name], "Maximum length of 2000 exceeded for field note.")
    psa.queue(1, "words", lines=900)
    assert psa.send().created == 1
    (text,) = psa.texts()
    assert "7C-REF" in text.split("\n")[-1]
    assert psa.rows()[0].error == "The note was cut: it is longer than the vendor takes."
    psa.refuse("POST", POSTS[psa.name], "Maximum length of 10 exceeded for field note.", times=9)
    psa.queue(2, "words", lines=900)
    assert psa.send().failed == 1
    assert psa.last() == ("failed", "too-long")


def test_a_note_type_that_is_not_there_names_those_that_are(
    small_world: World, tmp_path: Path, sqlite_template: Path
) -> None:
    wanted = {
        "connectwise_psa": ("note_type", "Account Review"),
        "autotask_psa": ("note_action_type", "General"),
    }
    for name, (setting, there) in wanted.items():
        folder = tmp_path / name
        folder.mkdir()
        with opened(name, small_world, folder, sqlite_template, {setting: "Nonsense"}) as psa:
            psa.queue(1, "words")
            assert psa.send().waiting == 1
            assert psa.last() == ("pending", "no-such-type")
            assert (psa.texts(), "Nonsense" in (psa.rows()[0].error or "")) == ([], True)
            with psa.store.read() as connection:
                assert there in str(connection.execute(select(run.c.action)).scalar())


def test_the_score_is_written_into_the_companys_own_fields_and_nothing_else_moves(psa: Psa) -> None:
    before = fields_of(psa)
    psa.queue_fields(46, 83)
    assert psa.send().updated == 1
    after = fields_of(psa)
    told = {name: value for name, value in after.items() if value != before[name]}
    assert set(told) == {"7C Score", "7C Proof", "7C Score Date"}
    assert (float(str(told["7C Score"])), float(str(told["7C Proof"]))) == (46, 83)
    assert str(told["7C Score Date"]).startswith("2026-11-20")
    psa.queue_fields(46, 83)
    assert psa.send().unchanged == 1
    psa.queue_fields(47, 83)
    assert psa.send().updated == 1
    assert float(str(fields_of(psa)["7C Score"])) == 47


def test_a_field_that_is_not_there_or_a_company_that_cannot_be_saved_says_so_and_writes_nothing(
    psa: Psa,
) -> None:
    before = fields_of(psa)
    if psa.name == "connectwise_psa":
        psa.edit("companies", psa.companies[0], yearEstablished=0)
    else:
        psa.refuse("PATCH", COMPANY[psa.name], "The record is not valid.")
    psa.queue_fields(46, 83)
    assert psa.send().waiting == 1
    assert psa.last() == ("pending", "not-understood")
    assert fields_of(psa) == before


def test_a_ticket_is_linked_back_to_its_plan_item_and_gets_a_note_when_that_is_closed(psa: Psa) -> None:
    psa.queue_ticket()
    assert psa.send().created == 1
    (ticket,) = psa.tickets()
    number = str(ticket.get("ticketNumber") or ticket["id"])
    assert psa.item.ticket == number
    title = ticket.get("title") or ticket.get("summary")
    assert title == f"{psa.item.id} Answer in time"
    assert psa.send().tried == 0
    psa.queue_ticket()
    assert psa.send().unchanged == 1
    psa.queue_ticket_note(MARK)
    assert psa.send().created == 1
    psa.queue_ticket_note(MARK)
    assert psa.send().unchanged == 1
    assert (len(psa.tickets()), len(psa.ticket_notes(MARK))) == (1, 1)


WRITTEN = (
    (r"/Companies/\d+/Notes$", "CompanyNotes"),
    (r"/Tickets/\d+/Notes$", "TicketNotes"),
    (r"/Companies$", "Companies"),
    (r"/Tickets$", "Tickets"),
)


def test_every_field_that_autotask_is_told_is_one_of_its_document_and_may_be_written(
    small_world: World, tmp_path: Path, sqlite_template: Path
) -> None:
    # Autotask ignores a field that it does not know; what ConnectWise is told is held by its own document test.
    with opened("autotask_psa", small_world, tmp_path, sqlite_template) as psa:
        psa.queue(1, "first")
        psa.queue_fields(46, 83)
        psa.queue_ticket()
        psa.send()
        psa.queue(1, "second")
        psa.queue_ticket_note(MARK)
        psa.send()
        seen = set()
        for call in psa.writes:
            collection = next(name for path, name in WRITTEN if re.search(path, call.path))
            seen.add((call.method, collection))
            for name in msgspec.json.decode(call.body, type=dict[str, Any]):
                field = find(collection, name)
                is_key = name == "id" and call.method == "PATCH"
                assert name == UDF_FIELD or is_key or (field and not field.read_only), (collection, name)
        assert seen == {
            ("POST", "CompanyNotes"),
            ("PATCH", "CompanyNotes"),
            ("PATCH", "Companies"),
            ("POST", "Tickets"),
            ("POST", "TicketNotes"),
        }
