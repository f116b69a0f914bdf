import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import respx

from sevenc_sync.connect import http as http_module
from sevenc_sync.connect import redact
from sevenc_sync.connect.errors import (
    AccessProblem,
    ConfigProblem,
    ContractChanged,
    CredentialsProblem,
    Problem,
    RecordVanished,
    Stopped,
    VendorDown,
)
from sevenc_sync.connect.exchange import Response
from sevenc_sync.connect.http import Http, HttpFactory
from sevenc_sync.connect.limits import Bucket, Limits
from sevenc_sync.connect.pages import Malformed
from sevenc_sync.connect.retries import RetryPolicy
from tests.connect.conftest import NOW, PLENTY, SITE


def test_an_answer_keeps_its_bytes_its_headers_in_lower_case_and_the_servers_time(
    http: Http, vendor: respx.MockRouter
) -> None:
    vendor.get(f"{SITE}/list").respond(
        200, json=[1, 2], headers={"Date": "Sun, 22 Nov 2026 19:00:00 GMT", "Link": "<x>"}
    )
    answer = http.get("/list", {"page": 1})
    assert answer.json() == [1, 2]
    assert answer.headers["link"] == "<x>"
    assert answer.server_time == datetime(2026, 11, 22, 19, tzinfo=UTC)
    assert http.meter.requests == 1
    assert http.meter.received_bytes == len(answer.body)


def test_a_parameter_is_percent_encoded_as_a_whole(http: Http, vendor: respx.MockRouter) -> None:
    route = vendor.get(url__startswith=f"{SITE}/list").respond(200, json=[])
    http.get("/list", {"conditions": 'name = "a+b & 100%"'})
    assert route.calls.last.request.url.raw_path == (b"/list?conditions=name+%3D+%22a%2Bb+%26+100%25%22")


def test_settings_can_add_parameters_to_one_exact_path(
    factory: HttpFactory, vendor: respx.MockRouter
) -> None:
    route = vendor.get(url__startswith=SITE).respond(200, json=[])
    with factory(SITE, limits=PLENTY, params_of={"/device": {"all": 1}}) as http:
        http.get("/device", {"page": 2})
        assert dict(route.calls.last.request.url.params) == {"all": "1", "page": "2"}
        http.get("/device/7/asset", {"page": 2})
        assert dict(route.calls.last.request.url.params) == {"page": "2"}


def test_the_account_waits_for_its_own_limit(http: Http, vendor: respx.MockRouter, waits: Any) -> None:
    vendor.get(f"{SITE}/list").respond(200, json=[])
    http._bucket = Bucket(Limits(per_minute=60, burst=1), monotonic=lambda: 0.0)
    http.get("/list")
    http.get("/list")
    assert waits.seconds == [pytest.approx(1.0)]
    assert http.meter.waited_seconds == pytest.approx(1.0)


def test_an_account_can_have_a_rate_of_its_own(vendor: respx.MockRouter, waits: Any) -> None:
    vendor.get(f"{SITE}/list").respond(200, json=[])
    factory = HttpFactory(clock=lambda: NOW, stop=waits, per_minute=0.001)
    with factory(SITE, limits=Limits(per_minute=60_000, burst=1)) as http:
        http.get("/list")
        http.get("/list")
    assert waits.seconds == [pytest.approx(60_000, rel=0.01)]


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, CredentialsProblem),
        (403, AccessProblem),
        (404, RecordVanished),
        (400, ContractChanged),
        (405, ContractChanged),
        (418, ContractChanged),
        (302, ConfigProblem),
    ],
)
def test_a_refusal_is_not_asked_again(
    status: int, kind: type[Problem], http: Http, vendor: respx.MockRouter
) -> None:
    route = vendor.get(f"{SITE}/list").respond(status)
    with pytest.raises(kind) as caught:
        http.get("/list")
    assert type(caught.value) is kind
    assert caught.value.action
    assert route.call_count == 1


def test_a_redirect_is_not_followed_and_its_host_is_named(http: Http, vendor: respx.MockRouter) -> None:
    other = vendor.get("https://elsewhere.test/list").respond(200, json=[])
    vendor.get(f"{SITE}/list").respond(301, headers={"Location": "https://user:pw@elsewhere.test/list"})
    with pytest.raises(ConfigProblem) as caught:
        http.get("/list")
    assert "elsewhere.test" in caught.value.text
    assert "pw" not in caught.value.text
    assert other.call_count == 0


@pytest.mark.parametrize("location", ["", "/local", "https://[broken"])
def test_a_redirect_to_nowhere_is_still_a_matter_of_configuration(
    location: str, http: Http, vendor: respx.MockRouter
) -> None:
    vendor.get(f"{SITE}/list").respond(302, headers={"Location": location})
    with pytest.raises(ConfigProblem, match="redirects to elsewhere"):
        http.get("/list")


def test_the_vendors_own_reading_of_an_error_goes_first(
    factory: HttpFactory, vendor: respx.MockRouter
) -> None:
    route = vendor.get(f"{SITE}/list").respond(500, json={"message": "bad record"})
    with (
        factory(SITE, limits=PLENTY, errors=lambda *_: ContractChanged("poisoned")) as http,
        pytest.raises(ContractChanged, match="poisoned"),
    ):
        http.get("/list")
    assert route.call_count == 1


def test_a_vendor_may_call_any_status_a_passing_fault(factory: HttpFactory, vendor: respx.MockRouter) -> None:
    route = vendor.get(f"{SITE}/list").respond(409)
    with (
        factory(SITE, limits=PLENTY, errors=lambda *_: VendorDown("busy")) as http,
        pytest.raises(VendorDown),
    ):
        http.get("/list")
    assert route.call_count == RetryPolicy().attempts


def refuse(response: Response) -> object:
    raise Malformed(f"{len(response.body)} bytes that are no JSON")


def test_a_body_that_is_no_json_is_asked_again_and_is_then_a_changed_contract(
    http: Http, vendor: respx.MockRouter
) -> None:
    route = vendor.get(f"{SITE}/list").respond(200, text="[{")
    with pytest.raises(ContractChanged, match="not JSON"):
        http.read("/list", refuse)
    assert route.call_count == RetryPolicy().attempts
    assert http.meter.causes == {"malformed answer": RetryPolicy().attempts - 1}


def test_a_web_page_with_status_200_is_a_vendor_that_is_down(http: Http, vendor: respx.MockRouter) -> None:
    vendor.get(f"{SITE}/list").respond(200, html="<html><body>Maintenance</body></html>")
    with pytest.raises(VendorDown, match="a web page instead of data"):
        http.read("/list", refuse)


def test_a_fault_that_the_parser_finds_in_a_good_answer_is_asked_again(
    http: Http, vendor: respx.MockRouter
) -> None:
    vendor.get(f"{SITE}/list").mock(
        side_effect=[httpx.Response(200, json={"code": "x"}), httpx.Response(200, json=[])]
    )

    def parse(response: Response) -> object:
        if response.json():
            raise VendorDown("an error in place of data")
        return "data"

    assert http.read("/list", parse) == "data"
    assert http.meter.causes == {"fault in a 200": 1}


def test_a_write_is_tried_once(http: Http, vendor: respx.MockRouter, waits: Any) -> None:
    route = vendor.post(f"{SITE}/notes").respond(503)
    with pytest.raises(VendorDown):
        http.write("POST", "/notes", {"text": "x"})
    assert route.call_count == 1
    assert waits.seconds == []


def test_a_body_is_sent_as_json_in_utf_8_and_says_so(http: Http, vendor: respx.MockRouter) -> None:
    route = vendor.patch(f"{SITE}/notes/1").respond(200, json={})
    http.write("PATCH", "/notes/1", [{"value": "Größe"}])
    sent = route.calls.last.request
    assert sent.headers["content-type"] == "application/json; charset=utf-8"
    assert json.loads(sent.content.decode("utf-8")) == [{"value": "Größe"}]


def test_a_question_can_be_posted_and_is_then_asked_again_like_any_read(
    http: Http, vendor: respx.MockRouter
) -> None:
    route = vendor.post(f"{SITE}/query").mock(
        side_effect=[httpx.Response(502), httpx.Response(200, json={"items": []})]
    )
    assert http.read("/query", Response.json, json_body={"filter": []}) == {"items": []}
    assert route.call_count == 2


def test_an_answer_larger_than_the_limit_is_refused(
    http: Http, vendor: respx.MockRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http_module, "MAX_BODY", 10)
    vendor.get(f"{SITE}/list").respond(200, text="x" * 11)
    with pytest.raises(ContractChanged, match="larger than"):
        http.get("/list")


def test_stopping_ends_a_download(http: Http, vendor: respx.MockRouter, waits: Any) -> None:
    def stop_on_request(_request: httpx.Request) -> httpx.Response:
        waits.set()
        return httpx.Response(200, text="x" * 100)

    vendor.get(f"{SITE}/list").mock(side_effect=stop_on_request)
    with pytest.raises(Stopped):
        http.get("/list")


def test_an_answer_that_is_no_json_is_a_changed_contract_for_who_wants_json(
    http: Http, vendor: respx.MockRouter
) -> None:
    vendor.get(f"{SITE}/list").respond(200, text="nonsense")
    with pytest.raises(ContractChanged):
        http.get("/list").json()


def test_credentials_follow_to_another_address_of_the_same_host_only(factory: HttpFactory) -> None:
    with factory(SITE, limits=PLENTY) as http:
        assert http.at(f"{SITE}/v1/").base_url == f"{SITE}/v1"
        for other in ("https://vendor.test.evil.test", "http://vendor.test", "https://vendor.test:8443"):
            with pytest.raises(ContractChanged, match="another host"):
                http.at(other)


def test_a_pages_address_is_followed_below_the_accounts_own_api_only(factory: HttpFactory) -> None:
    with factory(f"{SITE}/api/v1", limits=PLENTY) as http:
        assert http.relative(f"{SITE}/api/v1/list?page=2&x=%20") == "/list?page=2&x=%20"
        assert http.relative("https://VENDOR.test/api/v1/list") == "/list"
        for other in (
            "https://vendor.test.evil.test/api/v1/list",
            "https://user:pw@vendor.test/api/v1/list",
            "http://vendor.test/api/v1/list",
            f"{SITE}/api/v10/list",
            f"{SITE}/other/list",
            "/api/v1/list",
            "https://[broken",
            "",
        ):
            with pytest.raises(ContractChanged) as caught:
                http.relative(other)
            assert "pw" not in caught.value.text


def test_basic_credentials_are_sent_and_known_as_secrets(
    factory: HttpFactory, vendor: respx.MockRouter
) -> None:
    route = vendor.get(f"{SITE}/list").respond(200, json=[])
    with factory(SITE, limits=PLENTY, basic=("user", "pass-word")) as http:
        http.get("/list")
    header = route.calls.last.request.headers["authorization"]
    assert header == "Basic dXNlcjpwYXNzLXdvcmQ="
    assert redact.redact(f"sent {header}") == f"sent Basic {redact.MASK}"


def test_a_ca_bundle_that_cannot_be_read_is_a_matter_of_configuration(tmp_path: Path, waits: Any) -> None:
    empty = tmp_path / "empty.pem"
    empty.write_text("")
    for bundle in (tmp_path / "missing.pem", empty):
        factory = HttpFactory(clock=lambda: NOW, stop=waits, ca_bundle=bundle)
        with pytest.raises(ConfigProblem, match="ca_bundle"):
            factory(SITE, limits=PLENTY)


def test_a_ca_bundle_is_used(waits: Any) -> None:
    import certifi

    factory = HttpFactory(clock=lambda: NOW, stop=waits, ca_bundle=Path(certifi.where()))
    with factory(SITE, limits=PLENTY) as http:
        assert http.base_url == SITE


def test_the_public_authorities_are_read_once(factory: HttpFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    factory("https://vendor.example", limits=Limits(per_minute=60)).close()
    monkeypatch.setattr(httpx, "create_ssl_context", None)  # calling it would be an error
    factory("https://other.example", limits=Limits(per_minute=60)).close()


def test_a_proxy_in_the_environment_is_not_used(
    factory: HttpFactory, vendor: respx.MockRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with factory(SITE, limits=PLENTY) as http:
        assert http._client._mounts == {}


@contextmanager
def raw_server(answer: bytes) -> Iterator[str]:
    """A server on loopback that sends these bytes to each who asks, and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


@pytest.mark.parametrize(
    "answer",
    [
        b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n[{"id": 1}',
        b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n[{"id": 1}',
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"",
    ],
    ids=["shorter than it says", "cut in a chunk", "no gzip", "nothing at all"],
)
def test_a_cut_answer_is_never_taken_for_a_whole_one(answer: bytes, factory: HttpFactory) -> None:
    with raw_server(answer) as address, factory(address, limits=PLENTY) as http:
        with pytest.raises(VendorDown, match="connection failed"):
            http.get("/list")
        assert http.meter.requests == RetryPolicy().attempts
