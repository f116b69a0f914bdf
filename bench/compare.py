"""Ours beside others and beside itself: far sources, deltas, unchanged sources, a million tickets, dlt and Singer.

Usage: compare.py [--quick] [--no-peers]

Every figure is a ratio of two things measured in this run, in turn; the machine's own speed falls out. Peers live in an
environment of their own (bench/.work/peers), made from bench/peers/requirements.lock at the first run.
"""

import argparse
import json
import os
import resource
import shutil
import subprocess
import sys
import time
import venv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from connectors.connectwise_psa import CONNECTOR
from sevenc_sync.store.database import Store
from sevenc_sync.store.migrate import upgrade

HERE = Path(__file__).parent
WORK = HERE / ".work"
OWN = [sys.executable]
FAR_MS = 120


def page_size() -> int:
    """How many tickets the connector asks for at once; the peers get the same pages."""
    (tickets,) = (stream for stream in CONNECTOR.streams if stream.name == "tickets")
    return int(tickets.paginator.first()["pageSize"])


@dataclass(frozen=True)
class Cost:
    """What a program took: wall and CPU seconds, peak memory in MiB, and what it printed."""

    wall: float
    cpu: float
    mib: float
    said: str


def measure(*commands: Sequence[str]) -> Cost:
    """Run a program, or several in a pipe, to the end. Raises CalledProcessError when one fails."""
    began = time.monotonic()
    running: list[subprocess.Popen[bytes]] = []
    for command in commands:
        source = running[-1].stdout if running else None
        running.append(
            subprocess.Popen(command, stdin=source, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        )
        if source:
            source.close()
    last = running[-1]
    said = last.stdout.read().decode() if last.stdout else ""
    cpu, mib = 0.0, 0.0
    for process, command in zip(running, commands, strict=True):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command)
        cpu += usage.ru_utime + usage.ru_stime
        mib = max(mib, usage.ru_maxrss / 1024)
    return Cost(time.monotonic() - began, cpu, mib, said.strip())


@contextmanager
def serving(tickets: int, milliseconds: int = 0) -> Iterator[str]:
    """A source of so many tickets, this far away; gives its address."""
    command = [*OWN, str(HERE / "server.py"), str(tickets), str(page_size()), str(milliseconds)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        if server.stdout is None:
            raise RuntimeError("the server has no output")
        yield server.stdout.readline().strip()
        server.terminate()


def fresh(name: str) -> Path:
    """An empty migrated store of its own."""
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with Store.open(f"sqlite:///{folder / 'store.db'}") as store:
        upgrade(store)
    return folder / "store.db"


def ours(address: str, store: Path, *options: str) -> Cost:
    """Our pull into that store; its output is a line of JSON with the run's counters."""
    return measure([*OWN, str(HERE / "ours.py"), address, str(store), *options])


def peers() -> str:
    """The interpreter of the peers' own environment."""
    folder = WORK / "peers"
    python = folder / "bin" / "python"
    if not python.exists():
        venv.create(folder, with_pip=True)
        lock = HERE / "peers" / "requirements.lock"
        subprocess.run(
            [python, "-m", "pip", "install", "--quiet", "--require-hashes", "-r", lock], check=True
        )
    return str(python)


def beside_peers(tickets: int) -> None:
    """Dlt into DuckDB (merge, parquet, tuned) and a Singer tap and target into SQLite, on the same pages."""
    python, folder = peers(), WORK / "peer"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with serving(tickets) as address:
        tap, target = folder / "tap.json", folder / "target.json"
        tap.write_text(json.dumps({"base_url": address, "page_size": page_size()}))
        target.write_text(json.dumps({"path": str(folder / "singer.db")}))
        our = ours(address, fresh("beside"))
        dlt = measure([python, str(HERE / "peers" / "dlt_pull.py"), address, str(page_size()), str(folder)])
        singer = measure(
            [python, str(HERE / "peers" / "singer_tap.py"), "--config", str(tap)],
            [python, str(HERE / "peers" / "singer_target.py"), "--config", str(target)],
        )
    row(f"dlt into DuckDB / ours, {tickets:,} tickets", dlt.wall / our.wall, ">= 6")
    row(f"Singer tap and target / ours, {tickets:,} tickets", singer.wall / our.wall, ">= 6")


def far_away(tickets: int) -> None:
    """Eight requests under way against one after the other, at 120 ms each."""
    with serving(tickets, FAR_MS) as address:
        one = ours(address, fresh("one"), "--at-once", "1")
        eight = ours(address, fresh("eight"), "--at-once", "8")
    row(f"{FAR_MS} ms away, 8 at once / 1 at once, {tickets:,} tickets", eight.wall / one.wall, "<= 0.25")


def again(tickets: int, rounds: int) -> None:
    """A delta of one per cent and a whole pull of nothing new, against the first pull, in one process each time."""
    deltas, requests, unchanged = [], [], []
    for _ in range(rounds):
        with serving(tickets) as address:
            said = ours(address, fresh("again"), "--again").said
        full, delta, same = (json.loads(line) for line in said.splitlines())
        deltas.append(delta["cpu"] / full["cpu"])
        requests.append(delta["requests"] / full["requests"])
        unchanged.append(same["cpu"] / full["cpu"])
    row("delta of 1 %: requests / those of the first pull", median(requests), "<= 0.03")
    row("delta of 1 %: CPU inside the process / first pull", median(deltas), "<= 0.05")
    row("whole pull, nothing changed: CPU / first pull", median(unchanged), "<= 0.65")


def memory(tickets: int, times: int) -> None:
    """Peak memory must not grow with the source."""
    with serving(tickets) as address:
        few = ours(address, fresh("few"))
    with serving(tickets * times) as address:
        many = ours(address, fresh("many"))
    row(f"peak memory at {tickets:,} tickets, MiB", few.mib, "<= 150")
    row(f"peak memory at {tickets * times:,} / at {tickets:,} tickets", many.mib / few.mib, "<= 1.3")


def row(what: str, value: float, goal: str) -> None:
    """One line of the table."""
    print(f"{what:<64} {value:8.3f}   {goal}", flush=True)


def main() -> None:
    """All comparisons."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--quick", action="store_true", help="a tenth of the tickets: does it work, not how fast"
    )
    parser.add_argument("--no-peers", action="store_true", help="leave out dlt and Singer")
    options = parser.parse_args()
    tickets = 20_000 if options.quick else 200_000
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    print(f"{'':<64}    ratio   goal")
    far_away(tickets)
    again(tickets, 1 if options.quick else 3)
    memory(tickets, 2 if options.quick else 5)
    if not options.no_peers:
        beside_peers(tickets // 10 if options.quick else tickets)


if __name__ == "__main__":
    main()
