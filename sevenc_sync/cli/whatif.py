"""sevenc-sync whatif: the smallest set of fixes that brings a client to a level."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import configuration, engine_errors, fail, out, safe, show_json
from sevenc_sync.cli.records import Link, links_of, record_json, records_text
from sevenc_sync.cli.scores import AsJson, Client, find_client, rules_of

if TYPE_CHECKING:
    from sevenc_sync.score import Explained, Fix, Rules, WhatIf

FIRST = 3  # records named of each fix


@app.command("whatif")
def whatif_command(
    context: typer.Context,
    client: Client,
    area: Annotated[
        str, typer.Argument(metavar="[AREA-or-BLOCK]", help="Default: the mean of all blocks.")
    ] = "",
    to: Annotated[float, typer.Option("--to", metavar="LEVEL", help="The level to reach, up to 5.")] = ...,  # type: ignore[assignment]  # typer's own mark of an option that must be given
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=10000, help="How many records to name per fix.")
    ] = FIRST,
    as_json: AsJson = False,
) -> None:
    """Show the smallest set of indicators whose fixing brings the area, the block or the client to a level."""
    from sevenc_sync.engine.judge import feeds_of
    from sevenc_sync.engine.local import open_engine
    from sevenc_sync.score import TooMany, explain_indicators, load_results, what_if
    from sevenc_sync.store.reads import last_scored_at

    if not 0 < to <= 5:  # noqa: PLR2004 - levels end at 5
        raise typer.BadParameter(f"{to:g} is no level; expected more than 0 and at most 5", param_hint="--to")
    config = configuration(context)
    rules = rules_of(config)
    target = _target(rules, area) if area else ""
    with engine_errors(), open_engine(config) as engine:
        result = find_client(load_results(engine.store, rules), client)
        with engine.store.read() as connection:
            at = last_scored_at(connection) or result.at
        try:
            found = what_if(rules, result, to, target)
        except TooMany as error:
            fail(str(error))
        wanted = {fix.indicator.id for fix in found.fixes}
        feeds = feeds_of(engine.accounts)
        explained = {
            item.result.id: item
            for item in explain_indicators(engine.store, rules, at, feeds, result.client, wanted, limit=limit)
        }
    links = links_of(config)
    if as_json:
        show_json(_json(found, explained, links))
        return
    out.print(safe(f"{result.name}: {_headline(found)}"), soft_wrap=True)
    for fix in found.fixes:
        _print(fix, explained[fix.indicator.id], links)
    if found.fixes and found.result.score is not None:
        out.print(safe(f"Score then: {found.result.score:.1f}."))


def _target(rules: "Rules", text: str) -> str:
    """The slug of the one area or block that the text names; ends with exit code 1 and the nearest words otherwise."""
    from sevenc_sync.score import find_target

    plain = text.strip().lower()
    for block in rules.blocks:
        if plain in (block.slug, block.name.lower(), *block.aliases):
            return block.slug
    found = find_target(rules, text)
    areas = [name for name in found.ids if name in rules.area_by_slug]
    if len(areas) == 1:
        return areas[0]
    if areas:
        fail(f"{text!r} fits {len(areas)} areas: {', '.join(areas)}. Give more of the name.")
    near = f" Did you mean {' or '.join(found.nearest)}?" if found.nearest else ""
    return fail(f"{text!r} is no area and no block.{near} `sevenc-sync rules check` lists the areas.")


def _headline(found: "WhatIf") -> str:
    """What is asked for, and whether it can be had."""
    what = found.target or "the mean of all blocks"
    before = "unknown" if found.before is None else f"{found.before:g}"
    if not found.is_reached:
        if found.after is None:
            return f"{what} is unknown, and no rule looks at it."
        best = f"{what} is {before} and can reach {found.after:g} at best: {found.short:g} short of {found.wanted:g}."
        return f"{best} The smallest set that gets there:" if found.fixes else best
    if not found.fixes:
        return f"{what} is {before} already."
    number = "one fix brings" if len(found.fixes) == 1 else f"{len(found.fixes)} fixes bring"
    return f"{number} {what} from {before} to {found.after:g}. No smaller set does."


def _print(fix: "Fix", explained: "Explained", links: Mapping[str, Link]) -> None:
    item = fix.indicator
    present = "unknown" if item.level is None else f"{item.level:g}"
    gate = ", a gate" if item.is_gate else ""
    out.print()
    out.print(Text.assemble((safe(item.title).plain, "bold"), safe(f" ({item.id}{gate})")), soft_wrap=True)
    out.print(safe(f"   From {present} to {fix.needed:g}. {explained.fix}"), soft_wrap=True)
    if item.level is None:
        out.print(safe(f"   Unknown: {item.reason}"), soft_wrap=True)
    for missing in explained.missing:
        out.print(safe(f"   Not met by any record: {missing}"), soft_wrap=True)
    if explained.to_fix_total:
        records = records_text(explained.to_fix, explained.to_fix_total, links)
        out.print(Text.assemble(f"   To fix ({explained.to_fix_total}): ", records), soft_wrap=True)


def _json(
    found: "WhatIf", explained: "Mapping[str, Explained]", links: Mapping[str, Link]
) -> dict[str, object]:
    return {
        "client": found.result.name,
        "target": found.target or None,
        "to": found.wanted,
        "before": found.before,
        "after": found.after,
        "reached": found.is_reached,
        "short": found.short,
        "score_then": found.result.score,
        "fixes": [
            {
                "indicator": fix.indicator.id,
                "title": fix.indicator.title,
                "is_gate": fix.indicator.is_gate,
                "level": fix.indicator.level,
                "unknown": fix.indicator.reason,
                "needed": fix.needed,
                "step": explained[fix.indicator.id].fix,
                "to_fix_total": explained[fix.indicator.id].to_fix_total,
                "to_fix": [record_json(row, links) for row in explained[fix.indicator.id].to_fix],
                "missing": list(explained[fix.indicator.id].missing),
            }
            for fix in found.fixes
        ],
    }
