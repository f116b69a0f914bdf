"""What can be wrong with the configuration, in words: where it stands, the key, the value, what was expected."""

import difflib
import os
from dataclasses import dataclass
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings

from sevenc_sync.secrets import ENV_PREFIX

MAX_VALUE = 60
SECRET_TYPES = (SecretStr, SecretStr | None)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong with the configuration."""

    file: str
    key: str
    problem: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.problem}"


class ConfigInvalid(Exception):
    """The configuration cannot be used; `mistakes` holds everything that is wrong with it."""

    def __init__(self, mistakes: list[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = mistakes


def mistake_of(file: str, prefix: tuple[str, ...], detail: ErrorDetails, model: type[BaseModel]) -> Mistake:
    """A library error in our words: where it stands, the key, what was expected, and the nearest valid key."""
    where = [str(part) for part in detail["loc"]]
    key = ".".join((*prefix, *where))
    variable = f"{ENV_PREFIX}_{'__'.join((*prefix, *where))}".upper()
    place = f"environment variable {variable}" if os.environ.get(variable) else file
    if detail["type"] == "extra_forbidden":
        known = _keys_at(model, where[:-1])
        near = difflib.get_close_matches(where[-1], known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(sorted(known))}"
        return Mistake(place, key, f"is not a known key; {hint}")
    if detail["type"] == "missing":
        return Mistake(place, key, "is missing")
    message = detail["msg"].removeprefix("Value error, ")
    return Mistake(place, key, f"{shown(detail['input'])} is not valid: {message[:1].lower()}{message[1:]}")


def with_credentials(file: str, where: tuple[str, ...], value: object) -> list[Mistake]:
    """Every address with a password in it; whatever the key, it is a secret in the file."""
    if isinstance(value, dict):
        return [
            found for key, item in value.items() for found in with_credentials(file, (*where, str(key)), item)
        ]
    key = ".".join(where)
    # base_url's own check and the store's say the same with a better way out.
    if not isinstance(value, str) or where[-1:] == ("base_url",) or key == "store.url":
        return []
    if not _has_password(value):
        return []
    return [Mistake(file, key, "credentials do not belong into an address in the configuration")]


def _has_password(value: str) -> bool:
    try:
        return "://" in value and urlsplit(value).password is not None
    except ValueError:
        return "@" in value


def _keys_at(model: type[BaseModel], where: list[str]) -> list[str]:
    """The keys that the table at `where` may have, as they are written in the file."""
    for part in where:
        info = model.model_fields.get(part)
        if (
            info is None
            or not isinstance(info.annotation, type)
            or not issubclass(info.annotation, BaseModel)
        ):
            return []
        model = info.annotation
    return [
        f"{name}_file" if info.annotation in SECRET_TYPES else name
        for name, info in model.model_fields.items()
        if name != "name" or issubclass(model, BaseSettings)
    ]


def shown(value: object) -> str:
    """A wrong value, short, and never one that may hold a secret."""
    if isinstance(value, SecretStr):
        return "the value"
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, str) and _has_password(value):
        return "the address"
    text = repr(value)
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"
