from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.autotask_psa.streams import STREAMS
from sevenc_sync.connect.stream import Context
from sevenc_sync.model import Contract, ContractLine, Lookup, Record

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
BY_NAME = {stream.name: stream for stream in STREAMS}
NAMES = {
    "contract_type": {"1": "Time & Materials", "7": "Recurring Service"},
    "contract_category": {"12": "Managed Services"},
    "contract_status": {"1": "Active"},
    "contract_period": {"m": "Monthly"},
    "sla": {"1": "Standard SLA"},
    "service": {"12": "Managed Server"},
    "service_bundle": {"3": "Complete Care"},
}
OWNERS: dict[tuple[str, str], dict[str, str | None]] = {("contract", "company"): {"29683570": "176"}}

Units = dict[str, tuple[float, str]]  # owner/period -> units, last day


def translated(stream: str, wire: dict[str, Any], *, now: datetime = NOW, **units: Units) -> list[Record]:
    """The record as its stream translates it, with only the lists and rows that the stream asks for."""
    chosen = BY_NAME[stream]
    lookups = {
        kind: {
            key: Lookup(id=f"{kind}:{key}", kind=kind, name=name) for key, name in NAMES.get(kind, {}).items()
        }
        for kind in chosen.lookups
    }
    for kind, found in units.items():
        assert kind in chosen.lookups
        lookups[kind] = {
            key: Lookup(id=f"{kind}:{key}", kind=kind, name=f"{count:g}", meaning=f"{last}T00:00:00Z")
            for key, (count, last) in found.items()
        }
    record = msgspec.json.Decoder(chosen.wire).decode(msgspec.json.encode(wire))
    context = Context(now=now, lookups=lookups, rows={pair: OWNERS[pair] for pair in chosen.related})
    return list(chosen.to_canonical(record, context))


CONTRACT = {
    "id": 29683570,
    "companyID": 176,
    "contractName": "Managed services",
    "contractType": 7,
    "contractCategory": 12,
    "contractPeriodType": "m",
    "status": 1,
    "startDate": "2026-01-01T00:00:00Z",
    "endDate": "2026-12-31T00:00:00Z",
    "serviceLevelAgreementID": 1,
    "lastModifiedDateTime": "2026-02-01T00:00:00Z",
}


def test_a_contract() -> None:
    assert translated("contracts", CONTRACT) == [
        Contract(
            id="29683570",
            company="176",
            name="Managed services",
            type="Managed Services",
            status="Active",
            is_active=True,
            is_recurring=True,
            starts_on=datetime(2026, 1, 1, tzinfo=UTC),
            ends_on=datetime(2026, 12, 31, tzinfo=UTC),
            sla="Standard SLA",
            billing_cycle="Monthly",
            updated_at=datetime(2026, 2, 1, tzinfo=UTC),
        )
    ]


@pytest.mark.parametrize(("status", "active"), [(1, True), (0, False), ("1", True), (9, None), (None, None)])
def test_a_contract_is_in_force_by_the_systems_own_statuses(
    status: int | str | None, active: bool | None
) -> None:
    (found,) = translated("contracts", {**CONTRACT, "status": status})
    assert isinstance(found, Contract)
    assert found.is_active is active


@pytest.mark.parametrize(
    ("kind", "category", "name", "recurring"),
    [
        (7, 12, "Managed Services", True),
        (7, None, "Recurring Service", True),
        (7, 99, "Recurring Service", True),
        (1, 12, "Time & Materials", None),  # the form says more than the category
        (None, 12, None, None),
    ],
)
def test_a_recurring_contract_is_called_by_its_category_and_others_by_their_type(
    kind: int | None, category: int | None, name: str | None, recurring: bool | None
) -> None:
    (found,) = translated("contracts", {**CONTRACT, "contractType": kind, "contractCategory": category})
    assert isinstance(found, Contract)
    assert (found.type, found.is_recurring) == (name, recurring)


SERVICE = {
    "id": 401,
    "contractID": 29683570,
    "serviceID": 12,
    "invoiceDescription": "Managed server, per server",
    "internalDescription": None,
    "unitPrice": 95.0000,
}


def line(units: Units, now: datetime = NOW, **changes: object) -> ContractLine:
    (found,) = translated("contract_services", {**SERVICE, **changes}, now=now, service_units=units)
    assert isinstance(found, ContractLine)
    return found


def test_a_service_on_a_contract_has_the_quantity_of_the_period_that_covers_today() -> None:
    units: Units = {"401/now": (4, "2026-11-30"), "401/2026-10": (3, "2026-10-31")}
    assert line(units) == ContractLine(
        id="service:401",
        company="176",
        contract="29683570",
        product="Managed Server",
        description="Managed server, per server",
        unit="service",
        quantity=4.0,
        bills=True,
    )


@pytest.mark.parametrize(
    ("units", "quantity"),
    [
        ({"401/now": (0, "2026-11-30"), "401/2026-10": (3, "2026-10-31")}, 0.0),
        ({"401/2026-11": (5, "2026-11-21"), "401/2026-10": (3, "2026-10-31")}, 5.0),
        ({"401/2026-10": (3, "2026-10-31"), "401/2026-09": (2, "2026-09-30")}, 3.0),
        # a period that was in force when it was read, and is not any more
        ({"401/now": (3, "2026-10-31"), "401/2026-09": (2, "2026-09-30")}, 3.0),
        ({"401/now": (3, "2026-09-30"), "401/2026-10": (2, "2026-10-31")}, 2.0),
    ],
)
def test_without_a_period_for_today_the_latest_one_before_counts(units: Units, quantity: float) -> None:
    found = line(units)
    assert (found.quantity, found.cancelled_on) == (quantity, None)


@pytest.mark.parametrize(
    ("units", "ended"),
    [
        ({"401/2026-06": (2, "2026-06-30")}, datetime(2026, 6, 30, tzinfo=UTC)),
        ({"401/now": (2, "2026-06-30")}, datetime(2026, 6, 30, tzinfo=UTC)),
        ({"401/2025-12": (2, "2025-12-31")}, datetime(2025, 12, 31, tzinfo=UTC)),
    ],
)
def test_a_service_whose_periods_ended_long_ago_is_sold_no_more(units: Units, ended: datetime) -> None:
    found = line(units)
    assert (found.quantity, found.cancelled_on) == (2.0, ended)


def test_the_latest_period_is_found_across_the_year() -> None:
    units: Units = {"401/2026-11": (5, "2026-11-30"), "401/2026-12": (6, "2026-12-31")}
    assert line(units, now=datetime(2027, 1, 2, tzinfo=UTC)).quantity == 6.0


def test_of_a_service_without_any_period_in_our_history_there_is_none_if_periods_are_known_at_all() -> None:
    found = line({"40/now": (9, "2026-11-30")})
    assert (found.quantity, found.cancelled_on) == (0.0, None)
    (unread,) = translated("contract_services", SERVICE)  # no period of any service
    assert isinstance(unread, ContractLine)
    assert (unread.quantity, unread.cancelled_on) == (None, None)


def test_a_bundle_on_a_contract_is_a_line_of_its_own() -> None:
    bundle = {"id": 401, "contractID": 29683570, "serviceBundleID": 3, "internalDescription": "All in"}
    assert translated("contract_bundles", bundle, bundle_units={"401/now": (22, "2026-11-30")}) == [
        ContractLine(
            id="service_bundle:401",
            company="176",
            contract="29683570",
            product="Complete Care",
            description="All in",
            unit="service bundle",
            quantity=22.0,
        )
    ]


@pytest.mark.parametrize(("price", "bills"), [(95.0, True), ("0.0000", False), (0, False), (None, None)])
def test_a_line_without_a_price_is_not_charged(price: float | str | None, bills: bool | None) -> None:
    assert line({"401/now": (4, "2026-11-30")}, unitPrice=price).bills is bills


@pytest.mark.parametrize("stream", ["contract_services", "contract_bundles"])
def test_a_line_without_its_contract_cannot_be_kept(stream: str) -> None:
    with pytest.raises(ValueError, match="without its contract"):
        translated(stream, {"id": 401})


def units_row(starts: str | None, ends: str | None, count: float | None = 4) -> dict[str, Any]:
    return {
        "id": 1,
        "contractServiceID": 401,
        "startDate": starts and f"{starts}T00:00:00Z",
        "endDate": ends and f"{ends}T00:00:00Z",
        "units": count,
    }


@pytest.mark.parametrize(
    ("starts", "ends", "period"),
    [
        ("2026-11-01", "2026-11-30", "now"),
        ("2026-11-22", "2026-11-22", "now"),  # first and last day count
        ("2026-11-01", "2026-11-21", "2026-11"),
        ("2026-10-01", "2026-10-31", "2026-10"),
        ("2026-01-01", "2026-12-31", "now"),
    ],
)
def test_units_are_known_by_the_period_that_they_are_for(starts: str, ends: str, period: str) -> None:
    assert translated("contract_service_units", units_row(starts, ends)) == [
        Lookup(id=f"service_units:401/{period}", kind="service_units", name="4", meaning=f"{ends}T00:00:00Z")
    ]


@pytest.mark.parametrize(
    ("starts", "ends", "count"),
    [
        ("2026-11-23", "2026-12-22", 4),  # written ahead
        (None, "2026-11-30", 4),
        ("2026-11-01", None, 4),
        ("2026-11-01", "2026-11-30", None),
    ],
)
def test_units_that_say_nothing_of_today_or_before_are_left_out(
    starts: str | None, ends: str | None, count: float | None
) -> None:
    assert translated("contract_service_units", units_row(starts, ends, count)) == []


def test_units_of_bundles_are_a_kind_of_their_own() -> None:
    row = {"id": 1, "contractServiceBundleID": 401, "units": 2.5}
    dates = {"startDate": "2026-11-01T00:00:00", "endDate": "2026-11-30T00:00:00"}
    assert translated("contract_bundle_units", {**row, **dates}) == [
        Lookup(id="bundle_units:401/now", kind="bundle_units", name="2.5", meaning="2026-11-30T00:00:00Z")
    ]


@given(
    now=st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2030, 1, 1)),  # noqa: DTZ001 - made aware below
    counts=st.lists(st.integers(0, 50), min_size=4, max_size=4),
    adjusted_on=st.none() | st.integers(2, 28),
    read_before=st.booleans(),
)
def test_the_quantity_is_the_one_in_force_today_however_periods_were_split(
    now: datetime, counts: list[int], adjusted_on: int | None, read_before: bool
) -> None:
    today = now.replace(tzinfo=UTC)
    begins = today.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    periods = []
    for count in counts:
        following = (begins + timedelta(days=32)).replace(day=1)
        periods.append((begins, following - timedelta(days=1), count))
        begins = (begins - timedelta(days=1)).replace(day=1)
    if adjusted_on is not None:
        first, last, count = periods[0]
        change = first.replace(day=adjusted_on)
        periods[:1] = [(first, change - timedelta(days=1), count), (change, last, count + 100)]
    stored: Units = {}
    readings = [today - timedelta(days=31), today] if read_before else [today]
    for reading in readings:
        for starts, ends, count in periods:
            row = units_row(f"{starts:%Y-%m-%d}", f"{ends:%Y-%m-%d}", count)
            for entry in translated("contract_service_units", row, now=reading):
                assert isinstance(entry, Lookup)
                key = entry.id.removeprefix("service_units:")
                stored[key] = (float(entry.name), str(entry.meaning)[:10])
    in_force = [count for starts, ends, count in periods if starts.date() <= today.date() <= ends.date()]
    assert [line(stored, now=today).quantity] == in_force
