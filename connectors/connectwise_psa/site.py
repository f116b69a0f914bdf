"""Where a ConnectWise PSA answers: the login site, the API host, the codebase, and addresses for people."""

import re
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

import msgspec

from connectors.connectwise_psa.errors import read_error
from connectors.connectwise_psa.settings import ConnectwiseSettings
from sevenc_sync.connect import redact
from sevenc_sync.connect.errors import ConfigProblem, ContractChanged, RecordVanished
from sevenc_sync.connect.exchange import Response
from sevenc_sync.connect.http import Http, HttpFactory
from sevenc_sync.connect.limits import Limits
from sevenc_sync.connect.pages import Malformed
from sevenc_sync.connect.text import clean

# The vendor names no rate; about 1,000 requests a minute are throttled. This leaves room for the MSP's other tools.
LIMITS = Limits(per_minute=300, burst=20)

# Cloud sites whose API has a host of its own. Any other site is taken as its own API host, as on-premises servers are.
API_HOSTS = {
    "na.myconnectwise.net": "api-na.myconnectwise.net",
    "eu.myconnectwise.net": "api-eu.myconnectwise.net",
    "au.myconnectwise.net": "api-au.myconnectwise.net",
    "aus.myconnectwise.net": "api-aus.myconnectwise.net",
    "za.myconnectwise.net": "api-za.myconnectwise.net",
    "staging.connectwisedev.com": "api-staging.connectwisedev.com",
}
_LOGIN_HOSTS = {api: login for login, api in API_HOSTS.items()}

# On-premises it never changes, and cloud hosts route it to the tenant's own: the one for people's links.
RELEASE = "v4_6_release/"

_CODEBASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/")
_SCREENS = {"ticket": "ServiceFV", "company": "AccountFV", "asset": "ConfigFV"}


@dataclass(frozen=True, slots=True)
class CompanyInfo:
    """What the login site says of a company: its codebase (ends with a slash) and the host it names for the API."""

    codebase: str
    site: str | None


def login_address(base_url: str) -> str:
    """The site where people log in, also when the API host was configured."""
    return _with_host(base_url, _LOGIN_HOSTS.get(urlsplit(base_url).netloc.lower()))


def api_address(base_url: str, named: str | None) -> str:
    """The site of the API. `named` is the host that the login site names.

    It counts only over https, and when it is the login host itself with `api-` before it: credentials never go to any
    other host.
    """
    login = login_address(base_url)
    scheme, host = urlsplit(login)[:2]
    if scheme != "https":
        return login
    prefixed = f"api-{host.lower()}"
    follows = named is not None and named.lower() == prefixed
    return _with_host(login, API_HOSTS.get(host.lower(), prefixed if follows else None))


def _with_host(address: str, host: str | None) -> str:
    return urlunsplit(urlsplit(address)._replace(netloc=host)) if host else address


def discover(http: Http, company_id: str) -> CompanyInfo:
    """Ask the login site for the company's codebase. Needs no credentials.

    Raises ConfigProblem for a company or an address that is not known, ContractChanged for a codebase that is no path
    segment, and the kit's other Problems.
    """
    host = urlsplit(http.base_url).netloc
    try:
        answer = http.read(f"/login/companyinfo/{quote(company_id, safe='')}", _json)
    except RecordVanished as error:
        raise ConfigProblem(
            f"{host} does not answer as a ConnectWise site: it has no /login/companyinfo.",
            action="Check base_url. If the server is right and cannot be asked, set the account's codebase.",
        ) from error
    if answer is None:
        raise ConfigProblem(
            f"{host} does not know the company_id {company_id!r}.",
            action="Set company_id to the company that you type on the login screen, then run `sevenc-sync check`.",
        )
    if not isinstance(answer, dict):
        raise ContractChanged("/login/companyinfo answered with something that is no object.")
    fields = {str(name).lower(): value for name, value in answer.items()}
    codebase = str(fields.get("codebase") or RELEASE).strip().lstrip("/")
    codebase = codebase if codebase.endswith("/") else codebase + "/"
    if not _CODEBASE.fullmatch(codebase):
        raise ContractChanged("/login/companyinfo names a codebase that is no path segment.")
    site = fields.get("siteurl")
    return CompanyInfo(codebase, _host(site) if isinstance(site, str) else None)


def _json(response: Response) -> object:
    try:
        return msgspec.json.decode(response.body)
    except msgspec.DecodeError as error:
        raise Malformed(str(error)) from error


def _host(site: str) -> str | None:
    """The host of a site that may be written with or without a scheme."""
    try:
        return urlsplit(site if "//" in site else f"//{site}").netloc or None
    except ValueError:
        return None


def open_account(settings: ConnectwiseSettings, factory: HttpFactory) -> Http:
    """The account's API client, its codebase read anew: it changes with each cloud release."""
    for key in (settings.public_key, settings.private_key, settings.client_id):
        redact.register(key.get_secret_value())
    if settings.codebase is None:
        with factory(login_address(settings.base_url), limits=LIMITS, errors=read_error) as login:
            info = discover(login, settings.company_id)
    else:
        info = CompanyInfo(settings.codebase, None)
    user = f"{settings.company_id}+{settings.public_key.get_secret_value()}"
    return factory(
        f"{api_address(settings.base_url, info.site)}/{info.codebase}apis/3.0",
        limits=LIMITS,
        headers={
            "clientId": settings.client_id.get_secret_value(),
            "Accept": accept(settings.api_version),
        },
        basic=(user, settings.private_key.get_secret_value()),
        errors=read_error,
    )


def accept(version: str) -> str:
    """The Accept header that pins the API version; without one the server gives its newest."""
    media = "application/vnd.connectwise.com+json"
    return f"{media}; version={version}" if version else media


def link(settings: ConnectwiseSettings, table: str, record: str) -> str | None:
    """The record's page in ConnectWise's own screens; None for kinds without a known address."""
    screen = _SCREENS.get(table)
    if screen is None or clean(record) is None:
        return None
    site = login_address(settings.base_url)
    return f"{site}/{RELEASE}ConnectWise.aspx?routeTo={screen}&recid={quote(record, safe='')}"
