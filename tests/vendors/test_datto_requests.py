import base64
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import msgspec
import pytest
import respx
from pydantic import ValidationError

from connectors.datto_bcdr import CONNECTOR
from connectors.datto_bcdr.settings import DattoSettings
from connectors.datto_bcdr.shapes import Checked
from connectors.datto_bcdr.streams import STREAMS
from sevenc_sync.connect import redact
from sevenc_sync.connect.errors import (
    AccessProblem,
    ContractChanged,
    CredentialsProblem,
    Problem,
    RecordVanished,
    VendorDown,
)
from sevenc_sync.connect.http import Http, HttpFactory
from sevenc_sync.connect.layouts import AnyOf
from sevenc_sync.connect.stream import Parent, Stream
from sevenc_sync.model import Asset, Company, Protection, Record

Pull = Callable[..., list[Record]]

API = "https://api.datto.com/v1"
BY_NAME = {stream.name: stream for stream in STREAMS}
DEVICE = Parent("D0011223344", "4711", {"kind": "appliance", "model": "S5-4"})
ASSETS = f"{API}/bcdr/device/D0011223344/asset"


def settings(**changes: Any) -> DattoSettings:
    values: dict[str, Any] = {
        "name": "backup",
        "connector": "datto_bcdr",
        "public_key": "abc123",
        "secret_key": "SecretKey456",
    }
    return DattoSettings(**{**values, **changes})


@pytest.fixture
def http(factory: HttpFactory) -> Iterator[Http]:
    with CONNECTOR.open(settings(), factory) as opened:
        yield opened


def envelope(items: list[Any], page: int, per_page: int, total: int) -> dict[str, Any]:
    pages = -(-total // per_page)
    return {
        "pagination": {"page": page, "perPage": per_page, "totalPages": pages, "count": total},
        "items": items,
    }


def paged(records: list[dict[str, Any]], size: int = 100) -> Callable[[httpx.Request], httpx.Response]:
    """A server that pages by number."""

    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params["_page"])
        size_asked = int(request.url.params.get("_perPage", size))
        start = (page - 1) * size_asked
        items = records[start : start + size_asked]
        return httpx.Response(200, json=envelope(items, page, size_asked, len(records)))

    return answer


def test_all_devices_are_read_page_by_page(http: Http, vendor: respx.MockRouter, pull: Pull) -> None:
    devices = [
        {"serialNumber": f"D{n:04}", "organizationId": n % 7 + 1, "organizationName": "x"} for n in range(250)
    ]
    route = vendor.get(url__startswith=f"{API}/bcdr/device").mock(side_effect=paged(devices))
    found = pull(http, BY_NAME["devices"])
    assert [record.id for record in found if isinstance(record, Asset)] == [
        one["serialNumber"] for one in devices
    ]
    assert {record.id for record in found if isinstance(record, Company)} == set("1234567")
    assert [dict(call.request.url.params) for call in route.calls] == [
        {
            "showChildResellerDevices": "0",
            "showHiddenDevices": "0",
            "_page": str(page),
            "_perPage": "100",
        }
        for page in (1, 2, 3)
    ]


def test_devices_of_resellers_below_are_read_on_demand(
    factory: HttpFactory, vendor: respx.MockRouter, pull: Pull
) -> None:
    route = vendor.get(url__startswith=f"{API}/bcdr/device").mock(side_effect=paged([]))
    with CONNECTOR.open(settings(show_child_resellers=True), factory) as http:
        assert pull(http, BY_NAME["devices"]) == []
    assert route.calls.last.request.url.params["showChildResellerDevices"] == "1"


def test_requests_below_a_device_carry_only_what_the_vendor_documents(
    http: Http, vendor: respx.MockRouter, pull: Pull
) -> None:
    assets = vendor.get(url__startswith=ASSETS).mock(side_effect=paged([]))
    alerts = vendor.get(url__startswith=f"{API}/bcdr/device/D0011223344/alert").mock(side_effect=paged([]))
    assert pull(http, BY_NAME["protections"], parent=DEVICE) == []
    assert pull(http, BY_NAME["alerts"], parent=DEVICE) == []
    assert dict(assets.calls.last.request.url.params) == {"_page": "1", "_perPage": "100"}
    assert dict(alerts.calls.last.request.url.params) == {"_page": "1"}


def test_alerts_are_read_to_their_last_page(http: Http, vendor: respx.MockRouter, pull: Pull) -> None:
    raised = [
        {"type": "Not Seen", "dateTriggered": f"2026-11-22T{n % 24:02}:{n // 24:02}:00Z"} for n in range(101)
    ]
    route = vendor.get(url__startswith=f"{API}/bcdr/device/D0011223344/alert").mock(side_effect=paged(raised))
    assert len({record.id for record in pull(http, BY_NAME["alerts"], parent=DEVICE)}) == 101
    assert route.call_count == 2


ROWS = [{"volume": f"{n:032x}", "type": "agent"} for n in range(3)]


@pytest.mark.parametrize(
    "answer",
    [
        ROWS,
        {"0": ROWS[0], "1": ROWS[1], "2": ROWS[2]},
        {"2": ROWS[2], "0": ROWS[0], "1": ROWS[1]},
        {"items": ROWS},
        envelope(ROWS, 1, 100, 3),
    ],
    ids=["list", "numbered object", "numbered object in disorder", "items alone", "envelope"],
)
def test_assets_come_in_three_shapes_and_all_are_read(
    answer: object, http: Http, vendor: respx.MockRouter, pull: Pull
) -> None:
    vendor.get(url__startswith=ASSETS).respond(200, json=answer)
    found = pull(http, BY_NAME["protections"], parent=DEVICE)
    assert [record.id for record in found] == [f"D0011223344/{row['volume']}" for row in ROWS]
    assert all(isinstance(record, Protection) for record in found)


@pytest.mark.parametrize("answer", [[], {"items": []}, envelope([], 1, 100, 0)])
def test_a_device_may_protect_nothing(
    answer: object, http: Http, vendor: respx.MockRouter, pull: Pull
) -> None:
    route = vendor.get(url__startswith=ASSETS).respond(200, json=answer)
    assert pull(http, BY_NAME["protections"], parent=DEVICE) == []
    assert route.call_count == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"assets": ROWS},
        {"0": ROWS[0], "total": 1},
        {"items": None},
        {"pagination": {"page": 1, "totalPages": 1}},
        "none",
        None,
    ],
)
def test_an_unknown_shape_is_never_no_assets(
    answer: object, http: Http, vendor: respx.MockRouter, pull: Pull
) -> None:
    vendor.get(url__startswith=ASSETS).respond(200, content=msgspec.json.encode(answer))
    with pytest.raises(ContractChanged):
        pull(http, BY_NAME["protections"], parent=DEVICE)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("exception.notfoundhttpexception", RecordVanished),
        ("exception.accessdeniedhttpexception", AccessProblem),
        ("exception.unauthorizedhttpexception", CredentialsProblem),
        ("exception.insufficientauthenticationexception", CredentialsProblem),
    ],
)
def test_an_error_with_status_200_is_told_for_what_it_is(
    code: str, kind: type[Problem], http: Http, vendor: respx.MockRouter, pull: Pull
) -> None:
    route = vendor.get(url__startswith=ASSETS).respond(200, json={"code": code, "message": "No."})
    with pytest.raises(Problem, match=r'"exception\.\w+: No\."') as caught:
        pull(http, BY_NAME["protections"], parent=DEVICE)
    assert type(caught.value) is kind
    assert route.call_count == 1


@pytest.mark.parametrize("code", ["exception.runtimeexception", 500, None])
def test_an_unknown_error_with_status_200_is_asked_again(
    code: object, http: Http, vendor: respx.MockRouter, pull: Pull
) -> None:
    route = vendor.get(url__startswith=ASSETS).mock(
        side_effect=[
            httpx.Response(200, json={"code": code, "message": "Oops"}),
            httpx.Response(200, json=ROWS),
        ]
    )
    assert len(pull(http, BY_NAME["protections"], parent=DEVICE)) == 3
    assert route.call_count == 2


def test_a_code_beside_the_items_is_no_error() -> None:
    rows, paging = Checked(AnyOf("items")).split(b'{"code": 0, "items": [{}]}')
    assert len(rows) == 1
    assert paging == {"code": 0}


def test_a_maintenance_page_with_status_200_is_a_vendor_that_is_down(
    http: Http, vendor: respx.MockRouter, pull: Pull
) -> None:
    route = vendor.get(url__startswith=ASSETS).respond(200, html="<!DOCTYPE html><title>Maintenance</title>")
    with pytest.raises(VendorDown, match="web page"):
        pull(http, BY_NAME["protections"], parent=DEVICE)
    assert route.call_count > 1


@pytest.mark.parametrize(
    ("status", "kind", "words"),
    [
        (401, CredentialsProblem, "Partner Portal > Admin > Integrations > API Keys"),
        (403, AccessProblem, "Partner Portal > Admin > Integrations > API Keys"),
        (404, RecordVanished, "deleted"),
        (400, ContractChanged, "Report"),
    ],
)
def test_a_refusal_says_who_has_to_act_and_where(
    status: int, kind: type[Problem], words: str, http: Http, vendor: respx.MockRouter, pull: Pull
) -> None:
    error = {"code": "exception.x", "message": "No."}
    route = vendor.get(url__startswith=ASSETS).respond(status, json=error)
    with pytest.raises(Problem) as caught:
        pull(http, BY_NAME["protections"], parent=DEVICE)
    assert type(caught.value) is kind
    assert words in caught.value.action
    assert route.call_count == 1


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_passing_faults_are_asked_again(
    status: int, http: Http, vendor: respx.MockRouter, pull: Pull
) -> None:
    vendor.get(url__startswith=ASSETS).mock(
        side_effect=[httpx.Response(status), httpx.Response(200, json=ROWS)]
    )
    assert len(pull(http, BY_NAME["protections"], parent=DEVICE)) == 3


def test_a_server_that_ignores_the_page_number_is_noticed(
    http: Http, vendor: respx.MockRouter, pull: Pull
) -> None:
    first = envelope([{"serialNumber": "D1"}], 1, 100, 200)
    vendor.get(url__startswith=f"{API}/bcdr/device").respond(200, json=first)
    with pytest.raises(ContractChanged, match="page 1 where page 2 was asked for"):
        pull(http, BY_NAME["devices"])


def test_credentials_are_the_two_keys(factory: HttpFactory, vendor: respx.MockRouter, pull: Pull) -> None:
    route = vendor.get(url__startswith=API).mock(side_effect=paged([]))
    with CONNECTOR.open(settings(secret_key=" SecretKey456\n"), factory) as http:
        pull(http, BY_NAME["devices"])
    headers = route.calls.last.request.headers
    assert headers["authorization"] == "Basic " + base64.b64encode(b"abc123:SecretKey456").decode()
    assert headers["accept"] == "application/json"
    assert "SecretKey456" not in redact.redact(f"abc123 SecretKey456 {headers['authorization']}")
    assert "abc123" not in redact.redact("abc123")


@pytest.mark.parametrize(
    ("base_url", "used"),
    [
        (None, API),
        ("https://api.datto.com/v1", API),
        ("https://api.datto.com/", API),
        ("http://127.0.0.1:8099/datto", "http://127.0.0.1:8099/datto/v1"),
    ],
)
def test_the_address_has_a_default_and_its_version_once(
    base_url: str | None, used: str, factory: HttpFactory
) -> None:
    with CONNECTOR.open(settings(**({"base_url": base_url} if base_url else {})), factory) as http:
        assert http.base_url == used


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret_key": " "},
        {"secret_key": "a\x00b"},
        {"public_key": "a\ud800"},
        {"base_url": "http://api.datto.com"},
        {"private_key": "x"},
    ],
)
def test_a_setting_that_cannot_work_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError) as caught:
        settings(**wrong)
    assert "SecretKey456" not in str(caught.value)


def test_only_read_only_paths_are_ever_asked() -> None:
    assert {stream.path for stream in STREAMS} == {
        "/bcdr/device",
        "/bcdr/device/{parent}/asset",
        "/bcdr/device/{parent}/alert",
    }
    assert CONNECTOR.notes is None


def test_child_streams_hang_below_this_accounts_appliances() -> None:
    below: list[Stream] = [stream for stream in STREAMS if stream.parent]
    assert [stream.name for stream in below] == ["protections", "alerts"]
    for stream in below:
        assert (stream.parent, dict(stream.parent_kinds)) == ("asset", {"kind": "appliance"})
