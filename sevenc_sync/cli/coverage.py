"""sevenc-sync coverage: what the rules see of the evidence, and which rules do nothing."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer
from rich.text import Text

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import configuration, engine_errors, out, safe, show_json, show_table
from sevenc_sync.cli.scores import AsJson

if TYPE_CHECKING:
    from sevenc_sync.score import Coverage, Mapped

# Pasted as they are, the entries would move levels by what is merely the most frequent.
_START = (
    "# Each entry begins with what is most frequent among your rows. That is no finding: which of its words is meant only\n"
    "# you know. Choose for each, then see with `sevenc-sync rules diff DIR` what it moves."
)


@app.command("coverage")
def coverage_command(
    context: typer.Context,
    limit: Annotated[
        int, typer.Option("--limit", "-n", min=1, max=10000, help="How many unmapped combinations to list.")
    ] = 10,
    as_toml: Annotated[
        bool, typer.Option("--toml", help="Print only the entries to paste into a mapping file of your own.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show which words no rule knows, with the entry to paste; rows that no indicator counts; rules that do nothing."""
    from sevenc_sync.clock import utc_now
    from sevenc_sync.engine.local import open_engine
    from sevenc_sync.score import coverage

    config = configuration(context)
    with engine_errors(), open_engine(config) as engine:
        found = coverage(engine.store, engine.rules, utc_now(), limit=limit)
    if as_json:
        show_json(_json(found))
    elif as_toml:
        out.print(Text(_toml(found)), soft_wrap=True)
    else:
        _print(found)


def _toml(found: "Coverage") -> str:
    """The entries to paste, with how many rows each maps; nothing where all words are known."""
    from sevenc_sync.score import line_to_paste

    parts = []
    for mapped in found.words:
        for item in mapped.unmapped:
            entry = line_to_paste(mapped, item)
            if entry is not None:
                parts.append(f"# {item.rows} {mapped.family.source}\n{entry}")
    return "\n\n".join([_START, *parts]) if parts else ""


def _json(found: "Coverage") -> dict[str, object]:
    from sevenc_sync.score import line_to_paste

    plain: dict[str, object] = msgspec.to_builtins(found)
    plain["words"] = [
        {
            "source": mapped.family.source,
            "family": mapped.family.name,
            "tags": sorted(mapped.family.tags),
            "rows": mapped.rows,
            "mapped": mapped.mapped,
            "unmapped_share": round(mapped.share, 4),
            "unmapped": [
                {
                    "rows": item.rows,
                    "words": dict(item.words),
                    "ticket_words": dict(item.beside) or None,
                    "toml": line_to_paste(mapped, item),
                }
                for item in mapped.unmapped
            ],
        }
        for mapped in found.words
    ]
    return plain


def _print(found: "Coverage") -> None:
    show_table(
        "Rows that rules know by their words",
        ("rows", "family", "number", "known", "not known"),
        [
            (
                item.family.source,
                item.family.name,
                item.rows,
                _percent(item.mapped, item.rows),
                item.rows - item.mapped,
            )
            for item in found.words
        ],
    )
    for item in found.words:
        _print_unmapped(item)
    if any(item.unmapped for item in found.words):
        out.print(
            "`sevenc-sync coverage --toml` prints an entry for each, to paste into a mapping file of your own.",
            soft_wrap=True,
        )
    out.print()
    show_table(
        "Rows that some indicator counts",
        ("rows", "of clients", "counted", "of no client"),
        [
            (
                item.source,
                item.rows,
                _percent(item.counted, item.rows) if item.has_indicators else "no indicator",
                found.unlinked.get(item.table, 0),
            )
            for item in found.seen
        ],
    )
    for title, names in (
        ("Entries of tags.toml and services.toml that matched nothing", found.idle_words),
        ("Indicators for which no client has a row", found.idle),
    ):
        if names:
            out.print()
            out.print(safe(f"{title} ({len(names)}):"))
            out.print(safe("  " + ", ".join(names)), soft_wrap=True)
    if found.never_fail:
        out.print()
        show_table(
            "Indicators that do not fail", ("indicator", "why"), [(d.id, d.why) for d in found.never_fail]
        )


def _print_unmapped(mapped: "Mapped") -> None:
    from sevenc_sync.score.families import SERVICES

    if not mapped.unmapped:
        return
    out.print()
    family = mapped.family
    what = "area" if family.name == SERVICES else f"tag of the family {family.name}"
    show_table(
        f"{family.source}: words without any {what}",
        ("number", "words"),
        [(item.rows, _words(item.words, item.beside)) for item in mapped.unmapped],
    )


def _words(words: Mapping[str, str], beside: Mapping[str, str]) -> str:
    own, ticket = (", ".join(f"{name}: {word}" for name, word in given.items()) for given in (words, beside))
    return f"{own or 'no words at all'} (ticket: {ticket})" if ticket else own or "no words at all"


def _percent(part: int, whole: int) -> str:
    return "-" if not whole else f"{100 * part / whole:.1f} %"
