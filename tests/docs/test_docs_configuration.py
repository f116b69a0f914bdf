"""docs/configuration.md says of every setting what the settings classes say."""

import json
import types
import typing
from pathlib import Path

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from sevenc_sync.config import Settings
from sevenc_sync.connect.connector import AccountSettings
from sevenc_sync.mistakes import SECRET_TYPES
from sevenc_sync.registry import connectors
from sevenc_sync.sections import Minutes

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
WORDS = {bool: "true or false", int: "whole number", float: "number", str: "text", Path: "file"}


def kind(info: FieldInfo) -> str:
    """A field's type in the document's words, with its bounds."""
    annotation: object = info.annotation
    if any(annotation == secret for secret in SECRET_TYPES):
        return "secret"
    if isinstance(annotation, types.UnionType):
        annotation = next(option for option in typing.get_args(annotation) if option is not type(None))
    if typing.get_origin(annotation) is typing.Literal:
        return ", ".join(f"`{word}`" for word in typing.get_args(annotation))
    if typing.get_origin(annotation) is tuple:
        (item, _) = typing.get_args(annotation)
        return "list of directories" if item is Path else f"list of {kind(FieldInfo(annotation=item))}"
    if typing.get_origin(annotation) is dict:
        return "table of numbers" if typing.get_args(annotation)[1] is Minutes else "table of files"
    assert isinstance(annotation, type)
    return WORDS[annotation] + bounds(info)


def bounds(info: FieldInfo) -> str:
    """The bounds of a number, such as ", 90 to 3650"."""
    low = next((f"{item.ge:g}" for item in info.metadata if hasattr(item, "ge")), None)
    above = next((f"{item.gt:g}" for item in info.metadata if hasattr(item, "gt")), None)
    high = next((f"{item.le:g}" for item in info.metadata if hasattr(item, "le")), None)
    if low is not None and high is not None:
        return f", {low} to {high}"
    if above is not None:
        return f", above {above}" + (f", at most {high}" if high is not None else "")
    return ""


def default(info: FieldInfo) -> str:
    """A field's default as it would be written in the file."""
    if info.is_required():
        return "must be given"
    if info.default is None:
        return "none"
    value = info.get_default(call_default_factory=True)
    value = list(value) if isinstance(value, tuple) else value
    return f"`{json.dumps(value)}`"


def rows(model: type[BaseModel], leave_out: frozenset[str] = frozenset()) -> list[str]:
    """The document's table rows for a settings class."""
    return [
        f"| `{name}` | {kind(info)} | {default(info)} | {(info.description or '').replace('|', '/')} |"
        for name, info in model.model_fields.items()
        if name not in leave_out
    ]


SECTIONS = [
    name
    for name, info in Settings.model_fields.items()
    if isinstance(info.annotation, type) and issubclass(info.annotation, BaseModel)
]


def test_every_key_above_the_sections_is_described_as_it_is() -> None:
    _, _, rest = DOCUMENT.partition("## Above all sections\n")
    shown = [line for line in rest.partition("\n## ")[0].splitlines() if line.startswith("| `")]
    assert shown == rows(Settings, frozenset({*SECTIONS, "accounts"}))


@pytest.mark.parametrize("section", SECTIONS)
def test_every_setting_is_described_as_it_is(section: str) -> None:
    part = Settings.model_fields[section].annotation
    assert isinstance(part, type)
    assert issubclass(part, BaseModel)
    _, _, rest = DOCUMENT.partition(f"## `[{section}]`\n")
    shown = [line for line in rest.partition("\n## ")[0].splitlines() if line.startswith("| `")]
    assert shown == rows(part)


def test_every_setting_of_all_accounts_is_described_as_it_is() -> None:
    _, _, rest = DOCUMENT.partition("## `[accounts.NAME]`\n")
    shown = [line for line in rest.partition("\n## ")[0].splitlines() if line.startswith("| `")]
    assert shown == rows(AccountSettings, frozenset({"name"}))


@pytest.mark.parametrize("name", connectors())
def test_every_setting_of_a_connector_is_described_as_it_is(name: str) -> None:
    own = connectors()[name].settings
    common = rows(AccountSettings)
    _, _, rest = DOCUMENT.partition(f"## Accounts with `{name}`\n")
    shown = [line for line in rest.partition("\n## ")[0].splitlines() if line.startswith("| `")]
    assert shown == [row for row in rows(own) if row not in common]
