"""The row source of devices."""

from sevenc_sync.score.sourcefacts import COMMON, Source, flag, number, text, time

# As they stand after "no source says".
_ANTIVIRUS = "whether devices have an antivirus"
_PATCHES = "which patches devices lack"
_OFFLINE = "how long devices were offline"

# What devices.toml may say of a fact: whose word counts first.
FIRSTS = ("standing", "agent", "latest")

_ASSETS = Source(
    name="assets",
    table="asset",
    means=(
        "Devices, one row per device: where several sources know the same device, the master PSA's record stands for "
        "it, and says what it is. Whose word counts for what else is told, fact by fact, stands in devices.toml: where the "
        "standing record leaves a gap, and for what management agents tell, the newest of the other records that says "
        "something. Backup facts are those of all protections of the same device together, archived ones left out."
    ),
    columns={
        **COMMON,
        "name": text("the device's name"),
        "kind": text(
            "server, workstation, laptop, network, appliance or other; the vendor's, else from tags.toml"
        ),
        "type": text("the vendor's type name"),
        "status": text("the vendor's status name"),
        "is_active": flag("whether the vendor calls it active"),
        "managed": flag("not called inactive by the vendor and not tagged 'retired' by tags.toml"),
        "host_name": text("the name on the network"),
        "serial": text("the serial number"),
        "mac": text("the hardware address"),
        "manufacturer": text("who made it"),
        "model": text("the model"),
        "os": text("the operating system, as the source writes it"),
        "os_build": text("what tells the system's release: a build, or a version"),
        "purchased_on": time("day of purchase"),
        "installed_on": time("day of installation"),
        "warranty_ends_on": time("last day of warranty"),
        "last_seen_at": time("when its management agent last reported", told="when devices were last seen"),
        "updated_at": time("when the record last changed"),
        "os_support_ends_on": time("last day on which its operating system gets security updates"),
        "antivirus_present": flag("whether there is an antivirus", told=_ANTIVIRUS),
        "antivirus_running": flag("whether it runs", told=_ANTIVIRUS),
        "antivirus_current": flag(
            "whether its definitions are up to date, by the tool's word", told=_ANTIVIRUS
        ),
        "antivirus_updated_at": time("when its definitions were last renewed", told=_ANTIVIRUS),
        "patches_missing": number("critical and high patches that are not installed", told=_PATCHES),
        "oldest_patch_at": time("when the oldest of them was released", told=_PATCHES),
        "patches_lesser": number("other patches that are not installed", told=_PATCHES),
        "reboot_pending": flag("whether what was installed waits for a restart"),
        "booted_at": time("when it was last started"),
        "is_encrypted": flag("whether the system disk is encrypted", told="whether disks are encrypted"),
        "offline_minutes": number(
            "minutes of the last 30 days in which it was off without a plan", told=_OFFLINE
        ),
        "monitored_minutes": number("minutes of the last 30 days in which it was watched", told=_OFFLINE),
        "agent_version": text("the version of its management agent"),
        "is_common_model": flag(
            "whether its model is one of the three that the client bought most of in the last 365 days, among devices of "
            "its type; null where no model is known"
        ),
        "is_protected": flag(
            "whether a backup product protects it and is not paused; never null", "protection"
        ),
        "last_backup_success_at": time("its newest good recovery point", "protection"),
        "offsite_at": time("its newest copy outside the building", "protection"),
        "verified_at": time("when a recovery point was last shown to start", "protection"),
    },
    at=None,
    newest="updated_at",
    phrase="asset",
    label=("name", "kind", "type", "os", "purchased_on", "warranty_ends_on"),
    shows={
        "os_support_ends_on": ("os_build", "os_support_ends_on"),
        "antivirus_present": ("antivirus_present", "antivirus_running", "antivirus_current"),
        "patches_missing": ("patches_missing", "oldest_patch_at", "patches_lesser"),
        "reboot_pending": ("reboot_pending", "booted_at"),
        "is_encrypted": ("is_encrypted",),
        "offline_minutes": ("offline_minutes", "monitored_minutes"),
        "last_seen_at": ("last_seen_at", "agent_version"),
    },
    brief=("name", "kind", "os"),
)

DEVICE_SOURCES = (_ASSETS,)

# Facts that several systems may tell of one device; what makes a record the one that stands for it is not among them.
DEVICE_FACTS = tuple(
    name
    for name, fact in _ASSETS.columns.items()
    if fact.table is None
    and name not in COMMON
    and name
    not in ("name", "kind", "type", "status", "is_active", "managed", "updated_at", "is_common_model")
)
