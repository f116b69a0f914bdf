"""sevenc-sync match export and import: the ledger for a person with a spreadsheet."""

from pathlib import Path
from typing import Annotated

import typer

from sevenc_sync.cli.common import USAGE, configuration, err, fail, out, safe, show_table, store_of
from sevenc_sync.cli.decide import By, actor
from sevenc_sync.cli.match import match_app

LARGEST = 64 * 1024 * 1024  # bytes; a ledger of 100,000 companies has a fifth of it

File = Annotated[Path, typer.Argument(metavar="FILE.csv", help="The spreadsheet.")]


@match_app.command("export")
def export_command(
    context: typer.Context,
    file: File,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only the companies that wait.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
) -> None:
    """Write the ledger as CSV. Fill in `decision` (link, unlink, ignore, never, client) and `decide_client`, then import it."""
    from sevenc_sync.match import questions, write_sheet
    from sevenc_sync.store.ledger import lines

    with store_of(configuration(context)) as store, store.read() as connection:
        asked = questions(connection)
        chosen = [item.line for item in asked] if waiting else lines(connection)
    text = write_sheet(chosen, asked)
    try:
        # A mark at the beginning tells spreadsheets that this is UTF-8.
        with file.open("w" if force else "x", encoding="utf-8-sig", newline="") as target:
            target.write(text)
    except FileExistsError:
        fail(f"{file} is there already; --force writes over it.", USAGE)
    except OSError as error:
        fail(f"{file} cannot be written: {error.strerror}.")
    out.print(safe(f"{len(chosen)} companies written to {file}, {len(asked)} of them wait."), soft_wrap=True)


@match_app.command("import")
def import_command(
    context: typer.Context,
    file: File,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would be decided; nothing is changed.")
    ] = False,
    by: By = None,
) -> None:
    """Carry out the decisions in a CSV file: all of them, or none when there is a mistake in it."""
    from sevenc_sync.clock import utc_now
    from sevenc_sync.match import read_sheet
    from sevenc_sync.store.clients import clients
    from sevenc_sync.store.decided import decide, set_batch
    from sevenc_sync.store.ledger import lines

    text = _text(file)
    who = actor(by)
    config = configuration(context)
    with store_of(config) as store:
        with store.read() as connection:
            known = {(line.account, line.company): (line.number, line.company) for line in lines(connection)}
            owners = clients(connection)
        own = {(row.account, row.company): row.id for row in owners}
        sheet = read_sheet(text, who, known, owners, own, config.master)
        if sheet.mistakes:
            for mistake in sheet.mistakes:
                err.print(safe(f"{file}: {mistake}"), soft_wrap=True)
            count = len(sheet.mistakes)
            fail(f"{file} has {count} mistake{'s' if count > 1 else ''}; nothing was changed.", USAGE)
        if dry_run:
            show_table(
                None,
                ("line", "decision", "company", "client"),
                [(at, made.verdict, made.record, made.client) for at, made in sheet.decisions],
            )
            out.print(f"{len(sheet.decisions)} decisions. Nothing was changed.")
            return
        with store.write() as connection:
            numbers = [
                number
                for _, made in sheet.decisions
                if (number := decide(connection, utc_now(), made)) is not None
            ]
            set_batch(connection, numbers)
    same = len(sheet.decisions) - len(numbers)
    out.print(
        f"{len(numbers)} decided, {same} were decided so already. `sevenc-sync match undo` takes all of it back."
    )


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > LARGEST:
            fail(f"{file} has more than {LARGEST // 1024 // 1024} MiB; export a smaller part.", USAGE)
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        fail(f"{file} is not UTF-8 (byte {error.start}); save it as CSV UTF-8.", USAGE)
    except OSError as error:
        return fail(f"{file} cannot be read: {error.strerror}.", USAGE)
