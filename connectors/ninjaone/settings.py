"""What an operator says about a NinjaOne account."""

import re
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
    """The address without /v2 or /api/v2, which the connector adds itself."""
    return re.sub(r"(/api)?/v2$", "", check_base_url(value))


Key = Annotated[SecretStr, AfterValidator(_pasted)]


class NinjaSettings(AccountSettings):
    """A NinjaOne account: its region's address and an API client of its own."""

    base_url: Annotated[str, AfterValidator(_without_version)] = Field(
        description="where you log in: https://app.ninjarmm.com, us2, eu, ca, oc or fed.ninjarmm.com"
    )
    client_id: Key = Field(
        description="the client id of an API application of the platform API Services (machine-to-machine)"
    )
    client_secret: Key = Field(description="its secret, shown once when the application is made")
