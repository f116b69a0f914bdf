"""The way into Cove: a login, visas that follow each other, and faults that come with status 200."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import respx

from connectors.cove.account import open_account
from connectors.cove.settings import CoveSettings
from connectors.cove.streams import STREAMS
from sevenc_sync.connect.errors import (
    AccessProblem,
    ContractChanged,
    CredentialsProblem,
    Problem,
    VendorDown,
)
from sevenc_sync.connect.http import HttpFactory
from sevenc_sync.connect.retries import RetryPolicy
from sevenc_sync.sandbox import build_world
from sevenc_sync.sandbox.cove import Cove
from sevenc_sync.sandbox.exchange import Call
from tests.vendors.conftest import Pull

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
API = "https://api.backup.management/jsonapi"
LOGIN = {"visa": "visa-0", "result": {"result": {"Id": 4242, "PartnerId": 1000}}}
DEVICES = "/EnumerateAccountStatistics"

Talk = list[dict[str, Any]]


def settings() -> CoveSettings:
    return CoveSettings.model_validate(
        {
            "name": "cove",
            "connector": "cove",
            "partner": "Acme MSP (a@b.example)",
            "username": "u",
            "password": " tok-en-1 ",
        }
    )


def answering(vendor: respx.MockRouter, *answers: object) -> Talk:
    """The one address answers these in turn; gives what was asked."""
    asked: Talk = []
    rest = iter(answers)

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(json.loads(request.content))
        return httpx.Response(200, json=next(rest))

    vendor.post(API).mock(side_effect=answer)
    return asked


def listed(visa: str, *rows: object) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": "1", "visa": visa, "result": {"result": list(rows)}}


def fault(code: int) -> dict[str, object]:
    return {"jsonrpc": "2.0", "id": "1", "error": {"code": code, "message": "No."}}


def test_the_newest_visa_is_sent_and_everything_below_the_users_customer_is_asked_for(
    factory: HttpFactory, vendor: respx.MockRouter, pull: Pull
) -> None:
    asked = answering(vendor, LOGIN, listed("visa-1"), listed("visa-2"))
    with open_account(settings(), factory) as http:
        for stream in STREAMS:
            pull(http, stream)
    login, partners, devices = asked
    assert login["params"] == {"partner": "Acme MSP (a@b.example)", "username": "u", "password": "tok-en-1"}
    assert "visa" not in login
    assert (partners["visa"], devices["visa"]) == ("visa-0", "visa-1")
    assert (partners["method"], partners["params"]["parentPartnerId"]) == ("EnumeratePartners", 1000)
    assert partners["params"]["fetchRecursively"] is True
    query = devices["params"]["query"]
    assert (query["PartnerId"], query["StartRecordNumber"], query["RecordsCount"]) == (1000, 0, 250)
    assert len({call["id"] for call in asked}) == 3


def test_a_visa_at_its_end_is_changed_for_another_once(
    factory: HttpFactory, vendor: respx.MockRouter, pull: Pull
) -> None:
    second = {**LOGIN, "visa": "visa-9"}
    asked = answering(vendor, LOGIN, listed("visa-1"), fault(1701), second, listed("visa-10"))
    with open_account(settings(), factory) as http:
        pull(http, STREAMS[0])
        pull(http, STREAMS[0])
    assert [call["method"] for call in asked] == [
        "Login", "EnumeratePartners", "EnumeratePartners", "Login", "EnumeratePartners",
    ]  # fmt: skip
    assert asked[-1]["visa"] == "visa-9"


@pytest.mark.parametrize(
    ("code", "expected", "calls"),
    [
        (13501, AccessProblem, 2),
        (-32603, VendorDown, 1 + RetryPolicy().attempts),
        (77, VendorDown, 1 + RetryPolicy().attempts),
    ],
)
def test_a_fault_with_status_200_is_a_fault_and_never_an_empty_list(
    factory: HttpFactory, vendor: respx.MockRouter, pull: Pull, code: int, expected: type[Problem], calls: int
) -> None:
    asked = answering(vendor, LOGIN, *[fault(code)] * 9)
    with open_account(settings(), factory) as http, pytest.raises(expected):
        pull(http, STREAMS[1])
    assert len(asked) == calls


def test_a_refused_login_stops_at_once_without_a_second_try(
    factory: HttpFactory, vendor: respx.MockRouter
) -> None:
    asked = answering(vendor, fault(2100), LOGIN)
    with pytest.raises(CredentialsProblem, match="refuses the login") as caught:
        open_account(settings(), factory)
    assert "exactly as the console shows it" in (caught.value.action or "")
    assert len(asked) == 1


def test_a_result_of_another_shape_is_no_empty_list(
    factory: HttpFactory, vendor: respx.MockRouter, pull: Pull
) -> None:
    answering(vendor, LOGIN, {"visa": "v", "result": {"result": None}}, {"visa": "v", "result": []})
    with open_account(settings(), factory) as http:
        for _ in range(2):
            with pytest.raises(ContractChanged):
                pull(http, STREAMS[1])


@pytest.mark.parametrize("count", [0, 1, 249, 250, 251, 499, 500])
def test_pages_overlap_by_one_so_that_none_is_ever_rightly_empty(
    factory: HttpFactory, vendor: respx.MockRouter, pull: Pull, count: int
) -> None:
    rows = [
        {"AccountId": n, "PartnerId": 1, "Settings": [{"I1": f"n{n}"}, {"D09F00": "0"}]}
        for n in range(1, count + 1)
    ]

    def answer(request: httpx.Request) -> httpx.Response:
        asked = json.loads(request.content)
        if asked["method"] == "Login":
            return httpx.Response(200, json=LOGIN)
        query = asked["params"]["query"]
        start = query["StartRecordNumber"]
        assert start == 0 or start < count
        return httpx.Response(200, json=listed("v", *rows[start : start + query["RecordsCount"]]))

    vendor.post(API).mock(side_effect=answer)
    with open_account(settings(), factory) as http:
        found = {record.id for record in pull(http, STREAMS[1])}
    assert found == {str(row["AccountId"]) for row in rows}


# The sandbox, by the vendor's pages


class _Clock:
    now = NOW


@pytest.fixture
def ask() -> tuple[Callable[..., Any], Cove, type[_Clock]]:
    class clock(_Clock):  # noqa: N801 (a clock of the test's own, that is set as an attribute)
        pass

    vendor = Cove(build_world(clients=6, now=NOW, backups=("cove",)), lambda: clock.now)

    def call(method: str, visa: str | None = None, **params: object) -> Any:
        body = {"jsonrpc": "2.0", "id": "1", "method": method, "params": params, "visa": visa}
        answer = vendor.answer(Call("POST", "/jsonapi", {}, {}, json.dumps(body).encode()))
        assert answer.status == 200
        return json.loads(answer.body)

    return call, vendor, clock


def test_the_sandbox_gives_a_visa_that_lasts_a_quarter_of_an_hour(ask: Any) -> None:
    call, vendor, clock = ask
    way = vendor.access()
    login = {**way.settings, **way.secrets}
    assert call("Login", **{**login, "password": "wrong"})["error"]["code"] == 2100
    entered = call("Login", **login)
    assert entered["result"]["result"]["PartnerId"] == 1000
    asked = {"parentPartnerId": 1000, "fetchRecursively": True, "fields": [0, 1]}
    partners = call("EnumeratePartners", entered["visa"], **asked)
    assert partners["visa"] != entered["visa"]
    assert 1000 in {row["Id"] for row in partners["result"]["result"]}
    assert call("EnumeratePartners", **asked)["error"]["code"] == 1701
    clock.now = NOW + timedelta(minutes=16)
    assert call("EnumeratePartners", entered["visa"], **asked)["error"]["code"] == 1701
    assert call("enumeratepartners", call("Login", **login)["visa"], **asked)["error"]["code"] == -32603


def test_the_sandbox_gives_only_the_columns_asked_for_and_never_the_devices_password(ask: Any) -> None:
    call, vendor, _ = ask
    way = vendor.access()
    visa = call("Login", **way.settings, **way.secrets)["visa"]
    query = {"PartnerId": 1000, "StartRecordNumber": 0, "RecordsCount": 5, "Columns": ["I1", "D9F0"]}
    rows = call("EnumerateAccountStatistics", visa, query=query)["result"]["result"]
    assert len(rows) == 5
    names = {name for row in rows for one in row["Settings"] for name in one}
    assert names == {"I1", "D09F00"}
    assert all(isinstance(value, str) for row in rows for one in row["Settings"] for value in one.values())
    for column in ("QW", "D02F00"):
        refused = call("EnumerateAccountStatistics", visa, query={**query, "Columns": [column]})
        assert refused["error"]["code"] == 13501
