"""A month of the daemon within minutes: an accelerated clock, vendors that misbehave and fail, kills and restarts.

    python -m bench.soak [--days 30] [--speed 4000] [--clients 8] [--seed 7]

The daemon is a process of its own. It and the simulated vendors share a clock that begins on 20 February 2028, so that the month
has a leap day and, in the MSP's zone, a change to daylight saving time. Meanwhile records change and vanish at the source, vendors
are down for hours and misbehave in every way of the sandbox's chaos; the daemon is stopped and killed in the middle of its work. Then it is
left alone, reads everything once, and its store is compared with one that a single undisturbed reading has filled.
"""

import argparse
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from sevenc_sync import logs
from sevenc_sync.cli.home import Home
from sevenc_sync.cli.signals import stop_on_signals
from sevenc_sync.clock import Clock, fixed
from sevenc_sync.config import load
from sevenc_sync.connect.retries import RetryPolicy
from sevenc_sync.daemon import Daemon
from sevenc_sync.engine import scheduled
from sevenc_sync.engine.local import open_engine
from sevenc_sync.engine.notify import Notifier
from sevenc_sync.registry import connectors
from sevenc_sync.sandbox import Sandbox, build_world, chaos
from sevenc_sync.sandbox.datto_rmm import DattoRmm
from sevenc_sync.sandbox.datto_rmm.gate import Gate
from sevenc_sync.store.database import POOL_SIZE, Store
from sevenc_sync.store.migrate import upgrade
from sevenc_sync.store.tables import evidence, run

START = datetime(2028, 2, 20, tzinfo=UTC)
ZONE = "America/New_York"  # daylight saving time begins on 12 March 2028
# Of the vendors with access tokens one whose tokens live for days: where they live for an hour, that would be over
# before a request is answered.
VENDORS = ("connectwise_psa", "datto_bcdr", "datto_rmm")
BRISK = RetryPolicy(first_wait=0.001, max_wait=0.01, longest_wait=3.0, throttled_wait=0.01)
STEP = 0.25  # seconds between two events
SETTLED = 10  # seconds from a start until the daemon holds what it needs
GROWTH = 1.15  # what the last third may hold of what the first one did
# Of the store's file: each connection opens it and its log, and all share a third. A full pool is no growth, however
# early or late as many jobs as that have met.
FULL_POOL = 2 * POOL_SIZE + 1


class Time:
    """The vendors' clock: that of the daemon, until it is stopped."""

    def __init__(self, running: Clock) -> None:
        self.now = running

    def __call__(self) -> datetime:
        """What it shows."""
        return self.now()


def clock_from(wall: float, speed: float) -> Clock:
    """A clock that began at START when the system's showed `wall`, and runs `speed` times as fast."""
    return lambda: START + timedelta(seconds=(time.time() - wall) * speed)


def child(config: Path, wall: float, speed: float) -> None:
    """The daemon, until it is stopped."""
    stop = threading.Event()
    logs.set_up("warning", "json")
    scheduled.ALARM_SECONDS = 1
    clock = clock_from(wall, speed)
    with (
        stop_on_signals(stop),
        open_engine(load(config, connectors()), clock=clock, policy=BRISK, stop=stop) as engine,
    ):
        Daemon(engine, notifier=Notifier(None), tick_seconds=0.05).run()


@dataclass(frozen=True, slots=True)
class Sample:
    """What the daemon holds at one moment, so many seconds after its start."""

    age: float
    memory: float  # MiB
    descriptors: Counter[str]  # by what they are open to
    threads: int


def kind(target: str) -> str:
    """What a descriptor is open to, without what differs from one to the next: "socket:[17]" is a socket."""
    name, _, number = target.partition(":[")
    return name if number else Path(target).name


@dataclass
class Soak:
    """The month: what happens, and what is measured."""

    home: Home
    sandbox: Sandbox
    wall: float
    speed: float
    dice: random.Random
    counts: Counter[str] = field(default_factory=Counter)
    samples: list[Sample] = field(default_factory=list)
    process: "subprocess.Popen[bytes] | None" = None
    born: float = 0.0
    down: dict[str, datetime] = field(default_factory=dict)  # vendor -> until when

    def start(self) -> None:
        """Start the daemon."""
        # As the service's own command does: signals are heard before anything heavy is loaded.
        program = (
            "from sevenc_sync.cli.early import end_well_until_it_works as early; early();"
            "from bench.soak import main; main()"
        )
        command = [
            sys.executable,
            "-c",
            program,
            "--child",
            self.home.config,
            str(self.wall),
            str(self.speed),
        ]
        with (self.home.folder / "soak.log").open("ab") as log:
            self.process = subprocess.Popen(list(map(str, command)), stderr=log)
        self.born = time.time()

    def end(self, number: signal.Signals) -> None:
        """Stop or kill the daemon."""
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(120)
        if number == signal.SIGTERM and code != 0:
            self.counts["stops that failed"] += 1
        self.counts["stopped" if number == signal.SIGTERM else "killed"] += 1

    @property
    def gate(self) -> Gate:
        """The door of the vendor with access tokens."""
        vendor = self.sandbox.vendors["datto_rmm"].vendor
        assert isinstance(vendor, DattoRmm)
        return vendor.gate

    def sample(self) -> None:
        """What the daemon holds now."""
        assert self.process is not None
        folder = Path(f"/proc/{self.process.pid}")
        with suppress(OSError, IndexError):
            status = dict(
                line.split(":", 1) for line in (folder / "status").read_text().splitlines() if ":" in line
            )
            held = int(status["VmRSS"].split()[0]) / 1024
            age = time.time() - self.born
            held_open: Counter[str] = Counter()
            for descriptor in (folder / "fd").iterdir():
                with suppress(OSError):  # closed meanwhile
                    held_open[kind(str(descriptor.readlink()))] += 1
            self.samples.append(Sample(age, held, held_open, int(status["Threads"])))
        if self.process.poll() is not None:
            self.counts["died by itself"] += 1
            self.start()

    def happen(self, now: datetime) -> None:
        """One step of the month."""
        chance = self.dice
        psa = self.sandbox.vendors["connectwise_psa"]
        for name in [name for name, until in self.down.items() if until <= now]:
            self.sandbox.vendors[name].faults.clear()
            del self.down[name]
        keys = [row["id"] for row in psa.records("tickets")]
        if chance.random() < 0.7:
            psa.edit("tickets", chance.choice(keys), summary=f"Changed at {now:%d %H:%M}")
            self.counts["records changed"] += 1
        if chance.random() < 0.03:
            psa.delete("tickets", chance.choice(keys))
            self.counts["records deleted"] += 1
        if chance.random() < 0.03 and not self.down:
            name = chance.choice(VENDORS)
            self.sandbox.vendors[name].faults.add("status", status=503)
            self.down[name] = now + timedelta(hours=chance.uniform(1, 12))
            self.counts["outages"] += 1
        if chance.random() < 0.03 and not self.down:
            chaos(self.sandbox, chance.randrange(10**6))
            self.down |= {name: now + timedelta(hours=6) for name in VENDORS}
            self.counts["chaos"] += 1
        if chance.random() < 0.03:
            self.gate.revoke()
            self.counts["access tokens ended early"] += 1
        if chance.random() < 0.012:
            self.end(chance.choice((signal.SIGTERM, signal.SIGKILL)))
            self.start()
        self.sample()


def content(store: Store) -> dict[str, set[tuple[Any, ...]]]:
    """All that the store knows to be there, but for when it was read."""
    left_out = {"fetched_at", "gone_at", "digest", "phrase", "account"}
    with store.read() as connection:
        return {
            name: {
                tuple(row)
                for row in connection.execute(
                    select(*(column for column in table.c if column.name not in left_out)).where(
                        table.c.gone_at.is_(None)
                    )
                )
            }
            for name, table in evidence.items()
        }


def read_once(folder: Path, sandbox: Sandbox, clock: Clock) -> dict[str, set[tuple[Any, ...]]]:
    """What one undisturbed reading of the vendors makes of an empty store."""
    home = made_home(folder, sandbox)
    return settled(home, clock)


def settled(home: Home, clock: Clock) -> dict[str, set[tuple[Any, ...]]]:
    """The store's content after everything was read and what is gone was looked for, in peace."""
    with open_engine(load(home.config, connectors()), clock=clock, policy=BRISK) as engine:
        results = engine.sync(trigger="soak", full=True, sweep=True, accept_deletions=True)
        assert {result.state for result in results} == {"ok"}, [r for r in results if r.state != "ok"]
        engine.match()
        return content(engine.store)


def made_home(folder: Path, sandbox: Sandbox) -> Home:
    """A configuration that points at the vendors, and an empty store."""
    home = Home(folder)
    home.prepare()
    home.write_config(sandbox.accounts, push="auto", every_minutes=None)
    text = home.config.read_text(encoding="utf-8")
    home.config.write_text(text.replace("[push]\n", f'[push]\ntimezone = "{ZONE}"\n'), encoding="utf-8")
    with Store.open(load(home.config, connectors()).store_url) as store:
        upgrade(store)
    return home


def month(asked: argparse.Namespace, folder: Path) -> int:
    """Live through it, then compare; 1 when something was lost or doubled, or memory, descriptors or threads grew."""
    wall = time.time()
    clock = Time(clock_from(wall, asked.speed))
    world = build_world(seed=asked.seed, clients=asked.clients, now=START)
    with Sandbox(world, vendors=VENDORS, clock=clock) as sandbox:
        dice = random.Random(asked.seed)  # noqa: S311 - a simulation
        soak = Soak(made_home(folder / "soaked", sandbox), sandbox, wall, asked.speed, dice)
        soak.start()
        while clock() < START + timedelta(days=asked.days):
            time.sleep(STEP)
            soak.happen(clock())
        for vendor in sandbox.vendors.values():
            vendor.faults.clear()
        time.sleep(2)
        soak.sample()
        soak.end(signal.SIGTERM)
        frozen = clock.now = fixed(clock())  # both read at the same moment
        ours = settled(soak.home, frozen)
        plain = read_once(folder / "plain", sandbox, frozen)
        notes = Counter(
            company
            for company, rows in sandbox.vendors["connectwise_psa"].notes().items()
            for row in rows
            if "[7C-REF" in str(row)
        )
    return report(soak, ours, plain, notes, asked.days)


def store_files(sample: Sample) -> int:
    """How many of the descriptors are the store's."""
    return sum(number for name, number in sample.descriptors.items() if name.startswith("store.db"))


# What is watched, and up to where it may grow all the same.
HELD: dict[str, tuple[Callable[[Sample], float], float]] = {
    "memory, MiB": (lambda sample: sample.memory, 0),
    "threads": (lambda sample: sample.threads, 0),
    "descriptors of the store": (store_files, FULL_POOL),
    "other descriptors": (lambda sample: sample.descriptors.total() - store_files(sample), 0),
}


def middle(samples: list[Sample], held: Callable[[Sample], float]) -> float:
    """The median of what they hold."""
    return statistics.median_low(map(held, samples))


def report(soak: Soak, ours: Any, plain: Any, notes: "Counter[int]", days: float) -> int:
    """Print the counts; 1 for a loss."""
    lost = {name: len(plain[name] - ours[name]) for name in plain if plain[name] - ours[name]}
    more = {name: len(ours[name] - plain[name]) for name in plain if ours[name] - plain[name]}
    with Store.open(load(soak.home.config, connectors()).store_url) as store, store.read() as connection:
        by_state = select(run.c.state, func.count()).group_by(run.c.state)
        states = {row[0]: row[1] for row in connection.execute(by_state)}
        sums = connection.execute(
            select(func.sum(run.c.fetched), func.sum(run.c.requests), func.sum(run.c.retries))
        ).one()
    settled_samples = [sample for sample in soak.samples if sample.age > SETTLED]
    third = max(1, len(settled_samples) // 3)
    print(f"simulated days           {days:g}, from {START:%Y-%m-%d}, {soak.speed:g} times as fast")
    for name, number in sorted(soak.counts.items()):
        print(f"{name:<24} {number}")
    print(
        f"runs by their end        {', '.join(f'{number} {state}' for state, number in sorted(states.items()))}"
    )
    print(f"records read             {sums[0]:,} with {sums[1]:,} requests, {sums[2]:,} of them again")
    print(
        f"records at the end       {sum(map(len, ours.values())):,}; lost {lost or 0}, too many {more or 0}"
    )
    print(
        f"notes in the PSA         {sum(notes.values())} for {len(notes)} clients; doubled {sum(n > 1 for n in notes.values())}"
    )
    early, late = settled_samples[:third], settled_samples[-third:]
    grew = False
    for name, (held, allowed) in HELD.items():
        before, after = middle(early, held), middle(late, held)
        grew = grew or after > max(before * GROWTH, allowed)
        print(f"{name:<24} {before:.0f} in the first third, {after:.0f} in the last (medians)")
    for name in sorted({name for sample in settled_samples for name in sample.descriptors}):
        counts = [
            statistics.median_low(sample.descriptors[name] for sample in some) for some in (early, late)
        ]
        most = max(sample.descriptors[name] for sample in settled_samples)
        print(f"  open to {name:<14} {counts[0]} and {counts[1]}; at the most {most}")
    return int(
        bool(lost or more or grew or soak.counts["died by itself"] or any(n > 1 for n in notes.values()))
    )


def main() -> int:
    """The command line."""
    if "--child" in sys.argv:
        _, config, wall, speed = sys.argv[sys.argv.index("--child") :]
        child(Path(config), float(wall), float(speed))
        return 0
    options = argparse.ArgumentParser()
    options.add_argument("--days", type=float, default=30)
    options.add_argument("--speed", type=float, default=4000)
    options.add_argument("--clients", type=int, default=8)
    options.add_argument("--seed", type=int, default=7)
    options.add_argument("--keep", type=Path, help="a folder that is left for a look")
    asked = options.parse_args()
    logs.set_up("error")
    if asked.keep is not None:
        asked.keep.mkdir(parents=True)
        return month(asked, asked.keep)
    with tempfile.TemporaryDirectory() as folder:
        return month(asked, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
