"""What management agents tell of the machines that they stand on: state, protection, patches, hours offline."""

import math
import uuid
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from sevenc_sync.sandbox.world.entities import (
    Agent,
    Antivirus,
    Machine,
    Organisation,
    Patch,
    PatchSeverity,
    Profile,
)
from sevenc_sync.sandbox.world.estate import COMPUTERS
from sevenc_sync.sandbox.world.seeds import at, clamp, dice

IDS_PER_CLIENT = 400
TWIN = 200
"""Added to a machine's place: the id of the agent that a re-imaged machine had before."""

MONTH = timedelta(days=30)
VERSION, OLD_VERSION = "9.0.4521", "8.0.2117"
PRODUCTS = ("Windows Defender", "Bitdefender Endpoint Security", "Sophos Intercept X")
TUESDAY = 1
FIRST_KB = 5_030_000
EACH_MONTH: tuple[tuple[PatchSeverity, str], ...] = (
    ("critical", "Cumulative Update for {system}"), ("important", "Cumulative Update for .NET Framework"),
    ("moderate", "Servicing Stack Update"), ("low", "Update for Printer Drivers"),
)  # fmt: skip
"""What comes out on the second Tuesday of each month."""


def make_agents(
    seed: int, client: Organisation, profile: Profile, machines: Sequence[Machine], anchor: datetime,
    now: datetime,
) -> Iterator[Agent]:  # fmt: skip
    """The agents of one client as its RMM knows them: most machines have one, and some agents have no machine any more.

    Security comes from the quality of the block `continuous`, care of the agents and uptime from `competent`.
    """
    care, safety = profile.blocks["competent"], profile.blocks["continuous"]
    live = [m for m in machines if m.active and m.kind in COMPUTERS]
    watched = live + [m for m in machines if m.active and m.kind == "firewall" and care > 0.5]  # noqa: PLR2004 (from here on network gear is watched too)

    def some(what: str, share: float) -> frozenset[int]:
        """So many of the computers: exact shares, so that small clients are not left to luck."""
        shuffled = sorted(live, key=lambda m: dice(seed, what, m.id).random())
        return frozenset(m.id for m in shuffled[: round(len(live) * clamp(share))])

    bare = some("no agent", 0.62 * math.pow(1 - care, 1.2))
    stale = some("stale agent", 0.35 * math.pow(1 - care, 1.3) + 0.01)
    late = some("patches late", 0.9 * math.pow(1 - safety, 1.1))
    naked = some("no antivirus", 0.3 * math.pow(1 - safety, 1.2))
    stopped = some("antivirus stopped", 0.3 * math.pow(1 - safety, 1.2))
    outdated = some("antivirus outdated", 0.35 * math.pow(1 - safety, 1.2))
    waiting = some("restart pending", 0.05 + 0.4 * (1 - safety))
    for machine in watched:
        if machine.id in bare:
            continue
        chance = dice(seed, "rmm agent", machine.id)
        silent = timedelta(days=chance.randint(9, 70)) if machine.id in stale else timedelta()
        seen = now - silent - timedelta(seconds=chance.randrange(30, 900))
        computer = machine.kind in COMPUTERS
        windows = "Windows" in machine.os
        booted = seen - timedelta(days=chance.randint(0, 20), seconds=chance.randrange(600, 80_000))
        restart = None
        if windows and machine.id in waiting:
            restart = seen - timedelta(days=chance.randint(1, 45))
            booted = min(booted, restart - timedelta(days=chance.randint(1, 9)))
        lag = chance.randint(35, 280) if machine.id in late else chance.randint(1, 10)
        core = not computer or machine.kind == "server"
        yield Agent(
            id=_id(client, machine), uid=_uid(seed, machine, "now"), machine_id=machine.id,
            client_id=client.id, version=OLD_VERSION if silent else VERSION,
            installed=max(machine.entered, at(anchor.date() - timedelta(days=700), 50_000)), last_seen=seen,
            online=not silent, booted=booted, restart_since=restart,
            antivirus=_antivirus(seed, machine, seen, machine.id in stopped, machine.id in outdated)
            if computer and machine.id not in naked else None,
            missing=tuple(_missing(seed, machine, lag, seen.date())) if windows else (),
            patched=seen - timedelta(days=lag) if windows else None,
            encrypted=_encrypted(seed, client, machine, safety, live) if computer else None,
            offline_minutes=_offline(seed, machine, care) if core else None,
            monitored_minutes=int(MONTH.total_seconds() // 60) if core else None,
        )  # fmt: skip
    yield from _left_over(seed, client, machines, anchor, now)


def _left_over(
    seed: int, client: Organisation, machines: Sequence[Machine], anchor: datetime, now: datetime
) -> Iterator[Agent]:
    """Agents that nobody took out: of a retired machine, and of one that was set up anew and reports as another."""
    retired = [m for m in machines if not m.active][: client.index % 2]
    again = [m for m in machines if m.active and m.kind == "laptop"][: client.index % 4 == 1]
    for machine, place in [*((m, 0) for m in retired), *((m, TWIN) for m in again)]:
        chance = dice(seed, "left over", machine.id)
        seen = at(anchor.date() - timedelta(days=chance.randint(31, 90)), chance.randrange(86_400))
        yield Agent(
            id=_id(client, machine) + place, uid=_uid(seed, machine, "before"), machine_id=machine.id,
            client_id=client.id, version=OLD_VERSION, installed=machine.entered, last_seen=min(seen, now),
            online=False, booted=None, restart_since=None, antivirus=None, missing=(), patched=None,
            encrypted=None, offline_minutes=None, monitored_minutes=None,
        )  # fmt: skip


def _id(client: Organisation, machine: Machine) -> int:
    return 1000 + client.index * IDS_PER_CLIENT + machine.id % TWIN


def _uid(seed: int, machine: Machine, when: str) -> str:
    return str(uuid.UUID(int=dice(seed, "agent uid", machine.id, when).getrandbits(128), version=4))


def _antivirus(seed: int, machine: Machine, seen: datetime, stopped: bool, outdated: bool) -> Antivirus:
    chance = dice(seed, "antivirus", machine.id)
    age = timedelta(days=chance.randint(9, 60)) if outdated else timedelta(hours=chance.randint(1, 40))
    product = chance.choice(PRODUCTS) if "Windows" in machine.os else PRODUCTS[2]
    return Antivirus(product=product, running=not stopped, definitions=seen - age, current=not outdated)


def _encrypted(
    seed: int, client: Organisation, machine: Machine, safety: float, live: Sequence[Machine]
) -> bool:
    """Laptops by the client's quality in exact shares; of the others a few."""
    laptops = [m for m in live if m.kind == "laptop"]
    shuffled = sorted(laptops, key=lambda m: dice(seed, "encrypted", client.index, m.id).random())
    chosen = {m.id for m in shuffled[: round(len(laptops) * clamp(0.04 + 0.95 * safety))]}
    if machine.kind == "laptop":
        return machine.id in chosen
    return dice(seed, "encrypted", machine.id).random() < (0.1 if machine.kind == "server" else 0.5 * safety)


def _missing(seed: int, machine: Machine, lag: int, seen: date) -> Iterator[Patch]:
    """What came out in the days by which the machine lags behind, the newest first."""
    chance = dice(seed, "patches", machine.id)
    optional = chance.random() < 0.7  # noqa: PLR2004 (most have some update that nobody cares for)
    for released in _tuesdays(seen - timedelta(days=lag), seen):
        months = released.year * 12 + released.month
        for place, (severity, title) in enumerate(EACH_MONTH):
            if severity in ("critical", "important") or optional:
                yield Patch(
                    id=uuid.UUID(int=dice(0, "patch", released, place).getrandbits(128), version=4).hex,
                    kb=FIRST_KB + (months - 2020 * 12) * 10 + place,
                    title=f"{released:%Y-%m} {title.format(system=machine.os)}",
                    severity=severity, released=released,
                )  # fmt: skip


def _tuesdays(after: date, until: date) -> Iterator[date]:
    """Second Tuesdays of the months in after < day <= until, newest first."""
    year, month = until.year, until.month
    while (first := date(year, month, 1)) > after - timedelta(days=31):
        second = first + timedelta(days=(TUESDAY - first.weekday()) % 7 + 7)
        if after < second <= until:
            yield second
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)


def _offline(seed: int, machine: Machine, care: float) -> int:
    """Unplanned minutes of the last 30 days: minutes where a client is well looked after, a day where it is not."""
    share = 0.0001 + 0.04 * math.pow(1 - care, 1.6)
    return round(MONTH.total_seconds() / 60 * share * dice(seed, "offline", machine.id).uniform(0.5, 1.5))
