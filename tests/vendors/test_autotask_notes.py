import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import respx

from connectors.autotask_psa import CONNECTOR
from connectors.autotask_psa.work import NOTE_TITLE
from sevenc_sync.connect.errors import (
    AccessProblem,
    ConfigProblem,
    ContractChanged,
    RecordVanished,
    VendorDown,
)
from sevenc_sync.connect.http import Http, HttpFactory
from sevenc_sync.connect.notes import NotePort, VendorNote

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
ZONE = "https://webservices5.autotask.net/ATServicesRest/V1.0"
QUERY = f"{ZONE}/CompanyNotes/query"
FIELDS = f"{ZONE}/CompanyNotes/entityInformation/fields"
WRITE = f"{ZONE}/Companies/174/Notes"
REFERENCE = "sevenc-sync 7f3a"

ACTION_TYPES = {
    "fields": [
        {"name": "name", "picklistValues": None},
        {
            "name": "actionType",
            "picklistValues": [
                {"value": "1", "label": "Phone Call", "isActive": True},
                {"value": "3", "label": "General ", "isActive": True},
                {"value": "9", "label": "Old Kind", "isActive": False},
            ],
        },
    ]
}


@pytest.fixture
def http(factory: HttpFactory, vendor: respx.MockRouter) -> Iterator[Http]:
    """An open account."""
    vendor.get(url__regex=".*ZoneInformation.*").respond(200, json={"url": ZONE.removesuffix("/V1.0")})
    vendor.get(f"{ZONE}/ThresholdInformation").respond(200, json={})
    with CONNECTOR.open(settings(), factory) as opened:
        yield opened


def settings(**changes: object) -> Any:
    return CONNECTOR.settings.model_validate(
        {
            "name": "psa",
            "connector": "autotask_psa",
            "user_name": "api@msp.test",
            "secret": "s3cret-value",
            "integration_code": "TRACKINGCODE",
            "note_resource": 29682885,
            **changes,
        }
    )


def port(http: Http, **changes: object) -> NotePort:
    assert CONNECTOR.notes is not None
    return CONNECTOR.notes(http, settings(**changes))


def page(*notes: dict[str, Any], following: str | None = None) -> httpx.Response:
    return httpx.Response(200, json={"items": list(notes), "pageDetails": {"nextPageUrl": following}})


def note(number: int, text: str | None, company: int = 174) -> dict[str, Any]:
    return {"id": number, "companyID": company, "note": text}


def test_our_notes_are_those_that_hold_the_reference_oldest_first(
    http: Http, vendor: respx.MockRouter
) -> None:
    following = f"{QUERY}/next?paging=x"
    first = vendor.post(QUERY).mock(
        return_value=page(note(8, f"later\n{REFERENCE}"), note(9, None), following=following)
    )
    second = vendor.post(following).mock(
        return_value=page(
            note(3, f"first\r\n{REFERENCE}\r\n"),
            note(4, "another's"),
            note(5, REFERENCE, company=175),
        )
    )
    assert port(http).find("174", REFERENCE) == [
        VendorNote("3", f"first\n{REFERENCE}"),
        VendorNote("8", f"later\n{REFERENCE}"),
    ]
    asked = json.loads(first.calls.last.request.content)
    assert asked == {
        "maxRecords": 500,
        "filter": [{"op": "eq", "field": "companyID", "value": 174}],
        "includeFields": ["id", "companyID", "note"],
    }
    assert first.calls.last.request.content == second.calls.last.request.content


def test_a_new_note_is_written_below_its_company_with_all_that_autotask_wants(
    http: Http, vendor: respx.MockRouter
) -> None:
    vendor.get(FIELDS).respond(200, json=ACTION_TYPES)
    route = vendor.post(WRITE).respond(200, json={"itemId": 8001})
    written = port(http).create("174", f"Punktzahl 82: übertroffen\n\n{REFERENCE}\x00")
    assert written == VendorNote("8001", f"Punktzahl 82: übertroffen\n\n{REFERENCE}")
    request = route.calls.last.request
    assert request.headers["Content-Type"] == "application/json; charset=utf-8"
    assert json.loads(request.content) == {
        "companyID": 174,
        "actionType": 3,
        "assignedResourceID": 29682885,
        "startDateTime": "2026-11-22T19:30:00Z",
        "endDateTime": "2026-11-22T19:45:00Z",
        "name": "7C score",
        "note": f"Punktzahl 82: übertroffen\n\n{REFERENCE}",
    }
    assert len(NOTE_TITLE) <= 128


def test_the_action_type_is_looked_up_once_by_its_name(http: Http, vendor: respx.MockRouter) -> None:
    fields = vendor.get(FIELDS).respond(200, json=ACTION_TYPES)
    route = vendor.post(WRITE).respond(200, json={"itemId": "8001"})
    notes = port(http, note_action_type="phone call")
    notes.create("174", "one")
    assert notes.create("174", "two").id == "8001"
    assert fields.call_count == 1
    assert json.loads(route.calls.last.request.content)["actionType"] == 1


@pytest.mark.parametrize("wanted", ["Review", "Old Kind"])
def test_an_action_type_that_cannot_be_used_is_a_mistake_that_names_the_others(
    http: Http, vendor: respx.MockRouter, wanted: str
) -> None:
    vendor.get(FIELDS).respond(200, json=ACTION_TYPES)
    with pytest.raises(ConfigProblem, match=f"no active actionType '{wanted}'") as caught:
        port(http, note_action_type=wanted).create("174", "text")
    assert caught.value.action == "Set note_action_type to one of: General, Phone Call."


def test_without_somebody_to_sign_it_no_note_is_created(http: Http, vendor: respx.MockRouter) -> None:
    with pytest.raises(ConfigProblem, match="note_resource is not set"):
        port(http, note_resource=None).create("174", "text")


def test_a_signer_that_autotask_does_not_take_is_a_mistake_of_the_configuration(
    http: Http, vendor: respx.MockRouter
) -> None:
    vendor.get(FIELDS).respond(200, json=ACTION_TYPES)
    said = "Reference value on field: assignedResourceID of type: Resource does not exist or is invalid."
    route = vendor.post(WRITE).respond(500, json={"errors": [said]})
    with pytest.raises(ConfigProblem, match="note_resource"):
        port(http).create("174", "text")
    assert route.call_count == 1


def test_only_the_text_of_a_note_is_changed(http: Http, vendor: respx.MockRouter) -> None:
    route = vendor.patch(WRITE).respond(200, json={"itemId": 8001})
    assert port(http).update("174", "8001", " new text ") == VendorNote("8001", "new text")
    assert json.loads(route.calls.last.request.content) == {"id": 8001, "note": "new text"}


def test_a_note_is_read_by_its_id(http: Http, vendor: respx.MockRouter) -> None:
    vendor.get(f"{ZONE}/CompanyNotes/8001").respond(200, json={"item": note(8001, "text\r\nmore")})
    assert port(http).read("174", "8001") == VendorNote("8001", "text\nmore")


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404),
        httpx.Response(404, json={"errors": ["Not found"]}),
        httpx.Response(500, json={"errors": ["No matching records found, or no action was taken."]}),
        httpx.Response(200, json={"item": None}),
        httpx.Response(200, content=b"null"),
        httpx.Response(200, json={"item": {"id": 8001, "companyID": 175, "note": "moved to another"}}),
    ],
)
def test_a_note_that_was_deleted_or_is_anothers_is_not_there(
    http: Http, vendor: respx.MockRouter, answer: httpx.Response
) -> None:
    vendor.get(f"{ZONE}/CompanyNotes/8001").mock(return_value=answer)
    assert port(http).read("174", "8001") is None


def test_a_write_is_never_repeated(http: Http, vendor: respx.MockRouter) -> None:
    vendor.get(FIELDS).respond(200, json=ACTION_TYPES)
    created = vendor.post(WRITE).mock(side_effect=httpx.ReadTimeout("lost"))
    changed = vendor.patch(WRITE).respond(503)
    with pytest.raises(VendorDown, match="did not answer in time"):
        port(http).create("174", "text")
    with pytest.raises(VendorDown, match="answered 503"):
        port(http).update("174", "1", "text")
    assert (created.call_count, changed.call_count) == (1, 1)


@pytest.mark.parametrize(
    ("status", "said"),
    [(403, ""), (500, "The logged in Resource does not have the adequate permissions to create.")],
)
def test_a_missing_right_is_named(http: Http, vendor: respx.MockRouter, status: int, said: str) -> None:
    vendor.post(QUERY).respond(status, json={"errors": [said]})
    with pytest.raises(AccessProblem, match="may not read or write company notes") as caught:
        port(http).find("174", REFERENCE)
    assert "CRM > Notes" in caught.value.action


def test_a_company_that_is_not_there_has_vanished(http: Http, vendor: respx.MockRouter) -> None:
    vendor.get(FIELDS).respond(200, json=ACTION_TYPES)
    said = "Reference value on field: companyID of type: Account does not exist or is invalid."
    vendor.post(WRITE).respond(500, json={"errors": [said]})
    with pytest.raises(RecordVanished):
        port(http).create("174", "text")


@pytest.mark.parametrize("company", ["", "abc", "1/2", "-1", "²"])
def test_an_id_that_is_no_number_is_never_sent(http: Http, company: str) -> None:
    for attempt in (
        lambda: port(http).find(company, REFERENCE),
        lambda: port(http).create(company, "text"),
        lambda: port(http).update(company, "1", "text"),
        lambda: port(http).update("174", company, "text"),
    ):
        with pytest.raises(RecordVanished):
            attempt()


def test_an_answer_to_a_write_without_an_id_is_noticed(http: Http, vendor: respx.MockRouter) -> None:
    vendor.get(FIELDS).respond(200, json=ACTION_TYPES)
    vendor.post(WRITE).respond(200, json={"item": 8001})
    with pytest.raises(ContractChanged, match="something else"):
        port(http).create("174", "text")


def test_the_longest_note_is_the_vendors_own_limit(http: Http) -> None:
    assert port(http).max_length == 32_000
