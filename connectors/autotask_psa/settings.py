"""What an operator says about an Autotask PSA account."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr

from sevenc_sync.connect.connector import AccountSettings, Extra, check_base_url, is_loopback

DISCOVERY = "https://webservices.autotask.net"  # tells every user's zone
ROOT = "/ATServicesRest"
MOST_AT_ONCE = 3  # requests at one endpoint, of one integration; the vendor's published limit

_HEADER_SAFE = re.compile(r"[!-~]+")
# All zones are numbered but the two pre-release ones for German and Spanish.
_HOSTS = re.compile(r"(webservices[0-9]*|prde|pres)\.autotask\.net")


def is_autotask(host: str | None) -> bool:
    """Whether the host is one of Autotask's own, to which credentials may be sent."""
    return host is not None and _HOSTS.fullmatch(host.lower()) is not None


def _header_safe(value: SecretStr) -> SecretStr:
    """A pasted key without the blanks around it. Raises ValueError for what no header can carry."""
    text = value.get_secret_value().strip()
    if not _HEADER_SAFE.fullmatch(text):
        raise ValueError("expected one word of ASCII characters")
    return SecretStr(text)


def _site(value: str) -> str:
    """The address without the API's own path. Raises ValueError for a host that is not Autotask's."""
    address = check_base_url(value)
    host = urlsplit(address).hostname or ""
    if not is_autotask(host) and not is_loopback(host):
        raise ValueError(
            f"expected {DISCOVERY}, or a zone's own address such as https://webservices5.autotask.net"
        )
    at = address.lower().find(ROOT.lower())
    return address if at < 0 else address[:at]


Key = Annotated[SecretStr, AfterValidator(_header_safe)]


class AutotaskSettings(AccountSettings):
    """An Autotask PSA account: an API user, the integration's code, and who signs our notes."""

    base_url: Annotated[str, AfterValidator(_site)] = Field(
        default=DISCOVERY, description="Autotask's address; the account's own zone is found from here"
    )
    user_name: Key = Field(description="the API user's key (its user name), like an e-mail address")
    secret: Key = Field(description="the API user's secret")
    integration_code: Key = Field(description="the API user's tracking identifier")
    note_resource: int | None = Field(
        default=None,
        gt=0,
        description="id of the active resource that signs client notes (an API user cannot); without it none is created",
    )
    note_action_type: str = Field(
        default="General", min_length=1, description="the action type of client notes, by its name"
    )
    score_field: str | None = Field(
        default=None, min_length=1, description="the companies' user-defined field for the score, by its name"
    )
    proof_field: str | None = Field(
        default=None, min_length=1, description="the one for the proof in percent"
    )
    score_day_field: str | None = Field(
        default=None, min_length=1, description="the one for the day of the score"
    )
    ticket_queue: str | None = Field(
        default=None,
        min_length=1,
        description="the queue for a ticket per accepted plan item, by its name; unset: no tickets",
    )
    ticket_type: str | None = Field(default=None, min_length=1, description="their ticket type")
    ticket_priority: str = Field(default="Medium", min_length=1, description="their priority")
    ticket_note_type: str | None = Field(
        default=None, min_length=1, description="the type of notes on them; the tenant's default if unset"
    )
    quota_share: int = Field(
        default=25,
        ge=1,
        le=100,
        description="percent of the requests that Autotask allows in an hour (10,000), which all integrations share, that are ours",
    )
    requests_at_once: int | None = Field(
        default=None,
        ge=1,
        le=MOST_AT_ONCE,
        description="how many requests may be under way; Autotask refuses a fourth at the same endpoint",
    )

    @property
    def extras(self) -> frozenset[Extra]:
        """What else than notes this account is to be written."""
        wanted: dict[Extra, bool] = {
            "fields": any((self.score_field, self.proof_field, self.score_day_field)),
            "tickets": self.ticket_queue is not None,
        }
        return frozenset(name for name, is_wanted in wanted.items() if is_wanted)
