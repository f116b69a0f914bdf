"""Datto RMM's records as they come: only the fields that are used, everything optional but the keys.

Never named here: `udf` (recovery keys and passwords are kept in them) and a site's `proxySettings`.
"""

from typing import TypeVar

import msgspec

T = TypeVar("T")

# Times come as milliseconds since 1970 and as ISO text, flags as true and as null.
Moment = int | float | str | None
Flag = bool | int | str | None


class Wire(msgspec.Struct, gc=False, rename="camel"):
    """A record or a part of one. Keys that are not named here are skipped."""


class TokenAnswer(msgspec.Struct, gc=False):
    """POST /auth/oauth/token."""

    access_token: str
    expires_in: float | None = None


class Rate(Wire, gc=False, rename="camel"):
    """GET /v2/system/request_rate."""

    sliding_time_window_size_seconds: int | None = None
    account_count: int | None = None
    account_rate_limit: int | None = None


class Site(Wire, gc=False, rename="camel"):
    """GET /v2/account/sites."""

    uid: str
    name: str | None = None
    autotask_company_id: int | str | None = None


class DeviceType(Wire, gc=False, rename="camel"):
    """What a device is, in words that the vendor does not list."""

    category: str | None = None
    type: str | None = None


class Antivirus(Wire, gc=False, rename="camel"):
    """The antivirus that the agent found."""

    antivirus_status: str | None = None


class PatchManagement(Wire, gc=False, rename="camel"):
    """How the device stands with its patches."""

    patch_status: str | None = None
    patches_approved_pending: int | None = None
    patches_not_approved: int | None = None
    patches_installed: int | None = None


class Device(Wire, gc=False, rename="camel"):
    """GET /v2/account/devices."""

    uid: str
    site_uid: str | None = None
    hostname: str | None = None
    description: str | None = None
    device_type: DeviceType | None = None
    device_class: str | None = None
    operating_system: str | None = None
    online: Flag = None
    suspended: Flag = None
    deleted: Flag = None
    reboot_required: Flag = None
    last_seen: Moment = None
    last_reboot: Moment = None
    creation_date: Moment = None
    warranty_date: str | None = None
    antivirus: Antivirus | None = None
    patch_management: PatchManagement | None = None
    display_version: str | None = None
    cag_version: str | None = None


class SystemInfo(Wire, gc=False, rename="camel"):
    """Who made the machine."""

    manufacturer: str | None = None
    model: str | None = None


class Bios(Wire, gc=False, rename="camel"):
    """Holds the machine's serial number."""

    serial_number: str | None = None


class Nic(Wire, gc=False, rename="camel"):
    """A network card, or what looks like one."""

    ipv4: str | None = None
    mac_address: str | None = None


class Audit(Wire, gc=False, rename="camel"):
    """GET /v2/audit/device/{deviceUid}."""

    system_info: SystemInfo | None = None
    bios: Bios | None = None
    nics: list[Nic] | None = None


class Patch(Wire, gc=False, rename="camel"):
    """GET /v2/device/{deviceUid}/patches."""

    patch_id: str
    severity: str | None = None
    install_status: str | None = None
    release_date: Moment = None
