"""The world in the RMM's records: organizations, devices, and the rows of its queries."""

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sevenc_sync.sandbox.world.entities import Agent, Machine, Organisation, Patch, World

Record = dict[str, Any]
NAME = "ninjaone"
ID_FIELD = "connectwiseCompanyId"
"""The custom field in which technicians noted a company's number in ConnectWise; not everywhere."""

OWN_ORGANIZATION = 9000
RELEASES = {"22000": "21H2", "22631": "23H2", "26100": "24H2", "26200": "25H2", "19045": "22H2"}
SEVERITIES = {"critical": "CRITICAL", "important": "IMPORTANT", "moderate": "MODERATE", "low": "LOW"}
DEFENDER = "Security Intelligence Update for Microsoft Defender Antivirus - KB2267602 (Version 1.{0}.0)"


def seconds(moment: datetime | None) -> float | None:
    """Seconds since 1970, with a fraction as the vendor has them."""
    return None if moment is None else moment.timestamp() + 0.25


def day_seconds(day: date) -> float:
    """The beginning of a day in the same way."""
    return datetime.combine(day, time(), UTC).timestamp()


def organizations(world: World) -> Iterable[Record]:
    """The clients on this RMM, and the MSP's own devices' organization, which no PSA company stands for."""
    for client in (c for c in world.clients if c.rmm == NAME):
        fields = {ID_FIELD: str(client.id)} if client.index % 3 != 2 else {}  # noqa: PLR2004 (one of three has none)
        yield _organization(client.index + 1, _spelt(client), fields)
    yield _organization(OWN_ORGANIZATION, "Internal Infrastructure", {})


def _spelt(client: Organisation) -> str:
    return client.backup_name if client.index % 2 else client.name


def _organization(number: int, name: str, fields: Mapping[str, str]) -> Record:
    return {
        "id": number, "name": name, "description": "", "userData": {}, "nodeApprovalMode": "AUTOMATIC",
        "tags": [], "fields": dict(fields),
    }  # fmt: skip


def locations(world: World) -> Iterable[Record]:
    """One location for each organization."""
    for organization in organizations(world):
        yield {
            "id": organization["id"] * 10, "organizationId": organization["id"], "name": "Main Office",
            "address": "", "description": "", "userData": {},
        }  # fmt: skip


def _agents(world: World) -> Iterable[tuple[Agent, Machine, Organisation]]:
    machines = {machine.id: machine for machine in world.machines}
    clients = {client.id: client for client in world.clients if client.rmm == NAME}
    for agent in world.agents:
        if agent.client_id in clients:
            yield agent, machines[agent.machine_id], clients[agent.client_id]


def node_class(machine: Machine) -> str:
    """The vendor's class of a machine."""
    if machine.kind == "server":
        return "WINDOWS_SERVER"
    if machine.kind == "firewall":
        return "NMS_FIREWALL"
    return "MAC" if machine.maker == "Apple" and "Windows" not in machine.os else "WINDOWS_WORKSTATION"


def devices(world: World) -> Iterable[Record]:
    """All devices with their details; those of network gear are few."""
    return (_device(*found) for found in _agents(world))


def _device(a: Agent, m: Machine, client: Organisation) -> Record:
    retired = not m.active
    record: Record = {
        "id": a.id, "uid": a.uid, "organizationId": client.index + 1, "locationId": (client.index + 1) * 10,
        "nodeClass": node_class(m), "nodeRoleId": 1, "rolePolicyId": 1, "policyId": 1,
        "approvalStatus": "DECOMMISSIONED" if retired and client.index % 4 == 3 else "APPROVED",  # noqa: PLR2004 (of the retired ones some were taken out of service here too)
        "offline": not a.online, "displayName": m.name, "systemName": m.name,
        "dnsName": f"{m.name}.corp.example".lower(), "netbiosName": m.name[:15],
        "created": seconds(a.installed), "lastContact": seconds(a.last_seen),
        "lastUpdate": seconds(a.last_seen), "userData": {}, "tags": [], "references": {},
        "ipAddresses": [m.ip], "macAddresses": [m.mac], "publicIP": "203.0.113.7", "notes": [],
        "deviceType": "NMSDevice" if m.kind == "firewall" else "AgentDevice",
    }  # fmt: skip
    if m.warranty_end is not None and a.id % 3:
        record["references"] = {
            "warranty": {
                "startDate": None if m.purchased is None else day_seconds(m.purchased),
                "endDate": day_seconds(m.warranty_end),
            }
        }
    if m.kind != "firewall":
        record["system"] = {k: v for k, v in _computer(m).items() if k != "timestamp"}
        record["lastLoggedInUser"] = m.last_user
    return record


def _row(key: object, agent: Agent, **values: Any) -> Record:
    """A row of a query. `_key` is not sent: the vendor's rows have none."""
    return {"_key": f"{key}", "deviceId": agent.id, "timestamp": seconds(agent.last_seen), **values}


def computer_systems(world: World) -> Iterable[Record]:
    """One row for each agent's machine."""
    return (_row(a.id, a, **_computer(m)) for a, m, _ in _agents(world) if m.kind != "firewall")


def _computer(m: Machine) -> Record:
    chassis = {"laptop": "Notebook", "server": "Rack Mount Chassis"}.get(m.kind, "Desktop")
    return {
        "name": m.name, "manufacturer": m.maker, "model": m.model, "serialNumber": m.serial,
        "biosSerialNumber": m.serial, "domain": "corp.example", "domainRole": "MEMBER",
        "numberOfProcessors": 1, "totalPhysicalMemory": 17_179_869_184, "virtualMachine": False,
        "chassisType": chassis,
    }  # fmt: skip


def operating_systems(world: World) -> Iterable[Record]:
    """One row for each agent's machine; an agent that was left behind tells nothing any more."""
    for a, m, _ in _agents(world):
        if a.booted is not None and m.os:
            build = m.os_build.rpartition(".")[2] if "Windows" in m.os else m.os_build
            yield _row(
                a.id, a, name=m.os.removeprefix("Microsoft "), manufacturer="Microsoft Corporation",
                architecture="64-bit", buildNumber=build, releaseId=RELEASES.get(build, ""),
                lastBootTime=seconds(a.booted), needsReboot=a.restart_since is not None,
                locale="en-US", language="English",
            )  # fmt: skip


def antivirus_status(world: World) -> Iterable[Record]:
    """Defender's row beside that of another product, which switches it off; NONE where there is nothing."""
    for a, m, _ in _agents(world):
        if a.booted is None or m.kind == "firewall":
            continue
        if a.antivirus is None:
            yield _row(f"{a.id}-0", a, productName="NONE", productState="", definitionStatus="", version="")
            continue
        av = a.antivirus
        yield _row(
            f"{a.id}-1", a, productName=av.product, productState="ON" if av.running else "OFF",
            definitionStatus="Up-to-Date" if av.current else "Out-of-Date", version="4.18",
        )  # fmt: skip
        if "Windows" in m.os and av.product != "Windows Defender" and m.kind != "server":
            yield _row(
                f"{a.id}-2", a, productName="Windows Defender", productState="OFF",
                definitionStatus="Out-of-Date", version="4.18",
            )  # fmt: skip


def _is_failing(agent: Agent, patch: Patch) -> bool:
    return (agent.id + patch.kb) % 11 == 0


def _patch(agent: Agent, patch: Patch, **values: Any) -> Record:
    return _row(
        f"{agent.id}-{patch.id}", agent, id=patch.id, name=f"{patch.title} (KB{patch.kb})",
        kbNumber=f"KB{patch.kb}", severity=SEVERITIES[patch.severity], type="SECURITY_UPDATES", **values,
    )  # fmt: skip


def os_patches(world: World) -> Iterable[Record]:
    """Patches that nobody tried to install yet. Offline devices report none."""
    for a, _, _ in _agents(world):
        if not a.online:
            continue
        for patch in a.missing:
            if not _is_failing(a, patch):
                yield _patch(a, patch, status="MANUAL" if patch.severity == "low" else "APPROVED")
        if a.patched is not None and a.id % 4 == 0:
            yield _row(
                f"{a.id}-defender", a, id="d" * 32, name=DEFENDER.format(a.id), kbNumber="KB2267602",
                severity="IMPORTANT", status="APPROVED", type="DEFINITION_UPDATES",
            )  # fmt: skip


def os_patch_installs(world: World) -> Iterable[Record]:
    """What was tried: failures, and what was installed, mostly the antivirus's definitions."""
    for a, _, _ in _agents(world):
        for patch in a.missing:
            if _is_failing(a, patch):
                yield _patch(a, patch, status="FAILED", installedAt=seconds(a.last_seen - timedelta(days=2)))
        if a.patched is not None:
            yield _row(
                f"{a.id}-installed", a, id="e" * 32, name=DEFENDER.format(a.id), kbNumber="KB2267602",
                severity="NONE", status="INSTALLED", type="DEFINITION_UPDATES",
                installedAt=seconds(a.patched),
            )  # fmt: skip


def volumes(world: World) -> Iterable[Record]:
    """The disks' volumes with their BitLocker state, which is sent only if asked for."""
    for a, m, _ in _agents(world):
        if a.encrypted is None:
            continue
        windows = "Windows" in m.os
        for letter in ("C:", "D:") if m.kind == "server" else ("C:",) if windows else ("",):
            row = _row(
                f"{a.id}-{letter}", a, name=f"{letter}\\" if letter else "/", driveLetter=letter, label="",
                fileSystem="NTFS" if windows else "APFS", capacity=512_000_000_000, freeSpace=99_000_000_000,
            )  # fmt: skip
            if windows:
                row["bitLockerStatus"] = _bitlocker(a.encrypted and letter == "C:")
            yield row


def _bitlocker(is_on: bool) -> Record:
    return {
        "conversionStatus": "FULLY_ENCRYPTED" if is_on else "FULLY_DECRYPTED",
        "encryptionMethod": "XTS_AES_256" if is_on else "NONE",
        "protectionStatus": "PROTECTED" if is_on else "UNPROTECTED", "lockStatus": "UNLOCKED",
        "initializedForProtection": is_on,
    }  # fmt: skip


def device_health(world: World) -> Iterable[Record]:
    """One row for each device, with counts; no time."""
    for a, m, _ in _agents(world):
        waiting = [p for p in a.missing if not _is_failing(a, p)] if a.online else []
        counts = {
            "pendingOSPatchesCount": len(waiting),
            "failedOSPatchesCount": sum(_is_failing(a, p) for p in a.missing),
            "pendingSoftwarePatchesCount": 0, "failedSoftwarePatchesCount": 0,
            "pendingRebootReason": "WINDOWS_PM" if a.restart_since else "", "activeThreatsCount": 0,
            "quarantinedThreatsCount": 0, "blockedThreatsCount": 0,
        }  # fmt: skip
        yield {
            "_key": str(a.id), "deviceId": a.id, "offline": not a.online,
            "healthStatus": "HEALTHY" if a.online else "UNKNOWN", "alertCount": 0, "activeJobCount": 0,
            **(counts if m.kind != "firewall" else {}),
        }  # fmt: skip
