"""sevenc-sync push: the notes that wait, and writing them into the PSA."""

import threading
from typing import Annotated

import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import (
    ERROR,
    PARTIAL,
    configuration,
    engine_errors,
    out,
    safe,
    show_json,
    store_of,
)

AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]


@app.command("push")
def push_command(
    context: typer.Context,
    plan: Annotated[
        bool, typer.Option("--plan", help="Only show each waiting note, its client and its full text.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Write the waiting notes into the PSA; with --plan, show them and write nothing."""
    if plan:
        _show_plan(context, as_json=as_json)
        return
    from sevenc_sync.cli.signals import stop_on_signals
    from sevenc_sync.engine.local import open_engine

    config = configuration(context, quiet=True)
    stop = threading.Event()
    with engine_errors(), stop_on_signals(stop), open_engine(config, stop=stop) as engine:
        summary = engine.deliver(trigger="command")
    if as_json:
        show_json({**summary.counts(), "reasons": summary.reasons, "doubles": summary.doubles})
    else:
        out.print(safe(summary.sentence()), soft_wrap=True)
    good = summary.created + summary.updated + summary.unchanged
    if summary.waiting or summary.failed:
        raise typer.Exit(PARTIAL if good else ERROR)


def _show_plan(context: typer.Context, *, as_json: bool) -> None:
    from sevenc_sync.store.accounts import account_names
    from sevenc_sync.store.clients import clients
    from sevenc_sync.store.outbox import waiting_notes

    config = configuration(context)
    with store_of(config) as store, store.read() as connection:
        notes = waiting_notes(connection)
        names = {row.id: row.name for row in clients(connection)}
        accounts = account_names(connection)
    if as_json:
        show_json(
            [
                {
                    "client": names.get(note.client),
                    "account": accounts.get(note.account),
                    "company": note.company,
                    "reference": note.reference,
                    "text": note.text,
                    "waiting_since": note.created_at,
                    "attempts": note.attempts,
                    "error": note.error,
                }
                for note in notes
            ]
        )
        return
    for note in notes:
        target = f"company {note.company} in {accounts.get(note.account)}"
        tried = f", tried {note.attempts} times: {note.error}" if note.attempts else ""
        out.rule(safe(f"{names.get(note.client)} → {target}{tried}"))
        for line in note.text.splitlines():
            out.print(safe(line), soft_wrap=True)
    ending = "`sevenc-sync push` writes them." if notes else "`sevenc-sync score` queues what has changed."
    out.print(safe(f"{len(notes)} notes wait. {ending}"))
