"""sevenc-sync run: the daemon."""

import threading

import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import USAGE, configuration, engine_errors, fail


@app.command("run")
def run_command(context: typer.Context) -> None:
    """Run as a service: read what is due, score, write notes; until SIGTERM or Ctrl-C."""
    from sevenc_sync.cli.signals import stop_on_signals
    from sevenc_sync.daemon import Daemon
    from sevenc_sync.engine.local import open_engine

    config = configuration(context)
    stop = threading.Event()
    with engine_errors(), stop_on_signals(stop), open_engine(config, stop=stop) as engine:
        if not engine.accounts:
            fail("the configuration has no enabled account; add an [accounts.NAME] table.", USAGE)
        Daemon(engine).run()
