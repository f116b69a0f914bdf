"""The way into a Datto partner account for SaaS Protection, and what its refusals mean."""

from collections.abc import Mapping

from connectors.datto_saas.settings import DattoSaasSettings
from sevenc_sync.connect import redact
from sevenc_sync.connect.answers import vendor_words
from sevenc_sync.connect.errors import AccessProblem, CredentialsProblem, Problem
from sevenc_sync.connect.http import Http, HttpFactory
from sevenc_sync.connect.limits import Limits

# No rate is published; clients assume about 60 a minute for these routes.
LIMITS = Limits(per_minute=50, burst=5)

_WHERE = "Look at Partner Portal > Admin > Integrations > API Keys"


def open_account(settings: DattoSaasSettings, factory: HttpFactory) -> Http:
    """The account's client. Makes no request."""
    public, secret = settings.public_key.get_secret_value(), settings.secret_key.get_secret_value()
    redact.register(public)
    return factory(f"{settings.base_url}/v1", limits=LIMITS, basic=(public, secret), errors=read_error)


def read_error(status: int, headers: Mapping[str, str], body: bytes) -> Problem | None:  # noqa: ARG001 - ErrorReader
    """The problem that an error answer means; None where the status says it."""
    if status == 401:  # noqa: PLR2004 - unauthorized
        return CredentialsProblem(
            "Datto refuses the API keys.",
            action=f"{_WHERE}: is this key there, and not expired? Then run `sevenc-sync check`.",
            detail=vendor_words(body),
        )
    if status == 403:  # noqa: PLR2004 - forbidden
        return AccessProblem(
            "Datto does not let these API keys read SaaS Protection.",
            action=f"{_WHERE}: a key can be limited to one organisation or product.",
            detail=vendor_words(body),
        )
    return None
