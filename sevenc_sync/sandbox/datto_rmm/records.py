"""The world in the RMM's records: sites, devices, audits, patches, alerts."""

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sevenc_sync.sandbox.datto_rmm.texts import CATEGORIES, SEVERITIES, nics, udf
from sevenc_sync.sandbox.secrets import token_uuid
from sevenc_sync.sandbox.world.entities import Agent, Machine, Organisation, Patch, World
from sevenc_sync.sandbox.world.estate import COMPUTERS
from sevenc_sync.sandbox.world.names import STRAY_ORGANISATIONS

Record = dict[str, Any]
NAME = "datto_rmm"
YEAR_ONE = -62135596800000
"""What stands for a time that never was."""

PORTAL = "https://rmm.example"
INSTALLED = 3
"""So many installed patches are listed for a device beside those that it lacks."""


def millis(moment: datetime | None) -> int | None:
    """Milliseconds since 1970, as most of the product's times come."""
    return None if moment is None else int(moment.timestamp() * 1000)


def iso(moment: datetime | None) -> str | None:
    """The same moment as ISO 8601, as some of them come."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _uid(world: World, what: str) -> str:
    return token_uuid(world.seed, f"datto rmm {what}")


def clients(world: World) -> list[Organisation]:
    """The clients that are on this RMM."""
    return [client for client in world.clients if client.rmm == NAME]


def agents(world: World) -> list[tuple[Agent, Machine, Organisation]]:
    """Their agents, each with its machine and its client."""
    own = {client.id: client for client in clients(world)}
    machines = {machine.id: machine for machine in world.machines}
    return [
        (agent, machines[agent.machine_id], own[agent.client_id])
        for agent in world.agents
        if agent.client_id in own
    ]


def sites(world: World) -> Iterable[Record]:
    """A site for each client, some with the PSA's id; and two that stand for nobody."""
    counts: dict[int, list[bool]] = {}
    for agent, _machine, client in agents(world):
        counts.setdefault(client.id, []).append(agent.online)
    for client in clients(world):
        linked = client.index % 3 != 1
        yield _site(
            world, client.id, client.backup_name, counts.get(client.id, []),
            autotaskCompanyId=str(client.id) if linked else "",
            autotaskCompanyName=client.name if linked else "",
        )  # fmt: skip
    for place, name in enumerate(("Deleted Devices", STRAY_ORGANISATIONS[0])):
        yield _site(world, 90_001 + place, name, [])


def _site(world: World, number: int, name: str, online: Sequence[bool], **linked: str) -> Record:
    return {
        "id": number, "uid": _uid(world, f"site {number}"), "accountUid": _uid(world, "account"),
        "name": name, "description": "", "notes": "", "onDemand": False, "splashtopAutoInstall": True,
        "proxySettings": {
            "host": "proxy.corp.example", "password": "proxy-" + _uid(world, f"proxy {number}")[:8],
            "port": 8080, "type": "http", "username": "svc-proxy",
        },
        "devicesStatus": {
            "numberOfDevices": len(online), "numberOfOnlineDevices": sum(online),
            "numberOfOfflineDevices": len(online) - sum(online),
        },
        "portalUrl": f"{PORTAL}/site/{number}", **linked,
    }  # fmt: skip


def devices(world: World) -> Iterable[Record]:
    """All devices of all sites."""
    for agent, machine, client in agents(world):
        yield _device(world, agent, machine, client)


def _device(world: World, agent: Agent, machine: Machine, client: Organisation) -> Record:
    computer = machine.kind in COMPUTERS
    in_text = agent.id % 2 == 1  # half of the devices have their times as text
    moment = iso if in_text else millis
    return {
        "id": agent.id, "uid": agent.uid, "siteId": client.id, "siteUid": _uid(world, f"site {client.id}"),
        "siteName": client.backup_name,
        "deviceType": {"category": CATEGORIES[machine.kind], "type": CATEGORIES[machine.kind]},
        "hostname": machine.name, "intIpAddress": machine.ip,
        "operatingSystem": _system(machine) if computer else None,
        "lastLoggedInUser": machine.last_user or None, "domain": "corp.example" if computer else None,
        "cagVersion": agent.version if computer else None, "displayVersion": agent.version,
        "extIpAddress": "203.0.113.7", "description": machine.name, "a64Bit": computer or None,
        "rebootRequired": agent.restart_since is not None if computer else None, "online": agent.online,
        "suspended": False, "deleted": False, "lastSeen": moment(agent.last_seen),
        "lastReboot": (moment(agent.booted) or YEAR_ONE) if computer else None,
        "lastAuditDate": moment(agent.last_seen - timedelta(hours=agent.id % 24)),
        "creationDate": moment(agent.installed), "udf": udf(agent, machine),
        "snmpEnabled": not computer, "deviceClass": "device" if computer else "rmmnetworkdevice",
        "portalUrl": f"{PORTAL}/device/{agent.id}",
        "warrantyDate": _day(machine.warranty_end), "antivirus": _antivirus(agent) if computer else None,
        "patchManagement": _patch_management(agent, machine),
        "softwareStatus": None, "webRemoteUrl": f"{PORTAL}/remote/{agent.id}", "networkProbe": False,
        "onboardedViaNetworkMonitor": not computer,
    }  # fmt: skip


def _system(machine: Machine) -> str:
    """One free text; the build stands at its end."""
    return f"{machine.os} {machine.os_build}" if "Windows" in machine.os else machine.os


def _day(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _antivirus(agent: Agent) -> Record:
    found = agent.antivirus
    if found is None:
        return {"antivirusProduct": None, "antivirusStatus": "NotDetected"}
    status = "NotRunning"
    if found.running:
        status = "RunningAndUpToDate" if found.current else "RunningAndNotUpToDate"
    return {"antivirusProduct": found.product, "antivirusStatus": status}


def _patch_management(agent: Agent, machine: Machine) -> Record | None:
    """Counts and a word; systems without patch management have neither, or a word and zeros."""
    if machine.kind not in COMPUTERS:
        return None
    counts = [_is_approved(patch) for patch in agent.missing]
    managed = agent.patched is not None
    status = "NoData"
    if managed:
        status = (
            "ApprovedPending" if any(counts) else "RebootRequired" if agent.restart_since else "FullyPatched"
        )
    return {
        "patchStatus": status, "patchesApprovedPending": sum(counts),
        "patchesNotApproved": len(counts) - sum(counts), "patchesInstalled": INSTALLED if managed else 0,
    }  # fmt: skip


def _is_approved(patch: Patch) -> bool:
    return patch.severity in ("critical", "important") and patch.kb % 3 != 0


def audits(world: World) -> Iterable[Record]:
    """What the agent found in a machine; `deviceUid` is not sent."""
    for agent, machine, _client in agents(world):
        if machine.kind in COMPUTERS:
            yield {
                "deviceUid": agent.uid, "portalUrl": f"{PORTAL}/device/{agent.id}",
                "webRemoteUrl": f"{PORTAL}/remote/{agent.id}",
                "systemInfo": {
                    "manufacturer": machine.maker, "model": machine.model,
                    "totalPhysicalMemory": 16 * 2**30, "username": machine.last_user, "dotNetVersion": "4.8",
                    "totalCpuCores": 8,
                },
                "nics": nics(machine),
                "bios": {
                    "instance": "BIOS", "releaseDate": "2024-03-11T00:00:00Z",
                    "serialNumber": machine.serial, "smBiosVersion": "1.14.0",
                },
                "baseBoard": {"manufacturer": machine.maker, "product": "0X4P2K"}, "displays": [],
                "logicalDisks": [{
                    "description": "Local Fixed Disk", "diskIdentifier": "C:", "freespace": 90 * 10**9,
                    "size": 250 * 10**9,
                }],
                "mobileInfo": [], "processors": [{"name": "x86-64"}], "videoBoards": [],
                "attachedDevices": [], "physicalMemory": [],
            }  # fmt: skip


def patches(world: World) -> Iterable[Record]:
    """Each device's patches, installed or not; `key` and `deviceUid` are not sent."""
    for agent, machine, _client in agents(world):
        if agent.patched is None or machine.kind not in COMPUTERS:
            continue
        for patch in agent.missing:
            status = "APPROVED_PENDING" if _is_approved(patch) else "NOT_APPROVED"
            yield _patch(
                agent, patch.id, patch.title, SEVERITIES[patch.severity], patch.released, patch.kb, status
            )
        for place in range(INSTALLED):
            day = agent.patched.date() - timedelta(days=20 + 30 * place)
            number = str(uuid.UUID(int=place + 1, version=4))
            yield _patch(
                agent, number, f"{day:%Y-%m} Update", "CRITICAL", day, 5_000_000 + place, "INSTALLED"
            )


def _patch(
    agent: Agent, number: str, title: str, severity: str, released: date, kb: int, status: str
) -> Record:
    return {
        "key": f"{agent.uid}/{number}", "deviceUid": agent.uid, "patchId": number,
        "category": ["Security Updates"], "type": "SOFTWARE", "title": title, "description": title,
        "releaseDate": released.isoformat(), "severity": severity, "maxSize": 700_000_000,
        "rebootRequired": True, "requireUserInput": False, "kbArticleId": str(kb), "installStatus": status,
        "manualOverride": False,
    }  # fmt: skip


def alerts(world: World) -> Iterable[Record]:
    """Open alerts of devices that were not seen for long, or whose antivirus does not run."""
    for agent, machine, client in agents(world):
        context: Record | None = None
        if not agent.online:
            context = {"@class": "online_offline_status_ctx", "status": "OFFLINE"}
        elif agent.antivirus is not None and not agent.antivirus.running:
            context = {
                "@class": "antivirus_ctx",
                "productName": agent.antivirus.product,
                "status": "NOTRUNNING",
            }
        if context is not None:
            yield {
                "alertUid": _uid(world, f"alert {agent.id}"), "priority": "High", "diagnostics": "",
                "resolved": False, "resolvedBy": None, "resolvedOn": None, "muted": agent.id % 4 == 0,
                "ticketNumber": None, "timestamp": millis(agent.last_seen + timedelta(hours=1)),
                "alertMonitorInfo": {"sendsEmails": False, "createsTicket": False}, "alertContext": context,
                "alertSourceInfo": {
                    "deviceUid": agent.uid, "deviceName": machine.name,
                    "siteUid": _uid(world, f"site {client.id}"), "siteName": client.backup_name,
                },
                "responseActions": [], "autoresolveMins": None,
            }  # fmt: skip
