"""NinjaOne's records as they come: only the fields that are used, everything optional but the keys.

Fields in which people write freely (notes, userData, custom fields of devices) are not among them.
"""

import msgspec

Number = int | float | str | None  # of a query's row: any that can be read must be, see Beside
Text = str | int | float | bool | None
Moment = int | float | None  # seconds since 1970, with a fraction


class Wire(msgspec.Struct, gc=False, rename="camel"):
    """A record or a part of one. Keys that are not named here are skipped."""


class Organization(Wire, gc=False, rename="camel"):
    """GET /organizations. `fields` holds the MSP's own custom fields."""

    id: int
    name: str
    fields: dict[str, msgspec.Raw] | None = None


class Warranty(Wire, gc=False, rename="camel"):
    """Dates in seconds; one integration has seen ISO dates."""

    end_date: Moment | str = None


class References(Wire, gc=False, rename="camel"):
    """Holds the warranty where NinjaOne knows one."""

    warranty: Warranty | None = None


class System(Wire, gc=False, rename="camel"):
    """The machine: a block of a device, and a row of /queries/computer-systems."""

    device_id: int | str | None = None
    manufacturer: Text = None
    model: Text = None
    serial_number: Text = None
    bios_serial_number: Text = None
    chassis_type: Text = None


class OperatingSystem(Wire, gc=False, rename="camel"):
    """A block of a device, and a row of /queries/operating-systems."""

    device_id: int | str | None = None
    name: Text = None
    build_number: Text = None
    release_id: Text = None
    last_boot_time: Number = None
    needs_reboot: Text = None


class Device(Wire, gc=False, rename="camel"):
    """GET /devices-detailed. What the blocks hold depends on the kind of device, and is in no document."""

    id: int
    organization_id: int | None = None
    node_class: str | None = None
    approval_status: str | None = None
    offline: bool | None = None
    display_name: str | None = None
    system_name: str | None = None
    last_contact: Moment = None
    last_update: Moment = None
    mac_addresses: list[str] | None = None
    references: References | None = None
    warranty: Warranty | None = None
    system: System | None = None
    os: OperatingSystem | None = None


class Antivirus(Wire, gc=False, rename="camel"):
    """A row of /queries/antivirus-status: one product on one device."""

    device_id: int | str | None = None
    product_name: Text = None
    product_state: Text = None
    definition_status: Text = None


class Patch(Wire, gc=False, rename="camel"):
    """A row of /queries/os-patches and /queries/os-patch-installs: one patch on one device."""

    device_id: int | str | None = None
    id: Text = None
    name: Text = None
    severity: Text = None
    type: Text = None


class BitLocker(Wire, gc=False, rename="camel"):
    """The state alone. A volume's recovery key is in no answer of the API, and in no field of this record."""

    conversion_status: Text = None
    protection_status: Text = None


class Volume(Wire, gc=False, rename="camel"):
    """A row of /queries/volumes."""

    device_id: int | str | None = None
    drive_letter: Text = None
    bit_locker_status: BitLocker | None = None


class Health(Wire, gc=False, rename="camel"):
    """A row of /queries/device-health."""

    device_id: int | str | None = None
    pending_os_patches_count: Number = msgspec.field(default=None, name="pendingOSPatchesCount")
    pending_reboot_reason: Text = None
