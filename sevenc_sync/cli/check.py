"""sevenc-sync check: can everything that the configuration names be used?"""

import threading
from typing import Annotated

import typer
from rich.text import Text

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import (
    OK,
    PARTIAL,
    USAGE,
    configuration,
    engine_errors,
    err,
    fail,
    out,
    safe,
    show_json,
    show_table,
)


@app.command("check")
def check_command(
    context: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False
) -> None:
    """Try configuration, rules, store, credentials, and each stream with one small request."""
    from sevenc_sync.engine.local import open_engine

    config = configuration(context, quiet=True)
    with engine_errors(), open_engine(config, stop=threading.Event()) as engine:
        if not engine.accounts:
            fail("the configuration has no enabled account; add an [accounts.NAME] table.", USAGE)
        address, rules = engine.store.address, engine.rules
        rows = [row for account in engine.accounts for row in engine.probe(account)]
    good = all(row.state in ("readable", "waits") for row in rows)
    if as_json:
        show_json(
            {
                "config": str(config.path),
                "store": address,
                "rules": {"hash": rules.hash, "areas": len(rules.areas), "indicators": len(rules.indicators)},
                "streams": [row.as_dict() for row in rows],
            }
        )
    else:
        out.print(
            safe(f"Configuration {config.path}: no mistakes. Store {address}: schema is current."),
            soft_wrap=True,
        )
        out.print(
            safe(
                f"Rules {rules.hash}: {len(rules.indicators)} indicators over {len(rules.areas)} areas, no mistakes."
            )
        )
        show_table(
            None,
            ("account", "stream", "state", "needs", "what is wrong"),
            [
                (
                    row.account,
                    row.stream,
                    Text(row.state, style={"readable": "green", "waits": "dim"}.get(row.state, "red")),
                    row.needs,
                    row.problem or "",
                )
                for row in rows
            ],
        )
        for action in dict.fromkeys(row.action for row in rows if row.action):
            err.print(safe(f"What to do: {action}"), soft_wrap=True)
    raise typer.Exit(OK if good else PARTIAL)
