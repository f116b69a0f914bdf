"""Datto SaaS Protection: its records in our words, the shapes of its answers, and its sandbox."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
import respx

from connectors.datto_saas import CONNECTOR
from connectors.datto_saas.account import open_account
from connectors.datto_saas.canonical import last_good
from connectors.datto_saas.settings import DattoSaasSettings
from connectors.datto_saas.streams import Enveloped
from sevenc_sync.connect.conformance import mistakes, oddities
from sevenc_sync.connect.errors import AccessProblem, ContractChanged, RecordVanished, VendorDown
from sevenc_sync.connect.http import HttpFactory
from sevenc_sync.connect.stream import Context, Entries, Parent, Stream
from sevenc_sync.model import Company, Lookup, Protection, ProtectionRun
from sevenc_sync.sandbox import build_world
from sevenc_sync.sandbox.datto_saas import DattoSaas
from sevenc_sync.sandbox.exchange import Call
from tests.vendors.conftest import Pull

NOW = datetime(2026, 11, 20, 12, 30, tzinfo=UTC)
TODAY = datetime(2026, 11, 20, tzinfo=UTC)
DAY = timedelta(days=1)
API = "https://api.datto.com/v1"
SUBSCRIPTION = "Classic:Office365:123456"
DOMAIN: dict[str, Any] = {
    "saasCustomerId": 4711, "saasCustomerName": "Acme Ltd", "domain": "acme.example", "productType": "Office365",
    "externalSubscriptionId": SUBSCRIPTION, "retentionType": "ICR", "seatsUsed": 25,
}  # fmt: skip


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def span(age: int = 0, saved: int = 25, status: str = "Perfect", active: int = 25) -> dict[str, Any]:
    """A day as the vendor tells it: startTime is the later end."""
    return {
        "timeWindow": f"Between{age}dAnd{age + 1}d", "startTime": ms(NOW - age * DAY), "endTime": ms(NOW - (age + 1) * DAY),
        "totalServiceCount": active, "activeServiceCount": active, "activeServiceWithBackupCount": saved, "status": status,
    }  # fmt: skip


def service(
    *history: dict[str, Any], last: object = ms(NOW - timedelta(hours=3)), kind: str = "Office365Exchange"
) -> dict[str, Any]:
    return {
        "appType": kind,
        "lastFullyProtectedTime": last,
        "usedBytes": 1000,
        "backupHistory": list(history),
    }


def customer(*services: dict[str, Any]) -> dict[str, Any]:
    suite = {
        "suiteType": "Office365",
        "domain": "acme.example",
        "externalSubscriptionId": SUBSCRIPTION,
        "appTypes": list(services),
    }
    return {"customerId": 4711, "customerName": "Acme Ltd", "usedBytes": 1, "suites": [suite]}


def stream(name: str) -> Stream:
    return next(item for item in CONNECTOR.streams if item.name == name)


def context() -> Context:
    entry = Lookup(
        id=f"subscription:{SUBSCRIPTION}", kind="subscription", name="acme.example", meaning="unlimited"
    )
    return Context(now=NOW, lookups={"subscription": Entries({SUBSCRIPTION: entry})})


def read(name: str, record: dict[str, Any]) -> list[Any]:
    wire = msgspec.json.decode(msgspec.json.encode(record), type=stream(name).wire)
    return list(stream(name).to_canonical(wire, context()))


def one(*history: dict[str, Any], **more: Any) -> Protection:
    found = read("applications", customer(service(*history, **more)))[0]
    assert isinstance(found, Protection)
    return found


def test_the_declaration_is_sound_and_odd_values_are_never_made_up() -> None:
    assert mistakes(CONNECTOR) == []
    assert oddities(stream("domains"), msgspec.json.encode(DOMAIN), context()) == []
    raw = msgspec.json.encode(customer(service(span())))
    assert oddities(stream("applications"), raw, context()) == []


def test_a_domain_is_its_customer_and_says_how_long_a_subscription_keeps() -> None:
    assert read("domains", DOMAIN) == [
        Company(id="4711", name="Acme Ltd"),
        Lookup(
            id=f"subscription:{SUBSCRIPTION}",
            kind="subscription",
            name="acme.example",
            meaning="unlimited",
            parent="4711",
        ),
    ]


def test_a_service_has_its_last_protection_its_newest_day_and_a_run_for_each_day() -> None:
    found, *runs = read(
        "applications", customer(service(span(0), span(1, saved=22, status="Backup With Issues")))
    )
    assert found == Protection(
        id=f"4711/{SUBSCRIPTION}/Office365Exchange", company="4711", name="acme.example Exchange Online", workload="mailbox",
        last_attempt_at=NOW, last_success_at=NOW - timedelta(hours=3), last_result="ok", interval_hours=24.0,
        interval_inferred=True, offsite_expected=False, size_bytes=1000, retention="unlimited",
    )  # fmt: skip
    told = [
        (run.id.rpartition("@")[2], run.result, run.error) for run in runs if isinstance(run, ProtectionRun)
    ]
    assert told == [
        ("2026-11-20", "ok", None), ("2026-11-19", "warning", "3 of 25 have no backup of this day"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("day", "result"),
    [
        (span(status="Perfect"), "ok"),
        (span(status="Perfect", saved=20), "warning"),
        (span(status="Backup With Issues"), "warning"),
        (span(status="Backup With Issues", saved=0), "missed"),
        (span(status="Insufficient History"), None),
        (span(status="Excellent"), None),
        (span(status="Perfect", saved=0, active=0), "ok"),
    ],
)
def test_each_state_of_a_day_has_one_meaning_and_an_unknown_one_is_never_ok(
    day: dict[str, Any], result: str | None
) -> None:
    found = one(day)
    assert found.last_result == result
    assert ("Excellent" in (found.last_error or "")) == (day["status"] == "Excellent")


def test_the_ends_of_a_span_may_stand_either_way_round() -> None:
    day = span()
    turned = day | {"startTime": day["endTime"], "endTime": day["startTime"]}
    assert one(turned) == one(day)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (ms(NOW), NOW), (str(ms(NOW)), NOW), (None, None), (0, None), ("", None), ("NEVER", None),
        ("BETWEEN_1_AND_2_DAYS_AGO", TODAY - 2 * DAY), ("OVER_10_DAYS_AGO", TODAY - 10 * DAY),
        ("BETWEEN_6_AND_12_HOURS_AGO", datetime(2026, 11, 20, 0, tzinfo=UTC)),
    ],
)  # fmt: skip
def test_a_span_counts_by_its_older_end(value: Any, expected: datetime | None) -> None:
    assert last_good(value, NOW) == expected


def test_a_word_that_is_no_time_is_refused() -> None:
    with pytest.raises(ValueError, match="no time"):
        last_good("RECENTLY", NOW)


@pytest.mark.parametrize(
    ("kind", "workload"),
    [
        ("Office365OneDrive", "drive"),
        ("Office365SharePoint", "site"),
        ("Office365Teams", "team"),
        ("GoogleAppsGmail", "mailbox"),
        ("Odd", None),
    ],
)
def test_services_are_workloads_by_their_names(kind: str, workload: str | None) -> None:
    assert one(kind=kind).workload == workload


RECORD = customer()


@pytest.mark.parametrize(
    "body",
    [
        RECORD,
        {"items": [RECORD]},
        {"pagination": {}, "items": [RECORD]},
        [RECORD],
        [{"pagination": {}, "items": [RECORD]}],
        {"0": RECORD},
    ],
)
def test_all_shapes_in_which_applications_have_been_seen_or_documented_are_read(body: Any) -> None:
    if body is RECORD:
        with pytest.raises(ContractChanged):
            Enveloped().split(json.dumps(body).encode())
        return
    rows, _ = Enveloped().split(json.dumps(body).encode())
    assert [json.loads(bytes(row)) for row in rows] == [RECORD]


@pytest.mark.parametrize(
    ("code", "problem"),
    [
        ("exception.notfoundhttpexception", RecordVanished),
        ("exception.accessdeniedhttpexception", AccessProblem),
        ("exception.odd", VendorDown),
    ],
)
def test_an_error_in_place_of_data_is_one_whatever_its_status(code: str, problem: type[Exception]) -> None:
    with pytest.raises(problem, match="in place of data"):
        Enveloped().split(json.dumps({"code": code, "message": "No."}).encode())


def test_keys_are_sent_and_ten_days_are_asked_for(
    factory: HttpFactory, vendor: respx.MockRouter, pull: Pull
) -> None:
    domains = vendor.get(f"{API}/saas/domains").respond(json=[DOMAIN])
    services = vendor.get(f"{API}/saas/4711/applications").respond(
        json=[{"items": [customer(service(span()))]}]
    )
    settings = DattoSaasSettings.model_validate(
        {"name": "saas", "connector": "datto_saas", "public_key": "abc", "secret_key": "Secret"}
    )
    with open_account(settings, factory) as http:
        pull(http, stream("domains"))
        found = pull(http, stream("applications"), parent=Parent("4711", "4711", {}))
    assert (
        domains.calls.last.request.headers["authorization"]
        == f"Basic {base64.b64encode(b'abc:Secret').decode()}"
    )
    assert dict(services.calls.last.request.url.params) == {"daysUntil": "10"}
    assert [type(record) for record in found] == [Protection, ProtectionRun]


def test_the_sandbox_asks_for_the_keys_and_speaks_both_shapes() -> None:
    vendor = DattoSaas(build_world(clients=12, now=NOW), lambda: NOW)
    keys = f"{vendor.public_key}:{vendor.secret_key}".encode()
    headers = {"authorization": f"Basic {base64.b64encode(keys).decode()}"}

    def ask(path: str, **query: str) -> Any:
        return vendor.answer(Call("GET", f"/v1{path}", query, headers, b""))

    assert vendor.answer(Call("GET", "/v1/saas/domains", {}, {}, b"")).status == 401
    assert vendor.answer(Call("GET", "/v1/saas/clients", {}, {}, b"")).status == 404
    domains = json.loads(ask("/saas/domains").body)
    shapes = {
        type(json.loads(ask(f"/saas/{row['saasCustomerId']}/applications", daysUntil="10").body))
        for row in domains
    }
    assert shapes == {list, dict}
    first = domains[0]["saasCustomerId"]
    assert ask(f"/saas/{first}/applications", daysUntil="31").status == 400
    assert ask("/saas/1/applications").status == 404
