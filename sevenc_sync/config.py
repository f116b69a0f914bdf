"""The configuration: a TOML file, environment variables over it, secrets from elsewhere.

Every mistake is found before anything starts, and all of them are told at once.
"""

import difflib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from sevenc_sync.connect.connector import AccountSettings, Connector
from sevenc_sync.secrets import Secrets

DEFAULT_PATHS = (Path("config.toml"), Path("/etc/sevenc-sync/config.toml"))
MAX_VALUE = 60


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreSettings(_Part):
    """Where scores and evidence are kept."""

    url: str = Field(
        default="sqlite:////var/lib/sevenc-sync/store.db",
        description="sqlite:///FILE (a relative FILE is beside this configuration), or postgresql://USER@HOST/DATABASE",
    )


class LogSettings(_Part):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="the least that is logged"
    )
    format: Literal["auto", "console", "json"] = Field(
        default="auto", description="auto: for people on a terminal, JSON otherwise"
    )


class RuleSettings(_Part):
    """How evidence becomes levels."""

    directories: tuple[Path, ...] = Field(
        default=(),
        description="directories with rules of your own; a later one wins over an earlier one by id",
    )
    history_days: int = Field(
        default=400, ge=90, le=3650, description="how far back tickets are read, in days"
    )


class ScheduleSettings(_Part):
    """How often the daemon reads."""

    every_minutes: float | None = Field(
        default=None,
        gt=0,
        le=7 * 24 * 60,
        description="one cadence for all streams, instead of each stream's own",
    )


class PushSettings(_Part):
    """What is written back into the PSA."""

    mode: Literal["off", "auto"] = Field(
        default="off",
        description="auto: the daemon writes notes by itself; off: only `sevenc-sync push` does",
    )


class Settings(BaseSettings):
    """The whole configuration file."""

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, env_prefix="SEVENC_", env_nested_delimiter="__", env_ignore_empty=True
    )

    store: StoreSettings = StoreSettings()
    logs: LogSettings = LogSettings()
    rules: RuleSettings = RuleSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    push: PushSettings = PushSettings()
    accounts: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="one table for each vendor account"
    )

    @field_validator("accounts")
    @classmethod
    def _names(cls, value: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        for name in value:
            if not name.replace("-", "").replace("_", "").isalnum() or not name.isascii():
                raise ValueError(f"account names are made of letters, digits, - and _; {name!r} is not")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment wins over the file, whose content arrives as init arguments."""
        return env_settings, init_settings


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


@dataclass(frozen=True, slots=True)
class Configuration:
    """The checked configuration: the file, its settings, and each account's own settings by name."""

    path: Path
    settings: Settings
    accounts: Mapping[str, AccountSettings]
    store_url: str


def find_config(given: Path | None) -> Path:
    """The configuration file to use. Raises ConfigInvalid when there is none."""
    candidates = (given,) if given is not None else DEFAULT_PATHS
    for path in candidates:
        if path.is_file():
            return path
    wanted = " or ".join(str(path) for path in candidates)
    raise ConfigInvalid(
        [Mistake(wanted, "file", "does not exist; copy config.example.toml, or give --config FILE")]
    )


def load(path: Path, connectors: Mapping[str, Connector], secrets: Secrets | None = None) -> Configuration:
    """Read and check the configuration. Raises ConfigInvalid with every mistake."""
    file = str(path)
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigInvalid([Mistake(file, "syntax", f"{error}; expected TOML")]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid([Mistake(file, "file", f"cannot be read: {error}")]) from error
    mistakes: list[Mistake] = []
    settings: Settings | None = None
    try:
        settings = Settings(**data)
    except ValidationError as error:
        mistakes += [_mistake(file, (), detail, Settings) for detail in error.errors()]
    tables = settings.accounts if settings else data.get("accounts")
    accounts: dict[str, AccountSettings] = {}
    for name, table in (tables if isinstance(tables, dict) else {}).items():
        if isinstance(table, dict):
            account, wrong = _account(
                file, path.parent, name, table, connectors, secrets or Secrets.of_process()
            )
            mistakes += wrong
            if account is not None:
                accounts[name] = account
    store_url = ""
    if settings is not None:
        try:
            store_url = _store_url(settings.store.url, path.parent)
        except ValueError as error:
            mistakes.append(Mistake(file, "store.url", str(error)))
    if mistakes or settings is None:
        raise ConfigInvalid(mistakes)
    return Configuration(path=path, settings=settings, accounts=accounts, store_url=store_url)


def _store_url(value: str, folder: Path) -> str:
    """The store's address, a relative file taken from the configuration's folder. Raises ValueError."""
    from sqlalchemy import make_url  # noqa: PLC0415 - heavy, and only needed once there is a configuration

    from sevenc_sync.store.database import parse_url  # noqa: PLC0415 - the same

    url = parse_url(value)
    if url.password:
        raise ValueError(
            "a password does not belong into the configuration; use libpq's password file (~/.pgpass or PGPASSFILE)"
        )
    if url.get_backend_name() == "sqlite":
        url = url.set(database=str((folder / (url.database or "")).absolute()))
    return make_url(url).render_as_string(hide_password=False)


def _account(
    file: str,
    folder: Path,
    name: str,
    table: dict[str, Any],
    connectors: Mapping[str, Connector],
    secrets: Secrets,
) -> tuple[AccountSettings | None, list[Mistake]]:
    """One account's settings, or what is wrong with them."""
    prefix = ("accounts", name)
    kind = table.get("connector")
    if not isinstance(kind, str) or kind not in connectors:
        near = difflib.get_close_matches(str(kind), connectors, n=1, cutoff=0.5)
        hint = f"; did you mean {near[0]}?" if near else ""
        problem = f"{_shown(kind)} is not a connector; expected one of {', '.join(sorted(connectors))}{hint}"
        return None, [Mistake(file, f"accounts.{name}.connector", problem)]
    model = connectors[kind].settings
    values: dict[str, Any] = {**table, "name": name}
    mistakes: list[Mistake] = []
    for field, info in model.model_fields.items():
        if info.annotation not in (SecretStr, SecretStr | None):
            continue
        key = f"accounts.{name}.{field}"
        if field in table:
            mistakes.append(
                Mistake(
                    file, key, f"a secret does not belong into the configuration: {Secrets.ways(name, field)}"
                )
            )
            values[field] = SecretStr("-")  # so that it is not also called missing
            continue
        named = values.pop(f"{field}_file", None)
        try:
            found = secrets.find(name, field, str(folder / str(named)) if named else None)
        except ValueError as error:
            mistakes.append(Mistake(file, f"{key}_file", str(error)))
            found = SecretStr("-")
        if found is not None:
            values[field] = found
        elif info.is_required():
            mistakes.append(Mistake(file, key, f"the secret is missing: {Secrets.ways(name, field)}"))
            values[field] = SecretStr("-")
    try:
        account = model.model_validate(values)
    except ValidationError as error:
        mistakes += [_mistake(file, prefix, detail, model) for detail in error.errors()]
        return None, mistakes
    return (None if mistakes else account), mistakes


def _mistake(file: str, prefix: tuple[str, ...], detail: ErrorDetails, model: type[BaseModel]) -> Mistake:
    """A library error in our words: the key, the value, what was expected, and the nearest valid key."""
    where = [str(part) for part in detail["loc"]]
    key = ".".join((*prefix, *where))
    if detail["type"] == "extra_forbidden":
        known = _keys_at(model, where[:-1])
        near = difflib.get_close_matches(where[-1], known, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"expected one of {', '.join(sorted(known))}"
        return Mistake(file, key, f"is not a known key; {hint}")
    if detail["type"] == "missing":
        return Mistake(file, key, "is missing")
    message = detail["msg"].removeprefix("Value error, ")
    return Mistake(file, key, f"{_shown(detail['input'])} is not valid: {message[:1].lower()}{message[1:]}")


def _keys_at(model: type[BaseModel], where: list[str]) -> list[str]:
    for part in where:
        info = model.model_fields.get(part)
        if (
            info is None
            or not isinstance(info.annotation, type)
            or not issubclass(info.annotation, BaseModel)
        ):
            return []
        model = info.annotation
    return [name for name in model.model_fields if name != "name" or model is Settings]


def _shown(value: object) -> str:
    text = "********" if isinstance(value, SecretStr) else repr(value)
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"
