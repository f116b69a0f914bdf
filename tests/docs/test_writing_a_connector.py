"""docs/writing-a-connector.md does what it says: its commands are run as they stand, its table is the suite's own."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from sevenc_sync.cli.new_connector import template
from sevenc_sync.connect import errors
from tests.conformance.outcomes import table
from tests.vendors.test_quality import RULES

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "writing-a-connector.md").read_text(encoding="utf-8")
SESSIONS = re.findall(r"^```console\n(.*?)^```", DOCUMENT, re.MULTILINE | re.DOTALL)


def run(command: str, folder: Path) -> str:
    """What a command of the page prints; `python` is this one, and nothing of this project's tests is seen."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST")},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(  # noqa: S602 - the page's own words, as a reader would type them
        command, shell=True, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def follow(session: str, folder: Path) -> Path:
    """Type the session's commands; each must print the lines below it. Gives the folder where it ends."""
    for part in re.split(r"^\$ ", session, flags=re.MULTILINE)[1:]:
        command, _, told = part.partition("\n")
        if command.startswith("cd "):
            folder = folder / command.removeprefix("cd ")
            continue
        printed = run(command, folder)
        for line in told.splitlines():
            assert line in printed, f"`{command}` does not print {line!r}, but:\n{printed}"
    return folder


def test_the_page_can_be_followed_from_nothing(tmp_path: Path) -> None:
    folder = tmp_path
    assert len(SESSIONS) == 2
    for session in SESSIONS:
        folder = follow(session, folder)
    assert (folder / "acme_backup" / "streams.py").is_file()
    both = run("python -m pytest -q", folder)
    assert "22 passed" in both


def test_what_is_written_is_clean(tmp_path: Path) -> None:
    run("sevenc-sync new-connector acme_rmm", tmp_path)
    ruff = f"ruff check --no-cache --config {ROOT / 'pyproject.toml'}"
    run(f"{ruff} acme_rmm", tmp_path)
    run(f"{ruff} --ignore S101,D103,INP001 tests", tmp_path)
    assert "example" not in "".join(
        path.read_text(encoding="utf-8").lower() for path in tmp_path.rglob("*") if path.is_file()
    ).replace("for example", "")


def test_the_written_connector_answers_for_every_rule_of_a_good_one() -> None:
    files = template("acme_rmm")
    says = tomllib.loads(files[Path("acme_rmm/quality.toml")])
    assert set(says["rules"]) == set(RULES)
    assert "## Not confirmed" in files[Path("acme_rmm/README.md")]


def test_a_project_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[project]\n", encoding="utf-8")
    printed = run("sevenc-sync new-connector acme_rmm", tmp_path)
    assert 'acme_rmm = "acme_rmm:CONNECTOR"' in printed
    assert (tmp_path / "pyproject.toml").read_text(encoding="utf-8") == "[project]\n"


@pytest.mark.parametrize(
    "name", ["Acme", "acme-rmm", "1st", "class", "tests", "json", "datto_bcdr", "a__b", "_a"]
)
def test_a_name_that_cannot_be_one_is_refused_and_nothing_is_written(tmp_path: Path, name: str) -> None:
    program = str(Path(sys.executable).parent / "sevenc-sync")
    command = [program, "new-connector", "--into", str(tmp_path), "--", name]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    assert done.returncode == 2
    assert repr(name) in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "acme_rmm").mkdir()
    mine = tmp_path / "acme_rmm" / "streams.py"
    mine.write_text("# mine\n", encoding="utf-8")
    program = str(Path(sys.executable).parent / "sevenc-sync")
    command = [program, "new-connector", "acme_rmm", "--into", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own command
    assert done.returncode == 1
    assert "is there already; nothing was written" in done.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine]
    assert mine.read_text(encoding="utf-8") == "# mine\n"


def test_the_table_of_outcomes_is_the_suites() -> None:
    assert table() in DOCUMENT


def test_every_problem_is_described() -> None:
    kinds = {
        name
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, errors.Problem) and kind is not errors.Problem
    }
    described = set(re.findall(r"^\| `(\w+)` \| (?:the operator|nobody|us)", DOCUMENT, re.MULTILINE))
    # Waiting and stopping are the kit's own.
    assert described == kinds - {"Throttled", "Stopped"}
