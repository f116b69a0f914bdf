"""A connector: settings, a way in, streams, and where there is one a note port."""

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, field_validator

from sevenc_sync.connect.http import Http, HttpFactory
from sevenc_sync.connect.notes import FieldPort, NotePort, TicketPort
from sevenc_sync.connect.stream import Detail, Stream


def is_loopback(host: str) -> bool:
    """Whether the host is this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_base_url(value: str) -> str:
    """A base address without its trailing slash. Raises ValueError unless https, or http on loopback."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("expected an address such as https://na.myconnectwise.net")
    if parts.username or parts.password:
        raise ValueError("credentials do not belong into an address; use the account's secrets")
    if parts.query or parts.fragment:
        raise ValueError("an address has no ? and no # part")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise ValueError("plain http is refused except on loopback; use https")
    return value.rstrip("/")


def check_proxy(value: str) -> str:
    """A proxy's address without its trailing slash. Raises ValueError for what is no http(s) address of a host."""
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.port == 0:
        raise ValueError("expected an address such as http://proxy.example.net:3128")
    if parts.username or parts.password:
        raise ValueError(
            "credentials do not belong into an address; a proxy that asks for some cannot be used"
        )
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError("a proxy's address ends with its port")
    return value.rstrip("/")


class AccountSettings(BaseModel):
    """What every account can say, whichever its connector. Connectors add their own keys and secrets (SecretStr)."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: str = Field(description="the account's name here; it names runs, logs and credentials")
    connector: str = Field(description="which connector reads it")
    base_url: str = Field(description="the vendor's address; https, or http on loopback only")
    enabled: bool = Field(default=True, description="false leaves the account out of every sync")
    master: bool = Field(
        default=False,
        description="true: this PSA's companies become the clients, and those of all other accounts are linked to them; "
        "needed only where there are several PSAs, of which otherwise the first one is the master",
    )
    ca_bundle: Path | None = Field(
        default=None, description="a PEM file, for an on-premises server's own authority"
    )
    proxy: str | None = Field(
        default=None, description="an http(s) proxy for this account alone, without credentials"
    )
    requests_per_minute: float | None = Field(
        default=None,
        gt=0,
        le=100_000,
        description="how hard the vendor may be asked, instead of the connector's own rate",
    )
    requests_at_once: int | None = Field(
        default=None,
        ge=1,
        le=16,
        description="how many requests may be under way, instead of the connector's own number",
    )
    timeout_seconds: float = Field(
        default=90,
        gt=0,
        le=600,
        description="how long to wait for an answer to begin, and then for it to end",
    )

    @field_validator("base_url")
    @classmethod
    def _base_url(cls, value: str) -> str:
        return check_base_url(value)

    @field_validator("proxy")
    @classmethod
    def _proxy(cls, value: str | None) -> str | None:
        return None if value is None else check_proxy(value)


Extra = Literal["fields", "tickets"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connector:
    """One vendor. `open` does discovery and gives the client that all its streams use.

    `fields` and `tickets` write more than notes, where `writes` says that an account's settings ask for it.
    `link` makes an address in the vendor's own screens for a record (table, id), or None where there is none.
    """

    name: str
    title: str
    role: Literal["psa", "backup", "rmm"]
    settings: type[AccountSettings]
    open: Callable[[Any, HttpFactory], Http]
    streams: tuple[Stream, ...]
    notes: Callable[[Http, Any], NotePort] | None = None
    fields: Callable[[Http, Any], FieldPort] | None = None
    tickets: Callable[[Http, Any], TicketPort] | None = None
    writes: Callable[[Any], frozenset[Extra]] = lambda _settings: frozenset()
    link: Callable[[Any, str, str], str | None] = lambda _settings, _table, _id: None

    def details_of(self, stream: str) -> Mapping[str, Detail]:
        """The details of one stream's rows, by the names of the streams that read them."""
        return {
            other.name: other.detail
            for other in self.streams
            if other.detail is not None and other.detail.of == stream
        }
