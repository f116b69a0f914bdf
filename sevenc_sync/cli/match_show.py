"""sevenc-sync match show: the ledger of companies and of devices, with what each link rests on."""

from typing import TYPE_CHECKING, Annotated

import typer

from sevenc_sync.cli.common import USAGE, configuration, fail, out, show_json, show_table, store_of
from sevenc_sync.cli.match import Source, known_client, known_source, match_app
from sevenc_sync.cli.scores import AsJson

if TYPE_CHECKING:
    from datetime import datetime

    from sevenc_sync.store.ledger import LedgerLine
    from sevenc_sync.store.tied import DeviceLine

MASTER = "the client's own record in the PSA"


@match_app.command("show")
def show_command(
    context: typer.Context,
    client: Annotated[
        str | None,
        typer.Argument(metavar="[CLIENT]", help="Only this client: number, name, or enough of it."),
    ] = None,
    source: Source = None,
    devices: Annotated[
        bool, typer.Option("--devices", help="The client's records of devices, those of one device together.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List what is linked: which company is which client, or which records are one device; how, by whom, since when."""
    from sevenc_sync.store.clients import clients
    from sevenc_sync.store.ledger import lines
    from sevenc_sync.store.tied import device_lines

    if devices and (client is None or source is not None):
        fail(
            "--devices shows one client's devices from all sources: name the CLIENT, and no --source.", USAGE
        )
    with store_of(configuration(context)) as store, store.read() as connection:
        owner = None if client is None else known_client(clients(connection), client)
        if devices and owner is not None:
            _show_devices(owner.name, device_lines(connection, owner.id), as_json=as_json)
            return
        found = lines(connection, source=known_source(connection, source))
    _show_companies([line for line in found if owner is None or line.client == owner.id], as_json=as_json)


def _show_companies(found: "list[LedgerLine]", *, as_json: bool) -> None:
    if as_json:
        show_json(found)
        return
    if not found:
        out.print("Nothing is linked.")
        return
    show_table(
        None,
        ("source", "company", "name", "state", "client", "by", "what was equal", "sure", "since"),
        [
            (
                line.account, line.company, line.name, line.state, line.client_name or "", line.by or line.method,
                (line.detail or "") if not line.is_own else MASTER, _share(line.confidence), _day(line.at),
            )
            for line in found
        ],
    )  # fmt: skip


def _show_devices(client: str, found: "list[DeviceLine]", *, as_json: bool) -> None:
    if as_json:
        show_json(found)
        return
    if not found:
        out.print(f"No record of a device of {client} is tied. Devices are matched after each sync.")
        return
    show_table(
        None,
        ("device", "record", "name", "serial", "last seen", "tied by", "what was equal", "sure", "since"),
        [
            (
                line.device, f"{line.kind}/{line.account}/{line.id}", line.name, line.serial or "", _day(line.last_seen),
                f"{line.method}, left behind" if line.is_stale else line.method, line.detail or "",
                _share(line.confidence), _day(line.at),
            )
            for line in found
        ],
    )  # fmt: skip
    count = len({line.device for line in found})
    out.print(
        f"{len(found)} records are {count} devices. Wrong? sevenc-sync match same RECORD RECORD, or differ."
    )


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _day(at: "datetime | None") -> str:
    return "" if at is None else f"{at:%Y-%m-%d}"
