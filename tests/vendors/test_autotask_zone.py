import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

import httpx
import pytest
import respx
from pydantic import ValidationError

from connectors.autotask_psa import CONNECTOR
from connectors.autotask_psa.settings import AutotaskSettings
from connectors.autotask_psa.zone import limits
from sevenc_sync.connect import redact
from sevenc_sync.connect.errors import ContractChanged, CredentialsProblem, Throttled, VendorDown
from sevenc_sync.connect.http import Http, HttpFactory

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
DISCOVERY = "https://webservices.autotask.net/ATServicesRest/V1.0/ZoneInformation"
ZONE = "https://webservices5.autotask.net/ATServicesRest"
QUOTA = {
    "externalRequestThreshold": 10000,
    "requestThresholdTimeframe": 60,
    "currentTimeframeRequestCount": 1200,
}

Open = Callable[..., Http]


def settings(**changes: object) -> AutotaskSettings:
    return AutotaskSettings.model_validate(
        {
            "name": "psa",
            "connector": "autotask_psa",
            "user_name": "api+user@msp.test",
            "secret": "s3cret#value",
            "integration_code": "TRACKINGCODE27CHARACTERSXYZ",
            **changes,
        }
    )


def answer_zone(vendor: respx.MockRouter, url: object, at: str = DISCOVERY) -> respx.Route:
    body = {"zoneName": "America East", "url": url, "webUrl": "https://ww5.autotask.net/", "ci": 12345}
    return vendor.get(at).respond(200, json=body)


def answer_quota(vendor: respx.MockRouter, zone: str = ZONE, **changes: object) -> respx.Route:
    return vendor.get(f"{zone}/V1.0/ThresholdInformation").respond(200, json={**QUOTA, **changes})


def test_the_users_zone_is_asked_for_without_credentials_and_used_with_them(
    factory: HttpFactory, vendor: respx.MockRouter
) -> None:
    zone = answer_zone(vendor, "https://webservices5.autotask.net/ATServicesRest/")
    quota = answer_quota(vendor)
    with CONNECTOR.open(settings(), factory) as http:
        assert http.base_url == f"{ZONE}/V1.0"
    asked = zone.calls.last.request
    assert asked.url.query == b"user=api%2Buser%40msp.test"
    assert not {"secret", "username", "apiintegrationcode"} & {name.lower() for name in asked.headers}
    sent = quota.calls.last.request.headers
    assert sent["UserName"] == "api+user@msp.test"
    assert sent["Secret"] == "s3cret#value"
    assert sent["ApiIntegrationCode"] == "TRACKINGCODE27CHARACTERSXYZ"
    assert "Authorization" not in sent


@pytest.mark.parametrize(
    "url",
    [
        "https://webservices29.autotask.net/atservicesrest",
        "https://prde.autotask.net/ATServicesRest/",
        "https://PRES.autotask.net/ATServicesRest/",
        "https://webservices5.autotask.net:443/ATServicesRest/",
    ],
)
def test_every_zone_of_autotask_is_followed(factory: HttpFactory, vendor: respx.MockRouter, url: str) -> None:
    answer_zone(vendor, url)
    vendor.get(url__regex=".*ThresholdInformation$").respond(200, json=QUOTA)
    with CONNECTOR.open(settings(), factory) as http:
        assert http.base_url.lower().startswith(url.lower().rstrip("/"))


@pytest.mark.parametrize(
    "url",
    [
        "https://webservices5.autotask.net.evil.test/ATServicesRest/",
        "https://evil.test/webservices5.autotask.net/ATServicesRest/",
        "https://webservices5xautotask.net/ATServicesRest/",
        "https://user@webservices5.autotask.net/ATServicesRest/",
        "https://webservices5.autotask.net:8443/ATServicesRest/",
        "http://webservices5.autotask.net/ATServicesRest/",
        "https://webservices5.autotask.net/elsewhere/",
        "https://127.0.0.1/ATServicesRest/",
        "",
        None,
    ],
)
def test_credentials_go_to_no_other_host(factory: HttpFactory, vendor: respx.MockRouter, url: object) -> None:
    answer_zone(vendor, url)
    with pytest.raises(ContractChanged, match="credentials are not sent there"):
        CONNECTOR.open(settings(), factory)
    assert len(vendor.calls) == 1


def test_a_server_on_this_machine_must_name_itself(factory: HttpFactory, vendor: respx.MockRouter) -> None:
    at = "http://127.0.0.1:8911/ATServicesRest/V1.0/ZoneInformation"
    answer_zone(vendor, "http://127.0.0.1:8911/ATServicesRest/", at)
    answer_quota(vendor, "http://127.0.0.1:8911/ATServicesRest")
    here = settings(base_url="http://127.0.0.1:8911")
    with CONNECTOR.open(here, factory) as http:
        assert http.base_url == "http://127.0.0.1:8911/ATServicesRest/V1.0"
    for elsewhere in ("http://127.0.0.1:8912/ATServicesRest/", f"{ZONE}/"):
        answer_zone(vendor, elsewhere, at)
        with pytest.raises(ContractChanged, match="credentials are not sent there"):
            CONNECTOR.open(here, factory)


@pytest.mark.parametrize(
    ("base_url", "site"),
    [
        ("https://webservices.autotask.net", "https://webservices.autotask.net"),
        ("https://webservices5.autotask.net/", "https://webservices5.autotask.net"),
        ("https://webservices5.autotask.net/ATServicesRest/V1.0", "https://webservices5.autotask.net"),
        ("https://webservices5.autotask.net/atservicesrest/", "https://webservices5.autotask.net"),
        ("http://localhost:8911", "http://localhost:8911"),
    ],
)
def test_the_address_is_autotasks_or_this_machines(base_url: str, site: str) -> None:
    assert settings(base_url=base_url).base_url == site


@pytest.mark.parametrize("base_url", ["https://autotask.net", "https://webservices5.autotask.net.evil.test"])
def test_another_hosts_address_is_a_mistake(base_url: str) -> None:
    with pytest.raises(ValidationError, match="zone's own address"):
        settings(base_url=base_url)


@pytest.mark.parametrize("field", ["user_name", "secret", "integration_code"])
def test_a_key_is_one_word_that_a_header_can_carry(field: str) -> None:
    assert getattr(settings(**{field: " pasted "}), field).get_secret_value() == "pasted"
    for bad in ("", "two words", "line\nbreak", "ü"):
        with pytest.raises(ValidationError, match="one word"):
            settings(**{field: bad})


def test_a_user_without_a_zone_is_a_wrong_user_name(factory: HttpFactory, vendor: respx.MockRouter) -> None:
    route = vendor.get(DISCOVERY).respond(500, json={"errors": ["Zone information could not be determined"]})
    with pytest.raises(CredentialsProblem, match="does not know the user_name"):
        CONNECTOR.open(settings(), factory)
    assert route.call_count == 1


def test_a_refused_secret_is_tried_once_because_failures_lock_the_user(
    factory: HttpFactory, vendor: respx.MockRouter
) -> None:
    zone = answer_zone(vendor, f"{ZONE}/")
    refused = vendor.get(f"{ZONE}/V1.0/ThresholdInformation").respond(401)
    with pytest.raises(CredentialsProblem, match="refuses the API user's secret"):
        CONNECTOR.open(settings(), factory)
    assert refused.call_count == 1
    assert zone.call_count == 2


def test_a_zone_that_refuses_the_user_is_asked_for_anew_because_databases_move(
    factory: HttpFactory, vendor: respx.MockRouter
) -> None:
    old = "https://webservices2.autotask.net/ATServicesRest"
    answer_zone(vendor, old, f"{old}/V1.0/ZoneInformation")
    answer_zone(vendor, ZONE)
    refused = vendor.get(f"{old}/V1.0/ThresholdInformation").respond(401)
    answer_quota(vendor)
    with CONNECTOR.open(settings(base_url="https://webservices2.autotask.net"), factory) as http:
        assert http.base_url == f"{ZONE}/V1.0"
    assert refused.call_count == 1


def test_a_database_that_moves_in_the_middle_of_a_round_is_no_refused_key(
    factory: HttpFactory, vendor: respx.MockRouter
) -> None:
    told = answer_zone(vendor, ZONE)
    answer_quota(vendor)
    refused = vendor.post(f"{ZONE}/V1.0/Tickets/query").respond(401)
    with CONNECTOR.open(settings(), factory) as http:
        told.respond(200, json={"url": "https://webservices29.autotask.net/ATServicesRest/"})
        with pytest.raises(Throttled, match="another zone") as caught:
            http.read("/Tickets/query", lambda answer: answer, json_body={})
    assert caught.value.retry_at == NOW
    assert refused.call_count == 1


@pytest.mark.parametrize(
    "discovery",
    [
        httpx.Response(200, json={"url": ZONE}),
        httpx.Response(500, json={"errors": ["Zone information could not be determined"]}),
        httpx.Response(503),
        httpx.Response(200, json={"url": "https://example.com/ATServicesRest/"}),
    ],
)
def test_a_refusal_in_the_middle_of_a_round_is_one_unless_autotask_names_another_zone(
    factory: HttpFactory, vendor: respx.MockRouter, discovery: httpx.Response
) -> None:
    told = answer_zone(vendor, ZONE)
    answer_quota(vendor)
    refused = vendor.post(f"{ZONE}/V1.0/Tickets/query").respond(401)
    with CONNECTOR.open(settings(), factory) as http:
        told.mock(return_value=discovery)
        with pytest.raises(CredentialsProblem):
            http.read("/Tickets/query", lambda answer: answer, json_body={})
    assert refused.call_count == 1


def test_the_quota_is_known_once_the_account_is_open(factory: HttpFactory, vendor: respx.MockRouter) -> None:
    answer_zone(vendor, ZONE)
    answer_quota(vendor)
    with CONNECTOR.open(settings(), factory) as http:
        quota = http.quota
    assert quota is not None
    assert (quota.used, quota.limit, quota.window, quota.at) == (1200, 10000, timedelta(hours=1), NOW)
    assert quota.share == 2500


def test_our_pace_is_our_share_of_the_limit_that_the_tenant_tells(
    factory: HttpFactory, vendor: respx.MockRouter, waits: Any
) -> None:
    answer_zone(vendor, ZONE)
    answer_quota(
        vendor, externalRequestThreshold=300, requestThresholdTimeframe=30, currentTimeframeRequestCount=0
    )
    vendor.get(f"{ZONE}/V1.0/Version").respond(200, json={})
    with CONNECTOR.open(settings(quota_share=10), factory) as http:
        assert http.quota is not None
        assert (http.quota.share, http.quota.per_minute) == (30, 1)
        for _ in range(20):  # asking for the quota was the first of 20 requests that may come at once
            http.get("/Version")
    assert waits.seconds == [pytest.approx(60, abs=10)]


def test_the_operators_own_pace_stays(factory: HttpFactory, vendor: respx.MockRouter) -> None:
    answer_zone(vendor, ZONE)
    answer_quota(vendor, externalRequestThreshold=3000)
    with (
        patch.object(Http, "pace") as paced,
        CONNECTOR.open(settings(requests_per_minute=100), factory) as http,
    ):
        assert http.quota is not None
    paced.assert_not_called()


@pytest.mark.parametrize(
    ("used", "share", "has_room"),
    [
        (10_000 - 20, 25, True),
        (10_000 - 19, 25, False),
        (10_000, 25, False),
    ],
)
def test_nothing_is_asked_when_the_hour_is_all_but_used_up(
    factory: HttpFactory, vendor: respx.MockRouter, used: int, share: int, has_room: bool
) -> None:
    answer_zone(vendor, ZONE)
    answer_quota(vendor, currentTimeframeRequestCount=used)
    wanted = settings(quota_share=share)
    if has_room:
        CONNECTOR.open(wanted, factory).close()
    else:
        with pytest.raises(Throttled, match=f"have used {used} of the 10000 requests") as caught:
            CONNECTOR.open(wanted, factory)
        assert caught.value.retry_at == NOW + timedelta(minutes=15)


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(403),
        httpx.Response(500, json={"errors": ["You do not have permission to read this."]}),
        httpx.Response(200, json={"externalRequestThreshold": 0, "currentTimeframeRequestCount": 3}),
        httpx.Response(200, json={}),
    ],
)
def test_a_quota_that_is_not_told_stops_nothing(
    factory: HttpFactory, vendor: respx.MockRouter, answer: httpx.Response
) -> None:
    answer_zone(vendor, ZONE)
    vendor.get(f"{ZONE}/V1.0/ThresholdInformation").mock(return_value=answer)
    with CONNECTOR.open(settings(), factory) as http:
        assert http.quota is None


@pytest.mark.parametrize(("share", "hourly"), [(25, 2500), (1, 100), (100, 10_000)])
def test_our_pace_keeps_to_our_share_of_the_hour(share: int, hourly: int) -> None:
    pace = limits(settings(quota_share=share))
    assert pace.per_minute * 60 == pytest.approx(hourly)
    assert pace.burst == 20


@pytest.mark.parametrize("share", [0, 101])
def test_a_share_is_a_percentage(share: int) -> None:
    with pytest.raises(ValidationError):
        settings(quota_share=share)


def test_an_answer_of_another_shape_is_noticed(factory: HttpFactory, vendor: respx.MockRouter) -> None:
    vendor.get(DISCOVERY).respond(200, json={"url": 17})
    with pytest.raises(ContractChanged, match="something else"):
        CONNECTOR.open(settings(), factory)
    vendor.get(DISCOVERY).respond(200, html="<html>Maintenance</html>")
    with pytest.raises(VendorDown, match="web page"):
        CONNECTOR.open(settings(), factory)


def test_nothing_secret_is_told_by_logs_or_errors(
    factory: HttpFactory, vendor: respx.MockRouter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    words = "No such user: api+user@msp.test with s3cret#value"
    vendor.get(DISCOVERY).respond(500, json={"errors": [words]})
    with pytest.raises(ContractChanged) as caught:
        CONNECTOR.open(settings(), factory)
    shown = json.dumps([caught.value.text, caught.value.action, caught.value.detail, caplog.text])
    assert "msp.test" not in shown
    assert "s3cret" not in shown
    assert (
        redact.redact("GET /ZoneInformation?user=api%2Buser%40msp.test") == "GET /ZoneInformation?user=••••"
    )


def test_the_settings_never_show_their_secrets() -> None:
    shown: Any = repr(settings())
    assert "msp.test" not in shown
    assert "s3cret" not in shown
    assert "TRACKINGCODE" not in shown


@pytest.mark.parametrize("count", [4, 16])
def test_more_requests_at_once_than_autotask_bears_are_a_mistake_of_the_configuration(count: int) -> None:
    with pytest.raises(ValidationError, match="less than or equal to 3"):
        settings(requests_at_once=count)
    assert settings(requests_at_once=3).requests_at_once == 3
