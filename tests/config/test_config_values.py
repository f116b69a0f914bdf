"""What a right configuration gives: the file, the environment over it, paths beside the file."""

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.connectwise_psa.settings import ConnectwiseSettings
from sevenc_sync import config
from sevenc_sync.config import Configuration, find_config

Loader = Callable[..., Configuration]

PSA = """
[accounts.psa]
connector = "connectwise_psa"
base_url = "https://na.myconnectwise.net/"
company_id = "acme"
"""


def test_an_empty_file_gives_the_defaults(loaded: Loader) -> None:
    found = loaded("")
    assert found.accounts == {}
    assert found.store_url == "sqlite:////var/lib/sevenc-sync/store.db"
    assert (found.settings.push.mode, found.settings.logs.level, found.settings.logs.format) == (
        "review",
        "info",
        "auto",
    )
    assert (found.settings.rules.history_days, found.settings.schedule.every_minutes) == (400, None)


def test_an_account_has_its_connectors_own_settings(loaded: Loader) -> None:
    account = loaded(PSA).accounts["psa"]
    assert isinstance(account, ConnectwiseSettings)
    assert (account.name, account.connector, account.company_id) == ("psa", "connectwise_psa", "acme")
    assert account.base_url == "https://na.myconnectwise.net"
    assert account.private_key.get_secret_value() == "private-of-psa"


def test_a_relative_store_file_is_beside_the_configuration(loaded: Loader, tmp_path: Path) -> None:
    assert (
        loaded("[store]\nurl = 'sqlite:///data/store.db'").store_url == f"sqlite:///{tmp_path}/data/store.db"
    )
    assert loaded("[store]\nurl = 'sqlite:////srv/store.db'").store_url == "sqlite:////srv/store.db"


def test_a_postgresql_store_keeps_its_address(loaded: Loader) -> None:
    url = loaded("[store]\nurl = 'postgresql://sevenc@db.example.com/sevenc'").store_url
    assert url == "postgresql+psycopg://sevenc@db.example.com/sevenc"


def test_relative_files_of_an_account_are_beside_the_configuration(loaded: Loader, tmp_path: Path) -> None:
    account = loaded(PSA + "ca_bundle = 'certs/own.pem'").accounts["psa"]
    assert account.ca_bundle == tmp_path / "certs" / "own.pem"


def test_an_absolute_file_of_an_account_stays(loaded: Loader) -> None:
    assert loaded(PSA + "ca_bundle = '/etc/ssl/own.pem'").accounts["psa"].ca_bundle == Path(
        "/etc/ssl/own.pem"
    )


def test_the_environment_wins_over_the_file(loaded: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEVENC_LOGS__LEVEL", "debug")
    monkeypatch.setenv("SEVENC_RULES__DIRECTORIES", '["own"]')
    monkeypatch.setenv("SEVENC_ACCOUNTS__PSA__BASE_URL", "https://eu.myconnectwise.net")
    found = loaded("[logs]\nlevel = 'error'\nformat = 'json'\n" + PSA)
    assert (found.settings.logs.level, found.settings.logs.format) == ("debug", "json")
    assert found.settings.rules.directories == (Path("own"),)
    assert found.accounts["psa"].base_url == "https://eu.myconnectwise.net"
    assert isinstance(found.accounts["psa"], ConnectwiseSettings)
    assert found.accounts["psa"].company_id == "acme"


def test_an_empty_variable_changes_nothing(loaded: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEVENC_LOGS__LEVEL", "")
    assert loaded("[logs]\nlevel = 'error'").settings.logs.level == "error"


def test_another_programs_variables_are_no_mistakes(loaded: Loader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEVENC_HOME", "/srv")
    monkeypatch.setenv("SEVENC_PSA_PRIVATE_KEY", "private-of-psa")
    assert loaded("").accounts == {}


def test_the_given_file_is_used_then_the_working_directory_then_the_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here, system, given = (tmp_path / name for name in ("config.toml", "system.toml", "given.toml"))
    monkeypatch.setattr(config, "DEFAULT_PATHS", (here, system))
    system.touch()
    assert find_config(None) == system
    here.touch()
    assert find_config(None) == here
    given.touch()
    assert find_config(given) == given
