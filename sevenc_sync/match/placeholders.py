"""What makers and agents write where they know no serial number or host name, as data."""

# Folded: lower case, letters and digits only.
PLACEHOLDER_SERIALS = frozenset(
    {
        "assetserialnumber",
        "baseboardserialnumber",
        "chassisserialnumber",
        "default",
        "defaultstring",
        "empty",
        "filledbyoem",
        "invalid",
        "missing",
        "na",
        "nil",
        "none",
        "noserial",
        "noserialnumber",
        "notapplicable",
        "notavailable",
        "notdefined",
        "notfound",
        "notpresent",
        "notset",
        "notspecified",
        "null",
        "oem",
        "pending",
        "qemu",
        "sernum",
        "serial",
        "serialnumber",
        "standardpc",
        "systemserialnumber",
        "tba",
        "tbd",
        "test",
        "tobefilled",
        "tobefilledbyoem",
        "undefined",
        "unknown",
        "unspecified",
        "virtual",
        "virtualmachine",
        "vm",
        "0123456789",
        "0123456789abcdef",
        "123456789",
        "1234567890",
    }
)

# A hypervisor makes these up, anew for a copy or a restored machine.
PLACEHOLDER_SERIAL_PREFIXES = ("vmware", "parallels", "virtualbox", "ec2", "googlecloud", "nutanix")

# A short serial is a counter or a slip, and would tie strangers together.
SHORTEST_SERIAL = 4

PLACEHOLDER_HOSTS = frozenset(
    {
        "default",
        "desktop",
        "host",
        "hostname",
        "laptop",
        "localhost",
        "n-a",
        "na",
        "new",
        "none",
        "null",
        "pc",
        "server",
        "test",
        "unknown",
        "workstation",
    }
)
