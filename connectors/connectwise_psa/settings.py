"""What an operator says about a ConnectWise PSA account."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from sevenc_sync.connect.connector import AccountSettings, Extra

DEFAULT_API_VERSION = "2026.4"

_HEADER_SAFE = re.compile(r"[!-~]+")
_CODEBASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/?")


def _header_safe(value: SecretStr) -> SecretStr:
    """A pasted key without the blanks around it. Raises ValueError for what no header can carry."""
    text = value.get_secret_value().strip()
    if not _HEADER_SAFE.fullmatch(text):
        raise ValueError("expected one word of ASCII characters")
    return SecretStr(text)


def _codebase(value: str | None) -> str | None:
    """A codebase with its closing slash, as addresses want it. Raises ValueError for anything but one path segment."""
    if value is None or not value.strip():
        return None
    text = value.strip().lstrip("/")
    if not _CODEBASE.fullmatch(text):
        raise ValueError("expected one path segment such as v4_6_release")
    return text if text.endswith("/") else text + "/"


Key = Annotated[SecretStr, AfterValidator(_header_safe)]


class ConnectwiseSettings(AccountSettings):
    """A ConnectWise PSA account: its site, the login company and an API member's keys."""

    company_id: str = Field(
        pattern=r"^[^\s:+/?#]+$", description="the company that one types on ConnectWise's login screen"
    )
    public_key: Key = Field(description="the API member's public key")
    private_key: Key = Field(description="the API member's private key, shown once when it is made")
    client_id: Key = Field(description="the integration's client id, from the ConnectWise developer site")
    api_version: str = Field(
        default=DEFAULT_API_VERSION,
        pattern=r"^[0-9.]*$",
        description="the API version to pin; empty for the server's newest; an old on-premises server needs its own",
    )
    codebase: Annotated[str | None, AfterValidator(_codebase)] = Field(
        default=None, description="set it only where the server cannot be asked for it, such as v4_6_release"
    )
    note_type: str | None = Field(
        default=None,
        description="the company note type for our notes, by its name; the tenant's default if unset",
    )
    score_field: str | None = Field(
        default=None, min_length=1, description="the company custom field for the score, by its caption or id"
    )
    proof_field: str | None = Field(
        default=None, min_length=1, description="the one for the proof in percent"
    )
    score_day_field: str | None = Field(
        default=None, min_length=1, description="the one for the day of the score"
    )
    ticket_board: str | None = Field(
        default=None,
        min_length=1,
        description="the service board for a ticket per accepted plan item, by its name; unset: no tickets",
    )
    ticket_type: str | None = Field(default=None, min_length=1, description="their type on that board")
    ticket_priority: str | None = Field(default=None, min_length=1, description="their priority")

    @property
    def extras(self) -> frozenset[Extra]:
        """What else than notes this account is to be written."""
        wanted: dict[Extra, bool] = {
            "fields": any((self.score_field, self.proof_field, self.score_day_field)),
            "tickets": self.ticket_board is not None,
        }
        return frozenset(name for name, is_wanted in wanted.items() if is_wanted)
