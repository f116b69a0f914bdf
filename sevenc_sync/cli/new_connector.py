"""sevenc-sync new-connector: a working connector to begin with, with tests that pass as written."""

import keyword
import re
from importlib import metadata, resources
from importlib.resources.abc import Traversable
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import USAGE, fail, out, safe

PROJECT = Path("pyproject.toml")

_NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
_ABBREVIATIONS = frozenset({"bcdr", "msp", "psa", "rmm"})
_SUFFIX = ".txt"  # so that no tool takes a template for a module of ours


@app.command("new-connector")
def new_connector_command(
    name: Annotated[str, typer.Argument(help="The connector's name, such as acme_rmm.")],
    into: Annotated[
        Path, typer.Option("--into", help="The folder to write into; it is made if it is not there.")
    ] = Path(),
) -> None:
    """Write a working connector to begin with: settings, streams, fixtures, and tests that pass."""
    from sevenc_sync.registry import GROUP

    if not _NAME.fullmatch(name) or keyword.iskeyword(name):
        fail(f"{name!r} is no name for a connector: small letters, digits and _, such as acme_rmm.", USAGE)
    if name == "tests" or name in metadata.entry_points(group=GROUP).names or find_spec(name) is not None:
        fail(f"{name!r} is the name of another connector or module; choose another one.", USAGE)
    files = template(name)
    there = [path for path in files if path != PROJECT and (into / path).exists()]
    if there:
        fail(f"{into / there[0]} is there already; nothing was written.")
    project = files[PROJECT]
    has_project = (into / PROJECT).exists()
    if has_project:
        del files[PROJECT]  # it is somebody's own
    try:
        for path, text in files.items():
            (into / path).parent.mkdir(parents=True, exist_ok=True)
            (into / path).write_text(text, encoding="utf-8")
    except OSError as error:
        fail(f"{error.filename or into} cannot be written: {error.strerror}.")
    for path in files:
        say(f"wrote {into / path}")
    if has_project:
        say(f"Add to {into / PROJECT}, and install the project again:")
        say(entry_point(project))
    say(f"Its tests: cd {into} && python -m pytest tests/test_{name}.py")


def say(text: str) -> None:
    """Lines for people; none is broken, so that each can be copied."""
    for line in text.splitlines():
        out.print(safe(line), soft_wrap=True)


def template(name: str) -> dict[Path, str]:
    """The template's files for a connector of this name: path below the folder -> text."""
    words = name.split("_")
    wanted = {
        "example_vendor": name,
        "example-vendor": "-".join(words),
        "ExampleVendor": "".join(word.capitalize() for word in words),
        "Example Vendor": " ".join(
            word.upper() if word in _ABBREVIATIONS else word.capitalize() for word in words
        ),
    }
    pattern = re.compile("|".join(wanted))

    def named(text: str) -> str:
        return pattern.sub(lambda found: wanted[found[0]], text)

    root = resources.files("sevenc_sync.cli") / "templates" / "connector"
    return {
        Path(named(path.removesuffix(_SUFFIX))): named(file.read_text(encoding="utf-8"))
        for path, file in sorted(_files(root, ""))
    }


def entry_point(project: str) -> str:
    """The lines of the project file that make the connector known."""
    start = project.index("[project.entry-points")
    return project[start : project.index("\n\n", start)]


def _files(folder: Traversable, prefix: str) -> list[tuple[str, Traversable]]:
    found: list[tuple[str, Traversable]] = []
    for item in folder.iterdir():
        if item.is_dir():
            found += _files(item, f"{prefix}{item.name}/")
        elif item.name.endswith(_SUFFIX):
            found.append((prefix + item.name, item))
    return found
