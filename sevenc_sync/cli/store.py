"""sevenc-sync db: the store's schema."""

from typing import Annotated

import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import configuration, out, show_json, store_errors

db = typer.Typer(help="The store: its schema.", no_args_is_help=True)
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
