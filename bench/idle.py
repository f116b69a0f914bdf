"""What the daemon costs while nothing is to be done, and how soon the short commands answer.

    python -m bench.idle [--seconds 60] [--clients 12]

The daemon reads simulated vendors once, scores and stands still: its streams are due once a day. Its listener is on and is
asked for /metrics every 15 seconds, as Prometheus does. Counted is the processor time of its process (user and system)
and what it holds in memory, at the end and at the most. The commands are timed as the best of five.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from sevenc_sync.cli.home import Home
from sevenc_sync.clock import utc_now
from sevenc_sync.sandbox import Sandbox, build_world

PROGRAM = Path(sys.executable).with_name("sevenc-sync")
GOALS = {
    "memory, MiB": 100.0, "processor, ms a minute": 300.0, "--help, s": 0.2, "status, s": 0.5
}  # fmt: skip
TICKS = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory(pid: int, key: str = "VmRSS") -> float:
    """What it holds, in MiB; VmHWM: at the most."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith(f"{key}:"):
            return int(line.split()[1]) / 1024
    raise LookupError(key)


def quickest(config: Path, *args: str) -> float:
    """Processor seconds of a command, the least of five calls. Wall time would tell of the machine's other work."""
    found = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([PROGRAM, "--config", config, *args], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


def main() -> int:
    """Measure and print; 1 when a goal is missed."""
    options = argparse.ArgumentParser()
    options.add_argument("--seconds", type=int, default=60)
    options.add_argument("--clients", type=int, default=12)
    asked = options.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        home.prepare()
        world = build_world(clients=asked.clients, now=utc_now())
        with Sandbox(world) as sandbox:
            home.write_config(sandbox.accounts, push="auto", every_minutes=24 * 60)
            with home.config.open("a", encoding="utf-8") as config:
                config.write('\n[web]\nlisten = "127.0.0.1:7079"\n')
            subprocess.run(
                [PROGRAM, "--config", home.config, "db", "upgrade"], check=True, capture_output=True
            )
            with subprocess.Popen(
                [PROGRAM, "--config", home.config, "run"], stderr=subprocess.PIPE
            ) as daemon:
                assert daemon.stderr is not None
                for line in daemon.stderr:
                    if b"notes delivered" in line:
                        break
                time.sleep(5)
                start = cpu_seconds(daemon.pid)
                for second in range(asked.seconds):
                    if second % 15 == 0:
                        urllib.request.urlopen("http://127.0.0.1:7079/metrics", timeout=10).close()
                    time.sleep(1)
                used = (cpu_seconds(daemon.pid) - start) * 60 / asked.seconds
                held, most = memory(daemon.pid), memory(daemon.pid, "VmHWM")
                own = memory(daemon.pid, "RssAnon")
                daemon.terminate()
            measured = {
                "memory, MiB": held,
                "processor, ms a minute": used * 1000,
                "--help, s": quickest(home.config, "--help"),
                "status, s": quickest(home.config, "status"),
            }
    for name, value in measured.items():
        goal = GOALS[name]
        print(f"{name:<24} {value:8.2f}   goal {goal:g}{'' if value <= goal else '   MISSED'}")
    print(f"{'  of it its own, MiB':<24} {own:8.2f}   the rest is program files, shared with others")
    print(f"{'memory at the most, MiB':<24} {most:8.2f}")
    return any(value > GOALS[name] for name, value in measured.items())


if __name__ == "__main__":
    sys.exit(main())
