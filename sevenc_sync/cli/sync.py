"""sevenc-sync sync: reading the sources now."""

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import (
    BRAKE,
    ERROR,
    PARTIAL,
    USAGE,
    configuration,
    engine_errors,
    fail,
    out,
    safe,
    show_json,
)

if TYPE_CHECKING:
    from sevenc_sync.sync.outcome import RunResult

AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]

_TIMES = ("started_at", "finished_at", "cursor_from", "cursor_to")


def exit_code(results: Sequence["RunResult"]) -> int:
    """0 when all went well, 4 when the brake holds something, 3 when a part went well, 1 when nothing did."""
    if any(result.state == "held" for result in results):
        return BRAKE
    good = [result for result in results if result.state == "ok"]
    if len(good) == len(results):
        return 0
    return PARTIAL if good or any(result.state in ("partial", "busy") for result in results) else ERROR


@app.command("sync")
def sync_command(
    context: typer.Context,
    targets: Annotated[
        list[str] | None,
        typer.Argument(metavar="SOURCE[/STREAM]", help="Accounts or streams; default: all."),
    ] = None,
    full: Annotated[bool, typer.Option("--full", help="Read everything, not only what changed.")] = False,
    sweep: Annotated[bool, typer.Option("--sweep", help="Also find out what is gone at the source.")] = False,
    accept_deletions: Annotated[
        bool, typer.Option("--accept-deletions", help="With --sweep: let go even above the brake.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read the sources now, then match companies to clients."""
    from sevenc_sync.cli.progress import show_results, sync_progress
    from sevenc_sync.cli.signals import stop_on_signals
    from sevenc_sync.engine.local import UnknownTarget, open_engine
    from sevenc_sync.store.rounds import marks, note_round

    config = configuration(context, quiet=True)
    stop = threading.Event()
    try:
        with engine_errors(), stop_on_signals(stop), open_engine(config, stop=stop) as engine:
            if not engine.accounts:
                fail("the configuration has no enabled account; add an [accounts.NAME] table.", USAGE)
            with sync_progress() as progress:
                results = engine.sync(
                    trigger="command",
                    targets=targets or (),
                    full=full,
                    sweep=sweep,
                    accept_deletions=accept_deletions,
                    on_progress=progress.on_progress,
                    on_result=progress.on_result,
                )
            with engine.store.read() as connection:
                before = marks(connection)
            matched = engine.match()
            with engine.store.write() as connection:
                note_round(connection, engine.clock(), before, links=matched.changed)
    except UnknownTarget as error:
        fail(str(error), USAGE)
    if as_json:
        show_json([result_json(result) for result in results])
    else:
        show_results(results)
        out.print(safe(matched.sentence()))
    raise typer.Exit(exit_code(results))


def result_json(result: "RunResult") -> dict[str, object]:
    """A run's result for machines."""
    names = (
        "account",
        "stream",
        "state",
        "run",
        "mode",
        "fetched",
        "new",
        "changed",
        "same",
        "held",
        "gone",
        "requests",
        "error",
        "action",
    )
    return {name: getattr(result, name) for name in names}
