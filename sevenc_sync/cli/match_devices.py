"""sevenc-sync match, for devices: which record is which device, by a person's word."""

from typing import TYPE_CHECKING, Annotated

import typer

from sevenc_sync.cli.common import USAGE, configuration, fail, out, show_json, show_table, store_of
from sevenc_sync.cli.decide import By, actor, one_line
from sevenc_sync.cli.match import Note, carried_out, known_source, match_app, say_decided

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from sevenc_sync.store.decided import Verdict
    from sevenc_sync.store.devices import DeviceConflict

RecordName = Annotated[
    str,
    typer.Argument(
        metavar="RECORD", help="KIND/ACCOUNT/ID, such as asset/psa/6004 or protection/backup/a:1."
    ),
]


@match_app.command("same")
def same_command(
    context: typer.Context, one: RecordName, other: RecordName, note: Note = None, by: By = None
) -> None:
    """Say that two records are one device, whatever serials and names say."""
    _say_devices(context, "same", one, other, note, by)


@match_app.command("differ")
def differ_command(
    context: typer.Context, one: RecordName, other: RecordName, note: Note = None, by: By = None
) -> None:
    """Say that two records are two devices, whatever serials and names say."""
    _say_devices(context, "differ", one, other, note, by)


def review_devices(context: typer.Context, *, as_json: bool) -> None:
    """List the records that may be one device and that wait for a person."""
    from sevenc_sync.match import moved_devices
    from sevenc_sync.store.accounts import account_systems
    from sevenc_sync.store.clients import client_names
    from sevenc_sync.store.devices import device_conflicts, record_label

    with store_of(configuration(context)) as store, store.read() as connection:
        names, systems = client_names(connection), account_systems(connection)
        asked: list[tuple[tuple[int, ...], DeviceConflict]] = [
            ((number,), item) for number, items in device_conflicts(connection).items() for item in items
        ]
        asked += [(item.clients, item.conflict) for item in moved_devices(connection)]
        found = [
            (
                [names[number] for number in numbers],
                item,
                [record_label(text, systems) for text in item.records],
            )
            for numbers, item in asked
        ]
    if as_json:
        show_json(
            [
                {
                    "client": owners[0],
                    "clients": owners,
                    "kind": item.kind,
                    "value": item.value,
                    "why": item.detail,
                    "records": labels,
                }
                for owners, item, labels in found
            ]
        )
        return
    if not found:
        out.print("No records of devices wait for a person.")
        return
    show_table(
        None,
        ("client", "equal", "value", "why it waits", "records"),
        [
            (", ".join(owners), item.kind, item.value, item.detail, " ".join(labels))
            for owners, item, labels in found
        ],
    )
    out.print("Decide with: sevenc-sync match same RECORD RECORD, or differ.", soft_wrap=True)
    if any(item.kind == "moved" for _, item, _ in found):
        out.print(
            "What has moved: set the old record inactive, or move it to its new client, where it is kept; "
            "or say that they differ.",
            soft_wrap=True,
        )


def _say_devices(
    context: typer.Context, verdict: "Verdict", one: str, other: str, note: str | None, by: str | None
) -> None:
    from sevenc_sync.store.decided import NewDecision

    who = actor(by)
    why = None if note is None else one_line(note, "--note")
    with store_of(configuration(context)) as store, store.write() as connection:
        (first, number, owner), (second, _, owned) = sorted(
            _record(connection, text) for text in (one, other)
        )
        if first == second:
            fail("that is the same record twice.", USAGE)
        if owner is None or owned is None:
            fail("a record's company is no client's yet; link it first.")
        if owner != owned and verdict == "same":
            fail("the two records are of two clients, and no device is; move one of them where it is kept.")
        made = NewDecision(
            verdict=verdict, account=number, record=first, other=second, client=owner, by=who, note=why
        )
        done = carried_out(connection, made)
    say_decided(done)


def _record(connection: "Connection", text: str) -> tuple[str, int, int | None]:
    """A record's key as text, its account, and the client that it counts for."""
    from sevenc_sync.store.accounts import account_systems
    from sevenc_sync.store.devices import client_of_record

    kind, _, rest = text.partition("/")
    name, _, number = rest.partition("/")
    if kind not in ("asset", "protection") or not number:
        fail(f"{text!r} is no record; write KIND/ACCOUNT/ID, such as asset/psa/6004.", USAGE)
    known_source(connection, name)
    account = next(at for at, (known, _) in account_systems(connection).items() if known == name)
    try:
        owner = client_of_record(connection, kind, account, number)
    except KeyError:
        fail(f"{name} has no {kind} {number!r}.")
    return f"{kind}:{account}:{number}", account, owner
