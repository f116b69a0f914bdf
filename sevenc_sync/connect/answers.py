"""What an answer means that is not what was asked for: when to come back, the vendor's few words, the problem it is."""

import email.utils
import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from urllib.parse import urlsplit

from sevenc_sync.connect import redact
from sevenc_sync.connect.errors import (
    AccessProblem,
    ConfigProblem,
    ContractChanged,
    CredentialsProblem,
    Problem,
    RecordVanished,
    VendorDown,
)
from sevenc_sync.connect.pages import Incomplete
from sevenc_sync.connect.text import clean

MAX_WORDS = 160
MAX_RETRY_AFTER = 7 * 86400.0  # seconds; a longer one is a mistake, and would overflow a date

THROTTLED = 429
TRANSIENT = frozenset({408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524})

# Looks at an error answer (status, headers, body) and gives the problem it means to this vendor; None: by the status.
ErrorReader = Callable[[int, Mapping[str, str], bytes], Problem | None]


def by_status(status: int, headers: Mapping[str, str], body: bytes) -> Problem | None:  # noqa: ARG001 - ErrorReader
    """No vendor knowledge: the status alone decides."""
    return None


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds to wait by a Retry-After header (seconds or a date), never negative; None without a usable one."""
    value = headers.get("retry-after", "").strip()
    if not value:
        return None
    if value.isascii() and value.replace(".", "", 1).isdigit():
        return min(float(value), MAX_RETRY_AFTER)
    moment = _http_date(value)
    if moment is None:
        return None
    # A date counts against the server's own clock where it tells it, so that skew does not matter.
    server = server_time(headers) or now
    return min(max(0.0, (moment - server).total_seconds()), MAX_RETRY_AFTER)


def server_time(headers: Mapping[str, str]) -> datetime | None:
    """The Date header as aware UTC, or None."""
    return _http_date(headers.get("date", ""))


def _http_date(value: str) -> datetime | None:
    try:
        moment = email.utils.parsedate_to_datetime(value)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def vendor_words(body: bytes) -> str:
    """The few words of a JSON error body that say what is wrong, cleaned, redacted and cut; "" when there are none.

    Only known keys are read, so nothing else of the body can reach a log.
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    words: list[str] = []
    for source in (data, *_first_error(data)):
        if isinstance(source, str):
            words.append(source)
        elif isinstance(source, dict):
            words += [
                str(source[key])
                for key in ("code", "error", "message", "Message", "field")
                if isinstance(source.get(key), str)
            ]
    text = clean(": ".join(dict.fromkeys(words)).replace("\n", " "))
    # Masked before it is cut: half a secret at the end would not be recognised any more.
    return clean(redact.redact(text), MAX_WORDS) or "" if text else ""


def unreadable(path: str, body: bytes, error: Exception) -> Problem:
    """What an answer is that is no JSON, or no whole page: a gateway's maintenance page, or something not known."""
    if isinstance(error, Incomplete):
        return ContractChanged(f"{path} answered with {error}.")
    if body[:64].lstrip().startswith(b"<"):
        return VendorDown(f"{path} answered with a web page instead of data.", detail=str(error))
    return ContractChanged(f"{path} answered with something that is not JSON.", detail=str(error))


def host_of(location: str) -> str:
    """The host that a Location header names, fit to be shown."""
    try:
        return clean(urlsplit(location).hostname, 80) or "elsewhere"
    except ValueError:
        return "elsewhere"


def _first_error(data: object) -> list[object]:
    errors = data.get("errors") if isinstance(data, dict) else None
    return errors[:1] if isinstance(errors, list) else []


def problem_by_status(path: str, status: int, headers: Mapping[str, str], said: str) -> Problem:
    """The problem that a status means where the vendor has no meaning of its own for it. `said`: its words."""
    if status in TRANSIENT:
        return VendorDown(f"{path} answered {status}{said}.")
    known: dict[int, Problem] = {
        401: CredentialsProblem(f"The vendor refuses the credentials: {path} answered 401{said}."),
        403: AccessProblem(f"{path} answered 403{said}."),
        404: RecordVanished(f"{path} answered 404{said}."),
    }
    if status in known:
        return known[status]
    if status // 100 == 3:  # noqa: PLR2004 - a redirect's class of statuses
        return ConfigProblem(
            f"{path} redirects to {host_of(headers.get('location', ''))}.",
            action="If that is the right address, set it as the account's base_url; credentials are not sent along.",
        )
    return ContractChanged(f"{path} answered {status}{said}.")


def outcome_of(status: int) -> str:
    """What a status is among requests that are counted: ok, throttled, refused, client-error or server-error."""
    if status in (401, 403):
        return "refused"
    if status == THROTTLED:
        return "throttled"
    return {2: "ok", 5: "server-error"}.get(status // 100, "client-error")
