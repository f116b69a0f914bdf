"""Writing to the simulated Autotask: notes as the push needs them, tickets, and the vendor's refusals."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from sevenc_sync.sandbox import Sandbox, World, build_world
from sevenc_sync.sandbox.autotask.books import API_USER

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
COMPANY = 29_680_250
NOTES = f"/Companies/{COMPANY}/Notes"
Item = dict[str, Any]


def note(sandbox: Sandbox, **more: Any) -> Item:
    return {
        "id": 0, "companyID": COMPANY, "actionType": 3, "assignedResourceID": sandbox.accounts[0].settings["note_resource"],
        "startDateTime": "2026-11-20T15:00:00Z", "endDateTime": "2026-11-20T15:15:00Z", "name": "Score 82/100",
        "note": "Zwölf\r\nZeilen", **more,
    }  # fmt: skip


def posted(at: httpx.Client, body: Item, path: str = NOTES) -> int:
    answer = at.post(path, json=body)
    assert answer.status_code == 200, answer.text
    assert set(answer.json()) == {"itemId"}
    return int(answer.json()["itemId"])


def refusal(answer: httpx.Response) -> str:
    assert answer.status_code == 500
    (text,) = answer.json()["errors"]
    return str(text)


def test_a_note_is_posted_read_patched_and_found_by_query(autotask: Sandbox, at: httpx.Client) -> None:
    number = posted(at, note(autotask))
    item = at.get(f"/CompanyNotes/{number}").json()["item"]
    assert (item["name"], item["note"], item["companyID"]) == ("Score 82/100", "Zwölf\r\nZeilen", COMPANY)
    assert item["createDateTime"].startswith("2026-11-20T15:30:00")
    assert at.patch(NOTES, json={"id": number, "note": "second"}).json() == {"itemId": number}
    item = at.get(f"{NOTES}/{number}").json()["item"]
    assert (item["note"], item["name"], item["actionType"]) == ("second", "Score 82/100", 3)
    query = {
        "filter": [
            {"op": "eq", "field": "companyID", "value": COMPANY},
            {"op": "eq", "field": "name", "value": "score 82/100"},
        ]
    }
    assert at.post("/CompanyNotes/query", json=query).json()["items"] == [item]
    assert autotask.vendors["autotask_psa"].notes() == {COMPANY: [item]}


def test_the_names_of_a_body_may_be_written_in_any_case(autotask: Sandbox, at: httpx.Client) -> None:
    number = posted(at, {name[0].upper() + name[1:]: value for name, value in note(autotask).items()})
    assert at.get(f"/CompanyNotes/{number}").json()["item"]["name"] == "Score 82/100"


def test_a_note_moves_its_companys_activity(autotask: Sandbox, at: httpx.Client) -> None:
    before = at.get(f"/Companies/{COMPANY}").json()["item"]["lastActivityDate"]
    posted(at, note(autotask))
    after = at.get(f"/Companies/{COMPANY}").json()["item"]["lastActivityDate"]
    assert before < after
    assert after.startswith("2026-11-20T15:30:00")


@pytest.mark.parametrize("name", ["actionType", "assignedResourceID", "startDateTime", "endDateTime"])
def test_a_note_without_a_required_field_is_refused(autotask: Sandbox, at: httpx.Client, name: str) -> None:
    body = note(autotask)
    del body[name]
    assert name in refusal(at.post(NOTES, json=body))
    assert name in refusal(at.post(NOTES, json=note(autotask, **{name: None})))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"actionType": 99}, "Picklist value [99] does not exist for actionType. ; on record number [1]."),
        ({"actionType": "General"}, "Unexpected character encountered while parsing value: General"),
        ({"assignedResourceID": 1}, "Reference value on field: assignedResourceID of type: Resource does not exist"),
        ({"assignedResourceID": API_USER}, "Reference value on field: assignedResourceID"),
        ({"contactID": 1}, "Reference value on field: contactID of type: Contact"),
        ({"name": "x" * 129}, "Maximum length of 128"), ({"note": "x" * 32_001}, "Maximum length of 32000"),
        ({"startDateTime": "soon"}, "DateTime"), ({"startDateTime": 7}, "DateTime"), ({"id": "0"}, "Path 'id'"),
        ({"companyID": 0}, "companyID does not match"),
    ],
)  # fmt: skip
def test_a_wrong_note_is_refused_in_the_vendors_words(
    autotask: Sandbox, at: httpx.Client, change: Item, words: str
) -> None:
    assert words in refusal(at.post(NOTES, json=note(autotask, **change)))
    assert autotask.vendors["autotask_psa"].notes() == {}


def test_a_person_who_left_cannot_sign_and_a_contact_must_be_the_companys(
    autotask: Sandbox, at: httpx.Client
) -> None:
    server = autotask.vendors["autotask_psa"]
    left = next(row["id"] for row in server.records("Resources") if not row["isActive"])
    assert "assignedResourceID" in refusal(at.post(NOTES, json=note(autotask, assignedResourceID=left)))
    contacts = {row["companyID"]: row["id"] for row in server.records("Contacts") if row["isActive"]}
    assert "contactID" in refusal(at.post(NOTES, json=note(autotask, contactID=contacts[COMPANY + 1])))
    posted(at, note(autotask, contactID=contacts[COMPANY]))


def test_a_put_clears_what_it_does_not_send_and_a_patch_does_not(autotask: Sandbox, at: httpx.Client) -> None:
    number = posted(at, note(autotask))
    body = note(autotask, id=number)
    del body["name"]
    assert at.put(NOTES, json=body).status_code == 200
    assert at.get(f"/CompanyNotes/{number}").json()["item"]["name"] is None
    assert "actionType" in refusal(at.put(NOTES, json={"id": number, "note": "x"}))
    assert at.patch(NOTES, json={"id": number, "note": None}).status_code == 200
    assert at.get(f"/CompanyNotes/{number}").json()["item"]["note"] is None


@pytest.mark.parametrize("number", [None, 1, "1500000000"])
def test_a_patch_needs_the_id_of_a_note_of_that_company(at: httpx.Client, number: Any) -> None:
    assert "No matching records" in refusal(at.patch(NOTES, json={"id": number, "note": "x"}))


def test_a_note_is_not_patched_under_another_company(autotask: Sandbox, at: httpx.Client) -> None:
    number = posted(at, note(autotask))
    other = f"/Companies/{COMPANY + 1}/Notes"
    assert "No matching" in refusal(at.patch(other, json={"id": number, "note": "x"}))


def test_a_note_under_a_company_that_is_not_there_is_refused(autotask: Sandbox, at: httpx.Client) -> None:
    body = note(autotask, companyID=5)
    assert "of type: Company" in refusal(at.post("/Companies/5/Notes", json=body))


def test_what_only_the_server_sets_is_not_taken_from_the_caller(autotask: Sandbox, at: httpx.Client) -> None:
    number = posted(at, note(autotask, createDateTime="2001-01-01T00:00:00Z", id=12))
    item = at.get(f"/CompanyNotes/{number}").json()["item"]
    assert item["createDateTime"].startswith("2026-11-20")
    assert number != 12


def test_an_impersonated_write_names_the_person(autotask: Sandbox, at: httpx.Client) -> None:
    person = autotask.accounts[0].settings["note_resource"]
    at.headers["ImpersonationResourceId"] = str(person)
    number = posted(at, note(autotask))
    assert at.get(f"/CompanyNotes/{number}").json()["item"]["impersonatorCreatorResourceID"] == person
    at.headers["ImpersonationResourceId"] = "1"
    assert "impersonated" in refusal(at.post(NOTES, json=note(autotask)))


def test_notes_survive_a_restart_and_numbers_never_meet_those_of_a_grown_world(tmp_path: Path) -> None:
    later = build_world(clients=6, now=NOW + timedelta(days=30), anchor=NOW)
    first_world = build_world(clients=6, now=NOW)

    def client(sandbox: Sandbox) -> httpx.Client:
        account = sandbox.accounts[0]
        headers = {
            "ApiIntegrationCode": account.secrets["integration_code"], "UserName": account.secrets["user_name"],
            "Secret": account.secrets["secret"],
        }  # fmt: skip
        return httpx.Client(base_url=f"{account.base_url}/ATServicesRest/V1.0", headers=headers)

    with Sandbox(first_world, vendors=("autotask_psa",), state_dir=tmp_path) as one, client(one) as at:
        number = posted(at, note(one))
        meetings = len(one.vendors["autotask_psa"].records("CompanyNotes")) - 1
    assert [path.name for path in tmp_path.iterdir()] == ["autotask_psa.json"]
    with Sandbox(later, vendors=("autotask_psa",), state_dir=tmp_path) as two, client(two) as at:
        assert at.get(f"/CompanyNotes/{number}").json()["item"]["name"] == "Score 82/100"
        assert posted(at, note(two)) == number + 1
        assert len(two.vendors["autotask_psa"].records("CompanyNotes")) > meetings + 2


# Tickets and companies


def test_a_ticket_is_created_completed_and_annotated(at: httpx.Client) -> None:
    body = {
        "companyID": COMPANY,
        "title": "New",
        "status": 1,
        "priority": 2,
        "dueDateTime": "2026-12-01T10:00:00Z",
    }
    number = posted(at, body, "/Tickets")
    item = at.get(f"/Tickets/{number}").json()["item"]
    assert item["ticketNumber"].startswith("T20261120.")
    assert (item["completedDate"], item["creatorResourceID"]) == (None, API_USER)
    assert at.patch("/Tickets", json={"id": number, "status": 5}).status_code == 200
    assert at.get(f"/Tickets/{number}").json()["item"]["completedDate"].startswith("2026-11-20T15:30:00")
    written = {"title": "a", "description": "b", "noteType": 1, "publish": 2}
    remark = posted(at, written, f"/Tickets/{number}/Notes")
    assert at.get(f"/TicketNotes/{remark}").json()["item"]["ticketID"] == number


def test_a_ticket_with_a_person_needs_the_persons_role(autotask: Sandbox, at: httpx.Client) -> None:
    number = autotask.vendors["autotask_psa"].records("Tickets")[0]["id"]
    body = {"id": number, "assignedResourceID": 29_682_950, "assignedResourceRoleID": None}
    assert "you must assign both" in refusal(at.patch("/Tickets", json=body))


def test_own_fields_are_written_by_name_and_the_others_stay(at: httpx.Client) -> None:
    before = {
        udf["name"]: udf["value"]
        for udf in at.get(f"/Companies/{COMPANY}").json()["item"]["userDefinedFields"]
    }
    body = {"id": COMPANY, "userDefinedFields": [{"name": "vml", "value": 4}]}
    assert at.patch("/Companies", json=body).json() == {"itemId": COMPANY}
    after = {
        udf["name"]: udf["value"]
        for udf in at.get(f"/Companies/{COMPANY}").json()["item"]["userDefinedFields"]
    }
    assert after == {**before, "VML": "4"}
    body["userDefinedFields"] = [{"name": "Nothing", "value": 4}]
    assert "user-defined field" in refusal(at.patch("/Companies", json=body))


def test_time_entries_can_be_deleted_and_an_unknown_one_is_a_500(autotask: Sandbox, at: httpx.Client) -> None:
    number = autotask.vendors["autotask_psa"].records("TimeEntries")[0]["id"]
    assert at.delete(f"/TimeEntries/{number}").json() == {"itemId": number}
    assert "No matching records found" in refusal(at.delete(f"/TimeEntries/{number}"))


# What people at the vendor do


def test_an_edit_moves_the_times_of_change(autotask: Sandbox, at: httpx.Client) -> None:
    server = autotask.vendors["autotask_psa"]
    ticket = server.records("Tickets")[0]["id"]
    server.edit("Tickets", ticket, title="Changed")
    item = at.get(f"/Tickets/{ticket}").json()["item"]
    assert item["title"] == "Changed"
    assert item["lastActivityDate"] == item["lastTrackedModificationDateTime"]
    assert item["lastActivityDate"].startswith("2026-11-20T15:30:00")
    role = server.edit("Roles", server.records("Roles")[0]["id"], name="Renamed")
    assert role["name"] == "Renamed"


def test_a_deleted_ticket_leaves_a_log(autotask: Sandbox, at: httpx.Client) -> None:
    server = autotask.vendors["autotask_psa"]
    ticket = server.records("Tickets")[0]
    server.delete("Tickets", ticket["id"])
    query = {"filter": [{"op": "eq", "field": "ticketID", "value": ticket["id"]}]}
    (log,) = at.post("/DeletedTicketLogs/query", json=query).json()["items"]
    assert (log["ticketNumber"], log["ticketTitle"]) == (ticket["ticketNumber"], ticket["title"])
    assert log["deletedDateTime"].startswith("2026-11-20T15:30:00")
    assert at.post(
        "/Tickets/query/count", json={"filter": [{"op": "eq", "field": "id", "value": ticket["id"]}]}
    ).json() == {"queryCount": 0}


def test_a_write_can_fail_after_it_took_effect(
    small_world: World, autotask: Sandbox, at: httpx.Client
) -> None:
    server = autotask.vendors["autotask_psa"]
    server.faults.add("status", method="POST", path=r"/Notes$", status=503, nth=1, after=True)
    assert at.post(NOTES, json=note(autotask)).status_code == 503
    assert len(server.notes()[COMPANY]) == 1
