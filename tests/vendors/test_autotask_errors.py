import json
from collections.abc import Iterator

import httpx
import pytest
import respx

from connectors.autotask_psa import CONNECTOR
from connectors.autotask_psa.errors import read_error
from sevenc_sync.connect.errors import (
    AccessProblem,
    ConfigProblem,
    ContractChanged,
    CredentialsProblem,
    NoSuchChoice,
    Overloaded,
    Problem,
    RecordVanished,
    Throttled,
    VendorDown,
)
from sevenc_sync.connect.http import Http, HttpFactory

ZONE = "https://webservices5.autotask.net/ATServicesRest/V1.0"


def meaning(status: int, *texts: str) -> type[Problem] | None:
    """What an answer with these error texts is taken for; None: what its status says."""
    problem = read_error(status, {}, json.dumps({"errors": list(texts)}).encode())
    return None if problem is None else type(problem)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("The Autotask API thread threshold of 3 threads has been exceeded.", Overloaded),
        ("Itgenatr005: try again later", Overloaded),
        ("The request Threshold of 10000 was exceeded.", Overloaded),
        ("There are too many concurrent processes locking that table.", VendorDown),
        ("Transaction was deadlocked on lock resources.", VendorDown),
        ("Execution Timeout Expired.", VendorDown),
        ("This resource is locked by another user.", VendorDown),
        ("The resource you are trying to update is locked by user jdoe.", VendorDown),
        ("The account is currently locked by another process. Please try again.", VendorDown),
        ("Ticket T20260101.0001 is being edited by another resource.", VendorDown),
        ("The resource is locked.", ContractChanged),  # no word of the API user: its account goes on
        (
            "The logged in Resource does not have the adequate permissions to update this entity type.",
            AccessProblem,
        ),
        ("You do not have permission to query this.", AccessProblem),
        ("Access denied", AccessProblem),
        ("IntegrationCode is invalid.", CredentialsProblem),
        ("The tracking identifier is not known.", CredentialsProblem),
        ("Zone information could not be determined", CredentialsProblem),
        ("The user account has been locked.", CredentialsProblem),
        ("Your login is locked out", CredentialsProblem),
        ("The logged in Resource is locked.", CredentialsProblem),
        ("The user account was locked by an administrator.", CredentialsProblem),
        ("Invalid username or password", CredentialsProblem),
        ("The password has expired", CredentialsProblem),
        ("No matching records found, or no action was taken.", RecordVanished),
        (
            "Reference value on field: companyID of type: Account does not exist or is invalid.",
            RecordVanished,
        ),
        (
            "Reference value on field: assignedResourceID of type: Resource does not exist or is invalid.",
            ConfigProblem,
        ),
        ("Picklist value [99] does not exist for priority. ; on record number [1].", NoSuchChoice),
        (
            "Reference value on field: contactID of type: Contact does not exist or is invalid.",
            ContractChanged,
        ),
        ("maxCountOfRecordsToReturn must be between 1 and 500", ContractChanged),
        ("Unable to find lastChanged in the Ticket Entity.", ContractChanged),
        ("Unable to find userName in the Resource Entity.", ContractChanged),
    ],
)
def test_the_words_of_a_500_say_what_it_means(text: str, kind: type[Problem]) -> None:
    assert meaning(500, text) is kind
    assert meaning(400, text) is kind


def test_an_error_may_come_as_an_object() -> None:
    body = json.dumps(
        {"errors": [{"message": "IntegrationCode is invalid.", "field": "", "code": ""}]}
    ).encode()
    assert type(read_error(500, {}, body)) is CredentialsProblem


@pytest.mark.parametrize("body", [b"", b"<html>Server Error</html>", b"{}", b"\xff\xfe", b"null"])
def test_a_500_without_words_is_a_fault_of_theirs(body: bytes) -> None:
    assert read_error(500, {}, body) is None


@pytest.mark.parametrize("status", [403, 404, 429])
def test_what_the_status_says_is_left_to_the_kit(status: int) -> None:
    assert read_error(status, {}, b"{}") is None


def test_a_401_is_a_refused_secret_whatever_stands_in_it() -> None:
    for body in (b"", b"<html>", b'{"errors":["threshold"]}'):
        problem = read_error(401, {}, body)
        assert type(problem) is CredentialsProblem
        assert "locks a user" in problem.action


def test_what_our_question_did_wrong_is_shown_in_few_words() -> None:
    problem = read_error(500, {}, json.dumps({"errors": ["Unable to find x.", "And y."]}).encode())
    assert problem is not None
    assert problem.text == 'Autotask does not take a question of ours ("Unable to find x.").'


@pytest.fixture
def http(factory: HttpFactory, vendor: respx.MockRouter) -> Iterator[Http]:
    """An open account."""
    vendor.get(url__regex=".*ZoneInformation.*").respond(200, json={"url": ZONE.removesuffix("/V1.0")})
    vendor.get(f"{ZONE}/ThresholdInformation").respond(200, json={})
    settings = CONNECTOR.settings.model_validate(
        {
            "name": "psa",
            "connector": "autotask_psa",
            "user_name": "api@msp.test",
            "secret": "s3cret-value",
            "integration_code": "TRACKINGCODE",
        }
    )
    with CONNECTOR.open(settings, factory) as opened:
        yield opened


@pytest.mark.parametrize(
    ("answer", "kind", "tries"),
    [
        (httpx.Response(500, json={"errors": ["Picklist value [9] does not exist."]}), NoSuchChoice, 1),
        (httpx.Response(500, json={"errors": ["locking that table"]}), VendorDown, 5),
        (httpx.Response(500, json={"errors": ["thread threshold exceeded"]}), Throttled, 5),
        (httpx.Response(429, json={"errors": ["thread threshold exceeded"]}), Throttled, 5),
        (httpx.Response(503), VendorDown, 5),
        (httpx.Response(403), AccessProblem, 1),
        (httpx.Response(404, json={"errors": ["Not found"]}), RecordVanished, 1),
        (
            httpx.Response(404, json={"Message": "No HTTP resource was found that matches."}),
            ContractChanged,
            1,
        ),
        (
            httpx.Response(
                405, json={"Message": "The requested resource does not support http method 'GET'."}
            ),
            ContractChanged,
            1,
        ),
    ],
)
def test_only_what_may_pass_is_asked_again(
    http: Http, vendor: respx.MockRouter, answer: httpx.Response, kind: type[Problem], tries: int
) -> None:
    route = vendor.post(f"{ZONE}/Tickets/query").mock(return_value=answer)
    with pytest.raises(kind) as caught:
        http.read("/Tickets/query", lambda response: response.json(), json_body={})
    assert type(caught.value) is kind
    assert route.call_count == tries


def test_a_wrong_method_is_told_in_autotasks_own_words(http: Http, vendor: respx.MockRouter) -> None:
    said = "The requested resource does not support http method 'GET'."
    vendor.get(f"{ZONE}/Tickets/query").respond(405, json={"Message": said})
    with pytest.raises(ContractChanged) as caught:
        http.get("/Tickets/query")
    assert said in caught.value.text
