"""How far ours is from the floor: both pull the same tickets from the same server, in turn, each in its own process.

Usage: run.py [--quick] [--tickets N] [--rounds N]        (see bench/README.md)

Only ratios within one call mean anything: machines drift by a factor of two within the hour.
"""

import argparse
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
TICKETS, QUICK_TICKETS = 200_000, 20_000
ROUNDS, QUICK_ROUNDS = 5, 1

WALL_GOAL = 2.0  # times the floor's wall time
MEMORY_GOAL = 150.0  # MiB at the peak
GROWTH_GOAL = 1.15  # times the memory for twice the tickets


@dataclass(frozen=True, slots=True)
class Spent:
    """What a process took, from its start to its end. Seconds and MiB."""

    wall: float
    cpu: float
    peak: float


def prepare(store: Path) -> int:
    """Make an empty migrated store; gives how many tickets the connector asks for at once.

    In a process of its own: what this one loads would count into the peaks of those that it starts.
    """
    command = [sys.executable, str(HERE / "prepare.py"), str(store)]
    return int(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)


@contextmanager
def serving(tickets: int, size: int) -> Iterator[str]:
    """The server with so many tickets, in a process of its own; gives its address."""
    command = [sys.executable, str(HERE / "server.py"), str(tickets), str(size)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout
        assert server.stdin
        yield server.stdout.readline().strip()
        server.stdin.close()


def spend(script: str, *arguments: str) -> Spent:
    """Run one of our scripts to its end. Raises RuntimeError when it fails."""
    began = time.perf_counter()
    process = subprocess.Popen([sys.executable, str(HERE / script), *arguments], stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{script} ended with {process.returncode}")
    return Spent(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def contents(path: Path) -> tuple[int, int, int]:
    """What must be the same in both stores: how many tickets, which, and how many of them are closed."""
    with closing(sqlite3.connect(path)) as database:
        statement = "SELECT count(*), sum(CAST(id AS INTEGER) * length(summary)), sum(is_closed) FROM ticket"
        found: tuple[int, int, int] = database.execute(statement).fetchone()
    return found


class Bench:
    """Pulls into fresh files of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._empty = folder / "empty.db"
        self.size = prepare(self._empty)

    def floor(self, address: str) -> tuple[Spent, tuple[int, int, int]]:
        """The floor once; what it took, and what it pulled."""
        path = self._fresh("floor.db")
        return spend("floor.py", address, str(self.size), str(path)), contents(path)

    def ours(self, address: str) -> tuple[Spent, tuple[int, int, int]]:
        """Ours once; what it took, and what it pulled."""
        path = self._fresh("ours.db")
        shutil.copy(self._empty, path)
        return spend("ours.py", address, str(path)), contents(path)

    def _fresh(self, name: str) -> Path:
        for old in self._folder.glob(f"{name}*"):
            old.unlink()
        return self._folder / name


def rounds(bench: Bench, tickets: int, count: int) -> list[tuple[Spent, Spent]]:
    """(floor, ours) for each round. Who begins alternates. Raises RuntimeError when they did not pull the same."""
    pairs = []
    with serving(tickets, bench.size) as address:
        for number in range(count):
            if number % 2:
                (ours, our), (floor, their) = bench.ours(address), bench.floor(address)
            else:
                (floor, their), (ours, our) = bench.floor(address), bench.ours(address)
            if our != their or our[0] != tickets:
                raise RuntimeError(f"the floor pulled {their}, ours pulled {our}, of {tickets} tickets")
            pairs.append((floor, ours))
    return pairs


def line(name: str, spent: Sequence[Spent], tickets: int) -> str:
    """One line of the table: medians."""
    wall, cpu, peak = (
        statistics.median(getattr(one, part) for one in spent) for part in ("wall", "cpu", "peak")
    )
    return f"{name:<8}{wall:>9.2f}{cpu:>9.2f}{peak:>10.0f}{wall / tickets * 1e6:>14.1f}"


def goal(text: str, value: float, limit: float) -> bool:
    """Print a goal with what was reached; whether it is held."""
    print(f"{'held  ' if value <= limit else 'MISSED'}  {text}: {value:.2f} (at most {limit:g})")
    return value <= limit


def main() -> int:
    """Print the table and the goals; 1 when one is missed. A quick round has no goals: it is too short for any."""
    parser = argparse.ArgumentParser(description="Ours against the floor.")
    parser.add_argument("--quick", action="store_true", help="few tickets, one round: does it work?")
    parser.add_argument("--tickets", type=int)
    parser.add_argument("--rounds", type=int)
    asked = parser.parse_args()
    tickets = asked.tickets or (QUICK_TICKETS if asked.quick else TICKETS)
    count = asked.rounds or (QUICK_ROUNDS if asked.quick else ROUNDS)
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        pairs = rounds(bench, tickets, count)
        twice = None
        if not asked.quick:
            with serving(2 * tickets, bench.size) as address:
                twice, _ = bench.ours(address)
    print(f"{tickets} tickets, {bench.size} a page, medians of {count}")
    print(f"{'':<8}{'wall s':>9}{'CPU s':>9}{'peak MiB':>10}{'us a ticket':>14}")
    print(line("floor", [floor for floor, _ in pairs], tickets))
    print(line("ours", [ours for _, ours in pairs], tickets))
    walls = sorted(ours.wall / floor.wall for floor, ours in pairs)
    cpus = sorted(ours.cpu / floor.cpu for floor, ours in pairs)
    print(f"ours / floor, pair by pair: wall {', '.join(f'{ratio:.2f}' for ratio in walls)}")
    print(f"                            CPU  {', '.join(f'{ratio:.2f}' for ratio in cpus)}")
    if twice is None:
        return 0
    peak = statistics.median(ours.peak for _, ours in pairs)
    held = [
        goal("wall, times the floor's", statistics.median(walls), WALL_GOAL),
        goal("peak memory in MiB", peak, MEMORY_GOAL),
        goal(f"memory for {2 * tickets} tickets, times that", twice.peak / peak, GROWTH_GOAL),
    ]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
