"""sevenc-sync clients, show, why, score, rules: the result, and the proof behind it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import (
    GAP,
    USAGE,
    configuration,
    engine_errors,
    err,
    fail,
    new_table,
    out,
    safe,
    show_json,
    show_table,
    store_of,
)
from sevenc_sync.cli.decisions import (
    attestation_json,
    attestation_line,
    risk_json,
    risk_line,
    score_words,
    scored_with,
    show_risks,
)

if TYPE_CHECKING:
    from pathlib import Path

    from sevenc_sync.config import Configuration
    from sevenc_sync.score import ClientResult, PartResult, RuleBook, Rules
    from sevenc_sync.store.database import Store
    from sevenc_sync.store.exceptions import AcceptedRisk

AsJson = Annotated[bool, typer.Option("--json", help="For machines.")]
Client = Annotated[str, typer.Argument(metavar="CLIENT", help="A client's name, or enough of it.")]

_LEVEL_STYLES = (
    "white on red3",
    "black on dark_orange",
    "black on gold1",
    "black on pale_green1",
    "black on green3",
)
UNKNOWN = "·"
NAME_WIDTH = 24  # columns that clients' names want; with less the blocks' names are cut
LEVEL_WIDTH = 5  # columns of a level


def level_text(level: float | None, *, provisional: bool = False) -> Text:
    """A level in its colour; unknown is a dot, never a zero. A tilde marks a provisional one."""
    if level is None:
        return Text(f" {UNKNOWN} ", style="dim")
    style = _LEVEL_STYLES[min(4, int(level))]
    return Text(f" {level:.1f}{'~' if provisional else ' '}", style=style)


def rules_of(config: "Configuration") -> "Rules":
    """The rules that are effective now; mistakes end with exit code 2, all listed."""
    from sevenc_sync.clock import utc_now

    return book_of(config).at(utc_now())


def book_of(config: "Configuration", also: "Path | None" = None) -> "RuleBook":
    """The rules for every clock; mistakes end with exit code 2, all listed.

    `also` is read after the configured directories, with all its entries in force, whatever their day.
    """
    from sevenc_sync.engine.rulefiles import rule_directories
    from sevenc_sync.score import RulesInvalid, load_book

    directories = rule_directories(config)
    if also is not None:
        directories = [*(item for item in directories if item.resolve() != also.resolve()), also]
    try:
        return load_book(directories, at_once=() if also is None else (also,))
    except RulesInvalid as error:
        for mistake in error.mistakes:
            err.print(safe(mistake), soft_wrap=True)
        count = len(error.mistakes)
        fail(f"the rules have {count} mistake{'s' if count > 1 else ''}; nothing was started.", USAGE)


def show_portfolio(results: Sequence["ClientResult"], rules: "Rules") -> None:
    """The clients-by-blocks table, best first."""
    table = new_table("7C score by client")
    table.add_column("client", overflow="fold")
    table.add_column("score", justify="right", no_wrap=True)
    table.add_column("proof", justify="right", no_wrap=True)
    is_narrow = out.width < NAME_WIDTH + sum(GAP + len(block.name) for block in rules.blocks) + 2 * (GAP + 5)
    for block in rules.blocks:
        name = block.name[:LEVEL_WIDTH] if is_narrow else block.name
        table.add_column(safe(name), justify="center", no_wrap=True)
    for result in sorted(
        results, key=lambda item: (-(item.score if item.score is not None else -1.0), item.name)
    ):
        score = (
            UNKNOWN if result.score is None else f"{result.score:.1f}{'~' if result.is_provisional else ' '}"
        )
        cells = [level_text(part.level, provisional=part.is_provisional) for part in result.blocks]
        table.add_row(safe(result.name), score, f"{result.proof:.0%}", *cells)
    out.print(table)
    out.print(
        f"Levels 0 to 5. {UNKNOWN} unknown: no fresh evidence, which is neither good nor bad. ~ provisional: less than half is proven."
    )


@app.command("clients")
def clients_command(
    context: typer.Context,
    unlinked: Annotated[
        bool, typer.Option("--unlinked", help="List the companies whose client is not known.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show all clients with their score, proof and the level of each block."""
    from sevenc_sync.match import unlinked as unlinked_companies
    from sevenc_sync.score import load_results

    config = configuration(context)
    rules = rules_of(config)
    with store_of(config) as store:
        if unlinked:
            rows = unlinked_companies(store)
            if as_json:
                show_json(
                    [
                        {"account": r.account, "company": r.company, "name": r.name, "reason": r.why}
                        for r in rows
                    ]
                )
            else:
                show_table(
                    None,
                    ("account", "company", "name", "why it waits"),
                    [(r.account, r.company, r.name, r.why) for r in rows],
                )
            return
        if as_json:
            _, risks, _ = scored_with(store)
            show_json([client_json(result, risks) for result in load_results(store, rules)])
            return
        show_scored(store, rules)


def show_scored(store: "Store", rules: "Rules") -> None:
    """The table of all clients as they were scored last, and the exceptions that it rests on."""
    from sevenc_sync.score import load_results

    results = load_results(store, rules)
    _, risks, _ = scored_with(store)
    show_portfolio(results, rules)
    show_risks(results, risks)


def part_json(part: "PartResult") -> dict[str, object]:
    """A block or an area for machines."""
    return {
        "slug": part.slug,
        "name": part.name,
        "level": part.level,
        "level_without": part.level_without,
        "proof": part.proof,
        "provisional": part.is_provisional,
        "cap": part.cap,
        "excepted": part.excepted,
    }


def client_json(result: "ClientResult", risks: "Sequence[AcceptedRisk]" = ()) -> dict[str, object]:
    """One client for machines, with those of the exceptions that are its own."""
    return {
        "name": result.name,
        "id": result.client,
        "score": result.score,
        "score_without": result.score_without,
        "proof": result.proof,
        "provisional": result.is_provisional,
        "at": result.at,
        "rules": result.rules_hash,
        "blocks": [part_json(part) for part in result.blocks],
        "exceptions": [risk_json(risk, risk.at) for risk in risks if risk.client == result.client],
    }


def find_client(results: Sequence["ClientResult"], text: str) -> "ClientResult":
    """The one client that the text names; ends with exit code 1 and the nearest names when there is none or several."""
    import difflib

    wanted = text.casefold().strip()
    exact = [item for item in results if item.name.casefold() == wanted or str(item.client) == wanted]
    found = exact or [item for item in results if wanted in item.name.casefold()]
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(item.name for item in found[:8])
        fail(f"{text!r} fits {len(found)} clients: {names.rstrip('.')}. Give more of the name.")
    if not results:
        fail("no client has been scored yet; run `sevenc-sync sync`, then `sevenc-sync score`.")
    near = difflib.get_close_matches(text, [item.name for item in results], n=3, cutoff=0.4)
    return fail(f"there is no client {text!r}." + (f" Did you mean {' or '.join(near)}?" if near else ""))


@app.command("show")
def show_command(context: typer.Context, client: Client, as_json: AsJson = False) -> None:
    """Show one client: blocks, areas, and the indicators behind them."""
    from sevenc_sync.score import load_results, read_peers, standing
    from sevenc_sync.store.clients import client_group

    config = configuration(context)
    rules = rules_of(config)
    with store_of(config) as store:
        result = find_client(load_results(store, rules), client)
        place = standing(read_peers(store), result.client)
        at, risks, attested = scored_with(store)
        with store.read() as connection:
            group = client_group(connection, result.client)
    attested = [item for item in attested if item.client == result.client]
    risks = [item for item in risks if item.client == result.client]
    if as_json:
        show_json(
            {
                **client_json(result, risks),
                "attestations": [attestation_json(item, at or result.at) for item in attested],
                "standing": place,
                "group": group,
                "areas": [part_json(part) for part in result.areas],
                "indicators": [
                    msgspec.to_builtins(item, builtin_types=(datetime,)) for item in result.indicators
                ],
            }
        )
        return
    score = "unknown" if result.score is None else f"{result.score:.1f} of 100"
    said = " (provisional: less than half is proven)" if result.is_provisional else ""
    if risks:
        score += f" ({score_words(result.score_without)} without exceptions)"
    out.print(
        safe(
            f"{result.name}: 7C score {score}, proof {result.proof:.0%}{said}, as of {result.at:%Y-%m-%d %H:%M} UTC"
        )
    )
    if group is not None:
        out.print(safe(f"Group {group}, with targets of its own."))
    if place is not None:
        out.print(f"Better than {place.better_than:g} % of your {place.clients} clients of like size.")
    out.print(_areas_table(result))
    for heading, lines in (
        ("Exceptions in force:", [risk_line(item) for item in risks]),
        ("Attested:", [attestation_line(item) for item in attested]),
    ):
        for line in (heading, *(f"  {line}" for line in lines)) if lines else ():
            out.print(safe(line), soft_wrap=True)
    out.print(safe(f"Next: sevenc-sync why {result.name!r} AREA"), soft_wrap=True)


def _areas_table(result: "ClientResult") -> Table:
    """The blocks with their areas, and what holds each down."""
    table = new_table()
    for name in ("", "level", "proof", "held down by"):
        table.add_column(name, overflow="fold")
    for block in result.blocks:
        table.add_row(
            Text(block.name, style="bold"),
            level_text(block.level, provisional=block.is_provisional),
            f"{block.proof:.0%}",
            "",
        )
        for part in result.areas:
            if part.slug.partition(".")[0] == block.slug:
                level = level_text(part.level, provisional=part.is_provisional)
                held = part.cap or ("left out by exceptions" if part.excepted and not part.total else "")
                table.add_row(
                    safe(f"  {part.slug.partition('.')[2]}"), level, f"{part.proof:.0%}", safe(held)
                )
    return table


@app.command("score")
def score_command(
    context: typer.Context,
    clients: Annotated[
        list[str] | None, typer.Argument(metavar="CLIENT", help="Only these; default: all.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            metavar="TIME",
            help="Another clock, such as 2026-09-30 or 2026-09-30T18:00; saves nothing.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Score the clients from the evidence in the store; nothing is fetched, nothing is sent."""
    from sevenc_sync.clock import utc_now
    from sevenc_sync.engine.local import open_engine
    from sevenc_sync.score import load_results
    from sevenc_sync.store.exceptions import exceptions

    clock = None if as_of is None else time_of(as_of)
    config = configuration(context)
    with engine_errors(), open_engine(config) as engine:
        matched = None if clock else engine.match()
        known = load_results(engine.store, engine.rules)
        chosen = [find_client(known, name).client for name in clients] if clients else None
        if clock is not None:
            rules = engine.rule_files.book.at(clock)
            results = engine.preview(clock, chosen)
            with engine.store.read() as connection:
                risks = exceptions(connection, owners=chosen, in_force_at=clock)
            if as_json:
                show_json([client_json(result, risks) for result in results])
                return
            show_portfolio(results, rules)
            show_risks(results, risks)
            said = f"Computed for {clock:%Y-%m-%d %H:%M} UTC with the rules of that moment ({rules.hash})"
            out.print(f"{said}, from the records as they are in the store today. Nothing was saved.")
            return
        summary = engine.score(utc_now(), chosen)
        results = load_results(engine.store, engine.rules, chosen)
        if as_json:
            _, risks, _ = scored_with(engine.store)
            show_json([client_json(result, risks) for result in results])
        else:
            if matched is not None:
                out.print(safe(matched.sentence()))
            show_scored(engine.store, engine.rules)
            out.print(f"{summary.clients} clients scored, {summary.changed} of them with a change.")


def time_of(text: str) -> datetime:
    """An ISO date (its first moment) or date and time, UTC unless it says otherwise; ends with exit code 2 for anything else."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        fail(f"{text!r} is no time; expected 2026-09-30 or 2026-09-30T18:00, in UTC.", USAGE)
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
