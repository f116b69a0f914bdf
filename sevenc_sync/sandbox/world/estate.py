"""The clients' machines: how many, how old, under warranty or not, on which operating system."""

import math
from datetime import datetime, timedelta
from random import Random

from sevenc_sync.sandbox.world.entities import Machine, MachineKind, Organisation, Profile
from sevenc_sync.sandbox.world.names import short_code
from sevenc_sync.sandbox.world.seeds import at, clamp, dice

YEAR = 365.25
IDS_PER_CLIENT = 200

MODELS: dict[MachineKind, tuple[tuple[str, str], ...]] = {
    "server": (("Dell", "PowerEdge R650xs"), ("HPE", "ProLiant ML350"), ("Lenovo", "ThinkSystem SR630")),
    "workstation": (("Dell", "OptiPlex 7010"), ("Lenovo", "ThinkCentre M70q"), ("HP", "ProDesk 400")),
    "laptop": (("Dell", "Latitude 5440"), ("Lenovo", "ThinkPad T14"), ("Apple", "MacBook Air")),
    "firewall": (("Fortinet", "FortiGate 60F"), ("SonicWall", "TZ370")),
    "switch": (("HPE Aruba", "2930F 24G"), ("Ubiquiti", "USW-24-PoE")),
    "access point": (("Ubiquiti", "U6-Pro"), ("HPE Aruba", "AP-505")),
    "printer": (("HP", "LaserJet M404"), ("Brother", "HL-L6400")),
}
CODES: dict[MachineKind, str] = {
    "server": "SRV", "workstation": "WS", "laptop": "LT", "firewall": "FW",
    "switch": "SW", "access point": "AP", "printer": "PRN",
}  # fmt: skip
GOOD_SERVERS = (
    ("Microsoft Windows Server 2022 Standard", "10.0.20348"),
    ("Microsoft Windows Server 2019 Standard", "10.0.17763"),
)
BAD_SERVERS = (
    ("Microsoft Windows Server 2012 R2 Standard", "6.3.9600"),
    ("Microsoft Windows Server 2008 R2 Standard", "6.1.7601"),
)
GOOD_CLIENTS = (("Microsoft Windows 11 Pro", "10.0.26200"), ("Microsoft Windows 11 Enterprise", "10.0.26200"))
BAD_CLIENTS = (("Microsoft Windows 10 Pro", "10.0.19045"), ("Microsoft Windows 7 Professional", "6.1.7601"))
MAC_OS = ("macOS 26 Tahoe", "26.1")
COMPUTERS = ("server", "workstation", "laptop")


def make_machines(seed: int, client: Organisation, profile: Profile, anchor: datetime) -> list[Machine]:
    """All devices of one client, plus one or two retired ones; the same whatever `now` is."""
    chance = dice(seed, "estate", client.index)
    endpoints = client.seats
    laptops = int(endpoints * chance.uniform(0.35, 0.65))
    plan: list[tuple[MachineKind, int]] = [
        ("server", 2 + int(client.seats / 14) + chance.randrange(3)),
        ("workstation", endpoints - laptops), ("laptop", laptops), ("firewall", 1),
        ("switch", chance.randint(1, 3)), ("access point", chance.randint(1, 4)),
        ("printer", chance.randint(1, 2)),
    ]  # fmt: skip
    machines: list[Machine] = []
    for kind, count in plan:
        ages = _ages(kind, count, profile, chance)
        supported = count - _unsupported(kind, count, profile)
        for number in range(count):
            place = 1 + len(machines)
            machines.append(
                _machine(client, kind, number, ages[number], number >= supported, place, anchor, chance)
            )
    for number in range(chance.randint(1, 2)):
        retired = _machine(
            client,
            "workstation",
            80 + number,
            (7.5, 3),
            True,
            1 + len(machines),
            anchor,
            chance,
            active=False,
        )
        machines.append(retired)
    return machines


def _ages(kind: MachineKind, count: int, profile: Profile, chance: Random) -> list[tuple[float, int]]:
    """(age, warranty) in years, youngest first: exact shares, so that small clients are not left to luck."""
    core = kind not in {"workstation", "laptop", "printer"}
    quality = profile.blocks["competent" if core else "cost-effective"]
    in_warranty = round(count * clamp(0.06 + 0.93 * quality))
    in_life = max(in_warranty, round(count * clamp(0.22 + 0.80 * quality)))
    term = 5 if core else 3
    ages = []
    for number in range(count):
        if number < in_warranty:
            ages.append((chance.uniform(0.15, term - 0.6), term))
        elif number < in_life:
            ages.append((chance.uniform(3.2, 4.6), 3))
        else:
            ages.append((chance.uniform(5.2, 9.0), 3))
    return sorted(ages)


def _unsupported(kind: MachineKind, count: int, profile: Profile) -> int:
    if kind not in COMPUTERS:
        return 0
    return round(count * 0.75 * math.pow(1 - profile.blocks["continuous"], 1.2))


def _machine(
    client: Organisation, kind: MachineKind, number: int, age: tuple[float, int], old_os: bool, place: int,
    anchor: datetime, chance: Random, *, active: bool = True,
) -> Machine:  # fmt: skip
    maker, model = chance.choice(MODELS[kind])
    years, term = age
    purchased = anchor.date() - timedelta(days=int(years * YEAR))
    system, build = _system(kind, maker, old_os, chance)
    known = chance.random() > 0.04  # noqa: PLR2004 (dirt: a few devices never got their dates)
    entered = at(purchased + timedelta(days=9), chance.randrange(50_000, 70_000))
    updated = max(
        entered, at(anchor.date() - timedelta(days=chance.randint(2, 300)), chance.randrange(86_400))
    )
    serial = "".join(
        chance.choice("BCDFGHJKLMNPQRSTVWXYZ0123456789") for _ in range(7 if maker == "Dell" else 10)
    )
    user = (
        f"{short_code(client.name)[:6].lower()}\\user{number + 1:02d}"
        if kind in {"workstation", "laptop"}
        else ""
    )
    return Machine(
        id=5000 + client.index * IDS_PER_CLIENT + place,
        client_id=client.id,
        kind=kind,
        name=f"{short_code(client.name)[:5]}-{_code(kind, number)}",
        maker=maker,
        model=model,
        serial=serial,
        os=system,
        os_build=build,
        purchased=purchased if known else None,
        warranty_end=purchased + timedelta(days=int(term * YEAR)) if known else None,
        mac=":".join(f"{chance.randrange(256):02X}" for _ in range(6)),
        ip=f"10.{client.index % 250}.{1 + place // 250}.{1 + place % 250}",
        last_user=user,
        active=active,
        entered=entered,
        updated=updated,
    )


def _code(kind: MachineKind, number: int) -> str:
    if kind == "server" and number == 0:
        return "DC01"
    return f"{CODES[kind]}{number + 1:02d}"


def _system(kind: MachineKind, maker: str, old: bool, chance: Random) -> tuple[str, str]:
    if kind not in COMPUTERS:
        return "", ""
    if kind == "server":
        return chance.choice(BAD_SERVERS if old else GOOD_SERVERS)
    if maker == "Apple" and not old:
        return MAC_OS
    return chance.choices(BAD_CLIENTS, (85, 15))[0] if old else chance.choice(GOOD_CLIENTS)
