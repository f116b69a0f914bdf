"""Where an Autotask account answers, and how much of its hour is ours: the zone, the client, the quota."""

from collections.abc import Mapping
from datetime import timedelta
from typing import TypeVar
from urllib.parse import quote, urlsplit

import msgspec

from connectors.autotask_psa import wire
from connectors.autotask_psa.errors import read_error
from connectors.autotask_psa.settings import DISCOVERY, ROOT, AutotaskSettings, is_autotask
from sevenc_sync.connect import redact
from sevenc_sync.connect.connector import is_loopback
from sevenc_sync.connect.errors import AccessProblem, ContractChanged, CredentialsProblem, Problem, Throttled
from sevenc_sync.connect.exchange import Response
from sevenc_sync.connect.http import Http, HttpFactory
from sevenc_sync.connect.limits import Limits, Quota
from sevenc_sync.connect.pages import Malformed

T = TypeVar("T")

# Requests of all integrations of a tenant in 60 minutes: the vendor's published limit, until the tenant tells its own.
HOURLY = 10_000
BURST = 20

UNAUTHORIZED = 401

_VERSION = "/V1.0"


def limits(settings: AutotaskSettings) -> Limits:
    """A pace that keeps to our share of the published limit, until the tenant's own is known."""
    return Limits(
        per_minute=HOURLY * settings.quota_share / 100 / 60,
        burst=BURST,
        documented=f"{HOURLY:,} requests an hour to all integrations of a tenant together",
    )


def open_account(settings: AutotaskSettings, factory: HttpFactory) -> Http:
    """The account's client at its zone. Asks for the zone and for the quota, which is the first use of the secret.

    Raises Throttled when nothing is left of the hour, and the kit's other Problems.
    """
    user = settings.user_name.get_secret_value()
    for value in (user, quote(user, safe=""), settings.secret.get_secret_value()):
        redact.register(value)
    redact.register(settings.integration_code.get_secret_value())
    zone = _find_zone(settings, factory, settings.base_url)
    try:
        return _enter(settings, factory, zone)
    except CredentialsProblem:
        # A database can move to another zone, whose former one then refuses the user. Tried once: failures lock it.
        moved = _find_zone(settings, factory, _asked_again(settings.base_url))
        if moved == zone:
            raise
        return _enter(settings, factory, moved)


def _asked_again(base_url: str) -> str:
    return base_url if is_loopback(urlsplit(base_url).hostname or "") else DISCOVERY


def _find_zone(settings: AutotaskSettings, factory: HttpFactory, site: str) -> str:
    """The address of the user's zone, without version. Needs no credentials, and none are sent.

    Raises CredentialsProblem for a user that is not known, ContractChanged for a zone at a host that is not Autotask's.
    """
    with factory(site + ROOT + _VERSION, limits=limits(settings), errors=read_error) as http:
        answer = http.read(
            "/ZoneInformation",
            lambda response: _decoded(response, wire.Zone),
            params={"user": settings.user_name.get_secret_value()},
        )
    address = (answer.url or "").rstrip("/")
    if not _may_follow(site, address):
        host = urlsplit(address).netloc or "nowhere"
        raise ContractChanged(f"Autotask names a zone at {host}: credentials are not sent there.")
    return address


def _may_follow(site: str, address: str) -> bool:
    """Whether credentials may go to a zone's address: one of Autotask's hosts, or the loopback host that was asked."""
    asked, named = urlsplit(site), urlsplit(address)
    if not named.path.lower().endswith(ROOT.lower()) or named.username or named.query or named.fragment:
        return False
    if is_loopback(asked.hostname or ""):
        return named[:2] == asked[:2]
    return named.scheme == "https" and named.port in (None, 443) and is_autotask(named.hostname)


def _enter(settings: AutotaskSettings, factory: HttpFactory, zone: str) -> Http:
    inside = False

    def read(status: int, headers: Mapping[str, str], body: bytes) -> Problem | None:
        """In the middle of a round a refusal may mean a database that moves: that is no fault of the credentials."""
        problem = read_error(status, headers, body)
        if status == UNAUTHORIZED and inside and _has_moved(settings, factory, zone):
            return Throttled(
                "Autotask has moved this database to another zone: the next round begins there.",
                retry_at=http.clock(),
            )
        return problem

    http = factory(
        zone + _VERSION,
        limits=limits(settings),
        headers={
            "ApiIntegrationCode": settings.integration_code.get_secret_value(),
            "UserName": settings.user_name.get_secret_value(),
            "Secret": settings.secret.get_secret_value(),
        },
        errors=read,
    )
    try:
        http.quota = read_quota(http, settings)
        check_room(http.quota)
        if http.quota is not None and settings.requests_per_minute is None:
            http.pace(http.quota.per_minute)
    except BaseException:
        http.close()
        raise
    inside = True
    return http


def _has_moved(settings: AutotaskSettings, factory: HttpFactory, zone: str) -> bool:
    """Whether the user's zone is another one now. Unless Autotask says so, a refusal is one."""
    try:
        return _find_zone(settings, factory, _asked_again(settings.base_url)) != zone
    except Problem:
        return False


def read_quota(http: Http, settings: AutotaskSettings) -> Quota | None:
    """What all of the tenant's integrations have used; None where this user may not know, or is not told."""
    try:
        found = http.read("/ThresholdInformation", lambda response: _decoded(response, wire.Threshold))
    except AccessProblem:
        return None
    used, limit = found.current_timeframe_request_count, found.external_request_threshold
    if used is None or not limit:
        return None
    window = timedelta(minutes=found.request_threshold_timeframe or 60)
    share = max(1, limit * settings.quota_share // 100)
    return Quota(used=used, limit=limit, window=window, at=http.clock(), share=share)


def check_room(quota: Quota | None) -> None:
    """Raise Throttled when nothing to speak of is left: above the limit Autotask stops every integration.

    Whether there is enough for what a run needs is for whoever reads to say.
    """
    if quota is not None and quota.left < min(BURST, quota.share):
        minutes = int(quota.window.total_seconds() // 60)
        raise Throttled(
            f"All integrations together have used {quota.used} of the {quota.limit} requests that Autotask allows in"
            f" {minutes} minutes: the rest is left to the others.",
            retry_at=quota.at + quota.window / 4,
        )


def _decoded(response: Response, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(response.body, type=kind)
    except msgspec.ValidationError as error:
        raise ContractChanged("Autotask answered with something else.", detail=str(error)) from error
    except msgspec.DecodeError as error:
        raise Malformed(str(error)) from error
