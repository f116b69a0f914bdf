"""Every mistake in the configuration is told at once, with its key and the way out, and without what is secret."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sevenc_sync.config import Configuration
from sevenc_sync.registry import connectors
from tests.config.conftest import PSA_SECRETS

Mistakes = Callable[..., list[str]]
FULL = PSA_SECRETS | {
    f"SEVENC_{name}": name
    for name in (
        "OTHER_USER_NAME", "OTHER_SECRET", "OTHER_INTEGRATION_CODE", "BACKUP_PUBLIC_KEY", "BACKUP_SECRET_KEY",
    )
}  # fmt: skip

PSA = """
[accounts.psa]
connector = "connectwise_psa"
base_url = "https://na.myconnectwise.net"
company_id = "acme"
"""


def test_all_mistakes_are_told_at_once(mistakes_of: Mistakes) -> None:
    found = mistakes_of(
        """
        [logs]
        level = "loud"
        [rules]
        history_days = 3
        [stroe]
        url = "x"
        [accounts.psa]
        connector = "connectwise_psa"
        base_url = "http://na.myconnectwise.net"
        [accounts.backup]
        connector = "dato_bcdr"
        """,
        environ={},
    )
    assert len(found) == 9
    keys = {line.split(": ")[1] for line in found}
    assert keys == {
        "logs.level",
        "rules.history_days",
        "stroe",
        "accounts.psa.base_url",
        "accounts.psa.company_id",
        "accounts.psa.public_key",
        "accounts.psa.private_key",
        "accounts.psa.client_id",
        "accounts.backup.connector",
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[stroe]\nurl = 'x'", "config.toml: stroe: is not a known key; did you mean store?"),
        ("[logs]\nlevl = 'info'", "config.toml: logs.levl: is not a known key; did you mean level?"),
        (
            "[sync]\nxyzzy = 1",
            "config.toml: sync.xyzzy: is not a known key; expected one of brake_percent",
        ),
        (
            PSA + "compnay_id = 'x'",
            "config.toml: accounts.psa.compnay_id: is not a known key; did you mean company_id?",
        ),
        (
            PSA + "private_key_fle = 'x'",
            "config.toml: accounts.psa.private_key_fle: is not a known key; did you mean private_key_file?",
        ),
        (
            PSA + "name = 'other'",
            "config.toml: accounts.psa.name: is not a known key; the table's own name, psa, is the account's name",
        ),
        ("_env_prefix = 'X_'", "config.toml: _env_prefix: is not a known key"),
    ],
)
def test_an_unknown_key_is_named_with_the_nearest_one(mistakes_of: Mistakes, text: str, said: str) -> None:
    assert mistakes_of(text) == [said]


def test_a_misspelt_key_does_not_suggest_to_write_a_secret_into_the_file(mistakes_of: Mistakes) -> None:
    (said,) = mistakes_of(PSA + "privat_key = 'hunter2-hunter2'")
    assert said.endswith("did you mean private_key_file?")
    assert "hunter2" not in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[rules]\nhistory_days = 'many'", "rules.history_days: 'many' is not valid: input should be"),
        ("[rules]\nhistory_days = 12", "rules.history_days: 12 is not valid: input should be greater"),
        (
            "[rules]\ndirectories = 'own'",
            "rules.directories: 'own' is not valid: input should be a valid tuple",
        ),
        ("[schedule]\nevery_minutes = 0", "schedule.every_minutes: 0 is not valid: input should be greater"),
        (
            "[logs]\nformat = 'xml'",
            "logs.format: 'xml' is not valid: input should be 'auto', 'console' or 'json'",
        ),
        ("logs = 'info'", "logs: 'info' is not valid: input should be a valid dictionary"),
        ("accounts = 3", "accounts: 3 is not valid: input should be a valid dictionary"),
        ("[accounts]\npsa = 'x'", "accounts.psa: 'x' is not valid: input should be a valid dictionary"),
        (
            PSA + "timeout_seconds = 'long'",
            "accounts.psa.timeout_seconds: 'long' is not valid: input should be",
        ),
        (
            PSA + "timeout_seconds = 0",
            "accounts.psa.timeout_seconds: 0 is not valid: input should be greater",
        ),
        (PSA + "requests_per_minute = -1", "accounts.psa.requests_per_minute: -1 is not valid: input should"),
        (
            PSA + "enabled = 'perhaps'",
            "accounts.psa.enabled: 'perhaps' is not valid: input should be a valid",
        ),
        (PSA + "public_key_file = 3", "accounts.psa.public_key_file: 3 is not valid: expected a file's name"),
        (PSA + "api_version = 'new'", "accounts.psa.api_version: 'new' is not valid: string should match"),
        (PSA + "codebase = 'a/b'", "accounts.psa.codebase: 'a/b' is not valid: expected one path segment"),
    ],
)
def test_a_value_of_the_wrong_kind_is_named_with_what_was_expected(
    mistakes_of: Mistakes, text: str, said: str
) -> None:
    (found,) = mistakes_of(text)
    assert found.startswith(f"config.toml: {said}")


def test_plain_http_is_refused_except_to_this_machine(
    mistakes_of: Mistakes, loaded: Callable[..., object]
) -> None:
    (said,) = mistakes_of(PSA.replace("https://na.", "http://na."))
    assert "accounts.psa.base_url" in said
    assert "plain http is refused except on loopback; use https" in said
    loaded(PSA.replace("https://na.myconnectwise.net", "http://127.0.0.1:8080"))


@pytest.mark.parametrize(
    ("text", "key"),
    [
        (PSA.replace("https://na.", "https://me:hunter22@na."), "accounts.psa.base_url"),
        (PSA + "proxy = 'http://me:hunter22@proxy.example:3128'", "accounts.psa.proxy"),
        (PSA + "note_type = 'https://me:hunter22@x.example'", "accounts.psa.note_type"),
        ("[store]\nurl = 'postgresql://me:hunter22@db.example/sevenc'", "store.url"),
        ("[store]\nurl = 'postgresql://me@db.example/sevenc?password=hunter22'", "store.url"),
        ("[store]\nurl = 'postgresql://me@db.example/sevenc?sslpassword=hunter22'", "store.url"),
        ("logs = 'https://me:hunter22@x.example'", "logs"),
        ("store = 'postgresql://me:hunter22@db.example/sevenc'", "store"),
    ],
)
def test_credentials_in_an_address_are_refused_and_not_repeated(
    mistakes_of: Mistakes, text: str, key: str
) -> None:
    found = mistakes_of(text)
    assert {line.split(": ")[1] for line in found} == {key}
    assert "hunter22" not in "".join(found)


def test_a_secret_in_the_file_is_refused_with_the_three_ways_to_give_it(mistakes_of: Mistakes) -> None:
    (said,) = mistakes_of(PSA + "private_key = 'hunter22'", environ={
        "SEVENC_PSA_PUBLIC_KEY": "public-of-psa", "SEVENC_PSA_CLIENT_ID": "client-of-psa",
    })  # fmt: skip
    assert said == (
        "config.toml: accounts.psa.private_key: a secret does not belong into the configuration: give it as the systemd "
        "credential psa.private_key, as the environment variable SEVENC_PSA_PRIVATE_KEY, or as "
        'private_key_file = "/path" in the configuration'
    )


def test_a_missing_secret_names_the_three_ways_to_give_it(mistakes_of: Mistakes) -> None:
    (said,) = mistakes_of(PSA, environ={"SEVENC_PSA_PUBLIC_KEY": "p", "SEVENC_PSA_CLIENT_ID": "c"})
    assert said == (
        "config.toml: accounts.psa.private_key: the secret is missing: give it as the systemd credential psa.private_key, "
        "as the environment variable SEVENC_PSA_PRIVATE_KEY, or as "
        'private_key_file = "/path" in the configuration'
    )


def test_a_secret_that_no_header_can_carry_is_named_but_not_shown(mistakes_of: Mistakes) -> None:
    (said,) = mistakes_of(PSA, environ={
        "SEVENC_PSA_PUBLIC_KEY": "p", "SEVENC_PSA_CLIENT_ID": "c", "SEVENC_PSA_PRIVATE_KEY": "two words",
    })  # fmt: skip
    assert (
        said
        == "config.toml: accounts.psa.private_key: the value is not valid: expected one word of ASCII characters"
    )


@pytest.mark.parametrize("kind", ["", "connector = 3\n", 'connector = "conectwise_psa"\n'])
def test_the_connectors_are_listed_when_none_is_named(mistakes_of: Mistakes, kind: str) -> None:
    (said,) = mistakes_of(f"[accounts.psa]\n{kind}")
    assert said.startswith("config.toml: accounts.psa.connector: ")
    assert f"expected one of {', '.join(connectors())}" in said
    assert ("did you mean connectwise_psa?" in said) == ("conectwise" in kind)
    assert ("is missing" in said) == (not kind)


def test_all_bad_account_names_are_named_and_their_values_are_not(mistakes_of: Mistakes) -> None:
    found = mistakes_of(
        "[accounts.'a b']\nsecret = 'hunter22'\n[accounts.'-x']\nconnector = 'datto_bcdr'\n"
        "[accounts.'árvíz']\n[accounts._x]\n"
    )
    (said,) = [line for line in found if line.startswith("config.toml: accounts: ")]
    assert all(name in said for name in ("'a b'", "'-x'", "'árvíz'", "'_x'"))
    assert "hunter22" not in "".join(found)


def test_two_accounts_may_not_share_their_environment_variables(mistakes_of: Mistakes) -> None:
    second = PSA.replace("accounts.psa", "accounts.PSA")
    (said,) = mistakes_of(PSA + second)
    assert said == (
        "config.toml: accounts.PSA: shares its environment variables with accounts.psa; choose another name"
    )


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://db/x", "expected sqlite:///path/to/file or postgresql://user@host/database"),
        ("store.db", "expected sqlite:///path/to/file"),
        ("sqlite://", "an in-memory store would forget everything"),
        ("postgresql://me:pw@db/x", "use libpq's password file (~/.pgpass or PGPASSFILE)"),
    ],
)
def test_a_store_that_cannot_be_used_is_a_mistake(mistakes_of: Mistakes, url: str, said: str) -> None:
    (found,) = mistakes_of(f"[store]\nurl = '{url}'")
    assert found.startswith("config.toml: store.url: ")
    assert said in found


def test_a_file_that_is_no_toml_is_told_with_its_line(mistakes_of: Mistakes) -> None:
    (said,) = mistakes_of("[store]\nurl = \n")
    assert said.startswith("config.toml: syntax: ")
    assert "line 2" in said


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    from sevenc_sync.config import load
    from sevenc_sync.mistakes import ConfigInvalid

    path = tmp_path / "config.toml"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigInvalid, match=r"config\.toml: file: cannot be read"):
        load(path, {})


def test_a_missing_file_is_told_with_what_to_do(tmp_path: Path) -> None:
    from sevenc_sync.config import find_config
    from sevenc_sync.mistakes import ConfigInvalid

    with pytest.raises(
        ConfigInvalid, match=r"does not exist; copy config\.example\.toml, or give --config FILE"
    ):
        find_config(tmp_path / "config.toml")


def test_a_mistake_in_the_environment_names_the_variable(
    mistakes_of: Mistakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEVENC_LOGS__LEVEL", "loud")
    monkeypatch.setenv("SEVENC_ACCOUNTS__PSA__BASE_URL", "ftp://x")
    found = mistakes_of(PSA)
    assert [line.split(": ")[0] for line in found] == [
        "environment variable SEVENC_LOGS__LEVEL",
        "environment variable SEVENC_ACCOUNTS__PSA__BASE_URL",
    ]


@pytest.mark.parametrize("name", ["SEVENC_LOGS", "SEVENC_ACCOUNTS", "SEVENC_RULES__DIRECTORIES"])
def test_a_table_in_the_environment_that_is_no_json_is_a_mistake(
    mistakes_of: Mistakes, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setenv(name, "hunter22 {")
    found = mistakes_of("")
    assert len(found) == 1
    assert "the environment" in found[0]
    assert "hunter22" not in found[0]


OTHER = """
[accounts.other]
connector = "autotask_psa"
"""
BACKUP = """
[accounts.backup]
connector = "datto_bcdr"
"""


def test_two_masters_and_one_that_is_no_psa_are_mistakes(mistakes_of: Mistakes) -> None:
    found = mistakes_of(
        PSA + "master = true" + OTHER + "master = true" + BACKUP + "master = true", environ=FULL
    )
    said = {line.split(": ", 1)[1] for line in found if "master" in line}
    assert said == {
        "accounts.other.master: accounts.psa is the master already; set it to true in one account only",
        "accounts.backup.master: datto_bcdr is no PSA; only a PSA's companies can become the clients",
    }


@pytest.mark.parametrize(
    ("text", "master"),
    [
        (PSA + OTHER, "psa"),
        (OTHER + PSA, "other"),
        (PSA + OTHER + "master = true", "other"),
        (PSA + "enabled = false" + OTHER, "psa"),  # switching the master off moves no client
        (BACKUP, None),
    ],
)
def test_the_master_is_the_psa_that_says_so_or_else_the_first(
    loaded: Callable[..., Configuration], text: str, master: str | None
) -> None:
    assert loaded(text, environ=FULL).master == master


def test_the_engine_for_many_machines_wants_postgresql_and_its_package(
    mistakes_of: Mistakes, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = f'engine = "procrastinate"\n[store]\nurl = "sqlite:///store.db"\n{PSA}'
    monkeypatch.setitem(sys.modules, "procrastinate", None)
    found = mistakes_of(text, environ=PSA_SECRETS)
    assert [line.split(": ", 1)[1] for line in found] == [
        "engine: procrastinate needs a PostgreSQL store: set store.url to postgresql://USER@HOST/DATABASE",
        "engine: the package procrastinate is not installed: install requirements.lock again",
    ]
