"""The way into a NinjaOne account: an access token for its API client, and what refusals mean."""

from collections.abc import Mapping
from datetime import timedelta

import msgspec

from connectors.ninjaone.settings import NinjaSettings
from sevenc_sync.connect import redact
from sevenc_sync.connect.answers import vendor_words
from sevenc_sync.connect.errors import AccessProblem, ContractChanged, CredentialsProblem, Problem
from sevenc_sync.connect.exchange import Response
from sevenc_sync.connect.http import Http, HttpFactory
from sevenc_sync.connect.limits import Limits
from sevenc_sync.connect.tokens import Token

# No rate is published; figures of others begin at 60 a minute.
LIMITS = Limits(per_minute=60, burst=10)

TOKEN_PATH = "/ws/oauth/token"  # noqa: S105 - a path
SCOPE = "monitoring"

_WHERE = "Look at Administration > Apps > API"
_KIND = "an application of the platform API Services (machine-to-machine), scope Monitoring, grant Client Credentials"


class _Given(msgspec.Struct):
    access_token: str
    expires_in: float | None = None
    scope: str | None = None


def open_account(settings: NinjaSettings, factory: HttpFactory) -> Http:
    """The account's client, with a token that is renewed before its end. Raises the kit's Problems."""
    client_id = settings.client_id.get_secret_value()
    secret = settings.client_secret.get_secret_value()
    redact.register(client_id)
    redact.register(secret)

    def fetch() -> Token:
        form = {
            "grant_type": "client_credentials",
            "client_id": client_id,
            "client_secret": secret,
            "scope": SCOPE,
        }
        with factory(settings.base_url, limits=LIMITS, errors=read_token_error) as http:
            return http.read(TOKEN_PATH, _token, form=form)

    return factory(f"{settings.base_url}/v2", limits=LIMITS, errors=read_error, token=fetch)


def _token(response: Response) -> Token:
    try:
        given = msgspec.json.decode(response.body, type=_Given)
    except msgspec.ValidationError as error:
        raise ContractChanged(
            "NinjaOne's answer holds no access token.", detail=f"{TOKEN_PATH}: {type(error).__name__}"
        ) from None
    lasts = given.expires_in
    return Token(given.access_token, timedelta(seconds=lasts) if lasts and lasts > 0 else None)


def read_token_error(status: int, headers: Mapping[str, str], body: bytes) -> Problem | None:  # noqa: ARG001 - ErrorReader
    """The problem when no token is given; None where the status says it."""
    if status not in (400, 401, 403):
        return None
    words = vendor_words(body)
    wrong = {
        "invalid_client": "the client id or its secret is wrong",
        "unauthorized_client": "the application may not log in by itself",
        "invalid_scope": f"the application does not have the scope {SCOPE}",
    }
    reason = next((text for word, text in wrong.items() if word in words), "the application is refused")
    return CredentialsProblem(
        f"NinjaOne gives no access: {reason}.",
        action=f"{_WHERE}: it must be {_KIND}. Then run `sevenc-sync check`.",
        detail=words,
    )


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> Problem | None:  # noqa: ARG001 - ErrorReader
    """The problem that an error answer means; None where the status says it."""
    if status == 401:  # noqa: PLR2004 - unauthorized
        return CredentialsProblem(
            "NinjaOne refuses the access token that it gave.",
            action=f"{_WHERE}: is the application still there? Then run `sevenc-sync check`.",
            detail=vendor_words(body),
        )
    if status == 403:  # noqa: PLR2004 - forbidden
        return AccessProblem(
            "NinjaOne does not let this application read this.",
            action=f"{_WHERE}: it must be {_KIND}.",
            detail=vendor_words(body),
        )
    return None
