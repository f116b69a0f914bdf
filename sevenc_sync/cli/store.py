"""sevenc-sync db: the store's schema, and what it need not keep."""

from typing import Annotated

import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import configuration, out, show_json, store_errors, store_of

db = typer.Typer(help="The store: its schema, and what it need not keep.", no_args_is_help=True)
app.add_typer(db, name="db")


@db.command("upgrade")
def upgrade_command(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Bring the store's schema to this version's, making the store if there is none."""
    from sevenc_sync.store.database import Store
    from sevenc_sync.store.migrate import upgrade

    config = configuration(context)
    with store_errors(), Store.open(config.store_url) as store:
        before, after = upgrade(store)
        address = store.address
    if as_json:
        show_json({"store": address, "before": before, "after": after})
    elif before == after:
        out.print(f"The store is up to date (schema {after}).")
    else:
        out.print(f"The store's schema is now {after} (it was {before or 'empty'}).")


@db.command("prune")
def prune_command(
    context: typer.Context,
    days: Annotated[
        int | None,
        typer.Option("--days", min=1, max=3650, help="Keep so many days; default: store.replay_days."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Delete what only replays of old score runs need. Scores, their history and all evidence stay."""
    from datetime import timedelta

    from sevenc_sync.clock import utc_now
    from sevenc_sync.score import prune_inputs

    config = configuration(context)
    kept = config.settings.store.replay_days if days is None else days
    with store_of(config) as store, store.write() as connection:
        gone = prune_inputs(connection, utc_now() - timedelta(days=kept))
    if as_json:
        show_json({"days": kept, "deleted": gone})
    else:
        out.print(f"{gone} rows deleted that only replays of score runs older than {kept} days need.")
