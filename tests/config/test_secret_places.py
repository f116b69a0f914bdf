"""Secrets come from systemd's credentials directory, the environment, or a file of their own; in this order."""

from collections.abc import Callable
from pathlib import Path

import pytest

from connectors.connectwise_psa.settings import ConnectwiseSettings
from sevenc_sync.config import Configuration, load
from sevenc_sync.connect.redact import redact
from sevenc_sync.mistakes import ConfigInvalid
from sevenc_sync.registry import connectors
from sevenc_sync.secrets import Secrets, env_name

Loader = Callable[..., Configuration]

PSA = """
[accounts.psa]
connector = "connectwise_psa"
base_url = "https://na.myconnectwise.net"
company_id = "acme"
"""


def value_of(places: Secrets, file: Path | None = None) -> str | None:
    found = places.find("psa", "private_key", str(file) if file else None)
    return None if found is None else found.get_secret_value()


@pytest.fixture
def credentials(tmp_path: Path) -> Path:
    folder = tmp_path / "credentials"
    folder.mkdir()
    (folder / "psa.private_key").write_text("from-systemd\n")
    return folder


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "key"
    file.write_text("  from-file \n")
    return file


ENVIRONMENT = {"SEVENC_PSA_PRIVATE_KEY": "from-environment"}


def test_systemds_credential_wins_over_the_environment_and_the_file(
    credentials: Path, key_file: Path
) -> None:
    assert value_of(Secrets(ENVIRONMENT, credentials), key_file) == "from-systemd"


def test_the_environment_wins_over_the_file(key_file: Path, tmp_path: Path) -> None:
    assert value_of(Secrets(ENVIRONMENT, None), key_file) == "from-environment"
    assert value_of(Secrets(ENVIRONMENT, tmp_path), key_file) == "from-environment"


def test_the_file_is_read_last_and_without_the_blanks_around(key_file: Path) -> None:
    assert value_of(Secrets({}, None), key_file) == "from-file"


def test_an_empty_variable_does_not_hide_the_file(key_file: Path) -> None:
    assert value_of(Secrets({"SEVENC_PSA_PRIVATE_KEY": ""}, None), key_file) == "from-file"


def test_no_place_gives_none() -> None:
    assert value_of(Secrets({}, None)) is None


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="nowhere cannot be read: No such file"):
        value_of(Secrets({}, None), tmp_path / "nowhere")


def test_a_file_that_is_empty_is_named(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("\n")
    with pytest.raises(ValueError, match="key is empty"):
        value_of(Secrets({}, None), tmp_path / "key")


def test_a_file_that_is_no_text_is_named(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xff\x00")
    with pytest.raises(ValueError, match="it is not UTF-8 text"):
        value_of(Secrets({}, None), tmp_path / "key")


def test_the_process_tells_where_systemd_put_the_credentials(
    credentials: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    assert value_of(Secrets.of_process()) == "from-systemd"


def test_every_secret_that_is_read_is_taken_out_of_texts(key_file: Path) -> None:
    assert "from-file" in redact("it is from-file")
    value_of(Secrets({}, None), key_file)
    assert "from-file" not in redact("it is from-file")


@pytest.mark.parametrize(
    ("account", "field", "variable"),
    [
        ("psa", "private_key", "SEVENC_PSA_PRIVATE_KEY"),
        ("my-psa", "client_id", "SEVENC_MY_PSA_CLIENT_ID"),
        ("Acme2", "public_key", "SEVENC_ACME2_PUBLIC_KEY"),
    ],
)
def test_a_secrets_variable_is_made_of_account_and_field(account: str, field: str, variable: str) -> None:
    assert env_name(account, field) == variable


def test_a_secret_file_is_named_in_the_configuration_and_is_beside_it(loaded: Loader, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    for field in ("public_key", "private_key", "client_id"):
        (tmp_path / "secrets" / field).write_text(f"{field}-of-file\n")
    text = PSA + "".join(
        f"{field}_file = 'secrets/{field}'\n" for field in ("public_key", "private_key", "client_id")
    )
    account = loaded(text, environ={}).accounts["psa"]
    assert isinstance(account, ConnectwiseSettings)
    assert account.client_id.get_secret_value() == "client_id-of-file"


def test_a_secret_file_that_cannot_be_read_is_a_mistake_with_its_key(
    mistakes_of: Callable[..., list[str]],
) -> None:
    others = {"SEVENC_PSA_PUBLIC_KEY": "p", "SEVENC_PSA_CLIENT_ID": "c"}
    (said,) = mistakes_of(PSA + "private_key_file = 'nowhere'", environ=others)
    assert said.startswith("config.toml: accounts.psa.private_key_file: the file nowhere cannot be read")


def test_addresses_for_alarms_are_secrets_one_a_line(loaded: Loader, tmp_path: Path) -> None:
    (tmp_path / "urls").write_text("# Teams\nmsteams://first-token\n\n  slack://second-token\n")
    config = loaded('[alarms]\nurls_file = "urls"\n', environ={})
    assert [item.get_secret_value() for item in config.alarm_addresses] == [
        "msteams://first-token",
        "slack://second-token",
    ]
    assert "token" not in redact("to slack://second-token and msteams://first-token")
    assert (
        loaded("", environ={"SEVENC_ALARMS_URLS": "json://x"}).alarm_addresses[0].get_secret_value()
        == "json://x"
    )


def test_where_no_vendor_is_asked_no_secret_is_looked_for(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    veeam = '[accounts.veeam]\nconnector = "veeam_vspc"\nbase_url = "https://vspc.example.com:1280"\n'
    path.write_text(f'{PSA}private_key_file = "nowhere"\n{veeam}[alarms]\nurls_file = "nowhere"\n')
    config = load(path, connectors(), Secrets(environ={}, folder=None, is_needed=False))
    assert set(config.accounts) == {"psa", "veeam"}
    assert config.alarm_addresses == ()
    path.write_text(f'{PSA}private_key = "in-the-file"\ncolour = 1\n')
    with pytest.raises(ConfigInvalid) as caught:
        load(path, connectors(), Secrets(environ={}, folder=None, is_needed=False))
    assert sorted(mistake.key for mistake in caught.value.mistakes) == [
        "accounts.psa.colour",
        "accounts.psa.private_key",
    ]
