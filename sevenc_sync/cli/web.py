"""sevenc-sync web: the operator console by itself, without the daemon."""

import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import USAGE, configuration, engine_errors, fail, out, safe

if TYPE_CHECKING:
    from sevenc_sync.store.database import Store


class Watched:
    """A console's own health: its store."""

    def __init__(self, store: "Store") -> None:
        self._store = store

    def checks(self) -> Mapping[str, str | None]:
        """What must be well: None where it is, else what is wrong."""
        from sevenc_sync.store.database import store_answers
        from sevenc_sync.store.migrate import schema_problem

        silent = store_answers(self._store)
        return {"store": silent, "schema": silent or schema_problem(self._store)}


@app.command("web")
def web_command(
    context: typer.Context,
    listen: Annotated[
        str | None,
        typer.Option(
            "--listen", metavar="ADDRESS:PORT", help="Where; default: web.listen, else 127.0.0.1:7077."
        ),
    ] = None,
) -> None:
    """Serve the operator console and the JSON API until Ctrl-C. The daemon serves the same where web.listen is set."""
    from sevenc_sync.cli.signals import stop_on_signals
    from sevenc_sync.engine.local import open_engine
    from sevenc_sync.engine.metrics import Metrics
    from sevenc_sync.sections import refuse_in_the_open
    from sevenc_sync.store.users import users
    from sevenc_sync.web.console import make_console
    from sevenc_sync.web.listener import listener
    from sevenc_sync.web.server import WebProblem

    config = configuration(context)
    if listen is not None:
        try:
            refuse_in_the_open(listen, config.settings.web)
        except ValueError as error:
            fail(f"--listen: {error}", USAGE)
    stop = threading.Event()
    with engine_errors(), stop_on_signals(stop), open_engine(config, stop=stop) as engine:
        metrics = Metrics(engine.store, lambda: [account.name for account in engine.accounts])
        server = listener(config, Watched(engine.store), metrics.exposition, make_console(engine), listen)
        with engine.store.read() as connection:
            has_users = bool(users(connection))
        try:
            server.start()
        except WebProblem as error:
            fail(str(error))
        try:
            out.print(safe(f"The console is at {server.address}. Ctrl-C stops it."), soft_wrap=True)
            if not has_users:
                out.print("Nobody can sign in yet: sevenc-sync user add NAME --role operator", soft_wrap=True)
            stop.wait()
        finally:
            server.stop()
