"""The sections of the configuration file, one class each; every key has its meaning beside it."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from sevenc_sync.quiet import Quiet


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class StoreSettings(_Part):
    """Where scores and evidence are kept."""

    url: str = Field(
        default="sqlite:////var/lib/sevenc-sync/store.db",
        description="sqlite:///FILE (a relative FILE is beside this configuration), or postgresql://USER@HOST/DATABASE",
    )
    replay_days: int = Field(
        default=90,
        ge=1,
        le=3650,
        description="how long a score run can be replayed, in days; the history stays for ever",
    )


class KeepSettings(_Part):
    """How long what is over is kept, in days."""

    log_days: int = Field(default=90, ge=1, le=3650, description="lines of the log of each run")
    run_days: int = Field(
        default=400, ge=120, le=3650, description="runs; what is usual for a stream is known from them"
    )
    gone_days: int = Field(default=400, ge=30, le=3650, description="records that are gone at their source")
    quarantine_days: int = Field(
        default=90, ge=7, le=3650, description="records in quarantine since they were last met"
    )
    outbox_days: int = Field(
        default=400, ge=30, le=3650, description="what was written back, but for the newest of each client"
    )
    alarm_days: int = Field(default=400, ge=1, le=3650, description="alarms that are over")


class LogSettings(_Part):
    """What is logged, and how."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="the least that is logged"
    )
    format: Literal["auto", "console", "json"] = Field(
        default="auto", description="auto: for people on a terminal, JSON otherwise"
    )


AlarmKind = Literal["down", "stopped", "unreadable", "stale", "frozen", "brake", "quarantine", "score-drop"]


class AlarmSettings(_Part):
    """What people are told at once."""

    kinds: tuple[AlarmKind, ...] = Field(
        default=get_args(AlarmKind), description="what is told; an empty list tells nothing"
    )
    urls_file: Path | None = Field(
        default=None,
        description="a file with apprise's address of each service, one a line: they are secrets",
    )
    stale_hours: float = Field(
        default=24,
        gt=0,
        le=24 * 30,
        description="how long a stream must not have been read; at least three of its cadences",
    )
    drop_points: float = Field(
        default=10, gt=0, le=100, description="by how much a client's score must fall within a week"
    )
    quarantined: int = Field(
        default=1, ge=1, le=100_000, description="how many records of an account must be in quarantine"
    )


class WebSettings(_Part):
    """The daemon's own HTTP listener: the console, the JSON API, health and metrics."""

    listen: str | None = Field(
        default=None,
        description="where the daemon serves all of it, such as 127.0.0.1:7077; without it nowhere",
    )
    certificate: Path | None = Field(
        default=None,
        description="a certificate in PEM, with its chain; needed beyond this machine, unless a proxy is",
    )
    key: Path | None = Field(default=None, description="the certificate's private key, in PEM")
    trusted_proxies: tuple[str, ...] = Field(
        default=(),
        description="addresses of proxies that speak TLS to the outside, such as 10.0.0.5; only their word counts for who asks",
    )

    @field_validator("listen")
    @classmethod
    def _listen(cls, value: str | None) -> str | None:
        if value is not None:
            listen_at(value)
        return value

    @field_validator("trusted_proxies")
    @classmethod
    def _proxies(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for address in value:
            try:
                ip_address(address)
            except ValueError:
                raise ValueError(f"expected addresses such as 10.0.0.5; not so {address!r}") from None
        return value

    @model_validator(mode="after")
    def _safe(self) -> "WebSettings":
        if (self.certificate is None) != (self.key is None):
            raise ValueError("certificate and key go together")
        if self.listen is not None:
            refuse_in_the_open(self.listen, self)
        return self


def listen_at(text: str) -> tuple[str, int]:
    """Address and port of a listener. Raises ValueError for anything else."""
    host, _, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    wrong = ValueError("expected an address with a port, such as 127.0.0.1:7077")
    try:
        ip_address(host)
        if not 0 <= int(port) < 2**16:
            raise wrong
    except ValueError:
        raise wrong from None
    return host, int(port)


def refuse_in_the_open(listen: str, settings: WebSettings) -> None:
    """Raise ValueError where passwords would cross a network as everybody can read them."""
    host, _ = listen_at(listen)
    if ip_address(host).is_loopback or settings.certificate is not None or settings.trusted_proxies:
        return
    raise ValueError(
        f"{host} is reached from other machines: give certificate and key, or trusted_proxies where a proxy does TLS"
    )


class ReportSettings(_Part):
    """The client report."""

    msp: str | None = Field(default=None, description="the MSP's name, as reports show it")
    logo: Path | None = Field(default=None, description="the MSP's logo: a PNG or JPEG file, at most 500 kB")
    colour: str = Field(
        default="#1f5fa8",
        pattern=r"^#[0-9a-fA-F]{6}$",
        description="the colour of headings and charts, such as #1f5fa8",
    )
    directory: Path | None = Field(
        default=None, description="where the daemon writes each client's report; without it nowhere"
    )
    every: Literal["quarterly", "yearly"] = Field(
        default="quarterly", description="when it does, and over which span a report compares"
    )
    format: Literal["html", "pdf"] = Field(default="html", description="what the daemon writes")


class RuleSettings(_Part):
    """How evidence becomes levels."""

    directories: tuple[Path, ...] = Field(
        default=(),
        description="directories with rules of your own; a later one wins over an earlier one by id",
    )
    history_days: int = Field(
        default=400, ge=90, le=3650, description="how far back tickets are read, in days"
    )
    drafts: Path | None = Field(
        default=None,
        description="a directory with directories of rules that do not count yet: the console shows what each would move",
    )


class SyncSettings(_Part):
    """How sources are read."""

    brake_percent: float = Field(
        default=20,
        ge=0,
        le=100,
        description="the largest share of a stream's records that may be found gone at once; above it all are kept",
    )


Minutes = Annotated[float, Field(gt=0, le=7 * 24 * 60)]


class ScheduleSettings(_Part):
    """How often the daemon reads."""

    every_minutes: float | None = Field(
        default=None,
        gt=0,
        le=7 * 24 * 60,
        description="one cadence for all streams, instead of each stream's own",
    )
    every: dict[str, Minutes] = Field(
        default_factory=dict,
        description='cadences in minutes by "ACCOUNT" or "ACCOUNT/STREAM"; they stand before `every_minutes`',
    )
    jitter_percent: float = Field(
        default=5, ge=0, le=50, description="by how much of its cadence a reading may be later"
    )
    quiet_hours: str | None = Field(
        default=None,
        description="when the daemon reads nothing by itself, such as 08:00-10:00, in the time zone of `push.timezone`",
    )
    accounts_at_once: int = Field(
        default=8, ge=1, le=64, description="how many accounts the daemon reads side by side"
    )

    @field_validator("quiet_hours")
    @classmethod
    def _quiet_hours(cls, value: str | None) -> str | None:
        if value is not None:
            Quiet.of(value)
        return value


class WorkerSettings(_Part):
    """Many machines, with engine = "procrastinate"."""

    lost_after_seconds: float = Field(
        default=60,
        ge=2,
        le=900,
        description="after how many seconds without a sign of life a worker is taken for dead, and others do its work",
    )


Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class PushSettings(_Part):
    """What is written back into the PSA."""

    mode: Literal["off", "review", "auto"] = Field(
        default="review",
        description="off: no notes at all; review: a person approves each plan; auto: the daemon writes notes by itself",
    )
    cadence: Literal["monthly", "change", "both"] = Field(
        default="both", description="when a note that would say something else is due"
    )
    change_points: float = Field(
        default=5,
        ge=1,
        le=100,
        description="by how much the score must differ from the last note's; another level of a block is enough too",
    )
    min_proof_percent: float = Field(
        default=20, ge=0, le=100, description="clients with less proof get no note"
    )
    quiet_hours: str | None = Field(
        default=None, description="when the daemon writes nothing by itself, such as 19:00-07:00"
    )
    quiet_days: tuple[Day, ...] = Field(
        default=(), description="days on which the daemon writes nothing by itself, such as sat and sun"
    )
    timezone: str = Field(
        default="UTC",
        description="the MSP's time zone, such as Europe/Budapest: for days, months and quiet hours",
    )
    language: Literal["en", "de", "hu"] = Field(default="en", description="the language of what is written")
    history: Literal["living", "append"] = Field(
        default="living",
        description="living: one note a client, kept up to date; append: a new one each time",
    )
    template: Path | None = Field(default=None, description="a template of your own for notes")
    templates: dict[str, Path] = Field(
        default_factory=dict, description="templates for clients of a group, by the group's id"
    )
    brake_drop_percent: float = Field(
        default=20,
        ge=0,
        le=100,
        description="the largest share of the clients that may stand a level lower after one push",
    )
    brake_removed_percent: float = Field(
        default=50,
        ge=0,
        le=100,
        description="the largest share of a client's records that may be gone since its last note",
    )
    brake_notes: int = Field(
        default=100,
        ge=1,
        le=100_000,
        description="the most notes that one push writes without a person's word",
    )

    @field_validator("quiet_hours")
    @classmethod
    def _quiet_hours(cls, value: str | None) -> str | None:
        if value is not None:
            Quiet.of(value)
        return value

    @field_validator("timezone")
    @classmethod
    def _timezone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("expected a time zone such as Europe/Budapest") from None
        return value
