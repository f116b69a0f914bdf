"""Cove's records in our words, from records as the vendor's pages describe them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.cove import CONNECTOR
from connectors.cove.columns import RESULTS
from sevenc_sync.connect.conformance import mistakes, oddities
from sevenc_sync.connect.stream import Context, Stream
from sevenc_sync.model import Company, Lookup, Protection, ProtectionRun

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LAST = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
SEVEN_GOOD_DAYS = "0" * 21 + "5" * 7


def epoch(moment: datetime) -> str:
    return str(int(moment.timestamp()))


def of(
    source: int, status: int, good: datetime | None = LAST, last: datetime = LAST, **fields: str
) -> dict[str, str]:
    """A data source's columns, as the vendor spells them."""
    columns = {"F00": str(status), "F09": "0" if good is None else epoch(good), "F15": epoch(last), **fields}
    return {f"D{source:02d}{field}": value for field, value in columns.items()}


def device(columns: dict[str, str], partner: int = 2001) -> dict[str, Any]:
    """A device with the columns that answers have; those without a value are left out."""
    base = {
        "I1": "srv-fs01_abc",
        "I18": "SRV-FS01",
        "I21": "3C:52:82:00:00:01",
        "I32": "2",
        "I36": "100",
        "I59": "1",
        "I14": "1000",
    }
    return {
        "AccountId": 1001, "PartnerId": partner, "Flags": None,
        "Settings": [{name: value} for name, value in (base | columns).items()],
    }  # fmt: skip


TREE = {
    "1000": Lookup(id="partner:1000", kind="partner", name="MSP", meaning="Reseller"),
    "2001": Lookup(id="partner:2001", kind="partner", name="Acme", meaning="EndCustomer", parent="1000"),
    "3001": Lookup(id="partner:3001", kind="partner", name="Head office", meaning="Site", parent="2001"),
}


def stream(name: str) -> Stream:
    return next(item for item in CONNECTOR.streams if item.name == name)


def read(name: str, record: dict[str, Any]) -> list[Any]:
    found = stream(name)
    wire = msgspec.json.decode(msgspec.json.encode(record), type=found.wire)
    return list(found.to_canonical(wire, Context(now=NOW, lookups={"partner": TREE})))


def machine(columns: dict[str, str], partner: int = 2001) -> Protection:
    first, *_ = read("devices", device(columns, partner))
    assert isinstance(first, Protection)
    return first


def test_the_declaration_is_sound_and_odd_values_are_never_made_up() -> None:
    assert mistakes(CONNECTOR) == []
    raw = msgspec.json.encode(device(of(9, 5) | {"I78": "D01D07"}))
    assert oddities(stream("devices"), raw, Context(now=NOW, lookups={"partner": TREE})) == []


def test_an_end_customer_is_a_company_and_its_external_code_that_of_the_psa() -> None:
    entry, company = read(
        "partners",
        {"Id": 2001, "Name": "Acme ", "Level": "EndCustomer", "ParentId": 1000, "ExternalCode": "250",
         "State": "InProduction", "CreationTime": 1_600_000_000},
    )  # fmt: skip
    assert isinstance(entry, Lookup)
    assert isinstance(company, Company)
    assert (company.id, company.name, company.external) == ("2001", "Acme", {"psa": "250"})


@pytest.mark.parametrize(
    ("name", "level"),
    [("Brightwater", "Reseller"), ("Head office", "Site"), ("001 Brightwater - Recycle Bin", "EndCustomer")],
)
def test_resellers_sites_and_bins_are_no_companies(name: str, level: str) -> None:
    found = read("partners", {"Id": 7, "Name": name, "Level": level, "ParentId": 1000})
    assert [type(record) for record in found] == [Lookup]


def test_a_device_at_a_site_is_its_customers_and_one_of_nobody_is_nobodys() -> None:
    assert machine(of(9, 5), partner=3001).company == "2001"
    assert machine(of(9, 5), partner=1000).company is None
    assert machine(of(9, 5), partner=999).company is None


def test_a_machine_has_its_name_address_size_and_last_backup() -> None:
    found = machine(of(9, 5) | of(1, 5) | {"I78": "D01"})
    assert (found.name, found.host_name, found.workload, found.mac) == (
        "SRV-FS01", "SRV-FS01", "machine", "3C:52:82:00:00:01",
    )  # fmt: skip
    assert (found.last_result, found.last_attempt_at, found.last_success_at) == ("ok", LAST, LAST)
    assert (found.size_bytes, found.offsite_at, found.last_error) == (1000, LAST, None)


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (2, "failed"),
        (3, "failed"),
        (5, "ok"),
        (6, "failed"),
        (7, "missed"),
        (8, "warning"),
        (10, "failed"),
        (11, "failed"),
    ],
)
def test_each_state_of_a_session_has_one_meaning(status: int, result: str) -> None:
    found = machine(of(9, status))
    assert found.last_result == result
    assert (found.last_error is None) == (result == "ok")


@given(status=st.integers(0, 200).filter(lambda status: status not in {*RESULTS, 0, 1, 9, 12}))
def test_a_state_that_nobody_has_described_is_never_ok(status: int) -> None:
    found = machine(of(9, status))
    assert found.last_result is None
    assert str(status) in (found.last_error or "")


@pytest.mark.parametrize("status", [1, 9, 12])
def test_a_session_that_runs_tells_the_one_before_it(status: int) -> None:
    before = LAST - timedelta(days=1)
    found = machine(of(9, status, good=before, F17="8", F18=epoch(before)))
    assert (found.last_result, found.last_attempt_at) == ("warning", before)
    assert machine(of(9, status, good=None)).last_result == "running"


def test_a_device_that_never_ran_says_never_and_one_that_says_nothing_says_nothing() -> None:
    never = machine({"D09F00": "0"})
    assert (never.last_result, never.last_attempt_at, never.last_success_at) == ("never", None, None)
    assert machine({"D09F00": "0", "D09F15": epoch(LAST)}).last_result is None


def test_a_green_total_over_an_old_data_source_keeps_the_old_time() -> None:
    old = LAST - timedelta(days=40)
    found = machine(of(9, 5) | of(1, 5) | of(7, 5, good=old) | {"I78": "D01D07"})
    assert (found.last_result, found.last_success_at) == ("ok", old)
    assert "system state" in (found.last_error or "")
    lacking = machine(of(9, 5) | of(1, 5) | of(7, 2, good=None) | {"I78": "D1,D7"})
    assert lacking.last_success_at is None
    assert "system state" in (lacking.last_error or "")


def test_a_backup_that_is_not_yet_in_the_cloud_is_not_off_site() -> None:
    assert machine(of(9, 5) | {"I36": "50"}).offsite_at is None
    assert machine(of(9, 5) | {"I36": "-2"}).offsite_at is None


def test_short_and_unpadded_names_of_columns_mean_the_same() -> None:
    padded = machine(of(9, 8, F08=SEVEN_GOOD_DAYS))
    short = machine({"T0": "8", "TL": epoch(LAST), "TG": epoch(LAST), "TB": SEVEN_GOOD_DAYS})
    bare = machine({"D9F0": "8", "D9F9": epoch(LAST), "D9F15": epoch(LAST), "D9F8": SEVEN_GOOD_DAYS})
    assert padded == short == bare
    texts = device(of(9, 8, F08=SEVEN_GOOD_DAYS))
    texts["Settings"] = [f"{name}={value}" for one in texts["Settings"] for name, value in one.items()]
    assert read("devices", texts)[0] == padded


def test_each_day_of_the_colour_bar_is_a_run_counted_from_the_day_of_the_last_session() -> None:
    bar = "0" * 22 + "558205"
    _, *runs = read("devices", device(of(9, 5, F08=bar)))
    days = [(run.at.date().isoformat(), run.result) for run in runs if isinstance(run, ProtectionRun)]
    assert days == [
        ("2026-11-15", "ok"), ("2026-11-16", "ok"), ("2026-11-17", "warning"), ("2026-11-18", "failed"),
        ("2026-11-19", "missed"), ("2026-11-20", "ok"),
    ]  # fmt: skip
    assert len({run.id for run in runs}) == len(runs)


def test_a_computer_that_may_be_switched_off_misses_nothing() -> None:
    _, *runs = read("devices", device(of(9, 5, F08="0" * 22 + "558205") | {"I32": "1"}))
    assert "missed" not in {run.result for run in runs}


def test_of_a_microsoft_365_tenant_each_service_in_use_is_a_protection() -> None:
    found = read("devices", device(of(19, 5) | of(20, 2) | {"I59": "2", "I1": "Acme M365", "I78": "D19D20"}))
    shown = [
        (one.id, one.name, one.workload, one.last_result) for one in found if isinstance(one, Protection)
    ]
    assert shown == [
        ("1001/D19", "Acme M365 Exchange Online", "mailbox", "ok"),
        ("1001/D20", "Acme M365 OneDrive", "drive", "failed"),
    ]
    assert all(one.offsite_expected is False for one in found if isinstance(one, Protection))


def test_no_question_ever_asks_for_the_password_of_a_device() -> None:
    body = stream("devices").body
    assert body is not None
    asked = str(body(None))  # type: ignore[arg-type]  # it does not look at the window
    assert "QW" not in asked
    assert "D02" not in asked
    assert "D03" not in asked
