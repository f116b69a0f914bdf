"""Datto RMM's records in our words. Pure functions; what is not said stays None, and nothing unknown is ever good."""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta

from connectors.datto_rmm import wire
from sevenc_sync.connect.stream import Context, Parent
from sevenc_sync.connect.text import clean, day, flag, from_epoch, when, word
from sevenc_sync.model import Asset, Company, Record

A_DAY = timedelta(days=1)
_MILLISECONDS_FROM = 9_999_999_999  # larger numbers are no seconds: they would be after the year 2286

# The vendor lists no words for what a device is; these have been seen. Any other one goes by its class.
_KINDS = {
    "desktop": "workstation",
    "workstation": "workstation",
    "laptop": "laptop",
    "notebook": "laptop",
    "server": "server",
    "esxi host": "server",
    "printer": "other",
}
_CLASSES = {"esxihost": "server", "printer": "other", "rmmnetworkdevice": "network"}

# (present, running, definitions up to date) by the agent's word.
_ANTIVIRUS: Mapping[str, tuple[bool | None, bool | None, bool | None]] = {
    "runninganduptodate": (True, True, True),
    "runningandnotuptodate": (True, True, False),
    "notrunning": (True, False, None),
    "notdetected": (False, None, None),
}
_NOTHING = (None, None, None)

# Words of the device list by which its counts mean something: with the others, zero is what stands for "not known".
_COUNTED = frozenset({"rebootrequired", "installerror", "approvedpending", "fullypatched"})

_IS_SEVERE = {"critical": True, "important": True, "moderate": False, "low": False, "unspecified": False}
_IS_MISSING = {"installed": False, "approved_pending": True, "not_approved": True}

_BUILD = re.compile(r"(.*\S)[\s(]+((?:6\.[0-3]|10\.0)\.\d{4,5}(?:\.\d+)*)\)?")


def moment(value: wire.Moment) -> datetime | None:
    """A time that comes as milliseconds or seconds since 1970, or as ISO text; None for "never": 0 and the year 1.

    Raises ValueError for anything else.
    """
    if isinstance(value, bool):
        raise ValueError("a time that is true or false")  # noqa: TRY004 - what cannot be read is a ValueError
    if isinstance(value, str):
        text = value.strip()
        if not text.lstrip("-").isdecimal():
            return when(text)
        value = int(text)
    if value is None or value <= 0:
        return None
    return from_epoch(value / 1000 if value > _MILLISECONDS_FROM else value)


def site(record: wire.Site, _context: Context) -> Iterable[Record]:
    """A site: one of the MSP's customers, or one that stands for nobody."""
    uid = _key(record.uid)
    number = clean(str(record.autotask_company_id)) if record.autotask_company_id else None
    yield Company(
        id=uid,
        name=clean(record.name) or f"Site {uid}",
        external={"autotask_psa": number} if number and number != "0" else None,
    )


def device(record: wire.Device, context: Context) -> Iterable[Record]:
    """A device. One that is marked as deleted is none."""
    uid = _key(record.uid)
    if flag(record.deleted):
        return
    about = record.device_type or wire.DeviceType()
    system, build = _system(record.operating_system)
    present, running, current = antivirus(record.antivirus)
    none_missing = 0 if _lacks_nothing(record.patch_management) else None
    yield Asset(
        id=uid,
        company=clean(record.site_uid),
        name=clean(record.hostname) or clean(record.description),
        kind=kind_of(about.category, record.device_class),
        type=word(about.type) or word(about.category),
        status="suspended" if flag(record.suspended) else None,
        host_name=clean(record.hostname),
        os=system,
        os_build=build,
        warranty_ends_on=day(clean(record.warranty_date)),
        last_seen_at=_seen(record, context),
        antivirus_present=present,
        antivirus_running=running,
        antivirus_current=current,
        patches_missing=none_missing,
        patches_lesser=none_missing,
        reboot_pending=flag(record.reboot_required),
        booted_at=moment(record.last_reboot),
        agent_version=clean(record.display_version) or clean(record.cag_version),
    )


def _key(uid: str) -> str:
    key = clean(uid)
    if key is None:
        raise ValueError("a record without its uid")
    return key


def _seen(record: wire.Device, context: Context) -> datetime | None:
    """When the device was last in touch. While it is online its own time may lag: then the day counts."""
    seen = moment(record.last_seen)
    if flag(record.online) and (seen is None or context.now - seen > A_DAY):
        return context.now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return seen


def kind_of(category: str | None, device_class: str | None) -> str | None:
    """What the device is, by the vendor's category, else by its class; None for words that are not known."""
    said = (clean(category) or "").casefold()
    if said.startswith("network device"):
        return "network"
    return _KINDS.get(said) or _CLASSES.get((clean(device_class) or "").casefold())


def _system(text: str | None) -> tuple[str | None, str | None]:
    """The operating system and its build, which stands at the end of one free text where it is told at all."""
    said = clean(text)
    found = _BUILD.fullmatch(said) if said else None
    return (found[1], found[2]) if found else (said, None)


def antivirus(found: wire.Antivirus | None) -> tuple[bool | None, bool | None, bool | None]:
    """Whether there is one, whether it runs, and whether its definitions are up to date."""
    said = clean(found.antivirus_status) if found else None
    return _ANTIVIRUS.get((said or "").casefold(), _NOTHING)


def _counts(found: wire.PatchManagement | None) -> tuple[int, int] | None:
    """How many patches are approved and wait, and how many are not approved; None where that is not said."""
    if found is None or found.patches_approved_pending is None or found.patches_not_approved is None:
        return None
    return found.patches_approved_pending, found.patches_not_approved


def _lacks_nothing(found: wire.PatchManagement | None) -> bool:
    """Whether the list itself says that no patch is missing: the device's own list need not be read."""
    said = (clean(found.patch_status) or "").casefold() if found else ""
    return said in _COUNTED and _counts(found) == (0, 0)


def audit_mark(record: wire.Device) -> str | None:
    """Changes when a device's hardware may be another: a new agent, another name or another system."""
    if (record.device_class or "").casefold() != "device" or flag(record.deleted):
        return None
    system, _build = _system(record.operating_system)
    return "|".join((str(record.creation_date), record.hostname or "", system or ""))


def patches_mark(record: wire.Device) -> str | None:
    """Changes with the counts of a device's patches; None where none is missing, or nobody counts them."""
    found = record.patch_management
    counts = _counts(found)
    if found is None or counts is None or not any(counts) or flag(record.deleted):
        return None
    return "/".join(map(str, (*counts, found.patches_installed)))


def audit(record: wire.Audit, context: Context) -> Iterable[Record]:
    """What an audit found in a device: who made it, its serial number, its network card."""
    of = _device(context)
    system, bios = record.system_info or wire.SystemInfo(), record.bios or wire.Bios()
    yield Asset(
        id=of.id,
        company=of.company,
        serial=clean(bios.serial_number),
        mac=_card(record.nics or ()),
        manufacturer=clean(system.manufacturer),
        model=clean(system.model),
    )


def _card(cards: Iterable[wire.Nic]) -> str | None:
    """The address of the first card that is in use (it has an IP address), else of the first that has one at all."""
    known = [(bool(clean(card.ipv4)), address) for card in cards if (address := clean(card.mac_address))]
    in_use = [address for is_used, address in known if is_used]
    return next(iter([*in_use, *(address for _, address in known)]), None)


def patch(record: wire.Patch, context: Context) -> Iterable[Record]:
    """One patch of a device, as its part of what the device lacks. A word that is not known makes the sum unknown."""
    of = _device(context)
    missing = _IS_MISSING.get((clean(record.install_status) or "").casefold())
    severe = _IS_SEVERE.get((clean(record.severity) or "").casefold())
    many: int | None = None
    lesser: int | None = None
    if missing is False:
        many = lesser = 0
    elif missing and severe is not None:
        many, lesser = int(severe), int(not severe)
    yield Asset(
        id=of.id,
        company=of.company,
        patches_missing=many,
        patches_lesser=lesser,
        oldest_patch_at=moment(record.release_date) if many else None,
    )


def _device(context: Context) -> Parent:
    if context.parent is None:
        raise ValueError("a detail without its device")
    return context.parent
