"""sevenc-sync why: from a level down to the records."""

from collections.abc import Mapping
from datetime import datetime, time
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.text import Text

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import configuration, engine_errors, fail, out, safe, show_json, show_table
from sevenc_sync.cli.decisions import attest_calls, attestation_json, attestation_line, risk_json, risk_line
from sevenc_sync.cli.records import Link, address_of, linked, links_of, record_json
from sevenc_sync.cli.scores import Client, find_client, level_text, rules_of

if TYPE_CHECKING:
    from sevenc_sync.score import EvidenceRow, Explained, PartResult, Rules
    from sevenc_sync.score.feeds import StreamRead


FIRST, TO_FIX = 3, 20  # records that are listed unless --limit says otherwise


@app.command("why")
def why_command(
    context: typer.Context,
    client: Client,
    target: Annotated[
        str, typer.Argument(metavar="AREA-or-INDICATOR", help="Such as continuous.backup-management.")
    ],
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit",
            "-n",
            min=1,
            max=10000,
            help=f"How many records of each list; default {FIRST} that count, {TO_FIX} to fix.",
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """Prove a level: each indicator's value, sample and level, the way to the next, the records that count and those to fix."""
    from sevenc_sync.engine.judge import feeds_of
    from sevenc_sync.engine.local import open_engine
    from sevenc_sync.score import explain, find_target, load_results
    from sevenc_sync.store.clients import groups_of
    from sevenc_sync.store.reads import last_scored_at

    config = configuration(context)
    rules = rules_of(config)
    found = find_target(rules, target)
    if not found.ids:
        near = f" Did you mean {' or '.join(found.nearest)}?" if found.nearest else ""
        fail(f"{target!r} is no area and no indicator.{near} `sevenc-sync rules check` lists the areas.")
    with engine_errors(), open_engine(config) as engine:
        result = find_client(load_results(engine.store, rules), client)
        with engine.store.read() as connection:
            at = last_scored_at(connection) or result.at
            group = groups_of(connection, [result.client]).get(result.client)
        feeds = feeds_of(engine.accounts)
        explained = [
            item
            for name in found.ids
            for item in explain(engine.store, rules, at, feeds, result.client, name, limit=limit or TO_FIX)
        ]
    links = links_of(config)
    areas = [part for part in result.areas if part.slug in found.ids]
    if as_json:
        rows = [_json(result.name, item, links) for item in explained]
        show_json(
            {
                "client": result.name,
                "target": list(found.ids),
                "at": at,
                "areas": [_area_json(part, rules, group) for part in areas],
                "indicators": rows,
            }
        )
        return
    out.print(safe(f"{result.name}: {', '.join(found.ids)}, as of {at:%Y-%m-%d %H:%M} UTC"))
    if not explained:
        out.print("No rule looks at this area yet, so it is unknown.")
    for part in areas:
        _print_area(part, rules, group)
    for item in explained:
        _print(result.name, item, links, first=limit or FIRST)


def _json(client: str, item: "Explained", links: Mapping[str, Link]) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(item, builtin_types=(datetime,))
    for key, rows in (("rows", item.rows), ("to_fix", item.to_fix)):
        plain[key] = [record_json(row, links) for row in rows]
    plain["attested"] = [attestation_json(said, said.at) for said in item.attested]
    plain["to_attest"] = attest_calls(client, item.to_attest)
    plain["exceptions"] = [risk_json(risk, risk.at) for risk in item.exceptions]
    head: dict[str, object] = msgspec.to_builtins(item.result, builtin_types=(datetime,))
    return {**head, **{key: value for key, value in plain.items() if key != "result"}}


def _area_json(part: "PartResult", rules: "Rules", group: str | None) -> dict[str, object]:
    plain: dict[str, object] = msgspec.to_builtins(part)
    return {**plain, "target": rules.target_of(group, part.slug)}


def _print_area(part: "PartResult", rules: "Rules", group: str | None) -> None:
    out.print()
    level = "unknown" if part.level is None else f"level {part.level:g}"
    held = "" if part.cap is None else f", held down by {part.cap}"
    known = f"{part.known} of {part.total} indicators are known"
    target = f"target {rules.target_of(group, part.slug):g}"
    out.print(Text.assemble((part.slug, "bold"), safe(f": {level}, {target}{held}; {known}")), soft_wrap=True)


def _print(client: str, item: "Explained", links: Mapping[str, Link], *, first: int) -> None:
    result = item.result
    out.print()
    out.print(
        Text.assemble(
            level_text(result.level), "  ", (safe(result.title).plain, "bold"), "  ", (result.id, "dim")
        )
    )
    _print_number(item)
    _print_decided(item)
    for call in attest_calls(client, item.to_attest):
        out.print(safe(f"   Where somebody knows it: {call}"), soft_wrap=True)
    out.print(safe(f"   Why it counts: {item.why}"), soft_wrap=True)
    out.print(safe(f"   Basis: {item.basis}  Rules {item.rules_hash}."), soft_wrap=True)
    if item.reads:
        out.print(safe(f"   Source: {'; '.join(map(_read, item.reads))}."), soft_wrap=True)
    if item.unmapped:
        words = f"{item.unmapped:.1%} of the client's rows have words that no rule knows, so they are not seen here"
        out.print(safe(f"   Not mapped: {words}. `sevenc-sync coverage` lists them."), soft_wrap=True)
    for missing in item.missing:
        out.print(safe(f"   Not met by any record: {missing}"), soft_wrap=True)
    is_same = (item.rows_total, item.rows) == (item.to_fix_total, item.to_fix)
    if item.rows_total and result.level is not None and not is_same:
        what = "Good" if result.measure == "share" else "Counted"
        out.print(f"   {what} ({item.rows_total}):")
        _rows(item.rows[:first], item.rows_total, links)
    if item.to_fix_total:
        what = "Counted, and to fix" if is_same else "To fix"
        out.print(safe(f"   {what} ({item.to_fix_total}): {item.fix}"), soft_wrap=True)
        _rows(item.to_fix, item.to_fix_total, links)


def _print_number(item: "Explained") -> None:
    """The value and the way to the next level, or why there is none."""
    result = item.result
    if result.weight == 0:
        value = "" if result.value is None else f"Value {result.value:g} {result.unit}, "
        out.print(safe(f"   {value}{result.reason}."), soft_wrap=True)
    elif not result.counts:
        out.print("   Left out by an exception: it counts neither in its area nor in the proof.")
    elif result.level is None:
        out.print(safe(f"   Unknown: {result.reason}"), soft_wrap=True)
    else:
        low = ", a small sample" if result.is_low_sample else ""
        value = "nothing found" if result.value is None else f"{result.value:g} {result.unit}"
        steps = ", ".join(f"{step:g}" for step in item.levels)
        out.print(
            safe(f"   Value {value}, from {_records(result.sample)}{low}. Steps: {steps}."), soft_wrap=True
        )
        if item.next_level is not None:
            out.print(safe(f"   Level {item.next_level} {_way(item)}."))
        if item.needs is not None:
            out.print(safe(f"   {item.needs}"), soft_wrap=True)


def _records(number: int, more: str = "") -> str:
    return f"{number} {more}{'record' if number == 1 else 'records'}"


def _way(item: "Explained") -> str:
    """What is missing to the next level, in words."""
    if item.result.measure != "rhythm" or item.rows_far is None:
        more = f", {_records(item.rows_far, 'more ')}" if item.rows_far else ""
        far = "" if item.how_far is None else f" ({item.how_far:g} away{more})"
        return f"begins at {item.next_step:g}{far}"
    begins = f"begins at {item.next_step:g} ({item.how_far:g} away)" if item.how_far else ""
    needs = f"needs an event in {item.rows_far} more of the last intervals" if item.rows_far else ""
    return " and ".join(part for part in (begins, needs) if part)


def _read(stream: "StreamRead") -> str:
    when = "never read" if stream.read_at is None else f"read {stream.read_at:%Y-%m-%d %H:%M}"
    return f"{stream.account}, {stream.stream}, {when}"


def _print_decided(item: "Explained") -> None:
    """What people have decided about it, and the level that it would have without their exceptions."""
    if item.result.excepted is not None:
        without = "unknown" if item.result.level_without is None else f"{item.result.level_without:g}"
        out.print(f"   Level without exceptions: {without}.")
    for risk in item.exceptions:
        out.print(safe(f"   Exception: {risk_line(risk)}"), soft_wrap=True)
    for said in item.attested:
        out.print(safe(f"   Attested: {attestation_line(said)}"), soft_wrap=True)


def _rows(rows: "tuple[EvidenceRow, ...]", total: int, links: Mapping[str, Link]) -> None:
    names = list(rows[0].fields)
    addresses = [address_of(row, links) for row in rows]
    show_table(
        None,
        ("source", "id", *names, "fetched"),
        [
            (
                row.account,
                linked(row.id, address),
                *(_cell(row.fields.get(name)) for name in names),
                _cell(row.fetched_at),
            )
            for row, address in zip(rows, addresses, strict=True)
        ],
    )
    if total > len(rows):
        out.print(f"   … and {total - len(rows)} more; --limit shows them.")
    if addresses[0] is not None:
        out.print(safe(f"   Open {rows[0].id}: {addresses[0]} (--json has every address)"), soft_wrap=True)


def _cell(value: object) -> str:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d}" if value.time() == time(0) else f"{value:%Y-%m-%d %H:%M}"
    return "-" if value is None else str(value)
