from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import respx

from sevenc_sync.connect.errors import Overloaded, Problem, Throttled, VendorDown
from sevenc_sync.connect.http import HttpFactory
from sevenc_sync.connect.limits import Limits, Quota

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
SITE = "https://vendor.test"
PLENTY = Limits(per_minute=60_000, burst=1000)
HOUR = timedelta(hours=1)


def by_words(status: int, headers: object, body: bytes) -> Problem | None:
    return Overloaded("Too much.") if b"slow down" in body else None


def test_a_quota_has_room_up_to_its_limit() -> None:
    quota = Quota(used=9_500, limit=10_000, window=HOUR, at=NOW)
    assert quota.has_room(500)
    assert not quota.has_room(501)


def test_a_quota_that_a_connector_sets_stays_with_the_client_at_another_address(factory: HttpFactory) -> None:
    with factory(SITE, limits=PLENTY) as http:
        assert http.quota is None
        http.quota = Quota(used=1, limit=2, window=HOUR, at=NOW)
        assert http.at(f"{SITE}/v1").quota == http.quota


def test_a_vendor_that_says_in_words_that_it_is_asked_too_much_is_waited_for_as_after_a_429(
    factory: HttpFactory, vendor: respx.MockRouter, waits: Any
) -> None:
    route = vendor.get(f"{SITE}/list").respond(500, json={"errors": ["Please slow down."]})
    with factory(SITE, limits=PLENTY, errors=by_words) as http, pytest.raises(Throttled) as caught:
        http.get("/list")
    assert not isinstance(caught.value, VendorDown)
    assert caught.value.text == '/list answered 500: the vendor asks us to wait ("Please slow down.").'
    assert caught.value.retry_at > NOW
    assert waits.seconds == [30, 60, 120, 120]
    assert route.call_count == 5


def test_a_write_that_meets_an_overloaded_vendor_is_not_repeated(
    factory: HttpFactory, vendor: respx.MockRouter
) -> None:
    route = vendor.post(f"{SITE}/notes").respond(500, json={"errors": ["Please slow down."]})
    with factory(SITE, limits=PLENTY, errors=by_words) as http, pytest.raises(Throttled):
        http.write("POST", "/notes", {})
    assert route.call_count == 1
