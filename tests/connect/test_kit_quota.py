from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import respx

from sevenc_sync.connect.errors import Overloaded, Problem, Throttled, VendorDown
from sevenc_sync.connect.http import HttpFactory
from sevenc_sync.connect.limits import Allowance, Limits, Quota

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
SITE = "https://vendor.test"
PLENTY = Limits(per_minute=60_000, burst=1000)
HOUR = timedelta(hours=1)


def by_words(status: int, headers: object, body: bytes) -> Problem | None:
    return Overloaded("Too much.") if b"slow down" in body else None


def quota(used: int = 0, limit: int = 10_000, share: int = 2_500, window: timedelta = HOUR) -> Quota:
    return Quota(used=used, limit=limit, window=window, at=NOW, share=share)


@pytest.mark.parametrize(("used", "left"), [(0, 10_000), (9_500, 500), (10_000, 0), (10_050, 0)])
def test_of_a_quota_as_much_is_left_as_nobody_has_used(used: int, left: int) -> None:
    assert quota(used).left == left


def test_a_pace_that_uses_our_share_follows_the_vendors_own_window() -> None:
    assert quota(share=2_500).per_minute == pytest.approx(2_500 / 60)
    assert quota(share=300, window=timedelta(minutes=30)).per_minute == pytest.approx(10)


@pytest.mark.parametrize(
    ("used", "allowed", "wait"),
    # as long as our share takes for as many; a quarter of the window when others left us less
    [(0, 3, HOUR), (98, 2, HOUR * 2 / 3), (100, 0, HOUR / 4)],
)
def test_an_opening_may_ask_what_is_left_and_never_more_than_our_share(
    factory: HttpFactory, vendor: respx.MockRouter, used: int, allowed: int, wait: timedelta
) -> None:
    route = vendor.get(f"{SITE}/list").respond(200, json=[])
    with factory(SITE, limits=PLENTY) as http:
        http.allowance = Allowance(quota(used, limit=100, share=3), http.clock)
        for _ in range(allowed):
            http.get("/list")
        with pytest.raises(Throttled, match="are used up") as caught:
            http.get("/list")
        assert route.call_count == allowed
        assert http.allowance.left == 0
    assert caught.value.retry_at == NOW + wait


def test_after_slow_reading_there_is_no_wait(factory: HttpFactory) -> None:
    late = NOW + timedelta(hours=2)
    allowance = Allowance(quota(share=1), lambda: late)
    allowance.take()
    with pytest.raises(Throttled) as caught:
        allowance.take()
    assert caught.value.retry_at == late


def test_a_pace_may_change_once_the_vendor_tells_its_limit(
    factory: HttpFactory, vendor: respx.MockRouter, waits: Any
) -> None:
    vendor.get(f"{SITE}/list").respond(200, json=[])
    with factory(SITE, limits=Limits(per_minute=60_000, burst=1)) as http:
        http.pace(2)
        http.get("/list")
        http.get("/list")
    assert waits.seconds == [pytest.approx(30, abs=5)]


def test_a_quota_that_a_connector_sets_stays_with_the_client_at_another_address(factory: HttpFactory) -> None:
    with factory(SITE, limits=PLENTY) as http:
        assert http.quota is None
        http.quota = quota(used=1)
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
