"""The README tells the truth: its output is the program's, its commands exist, its limits are those of the rules.

With WRITE_DOCS=1 in the environment the output in the README is written anew instead of compared.
"""

import io
import os
import re
import shlex
import textwrap
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from sevenc_sync.cli import common
from sevenc_sync.cli.app import MODULES, app
from sevenc_sync.cli.home import Home
from sevenc_sync.clock import fixed
from sevenc_sync.config import Configuration, load
from sevenc_sync.engine.local import Engine, open_engine
from sevenc_sync.registry import connectors
from sevenc_sync.sandbox import Sandbox, build_world
from sevenc_sync.score import builtin_rules_dir, load_results, load_rules
from sevenc_sync.store.database import Store
from sevenc_sync.store.migrate import upgrade
from sevenc_sync.store.plan_items import Decision, decide, read_plan_items
from sevenc_sync.store.tables import evidence

ROOT = Path(__file__).parents[2]
README = ROOT / "README.md"
NOW = datetime(2026, 11, 20, 15, 30, tzinfo=UTC)
CALL = re.compile(r"(?:\$ )?(?:sudo -u sevenc-sync )?sevenc-sync (?=[\w-])")
INDICATOR = "continuous.backup-management.protected-coverage"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """What the demo says at a fixed moment: block name -> text."""
    for name in MODULES:
        import_module(f"sevenc_sync.cli.{name}")
    home = Home(tmp_path_factory.mktemp("readme"))
    home.prepare()
    world = build_world(seed=7, clients=8, now=NOW)
    with pytest.MonkeyPatch.context() as patched, Sandbox(world, clock=fixed(NOW)) as sandbox:
        for name in [name for name in os.environ if name.startswith("SEVENC_")]:
            patched.delenv(name)
        home.write_config(sandbox.accounts, push="auto", every_minutes=None)
        config = load(home.config, connectors())
        with Store.open(config.store_url) as store:
            upgrade(store)
        with open_engine(config, clock=fixed(NOW)) as engine:
            told = {"demo": _demo(engine), "why": _why(engine, home), "notes": _notes(engine)}
        told["notes"] += _fallen(config)
        yield told


def _demo(engine: Engine) -> str:
    from sevenc_sync.cli.scores import show_portfolio

    assert {result.state for result in engine.sync(trigger="demo")} == {"ok"}
    matched = engine.match().sentence()
    engine.score(NOW)
    written = io.StringIO()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(common.out, "_file", written)
        patched.setattr(common.out, "width", 118)
        common.out.print(matched, soft_wrap=True)
        show_portfolio(load_results(engine.store, engine.rules), engine.rules)
        common.out.print(engine.deliver(trigger="demo").sentence())
    return _tidy(written.getvalue())


def _why(engine: Engine, home: Home) -> str:
    results = [result for result in load_results(engine.store, engine.rules) if result.score is not None]
    weakest = min(results, key=lambda result: (result.score or 0.0, result.name)).name
    args = ["why", weakest, INDICATOR, "--limit", "2"]
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(common.out, "width", 118)
        said = CliRunner().invoke(app, ["--config", str(home.config), *args], catch_exceptions=False).stdout
    lines = [line for line in said.splitlines() if not line.startswith("   Open ")]
    return _tidy("\n".join([f"$ sevenc-sync {shlex.join(args)}", *lines]))


def _notes(engine: Engine) -> str:
    """The notes on three kinds of clients: the best, one in the middle with agreements, and one with little proof."""
    results = sorted(
        load_results(engine.store, engine.rules), key=lambda item: (-(item.score or 0.0), item.name)
    )
    best, middle, weakest = results[0], results[len(results) // 2], results[-1]
    assert weakest.is_provisional
    with engine.store.write() as connection:
        items = sorted(
            read_plan_items(connection, [middle.client])[middle.client].values(), key=lambda item: item.id
        )
        due = NOW.replace(month=12, day=15, hour=0, minute=0)
        decide(
            connection,
            middle.client,
            items[0].id,
            Decision(action="accept", by="eva", owner="Eva", due=due),
            NOW,
        )
        told = Decision(action="risk", by="eva", reason="Replaced in spring", until=due.replace(year=2027))
        decide(connection, middle.client, items[1].id, told, NOW)
    parts = [
        ("The best of a portfolio", best),
        ("One in the middle, with a step agreed and a risk accepted", middle),
        ("One of which little is known", weakest),
    ]
    texts = [f"## {title}\n\n```text\n{engine.pushing.preview(result)}\n```\n" for title, result in parts]
    head = "# Example notes\n\nWritten by a test from the demo's simulated clients; [the note](note.md) says what each part means.\n"
    return "\n".join([head, *texts])


def _fallen(config: Configuration) -> str:
    """The next note on a client whose backups stood still since the last one: no new copy, none elsewhere, no test passed."""
    later = NOW + timedelta(hours=28)
    with open_engine(config, clock=fixed(later)) as engine:
        with engine.store.write() as connection:
            connection.execute(evidence["protection"].update().values(offsite_at=None, verified_ok=False))
        engine.score(later)
        texts = [engine.pushing.preview(result) for result in load_results(engine.store, engine.rules)]
    text = next(text for text in texts if ", DOWN from" in text)
    return f"\n## One that fell since its last note\n\n```text\n{text}\n```\n"


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"


def hold(name: str, opening: str, closing: str, expected: str) -> None:
    """Compare what stands between two marks of the README, or write it."""
    text = README.read_text(encoding="utf-8")
    before, found, rest = text.partition(f"<!-- {name} -->\n{opening}")
    block, ended, after = rest.partition(f"{closing}<!-- /{name} -->")
    assert found
    assert ended
    if os.environ.get("WRITE_DOCS"):
        README.write_text(before + found + expected + ended + after, encoding="utf-8")
        block = expected
    assert block == expected, "the program has changed: WRITE_DOCS=1 pytest tests/docs writes it anew"


@pytest.mark.parametrize("name", ["demo", "why"])
def test_the_output_in_the_readme_is_what_the_program_says(shown: dict[str, str], name: str) -> None:
    hold(name, "```text\n", "```\n", shown[name])


def test_the_example_notes_are_what_the_program_writes(shown: dict[str, str]) -> None:
    page = ROOT / "docs" / "note-examples.md"
    if os.environ.get("WRITE_DOCS"):
        page.write_text(shown["notes"], encoding="utf-8")
    assert page.read_text(encoding="utf-8") == shown["notes"], "WRITE_DOCS=1 pytest tests/docs writes it anew"


def test_the_readme_names_exactly_the_areas_without_a_rule() -> None:
    rules = load_rules([builtin_rules_dir()])
    scored = {indicator.area for indicator in rules.indicators}
    empty = [f"`{area.slug}`" for area in rules.areas if area.slug not in scored]
    text = f"- These areas have no rule and are unknown for every client: {', '.join(empty)}."
    if not empty:
        text = "- Every area has a rule, but few rules see all of an area."
    hold("unscored", "", "", textwrap.fill(text, 118, subsequent_indent="  ", break_on_hyphens=False) + "\n")


def targets() -> set[str]:
    """The Makefile's targets."""
    return set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


def commands() -> dict[tuple[str, ...], set[str]]:
    """The program's commands with their options."""
    for name in MODULES:
        import_module(f"sevenc_sync.cli.{name}")
    found: dict[tuple[str, ...], set[str]] = {}

    def walk(command: object, path: tuple[str, ...]) -> None:
        options = {option for parameter in getattr(command, "params", ()) for option in parameter.opts}
        inner = getattr(command, "commands", None)
        if inner is None or not path:
            found[path] = options
        for name, below in (inner or {}).items():
            walk(below, (*path, name))

    walk(typer.main.get_command(app), ())
    return found


def pages() -> list[Path]:
    """Every document of the project."""
    return [README, ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", page.read_text(encoding="utf-8"), re.MULTILINE))
    assert named <= targets()


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_every_command_that_is_shown_exists_with_its_options(page: Path) -> None:
    known = commands()
    text = page.read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:sh|text)\n(.*?)```", text, re.DOTALL) + re.findall(r"`([^`\n]+)`", text)
    lines = [line.partition(" #")[0].strip() for block in blocks for line in block.splitlines()]
    calls = [line for line in lines if CALL.match(line)]
    for call in calls:
        words = shlex.split(CALL.sub("", call))
        while words and words[0].startswith("-"):
            assert words[0] in known[()], call
            words = words[2:] if words[0] in ("--config", "-c", "--log-level") else words[1:]
        if not words or words[0].isupper():
            continue
        path = tuple(words[:2]) if tuple(words[:2]) in known else tuple(words[:1])
        assert path in known, call
        options = {word for word in words if word.startswith("-") and not word[1:].isdigit()}
        assert options <= known[path], call
