"""What an operator says about a Datto partner account with SaaS Protection."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from sevenc_sync.connect.connector import AccountSettings, check_base_url


def _pasted(value: SecretStr) -> SecretStr:
    """A pasted key without the blanks around it. Raises ValueError when nothing is left, or what no key can hold."""
    text = value.get_secret_value().strip()
    if not text or not text.isprintable():
        raise ValueError("expected a key of printable characters")
    return SecretStr(text)


def _without_version(value: str) -> str:
    """The address without /v1, which the connector adds itself."""
    return check_base_url(value).removesuffix("/v1")


Key = Annotated[SecretStr, AfterValidator(_pasted)]


class DattoSaasSettings(AccountSettings):
    """A Datto partner account: its API keys."""

    base_url: Annotated[str, AfterValidator(_without_version)] = Field(
        default="https://api.datto.com", description="Datto's API; one address for all regions"
    )
    public_key: Key = Field(description="the public key of Partner Portal > Admin > Integrations > API Keys")
    secret_key: Key = Field(description="the secret key beside it")
