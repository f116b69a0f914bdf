from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from connectors.connectwise_psa.streams import STREAMS
from sevenc_sync.connect.stream import Context, Parent
from sevenc_sync.model import Asset, Record

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
BY_NAME = {stream.name: stream for stream in STREAMS}
INFO = {"lastUpdated": "2026-11-20T08:15:30Z", "updatedBy": "member1        "}
UPDATED = datetime(2026, 11, 20, 8, 15, 30, tzinfo=UTC)
AGREEMENT = Parent("40", "250", {"company": "250"})


def translated(stream: str, wire: dict[str, Any], parent: Parent | None = None) -> list[Record]:
    """The record as its stream translates it, by way of the bytes that the server would send."""
    chosen = BY_NAME[stream]
    record = msgspec.json.Decoder(chosen.wire).decode(msgspec.json.encode(wire))
    return list(chosen.to_canonical(record, Context(now=NOW, parent=parent)))


CONFIGURATION = {
    "id": 900,
    "name": "ACME-DC01",
    "type": {"id": 12, "name": "Managed Server"},
    "status": {"id": 1, "name": "Active"},
    "company": {"id": 250, "identifier": "acme", "name": "Acme"},
    "serialNumber": "ABC123",
    "modelNumber": "R740",
    "macAddress": "00:11:22:33:44:55",
    "manufacturer": {"id": 6, "name": "Dell"},
    "osType": "Windows Server 2022",
    "osInfo": "10.0.20348",
    "purchaseDate": "2023-01-10T00:00:00Z",
    "installationDate": "2023-02-01T00:00:00Z",
    "warrantyExpirationDate": "2028-01-10T00:00:00Z",
    "activeFlag": True,
    "questions": [{"answerId": 1, "questionId": 1, "question": "Rack", "answer": "R2", "fieldType": "Text"}],
    "_info": INFO,
}


def test_a_configuration() -> None:
    assert translated("configurations", CONFIGURATION) == [
        Asset(
            id="900",
            company="250",
            name="ACME-DC01",
            type="Managed Server",
            status="Active",
            is_active=True,
            serial="ABC123",
            mac="00:11:22:33:44:55",
            manufacturer="Dell",
            model="R740",
            os="Windows Server 2022",
            os_build="10.0.20348",
            purchased_on=datetime(2023, 1, 10, tzinfo=UTC),
            installed_on=datetime(2023, 2, 1, tzinfo=UTC),
            warranty_ends_on=datetime(2028, 1, 10, tzinfo=UTC),
            updated_at=UPDATED,
        )
    ]


def test_a_configuration_with_nothing_but_its_id() -> None:
    bare = [Asset(id="900", company=None)]
    assert translated("configurations", {"id": 900}) == bare
    assert (
        translated("configurations", {name: None if name != "id" else 900 for name in CONFIGURATION}) == bare
    )
    assert (
        translated(
            "configurations",
            {name: "" for name, value in CONFIGURATION.items() if isinstance(value, str)} | {"id": 900},
        )
        == bare
    )


def test_a_configuration_without_an_os_type_shows_its_os_info() -> None:
    (found,) = translated("configurations", {**CONFIGURATION, "osType": ""})
    assert isinstance(found, Asset)
    assert found.os == "10.0.20348"


def answered(*questions: tuple[str | None, str | None, object], **native: str) -> Asset:
    """A device with answered questions: (question, type of field, answer)."""
    listed = [{"question": words, "fieldType": kind, "answer": said} for words, kind, said in questions]
    (found,) = translated("configurations", {"id": 900, "questions": [None, *listed], **native})
    assert isinstance(found, Asset)
    return found


def test_dates_may_stand_in_questions_of_the_msps_own() -> None:
    found = answered(
        ("Rack", "Text", "R2"),
        ("Purchased on ", "Date", "2023-01-10T00:00:00Z"),
        ("Warranty start", "Date", "2023-01-11T00:00:00Z"),
        ("Warranty expires", "Date", "2028-01-10T00:00:00Z"),
    )
    assert found.purchased_on == datetime(2023, 1, 10, tzinfo=UTC)
    assert found.warranty_ends_on == datetime(2028, 1, 10, tzinfo=UTC)


def test_the_field_comes_before_the_question() -> None:
    found = answered(("Purchase date", "Date", "2023-01-10T00:00:00Z"), purchaseDate="2022-05-05T00:00:00Z")
    assert found.purchased_on == datetime(2022, 5, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("kind", "answer"),
    [
        ("Text", "2023-01-10"),
        (None, "2023-01-10"),
        ("Date", "soon"),
        ("Date", None),
        ("Date", ""),
        ("Date", 0),
        ("Date", True),
        ("Date", []),
        ("Date", {"id": 1}),
    ],
)
def test_an_answer_that_is_no_date_says_nothing(kind: str | None, answer: object) -> None:
    assert answered(("Purchase date", kind, answer)).purchased_on is None


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("2026-11-22", datetime(2026, 11, 22, tzinfo=UTC)),
        ("2026-11-22T00:00:00+13:00", datetime(2026, 11, 22, tzinfo=UTC)),
        ("2026-11-22T23:00:00-05:00", datetime(2026, 11, 22, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", None),
    ],
)
@pytest.mark.parametrize(
    ("stream", "wire_name", "name"),
    [
        ("configurations", "purchaseDate", "purchased_on"),
        ("configurations", "installationDate", "installed_on"),
        ("configurations", "warrantyExpirationDate", "warranty_ends_on"),
        ("agreements", "startDate", "starts_on"),
        ("agreements", "endDate", "ends_on"),
        ("agreements", "dateCancelled", "cancelled_on"),
        ("additions", "effectiveDate", "starts_on"),
        ("additions", "cancelledDate", "cancelled_on"),
    ],
)
def test_a_date_is_the_one_that_is_written_in_every_zone(
    stream: str, wire_name: str, name: str, written: str, date: datetime | None
) -> None:
    parent = AGREEMENT if stream == "additions" else None
    (found,) = translated(stream, {"id": 900, wire_name: written}, parent=parent)
    assert getattr(found, name) == date
