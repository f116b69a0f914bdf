"""The configuration: a TOML file, environment variables over it, secrets from elsewhere.

Every mistake is found before anything starts, and all of them are told at once.
"""

import difflib
import importlib.util
import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from sevenc_sync.connect import redact
from sevenc_sync.connect.connector import AccountSettings, Connector
from sevenc_sync.mistakes import SECRET_TYPES, ConfigInvalid, Mistake, mistake_of, shown, with_credentials
from sevenc_sync.secrets import Secrets, env_name
from sevenc_sync.sections import (
    AlarmSettings,
    KeepSettings,
    LogSettings,
    PushSettings,
    ReportSettings,
    RuleSettings,
    ScheduleSettings,
    StoreSettings,
    SyncSettings,
    WebSettings,
    WorkerSettings,
)

DEFAULT_PATHS = (Path("config.toml"), Path("/etc/sevenc-sync/config.toml"))

_ACCOUNT_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9_-]*[A-Za-z0-9])?")


class _Layered(BaseSettings):
    """Settings whose environment variables win over the file, whose content arrives as init arguments."""

    model_config = SettingsConfigDict(
        extra="ignore", frozen=True, env_prefix="SEVENC_", env_nested_delimiter="__", env_ignore_empty=True
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the library's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The environment first."""
        return env_settings, init_settings


class _AccountTables(_Layered):
    """The account tables alone, to look for mistakes in them when another part is wrong too."""

    accounts: dict[str, Any] = Field(default_factory=dict)


class Settings(_Layered):
    """The whole configuration file."""

    model_config = SettingsConfigDict(extra="forbid")

    engine: Literal["local", "procrastinate"] = Field(
        default="local",
        description="local: one daemon does all the work; procrastinate: any number of daemons on a PostgreSQL store share it",
    )
    store: StoreSettings = StoreSettings()
    keep: KeepSettings = KeepSettings()
    logs: LogSettings = LogSettings()
    rules: RuleSettings = RuleSettings()
    sync: SyncSettings = SyncSettings()
    schedule: ScheduleSettings = ScheduleSettings()
    workers: WorkerSettings = WorkerSettings()
    push: PushSettings = PushSettings()
    web: WebSettings = WebSettings()
    report: ReportSettings = ReportSettings()
    alarms: AlarmSettings = AlarmSettings()
    accounts: dict[str, dict[str, Any]] = Field(
        default_factory=dict, description="one table for each vendor account"
    )

    @field_validator("accounts")
    @classmethod
    def _names(cls, value: dict[str, dict[str, Any]]) -> dict[str, dict[str, Any]]:
        wrong = [name for name in value if not _ACCOUNT_NAME.fullmatch(name)]
        if wrong:
            named = " and ".join(map(repr, wrong))
            raise ValueError(
                f"account names are made of letters, digits, - and _, with a letter or digit at both ends; not so {named}"
            )
        return value


@dataclass(frozen=True, slots=True)
class Configuration:
    """The checked configuration: the file, its settings, and each account's own settings by name.

    `master` is the account whose companies become clients; None: there is no PSA.
    """

    path: Path
    settings: Settings
    accounts: Mapping[str, AccountSettings]
    store_url: str
    master: str | None
    alarm_addresses: tuple[SecretStr, ...] = ()


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
    data = _toml(path)
    settings, mistakes = _settings(file, data)
    tables = settings.accounts if settings else _account_tables(data)
    mistakes += _same_variables(file, tables)
    accounts: dict[str, AccountSettings] = {}
    places = secrets or Secrets.of_process()
    for name, table in tables.items():
        if isinstance(table, dict):
            account, wrong = _account(file, path.parent, name, table, connectors, places)
            mistakes += wrong
            if account is not None:
                accounts[name] = account
    master, wrong = _master(file, accounts, connectors)
    mistakes += wrong
    store_url = ""
    addresses: tuple[SecretStr, ...] = ()
    if settings is not None:
        try:
            store_url = _store_url(settings.store.url, path.parent)
        except ValueError as error:
            mistakes.append(Mistake(file, "store.url", str(error)))
        mistakes += _engine_mistakes(file, settings.engine, store_url)
        mistakes += _template_mistakes(settings.push, path.parent)
        addresses, wrong = _alarm_addresses(file, settings.alarms, path.parent, places)
        mistakes += wrong
    if settings is not None:
        mistakes += _cadences(file, settings, connectors)
    if mistakes or settings is None:
        raise ConfigInvalid(mistakes)
    return Configuration(
        path=path,
        settings=settings,
        accounts=accounts,
        store_url=store_url,
        master=master,
        alarm_addresses=addresses,
    )


def _toml(path: Path) -> dict[str, Any]:
    """The file's content. Raises ConfigInvalid."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigInvalid([Mistake(str(path), "syntax", f"{error}; expected TOML")]) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigInvalid([Mistake(str(path), "file", f"cannot be read: {error}")]) from error


def _settings(file: str, data: Mapping[str, Any]) -> tuple[Settings | None, list[Mistake]]:
    """The file's settings with the environment over them, or what is wrong with them."""
    # Names that begin with _ are the library's own arguments, not ours.
    mistakes = [Mistake(file, key, "is not a known key") for key in data if key.startswith("_")]
    settings: Settings | None = None
    try:
        settings = Settings(**{key: value for key, value in data.items() if not key.startswith("_")})
    except ValidationError as error:
        mistakes += [mistake_of(file, (), detail, Settings) for detail in error.errors()]
    except SettingsError as error:
        mistakes.append(Mistake("the environment", "SEVENC_ variables", f"{error}; expected JSON"))
    mistakes += with_credentials(file, (), settings.model_dump() if settings else data)
    return settings, mistakes


def _account_tables(data: Mapping[str, Any]) -> dict[str, Any]:
    """The account tables of a configuration that is wrong elsewhere; none when they are no tables at all."""
    try:
        return _AccountTables(accounts=data.get("accounts", {})).accounts
    except (ValidationError, SettingsError):
        return {}


def _store_url(value: str, folder: Path) -> str:
    """The store's address, a relative file taken from the configuration's folder. Raises ValueError."""
    from sqlalchemy import make_url  # noqa: PLC0415 - heavy, and only needed once there is a configuration

    from sevenc_sync.store.database import parse_url  # noqa: PLC0415 - the same

    url = parse_url(value)
    if url.password or any(key.lower().endswith("password") for key in url.query):
        raise ValueError(
            "a password does not belong into the configuration; use libpq's password file (~/.pgpass or PGPASSFILE)"
        )
    if url.get_backend_name() == "sqlite":
        url = url.set(database=str((folder / (url.database or "")).absolute()))
    return make_url(url).render_as_string(hide_password=False)


def _engine_mistakes(file: str, engine: str, store_url: str) -> list[Mistake]:
    """What the engine for many machines lacks."""
    if engine == "local":
        return []
    mistakes = []
    if store_url.startswith("sqlite"):
        problem = "procrastinate needs a PostgreSQL store: set store.url to postgresql://USER@HOST/DATABASE"
        mistakes.append(Mistake(file, "engine", problem))
    if importlib.util.find_spec("procrastinate") is None:
        problem = "the package procrastinate is not installed: install requirements.lock again"
        mistakes.append(Mistake(file, "engine", problem))
    return mistakes


def _cadences(file: str, settings: Settings, connectors: Mapping[str, Connector]) -> list[Mistake]:
    """Cadences for accounts and streams that there are not."""
    known = list(settings.accounts)
    for name, table in settings.accounts.items():
        connector = connectors.get(str(table.get("connector")))
        known += [f"{name}/{stream.name}" for stream in connector.streams] if connector else []
    mistakes = []
    for name in settings.schedule.every:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
            hint = f"; did you mean {near[0]}?" if near else ""
            problem = f"is no account and no stream of one{hint}"
            mistakes.append(Mistake(file, f'schedule.every."{name}"', problem))
    return mistakes


def _alarm_addresses(
    file: str, told: AlarmSettings, folder: Path, secrets: Secrets
) -> tuple[tuple[SecretStr, ...], list[Mistake]]:
    """Where alarms go, from wherever the secret is: one address a line."""
    if not secrets.is_needed:
        return (), []
    named = None if told.urls_file is None else str(folder / told.urls_file)
    try:
        found = secrets.find("alarms", "urls", named)
    except ValueError as error:
        return (), [Mistake(file, "alarms.urls_file", str(error))]
    lines = [] if found is None else found.get_secret_value().splitlines()
    addresses = [line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")]
    for address in addresses:
        redact.register(address)
    return tuple(SecretStr(address) for address in addresses), []


def _template_mistakes(told: PushSettings, folder: Path) -> list[Mistake]:
    """What is wrong with the operator's templates: each is tried on notes of every kind."""
    found = {"push.template": told.template} if told.template else {}
    found |= {f"push.templates.{group}": path for group, path in told.templates.items()}
    if not found:
        return []
    from sevenc_sync.push.samples import try_template  # noqa: PLC0415 - heavy, and only needed where there are templates

    mistakes = []
    for key, path in found.items():
        fault = try_template(folder / path)
        if fault is not None:
            mistakes.append(Mistake(fault.place, key, f"is not a usable template: {fault.problem}"))
    return mistakes


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
        said = f"{shown(kind)} is not a connector" if "connector" in table else "is missing"
        problem = f"{said}; expected one of {', '.join(sorted(connectors))}{hint}"
        return None, [Mistake(file, f"accounts.{name}.connector", problem)]
    model = connectors[kind].settings
    values: dict[str, Any] = {**table, "name": name}
    for field, info in model.model_fields.items():
        if info.annotation in (Path, Path | None) and isinstance(values.get(field), str):
            values[field] = folder / values[field]
    mistakes: list[Mistake] = []
    if "name" in table:
        problem = f"is not a known key; the table's own name, {name}, is the account's name"
        mistakes.append(Mistake(file, f"accounts.{name}.name", problem))
    for field, info in model.model_fields.items():
        if info.annotation in SECRET_TYPES:
            wrong = _take_secret(file, folder, values, field, secrets, required=info.is_required())
            mistakes += [] if wrong is None else [wrong]
    try:
        account = model.model_validate(values)
    except ValidationError as error:
        # Without its secrets an account need not hold together as a whole.
        wrong_fields = [detail for detail in error.errors() if secrets.is_needed or detail["loc"]]
        mistakes += [mistake_of(file, prefix, detail, model) for detail in wrong_fields]
        if mistakes:
            return None, mistakes
        account = model.model_construct(None, **values)
    return (None if mistakes else account), mistakes


def _take_secret(
    file: str, folder: Path, values: dict[str, Any], field: str, secrets: Secrets, *, required: bool
) -> Mistake | None:
    """Put one secret into the values, from wherever it is; FIELD_file leaves them: it is no connector's setting."""
    account = values["name"]
    key = f"accounts.{account}.{field}"
    named = values.pop(f"{field}_file", None)
    is_in_file = field in values
    values[field] = SecretStr("-")  # so that the connector does not also call it missing
    if is_in_file:
        problem = f"a secret does not belong into the configuration: {Secrets.ways(account, field)}"
        return Mistake(file, key, problem)
    if not secrets.is_needed:
        if not required and named is None:
            del values[field]
        return None
    if named is not None and not isinstance(named, str):
        return Mistake(file, f"{key}_file", f"{shown(named)} is not valid: expected a file's name")
    try:
        found = secrets.find(account, field, str(folder / named) if named else None)
    except ValueError as error:
        return Mistake(file, f"{key}_file", str(error))
    if found is None and required:
        return Mistake(file, key, f"the secret is missing: {Secrets.ways(account, field)}")
    values[field] = found
    if found is None:
        del values[field]
    return None


def _master(
    file: str, accounts: Mapping[str, AccountSettings], connectors: Mapping[str, Connector]
) -> tuple[str | None, list[Mistake]]:
    """The account whose companies become clients: the one that says so, or else the first PSA."""
    psas = [name for name, account in accounts.items() if connectors[account.connector].role == "psa"]
    said = [name for name, account in accounts.items() if account.master]
    mistakes = [
        Mistake(
            file,
            f"accounts.{name}.master",
            f"{accounts[name].connector} is no PSA; only a PSA's companies can become the clients",
        )
        for name in said
        if name not in psas
    ]
    chosen = [name for name in said if name in psas]
    mistakes += [
        Mistake(
            file,
            f"accounts.{name}.master",
            f"accounts.{chosen[0]} is the master already; set it to true in one account only",
        )
        for name in chosen[1:]
    ]
    return next(iter(chosen or psas), None), mistakes


def _same_variables(file: str, names: Iterable[str]) -> list[Mistake]:
    """Accounts whose secrets would be looked for in the same environment variables."""
    first: dict[str, str] = {}
    mistakes = []
    for name in names:
        other = first.setdefault(env_name(name, ""), name)
        if other != name:
            problem = f"shares its environment variables with accounts.{other}; choose another name"
            mistakes.append(Mistake(file, f"accounts.{name}", problem))
    return mistakes
