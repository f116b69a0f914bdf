"""What the backup product saw: appliances, the machines they protect, and sixty days of runs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random

from sevenc_sync.sandbox.world.entities import (
    Appliance,
    BackupRun,
    Machine,
    Organisation,
    Profile,
    Protection,
)
from sevenc_sync.sandbox.world.names import STRAY_ORGANISATIONS
from sevenc_sync.sandbox.world.seeds import at, clamp, day_index, day_of, dice

HISTORY_DAYS = 60
IDS_PER_CLIENT = 100
MODELS = ("SIRIS 5 X3", "SIRIS 4 P2", "ALTO 4")
ERRORS = (
    "The backup agent could not be reached over the network.",
    "Not enough free space for the shadow copy on volume C:.",
    "Snapshot failed: VSS writer timed out.\r\nRetry\u00a0pending.",
)
STRAY_IDS = 400
"""Client index under which things of no client are numbered."""


def make_appliances(
    seed: int,
    client: Organisation,
    profile: Profile,
    machines: Sequence[Machine],
    anchor: datetime,
    now: datetime,
) -> list[Appliance]:
    """The client's backup appliances with all that they protect."""
    chance = dice(seed, "appliance", client.index)
    quality = profile.blocks["continuous"]
    servers = [m for m in machines if m.kind == "server" and m.active]
    endpoints = [m for m in machines if m.kind in {"workstation", "laptop"} and m.active]
    chosen = servers[: max(1, round(len(servers) * clamp(0.15 + 0.88 * quality)))]
    chosen += endpoints[: round(len(endpoints) * 0.26 * quality)]
    cloud = client.index % 9 == 4  # noqa: PLR2004 (one client of nine)
    serial = _serial(chance, cloud)
    dead = max(0, round(len(chosen) * (0.45 * (1 - quality) - 0.08)))
    protections = [
        _agent(seed, client, machine, place, serial, quality, place >= len(chosen) - dead, now)
        for place, machine in enumerate(chosen)
    ]
    protections.append(_share(seed, client, len(protections), serial, quality, now))
    retired = [m for m in machines if not m.active]
    protections.extend(
        _old_agent(seed, client, m, 60 + n, serial, anchor, now) for n, m in enumerate(retired[:1])
    )
    return [
        Appliance(
            serial=serial, client_id=client.id, organisation_id=70_000 + client.index,
            organisation=client.backup_name,
            name=f"{machines[0].name.split('-')[0]}-BDR",
            model="CLDSIRIS" if cloud else chance.choice(MODELS), cloud=cloud,
            registered=anchor.date() - timedelta(days=chance.randint(300, 1600)),
            service_end=anchor.date() + timedelta(days=chance.randint(60, 700)),
            last_seen=now - timedelta(seconds=60 + chance.randrange(500)), protections=tuple(protections),
        )
    ]  # fmt: skip


def stray_appliances(seed: int, anchor: datetime, now: datetime) -> list[Appliance]:
    """Appliances of organisations that the PSA does not know."""
    found = []
    for place, organisation in enumerate(STRAY_ORGANISATIONS):
        chance = dice(seed, "stray", place)
        serial = _serial(chance, cloud=False)
        runs = tuple(_run(seed, ("stray", place), day, 0.02, 0.9, None) for day in _days(now))
        agent = Protection(
            id=80_000 + STRAY_IDS * IDS_PER_CLIENT + place, appliance=serial, kind="agent",
            name=f"LAB-{place + 1:02d}",
            machine_id=None, paused=False, archived=False, offsite=None,
            runs=tuple(r for r in runs if r.at <= now),
        )  # fmt: skip
        found.append(
            Appliance(
                serial=serial, client_id=None, organisation_id=70_000 + STRAY_IDS + place,
                organisation=organisation,
                name=f"LAB-BDR{place + 1}", model=MODELS[2], cloud=False,
                registered=anchor.date() - timedelta(days=900),
                service_end=anchor.date() + timedelta(days=90), last_seen=now - timedelta(minutes=4),
                protections=(agent,),
            )
        )  # fmt: skip
    return found


def _serial(chance: Random, cloud: bool) -> str:
    if cloud:
        return "DCSR" + "".join(chance.choice("0123456789ABCDEF") for _ in range(8))
    return "".join(chance.choice("0123456789ABCDEF") for _ in range(12))


def _days(now: datetime) -> range:
    last = day_index(now.date())
    return range(last - HISTORY_DAYS + 1, last + 1)


def _agent(
    seed: int, client: Organisation, machine: Machine, place: int, serial: str, quality: float, dead: bool,
    now: datetime
) -> Protection:  # fmt: skip
    chance = dice(seed, "agent", machine.id)
    failing = 0.002 + 0.32 * (1 - quality) ** 1.7
    boots = clamp(0.25 + 0.8 * quality)
    silent_since = day_index(now.date()) - chance.randint(4, 40) if dead else None
    runs = tuple(
        r
        for d in _days(now)
        if (r := _run(seed, ("run", machine.id), d, failing, boots, silent_since)).at <= now
    )
    paused = dead and chance.random() < 0.3  # noqa: PLR2004 (some of the silent ones were paused on purpose)
    return Protection(
        id=80_000 + client.index * IDS_PER_CLIENT + place, appliance=serial, kind="agent", name=machine.name,
        machine_id=machine.id, paused=paused, archived=False, runs=runs,
        offsite=_offsite(runs, chance.random() < clamp(0.15 + 0.88 * quality), chance),
    )  # fmt: skip


def _share(
    seed: int, client: Organisation, place: int, serial: str, quality: float, now: datetime
) -> Protection:
    number = 80_000 + client.index * IDS_PER_CLIENT + place
    failing = 0.002 + 0.25 * (1 - quality) ** 1.7
    runs = tuple(
        r for d in _days(now) if (r := _run(seed, ("share", number), d, failing, None, None)).at <= now
    )
    chance = dice(seed, "share", number)
    offsite = _offsite(runs, chance.random() < clamp(0.15 + 0.88 * quality), chance)
    return Protection(number, serial, "share", "nas-public", None, False, False, offsite, runs)


def _old_agent(
    seed: int, client: Organisation, machine: Machine, place: int, serial: str, anchor: datetime,
    now: datetime
) -> Protection:  # fmt: skip
    gone = day_index(anchor.date()) - 20 - client.index % 25
    runs = (_run(seed, ("run", machine.id), d, 0.02, 0.9, None) for d in _days(now) if d < gone)
    return Protection(
        80_000 + client.index * IDS_PER_CLIENT + place, serial, "agent", machine.name, machine.id, False,
        True, None, tuple(runs)
    )  # fmt: skip


def _run(
    seed: int, key: tuple[str, int], index: int, failing: float, boots: float | None, silent_since: int | None
) -> BackupRun:
    """One nightly run; a silent machine fails every night from that day on. `boots` None makes no boot test."""
    chance = dice(seed, *key, index)
    moment = at(day_of(index), 3600 * (1 + key[1] % 5) + chance.randrange(1500))
    broken = silent_since is not None and index >= silent_since
    ok = chance.random() >= failing and not broken
    verified = None if boots is None or not ok else chance.random() < boots
    error = "" if ok else ERRORS[0] if broken else chance.choice(ERRORS)
    return BackupRun(moment, ok, error, verified)


def _offsite(runs: Sequence[BackupRun], recent: bool, chance: Random) -> datetime | None:
    good = [run.at for run in runs if run.ok]
    if not good:
        return None
    if recent:
        return good[-1] + timedelta(minutes=50)
    return None if chance.random() < 0.3 else good[max(0, len(good) - 20)]  # noqa: PLR2004 (some never had an offsite copy)
