"""sevenc-sync attest: what somebody says about a client, where no system can show it."""

from typing import TYPE_CHECKING, Annotated

import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import USAGE, configuration, fail, out, safe, show_json, show_table, store_of
from sevenc_sync.cli.decide import By, Link, actor, checked_link, end_of_day, one_line
from sevenc_sync.cli.decisions import attestation_json
from sevenc_sync.cli.scores import AsJson, find_client, rules_of
from sevenc_sync.clock import last_day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sevenc_sync.score.fields import Field
    from sevenc_sync.store.attestations import Attestation


@app.command("attest")
def attest_command(
    context: typer.Context,
    client: Annotated[
        str | None, typer.Argument(metavar="CLIENT", help="A client's name, or enough of it.")
    ] = None,
    field: Annotated[
        str | None, typer.Argument(metavar="FIELD", help="A field that rules read; --fields lists them.")
    ] = None,
    value: Annotated[
        str | None, typer.Argument(metavar="VALUE", help="Such as 2026-01-31, 85 or a name.")
    ] = None,
    by: By = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="DATE", help="Last day on which it counts (UTC). Default: no end."),
    ] = None,
    link: Link = None,
    note: Annotated[str | None, typer.Option("--note", metavar="TEXT", help="A remark.")] = None,
    end: Annotated[bool, typer.Option("--end", help="Take back what is attested of FIELD.")] = False,
    fields: Annotated[bool, typer.Option("--fields", help="List the fields that rules read.")] = False,
    past: Annotated[bool, typer.Option("--all", help="List those too that no longer count.")] = False,
    as_json: AsJson = False,
) -> None:
    """Attest something of a client; without VALUE list what is attested. It stands before the PSA's field of that name."""
    from sevenc_sync.clock import utc_now
    from sevenc_sync.score import load_results
    from sevenc_sync.score.fields import fields_of
    from sevenc_sync.store.attestations import NewAttestation, attest, attestations, end_attestation

    if end and value is not None:
        fail("--end takes no VALUE: it takes back what is said of the field.", USAGE)
    if end and field is None:
        fail("--end needs CLIENT and FIELD.", USAGE)
    config = configuration(context)
    rules = rules_of(config)
    known = fields_of(rules)
    if fields:
        _show_fields(known, as_json=as_json)
        return
    now = utc_now()
    with store_of(config) as store:
        owner = None if client is None else find_client(load_results(store, rules), client)
        if owner is None or (value is None and not end):
            with store.read() as connection:
                found = attestations(
                    connection,
                    owner=None if owner is None else owner.client,
                    in_force_at=None if past else now,
                )
            key = None if field is None else _field(known, field).key
            _show(known, [item for item in found if key in (None, item.field)], now, as_json=as_json)
            return
        told = _field(known, str(field), ended=end)
        who = actor(by)
        if end:
            with store.write() as connection:
                if not end_attestation(connection, now, owner.client, told.key, who):
                    fail(f"nothing is attested of {told.label!r} for {owner.name}.")
            out.print(safe(f"{told.label} of {owner.name} is no longer attested, by {who}."), soft_wrap=True)
        else:
            made = NewAttestation(
                client=owner.client,
                field=told.key,
                label=told.label,
                value=_value(told, str(value)),
                by=who,
                until=None if until is None else end_of_day(until, now),
                link=checked_link(link),
                note=None if note is None else one_line(note, "--note"),
            )
            with store.write() as connection:
                attest(connection, now, made)
            term = "" if until is None else f" until {until}"
            out.print(safe(f"{told.label} of {owner.name} is {made.value}{term}, by {who}."), soft_wrap=True)
    out.print("It counts from the next scoring on: sevenc-sync score", soft_wrap=True)


def _field(known: "Mapping[str, Field]", name: str, *, ended: bool = False) -> "Field":
    """The field that rules read under this name. To take something back, a field that no rule reads any more will do."""
    from sevenc_sync.score.fields import Field, nearest_fields
    from sevenc_sync.score.vocabulary import field_key

    key = field_key(name)
    if key in known:
        return known[key]
    if ended:
        return Field(key=key, label=name.strip(), kinds=("text",), readers=())
    near = nearest_fields(known, name)
    hint = f" Did you mean {' or '.join(map(repr, near))}?" if near else ""
    return fail(f"no rule reads a field {name!r}.{hint} `sevenc-sync attest --fields` lists all.", USAGE)


def _value(told: "Field", text: str) -> str:
    value = one_line(text, "VALUE", 200)
    expected = told.wrong(value)
    if expected is not None:
        fail(f"{told.label} cannot be {value!r}: the rules want {expected}.", USAGE)
    return value


def _show_fields(known: "Mapping[str, Field]", *, as_json: bool) -> None:
    if as_json:
        show_json(
            [{"field": item.label, "kinds": item.kinds, "read_by": item.readers} for item in known.values()]
        )
        return
    show_table(
        None,
        ("field", "is", "read by"),
        [(item.label, " or ".join(item.kinds), ", ".join(item.readers)) for item in known.values()],
    )


def _show(
    known: "Mapping[str, Field]", found: "list[Attestation]", now: "datetime", *, as_json: bool
) -> None:
    if as_json:
        show_json([attestation_json(item, now) for item in found])
        return
    if not found:
        out.print("Nothing is attested.")
        return
    show_table(
        None,
        ("client", "field", "value", "by", "since", "until", "state", "link", "note"),
        [
            (
                item.client_name,
                item.label,
                item.value,
                item.by,
                f"{item.at:%Y-%m-%d}",
                last_day(item.until),
                _state(item, now, is_read=item.field in known),
                item.link,
                item.note,
            )
            for item in found
        ],
    )


def _state(item: "Attestation", now: "datetime", *, is_read: bool) -> str:
    if item.is_in_force(now):
        return "counts" if is_read else "no rule reads it"
    if item.ended_at is not None and (item.until is None or item.ended_at < item.until):
        return f"ended by {item.ended_by}"
    return "expired"
