"""NinjaOne's records in our words. Pure functions; what is not said stays None."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from connectors.ninjaone import health, wire
from sevenc_sync.connect.stream import Context
from sevenc_sync.connect.text import clean, day, from_epoch
from sevenc_sync.model import Asset, Company

# The lists beside the devices, by their names.
ANTIVIRUS = "antivirus-status"
WAITING = "os-patches"
FAILED = "os-patch-installs"
VOLUMES = "volumes"
SYSTEMS = "operating-systems"
MACHINES = "computer-systems"
HEALTH = "device-health"

_AGENTS = ("WINDOWS_", "LINUX_", "MAC")
_SERVERS = re.compile(r".*_(SERVER|VM_HOST)|HYPERV_VMM_HOST")
_WORKSTATIONS = re.compile(r".*_WORKSTATION|MAC")
_OTHERS = re.compile(
    r"ANDROID|APPLE_.*|CLOUD_.*|.*_VM_GUEST|HYPERV_VMM_GUEST|NMS_(PRINTER|SCANNER|PHONE|COMPUTER|VIRTUAL_MACHINE|OTHER)|UNMANAGED_DEVICE|MANAGED_DEVICE"
)
_PORTABLE = re.compile(r"laptop|notebook|portable|convertible|detachable|tablet", re.IGNORECASE)
_PORTABLE_NUMBERS = frozenset({"8", "9", "10", "14", "30", "31", "32"})  # SMBIOS's chassis types

# Custom fields of an organisation that hold its number in another system, by how their names begin.
_SYSTEMS_BY_FIELD = {"connectwise": "connectwise_psa", "autotask": "autotask_psa", "psa": "psa"}
_ID_FIELD = re.compile(r"(connectwise|autotask|psa)(company|account|client)?id")


def organization(record: wire.Organization, _context: Context) -> Iterable[Company]:
    """An organisation, with its number in the PSA where a custom field holds it."""
    number = str(record.id)
    yield Company(id=number, name=clean(record.name) or f"Organization {number}", external=_external(record))


def _external(record: wire.Organization) -> dict[str, str] | None:
    found: dict[str, str] = {}
    for name, raw in (record.fields or {}).items():
        match = _ID_FIELD.fullmatch(re.sub(r"[^a-z]", "", name.lower()))
        if match is not None:
            value = msgspec.json.decode(raw)
            text = clean(str(value)) if isinstance(value, int | str) and not isinstance(value, bool) else None
            if text is not None and text.isascii() and text.isdigit():
                found[_SYSTEMS_BY_FIELD[match[1]]] = text
    return found or None


def device(record: wire.Device, context: Context) -> Iterable[Asset]:
    """A device with what the queries say of it."""
    key = str(record.id)
    kind_of = (record.node_class or "").strip().upper()
    has_agent = kind_of.startswith(_AGENTS)
    machine = _first(context.said(MACHINES, key)) or record.system or wire.System()
    system = _first(context.said(SYSTEMS, key)) or record.os
    told: wire.Health | None = _first(context.said(HEALTH, key))
    patches = health.Patches()
    if has_agent:
        patches = health.patches_of(
            context.said(WAITING, key), context.said(FAILED, key), told, offline=record.offline
        )
    antivirus = health.antivirus_of(context.said(ANTIVIRUS, key), is_mac=kind_of.startswith("MAC"))
    status = clean(record.approval_status)
    name = clean(record.display_name)
    host = clean(record.system_name)
    yield Asset(
        id=key,
        company=None if record.organization_id is None else str(record.organization_id),
        name=name or host,
        kind=_kind(kind_of, health.word(machine.chassis_type)),
        type=clean(record.node_class),
        status=status,
        is_active=None if status is None else {"DECOMMISSIONED": False, "APPROVED": True}.get(status.upper()),
        host_name=host,
        serial=health.word(machine.serial_number) or health.word(machine.bios_serial_number),
        mac=next((mac for text in record.mac_addresses or () if (mac := clean(text))), None),
        manufacturer=health.word(machine.manufacturer),
        model=health.word(machine.model),
        os=None if system is None else health.word(system.name),
        os_build=None
        if system is None
        else health.word(system.build_number) or health.word(system.release_id),
        warranty_ends_on=_warranty(record),
        last_seen_at=_time(record.last_contact),
        updated_at=_time(record.last_update),
        antivirus_present=antivirus.present,
        antivirus_running=antivirus.running,
        antivirus_current=antivirus.current,
        patches_missing=patches.severe,
        oldest_patch_at=patches.oldest,
        patches_lesser=patches.lesser,
        reboot_pending=health.waits_for_restart(system, told) if has_agent else None,
        booted_at=None if system is None else health.moment(system.last_boot_time),
        is_encrypted=health.is_encrypted(context.said(VOLUMES, key)),
    )


def _first(rows: Iterable[object]) -> Any:
    return next(iter(rows), None)


def _kind(node_class: str, chassis: str | None) -> str | None:
    """Our kind of device; None for a class that is not known."""
    if _OTHERS.fullmatch(node_class):
        return "other"
    if _SERVERS.fullmatch(node_class):
        return "server"
    if _WORKSTATIONS.fullmatch(node_class):
        text = chassis or ""
        return "laptop" if _PORTABLE.search(text) or text in _PORTABLE_NUMBERS else "workstation"
    return "network" if node_class.startswith("NMS_") else None


def _time(value: wire.Moment) -> datetime | None:
    found = from_epoch(value)
    return None if found is None else found.replace(microsecond=0)


def _warranty(record: wire.Device) -> datetime | None:
    """The last day of warranty, by whichever place holds it."""
    referred = record.references.warranty if record.references is not None else None
    held = referred or record.warranty
    if held is None or held.end_date is None:
        return None
    if isinstance(held.end_date, str):
        return day(held.end_date)
    found = from_epoch(held.end_date)
    return None if found is None else found.replace(hour=0, minute=0, second=0, microsecond=0)
