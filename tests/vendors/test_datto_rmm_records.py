"""Datto RMM's records in our words, by hand-made records of the vendor's own words."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from connectors.datto_rmm import canonical, wire
from connectors.datto_rmm.streams import STREAMS
from sevenc_sync.connect.stream import Context, Parent
from sevenc_sync.model import Asset, Company

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
SITES, DEVICES, PATCHES, AUDITS = STREAMS
UID = "0b1d2f3a-0000-4000-8000-000000000001"
OF = Parent(id=UID, company="s1", row={"id": UID, "kind": "server"})


def read(stream: Any, record: dict[str, Any], parent: Parent | None = None) -> Any:
    """The one record that this one becomes; None where it becomes none."""
    made = msgspec.convert(record, stream.wire)
    found = list(stream.to_canonical(made, Context(now=NOW, parent=parent)))
    assert len(found) <= 1
    return found[0] if found else None


def device(**fields: Any) -> Any:
    return read(DEVICES, {"uid": UID, **fields})


def test_a_site_is_a_company_with_the_psas_id_where_it_has_one() -> None:
    site = {
        "uid": "s1",
        "id": 7,
        "name": " Harbor Dental ",
        "autotaskCompanyId": "29763",
        "proxySettings": {"password": "x"},
    }
    assert read(SITES, site) == Company(id="s1", name="Harbor Dental", external={"autotask_psa": "29763"})
    for nothing in ("", None, "0", 0):
        assert read(SITES, {**site, "autotaskCompanyId": nothing}).external is None
    assert read(SITES, {"uid": "s2"}) == Company(id="s2", name="Site s2")


def test_a_whole_device() -> None:
    found = device(
        siteUid="s1",
        hostname="ACME-DC01",
        deviceType={"category": "Server", "type": "Server"},
        deviceClass="device",
        operatingSystem="Microsoft Windows Server 2022 Standard 10.0.20348",
        online=False,
        deleted=False,
        suspended=False,
        rebootRequired=True,
        lastSeen=1787643495000,
        lastReboot="2026-08-20T01:00:00Z",
        warrantyDate="2027-03-31",
        antivirus={"antivirusProduct": "Windows Defender", "antivirusStatus": "RunningAndUpToDate"},
        patchManagement={
            "patchStatus": "FullyPatched",
            "patchesApprovedPending": 0,
            "patchesNotApproved": 0,
            "patchesInstalled": 130,
        },
        displayVersion="4.4.2233",
        udf={"udf1": "111111-222222"},
    )
    assert found == Asset(
        id=UID,
        company="s1",
        name="ACME-DC01",
        kind="server",
        type="Server",
        host_name="ACME-DC01",
        os="Microsoft Windows Server 2022 Standard",
        os_build="10.0.20348",
        warranty_ends_on=datetime(2027, 3, 31, tzinfo=UTC),
        last_seen_at=datetime(2026, 8, 25, 7, 38, 15, tzinfo=UTC),
        antivirus_present=True,
        antivirus_running=True,
        antivirus_current=True,
        patches_missing=0,
        patches_lesser=0,
        reboot_pending=True,
        booted_at=datetime(2026, 8, 20, 1, tzinfo=UTC),
        agent_version="4.4.2233",
    )


def test_a_device_of_which_nothing_is_said_says_nothing() -> None:
    assert device() == Asset(id=UID, company=None)
    assert device(antivirus=None, patchManagement=None, deviceType=None, udf=None) == Asset(
        id=UID, company=None
    )
    assert device(deleted=True) is None
    with pytest.raises(ValueError, match="uid"):
        device(uid=" ")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1787643495000, "2026-08-25T07:38:15"),
        (1787643495, "2026-08-25T07:38:15"),
        ("2026-08-25T07:38:15Z", "2026-08-25T07:38:15"),
        ("1787643495000", "2026-08-25T07:38:15"),
        (0, None),
        (-62135596800000, None),
        ("-62135596800000", None),
        ("0001-01-01T00:00:00Z", None),
        (None, None),
    ],
)
def test_times_come_in_every_way_that_was_seen(value: wire.Moment, expected: str | None) -> None:
    found = canonical.moment(value)
    assert (found and found.isoformat()) == (expected and f"{expected}+00:00")


@pytest.mark.parametrize("value", ["soon", True, float("1e30")])
def test_what_is_no_time_is_refused(value: wire.Moment) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - whatever it says, the record is held
        canonical.moment(value)


@pytest.mark.parametrize(
    ("category", "device_class", "kind"),
    [
        ("Desktop", "device", "workstation"),
        ("laptop", "device", "laptop"),
        ("SERVER", "device", "server"),
        ("ESXi Host", "esxihost", "server"),
        (None, "esxihost", "server"),
        ("Network Device (Firewall)", "rmmnetworkdevice", "network"),
        (None, "rmmnetworkdevice", "network"),
        ("Printer", "printer", "other"),
        ("Toaster", "device", None),
        (None, "unknown", None),
        (None, None, None),
    ],
)
def test_kinds(category: str | None, device_class: str | None, kind: str | None) -> None:
    assert canonical.kind_of(category, device_class) == kind


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("RunningAndUpToDate", (True, True, True)),
        ("RunningAndNotUpToDate", (True, True, False)),
        ("NotRunning", (True, False, None)),
        ("NotDetected", (False, None, None)),
        ("Paused", (None, None, None)),
        (None, (None, None, None)),
    ],
)
def test_the_antivirus_is_what_the_agent_says_and_an_unknown_word_is_nothing(
    status: str | None, expected: Any
) -> None:
    assert canonical.antivirus(wire.Antivirus(antivirus_status=status)) == expected
    assert canonical.antivirus(None) == (None, None, None)


@pytest.mark.parametrize(
    ("status", "counts", "missing", "mark"),
    [
        ("FullyPatched", (0, 0, 9), 0, None),
        ("RebootRequired", (0, 0, 9), 0, None),
        ("ApprovedPending", (2, 1, 9), None, "2/1/9"),
        ("FullyPatched", (0, 3, 9), None, "0/3/9"),
        ("NoData", (0, 0, 0), None, None),
        ("NoPolicy", (0, 0, 0), None, None),
        ("NoPolicy", (0, 4, 0), None, "0/4/0"),
        ("Unheard of", (0, 0, 0), None, None),
        (None, (0, 0, 0), None, None),
        ("FullyPatched", (None, 0, 9), None, None),
    ],
)
def test_zero_patches_are_none_missing_only_where_somebody_counts(
    status: str | None, counts: tuple[int | None, int, int], missing: int | None, mark: str | None
) -> None:
    managed = dict(
        zip(("patchesApprovedPending", "patchesNotApproved", "patchesInstalled"), counts, strict=True)
    )
    record = {"uid": UID, "deviceClass": "device", "patchManagement": {"patchStatus": status, **managed}}
    assert read(DEVICES, record).patches_missing == missing
    assert canonical.patches_mark(msgspec.convert(record, wire.Device)) == mark


def test_an_online_device_was_seen_today_at_the_least() -> None:
    assert device(online=True, lastSeen="2026-11-22T10:00:00Z").last_seen_at == datetime(
        2026, 11, 22, 10, tzinfo=UTC
    )
    assert device(online=True, lastSeen="2026-11-01T10:00:00Z").last_seen_at == datetime(
        2026, 11, 22, tzinfo=UTC
    )
    assert device(online=True).last_seen_at == datetime(2026, 11, 22, tzinfo=UTC)
    assert device(online=None).last_seen_at is None


def test_an_audit_tells_the_hardware_by_the_card_that_is_in_use() -> None:
    nics = [
        {"instance": "tunnel", "macAddress": ""},
        {"instance": "spare", "macAddress": "00:11:22:33:44:55", "ipv4": ""},
        {"instance": "lan", "macAddress": "AA:BB:CC:DD:EE:FF", "ipv4": "10.0.0.5"},
    ]
    record = {
        "systemInfo": {"manufacturer": "Dell", "model": "PowerEdge R650xs"},
        "bios": {"serialNumber": "7XK2M13"},
        "nics": nics,
    }
    assert read(AUDITS, record, OF) == Asset(
        id=UID,
        company="s1",
        serial="7XK2M13",
        mac="AA:BB:CC:DD:EE:FF",
        manufacturer="Dell",
        model="PowerEdge R650xs",
    )
    assert read(AUDITS, {**record, "nics": nics[:2]}, OF).mac == "00:11:22:33:44:55"
    assert read(AUDITS, {"bios": None}, OF) == Asset(id=UID, company="s1")


def test_only_computers_are_audited_again_when_they_were_set_up_anew() -> None:
    def mark(**fields: Any) -> str | None:
        record = {"uid": UID, "deviceClass": "device", "hostname": "A", "creationDate": 1, **fields}
        return canonical.audit_mark(msgspec.convert(record, wire.Device))

    assert mark() == mark(lastSeen=5, online=True, rebootRequired=True)
    assert (
        len({mark(), mark(hostname="B"), mark(creationDate=2), mark(operatingSystem="Windows 11 Pro")}) == 4
    )
    assert mark(deviceClass="printer") is mark(deleted=True) is mark(deviceClass=None) is None
    assert mark(operatingSystem="Windows 11 Pro 10.0.26100") == mark(
        operatingSystem="Windows 11 Pro 10.0.26200"
    )


@pytest.mark.parametrize(
    ("severity", "status", "many", "lesser"),
    [
        ("CRITICAL", "APPROVED_PENDING", 1, 0),
        ("IMPORTANT", "NOT_APPROVED", 1, 0),
        ("MODERATE", "APPROVED_PENDING", 0, 1),
        ("UNSPECIFIED", "NOT_APPROVED", 0, 1),
        ("CRITICAL", "INSTALLED", 0, 0),
        (None, "INSTALLED", 0, 0),
        (None, "NOT_APPROVED", None, None),
        ("CRITICAL", None, None, None),
        ("CRITICAL", "SUPERSEDED", None, None),
        ("SEVERE", "NOT_APPROVED", None, None),
    ],
)
def test_a_patch_counts_by_its_severity_while_it_is_not_installed(
    severity: str | None, status: str | None, many: int | None, lesser: int | None
) -> None:
    record = {"patchId": "p", "severity": severity, "installStatus": status, "releaseDate": "2026-10-13"}
    found = read(PATCHES, record, OF)
    assert (found.patches_missing, found.patches_lesser) == (many, lesser)
    assert (found.oldest_patch_at is not None) is (many == 1)
