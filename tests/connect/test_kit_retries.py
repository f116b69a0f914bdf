"""How long a vendor is asked again: passing faults, broken connections, Retry-After, a stop in the middle of a wait."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
import respx

from sevenc_sync.connect.errors import (
    Stopped,
    Throttled,
    VendorDown,
)
from sevenc_sync.connect.http import Http
from sevenc_sync.connect.retries import RetryPolicy
from tests.connect.conftest import NOW, SITE


@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504, 520, 524])
def test_a_passing_fault_is_asked_again(
    status: int, http: Http, vendor: respx.MockRouter, waits: Any
) -> None:
    vendor.get(f"{SITE}/list").mock(side_effect=[httpx.Response(status), httpx.Response(200, json=[])])
    assert http.get("/list").json() == []
    assert http.meter.retries == 1
    assert http.meter.causes == {str(status): 1}
    assert len(waits.seconds) == 1


def test_a_vendor_that_stays_down_is_given_up_after_the_last_attempt(
    http: Http, vendor: respx.MockRouter, waits: Any
) -> None:
    route = vendor.get(f"{SITE}/list").respond(503)
    with pytest.raises(VendorDown, match="/list answered 503"):
        http.get("/list")
    policy = RetryPolicy()
    assert route.call_count == policy.attempts
    assert len(waits.seconds) == policy.attempts - 1
    assert all(0 < seconds <= policy.max_wait + 1 for seconds in waits.seconds)
    assert http.meter.waited_seconds == pytest.approx(sum(waits.seconds))


def test_waits_grow(http: Http, vendor: respx.MockRouter, waits: Any) -> None:
    vendor.get(f"{SITE}/list").respond(503)
    with pytest.raises(VendorDown):
        http.get("/list")
    # doubled each time, with up to a second of jitter on top
    for attempt, seconds in enumerate(waits.seconds):
        assert 0.5 * 2**attempt <= seconds <= 0.5 * 2**attempt + 1


@pytest.mark.parametrize(
    "fault", [httpx.ConnectError("no"), httpx.ReadTimeout("slow"), httpx.DecodingError("bad gzip")]
)
def test_a_broken_connection_is_asked_again(fault: Exception, http: Http, vendor: respx.MockRouter) -> None:
    vendor.get(f"{SITE}/list").mock(side_effect=[fault, httpx.Response(200, json=[])])
    assert http.get("/list").json() == []


def test_a_time_out_is_told_from_a_broken_connection(http: Http, vendor: respx.MockRouter) -> None:
    vendor.get(f"{SITE}/slow").mock(side_effect=httpx.ReadTimeout("slow"))
    vendor.get(f"{SITE}/gone").mock(side_effect=httpx.ConnectError("refused"))
    with pytest.raises(VendorDown, match="did not answer in time"):
        http.get("/slow")
    with pytest.raises(VendorDown, match="the connection failed"):
        http.get("/gone")


def test_retry_after_in_seconds_is_obeyed(http: Http, vendor: respx.MockRouter, waits: Any) -> None:
    vendor.get(f"{SITE}/list").mock(
        side_effect=[httpx.Response(429, headers={"Retry-After": "7"}), httpx.Response(200, json=[])]
    )
    http.get("/list")
    assert waits.seconds == [pytest.approx(7.5)]


def test_retry_after_as_a_date_counts_on_the_servers_own_clock(
    http: Http, vendor: respx.MockRouter, waits: Any
) -> None:
    # the server's clock is an hour behind ours: the wait is still twenty seconds
    headers = {"Date": "Sun, 22 Nov 2026 18:30:00 GMT", "Retry-After": "Sun, 22 Nov 2026 18:30:20 GMT"}
    vendor.get(f"{SITE}/list").mock(
        side_effect=[httpx.Response(503, headers=headers), httpx.Response(200, json=[])]
    )
    http.get("/list")
    assert waits.seconds == [pytest.approx(20.5)]


def test_a_wait_longer_than_a_run_should_take_ends_it_with_the_time_to_come_back(
    http: Http, vendor: respx.MockRouter, waits: Any
) -> None:
    route = vendor.get(f"{SITE}/list").respond(429, headers={"Retry-After": "3600"})
    with pytest.raises(Throttled) as caught:
        http.get("/list")
    assert caught.value.retry_at == NOW + timedelta(hours=1)
    assert route.call_count == 1
    assert waits.seconds == []


def test_too_many_requests_without_a_time_waits_long_and_longer(
    http: Http, vendor: respx.MockRouter, waits: Any
) -> None:
    vendor.get(f"{SITE}/list").respond(429, json={"message": "Too many requests."})
    with pytest.raises(Throttled, match="Too many requests"):
        http.get("/list")
    assert waits.seconds == [30, 60, 120, 120]


def test_stopping_ends_a_wait_at_once(http: Http, vendor: respx.MockRouter, waits: Any) -> None:
    route = vendor.get(f"{SITE}/list").respond(503)
    waits.stop_at = 2
    with pytest.raises(Stopped):
        http.get("/list")
    assert route.call_count == 2


def test_nothing_is_asked_once_we_are_stopped(http: Http, vendor: respx.MockRouter, waits: Any) -> None:
    route = vendor.get(f"{SITE}/list").respond(200, json=[])
    waits.set()
    with pytest.raises(Stopped):
        http.get("/list")
    assert route.call_count == 0
