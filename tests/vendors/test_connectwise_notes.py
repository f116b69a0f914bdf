import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
import respx

from connectors.connectwise_psa import CONNECTOR
from connectors.connectwise_psa.errors import read_error
from connectors.connectwise_psa.notes import CompanyNotes
from connectors.connectwise_psa.settings import ConnectwiseSettings
from sevenc_sync.connect.errors import (
    AccessProblem,
    ConfigProblem,
    ContractChanged,
    RecordVanished,
    VendorDown,
)
from sevenc_sync.connect.http import Http, HttpFactory
from sevenc_sync.connect.limits import Limits
from sevenc_sync.connect.notes import NotePort, VendorNote

API = "https://api-na.myconnectwise.net/v4_6_release/apis/3.0"
NOTES = f"{API}/company/companies/250/notes"
TYPES = [
    {"id": 5, "identifier": "CALL", "name": "Call", "defaultFlag": False},
    {"id": 2, "identifier": "COMM", "name": "Comments ", "defaultFlag": True},
    {"id": 7, "identifier": "QBR", "name": "Business Review", "defaultFlag": False},
]
FORBIDDEN = {"code": "Security", "message": "You do not have security permission to perform this action."}
REFERENCE = "sevenc-sync:psa:250"


@pytest.fixture
def http(factory: HttpFactory) -> Iterator[Http]:
    with factory(API, limits=Limits(60_000, 1000), errors=read_error) as opened:
        yield opened


Ports = Callable[..., NotePort]


@pytest.fixture
def port(http: Http) -> Ports:
    def make(note_type: str | None = None) -> NotePort:
        settings = ConnectwiseSettings.model_validate(
            {
                "name": "psa",
                "connector": "connectwise_psa",
                "base_url": "https://na.myconnectwise.net",
                "company_id": "examplemsp",
                "public_key": "PublicKey123",
                "private_key": "PrivateKey456",
                "client_id": "some-client-id",
                "note_type": note_type,
            }
        )
        assert CONNECTOR.notes is CompanyNotes
        return CONNECTOR.notes(http, settings)

    return make


def types(vendor: respx.MockRouter, answer: object = TYPES, status: int = 200) -> respx.Route:
    return vendor.get(url__startswith=f"{API}/company/noteTypes").respond(status, json=answer)


def created(vendor: respx.MockRouter) -> respx.Route:
    """The server takes a note, keeps it with line ends of its own, and gives it back."""

    def answer(request: httpx.Request) -> httpx.Response:
        note = json.loads(request.content)
        info = {"lastUpdated": "2026-11-22T19:30:00Z", "updatedBy": "api"}
        return httpx.Response(201, json={**note, "id": 91, "enteredBy": "api", "_info": info})

    return vendor.post(NOTES).mock(side_effect=answer)


def sent(route: respx.Route) -> Any:
    return json.loads(route.calls.last.request.content)


def test_a_note_is_created_with_the_tenants_default_type(vendor: respx.MockRouter, port: Ports) -> None:
    types(vendor)
    route = created(vendor)
    note = port().create("250", "Größe\nzwei")
    assert sent(route) == {"text": "Größe\r\nzwei", "type": {"id": 2}, "flagged": False}
    assert route.calls.last.request.headers["content-type"] == "application/json; charset=utf-8"
    assert note == VendorNote(id="91", text="Größe\nzwei")


def test_a_note_type_is_chosen_by_its_name(vendor: respx.MockRouter, port: Ports) -> None:
    types(vendor)
    route = created(vendor)
    port(" business review").create("250", "x")
    assert sent(route)["type"] == {"id": 7}


def test_a_note_type_that_is_not_there_is_told_with_those_that_are(
    vendor: respx.MockRouter, port: Ports
) -> None:
    types(vendor)
    route = created(vendor)
    with pytest.raises(ConfigProblem, match="'Letters'") as caught:
        port("Letters").create("250", "x")
    assert "Business Review, Call, Comments" in caught.value.action
    assert route.call_count == 0


def test_without_a_default_the_type_is_left_to_the_server(vendor: respx.MockRouter, port: Ports) -> None:
    types(vendor, [])
    route = created(vendor)
    port().create("250", "x")
    assert sent(route) == {"text": "x", "flagged": False}


def test_types_that_may_not_be_read_are_left_to_the_server_unless_one_is_wanted(
    vendor: respx.MockRouter, port: Ports
) -> None:
    types(vendor, FORBIDDEN, 403)
    route = created(vendor)
    port().create("250", "x")
    assert "type" not in sent(route)
    with pytest.raises(AccessProblem, match="'Call'") as caught:
        port("Call").create("250", "x")
    assert "Table Setup" in caught.value.action
    assert route.call_count == 1


def test_types_are_looked_up_once(vendor: respx.MockRouter, port: Ports) -> None:
    route = types(vendor)
    created(vendor)
    notes = port()
    notes.create("250", "one")
    notes.create("250", "two")
    assert route.call_count == 1


def listed(vendor: respx.MockRouter, notes: list[dict[str, Any]]) -> respx.Route:
    def answer(request: httpx.Request) -> httpx.Response:
        params = request.url.params
        after, size = int(params.get("pageId", 0)), int(params["pageSize"])
        rest = sorted((note for note in notes if note["id"] > after), key=lambda note: note["id"])
        return httpx.Response(200, json=rest[:size])

    return vendor.get(url__startswith=NOTES).mock(side_effect=answer)


def test_our_notes_are_found_among_all_by_their_reference_the_oldest_first(
    vendor: respx.MockRouter, port: Ports
) -> None:
    ours = f"Score 71\r\n{REFERENCE}\r\n"
    notes: list[dict[str, Any]] = [{"id": n, "text": f"note {n}"} for n in range(1, 1500)]
    notes[1200]["text"] = ours
    notes[3]["text"] = f"<p>{REFERENCE}</p>"
    notes[12]["text"] = None
    del notes[13]["text"]
    route = listed(vendor, notes)
    found = port().find("250", REFERENCE)
    assert [note.id for note in found] == ["4", "1201"]
    assert found[1].text == f"Score 71\n{REFERENCE}"
    assert route.call_count == 2
    for call in route.calls:
        # conditions over texts may be ignored by the server, and would then give every note
        assert set(call.request.url.params) <= {"fields", "pageSize", "pageId"}


def test_a_reference_is_no_pattern(vendor: respx.MockRouter, port: Ports) -> None:
    listed(vendor, [{"id": 1, "text": "abc"}, {"id": 2, "text": "[a.c]"}])
    assert [note.id for note in port().find("250", "[a.c]")] == ["2"]
    assert port().find("250", "a.c.") == []


def test_a_note_is_read_by_its_id(vendor: respx.MockRouter, port: Ports) -> None:
    vendor.get(url__startswith=f"{NOTES}/91").respond(200, json={"id": 91, "text": " a\u00a0b\r\nc \x00"})
    assert port().read("250", "91") == VendorNote(id="91", text="a b\nc")


def test_a_deleted_note_is_none(vendor: respx.MockRouter, port: Ports) -> None:
    vendor.get(url__startswith=f"{NOTES}/91").respond(404, json={"code": "NotFound", "message": "gone"})
    assert port().read("250", "91") is None


def test_a_note_is_changed_by_an_array_of_operations(vendor: respx.MockRouter, port: Ports) -> None:
    route = vendor.patch(f"{NOTES}/91").respond(200, json={"id": 91, "text": "new\r\ntext"})
    assert port().update("250", "91", "new\ntext") == VendorNote(id="91", text="new\ntext")
    assert sent(route) == [{"op": "replace", "path": "text", "value": "new\r\ntext"}]
    assert route.calls.last.request.headers["content-type"] == "application/json; charset=utf-8"


def test_what_comes_back_equals_what_was_written(vendor: respx.MockRouter, port: Ports) -> None:
    types(vendor)
    created(vendor)
    text = "7C score: 71\n\n• Backups — 3 of 4\n  indented\tby a tab\n" + REFERENCE
    assert port().create("250", text).text == text


def test_what_cannot_be_seen_is_not_written(vendor: respx.MockRouter, port: Ports) -> None:
    types(vendor)
    route = created(vendor)
    note = port().create("250", " a\x00b\u200e\u00a0c \n")
    assert sent(route)["text"] == note.text == "ab c"


def test_a_company_that_is_not_there_is_told_so(vendor: respx.MockRouter, port: Ports) -> None:
    types(vendor)
    vendor.post(NOTES).respond(404, json={"code": "NotFound", "message": "Company 250 not found"})
    vendor.get(url__startswith=NOTES).respond(
        404, json={"code": "NotFound", "message": "Company 250 not found"}
    )
    with pytest.raises(RecordVanished):
        port().create("250", "x")
    with pytest.raises(RecordVanished):
        port().find("250", REFERENCE)


def test_a_missing_right_is_named_as_the_vendors_screens_name_it(
    vendor: respx.MockRouter, port: Ports
) -> None:
    types(vendor)
    vendor.route(url__startswith=NOTES).respond(403, json=FORBIDDEN)
    attempts: tuple[Callable[[], object], ...] = (
        lambda: port().find("250", REFERENCE),
        lambda: port().read("250", "91"),
        lambda: port().create("250", "x"),
        lambda: port().update("250", "91", "x"),
    )
    for attempt in attempts:
        with pytest.raises(AccessProblem) as caught:
            attempt()
        assert "System > Security Roles" in caught.value.action
        assert "Companies > Notes" in caught.value.action


def test_writes_are_tried_once(vendor: respx.MockRouter, port: Ports) -> None:
    types(vendor)
    posted = vendor.post(NOTES).mock(side_effect=httpx.ReadTimeout("slow"))
    patched = vendor.patch(f"{NOTES}/91").respond(500)
    with pytest.raises(VendorDown):
        port().create("250", "x")
    with pytest.raises(VendorDown):
        port().update("250", "91", "x")
    assert posted.call_count == patched.call_count == 1


@pytest.mark.parametrize("answer", ["[]", "", '{"text": "no id"}', "<html></html>"])
def test_an_answer_that_is_no_note_is_a_changed_contract(
    answer: str, vendor: respx.MockRouter, port: Ports
) -> None:
    types(vendor)
    vendor.post(NOTES).respond(201, text=answer)
    with pytest.raises(ContractChanged):
        port().create("250", "x")


def test_ids_cannot_leave_their_place_in_the_path(vendor: respx.MockRouter, port: Ports) -> None:
    route = vendor.patch(url__regex=".*").respond(200, json={"id": 1, "text": "x"})
    port().update("../250", "1/..", "x")
    assert route.calls.last.request.url.raw_path.endswith(b"/company/companies/..%2F250/notes/1%2F..")
