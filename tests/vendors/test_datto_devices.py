from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from connectors.datto_bcdr.streams import STREAMS
from sevenc_sync.connect.stream import Context, Parent
from sevenc_sync.model import Alert, Asset, Company, Lookup, Record

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
BY_NAME = {stream.name: stream for stream in STREAMS}
APPLIANCE = Parent("D0011223344", "4711", {"company": "4711", "kind": "appliance", "model": "S5-4"})
VOLUME = "0123456789abcdef0123456789abcdef"


def translated(stream: str, wire: dict[str, Any], parent: Parent | None = None) -> list[Record]:
    """The record as its stream translates it, by way of the bytes that the server would send."""
    chosen = BY_NAME[stream]
    record = msgspec.json.Decoder(chosen.wire).decode(msgspec.json.encode(wire))
    return list(chosen.to_canonical(record, Context(now=NOW, parent=parent)))


def nulls(record: dict[str, Any], *keep: str) -> dict[str, Any]:
    """The same record with null for everything else."""
    return {key: value if key in keep else None for key, value in record.items()}


DEVICE = {
    "serialNumber": "D0011223344",
    "name": "ACME-SIRIS",
    "model": "S5-4",
    "region": {"location": "US", "provider": "Datto"},
    "lastSeenDate": "2026-11-22T19:25:00+00:00",
    "organizationId": 4711,
    "organizationName": "Acme Ltd",
    "clientCompanyName": "Acme",
    "resellerCompanyName": "Example MSP",
    "hidden": False,
    "servicePlan": "Infinite",
    "warrantyExpire": "2028-01-10T00:00:00+00:00",
    "localStorageUsed": {"size": 100, "units": "GB"},
    "agentCount": 4,
}


def test_a_device_is_an_appliance_and_its_organisation_a_company() -> None:
    assert translated("devices", DEVICE) == [
        Company(id="4711", name="Acme Ltd"),
        Asset(
            id="D0011223344",
            company="4711",
            name="ACME-SIRIS",
            kind="appliance",
            type="S5-4",
            is_active=True,
            serial="D0011223344",
            manufacturer="Datto",
            model="S5-4",
            warranty_ends_on=datetime(2028, 1, 10, tzinfo=UTC),
            last_seen_at=datetime(2026, 11, 22, 19, 25, tzinfo=UTC),
        ),
    ]


@pytest.mark.parametrize("nothing", [{}, {"servicePlan": None}, {"servicePlan": " "}])
def test_a_service_plan_is_a_list_entry_where_there_is_one(nothing: dict[str, Any]) -> None:
    plan = Lookup(id="service plan:D0011223344", kind="service plan", name="Infinite")
    assert translated("service_plans", DEVICE) == [plan]
    assert translated("service_plans", {"serialNumber": "D1"} | nothing) == []
    with pytest.raises(ValueError, match="serial number"):
        translated("service_plans", {"serialNumber": " "})


def test_a_device_with_nothing_but_its_serial_number_belongs_to_nobody() -> None:
    bare = [Asset(id="D1", company=None, kind="appliance", serial="D1", manufacturer="Datto")]
    assert translated("devices", {"serialNumber": "D1"}) == bare
    assert translated("devices", {**nulls(DEVICE), "serialNumber": "D1"}) == bare


@pytest.mark.parametrize(
    ("changes", "company"),
    [
        ({"organizationId": "4711"}, Company(id="4711", name="Acme Ltd")),
        ({"organizationName": None}, Company(id="4711", name="Acme")),
        (
            {"organizationName": None, "clientCompanyName": ""},
            Company(id="4711", name="Organisation 4711"),
        ),
        ({"organizationId": None}, Company(id="name:acme ltd", name="Acme Ltd")),
        (
            {"organizationId": 0, "organizationName": " ACME\u00a0 LTD"},
            Company(id="name:acme ltd", name="ACME  LTD"),
        ),
        ({"organizationId": "", "organizationName": None}, Company(id="name:acme", name="Acme")),
    ],
)
def test_an_organisation_is_known_by_its_id_else_by_its_name(
    changes: dict[str, Any], company: Company
) -> None:
    found, appliance = translated("devices", {**DEVICE, **changes})
    assert found == company
    assert isinstance(appliance, Asset)
    assert appliance.company == company.id


def test_two_devices_of_one_organisation_give_one_company() -> None:
    records = translated("devices", DEVICE) + translated("devices", {**DEVICE, "serialNumber": "D2"})
    assert {record for record in records if isinstance(record, Company)} == {
        Company(id="4711", name="Acme Ltd")
    }


@pytest.mark.parametrize(
    "seen", ["2026-11-22T19:25:00Z", "2026-11-22T20:25:00+01:00", 1795375500, "1795375500", 1795375500000]
)
def test_a_time_may_come_as_text_or_as_a_number(seen: object) -> None:
    (*_, found) = translated("devices", {**DEVICE, "lastSeenDate": seen})
    assert isinstance(found, Asset)
    assert found.last_seen_at == datetime(2026, 11, 22, 19, 25, tzinfo=UTC)


def test_a_device_without_a_serial_number_cannot_be_kept() -> None:
    with pytest.raises(ValueError, match="serial number"):
        translated("devices", {**DEVICE, "serialNumber": " "})
    with pytest.raises(msgspec.ValidationError):
        translated("devices", nulls(DEVICE))


ALERT = {
    "type": "Device Not Seen Alert",
    "threshold": 60,
    "unit": "Minutes",
    "dateTriggered": "2026-11-22T18:00:00+00:00",
    "dateSent": "2026-11-22T19:00:00+00:00",
}


def test_an_alert_is_known_by_its_device_kind_threshold_and_time() -> None:
    assert translated("alerts", ALERT, APPLIANCE) == [
        Alert(
            id="D0011223344/Device Not Seen Alert/60 Minutes/2026-11-22T18:00:00Z",
            company="4711",
            device="D0011223344",
            kind="Device Not Seen Alert",
            threshold="60 Minutes",
            raised_at=datetime(2026, 11, 22, 18, tzinfo=UTC),
            sent_at=datetime(2026, 11, 22, 19, tzinfo=UTC),
        )
    ]


def test_an_alert_that_says_nothing() -> None:
    bare = [Alert(id="D0011223344///", company="4711", device="D0011223344")]
    assert translated("alerts", {}, APPLIANCE) == bare
    assert translated("alerts", nulls(ALERT), APPLIANCE) == bare


def test_alerts_that_differ_have_different_ids() -> None:
    variants: Iterable[dict[str, Any]] = (
        {},
        {"type": "Other"},
        {"threshold": 90},
        {"unit": "Hours"},
        {"dateTriggered": "2026-11-22T18:00:01Z"},
    )
    ids = {translated("alerts", {**ALERT, **change}, APPLIANCE)[0].id for change in variants}
    assert len(ids) == 5


@pytest.mark.parametrize("stream", ["protections", "alerts"])
def test_a_record_without_its_device_cannot_be_kept(stream: str) -> None:
    with pytest.raises(ValueError, match="without its device"):
        translated(stream, {"volume": VOLUME})
