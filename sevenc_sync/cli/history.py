"""sevenc-sync history, replay: how a score came to be what it is, and proof that it follows from what was kept."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import (
    configuration,
    err,
    fail,
    out,
    safe,
    show_json,
    show_table,
    store_errors,
    store_of,
)
from sevenc_sync.cli.scores import AsJson, Client, find_client, rules_of, time_of

if TYPE_CHECKING:
    from sevenc_sync.score import Change, Replayed, Rules
    from sevenc_sync.score.history import Kind

_BARS = "▁▂▃▄▅▆▇█"
_MOVED = 4  # that fit into a line for people; JSON has all
_SHOWN = 20  # differences of a replay, the same


@app.command("history")
def history_command(
    context: typer.Context,
    client: Client,
    target: Annotated[
        str | None,
        typer.Argument(
            metavar="BLOCK-AREA-or-INDICATOR", help="Such as continuous; default: the client's score."
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=10000, help="How many changes, newest first.")
    ] = 20,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="DATE", help="Only changes from then on, such as 2026-09-01."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how a client's score or one of its levels changed, and what moved it."""
    from sevenc_sync.score import history, load_results

    begin = None if since is None else time_of(since)
    config = configuration(context)
    rules = rules_of(config)
    kind, slug = _target(rules, target)
    with store_of(config) as store:
        result = find_client(load_results(store, rules), client)
        with store.read() as connection:
            changes = history(connection, result.client, kind, slug, limit=limit, since=begin)
    if as_json:
        rows = [msgspec.to_builtins(item, builtin_types=(datetime,)) for item in changes]
        show_json({"client": result.name, "kind": kind, "slug": slug, "changes": rows})
        return
    what = slug or "7C score"
    if not changes:
        out.print(
            safe(f"{result.name}: no change of {what} is kept" + (f" since {since}." if since else "."))
        )
        return
    show_table(
        f"{result.name}: {what}",
        ("when", "from", "to", "proof", "what moved it"),
        [
            (
                f"{item.at:%Y-%m-%d %H:%M}",
                "-" if item.is_first else _level(item.before, kind),
                _level(item.after, kind),
                "" if item.proof is None else f"{item.proof:.0%}",
                _moved(item),
            )
            for item in changes
        ],
    )
    _trend(changes, kind)


def _target(rules: "Rules", text: str | None) -> "tuple[Kind, str]":
    """What the text names: a block, or one area or indicator; ends with exit code 1 for anything else. None: the score."""
    from sevenc_sync.score import find_target

    if text is None:
        return "client", ""
    wanted = "-".join(text.strip().lower().split())
    for block in rules.blocks:
        if wanted in (block.slug, block.name.lower(), *block.aliases):
            return "block", block.slug
    found = find_target(rules, text)
    if len(found.ids) == 1:
        return ("area" if found.ids[0] in rules.area_by_slug else "indicator"), found.ids[0]
    if found.ids:
        return fail(f"{text!r} fits {len(found.ids)}: {', '.join(found.ids)}. Name one of them.")
    near = f" Did you mean {' or '.join(found.nearest)}?" if found.nearest else ""
    return fail(
        f"{text!r} is no block, no area and no indicator.{near} `sevenc-sync rules check` lists the areas."
    )


def _level(level: float | None, kind: str) -> str:
    if level is None:
        return "unknown"
    return f"{level:.1f}" if kind == "client" else f"{level:.2f}"


def _moved(change: "Change") -> str:
    """What changed in the same run, the largest first."""
    parts = ["other rules"] if change.other_rules else []
    if change.is_first:
        return "first"
    if change.reason:
        parts.append(change.reason)

    moved = sorted(change.moved, key=_size, reverse=True)
    parts += [_step(item) for item in moved[:_MOVED]]
    if len(moved) > _MOVED:
        parts.append(f"and {len(moved) - _MOVED} more")
    return ", ".join(parts)


def _size(change: "Change") -> float:
    return abs((change.after or 0.0) - (change.before or 0.0))


def _step(change: "Change") -> str:
    """One thing that moved, and of an area in brackets the indicator that moved most in it."""
    before = "-" if change.is_first else _level(change.before, "area")
    text = f"{change.slug.rpartition('.')[2]} {before} → {_level(change.after, 'area')}"
    cause = max(change.moved, key=_size, default=None)
    return text if cause is None else f"{text} ({_step(cause)})"


def _trend(changes: "Sequence[Change]", kind: str) -> None:
    """The levels as a line of bars, oldest first, between the lowest and the highest of them."""
    levels = [item.after for item in reversed(changes)]
    known = [level for level in levels if level is not None]
    if len(levels) == 1 or not known:
        return
    low, high = min(known), max(known)
    bars = "".join(
        "·" if level is None else _BARS[round((level - low) / (high - low or 1.0) * (len(_BARS) - 1))]
        for level in levels
    )
    out.print(f"{bars}  lowest {_level(low, kind)}, highest {_level(high, kind)}")


@app.command("replay")
def replay_command(
    context: typer.Context,
    run: Annotated[int, typer.Argument(metavar="RUN", help="The score run's number, from `history --json`.")],
    as_json: AsJson = False,
) -> None:
    """Compute a run's results again from its stored inputs, rules and clock alone, and compare them to the byte."""
    from sevenc_sync.score import CannotReplay, replay

    config = configuration(context)
    with store_errors(), store_of(config) as store, store.read() as connection:
        try:
            found = replay(connection, run)
        except CannotReplay as error:
            fail(str(error))
    if as_json:
        plain = msgspec.to_builtins(found, builtin_types=(datetime,))
        show_json({**plain, "identical": found.is_identical})
    else:
        _say(found)
    if not found.is_identical:
        raise typer.Exit(1)


def _say(found: "Replayed") -> None:
    head = f"Score run {found.run}: {found.clients} clients, as of {found.at:%Y-%m-%d %H:%M} UTC, rules {found.rules_hash}"
    out.print(safe(head))
    if found.is_identical:
        out.print(f"identical: {found.digest}")
        return
    out.print(f"differs: {found.digest} was computed then, {found.found} now.")
    for item in found.differences[:_SHOWN]:
        was, now = _level(item.was, item.kind), _level(item.found, item.kind)
        out.print(
            safe(f"  {item.name}: {item.slug or '7C score'} was {was}, comes out as {now}"), soft_wrap=True
        )
    if len(found.differences) > _SHOWN:
        out.print(f"  … and {len(found.differences) - _SHOWN} more; --json has them.")
    if not found.differences:
        out.print("  No level that is kept differs; the difference is in a value, a count or a text.")
    if found.version != found.this_version:
        said = f"It was scored by version {found.version}; this is {found.this_version}, which may compute otherwise."
        err.print(said, soft_wrap=True)
