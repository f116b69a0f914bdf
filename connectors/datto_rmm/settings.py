"""What an operator says about a Datto RMM account."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from sevenc_sync.connect.connector import AccountSettings, check_base_url


def _pasted(value: SecretStr) -> SecretStr:
    """A pasted key without the blanks around it, which the vendor answers like a wrong key.

    Raises ValueError when nothing is left, or what no key can hold.
    """
    text = value.get_secret_value().strip()
    if not text or not text.isprintable():
        raise ValueError("expected a key of printable characters")
    return SecretStr(text)


def _platform(value: str) -> str:
    """The platform's address without /api and the version, which the connector adds itself."""
    return check_base_url(value).removesuffix("/v2").removesuffix("/api")


Key = Annotated[SecretStr, AfterValidator(_pasted)]


class DattoRmmSettings(AccountSettings):
    """A Datto RMM account: the platform that it is on, and a user's API keys."""

    base_url: Annotated[str, AfterValidator(_platform)] = Field(
        description="the account's own platform, as its screens name it: https://merlot-api.centrastage.net, say"
    )
    api_key: Key = Field(description="the API key of a user (Setup > Users > the user > Generate API Keys)")
    secret_key: Key = Field(description="the API secret key beside it")
