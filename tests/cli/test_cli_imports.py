"""What a command does not need, it does not load: that is why --help and status are quick."""

import subprocess
import sys
from importlib import import_module
from typing import Any

import pytest

from sevenc_sync.cli.app import MODULES, app
from sevenc_sync.cli.early import command_of

HEAVY = ("alembic", "apprise", "apscheduler", "httpx", "jinja2", "prometheus_client", "rapidfuzz", "sqlglot", "starlette", "structlog", "uvicorn")  # fmt: skip
MOST = {
    "--help": 340,
    "status": 620,
}  # modules, those of the standard library with them: each costs about 0.4 ms

SCRIPT = """
import sys
from sevenc_sync.cli.app import main
try:
    main()
except SystemExit:
    pass
print(*sys.modules, file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("args", "more"), [(("--help",), ("sqlalchemy", "pydantic", "connectors")), (("status", "--json"), ())]
)
def test_what_is_heavy_is_not_loaded(scored: Any, args: tuple[str, ...], more: tuple[str, ...]) -> None:
    config = str(scored.home.config)
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-c", SCRIPT, "--config", config, *args], capture_output=True, text=True, check=True
    )
    assert done.stdout
    loaded = set(done.stderr.split())
    assert "sevenc_sync.cli.common" in loaded
    assert [name for name in (*HEAVY, *more) if name in loaded] == []
    assert len(loaded) <= MOST[args[0]]


def test_the_modules_that_are_loaded_for_a_command_are_all_that_add_to_it() -> None:
    for name in MODULES:
        import_module(f"sevenc_sync.cli.{name}")
    found: dict[str, set[str]] = {name: set() for name in MODULES}
    for command in app.registered_commands:
        assert command.callback is not None
        found[command.callback.__module__.rpartition(".")[2]].add(str(command.name))
    for group in app.registered_groups:
        assert group.typer_instance is not None
        for command in group.typer_instance.registered_commands:
            assert command.callback is not None
            found[command.callback.__module__.rpartition(".")[2]].add(str(group.name))
    assert {name: set(commands) for name, commands in MODULES.items()} == found


@pytest.mark.parametrize(
    ("words", "command"),
    [
        (["run"], "run"),
        (["-c", "run", "status"], "status"),
        (["--config=run", "--log-level", "debug", "match", "show"], "match"),
        (["--version", "run"], None),
        (["--config"], None),
        ([], None),
    ],
)
def test_the_command_is_the_first_word_that_is_no_options(words: list[str], command: str | None) -> None:
    assert command_of(words) == command
