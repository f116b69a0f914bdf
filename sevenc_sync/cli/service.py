"""sevenc-sync run: the daemon."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import USAGE, configuration, engine_errors, fail

if TYPE_CHECKING:
    from sevenc_sync.config import Configuration
    from sevenc_sync.daemon import Daemon
    from sevenc_sync.engine.local import Engine


@app.command("run")
def run_command(context: typer.Context) -> None:
    """Run as a service until SIGTERM or Ctrl-C: read, score, write notes. SIGHUP reads the configuration again."""
    from sevenc_sync.cli.signals import stop_on_signals
    from sevenc_sync.daemon import Daemon
    from sevenc_sync.engine.local import open_engine

    config = configuration(context)
    level = context.find_root().params.get("log_level")
    stop = threading.Event()
    daemons: list[Daemon] = []

    def reload() -> None:
        for daemon in daemons:  # none yet while it starts
            daemon.reload()

    with engine_errors(), stop_on_signals(stop, reload), open_engine(config, stop=stop) as engine:
        if not engine.accounts:
            fail("the configuration has no enabled account; add an [accounts.NAME] table.", USAGE)
        daemon = Daemon(engine, load=lambda: _again(config, level))
        daemons.append(daemon)
        daemon.run(beside=lambda: _listening(config, engine, daemon))


@contextmanager
def _listening(config: "Configuration", engine: "Engine", daemon: "Daemon") -> Iterator[None]:
    """Serve the console, health and metrics where the configuration wants them; an address that is taken ends the start."""
    if config.settings.web.listen is None:
        yield
        return
    from sevenc_sync.web.console import make_console
    from sevenc_sync.web.listener import listener
    from sevenc_sync.web.server import WebProblem

    server = listener(config, daemon, daemon.metrics.exposition, make_console(engine, is_daemon=True))
    try:
        server.start()
    except WebProblem as error:
        fail(str(error))
    try:
        yield
    finally:
        server.stop()


def _again(config: "Configuration", level: str | None) -> "Configuration":
    """The configuration as its file says now; the level of the command line stays. Raises ConfigInvalid."""
    from sevenc_sync.config import load
    from sevenc_sync.registry import connectors

    found = load(config.path, connectors())
    if level is None:
        return found
    told = found.settings.logs.model_copy(update={"level": level})
    return replace(found, settings=found.settings.model_copy(update={"logs": told}))
