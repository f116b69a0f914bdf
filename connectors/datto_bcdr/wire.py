"""Datto's records as they come: only the fields that are used, everything optional but the keys."""

import msgspec

# Flags come as true, "1" and ""; times as ISO text or as seconds since 1970, of which 0 is "never".
Flag = bool | int | str | None
Moment = int | float | str | None


class Wire(msgspec.Struct, gc=False, rename="camel"):
    """A record or a part of one. Keys that are not named here are skipped."""


class Device(Wire, gc=False, rename="camel"):
    """GET /bcdr/device. Cloud devices leave out much of it."""

    serial_number: str
    name: str | None = None
    model: str | None = None
    last_seen_date: Moment = None
    organization_id: int | str | None = None
    organization_name: str | None = None
    client_company_name: str | None = None
    hidden: Flag = None
    warranty_expire: Moment = None


class Plan(Wire, gc=False, rename="camel"):
    """The same record, for its service plan."""

    serial_number: str
    service_plan: str | None = None


class Machine(Wire, gc=False, rename="camel"):
    """What the agent says of the machine that it protects."""

    mac: str | None = None
    serial: str | None = None


class Backup(Wire, gc=False, rename="camel"):
    """The backup itself."""

    status: Flag = None
    error_message: str | None = None


class LocalError(Wire, gc=False, rename="camel"):
    """A fault that the check of the backup's files found."""

    error_type: str | None = None
    error_message: str | None = None


class LocalVerification(Wire, gc=False, rename="camel"):
    """The check of the backup's files."""

    status: Flag = None
    errors: list[LocalError] | None = None


class Screenshot(Wire, gc=False, rename="camel"):
    """The start of the backup as a virtual machine."""

    status: Flag = None


class AdvancedVerification(Wire, gc=False, rename="camel"):
    """Holds the screenshot, where one was taken."""

    screenshot_verification: Screenshot | None = None


class BackupEntry(Wire, gc=False, rename="camel"):
    """One of the last backups of an asset."""

    timestamp: Moment = None
    backup: Backup | None = None
    local_verification: LocalVerification | None = None
    advanced_verification: AdvancedVerification | None = None


class Asset(Wire, gc=False, rename="camel"):
    """GET /bcdr/device/{device}/asset: an agent or a share."""

    name: str | None = None
    type: str | None = None
    asset_id: int | str | None = None
    volume: str | None = None
    os: str | None = None
    fqdn: str | None = None
    is_paused: Flag = None
    is_archived: Flag = None
    local_snapshots: int | str | None = None
    last_snapshot: Moment | msgspec.UnsetType = msgspec.UNSET  # null is "never", a missing key is not said
    latest_offsite: Moment = None
    last_screenshot_attempt: Moment = None
    latest_screenshot: Moment = None  # the same under another name, in one client's types
    last_screenshot_attempt_status: Flag = None
    protected_machine: Machine | None = None
    backups: list[BackupEntry] | dict[str, BackupEntry] | None = None  # lists have come as numbered objects


class Alert(Wire, gc=False, rename="camel"):
    """GET /bcdr/device/{device}/alert."""

    type: str | None = None
    threshold: int | float | str | None = None
    unit: str | None = None
    date_triggered: Moment = None
    date_sent: Moment = None
