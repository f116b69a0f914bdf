"""sevenc-sync alarm: what is not well, and whether messages about it arrive."""

from typing import Annotated

import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import (
    ERROR,
    PARTIAL,
    USAGE,
    configuration,
    fail,
    out,
    safe,
    show_json,
    show_table,
    store_of,
)

alarm = typer.Typer(
    help="Alarms: what is not well, and whether messages about it arrive.", no_args_is_help=True
)
app.add_typer(alarm, name="alarm")


@alarm.command("list")
def alarm_list_command(
    context: typer.Context,
    past: Annotated[
        int, typer.Option("--past", min=0, max=10_000, help="So many of the newest, over or not.")
    ] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """List the alarms that are on, as the daemon last saw them."""
    from sevenc_sync.store.alarms import last_alarms, open_alarms

    with store_of(configuration(context, secrets=False)) as store, store.read() as connection:
        rows = last_alarms(connection, past) if past else open_alarms(connection)
    if as_json:
        show_json(rows)
        return
    if not rows:
        out.print("No alarm is on." if not past else "There was no alarm.")
        return
    show_table(
        None,
        ("alarm", "since", "over", "what", "what to do"),
        [
            (
                row.kind,
                f"{row.since:%Y-%m-%d %H:%M}",
                None if row.ended_at is None else f"{row.ended_at:%Y-%m-%d %H:%M}",
                row.text,
                row.action,
            )
            for row in rows
        ],
    )


@alarm.command("test")
def alarm_test_command(
    context: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Send one message to every address, and say which arrived."""
    from sevenc_sync.engine.alarms import send_by_process
    from sevenc_sync.secrets import Secrets

    config = configuration(context)
    addresses = [address.get_secret_value() for address in config.alarm_addresses]
    if not addresses:
        fail(f"no address for alarms is configured: {Secrets.ways('alarms', 'urls')}.", USAGE)
    text = "This is a test. Alarms of sevenc-sync arrive here, once when something begins and once when it is over."
    results = send_by_process(addresses, "sevenc-sync: a test", text, "info")
    if as_json:
        show_json(results)
    else:
        for number, item in enumerate(results, start=1):
            said = "sent" if item.error is None else f"not sent: {item.error}"
            out.print(safe(f"address {number} ({item.service}): {said}"))
    failed = sum(item.error is not None for item in results)
    raise typer.Exit(0 if not failed else ERROR if failed == len(results) else PARTIAL)
