"""Writing to the simulated PSA: notes as the push needs them, tickets, and the vendor's refusals."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from sevenc_sync.sandbox import Sandbox

NOTES = "/company/companies/250/notes"
UTF8 = {"Content-Type": "application/json; charset=utf-8"}


def inner(answer: httpx.Response) -> tuple[str, str]:
    error = answer.json()["errors"][0]
    return error["code"], error["field"]


def test_a_note_lives_from_post_to_delete(sandbox: Sandbox, psa: httpx.Client) -> None:
    posted = psa.post(NOTES, json={"text": "first", "type": {"id": 2}})
    assert posted.status_code == 201
    note = posted.json()
    assert (note["text"], note["type"]["name"], note["company"]["id"], note["flagged"]) == (
        "first",
        "Account Review",
        250,
        False,
    )
    address = f"{NOTES}/{note['id']}"
    assert psa.get(NOTES).json() == [note]
    assert psa.get(f"{NOTES}/count").json() == {"count": 1}
    patched = psa.patch(address, json=[{"op": "replace", "path": "text", "value": "second"}])
    assert (patched.status_code, patched.json()["text"], patched.json()["type"]) == (
        200,
        "second",
        note["type"],
    )
    put = psa.put(address, json={"text": "third"})
    assert (put.status_code, put.json()["text"]) == (200, "third")
    assert "type" not in put.json()
    assert sandbox.vendors["connectwise_psa"].notes() == {250: [put.json()]}
    assert psa.delete(address).status_code == 204
    assert psa.get(address).status_code == 404
    assert psa.get(NOTES).json() == []


def test_a_note_without_a_type_gets_the_default_type(psa: httpx.Client) -> None:
    default = next(t for t in psa.get("/company/noteTypes").json() if t["defaultFlag"])
    assert psa.post(NOTES, json={"text": "x"}).json()["type"]["id"] == default["id"]


def test_a_note_is_not_found_under_another_company(psa: httpx.Client) -> None:
    number = psa.post(NOTES, json={"text": "x"}).json()["id"]
    assert psa.get(f"/company/companies/251/notes/{number}").status_code == 404


def test_the_number_of_a_deleted_note_is_not_given_again(psa: httpx.Client) -> None:
    first = psa.post(NOTES, json={"text": "x"}).json()["id"]
    psa.delete(f"{NOTES}/{first}")
    assert psa.post(NOTES, json={"text": "y"}).json()["id"] > first


def test_text_that_is_not_ascii_survives_only_with_the_charset_named(psa: httpx.Client) -> None:
    body = '{"text": "Müller 98 €"}'.encode()
    assert psa.post(NOTES, content=body, headers=UTF8).json()["text"] == "Müller 98 €"
    garbled = psa.post(NOTES, content=body, headers={"Content-Type": "application/json"}).json()["text"]
    assert garbled.startswith("MÃ¼ller")


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({}, "MissingRequiredField", "text"),
        ({"text": ""}, "MissingRequiredField", "text"),
        ({"text": 5}, "InvalidField", "text"),
        ({"text": "x", "flagged": "yes"}, "InvalidField", "flagged"),
        ({"text": "x", "type": {"id": 999}}, "NotFound", "type/id"),
        ({"text": "x", "type": {}}, "InvalidField", "type/id"),
    ],
)
def test_a_faulty_note_is_refused_with_the_field_named(
    psa: httpx.Client, body: dict[str, Any], code: str, field: str
) -> None:
    answer = psa.post(NOTES, json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "InvalidObject")
    assert inner(answer) == (code, field)
    assert psa.get(NOTES).json() == []


def test_bodies_that_are_no_json_object_are_refused(psa: httpx.Client) -> None:
    assert psa.post(NOTES, content=b"{", headers=UTF8).status_code == 400
    assert psa.post(NOTES, json=["x"]).status_code == 400
    assert psa.post(NOTES, content=b"{}", headers={"Content-Type": "text/plain"}).status_code == 415


def test_a_patch_must_be_a_list_of_known_operations(psa: httpx.Client) -> None:
    address = f"{NOTES}/{psa.post(NOTES, json={'text': 'x'}).json()['id']}"
    assert "expected array format" in psa.patch(address, json={"text": "y"}).json()["message"]
    assert psa.patch(address, json=[{"op": "replace", "path": "Text", "value": "y"}]).status_code == 400
    assert psa.patch(address, json=[{"op": "move", "path": "text", "value": "y"}]).status_code == 400
    assert psa.patch(address, json=[{"op": "remove", "path": "/text"}]).status_code == 400
    silent = psa.patch(address, json=[{"op": "replace", "path": "company/id", "value": 251}])
    assert (silent.status_code, silent.json()["company"]["id"]) == (200, 250)


def test_closing_a_ticket_sets_its_flag_and_moves_last_updated(sandbox: Sandbox, psa: httpx.Client) -> None:
    ticket = psa.get(
        "/service/tickets", params={"conditions": "closedFlag=False and board/id=1", "pageSize": 1}
    ).json()[0]
    closed = next(s for s in psa.get("/service/boards/1/statuses").json() if s["closedStatus"])
    address = f"/service/tickets/{ticket['id']}"
    answer = psa.patch(
        address, json=[{"op": "replace", "path": "status", "value": {"id": closed["id"]}}]
    ).json()
    assert answer["closedFlag"] is True
    assert answer["closedDate"] == answer["_info"]["lastUpdated"] == "2026-11-20T15:30:00Z"
    other_board = psa.patch(address, json=[{"op": "replace", "path": "status", "value": {"id": 205}}])
    assert inner(other_board) == ("NotFound", "status/id")


def test_a_new_ticket_gets_a_board_and_its_first_status(psa: httpx.Client) -> None:
    answer = psa.post("/service/tickets", json={"summary": "Hello", "company": {"identifier": "nobody"}})
    assert inner(answer) == ("NotFound", "company/identifier")
    ticket = psa.post("/service/tickets", json={"summary": "Hello", "company": {"id": 250}}).json()
    assert (ticket["board"]["name"], ticket["status"]["name"], ticket["closedFlag"]) == (
        "Help Desk",
        "New",
        False,
    )


@pytest.mark.parametrize(
    "moment", ["2026-11-20T15:30:00.000Z", "2026-11-20T15:30:00+00:00", "2026-11-20T15:30:00", "2026-11-20"]
)
def test_only_whole_seconds_in_utc_are_taken_as_a_time(psa: httpx.Client, moment: str) -> None:
    body = {"summary": "Hello", "company": {"id": 250}, "requiredDate": moment}
    assert inner(psa.post("/service/tickets", json=body)) == ("UnsupportedFormat", "requiredDate")
    assert (
        psa.post("/service/tickets", json={**body, "requiredDate": "2026-11-20T15:30:00Z"}).status_code == 201
    )


def test_a_person_at_the_vendor_edits_and_deletes(sandbox: Sandbox, psa: httpx.Client) -> None:
    server = sandbox.vendors["connectwise_psa"]
    before = psa.get("/company/companies/250").json()
    server.edit("companies", 250, name="Renamed")
    after = psa.get("/company/companies/250").json()
    assert after["name"] == "Renamed"
    assert (
        before["_info"]["lastUpdated"]
        < after["_info"]["lastUpdated"]
        == f"{datetime(2026, 11, 20, 15, 30, tzinfo=UTC):%Y-%m-%dT%H:%M:%SZ}"
    )
    assert {k: v for k, v in after.items() if k not in {"name", "_info"}} == {
        k: v for k, v in before.items() if k not in {"name", "_info"}
    }
    ticket = psa.get("/service/tickets", params={"pageSize": 1}).json()[0]["id"]
    server.delete("tickets", ticket)
    assert psa.get(f"/service/tickets/{ticket}").status_code == 404
    with pytest.raises(KeyError):
        server.delete("tickets", ticket)
    with pytest.raises(KeyError):
        server.edit("tickets", ticket, summary="x")
