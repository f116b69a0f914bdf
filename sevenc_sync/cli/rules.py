"""sevenc-sync rules: what the rules say, and what other rules would change."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import (
    USAGE,
    configuration,
    engine_errors,
    err,
    fail,
    out,
    safe,
    show_json,
    show_table,
)
from sevenc_sync.cli.scores import AsJson, book_of

if TYPE_CHECKING:
    from sevenc_sync.score import Dated, Move, TargetMove

rules_app = typer.Typer(help="The rules that turn evidence into levels.", no_args_is_help=True)
app.add_typer(rules_app, name="rules")


@rules_app.command("check")
def rules_check_command(context: typer.Context, as_json: AsJson = False) -> None:
    """Check all mapping files; every mistake is listed with file, line and the nearest valid word."""
    from sevenc_sync.clock import utc_now
    from sevenc_sync.config import DEFAULT_PATHS
    from sevenc_sync.engine.rulefiles import rule_directories
    from sevenc_sync.score import RulesInvalid, builtin_rules_dir, load_book

    directories = [builtin_rules_dir()]
    if context.find_root().params.get("config") is not None or any(path.is_file() for path in DEFAULT_PATHS):
        directories = rule_directories(configuration(context))
    try:
        book = load_book(directories)
    except RulesInvalid as error:
        if as_json:
            show_json({"mistakes": [str(mistake) for mistake in error.mistakes]})
        for mistake in error.mistakes:
            err.print(safe(mistake), soft_wrap=True)
        count = len(error.mistakes)
        fail(f"the rules have {count} mistake{'s' if count > 1 else ''}.", USAGE)
    now = utc_now()
    rules, waiting = book.at(now), book.waiting(now)
    scored = {indicator.area for indicator in rules.indicators}
    if as_json:
        show_json(
            {
                "hash": rules.hash,
                "blocks": len(rules.blocks),
                "areas": len(rules.areas),
                "areas_with_indicators": len(scored),
                "indicators": len(rules.indicators),
                "by_area": {
                    area.slug: [item.id for item in rules.indicators if item.area == area.slug]
                    for area in rules.areas
                },
                "waiting": [
                    {"on": item.on, "table": item.table, "id": item.id, "file": item.file, "line": item.line}
                    for item in waiting
                ],
                "mistakes": [],
            }
        )
        return
    show_table(
        f"Rules {rules.hash}",
        ("area", "name", "name is", "indicators"),
        [
            (
                area.slug,
                area.name,
                area.name_status,
                sum(1 for item in rules.indicators if item.area == area.slug),
            )
            for area in rules.areas
        ],
    )
    out.print(
        f"{len(rules.indicators)} indicators over {len(scored)} of {len(rules.areas)} areas in {len(rules.blocks)} blocks; no mistakes."
    )
    for item in waiting:
        out.print(safe(_said(item)), soft_wrap=True)


@rules_app.command("diff")
def rules_diff_command(
    context: typer.Context,
    directory: Annotated[
        Path,
        typer.Argument(metavar="DIR", exists=True, file_okay=False, help="A directory with changed rules."),
    ],
    days: Annotated[
        int, typer.Option("--days", min=0, max=3650, help="Also at weekly clocks over the last so many days.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Show which levels would move with the rules of one more directory, before it counts. Nothing is saved."""
    from sevenc_sync.clock import utc_now
    from sevenc_sync.engine.judge import feeds_of
    from sevenc_sync.engine.local import open_engine
    from sevenc_sync.score import moves, rule_changes, target_moves

    config = configuration(context)
    before, after = book_of(config), book_of(config, directory)
    now = utc_now()
    clocks = [now - timedelta(days=back) for back in range(0, days + 1, 7)]
    with engine_errors(), open_engine(config) as engine, engine.store.read() as connection:
        found = list(moves(connection, before, after, clocks, feeds_of(engine.accounts)))
        targets = target_moves(connection, before.at(now), after.at(now))
    changes = rule_changes(before.at(now), after.at(now))
    if as_json:
        show_json(
            {
                "before": before.at(now).hash,
                "after": after.at(now).hash,
                "clocks": clocks,
                "rules": [msgspec.to_builtins(item) for item in changes],
                "targets": [msgspec.to_builtins(item) for item in targets],
                "moves": [msgspec.to_builtins(item, builtin_types=(datetime,)) for item in found],
            }
        )
        return
    if before.at(now).hash == after.at(now).hash:
        out.print("The rules are the same today with that directory and without it.")
    for change in changes:
        out.print(safe(f"{change.how}: {change.id}"), soft_wrap=True)
    if targets:
        every = len(after.at(now).areas)
        show_table(
            None,
            ("client", "target of", "from", "to"),
            [(item.name, _areas(item, every), f"{item.before:g}", f"{item.after:g}") for item in targets],
        )
        clients = len({item.client for item in targets})
        out.print(
            f"{clients} client{'s' if clients > 1 else ''} would have other targets: that moves plans, and no level."
        )
    if not found:
        out.print("No level moves.")
        return
    show_table(
        None,
        ("client", "level of", "from", "to", "by", "at"),
        [
            (
                mine[0].name,
                mine[0].slug or "7C score",
                _level(mine[0].before, mine[0].kind),
                _level(mine[0].after, mine[0].kind),
                _by(mine[0]),
                _when(mine, now),
            )
            for mine in _gathered(found)
        ],
    )
    clients = len({item.client for item in found})
    out.print(f"{clients} client{'s' if clients > 1 else ''} would move. Nothing was saved.")


def _gathered(found: Sequence["Move"]) -> list[list["Move"]]:
    """The moves of one level of one client together, newest clock first; by client's name."""
    kept: dict[tuple[int, str], list[Move]] = {}
    for item in found:
        kept.setdefault((item.client, item.slug), []).append(item)
    return sorted(kept.values(), key=lambda mine: mine[0].name)


def _areas(move: "TargetMove", every: int) -> str:
    return f"all {every} areas" if len(move.areas) == every else ", ".join(move.areas)


def _level(level: float | None, kind: str) -> str:
    if level is None:
        return "unknown"
    return f"{level:.1f}" if kind == "client" else f"{level:.2f}"


def _by(move: "Move") -> str:
    if move.kind != "area":
        return ""
    return ", ".join(
        f"{item.id.rpartition('.')[2]} ({item.how}) {_level(item.before, 'area')} → {_level(item.after, 'area')}"
        for item in move.by
    )


def _when(mine: Sequence["Move"], now: datetime) -> str:
    first = "today" if mine[0].at.date() == now.date() else f"{mine[0].at:%Y-%m-%d}"
    return first if len(mine) == 1 else f"{first} and {len(mine) - 1} earlier"


def _said(item: "Dated") -> str:
    return f"From {item.on} on: [[{item.table}]] {item.id} ({item.file}:{item.line})"
