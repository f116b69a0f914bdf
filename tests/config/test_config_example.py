"""The example configuration is true: it loads, it names every setting, and each has a comment."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from pydantic import BaseModel

from sevenc_sync.config import Configuration, Settings
from sevenc_sync.connect.connector import AccountSettings, Connector
from sevenc_sync.mistakes import SECRET_TYPES
from sevenc_sync.registry import connectors

ROOT = Path(__file__).parents[2]
EXAMPLE = (ROOT / "config.example.toml").read_text(encoding="utf-8")
KEY = re.compile(r"(?:# )?(\w+) = ")
TABLE = re.compile(r"(?:# )?\[([\w.]+)\]")
COMMENTED = re.compile(r"^# (?=\w+ = |\[[\w.]+\]$)", re.MULTILINE)
# All but the template, which would have to be there.
EVERYTHING = COMMENTED.sub("", EXAMPLE).replace('template = "note.txt"\n', "")


class AnySecret(dict[str, str]):
    """An environment in which every secret is given."""

    def get(self, key: str, default: object = None) -> str:
        return f"the-value-of-{key}".lower()


def keys() -> dict[str, dict[str, str]]:
    """Table -> key -> the comment above it; several keys may share one."""
    found: dict[str, dict[str, str]] = {}
    table = ""
    comment = ""
    fresh = True
    for line in EXAMPLE.splitlines():
        if heading := TABLE.fullmatch(line):
            table, comment = heading[1], ""
        elif key := KEY.match(line):
            found.setdefault(table, {})[key[1]] = comment
            fresh = True
        elif line.startswith("# "):
            comment = line if fresh else f"{comment} {line}"
            fresh = False
        elif not line:
            comment, fresh = "", True
    return found


def written(model: type[BaseModel]) -> set[str]:
    """The keys of a model as the file writes them: a secret only by its file."""
    return {
        f"{name}_file" if info.annotation in SECRET_TYPES else name
        for name, info in model.model_fields.items()
        if name != "name"
    }


@pytest.mark.parametrize("text", [EXAMPLE, EVERYTHING], ids=["as it is", "everything set"])
def test_the_example_loads_once_the_secrets_are_given(
    loaded: Callable[..., Configuration], text: str
) -> None:
    configuration = loaded(text, environ=AnySecret())
    assert len(configuration.accounts) >= 2
    assert configuration.settings.push.mode == "review"


def test_every_connector_has_an_account_in_the_example(loaded: Callable[..., Configuration]) -> None:
    configuration = loaded(EVERYTHING, environ=AnySecret())
    assert {account.connector for account in configuration.accounts.values()} == set(connectors())


SECTIONS = [
    name
    for name, info in Settings.model_fields.items()
    if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)
]


def test_every_key_above_the_sections_stands_in_the_example_with_a_comment() -> None:
    head = EXAMPLE.partition("\n[")[0]
    for name in set(Settings.model_fields) - {*SECTIONS, "accounts"}:
        assert re.search(rf"^# .*\n{name} = ", head, re.MULTILINE), name


@pytest.mark.parametrize("section", SECTIONS)
def test_every_setting_stands_in_the_example_with_a_comment(section: str) -> None:
    part = Settings.model_fields[section].annotation
    assert isinstance(part, type)
    assert issubclass(part, BaseModel)
    shown = keys()[section]
    assert set(shown) == written(part)
    assert [name for name, comment in shown.items() if not comment] == []


@pytest.mark.parametrize("connector", connectors().values(), ids=list(connectors()))
def test_every_setting_of_a_connector_stands_in_the_example_with_a_comment(connector: Connector) -> None:
    (shown,) = [
        table
        for name, table in keys().items()
        if name.startswith("accounts.") and f'connector = "{connector.name}"' in _body(name)
    ]
    own = written(connector.settings) - written(AccountSettings)
    assert own <= set(shown)
    assert set(shown) <= written(connector.settings)
    assert [name for name, comment in shown.items() if not comment and name != "connector"] == []


def test_every_setting_of_all_accounts_stands_in_the_first_one() -> None:
    first = next(table for name, table in keys().items() if name.startswith("accounts."))
    assert written(AccountSettings) <= set(first)
    assert [name for name in written(AccountSettings) if not first[name]] == []


def test_commented_values_are_the_defaults_or_plain_examples(loaded: Callable[..., Configuration]) -> None:
    as_it_is = loaded(EXAMPLE, environ=AnySecret()).settings
    defaults = Settings()
    for section in ("logs", "push", "rules", "sync", "store"):
        assert getattr(as_it_is, section) == getattr(defaults, section)


def _body(table: str) -> str:
    return EXAMPLE.partition(f"[{table}]\n")[2].partition("\n[")[0].partition("\n# [")[0]
