"""Everything that an operator can see or set is documented, and the documents lead nowhere wrong."""

import re
import typing
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import typer

from sevenc_sync.cli import common
from sevenc_sync.cli.app import MODULES, app
from sevenc_sync.model import RECORDS
from sevenc_sync.registry import connectors
from sevenc_sync.secrets import ENV_PREFIX
from sevenc_sync.store.runs import RunState

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
READMES = sorted((ROOT / "connectors").glob("*/README.md"))
# Examples, and the vendors' own addresses.
HOSTS = re.compile(
    r"host|127\.0\.0\.1|localhost|(.*\.)?example\.com|\w+\.myconnectwise\.net|api\.datto\.com|\w+\.ninjarmm\.com|webservices\d*\.autotask\.net"
    r"|\w+-api\.centrastage\.net"
    r"|api\.backup\.management"
)


def page(name: str) -> str:
    """A document's text."""
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def section(text: str, heading: str) -> str:
    """What stands below a heading, up to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#|\Z)", text, re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def commands() -> dict[str, set[str]]:
    """Every command with its own options."""
    for name in MODULES:
        import_module(f"sevenc_sync.cli.{name}")
    found: dict[str, set[str]] = {}

    def walk(command: object, path: str) -> None:
        inner = getattr(command, "commands", None)
        if inner is None:
            parameters = [item for item in getattr(command, "params", ()) if item.param_type_name == "option"]
            found[path] = {option for item in parameters for option in item.opts} - {"--help", "-h"}
        for name, below in (inner or {}).items():
            walk(below, f"{path} {name}")

    walk(typer.main.get_command(app), "sevenc-sync")
    return found


@pytest.mark.parametrize("command", commands())
def test_every_command_is_described_with_exactly_its_options(command: str) -> None:
    text = section(page("cli.md"), command)
    assert text, f"docs/cli.md has no section on {command}"
    described = {
        option
        for line in re.findall(r"^\| (`-.*?) \|", text, re.MULTILINE)
        for option in re.findall(r"`(-[\w-]+)`", line)
    }
    assert described == commands()[command]


def test_no_command_is_described_that_is_not_there() -> None:
    headings = set(re.findall(r"^### (sevenc-sync .*)$", page("cli.md"), re.MULTILINE))
    assert headings == set(commands())


def test_the_options_before_the_command_are_described() -> None:
    root = typer.main.get_command(app)
    options = {option for item in root.params for option in item.opts}
    head = page("cli.md").partition("\n## ")[0]
    assert {option for option in options if f"`{option}`" not in head} == set()


def test_every_exit_code_is_described() -> None:
    described = set(re.findall(r"^\| (\d) \|", section(page("cli.md"), "Exit codes"), re.MULTILINE))
    codes = (common.OK, common.ERROR, common.USAGE, common.PARTIAL, common.BRAKE)
    assert described == {str(code) for code in codes}


def test_every_connector_is_described_with_what_it_delivers() -> None:
    rows = {
        name: [cell.strip() for cell in rest.split("|")]
        for name, rest in re.findall(r"^\| \[`(\w+)`\][^|]*\|(.*)\|$", page("connectors.md"), re.MULTILINE)
    }
    assert set(rows) == set(connectors())
    for name, connector in connectors().items():
        title, role, delivers, writes = rows[name]
        kinds = {record.table for stream in connector.streams for record in stream.records} - {"lookup"}
        assert (title, role) == (connector.title, connector.role)
        assert set(delivers.split(", ")) == kinds
        assert (writes != "nothing") == (connector.notes is not None)


@pytest.mark.parametrize("state", [*typing.get_args(RunState), "running", "lost", "busy", "new"])
def test_every_state_is_described_with_what_to_do(state: str) -> None:
    row = re.search(
        rf"^\| `{state}` \|([^|]+)\|([^|]+)\|$", section(page("operations.md"), "States"), re.MULTILINE
    )
    assert row is not None
    assert all(cell.strip() for cell in row.groups())


def test_every_environment_variable_that_is_read_is_described() -> None:
    text = page("configuration.md")
    sources = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "sevenc_sync").rglob("*.py"))
    read = set(re.findall(r"""environ(?:\.get)?[\[(]\s*["'](\w+)["']""", sources))
    read |= set(re.findall(r"""["'](\w+)["'] in os\.environ""", sources))
    assert read >= {"CREDENTIALS_DIRECTORY", "NOTIFY_SOCKET", "COLUMNS"}
    assert {name for name in read if f"`{name}`" not in text} == set()
    assert f"`{ENV_PREFIX}_SECTION__KEY`" in text
    assert f"`{ENV_PREFIX}_ACCOUNT_FIELD`" in text


def test_every_kind_of_evidence_is_a_word_of_the_glossary() -> None:
    words = set(re.findall(r"^\| ([\w ]+) \|", page("glossary.md"), re.MULTILINE))
    kinds = {name.replace("_", " ") for name in RECORDS} - {"lookup"}
    assert kinds - words == set()


def test_every_psa_and_backup_connector_has_a_column_in_the_glossary() -> None:
    heading = next(line for line in page("glossary.md").splitlines() if line.startswith("| ours |"))
    assert [connector.title for connector in connectors().values() if connector.title not in heading] == []


def anchor(heading: str) -> str:
    """The anchor that a heading gets."""
    plain = re.sub(r"[`*]", "", heading).strip().lower()
    return re.sub(r"[^\w\- ]", "", plain).replace(" ", "-")


@pytest.mark.parametrize("document", [*PAGES, *READMES], ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    text = re.sub(r"```.*?```", "", document.read_text(encoding="utf-8"), flags=re.DOTALL)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if "://" in target:
            continue
        name, _, fragment = target.partition("#")
        path = (document.parent / name).resolve() if name else document
        assert path.exists(), target
        if fragment:
            headings = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            assert fragment in {anchor(heading) for heading in headings}, target


@pytest.mark.parametrize(
    "document",
    [*PAGES, ROOT / "config.example.toml", ROOT / "systemd" / "sevenc-sync.service", ROOT / "Makefile"],
    ids=lambda path: path.name,
)
def test_no_address_but_examples_and_vendors_stands_in_a_document(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    addresses = re.findall(r"(?:https?|postgresql)://[^\s`\"'<>)]+", text)
    hosts = {urlsplit(address.rstrip(".,;:")).hostname or "" for address in addresses}
    assert {host for host in hosts if not HOSTS.fullmatch(host)} == set()


def test_every_document_is_listed_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert [path.name for path in (ROOT / "docs").glob("*.md") if f"(docs/{path.name})" not in readme] == []


@pytest.mark.parametrize("name", connectors())
def test_every_connector_has_a_readme(name: str) -> None:
    assert (ROOT / "connectors" / name / "README.md").is_file()


def test_the_changelog_has_this_version() -> None:
    from sevenc_sync import __version__

    assert f"\n## {__version__}\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
