"""What goes over the wire, both ways, against the facts of the vendor's document (NinjaOne Public API 2.0.9-draft)."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest

from connectors.ninjaone import CONNECTOR, wire
from sevenc_sync.cli.home import Home
from sevenc_sync.config import load
from sevenc_sync.engine.local import open_engine
from sevenc_sync.registry import connectors
from sevenc_sync.sandbox import Sandbox, build_world
from sevenc_sync.store.database import Store
from sevenc_sync.store.migrate import upgrade

NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)

# Path -> the parameters that the document lists for GET.
PARAMETERS: Mapping[str, set[str]] = {
    "/v2/organizations": {"pageSize", "after", "of"},
    "/v2/devices-detailed": {"df", "pageSize", "after"},
    "/v2/queries/antivirus-status": {"df", "ts", "productState", "productName", "cursor", "pageSize"},
    "/v2/queries/computer-systems": {"df", "ts", "cursor", "pageSize"},
    "/v2/queries/operating-systems": {"df", "ts", "cursor", "pageSize"},
    "/v2/queries/device-health": {"df", "health", "cursor", "pageSize"},
    "/v2/queries/os-patches": {"df", "ts", "status", "type", "severity", "cursor", "pageSize"},
    "/v2/queries/os-patch-installs": {"df", "status", "installedBefore", "installedAfter", "cursor", "pageSize"},
    "/v2/queries/volumes": {"df", "ts", "cursor", "pageSize", "include"},
}  # fmt: skip
NUMBERS = {"pageSize", "after"}

# Fields as the document types them: i integer, n number, s text, b flag, o object, a list.
ROW = "deviceId:i timestamp:n "
FIELDS: Mapping[str, str] = {
    "/v2/organizations": "id:i name:s description:s userData:o nodeApprovalMode:s",
    "/v2/devices-detailed": (
        "id:i uid:s parentDeviceId:i organizationId:i locationId:i nodeClass:s nodeRoleId:i rolePolicyId:i policyId:i "
        "approvalStatus:s offline:b displayName:s systemName:s dnsName:s netbiosName:s created:n lastContact:n "
        "lastUpdate:n userData:o tags:a maintenance:o references:o ipAddresses:a macAddresses:a publicIP:s notes:a "
        "deviceType:s"
    ),
    "/v2/queries/antivirus-status": ROW + "productName:s productState:s definitionStatus:s version:s",
    "/v2/queries/computer-systems": (
        ROW + "name:s manufacturer:s model:s biosSerialNumber:s serialNumber:s assetSerialNumber:s domain:s "
        "domainRole:s numberOfProcessors:i totalPhysicalMemory:i virtualMachine:b chassisType:s"
    ),
    "/v2/queries/operating-systems": (
        ROW
        + "manufacturer:s name:s architecture:s lastBootTime:n buildNumber:s releaseId:s locale:s language:s "
        "needsReboot:b servicePackMajorVersion:i servicePackMinorVersion:i"
    ),
    "/v2/queries/device-health": (
        "deviceId:i offline:b healthStatus:s alertCount:i activeJobCount:i pendingOSPatchesCount:i "
        "failedOSPatchesCount:i pendingSoftwarePatchesCount:i failedSoftwarePatchesCount:i pendingRebootReason:s "
        "activeThreatsCount:i quarantinedThreatsCount:i blockedThreatsCount:i"
    ),
    "/v2/queries/os-patches": ROW + "id:s name:s severity:s status:s type:s installedAt:n kbNumber:s",
    "/v2/queries/os-patch-installs": ROW + "id:s name:s severity:s status:s type:s installedAt:n kbNumber:s",
    "/v2/queries/volumes": (
        ROW
        + "name:s driveLetter:s label:s deviceType:s fileSystem:s autoMount:b compressed:b capacity:i freeSpace:i "
        "serialNumber:s bitLockerStatus:o"
    ),
}
# What integrations have seen beside the document.
UNDOCUMENTED: Mapping[str, set[str]] = {
    "/v2/organizations": {"fields", "tags"},
    "/v2/devices-detailed": {"system", "os", "warranty", "lastLoggedInUser"},
}
TYPES: Mapping[str, tuple[type, ...]] = {
    "i": (int,), "n": (int, float), "s": (str,), "b": (bool,), "o": (dict,), "a": (list,),
}  # fmt: skip


def documented(path: str) -> dict[str, str]:
    return dict(pair.split(":") for pair in FIELDS[path].split())


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """A simulated NinjaOne that the connector has read once, by small pages."""
    world = build_world(clients=6, now=NOW, rmms=("ninjaone",))
    home = Home(tmp_path_factory.mktemp("ninja"))
    home.prepare()
    with Sandbox(world, vendors=("ninjaone",), clock=lambda: NOW) as sandbox:
        home.write_config(sandbox.accounts, push="off", every_minutes=None)
        config = load(home.config, connectors())
        with Store.open(config.store_url) as store:
            upgrade(store)
        with open_engine(config, clock=lambda: NOW) as engine:
            assert {result.state for result in engine.sync(trigger="test")} == {"ok"}
        yield sandbox


def test_every_request_is_legal(served: Sandbox) -> None:
    seen = [r for r in served.vendors["ninjaone"].requests if r.method == "GET"]
    assert {request.path for request in seen} == PARAMETERS.keys()
    for request in seen:
        asked = parse_qs(request.query)
        assert asked.keys() <= PARAMETERS[request.path]
        assert all(values[0].isdigit() for name, values in asked.items() if name in NUMBERS)


@pytest.mark.parametrize("path", FIELDS)
def test_the_sandbox_answers_as_documented(served: Sandbox, path: str) -> None:
    rows = served.vendors["ninjaone"].records(path.rpartition("/")[2].removesuffix("-detailed"))
    types = documented(path)
    assert rows
    for row in rows:
        for name, value in row.items():
            if name in ("_key", *UNDOCUMENTED.get(path, ())):
                continue
            assert isinstance(value, TYPES[types[name]]), (path, name, value)


def test_every_field_that_is_read_stands_in_the_document() -> None:
    for stream in CONNECTOR.streams:
        for path, record in (
            (stream.path, stream.wire),
            *((item.path, item.wire) for item in stream.beside),
        ):
            read = {field.encode_name for field in msgspec.structs.fields(record)}
            known = documented(f"/v2{path}").keys() | UNDOCUMENTED.get(f"/v2{path}", set())
            assert read <= known, (path, read - known)
    nested: list[tuple[Any, set[str]]] = [
        (wire.BitLocker, {"conversionStatus", "encryptionMethod", "protectionStatus", "lockStatus", "initializedForProtection"}),
        (wire.References, {"organization", "location", "policy", "role", "warranty", "backupUsage"}),
        (wire.Warranty, {"startDate", "endDate", "manufacturerFulfillmentDate"}),
    ]  # fmt: skip
    for record, known in nested:
        assert {field.encode_name for field in msgspec.structs.fields(record)} <= known
