"""The RMM's words for kinds of machines and severities, its network cards, and the fields that MSPs fill themselves."""

from collections.abc import Mapping
from typing import Any

from sevenc_sync.sandbox.world.entities import Agent, Machine, MachineKind, PatchSeverity

CATEGORIES: Mapping[MachineKind, str] = {
    "server": "Server", "workstation": "Desktop", "laptop": "Laptop", "firewall": "Network Device (Firewall)",
    "switch": "Network Device (Switch)", "access point": "Network Device (Access Point)", "printer": "Printer",
}  # fmt: skip
SEVERITIES: Mapping[PatchSeverity, str] = {
    "critical": "CRITICAL",
    "important": "IMPORTANT",
    "moderate": "MODERATE",
    "low": "LOW",
}
UDFS = 300


def nics(machine: Machine) -> list[dict[str, Any]]:
    """The machine's own card, behind one without an address: a tunnel that many machines have."""
    return [
        {"instance": "WAN Miniport (IP)", "ipv4": "", "ipv6": "", "macAddress": "", "type": ""},
        {
            "instance": "Ethernet Connection", "ipv4": machine.ip, "ipv6": "", "macAddress": machine.mac,
            "type": "ETHERNETCSMACD",
        },
    ]  # fmt: skip


def udf(agent: Agent, machine: Machine) -> dict[str, str | None]:
    """All user-defined fields: some MSPs keep recovery keys and passwords in them."""
    fields: dict[str, str | None] = {f"udf{number}": None for number in range(1, UDFS + 1)}
    if agent.encrypted:
        part = f"{machine.id:06d}"
        fields["udf7"] = "-".join([part] * 8)
        fields["udf8"] = f"local admin / {machine.serial}!pw"
    return fields
