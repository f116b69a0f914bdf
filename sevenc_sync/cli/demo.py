"""sevenc-sync demo and sandbox: the whole product, or only its vendors, without any account."""

import shlex
import shutil
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Annotated

import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import ERROR, PARTIAL, USAGE, fail, out, safe

if TYPE_CHECKING:
    from sevenc_sync.cli.home import Home, WorldMark
    from sevenc_sync.clock import Clock
    from sevenc_sync.config import Configuration
    from sevenc_sync.daemon import Daemon
    from sevenc_sync.engine.local import Engine
    from sevenc_sync.sandbox import Sandbox
    from sevenc_sync.web.server import WebServer

IMPATIENT = 0.05  # seconds before the first retry: the simulated vendors recover at once
DEMO_MINUTES = 1.0  # how often the demo's daemon reads: one wants to see it work
SANDBOX_PORT = 18470
DEMO_USER = "demo"
ANY_PORT = "127.0.0.1:0"

Seed = Annotated[int, typer.Option("--seed", min=0, help="Which simulated MSP.")]
Clients = Annotated[int, typer.Option("--clients", min=6, max=400, help="How many clients it has.")]


class Psa(StrEnum):
    """Which PSA the simulated MSP works with."""

    CONNECTWISE = "connectwise"
    AUTOTASK = "autotask"
    BOTH = "both"

    @property
    def vendors(self) -> tuple[str, ...]:
        """The simulated vendors, by their connectors' names: the PSA, and every backup product and RMM."""
        from sevenc_sync.sandbox.sandbox import BACKUPS, CLOUD_BACKUPS, PSAS, RMMS

        psas = PSAS if self is Psa.BOTH else (f"{self.value}_psa",)
        return (*psas, *BACKUPS, *CLOUD_BACKUPS, *RMMS)


PsaOption = Annotated[Psa, typer.Option("--psa", help="Which PSA the simulated MSP works with.")]


@app.command("demo")
def demo_command(
    once: Annotated[
        bool, typer.Option("--once", help="One pass, then exit; otherwise go on until Ctrl-C.")
    ] = False,
    home: Annotated[Path, typer.Option("--home", help="The folder for all that the demo writes.")] = Path(
        "sevenc-demo"
    ),
    seed: Seed = 7,
    clients: Clients = 40,
    psa: PsaOption = Psa.CONNECTWISE,
    chaos: Annotated[
        bool, typer.Option("--chaos", help="Let the vendors misbehave in every way that real ones do.")
    ] = False,
) -> None:
    """Run the main job on simulated vendors: sync, match, score, write the notes."""
    from sevenc_sync.cli.signals import stop_on_signals
    from sevenc_sync.clock import utc_now
    from sevenc_sync.connect.retries import RetryPolicy
    from sevenc_sync.engine.local import open_engine

    folder, mark = _open_home(home, seed, clients, psa, utc_now())
    stop = threading.Event()
    clock = _clock_from(mark.now)
    with _logging_to(folder.log), _sandbox(folder, mark, clock) as sandbox:
        if chaos:
            _misbehave(sandbox, seed)
        # The vendors' ports are other ones at each start, so here a person's changes cannot stay.
        folder.write_config(sandbox.accounts, push="auto", every_minutes=DEMO_MINUTES, anew=True)
        config = _load(folder)
        _upgrade(config)
        policy = RetryPolicy(first_wait=IMPATIENT) if chaos else None
        with stop_on_signals(stop), open_engine(config, clock=clock, stop=stop, policy=policy) as engine:
            code = _one_pass(engine, folder, mark.now)
            if not once and not stop.is_set():
                _go_on(engine, folder)
    raise typer.Exit(code)


@app.command("sandbox")
def sandbox_command(
    home: Annotated[
        Path, typer.Option("--home", help="The folder for the configuration and the store.")
    ] = Path("sevenc-sandbox"),
    port: Annotated[
        int, typer.Option("--port", min=0, max=65000, help="First port; 0 takes free ones.")
    ] = SANDBOX_PORT,
    seed: Seed = 7,
    clients: Clients = 40,
    psa: PsaOption = Psa.CONNECTWISE,
) -> None:
    """Start only the simulated vendors, write a configuration that points at them, and wait for Ctrl-C."""
    from sevenc_sync.cli.signals import stop_on_signals
    from sevenc_sync.clock import utc_now

    folder, mark = _open_home(home, seed, clients, psa, utc_now())
    stop = threading.Event()
    with stop_on_signals(stop), _sandbox(folder, mark, utc_now, port) as sandbox:
        written = folder.write_config(sandbox.accounts, push="review", every_minutes=None)
        _upgrade(_load(folder))
        out.print("Simulated vendors are listening:")
        for account in sandbox.accounts:
            out.print(safe(f"  {account.name:8} {account.connector:18} {account.base_url}"))
        state = "written" if written else "left as you changed it"
        out.print(safe(f"Configuration ({state}): {folder.config.absolute()}"), soft_wrap=True)
        out.print(
            safe(f"Next, in another terminal: {_program()} --config {shlex.quote(str(folder.config))} sync"),
            soft_wrap=True,
        )
        out.print("Ctrl-C stops the vendors.")
        stop.wait()


def _misbehave(sandbox: "Sandbox", seed: int) -> None:
    from sevenc_sync.sandbox.chaos import chaos

    armed = chaos(sandbox, seed)
    faults = ", ".join(f"{len(numbers)} kinds of fault at {name}" for name, numbers in armed.items())
    out.print(safe(f"The vendors misbehave: {faults}."))


def _open_home(home: Path, seed: int, clients: int, psa: Psa, now: datetime) -> "tuple[Home, WorldMark]":
    from sevenc_sync.cli.home import Home, HomeProblem

    folder = Home(home)
    try:
        folder.prepare()
        return folder, folder.mark(seed=seed, clients=clients, vendors=psa.vendors, now=now)
    except HomeProblem as error:
        fail(str(error), USAGE)


def _clock_from(start: datetime) -> "Clock":
    """A clock that begins at `start` and runs as the real one does."""
    began = time.monotonic()
    return lambda: start + timedelta(seconds=time.monotonic() - began)


@contextmanager
def _logging_to(path: Path) -> Iterator[None]:
    from sevenc_sync import logs

    with path.open("a", encoding="utf-8") as file:
        logs.set_up("info", "json", file)
        try:
            yield
        finally:
            logs.set_up()


@contextmanager
def _sandbox(folder: "Home", mark: "WorldMark", clock: "Clock", port: int = 0) -> "Iterator[Sandbox]":
    from sevenc_sync.sandbox import Sandbox, build_world
    from sevenc_sync.sandbox.sandbox import BACKUPS, RMMS

    out.print(
        safe(
            f"Building a simulated MSP with {mark.clients} clients (seed {mark.seed}, as of {mark.now:%Y-%m-%d %H:%M} UTC) …"
        )
    )
    world = build_world(
        mark.seed, mark.clients, now=mark.now, anchor=mark.anchor,
        backups=[name for name in mark.vendors if name in BACKUPS],
        rmms=[name for name in mark.vendors if name in RMMS],
    )  # fmt: skip
    sandbox = Sandbox(world, vendors=mark.vendors, port=port, clock=clock, state_dir=folder.vendors)
    try:
        sandbox.start()
    except OSError as error:
        fail(f"the port {port} cannot be used: {error.strerror}. Choose another --port, or 0 for any.")
    try:
        yield sandbox
    finally:
        sandbox.stop()


def _load(folder: "Home") -> "Configuration":
    from sevenc_sync.config import load
    from sevenc_sync.mistakes import ConfigInvalid
    from sevenc_sync.registry import connectors

    try:
        return load(folder.config, connectors())
    except ConfigInvalid as error:
        fail(f"{error}\nDelete {folder.config} to have it written anew.", USAGE)


def _upgrade(config: "Configuration") -> None:
    from sevenc_sync.store.database import Store
    from sevenc_sync.store.migrate import upgrade

    with Store.open(config.store_url) as store:
        upgrade(store)


def _one_pass(engine: "Engine", folder: "Home", as_of: datetime) -> int:
    """Sync, match, score, write; gives the exit code."""
    from sevenc_sync.cli.progress import show_results, sync_progress
    from sevenc_sync.cli.scores import show_scored
    from sevenc_sync.cli.sync import exit_code

    with sync_progress() as progress:
        results = engine.sync(trigger="demo", on_progress=progress.on_progress, on_result=progress.on_result)
    show_results(results)
    if engine.stop.is_set():
        return ERROR
    out.print(safe(engine.match().sentence()))
    engine.score(as_of)
    show_scored(engine.store, engine.rules)
    summary = engine.deliver("demo")
    _say_next(folder, engine)
    out.print(safe(summary.sentence()))
    out.print(f"{summary.notes_written} notes written.")
    return exit_code(results) or (PARTIAL if summary.failed else 0)


def _say_next(folder: "Home", engine: "Engine") -> None:
    from sevenc_sync.score import load_results

    results = load_results(engine.store, engine.rules)
    scored = [result for result in results if result.score is not None]
    name = min(scored, key=lambda result: (result.score or 0.0, result.name)).name if scored else "CLIENT"
    command = f"{_program()} --config {shlex.quote(str(folder.config))}"
    out.print(safe(f"Store: {folder.store.absolute()}    Log: {folder.log.absolute()}"), soft_wrap=True)
    out.print("Try next:")
    for rest in (
        "clients",
        f"show {shlex.quote(name)}",
        f"why {shlex.quote(name)} continuous.backup-management",
        "status",
        "runs",
        "push --plan",
    ):
        out.print(safe(f"  {command} {rest}"), soft_wrap=True)


def _program() -> str:
    """How this program was called, so that a line can be copied: by its name when the shell finds it."""
    called = Path(sys.argv[0])
    found = shutil.which(called.name)
    return called.name if found is not None and Path(found).samefile(called) else shlex.quote(str(called))


def _go_on(engine: "Engine", folder: "Home") -> None:
    from sevenc_sync.daemon import Daemon

    daemon = Daemon(
        engine,
        on_result=lambda result: out.print(
            safe(
                f"{engine.clock():%H:%M:%S} {result.account}/{result.stream}: {result.state}, "
                f"{result.fetched} fetched, {result.new} new, {result.changed} changed"
            )
        ),
        on_pushed=lambda summary: out.print(safe(summary.sentence())) if summary.tried else None,
    )
    with _console(engine, daemon):
        out.print(
            safe(
                f"The daemon goes on reading every {DEMO_MINUTES:g} min; its log is {folder.log}. Ctrl-C stops it."
            )
        )
        daemon.run()
    out.print("Stopped.")


@contextmanager
def _console(engine: "Engine", daemon: "Daemon") -> Iterator[None]:
    """Serve the operator console on this machine, with a login whose password is another one at each start."""
    from sevenc_sync.web.console import make_console
    from sevenc_sync.web.listener import DEFAULT, listener
    from sevenc_sync.web.server import WebProblem

    def server_at(listen: str) -> "WebServer":
        console = make_console(engine, is_daemon=True)
        return listener(engine.config, daemon, daemon.metrics.exposition, console, listen)

    server = server_at(DEFAULT)
    try:
        server.start()
    except WebProblem:  # another console is there: any free port does
        server = server_at(ANY_PORT)
        server.start()
    try:
        password = _sign_up(engine)
        out.print(safe(f"Operator console: {server.address}"), soft_wrap=True)
        out.print(safe(f"  user {DEMO_USER}, password {password}"))
        yield
    finally:
        server.stop()


def _sign_up(engine: "Engine") -> str:
    """A fresh password for the demo's operator."""
    from sevenc_sync.store.users import add_user, find_user, set_password
    from sevenc_sync.web.passwords import hashed

    password = token_urlsafe(12)
    with engine.store.write() as connection:
        now, found = engine.clock(), find_user(connection, DEMO_USER)
        if found is None:
            add_user(connection, now, DEMO_USER, "operator", hashed(password), by="demo")
        else:
            set_password(connection, now, found, hashed(password), by="demo")
    return password
