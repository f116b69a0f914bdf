"""What an operator says about a Veeam Service Provider Console."""

from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from sevenc_sync.connect.connector import AccountSettings, check_base_url


def _without_version(value: str) -> str:
    """The address without /api/v3, which the connector adds itself."""
    return check_base_url(value).removesuffix("/api/v3")


class VeeamSettings(AccountSettings):
    """A console, with an API key or with the user name and the password of an account for this program alone.

    The key counts where both are given.
    """

    base_url: Annotated[str, AfterValidator(_without_version)] = Field(
        description="the console's own address with its port, such as https://vspc.example.com:1280"
    )
    api_key: SecretStr | None = Field(
        default=None, description="a key made in the console; read only is enough"
    )
    user_name: str | None = Field(default=None, description="instead of a key: the user to log in as")
    password: SecretStr | None = Field(default=None, description="and the password of that user")
