"""The way into a Cove account: a login, visas that follow each other, and what its faults mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import msgspec

from connectors.cove import wire
from connectors.cove.settings import PATH, CoveSettings
from connectors.cove.streams import DEVICES, PARTNERS
from sevenc_sync.connect import redact
from sevenc_sync.connect.answers import vendor_words
from sevenc_sync.connect.errors import (
    AccessProblem,
    ContractChanged,
    CredentialsProblem,
    Problem,
    VendorDown,
)
from sevenc_sync.connect.exchange import Response
from sevenc_sync.connect.http import Http, HttpFactory
from sevenc_sync.connect.limits import Limits
from sevenc_sync.connect.pages import Malformed
from sevenc_sync.connect.rpc import Rpc
from sevenc_sync.connect.tokens import Token

# No rate is published; clients keep to about 30 a minute.
LIMITS = Limits(per_minute=30, burst=5)
VISA_LASTS = timedelta(minutes=15)

BAD_VISA, BAD_LOGIN, NOT_ALLOWED = 1701, 2100, 13501
_WHERE = "Look at Management > Users > API users in Cove's console"


@dataclass(frozen=True, slots=True)
class _Entered:
    visa: str
    partner: int


def open_account(settings: CoveSettings, factory: HttpFactory) -> Http:
    """The account's client. Logs in, which also tells the partner below which everything is read.

    Raises CredentialsProblem for a login that is refused, and the kit's other Problems.
    """
    redact.register(settings.password.get_secret_value())
    params_of: dict[str, dict[str, str | int]] = {}

    def visa() -> Token:
        entered = _log_in(settings, factory)
        params_of[PARTNERS] = {"parentPartnerId": entered.partner}
        params_of[DEVICES] = {"PartnerId": entered.partner}
        return Token(entered.visa, VISA_LASTS)

    return factory(
        settings.base_url,
        limits=LIMITS,
        token=visa,
        errors=read_error,
        params_of=params_of,
        rpc=RPC,
    )


def _log_in(settings: CoveSettings, factory: HttpFactory) -> _Entered:
    params = {
        "partner": settings.partner,
        "username": settings.username,
        "password": settings.password.get_secret_value(),
    }
    with factory(settings.base_url, limits=LIMITS, rpc=RPC) as http:
        return http.read("/Login", _entered, json_body=params)


def _entered(response: Response) -> _Entered:
    try:
        login = msgspec.json.decode(response.body, type=wire.Login)
    except msgspec.ValidationError as error:
        raise ContractChanged("Cove answered a login with something else.", detail=str(error)) from error
    except msgspec.DecodeError as error:
        raise Malformed(str(error)) from error
    return _Entered(login.visa, login.result.result.partner_id)


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> Problem | None:  # noqa: ARG001 - ErrorReader
    """The problem that an error status means; None where the status says it. Cove's own faults come with status 200."""
    if status == 401:  # noqa: PLR2004 - unauthorized; 403 is one method's, and left to the kit
        return CredentialsProblem(
            "What stands before Cove refuses the request.",
            action="Is `base_url` right, and does a proxy in between ask for something?",
            detail=vendor_words(body),
        )
    return None


def read_fault(error: bytes) -> Problem:
    """What the `error` of an answer means. A code that is not known is a fault of the vendor's: asked again, never empty."""
    try:
        code = msgspec.json.decode(error, type=wire.Fault).code
    except msgspec.DecodeError:
        code = None
    words = vendor_words(error)
    said = f' ("{words}")' if words else ""
    if code == BAD_LOGIN:
        return CredentialsProblem(
            f"Cove refuses the login{said}.",
            action=f"{_WHERE}: is this user there? `partner` must be the customer's name exactly as the console shows it.",
        )
    if code == BAD_VISA:
        return CredentialsProblem(f"Cove refuses the visa of this session{said}.", action=f"{_WHERE}.")
    if code == NOT_ALLOWED:
        return AccessProblem(
            f"Cove does not let this API user read this{said}.", action=f"{_WHERE}: which role has it?"
        )
    return VendorDown(f"Cove answered with the error {code}{said}.")


RPC = Rpc(path=PATH, session_field="visa", token_lasts=VISA_LASTS, into="query", read_error=read_fault)
