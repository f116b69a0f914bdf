"""What the command line says when it is called wrongly, or when something it needs is not there."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from sevenc_sync import __version__, config
from sevenc_sync.store.database import Store
from sevenc_sync.store.migrate import upgrade

Command = Callable[..., Any]
READS = (
    ("status",),
    ("runs",),
    ("log", "1"),
    ("clients",),
    ("clients", "--unlinked"),
    ("show", "x"),
    ("why", "x", "continuous.backup-management"),
    ("push", "--plan"),
)
STORE_USERS = (*READS, ("sync",), ("score",), ("check",), ("run",), ("push",))

ACCOUNT = """
[accounts.backup]
connector = "datto_bcdr"
base_url = "http://127.0.0.1:9"
public_key_file = "key"
secret_key_file = "key"
"""


@pytest.fixture
def own_config(tmp_path: Path) -> Path:
    """A right configuration with one account; its store is not there yet."""
    (tmp_path / "key").write_text("a-key-of-nobody")
    path = tmp_path / "config.toml"
    path.write_text("[store]\nurl = 'sqlite:///store.db'\n" + ACCOUNT)
    return path


@pytest.fixture
def upgraded(own_config: Path) -> Path:
    """The same with an empty store."""
    with Store.open(f"sqlite:///{own_config.parent / 'store.db'}") as store:
        upgrade(store)
    return own_config


def test_the_version_is_the_packages(program: Command, tmp_path: Path) -> None:
    result = program("--version", cwd=tmp_path)
    assert (result.returncode, result.stdout) == (0, f"sevenc-sync {__version__}\n")


def test_help_lists_every_command(program: Command, tmp_path: Path) -> None:
    result = program("--help", cwd=tmp_path)
    assert result.returncode == 0
    for name in ("demo", "check", "run", "sync", "status", "clients", "why", "push", "db"):
        assert f" {name} " in result.stdout


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("bogus",), "No such command 'bogus'"),
        (("--config", "nowhere.toml", "status"), "nowhere.toml does not exist"),
        (("--log-level", "loud", "status"), "expected debug, info, warning or error"),
        (("status", "--config", "x.toml"), "No such option: --config"),
        (("log", "seven"), "'RUN': Input should be a valid integer"),
        (("runs", "--limit", "0"), "'--limit' / '-n': Input should be greater than or equal to 1"),
        (("demo", "--clients", "2"), "'--clients': Input should be greater than or equal to 6"),
        (("why", "Acme"), "Missing argument"),
    ],
)
def test_a_wrong_call_ends_with_2_and_says_what_is_wrong(
    command: Command, args: tuple[str, ...], said: str
) -> None:
    result = command(*args)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.replace("│", " ").split())


@pytest.mark.parametrize("args", [*STORE_USERS, ("db", "upgrade")])
def test_without_a_configuration_every_command_says_where_it_looked(
    command: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, args: tuple[str, ...]
) -> None:
    monkeypatch.setattr(config, "DEFAULT_PATHS", (tmp_path / "a.toml", tmp_path / "b.toml"))
    result = command(*args)
    assert result.exit_code == 2
    assert f"{tmp_path}/a.toml or {tmp_path}/b.toml: file: does not exist" in result.stderr
    assert "copy config.example.toml, or give --config FILE" in result.stderr
    assert result.stdout == ""


@pytest.mark.parametrize("args", [*STORE_USERS, ("db", "upgrade"), ("rules", "check")])
def test_a_wrong_configuration_lists_every_mistake_and_starts_nothing(
    command: Command, tmp_path: Path, args: tuple[str, ...]
) -> None:
    path = tmp_path / "config.toml"
    path.write_text("[logs]\nlevel = 'loud'\n[stroe]\nurl = 'x'\n")
    result = command("--config", path, *args)
    assert result.exit_code == 2
    assert "logs.level: 'loud' is not valid" in result.stderr
    assert "stroe: is not a known key; did you mean store?" in result.stderr
    assert "the configuration has 2 mistakes; nothing was started." in result.stderr


@pytest.mark.parametrize("args", STORE_USERS)
def test_an_empty_store_names_the_command_that_fills_it(
    command: Command, own_config: Path, args: tuple[str, ...]
) -> None:
    result = command("--config", own_config, *args)
    assert result.exit_code == 1
    assert "is empty. Run: sevenc-sync db upgrade" in result.stderr


@pytest.mark.parametrize("args", [*STORE_USERS, ("db", "upgrade")])
def test_a_store_in_a_folder_that_is_not_there_says_so(
    command: Command, own_config: Path, args: tuple[str, ...]
) -> None:
    own_config.write_text(own_config.read_text().replace("store.db", "nowhere/store.db"))
    result = command("--config", own_config, *args)
    assert result.exit_code == 1
    assert "The folder of the store does not exist" in result.stderr


@pytest.mark.parametrize("args", [*STORE_USERS, ("db", "upgrade")])
def test_a_file_that_is_no_store_is_an_error_and_not_a_traceback(
    command: Command, own_config: Path, args: tuple[str, ...]
) -> None:
    (own_config.parent / "store.db").write_bytes(b"this is no database at all" * 100)
    result = command("--config", own_config, *args)
    assert result.exit_code == 1
    assert "the store answers with an error: file is not a database" in result.stderr


@pytest.mark.parametrize("args", [("status",), ("sync",), ("db", "upgrade")])
def test_a_store_of_a_newer_version_is_left_alone(
    command: Command, upgraded: Path, args: tuple[str, ...]
) -> None:
    with Store.open(f"sqlite:///{upgraded.parent / 'store.db'}") as store, store.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    result = command("--config", upgraded, *args)
    assert result.exit_code == 1
    assert "was written by a newer sevenc-sync" in " ".join(result.stderr.split())


@pytest.mark.parametrize("args", [("sync",), ("check",), ("run",)])
def test_a_configuration_without_accounts_has_nothing_to_read(
    command: Command, upgraded: Path, args: tuple[str, ...]
) -> None:
    upgraded.write_text("[store]\nurl = 'sqlite:///store.db'\n")
    result = command("--config", upgraded, *args)
    assert result.exit_code == 2
    assert "add an [accounts.NAME] table" in result.stderr


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("nobody", "'nobody' is no account; the configuration has backup."),
        (
            "backup/tickets",
            "backup has no stream 'tickets'; it has devices, service_plans, protections, alerts.",
        ),
    ],
)
def test_an_unknown_source_names_what_there_is(
    command: Command, upgraded: Path, target: str, said: str
) -> None:
    result = command("--config", upgraded, "sync", target)
    assert result.exit_code == 2
    assert said in result.stderr


def test_a_store_without_runs_says_what_to_do_first(command: Command, upgraded: Path) -> None:
    result = command("--config", upgraded, "status")
    assert (result.exit_code, result.stdout) == (
        0,
        "Nothing has been read yet. Next: sevenc-sync check, then sevenc-sync sync\n",
    )


def test_a_run_that_is_not_there_names_the_command_that_lists_them(command: Command, upgraded: Path) -> None:
    result = command("--config", upgraded, "log", "77")
    assert result.exit_code == 1
    assert "there is no run 77; `sevenc-sync runs` lists them." in result.stderr


def test_a_client_before_the_first_score_names_the_commands_to_run(command: Command, upgraded: Path) -> None:
    result = command("--config", upgraded, "show", "Acme")
    assert result.exit_code == 1
    assert "no client has been scored yet; run `sevenc-sync sync`, then `sevenc-sync score`." in result.stderr


def test_upgrading_twice_changes_nothing_the_second_time(command: Command, own_config: Path) -> None:
    first = command("--config", own_config, "db", "upgrade")
    assert (first.exit_code, "(it was empty)" in first.stdout) == (0, True)
    second = command("--config", own_config, "db", "upgrade")
    assert (second.exit_code, "The store is up to date" in second.stdout) == (0, True)


def test_mistakes_in_rules_end_every_command_that_needs_them(command: Command, upgraded: Path) -> None:
    own = upgraded.parent / "own"
    own.mkdir()
    (own / "mine.toml").write_text("[[indicator]]\nid = 'x'\n")
    upgraded.write_text("[rules]\ndirectories = ['own']\n" + upgraded.read_text())
    for args in (("clients",), ("score",), ("check",), ("run",), ("rules", "check"), ("sync",)):
        result = command("--config", upgraded, *args)
        assert (args, result.exit_code) == (args, 2)
        assert "mine.toml" in result.stderr


def test_alarms_are_listed_and_a_test_without_an_address_says_where_to_put_one(site: Any) -> None:
    assert site("alarm", "list").output == "No alarm is on.\n"
    assert site.json("alarm", "list", "--past", "3") == []
    told = site("alarm", "test")
    assert told.exit_code == 2
    assert "SEVENC_ALARMS_URLS" in told.output
