"""The way into a Datto RMM account: a token for the API keys, and how much of the account's minute is left."""

import base64
from collections.abc import Mapping
from datetime import timedelta

import msgspec

from connectors.datto_rmm import wire
from connectors.datto_rmm.settings import DattoRmmSettings
from sevenc_sync.connect import redact
from sevenc_sync.connect.answers import vendor_words
from sevenc_sync.connect.errors import (
    AccessProblem,
    ContractChanged,
    CredentialsProblem,
    Problem,
    RecordVanished,
    Throttled,
    VendorDown,
)
from sevenc_sync.connect.exchange import Response
from sevenc_sync.connect.http import Http, HttpFactory
from sevenc_sync.connect.limits import Limits, Quota
from sevenc_sync.connect.pages import Malformed
from sevenc_sync.connect.tokens import Token

# The vendor allows an account, with all its users and integrations, 600 reads in 60 seconds. Half of that is ours.
SHARE = 0.5
LIMITS = Limits(
    per_minute=300,
    burst=20,
    documented="600 reads in 60 seconds to all users and integrations of an account together",
)
FULL = 0.9  # of the limit: from here on the vendor slows everybody down, and then blocks the address for 5 minutes

TOKEN_PATH = "/auth/oauth/token"  # noqa: S105 - an address; it stands beside /api, not below it
API = "/api/v2"

# The same client for all customers: the API keys are the name and the password.
_CLIENT = "Basic " + base64.b64encode(b"public-client:public").decode()

_WHERE = "Look at Setup > Users > the API user"


def open_account(settings: DattoRmmSettings, factory: HttpFactory) -> Http:
    """The account's client. Asks for a token, and for how much others have used of the account's minute.

    Raises Throttled when next to nothing is left of it, and the kit's other Problems.
    """
    for key in (settings.api_key, settings.secret_key):
        redact.register(key.get_secret_value())
    http = factory(
        settings.base_url + API,
        limits=LIMITS,
        errors=read_error,
        token=lambda: fetch_token(settings, factory),
    )
    try:
        http.quota = read_quota(http)
        if http.quota is not None:
            check_room(http.quota)
            if settings.requests_per_minute is None:
                http.pace(min(LIMITS.per_minute, http.quota.per_minute))
    except BaseException:
        http.close()
        raise
    return http


def fetch_token(settings: DattoRmmSettings, factory: HttpFactory) -> Token:
    """A new access token. It lasts 100 hours by the vendor's word; what the answer says counts."""
    with factory(
        settings.base_url, limits=LIMITS, headers={"Authorization": _CLIENT}, errors=read_error
    ) as door:
        found = door.read(
            TOKEN_PATH,
            lambda response: _decoded(response, wire.TokenAnswer),
            form={
                "grant_type": "password",
                "username": settings.api_key.get_secret_value(),
                "password": settings.secret_key.get_secret_value(),
            },
        )
    lasts = None if not found.expires_in or found.expires_in < 0 else timedelta(seconds=found.expires_in)
    return Token(found.access_token, lasts)


def read_quota(http: Http) -> Quota | None:
    """What all callers of the account have used of its minute; None where this user may not know, or is not told."""
    try:
        found = http.read("/system/request_rate", lambda response: _decoded(response, wire.Rate))
    except (AccessProblem, RecordVanished):
        return None
    if found.account_count is None or not found.account_rate_limit or found.account_rate_limit < 0:
        return None
    return Quota(
        used=found.account_count,
        limit=found.account_rate_limit,
        window=timedelta(seconds=found.sliding_time_window_size_seconds or 60),
        at=http.clock(),
        share=max(1, int(found.account_rate_limit * SHARE)),
    )


def check_room(quota: Quota) -> None:
    """Raise Throttled where the others leave next to nothing: whoever goes on then has the address blocked."""
    if quota.used >= FULL * quota.limit:
        raise Throttled(
            f"All users and integrations together have used {quota.used} of the {quota.limit} requests that Datto RMM"
            f" allows in {quota.window.total_seconds():.0f} seconds: the rest is left to the others.",
            retry_at=quota.at + 2 * quota.window,
        )


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> Problem | None:  # noqa: ARG001 - ErrorReader
    """The problem that an error answer means; None where the status says it."""
    words = vendor_words(body)
    match status:
        case 400 if "invalid_grant" in words or "invalid_client" in words:
            return CredentialsProblem("Datto RMM refuses the API keys.", action=_keys_action(), detail=words)
        case 401:
            return CredentialsProblem("Datto RMM refuses the API keys.", action=_keys_action(), detail=words)
        case 403:
            return AccessProblem(
                "Datto RMM does not let this user read this, or has blocked this address for 5 minutes after too many"
                " requests.",
                action=f"{_WHERE}: does its security level see all sites? If it does, wait 5 minutes and lower"
                " requests_per_minute.",
                detail=words,
            )
        case 409:  # somebody is writing at this moment
            return VendorDown("Datto RMM is busy with a change to the same record.", detail=words)
    return None


def _keys_action() -> str:
    return (
        f"{_WHERE}: are these its API keys, and is API access on (Setup > Global Settings > Access Control)? Is base_url"
        " the account's own platform? Then run `sevenc-sync check`."
    )


def _decoded(response: Response, kind: type[wire.T]) -> wire.T:
    try:
        return msgspec.json.decode(response.body, type=kind)
    except msgspec.ValidationError as error:
        raise ContractChanged("Datto RMM answered with something else.", detail=str(error)) from error
    except msgspec.DecodeError as error:
        raise Malformed(str(error)) from error
