"""Access tokens: fetched once, renewed in time, and a refusal of a fresh one is a refusal of the credentials."""

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import httpx
import pytest
import respx

from sevenc_sync.connect import redact
from sevenc_sync.connect.errors import ContractChanged, CredentialsProblem, VendorDown
from sevenc_sync.connect.http import Http, HttpFactory
from sevenc_sync.connect.limits import Limits
from sevenc_sync.connect.tokens import Token

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
SITE = "https://vendor.test"
PLENTY = Limits(per_minute=60_000, burst=1000)
HOUR = timedelta(hours=1)


class Account:
    """A vendor whose tokens are numbered, at a clock that can be moved."""

    def __init__(self, vendor: respx.MockRouter, stop: threading.Event) -> None:
        self.now = NOW
        self.fetched = 0
        self.lasts: timedelta | None = HOUR
        self.factory = HttpFactory(clock=lambda: self.now, stop=stop)
        self.vendor = vendor

    def fetch(self) -> Token:
        self.fetched += 1
        return Token(f"token-{self.fetched}", self.lasts)

    def open(self) -> Http:
        return self.factory(SITE, limits=PLENTY, token=self.fetch)

    def sent(self) -> list[str]:
        return [call.request.headers["authorization"] for call in self.vendor.calls]


@pytest.fixture
def account(vendor: respx.MockRouter, waits: threading.Event) -> Account:
    return Account(vendor, waits)


def test_one_token_serves_until_a_minute_before_its_end(account: Account) -> None:
    account.vendor.get(f"{SITE}/list").respond(json=[])
    with account.open() as http:
        http.get("/list")
        account.now += HOUR - timedelta(seconds=61)
        http.get("/list")
        account.now += timedelta(seconds=1)
        http.get("/list")
    assert account.sent() == ["Bearer token-1", "Bearer token-1", "Bearer token-2"]


def test_a_token_without_an_end_is_kept(account: Account) -> None:
    account.lasts = None
    account.vendor.get(f"{SITE}/list").respond(json=[])
    with account.open() as http:
        account.now += timedelta(days=1000)
        http.get("/list")
    assert account.fetched == 1


def test_a_refused_token_that_is_not_new_is_renewed_once(account: Account) -> None:
    account.vendor.get(f"{SITE}/list").mock(side_effect=[httpx.Response(401), httpx.Response(200, json=[])])
    with account.open() as http:
        account.now += timedelta(minutes=5)
        assert http.get("/list").status == 200
        assert http.meter.causes == {"token at its end": 1}
    assert account.sent() == ["Bearer token-1", "Bearer token-2"]


def test_a_refused_token_that_is_new_means_the_credentials(account: Account) -> None:
    refused = account.vendor.get(f"{SITE}/list").respond(401)
    with account.open() as http:
        with pytest.raises(CredentialsProblem):
            http.get("/list")
        assert refused.call_count == 1
        account.now += timedelta(minutes=5)
        with pytest.raises(CredentialsProblem):
            http.get("/list")
    assert refused.call_count == 3
    assert account.fetched == 2


def test_what_the_fetching_raises_shows_at_once_and_later(account: Account) -> None:
    down = False

    def fetch() -> Token:
        if down:
            raise VendorDown("The door is shut.")
        return account.fetch()

    with account.factory(SITE, limits=PLENTY, token=fetch) as http:
        account.now += 2 * HOUR
        down = True
        with pytest.raises(VendorDown):
            http.get("/list")
    with pytest.raises(VendorDown):
        account.factory(SITE, limits=PLENTY, token=fetch)


def test_threads_share_one_renewal(account: Account) -> None:
    account.vendor.get(f"{SITE}/list").respond(json=[])
    with account.open() as http, ThreadPoolExecutor(8) as pool:
        account.now += 2 * HOUR
        list(pool.map(lambda _: http.get("/list"), range(16)))
    assert account.fetched == 2


def test_tokens_are_masked_while_they_are_used_and_forgotten_then(account: Account) -> None:
    account.vendor.get(f"{SITE}/list").respond(json=[])
    with account.open() as http:
        assert "token-1" not in redact.redact("sent token-1")
        account.now += 2 * HOUR
        http.get("/list")
        assert redact.redact("token-1") == "token-1"
        assert "token-2" not in redact.redact("token-2")
        moved = http.at(f"{SITE}/v2")
        assert "token-2" not in repr(moved)
    assert redact.redact("token-2") == "token-2"


def test_a_form_is_sent_percent_encoded(factory: HttpFactory, vendor: respx.MockRouter) -> None:
    route = vendor.post(f"{SITE}/token").respond(json={"access_token": "x"})
    with factory(SITE, limits=PLENTY) as http:
        answer = http.read("/token", lambda response: response.json(), form={"user": "a b", "word": "ä&=+"})
    assert answer == {"access_token": "x"}
    request = route.calls.last.request
    assert request.content == b"user=a+b&word=%C3%A4%26%3D%2B"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"


def test_a_token_that_cannot_be_sent_is_not_shown(account: Account) -> None:
    with pytest.raises(ContractChanged) as caught:
        account.factory(SITE, limits=PLENTY, token=lambda: Token("tök\u0000en"))
    assert "\u0000" not in caught.value.text + caught.value.detail
