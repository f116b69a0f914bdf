"""sevenc-sync db: the store's schema, its backups, and what it need not keep."""

import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import USAGE, configuration, fail, out, safe, show_json, store_errors, store_of
from sevenc_sync.cli.decide import By, actor

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sevenc_sync.config import Configuration
    from sevenc_sync.store.database import Store

db = typer.Typer(help="The store: its schema, backups, and what it need not keep.", no_args_is_help=True)
app.add_typer(db, name="db")

AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it. Without it only what would be done is shown.")]

_BACKUP = re.compile(r"sevenc-sync-\d{8}T\d{6}Z\.(db|dump)")


@db.command("upgrade")
def upgrade_command(context: typer.Context, as_json: AsJson = False) -> None:
    """Bring the store's schema to this version's, making the store if there is none."""
    from sevenc_sync.store.database import Store
    from sevenc_sync.store.migrate import upgrade

    config = configuration(context, secrets=False)
    with store_errors(), Store.open(config.store_url) as store:
        before, after = upgrade(store)
        queue = _upgrade_queue(store) if config.settings.engine == "procrastinate" else None
        address = store.address
    if as_json:
        show_json({"store": address, "before": before, "after": after, "queue": queue})
        return
    if queue is not None:
        out.print(safe(f"The task queue is {queue['after']} (it was {queue['before'] or 'not there'})."))
    if before == after:
        out.print(f"The store is up to date (schema {after}).")
    else:
        out.print(f"The store's schema is now {after} (it was {before or 'empty'}).")


def _upgrade_queue(store: "Store") -> dict[str, str | None]:
    from sevenc_sync.store.queue import upgrade_queue

    before, after = upgrade_queue(store)
    return {"before": before, "after": after}


@db.command("backup")
def backup_command(
    context: typer.Context,
    target: Annotated[
        Path,
        typer.Argument(
            metavar="FILE|FOLDER", help="A new file, or a folder that gets one named by the time."
        ),
    ],
    keep: Annotated[
        int | None,
        typer.Option("--keep", min=1, max=10_000, help="In a folder: delete all but so many backups."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Copy the store as it is at this moment, also while the daemon works, and verify the copy."""
    from sevenc_sync.clock import utc_now
    from sevenc_sync.store.backup import back_up
    from sevenc_sync.store.database import Store

    if keep is not None and not target.is_dir():
        fail("--keep needs a folder.", USAGE)
    if target.exists() and not target.is_dir():
        fail(f"{target} exists already; name a new file, or a folder.", USAGE)
    config = configuration(context, secrets=False)
    with store_errors(), Store.open(config.store_url) as store:
        name = f"sevenc-sync-{utc_now():%Y%m%dT%H%M%SZ}.{'db' if store.is_sqlite else 'dump'}"
        made = back_up(store, target / name if target.is_dir() else target)
    dropped = [] if keep is None else _drop_old(target, keep)
    if as_json:
        show_json(
            {
                "file": str(made.file),
                "bytes": made.size,
                "schema": made.schema,
                "rows": made.rows,
                "deleted": dropped,
            }
        )
        return
    out.print(
        safe(f"{made.file}: {made.size / 1e6:,.1f} MB, verified ({_counted(made.rows)})."), soft_wrap=True
    )
    if dropped:
        out.print(safe(f"Older backups deleted: {', '.join(dropped)}"))


def _drop_old(folder: Path, keep: int) -> list[str]:
    """Delete all but the newest of the backups that this command has named; gives their names."""
    old = sorted(file for file in folder.iterdir() if _BACKUP.fullmatch(file.name))[:-keep]
    for file in old:
        file.unlink()
    return [file.name for file in old]


@db.command("restore")
def restore_command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A backup that `db backup` made.")],
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Check a backup and, with --yes, put it in the store's place. The daemon must be stopped."""
    from sevenc_sync.store.backup import check_backup, restore
    from sevenc_sync.store.database import Store
    from sevenc_sync.store.migrate import newest_revision

    config = configuration(context, secrets=False)
    kept = None
    with store_errors(), Store.open(config.store_url) as store:
        backup = check_backup(file, sqlite=store.is_sqlite)
        if yes:
            _nobody_works(store)
            kept = _keep_present(store)
            restore(store, backup)
        address = store.address
    if as_json:
        show_json(
            {"file": str(file), "schema": backup.schema, "rows": backup.rows, "restored": yes, "kept": kept}
        )
        return
    out.print(safe(f"{file} is whole ({_counted(backup.rows)})."), soft_wrap=True)
    if not yes:
        out.print(safe(f"Nothing was changed. With --yes it takes the place of {address}."), soft_wrap=True)
        return
    out.print(
        safe(f"The store is now as the backup was.{f' What was there before is in {kept}.' if kept else ''}")
    )
    if backup.schema != newest_revision():
        out.print("Next: sevenc-sync db upgrade")


def _nobody_works(store: "Store") -> None:
    """End with what to do when a daemon works on the store. A store that cannot be asked has none."""
    from sqlalchemy.exc import DBAPIError

    from sevenc_sync.store.service import who_works
    from sevenc_sync.store.workers import living_workers

    try:
        with store.read() as connection:
            daemon, workers = who_works(connection), living_workers(connection)
    except DBAPIError:
        return  # empty or damaged: that is why it is restored
    if daemon is not None:
        fail(f"the daemon works on the store ({daemon.process}). Stop it first: systemctl stop sevenc-sync")
    if workers:
        named = ", ".join(worker.process for worker in workers)
        fail(f"workers are at work on the store ({named}). Stop each first: systemctl stop sevenc-sync")


def _keep_present(store: "Store") -> str | None:
    """Put the present store's file aside; gives its name. A PostgreSQL database is replaced in one transaction."""
    from sevenc_sync.clock import utc_now

    if not store.is_sqlite:
        return None
    store.close()
    present = Path(store.engine.url.database or "")
    if not present.exists():
        return None
    aside = present.with_name(f"{present.name}.before-{utc_now():%Y%m%dT%H%M%SZ}")
    for ending in ("", "-wal"):
        source = present.with_name(present.name + ending)
        if source.exists():
            shutil.copy2(source, aside.with_name(aside.name + ending))
    return str(aside)


@db.command("prune")
def prune_command(
    context: typer.Context,
    days: Annotated[
        int | None,
        typer.Option(
            "--days", min=1, max=3650, help="Keep so many days of replays; default: store.replay_days."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Delete what is older than the section [keep] says, and what only replays of old score runs need."""
    from sevenc_sync.clock import utc_now
    from sevenc_sync.engine.pruning import prune_store

    config = configuration(context, secrets=False)
    with store_of(config) as store:
        gone = prune_store(store, config, utc_now(), days)
    kept = config.settings.store.replay_days if days is None else days
    if as_json:
        show_json({"days": kept, "deleted": sum(gone.values()), "kinds": gone})
    else:
        out.print(f"{sum(gone.values())} rows deleted: {_counted(gone)}.", soft_wrap=True)


@db.command("forget-account")
def forget_account_command(
    context: typer.Context,
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="The account's name.")],
    by: By = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Delete everything that came from one account, and its clients if it is the master."""
    from sevenc_sync.clock import utc_now
    from sevenc_sync.store.forget import forget_account

    config = configuration(context, secrets=False)
    known = config.accounts.get(account)
    if yes and known is not None and known.enabled:
        fail(
            f"{account} is still in the configuration: take it out, or set enabled = false, and reload the daemon."
        )
    who = actor(by)
    _forget(
        config,
        lambda connection: forget_account(connection, account, who, utc_now()),
        f"account {account}",
        yes,
        as_json,
    )


@db.command("forget-client")
def forget_client_command(
    context: typer.Context,
    client: Annotated[str, typer.Argument(metavar="CLIENT", help="The client's whole name, or its number.")],
    by: By = None,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Delete everything that is known of one client. What the sources still have is read again."""
    from sevenc_sync.clock import utc_now
    from sevenc_sync.store.clients import client_names
    from sevenc_sync.store.forget import forget_client

    config = configuration(context, secrets=False)
    with store_of(config) as store, store.read() as connection:
        names = client_names(connection)
    found = [number for number, name in names.items() if client in (name, str(number))]
    if len(found) != 1:
        fail(
            f"{client!r} names {len(found)} clients; give the whole name, or the number that `clients --json` shows."
        )
    who = actor(by)
    _forget(
        config,
        lambda connection: forget_client(connection, found[0], who, utc_now()),
        f"client {client}",
        yes,
        as_json,
    )


def _forget(
    config: "Configuration",
    act: "Callable[[Connection], Mapping[str, int]]",
    subject: str,
    yes: bool,
    as_json: bool,
) -> None:
    with store_of(config) as store, store.write() if yes else store.trial() as connection:
        counts = act(connection)
    if as_json:
        show_json({"subject": subject, "forgotten": yes, "rows": counts})
        return
    said = _counted(counts) if counts else "no rows"
    if yes:
        out.print(
            safe(
                f"Forgotten of {subject}: {said}. The audit log keeps that, and older backups what they hold."
            ),
            soft_wrap=True,
        )
    else:
        out.print(
            safe(f"Of {subject} would be deleted: {said}. Nothing was changed; --yes does it."),
            soft_wrap=True,
        )


def _counted(rows: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {name.replace('_', ' ')}" for name, number in rows.items())
