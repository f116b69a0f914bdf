"""sevenc-sync audit: who changed what a score rests on, and when."""

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import configuration, safe, show_json, show_table, store_of
from sevenc_sync.cli.scores import AsJson, find_client, rules_of
from sevenc_sync.clock import last_day

if TYPE_CHECKING:
    from collections.abc import Mapping


@app.command("audit")
def audit_command(
    context: typer.Context,
    client: Annotated[
        str | None, typer.Argument(metavar="CLIENT", help="Only this client's; default: all.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, max=100_000, help="How many entries.")] = 50,
    as_json: AsJson = False,
) -> None:
    """Show the audit log, newest first: every attestation, exception and other decision, with who made it."""
    from sevenc_sync.score import load_results
    from sevenc_sync.store.audit import read_audit
    from sevenc_sync.store.clients import client_names

    config = configuration(context)
    with store_of(config) as store:
        owner = None if client is None else find_client(load_results(store, rules_of(config)), client).client
        with store.read() as connection:
            rows = read_audit(connection, limit=limit, client=owner)
            names = client_names(connection)
    if as_json:
        show_json(
            [
                {
                    "id": row.id,
                    "at": row.at,
                    "actor": row.actor,
                    "action": row.action,
                    "client": None if row.client is None else names.get(row.client),
                    "subject": row.subject,
                    "detail": dict(row.detail),
                }
                for row in rows
            ]
        )
        return
    show_table(
        None,
        ("at", "by", "action", "client", "subject", "detail"),
        [
            (
                f"{row.at:%Y-%m-%d %H:%M:%S}",
                row.actor,
                row.action,
                None if row.client is None else names.get(row.client),
                row.subject,
                safe(_detail(row.detail)),
            )
            for row in rows
        ],
    )


def _detail(detail: "Mapping[str, Any]") -> str:
    return "; ".join(f"{key} {_words(key, value)}" for key, value in detail.items() if value is not None)


def _words(key: str, value: object) -> str:
    if key == "until" and isinstance(value, str) and value.endswith("T00:00:00Z"):
        # Kept as the moment at which it ends; people know it by its last day, as they gave it.
        return str(last_day(datetime.fromisoformat(value)))
    return value if isinstance(value, str) else json.dumps(value)
