"""What scoring costs: all clients, the statements alone, a plain scan, and a few clients, in turn and in one process.

Usage: python -m bench.score [--clients N] [--rounds N]        (see bench/README.md)

CPU seconds of this process: other work on the machine does not count. Only ratios within one call mean anything.
"""

import argparse
import os
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import event, true

from bench.scoring_store import CLIENTS, FEEDS, LAYOUT, NOW, build
from sevenc_sync.clock import to_seconds
from sevenc_sync.score import Rules, builtin_rules_dir, counting, load_rules, score_clients
from sevenc_sync.score.binding import Binder
from sevenc_sync.score.bound import Bound
from sevenc_sync.score.rules import Indicator
from sevenc_sync.score.vocabulary import Sql
from sevenc_sync.score.words import Phrases
from sevenc_sync.store.database import Store
from sevenc_sync.store.migrate import upgrade

HERE = Path(__file__).parent
WORK = HERE / ".work"

FULL_GOAL = 1.5  # times the statements alone
SCAN_GOAL = 0.35  # of the same sums by a plain scan
FEW_GOAL = 0.03  # of a full one, for 1 % of the clients
TENTH_GOAL = 0.15  # and for 10 %: it grows with the clients
MEMORY_GOAL = 200.0  # MiB at the peak


# A plain scan reads a whole table in its own order, finds each row's client by key, and sorts by client; CROSS JOIN keeps
# that order, for SQLite would rather read the table once for each client. Look-ups by key stay possible.
_BY_COMPANY = re.compile(
    r"FROM (ticket|time_entry|asset|protection|protection_run|activity) JOIN link ON (.*?) JOIN client ON",
    re.DOTALL,
)
_AS_A_SCAN = r"FROM \1 NOT INDEXED CROSS JOIN link ON \2 CROSS JOIN client ON"


@dataclass
class Timed:
    """CPU seconds of each thing, one for each round."""

    seconds: dict[str, list[float]] = field(default_factory=dict)

    def take(self, name: str, work: Callable[[], Any]) -> None:
        """Do it once and note what it took."""
        began = time.process_time()
        work()
        self.seconds.setdefault(name, []).append(time.process_time() - began)

    def ratio(self, name: str, base: str) -> float:
        """The median of the rounds' ratios."""
        pairs = zip(self.seconds[name], self.seconds[base], strict=True)
        return statistics.median(one / other for one, other in pairs)


def store_of(clients: int) -> Path:
    """The store to be scored, made at the first call; one that is there gets the schema of today."""
    WORK.mkdir(exist_ok=True)
    path = WORK / f"score-{clients}-{LAYOUT}.db"
    if not path.exists():
        print(f"making a store of {clients} clients ...", flush=True)
        build(path, clients)
    with Store.open(f"sqlite:///{path}") as store:
        upgrade(store)
    return path


def scan_plainly(store: Store) -> None:
    """From here on every statement over the evidence scans its table."""

    @event.listens_for(store.engine, "before_cursor_execute", retval=True)
    def _rewrite(
        _connection: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool
    ) -> tuple[str, Any]:
        return _BY_COMPANY.sub(_AS_A_SCAN, statement), parameters


def sums(store: Store, rules: Rules) -> None:
    """All statements over the evidence, once."""
    with store.read() as connection:
        binder = Binder(rules, to_seconds(NOW), Phrases.read(connection), "sqlite", None)
        counting.all_sums(connection, binder)


def unbounded(store: Store) -> Rules:
    """Rules whose statements look at every row, and not only at those that some rule asks for."""
    rules = load_rules([builtin_rules_dir()], NOW)
    bounded = counting.reach
    setattr(counting, "reach", _every_row)  # noqa: B010 - a function of another module is put in its place
    try:
        sums(store, rules)  # makes the statements, which are kept with the rules
    finally:
        setattr(counting, "reach", bounded)  # noqa: B010 - and back
    return rules


def _every_row(_indicator: Indicator, _bound: Bound, _binder: Binder) -> dict[tuple[str, ...], Sql]:
    return {("all",): true()}


def measure(path: Path, clients: int, rounds: int) -> Timed:
    """Each thing once a round, after one round that does not count."""
    rules = load_rules([builtin_rules_dir()], NOW)
    timed = Timed()
    with Store.open(f"sqlite:///{path}") as store, Store.open(f"sqlite:///{path}") as scanned:
        scan_plainly(scanned)
        whole = unbounded(scanned)
        for number in range(rounds + 1):
            taken = Timed() if number == 0 else timed
            taken.take("full", partial(score_clients, store, rules, NOW, FEEDS))
            taken.take("sums", partial(sums, store, rules))
            taken.take("scan", partial(sums, scanned, whole))
            for name, share in (("few", 100), ("tenth", 10)):
                chosen = range(1, max(1, clients // share) + 1)
                taken.take(name, partial(score_clients, store, rules, NOW, FEEDS, clients=chosen))
    return timed


def peak(path: Path) -> float:
    """MiB at the peak of a process that scores all clients once."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.score", "--only", str(path)], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"scoring ended with {process.returncode}")
    return usage.ru_maxrss / 1024


def report(rows: Sequence[tuple[str, float, float]]) -> int:
    """Print what was measured beside its goal; gives how many goals are missed."""
    missed = 0
    for name, found, goal in rows:
        missed += found > goal
        print(f"{name:<58} {found:8.3f}   goal {goal:<6g} {'missed' if found > goal else 'held'}")
    return missed


def main() -> int:
    """Measure and report; exit code 1 when a goal is missed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=int, default=CLIENTS)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.only:
        with Store.open(f"sqlite:///{options.only}") as store:
            score_clients(store, load_rules([builtin_rules_dir()], NOW), NOW, FEEDS)
        return 0
    path = store_of(options.clients)
    timed = measure(path, options.clients, options.rounds)
    for name, seconds in timed.seconds.items():
        print(f"{name:<6} {', '.join(f'{one:.2f}' for one in seconds)} s")
    return (
        1
        if report(
            [
                ("all clients scored / the statements alone", timed.ratio("full", "sums"), FULL_GOAL),
                ("the statements / the same sums by plain scans", timed.ratio("sums", "scan"), SCAN_GOAL),
                ("1 % of the clients / all", timed.ratio("few", "full"), FEW_GOAL),
                ("10 % of the clients / all", timed.ratio("tenth", "full"), TENTH_GOAL),
                ("peak memory, MiB", peak(path), MEMORY_GOAL),
            ]
        )
        else 0
    )


if __name__ == "__main__":
    sys.exit(main())
