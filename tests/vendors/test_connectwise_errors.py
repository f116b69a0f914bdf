import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import respx

from connectors.connectwise_psa.errors import read_error
from sevenc_sync.connect.errors import (
    AccessProblem,
    ConfigProblem,
    ContractChanged,
    CredentialsProblem,
    Problem,
    RecordVanished,
    Throttled,
    VendorDown,
)
from sevenc_sync.connect.http import Http, HttpFactory
from sevenc_sync.connect.limits import Limits

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
SITE = "https://api-na.myconnectwise.net"
RIGHT = {"code": "Security", "message": "You do not have security permission to perform this action."}


@pytest.fixture
def http(factory: HttpFactory) -> Iterator[Http]:
    with factory(SITE, limits=Limits(60_000, 1000), errors=read_error) as opened:
        yield opened


def body_of(answer: object) -> bytes:
    return answer.encode() if isinstance(answer, str) else json.dumps(answer).encode()


REFUSALS = [
    pytest.param(401, {"code": "Unauthorized", "message": "Unauthorized"}, CredentialsProblem, id="bad keys"),
    pytest.param(401, "", CredentialsProblem, id="bad keys, no body"),
    pytest.param(
        401,
        {"code": "ConnectWiseApi", "message": "UserNotAuthenticated"},
        CredentialsProblem,
        id="member not let in",
    ),
    pytest.param(
        403,
        {"code": "ConnectWiseApi", "errors": [{"code": "UserNotAuthenticated"}]},
        CredentialsProblem,
        id="member without a role",
    ),
    pytest.param(
        403,
        {"code": "InvalidClientId", "message": "The clientId is missing."},
        CredentialsProblem,
        id="no client id, 403",
    ),
    pytest.param(401, "ClientId header is required", CredentialsProblem, id="no client id, 401"),
    pytest.param(403, RIGHT, AccessProblem, id="a right is missing"),
    pytest.param(
        403, {"code": "Security", "message": "SSL is required."}, ConfigProblem, id="host without api-"
    ),
    pytest.param(
        404, "Cannot route. Codebase/company is invalid", ConfigProblem, id="cloud, no company, 404"
    ),
    pytest.param(
        400, "Cannot route. Codebase/company is invalid", ConfigProblem, id="cloud, no company, 400"
    ),
    pytest.param(
        404, {"code": "NotFound", "message": "Service Ticket 404 not found"}, RecordVanished, id="no record"
    ),
    pytest.param(404, "", RecordVanished, id="not found, no body"),
    pytest.param(
        404,
        {"code": "ConnectWiseApi", "message": "The endpoint does not exist."},
        ContractChanged,
        id="no endpoint",
    ),
    pytest.param(404, "<html><title>404 - File or directory not found.</title>", ConfigProblem, id="no API"),
    pytest.param(
        400,
        {"code": "ApiFindCondition", "message": "boardd is not a recognized name."},
        ContractChanged,
        id="condition refused",
    ),
    pytest.param(
        400,
        {
            "code": "InvalidObject",
            "message": "note object is invalid",
            "errors": [{"code": "NotFound", "message": "company 19299 not found", "field": "company/id"}],
        },
        RecordVanished,
        id="invalid object",
    ),
    pytest.param(405, {"message": "method not allowed"}, ContractChanged, id="wrong method"),
    pytest.param(406, "", ConfigProblem, id="version refused"),
    pytest.param(415, "", ConfigProblem, id="media type refused"),
    pytest.param(
        500,
        {"code": "ConnectWiseApi", "message": "String was not recognized as a valid Boolean."},
        ContractChanged,
        id="a poisoned record",
    ),
    pytest.param(
        500,
        {"message": "Error converting value {null} to type 'System.Int32'."},
        ContractChanged,
        id="a value that the server cannot convert",
    ),
]


@pytest.mark.parametrize(("status", "answer", "kind"), REFUSALS)
def test_a_refusal_is_told_for_what_it_is_and_not_repeated(
    status: int, answer: object, kind: type[Problem], http: Http, vendor: respx.MockRouter, waits: Any
) -> None:
    route = vendor.get(f"{SITE}/service/tickets").respond(status, content=body_of(answer))
    with pytest.raises(Problem) as caught:
        http.get("/service/tickets")
    assert type(caught.value) is kind
    assert caught.value.text
    assert caught.value.action
    assert route.call_count == 1
    assert waits.seconds == []


@pytest.mark.parametrize(
    ("status", "answer"),
    [
        (500, {"message": "A timeout has occured. Please try again."}),
        (500, {"message": "Timeout expired. ... prior to obtaining a connection from the pool ..."}),
        (500, ""),
        (502, "<html>Bad Gateway</html>"),
        (503, "Service Unavailable"),
        (504, ""),
    ],
)
def test_a_passing_fault_is_asked_again(
    status: int, answer: object, http: Http, vendor: respx.MockRouter
) -> None:
    vendor.get(f"{SITE}/service/tickets").mock(
        side_effect=[httpx.Response(status, content=body_of(answer)), httpx.Response(200, json=[])]
    )
    assert http.get("/service/tickets").json() == []


def test_a_server_that_stays_down_is_told_so(http: Http, vendor: respx.MockRouter) -> None:
    vendor.get(f"{SITE}/service/tickets").respond(500, json={"message": "A timeout has occured."})
    with pytest.raises(VendorDown, match="A timeout has occured"):
        http.get("/service/tickets")


TOO_MANY = {"error": "ConnectWiseAPI", "message": "Too many requests. Please try again in 30 seconds."}


def test_too_many_requests_waits_as_long_as_the_header_says(
    http: Http, vendor: respx.MockRouter, waits: Any
) -> None:
    vendor.get(f"{SITE}/service/tickets").mock(
        side_effect=[
            httpx.Response(429, json=TOO_MANY, headers={"Retry-After": "30"}),
            httpx.Response(200, json=[]),
        ]
    )
    assert http.get("/service/tickets").json() == []
    assert waits.seconds == [pytest.approx(30, abs=1)]


def test_too_many_requests_without_a_header_waits_half_a_minute(
    http: Http, vendor: respx.MockRouter, waits: Any
) -> None:
    vendor.get(f"{SITE}/service/tickets").mock(
        side_effect=[httpx.Response(429, json=TOO_MANY), httpx.Response(200, json=[])]
    )
    http.get("/service/tickets")
    assert waits.seconds == [30]


def test_a_long_wait_is_left_to_a_later_run(http: Http, vendor: respx.MockRouter) -> None:
    vendor.get(f"{SITE}/service/tickets").respond(429, json=TOO_MANY, headers={"Retry-After": "900"})
    with pytest.raises(Throttled) as caught:
        http.get("/service/tickets")
    assert caught.value.retry_at == NOW + timedelta(minutes=15)


@pytest.mark.parametrize(
    ("status", "answer", "words"),
    [
        (404, "Cannot route. Codebase/company is invalid", "company_id"),
        (403, {"message": "The clientId is missing."}, "client_id"),
        (403, {"code": "Security", "message": "SSL is required."}, "base_url"),
        (401, {"message": "UserNotAuthenticated"}, "System > Members > API Members"),
        (406, "", "api_version"),
        (404, "<html></html>", "codebase"),
    ],
)
def test_the_operator_is_told_which_setting_to_look_at(status: int, answer: object, words: str) -> None:
    problem = read_error(status, {}, body_of(answer))
    assert problem is not None
    assert words in problem.action


def test_no_error_shows_more_of_the_body_than_its_known_words() -> None:
    body = body_of({"code": "Oops", "message": "Error converting value", "dump": "PATIENT NAME"})
    for status in (400, 401, 403, 404, 406, 500):
        problem = read_error(status, {}, body)
        if problem is not None:
            assert "PATIENT" not in problem.text + problem.action + problem.detail
