"""Answers made to harm: each ends in a problem that says who acts, soon, and with nothing leaked or taken for empty."""

import gzip
import itertools
import socket
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

import msgspec
import pytest
import respx

from sevenc_sync.connect import redact
from sevenc_sync.connect.errors import ConfigProblem, ContractChanged, Problem, VendorDown
from sevenc_sync.connect.http import Http, HttpFactory
from sevenc_sync.connect.layouts import AnyOf, BareArray, Envelope, Layout
from sevenc_sync.connect.limits import Limits
from sevenc_sync.connect.pages import NumberedPages, PageInfo
from sevenc_sync.connect.retries import RetryPolicy
from tests.connect.conftest import NOW, Waits

SITE = "https://vendor.test"
PLENTY = Limits(per_minute=60_000, burst=1000)
DEEP = b"[" * 100_000 + b"]" * 100_000
LAYOUTS: tuple[Layout, ...] = (BareArray(), Envelope("items"), AnyOf("items"))


@pytest.fixture
def http(factory: HttpFactory) -> Iterator[Http]:
    with factory(f"{SITE}/api/v1", limits=PLENTY) as opened:
        yield opened


@contextmanager
def server(parts: Callable[[], Iterable[bytes]], pause: float = 0.0) -> Iterator[str]:
    """A server on loopback that sends these parts, one after the other, to each who asks, and hangs up."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def answer(connection: socket.socket) -> None:
        with connection:
            connection.recv(65536)
            try:
                for part in parts():
                    connection.sendall(part)
                    if over.wait(pause):
                        return
            except OSError:
                return  # who asked has hung up

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            answer(connection)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def test_an_answer_that_drips_without_end_is_given_up_in_time(waits: Waits) -> None:
    factory = HttpFactory(clock=lambda: NOW, stop=waits, timeout=0.2, policy=RetryPolicy(attempts=2))
    drops = [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"]
    with (
        server(lambda: itertools.chain(drops, itertools.repeat(b"1\r\n \r\n")), 0.02) as address,
        factory(address, limits=PLENTY) as http,
        pytest.raises(VendorDown, match="did not end its answer in time"),
    ):
        http.get("/list")
    assert http.meter.causes == {"time-out": 1}


def test_data_that_is_packed_twice_is_refused_unopened(factory: HttpFactory) -> None:
    bomb = gzip.compress(gzip.compress(b" " * 50_000_000))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    assert len(bomb) < 1000
    with (
        server(lambda: [head, bomb]) as address,
        factory(address, limits=PLENTY) as http,
        pytest.raises(ContractChanged, match="packed more than once"),
    ):
        http.get("/list")


def test_data_that_is_packed_once_is_opened(factory: HttpFactory) -> None:
    body = gzip.compress(b"[1, 2]")
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body)
    with server(lambda: [head, body]) as address, factory(address, limits=PLENTY) as http:
        assert http.get("/list").json() == [1, 2]


@pytest.mark.parametrize("secret", ["geheim\nX-Evil: 1", "geheim-ü", "geheim\x7f", "geheim "])
def test_a_secret_that_no_header_can_carry_is_refused_and_not_shown(
    factory: HttpFactory, secret: str
) -> None:
    redact.register(secret)
    with pytest.raises(ConfigProblem, match="header Secret cannot be sent") as caught:
        factory(SITE, limits=PLENTY, headers={"Secret": secret})
    assert "geheim" not in repr((caught.value.text, caught.value.action, caught.value.detail))


def test_a_mark_of_the_encoding_before_the_data_is_passed_over(http: Http, vendor: respx.MockRouter) -> None:
    vendor.get(f"{SITE}/api/v1/list").respond(200, content=b'\xef\xbb\xbf[{"id": 1}]')
    assert len(http.read("/list", lambda response: BareArray().split(response.body)[0])) == 1
    vendor.get(f"{SITE}/api/v1/list").respond(200, content=b"\xef\xbb\xbf<html>down</html>")
    with pytest.raises(VendorDown, match="web page"):
        http.read("/list", lambda response: BareArray().split(response.body))


BROKEN = {
    "another encoding": b'{"items": [], "\xe9t\xe9": "\xe9"}',
    "UTF-16": '[{"id": 1}]'.encode("utf-16"),
    "NaN": b'{"items": [], "more": NaN}',
    "Infinity": b"[1, Infinity]",
    "a number beyond all": b'{"items": [], "total": 1e999}',
    "nested without end": DEEP,
    "nested without end, in an object": b'{"items": ' + DEEP + b"}",
    "nested without end, beside the list": b'{"items": [], "more": ' + DEEP + b"}",
}


@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: type(layout).__name__)
@pytest.mark.parametrize("case", BROKEN)
def test_a_body_made_to_break_a_reader_is_a_problem_and_no_crash(
    http: Http, vendor: respx.MockRouter, layout: Layout, case: str
) -> None:
    vendor.get(f"{SITE}/api/v1/list").respond(200, content=BROKEN[case])
    with pytest.raises(Problem):
        http.read("/list", lambda response: layout.split(response.body))
    if case in ("another encoding", "nested without end"):
        with pytest.raises(ContractChanged):
            http.get("/list").json()


def test_of_a_key_that_comes_twice_the_last_one_counts() -> None:
    rows, paging = Envelope("items").split(b'{"items": [1], "page": 1, "items": [2, 3], "page": 2}')
    assert ([msgspec.json.decode(row) for row in rows], paging) == ([2, 3], {"page": 2})


@pytest.mark.parametrize("name", ["²", "٣", "1" * 5000])
def test_an_object_is_numbered_by_plain_numbers_only(name: str) -> None:
    with pytest.raises(ContractChanged, match="shape that is not known"):
        AnyOf("items").split(msgspec.json.encode({name: {}}))


@pytest.mark.parametrize("total", [-1, 0, 1])
def test_a_total_below_the_page_that_holds_records_is_not_the_end(total: int) -> None:
    pages = NumberedPages(10, "page", "size", "pages", "page", "total")
    info = PageInfo({"page": 2, "size": 10}, 10, None, {"pages": {"total": total, "page": 2}}, None)
    with pytest.raises(ContractChanged, match="Page 2 holds records"):
        pages.next(info)


def test_yes_is_no_number_of_pages() -> None:
    pages = NumberedPages(10, "page", "size", "pages", "page", "total")
    with pytest.raises(ContractChanged, match="no number"):
        pages.next(PageInfo({"page": 1}, 10, None, {"pages": {"total": True, "page": 1}}, None))


@pytest.mark.parametrize(
    "address",
    [
        "https://vendor.test:443/api/v1/list?page=2",
        "https://VENDOR.test/API/V1/list?page=2",
        "https://vendor.test:/api/v1/list?page=2#top",
    ],
)
def test_a_pages_address_may_spell_the_same_server_otherwise(http: Http, address: str) -> None:
    assert http.relative(address) == "/list?page=2"


@pytest.mark.parametrize(
    "address",
    [
        "https://vendor.test:8443/api/v1/list",
        "https://vendor.test:port/api/v1/list",
        "https://@vendor.test/api/v1/list",
        "https://vendor.test\\@evil.test/api/v1/list",
        "https://vendor.test/api/v1/../admin",
        "https://vendor.test/api/v1/%2e%2e/admin",
        "//vendor.test/api/v1/list",
        "ftp://vendor.test/api/v1/list",
        "https://vendor.test./api/v1/list",
    ],
)
def test_a_pages_address_that_leaves_the_api_is_not_followed(http: Http, address: str) -> None:
    with pytest.raises(ContractChanged, match="leads elsewhere"):
        http.relative(address)
