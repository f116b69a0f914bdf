"""What an operator says about a Cove account."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from sevenc_sync.connect.connector import AccountSettings, check_base_url

PATH = "/jsonapi"


def _filled(value: str) -> str:
    """Raises ValueError when nothing is left without blanks."""
    if not value.strip():
        raise ValueError("expected a text")
    return value.strip()


def _pasted(value: SecretStr) -> SecretStr:
    """A pasted token without the blanks around it. Raises ValueError when nothing is left."""
    return SecretStr(_filled(value.get_secret_value()))


def _without_path(value: str) -> str:
    """The address without /jsonapi, which the connector adds itself."""
    return check_base_url(value).removesuffix(PATH)


class CoveSettings(AccountSettings):
    """A Cove partner and its API user."""

    base_url: Annotated[str, AfterValidator(_without_path)] = Field(
        default="https://api.backup.management", description="Cove's API; one address for all regions"
    )
    partner: Annotated[str, AfterValidator(_filled)] = Field(
        description="the customer's name exactly as the console shows it, with the (mail address) behind it if there is one"
    )
    username: Annotated[str, AfterValidator(_filled)] = Field(
        description="the API user's login name, from Management > Users > API users"
    )
    password: Annotated[SecretStr, AfterValidator(_pasted)] = Field(
        description="the API user's token, which the console shows once"
    )
