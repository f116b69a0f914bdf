"""NinjaOne's records in our words: exact values by hand, and that silence says nothing."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from connectors.ninjaone import CONNECTOR, canonical, health, wire
from sevenc_sync.connect.conformance import mistakes, oddities
from sevenc_sync.connect.stream import Context
from sevenc_sync.model import Asset, Company

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
SEEN = 1742412252.744  # 2025-03-19 19:24:12

DEVICE: dict[str, Any] = {
    "id": 42,
    "uid": "5d1a2b3c-0000-4000-8000-000000000042",
    "organizationId": 7,
    "locationId": 70,
    "nodeClass": "WINDOWS_WORKSTATION",
    "approvalStatus": "APPROVED",
    "offline": False,
    "displayName": "Front desk",
    "systemName": "ACME-LT01",
    "dnsName": "acme-lt01.corp.example",
    "created": 1690000000.5,
    "lastContact": SEEN,
    "lastUpdate": SEEN + 60,
    "macAddresses": ["", "02:AA:BB:CC:DD:01", "02:AA:BB:CC:DD:02"],
    "references": {"warranty": {"startDate": 1690000000.0, "endDate": 1795000000.0}},
    "notes": [{"text": "local admin password: hunter2"}],
    "userData": {},
}
BESIDE: dict[str, list[dict[str, Any]]] = {
    "computer-systems": [
        {"deviceId": 42, "manufacturer": "Dell", "model": "Latitude 5440", "serialNumber": "ABC1234",
         "biosSerialNumber": "OTHER", "chassisType": "Notebook"},
    ],
    "operating-systems": [
        {"deviceId": 42, "name": "Windows 11 Pro", "buildNumber": "26200", "releaseId": "25H2",
         "lastBootTime": SEEN - 86400, "needsReboot": False},
    ],
    "device-health": [{"deviceId": 42, "pendingOSPatchesCount": 3, "pendingRebootReason": "WINDOWS_PM"}],
    "antivirus-status": [
        {"deviceId": 42, "productName": "Windows Defender", "productState": "OFF", "definitionStatus": "Out-of-Date"},
        {"deviceId": 42, "productName": "Sophos", "productState": "ON", "definitionStatus": "Up-to-Date"},
    ],
    "os-patches": [
        {"deviceId": 42, "id": "p1", "name": "2026-09 Cumulative Update for Windows 11 (KB1)", "severity": "CRITICAL",
         "status": "APPROVED"},
        {"deviceId": 42, "id": "p2", "name": "Printer driver", "severity": "OPTIONAL", "status": "MANUAL"},
        {"deviceId": 42, "id": "p3", "name": "Security Intelligence Update for Microsoft Defender (KB2267602)",
         "severity": "IMPORTANT", "status": "APPROVED"},
    ],
    "os-patch-installs": [
        {"deviceId": 42, "id": "p4", "name": "2026-11 .NET Framework (KB4)", "severity": "Important",
         "status": "FAILED"},
        {"deviceId": 42, "id": "p1", "name": "2026-09 Cumulative Update for Windows 11 (KB1)",
         "severity": "CRITICAL", "status": "FAILED"},
    ],
    "volumes": [
        {"deviceId": 42, "driveLetter": "D:", "bitLockerStatus": {"protectionStatus": "UNPROTECTED"}},
        {"deviceId": 42, "driveLetter": "C:", "bitLockerStatus": {"protectionStatus": "PROTECTED"}},
    ],
}  # fmt: skip
STREAMS = {stream.name: stream for stream in CONNECTOR.streams}


def context(**lists: list[dict[str, Any]]) -> Context:
    """What the lists beside the devices say of device 42; only those named in place of the usual ones."""
    told = {name.replace("_", "-"): rows for name, rows in lists.items()}
    wires = {item.name: item.wire for item in STREAMS["devices"].beside}
    return Context(
        now=NOW,
        beside={name: {"42": msgspec.convert(rows, list[wires[name]])} for name, rows in told.items()},  # type: ignore[valid-type]  # a value here
    )


def the_usual(**changes: list[dict[str, Any]]) -> Context:
    return context(**{name.replace("-", "_"): rows for name, rows in BESIDE.items()} | changes)


def device(changes: dict[str, Any], told: Context) -> Asset:
    (found,) = canonical.device(msgspec.convert({**DEVICE, **changes}, wire.Device), told)
    return found


def test_the_declaration_has_no_mistakes() -> None:
    assert mistakes(CONNECTOR) == []


def test_a_device_with_all_that_the_queries_say() -> None:
    assert device({}, the_usual()) == Asset(
        id="42",
        company="7",
        name="Front desk",
        kind="laptop",
        type="WINDOWS_WORKSTATION",
        status="APPROVED",
        is_active=True,
        host_name="ACME-LT01",
        serial="ABC1234",
        mac="02:AA:BB:CC:DD:01",
        manufacturer="Dell",
        model="Latitude 5440",
        os="Windows 11 Pro",
        os_build="26200",
        warranty_ends_on=datetime(2026, 11, 18, tzinfo=UTC),
        last_seen_at=datetime(2025, 3, 19, 19, 24, 12, tzinfo=UTC),
        updated_at=datetime(2025, 3, 19, 19, 25, 12, tzinfo=UTC),
        antivirus_present=True,
        antivirus_running=True,
        antivirus_current=True,
        patches_missing=2,
        oldest_patch_at=datetime(2026, 9, 8, tzinfo=UTC),
        patches_lesser=1,
        reboot_pending=True,
        booted_at=datetime(2025, 3, 18, 19, 24, 12, tzinfo=UTC),
        is_encrypted=True,
    )


def test_a_device_of_which_nothing_is_said() -> None:
    (found,) = canonical.device(wire.Device(id=1), Context(now=NOW))
    assert found == Asset(id="1", company=None)


@pytest.mark.parametrize(
    ("node_class", "chassis", "kind"),
    [
        ("WINDOWS_SERVER", None, "server"),
        ("HYPERV_VMM_HOST", None, "server"),
        ("VMWARE_VM_HOST", None, "server"),
        ("NMS_VM_HOST", None, "server"),
        ("LINUX_WORKSTATION", "Desktop", "workstation"),
        ("WINDOWS_WORKSTATION", "10", "laptop"),
        ("MAC", "Laptop", "laptop"),
        ("MAC_SERVER", None, "server"),
        ("VMWARE_VM_GUEST", None, "other"),
        ("APPLE_IOS", None, "other"),
        ("NMS_PRINTER", None, "other"),
        ("NMS_SWITCH", None, "network"),
        ("SOMETHING_NEW", None, None),
        ("", None, None),
    ],
)
def test_the_kind_of_a_device(node_class: str, chassis: str | None, kind: str | None) -> None:
    told = context(computer_systems=[{"deviceId": 42, "chassisType": chassis}])
    assert device({"nodeClass": node_class}, told).kind == kind


@pytest.mark.parametrize(
    ("status", "is_active"),
    [("APPROVED", True), ("DECOMMISSIONED", False), ("PENDING", None), ("STAGED", None), (None, None)],
)
def test_only_what_is_taken_out_of_service_is_inactive(status: str | None, is_active: bool | None) -> None:
    assert device({"approvalStatus": status}, the_usual()).is_active is is_active


def patches(**changes: Any) -> tuple[int | None, int | None]:
    """Missing and lesser ones of a device that is online and that NinjaOne counts none of, unless said otherwise."""
    counted = [{"deviceId": 42, "pendingOSPatchesCount": 0}]
    lists = {name: changes.pop(name) for name in list(changes) if "_" in name}
    found = device(changes, context(**{"device_health": counted, **lists}))
    return found.patches_missing, found.patches_lesser


SEVERE = [{"deviceId": 42, "id": "a", "name": "x", "severity": "CRITICAL"}]


def test_no_patch_row_is_no_lack_only_where_it_can_be_known() -> None:
    assert patches() == (0, 0)
    assert patches(offline=True) == (None, None)
    assert patches(device_health=[]) == (None, None)
    assert patches(device_health=[{"deviceId": 42, "pendingOSPatchesCount": None}]) == (None, None)
    assert patches(device_health=[{"deviceId": 42, "pendingOSPatchesCount": 4}]) == (None, None)
    assert patches(nodeClass="NMS_SWITCH") == (None, None)


def test_what_is_known_to_lack_lacks() -> None:
    assert patches(os_patches=SEVERE) == (1, 0)
    assert patches(os_patch_installs=SEVERE) == (1, 0)
    assert patches(os_patches=SEVERE, device_health=[]) == (1, 0)
    assert patches(os_patch_installs=SEVERE, offline=True) == (1, None)


def test_the_age_of_patches_is_in_microsofts_names_alone() -> None:
    assert health.release("2026-11 Cumulative Update") == datetime(2026, 11, 10, tzinfo=UTC)
    assert health.release("2024-10 .NET") == datetime(2024, 10, 8, tzinfo=UTC)
    assert [health.release(name) for name in ("KB 2026-11", "2026-13 x", "", None)] == [None] * 4
    dated = {"deviceId": 42, "id": "b", "name": "2026-11 Update", "severity": "HIGH"}
    assert device({}, context(os_patches=[dated])).oldest_patch_at == datetime(2026, 11, 10, tzinfo=UTC)
    assert device({}, context(os_patches=[dated, *SEVERE])).oldest_patch_at is None


@pytest.mark.parametrize(
    ("rows", "mac", "told"),
    [
        ([], False, (None, None, None)),
        ([("NONE", "", "")], False, (False, None, None)),
        ([("", "", "")], False, (None, None, None)),
        ([("A", "ON", "UP_TO_DATE")], False, (True, True, True)),
        ([("A", "ON", "Out-of-Date")], False, (True, True, False)),
        ([("A", "ON", None)], False, (True, True, None)),
        ([("A", "OFF", "Up-to-Date")], False, (True, False, True)),
        ([("A", "OFF", "Up-to-Date")], True, (True, None, True)),
        ([("A", "OFF", "old"), ("B", "ON", "Up-to-Date")], False, (True, True, True)),
        ([("A", "OFF", "x"), ("B", "UNKNOWN", "x")], False, (True, None, None)),
        ([("A", "EXPIRED", "Outdated")], False, (True, False, False)),
    ],
)
def test_antivirus(
    rows: list[tuple[str, str, str | None]], mac: bool, told: tuple[bool | None, bool | None, bool | None]
) -> None:
    wires = [wire.Antivirus(product_name=n, product_state=s, definition_status=d) for n, s, d in rows]
    found = health.antivirus_of(wires, is_mac=mac)
    assert (found.present, found.running, found.current) == told


@pytest.mark.parametrize(
    ("letter", "state", "told"),
    [
        ("C:", "PROTECTED", True), ("c", "UNPROTECTED", False), ("C:", "UNKNOWN", None), ("C:", "PENDING", None),
        ("D:", "PROTECTED", None), ("", "PROTECTED", None), ("C:", None, None),
    ],
)  # fmt: skip
def test_only_the_systems_volume_tells_whether_a_device_is_encrypted(
    letter: str, state: str | None, told: bool | None
) -> None:
    assert (
        health.is_encrypted([wire.Volume(drive_letter=letter, bit_locker_status=wire.BitLocker(None, state))])
        is told
    )
    assert health.is_encrypted([wire.Volume(drive_letter=letter)]) is None


def test_a_warranty_stands_in_either_place_as_seconds_or_as_a_date() -> None:
    for changes in (
        {"references": None, "warranty": {"endDate": "2026-11-18"}},
        {"references": {"warranty": {"endDate": 1794960000}}},
    ):
        assert device(changes, Context(now=NOW)).warranty_ends_on == datetime(2026, 11, 18, tzinfo=UTC)
    assert device({"references": {}}, Context(now=NOW)).warranty_ends_on is None


@pytest.mark.parametrize(
    ("fields", "external"),
    [
        ({"connectwiseCompanyId": "250"}, {"connectwise_psa": "250"}),
        ({"Autotask Account ID": 175}, {"autotask_psa": "175"}),
        ({"psaId": " 9 ", "secret": "x"}, {"psa": "9"}),
        ({"psaId": "ask Bob"}, None),
        ({"psaId": None, "identity": "5"}, None),
        (None, None),
    ],
)
def test_an_organisations_number_in_the_psa(fields: Any, external: dict[str, str] | None) -> None:
    record = msgspec.convert({"id": 7, "name": " Acme\u200b ", "fields": None}, wire.Organization)
    raw = None if fields is None else {k: msgspec.Raw(msgspec.json.encode(v)) for k, v in fields.items()}
    record = msgspec.structs.replace(record, fields=raw)
    assert list(canonical.organization(record, Context(now=NOW))) == [
        Company(id="7", name="Acme", external=external)
    ]


@pytest.mark.parametrize("name", ["organizations", "devices"])
def test_odd_values_are_understood_or_refused(name: str) -> None:
    raw = {"organizations": {"id": 7, "name": "Acme", "fields": {"psaId": "9"}}, "devices": DEVICE}[name]
    assert oddities(STREAMS[name], msgspec.json.encode(raw), the_usual()) == []
