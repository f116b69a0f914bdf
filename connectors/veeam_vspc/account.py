"""The way into a console: a key that lasts, or a token for a password; and what its refusals mean."""

from collections.abc import Mapping
from datetime import timedelta

import msgspec

from connectors.veeam_vspc.settings import VeeamSettings
from sevenc_sync.connect import redact
from sevenc_sync.connect.answers import vendor_words
from sevenc_sync.connect.errors import (
    AccessProblem,
    ConfigProblem,
    ContractChanged,
    CredentialsProblem,
    Overloaded,
    Problem,
    VendorDown,
)
from sevenc_sync.connect.http import Http, HttpFactory
from sevenc_sync.connect.limits import Limits
from sevenc_sync.connect.tokens import Token

# No rate is published; the console says 429 with a time of its own.
LIMITS = Limits(per_minute=120, burst=10)
API = "/api/v3"

_KEYS = "Look at the console's Configuration > Security > API keys (or at the user)"
_UNKNOWN_ROUTE = frozenset({400, 405})


class _Granted(msgspec.Struct):
    access_token: str | None = None
    expires_in: int | None = None
    mfa_token: str | None = None


class _Fault(msgspec.Struct):
    retry_after: float | None = msgspec.field(default=None, name="retryAfter")


class _Faults(msgspec.Struct):
    errors: list[_Fault] = []


def open_account(settings: VeeamSettings, factory: HttpFactory) -> Http:
    """The account's client. With a password it asks for a token first. Raises ConfigProblem without any way in."""
    base = f"{settings.base_url}{API}"
    if settings.api_key is not None:
        key = settings.api_key.get_secret_value().strip()
        redact.register(key)
        return factory(base, limits=LIMITS, errors=read_error, headers={"Authorization": f"Bearer {key}"})
    if settings.user_name is None or settings.password is None:
        raise ConfigProblem("The account has neither an api_key nor a user_name with its password.")
    password = settings.password.get_secret_value()
    redact.register(password)
    form = {"grant_type": "password", "username": settings.user_name, "password": password}

    def fetch() -> Token:
        with factory(base, limits=LIMITS, errors=_login_error) as door:
            return door.read("/token", lambda answer: _granted(answer.body), form=form)

    return factory(base, limits=LIMITS, errors=read_error, token=fetch)


def _granted(body: bytes) -> Token:
    found = msgspec.json.decode(body, type=_Granted)
    if found.mfa_token:
        raise CredentialsProblem(
            "The console asks this user for a second factor.",
            action="Use an API key, or a user of the console without one.",
        )
    if not found.access_token:
        raise ContractChanged("The console's answer to the log-in holds no token.")
    lasts = timedelta(seconds=found.expires_in) if found.expires_in else None
    return Token(found.access_token, lasts)


def _login_error(status: int, headers: Mapping[str, str], body: bytes) -> Problem | None:
    """A wrong password is a 400 there."""
    if status in {400, 401}:
        return CredentialsProblem(
            "The console refuses this user name and password.",
            action=f"{_KEYS}. Then run `sevenc-sync check`.",
            detail=vendor_words(body),
        )
    return read_error(status, headers, body)


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> Problem | None:  # noqa: ARG001 - ErrorReader
    """The problem that an error answer means; None where the status says it."""
    words = vendor_words(body)
    said = f' ("{words}")' if words else ""
    if status == 401:  # noqa: PLR2004 - unauthorized
        return CredentialsProblem(
            f"The console refuses the key{said}.",
            action=f"{_KEYS}: is it there, and not expired? Then run `sevenc-sync check`.",
        )
    if status == 403:  # noqa: PLR2004 - forbidden
        return AccessProblem(
            f"The console does not let this key read this{said}.",
            action=f"{_KEYS}: a key has the rights of its user's role.",
        )
    if status in _UNKNOWN_ROUTE:
        return AccessProblem(
            f"This version of the console does not offer this, or not to this key{said}.",
            action="Compare the console's version with the connector's README, and the role of the key's user.",
        )
    if status == 429:  # noqa: PLR2004 - too many requests
        return Overloaded(f"The console is asked too much{said}.", wait_seconds=_wait(body))
    if b'"retryableLogical"' in body:
        return VendorDown(f"The console answered {status} and says that it may be asked again{said}.")
    return None


def _wait(body: bytes) -> float | None:
    """The seconds that a 429 asks to wait, which stand in its body; None where it names none."""
    try:
        faults = msgspec.json.decode(body, type=_Faults).errors
    except msgspec.DecodeError:
        return None  # a gateway's own 429
    return max((fault.retry_after for fault in faults if fault.retry_after is not None), default=None)
