"""What makers, agents and hypervisors write where there is no serial number, host name, network card or machine, as data."""

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

# The first half of the addresses that hypervisors, containers and VPN clients give to cards that are none.
VIRTUAL_OUIS = frozenset(
    {
        "00059a",  # Cisco AnyConnect
        "000569",  # VMware
        "000c29",
        "001c14",
        "005056",
        "00090f",  # Fortinet's VPN client
        "000d3a",  # Azure
        "002248",
        "6045bd",
        "7c1e52",
        "00155d",  # Hyper-V
        "00163e",  # Xen
        "001c42",  # Parallels
        "0021f6",  # Oracle VM
        "080027",  # VirtualBox
        "0a0027",
        "506b8d",  # Nutanix
        "525400",  # QEMU and KVM
        "bc2411",  # Proxmox
        "00ff00",  # OpenVPN's TAP and others of its kind
    }
)

# Workloads of backup products that are data, not machines.
NO_MACHINE = frozenset(
    {
        "calendar",
        "contacts",
        "database",
        "drive",
        "exchange",
        "google",
        "group",
        "m365",
        "mailbox",
        "onedrive",
        "share",
        "sharepoint",
        "site",
        "tasks",
        "team",
        "teams",
        "user",
    }
)
