"""The one module that speaks HTTP: limits, retries, Retry-After, size and scheme checks, counting.

Reads are retried. A write is not: whoever writes looks for the result first (see the note port).
"""

import codecs
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from copy import copy
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import urlencode

import msgspec

from sevenc_sync.clock import Clock
from sevenc_sync.connect import redact
from sevenc_sync.connect.addresses import below, same_server
from sevenc_sync.connect.answers import (
    THROTTLED,
    TRANSIENT,
    ErrorReader,
    by_status,
    host_of,
    outcome_of,
    problem_by_status,
    server_time,
    unreadable,
    vendor_words,
)
from sevenc_sync.connect.broken import why
from sevenc_sync.connect.errors import (
    ConfigProblem,
    ContractChanged,
    CredentialsProblem,
    Overloaded,
    Problem,
    Stopped,
    VendorDown,
)
from sevenc_sync.connect.exchange import Meter, Response
from sevenc_sync.connect.limits import Allowance, Bucket, Limits, Quota
from sevenc_sync.connect.pages import Malformed
from sevenc_sync.connect.retries import Retries, Retryable, RetryPolicy
from sevenc_sync.connect.rpc import Rpc
from sevenc_sync.connect.tokens import Token, Tokens

if TYPE_CHECKING:
    import httpx  # a twentieth of a second, which commands that ask no vendor need not spend

T = TypeVar("T")

MAX_BODY = 256 * 1024 * 1024


class Http:
    """A vendor's API at one base address, for one account. Use `close` or a with statement."""

    def __init__(
        self,
        client: "httpx.Client",
        *,
        base_url: str,
        bucket: Bucket,
        errors: ErrorReader,
        policy: RetryPolicy,
        clock: Clock,
        stop: threading.Event,
        meter: Meter,
        timeout: float = 90,
        params_of: Mapping[str, Mapping[str, str | int]] | None = None,
        tokens: Tokens | None = None,
        rpc: Rpc | None = None,
    ) -> None:
        self.base_url = base_url
        self.meter = meter
        self.quota: Quota | None = None  # as the vendor last told it, where it does; set by the connector
        self.allowance: Allowance | None = None  # what may be asked in all by that quota; set by who reads
        self.clock = clock
        self._client = client
        self._bucket = bucket
        self._errors = errors
        self._retries = Retries(policy, stop)
        self._stop = stop
        self._timeout = timeout
        self._params_of = params_of or {}
        self._tokens = tokens
        self._rpc = rpc

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections, and forget the access token."""
        self._client.close()
        if self._tokens is not None:
            self._tokens.close()

    def at(self, base_url: str) -> "Http":
        """The same client at another base address on the same host (found by discovery).

        Raises ContractChanged for another host: the credentials must not follow.
        """
        if not same_server(base_url, self.base_url):
            raise ContractChanged(f"Discovery points to another host: {host_of(base_url)}.")
        moved = copy(self)
        moved.base_url = base_url.rstrip("/")
        return moved

    @property
    def limits(self) -> Limits:
        """The pace that is kept, and the vendor's own limit in words."""
        return Limits(per_minute=self._bucket.per_minute, documented=self._bucket.documented)

    def pace(self, per_minute: float) -> None:
        """Ask so many times a minute from now on, by what the vendor told after we were let in."""
        self._bucket.pace(per_minute)

    def relative(self, address: str) -> str:
        """The path and query, below the base address, of a whole address that the vendor gave.

        Raises ContractChanged for another host or another API: the credentials must not follow.
        """
        return below(self.base_url, address)

    def get(
        self,
        path: str,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Response:
        """Read. Raises the kit's Problems."""
        return self.read(path, lambda response: response, params=params, headers=headers)

    def read(
        self,
        path: str,
        parse: Callable[[Response], T],
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        json_body: object = None,
        form: Mapping[str, str] | None = None,
        tries: int | None = None,
    ) -> T:
        """Read and parse, again from the start while the vendor is down or the body is no JSON (parse: Malformed).

        With `json_body` or a `form` the question is asked by POST, for vendors whose queries or tokens are. `tries`: so
        many at most, instead of the account's own number. Raises the kit's Problems.
        """
        method = "GET" if json_body is None and form is None else "POST"

        def once() -> T:
            response = self._send(
                method, path, params=params, headers=headers, json_body=json_body, form=form
            )
            try:
                return parse(response)
            except (Malformed, msgspec.DecodeError, UnicodeDecodeError) as error:
                raise Retryable(unreadable(path, response.body, error), "malformed answer") from error
            except RecursionError as error:
                raise ContractChanged(f"{path} answered with data nested without end.") from error
            except VendorDown as error:  # vendors that say so in an answer with status 200
                raise Retryable(error, "fault in a 200") from error

        return self._retries.call(once, self.meter, tries)

    def write(self, method: str, path: str, json_body: object = None) -> Response:
        """Create, change or delete: one try, no retry. Raises the kit's Problems."""
        try:
            return self._send(method, path, json_body=json_body)
        except Retryable as error:
            raise error.problem from error

    def _send(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str | int] | None = None,
        headers: Mapping[str, str] | None = None,
        json_body: object = None,
        form: Mapping[str, str] | None = None,
    ) -> Response:
        import httpx  # noqa: PLC0415 - see above

        if self.allowance is not None:
            self.allowance.take()
        wait = self._bucket.take()
        if wait > 0:
            self._retries.pause(self.meter, wait)
        if self._stop.is_set():
            raise Stopped("Stopped before the request.")
        with self.meter.lock:
            self.meter.requests += 1
        token = None if self._tokens is None else self._tokens.current()
        address, query, content, send_headers = self._call(path, params, json_body, form, token)
        send_headers = {**(headers or {}), **send_headers}
        try:
            with self._client.stream(
                method, address, params=query, headers=send_headers, content=content
            ) as answer:
                body = self._body(path, answer)
                found = {name.lower(): value for name, value in answer.headers.items()}
        except httpx.TimeoutException as error:
            self.meter.count("time-out")
            raise Retryable(
                VendorDown(f"{path} did not answer in time.", detail=repr(error)), "time-out"
            ) from error
        except httpx.RequestError as error:
            self.meter.count("connection")
            reason, action = why(error)
            down = VendorDown(
                f"{path}: the connection failed ({reason}).",
                action=action,
                detail=redact.redact(str(error)),
            )
            raise Retryable(down, "connection") from error
        except httpx.InvalidURL as error:
            raise ConfigProblem(f"The address of {path} is not valid.", detail=str(error)) from error
        body = body.removeprefix(codecs.BOM_UTF8)
        with self.meter.lock:
            self.meter.received_bytes += len(body)
        self.meter.count(outcome_of(answer.status_code))
        answered = Response(answer.status_code, found, body, server_time(found))
        problem = self._verdict(path, answered, token)
        if problem is not None:
            raise problem
        return answered

    def _call(
        self,
        path: str,
        params: Mapping[str, str | int] | None,
        json_body: object,
        form: Mapping[str, str] | None,
        token: str | None,
    ) -> tuple[str, Mapping[str, str | int] | None, bytes | None, dict[str, str]]:
        """The address, query, body and headers of a request."""
        query: dict[str, str | int] = {**self._params_of.get(path, {}), **(params or {})}
        if self._rpc is not None:
            content, headers = _content(self._rpc.question(path, query, json_body, token), None)
            return self.base_url + self._rpc.path, None, content, headers
        content, headers = _content(json_body, form)
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return self.base_url + path, query or None, content, headers

    def _verdict(self, path: str, answer: Response, token: str | None) -> Exception | None:
        """What is wrong with an answer; None for a good one."""
        if 200 <= answer.status < 300:  # noqa: PLR2004 (what HTTP calls success)
            problem: Exception | None = self._heard(answer.body)
            if isinstance(problem, VendorDown):
                return Retryable(problem, "fault in a 200")
        else:
            problem = self._problem(path, answer.status, answer.headers, answer.body)
        if isinstance(problem, CredentialsProblem) and self._ended(token):
            return Retryable(problem, "token at its end", 0.0)
        return problem

    def _heard(self, body: bytes) -> Problem | None:
        """The fault that an answer with status 200 tells, where a vendor's calls are such; takes the next token."""
        if self._rpc is None:
            return None
        problem, token = self._rpc.heard(body)
        if token is not None and self._tokens is not None:
            self._tokens.renew(token, self._rpc.token_lasts)
        return problem

    def _ended(self, token: str | None) -> bool:
        """Whether a refusal may be of the token alone, and another one is worth a try."""
        return token is not None and self._tokens is not None and self._tokens.refused(token)

    def _body(self, path: str, answer: "httpx.Response") -> bytes:
        if "," in answer.headers.get("content-encoding", ""):
            # Packed twice, a few hundred bytes become gigabytes in one step, before anybody can count them.
            raise ContractChanged(f"{path} answered with data that is packed more than once.")
        chunks: list[bytes] = []
        size = 0
        deadline = time.monotonic() + self._timeout
        for chunk in answer.iter_bytes():
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_BODY:
                raise ContractChanged(f"An answer is larger than {MAX_BODY // 2**20} MiB.")
            if self._stop.is_set():
                raise Stopped("Stopped while reading an answer.")
            if time.monotonic() > deadline:  # httpx's own limit begins anew with every byte
                raise Retryable(VendorDown(f"{path} did not end its answer in time."), "time-out")
        return b"".join(chunks)  # a buffer that grows costs a page twice the time

    def _problem(self, path: str, status: int, headers: Mapping[str, str], body: bytes) -> Exception:
        """The exception for an error answer: retryable, or the problem itself."""
        words = vendor_words(body)
        said = f' ("{words}")' if words else ""
        problem = self._errors(status, headers, body)
        text = f"{path} answered {status}: the vendor asks us to wait{said}."
        if isinstance(problem, Overloaded):
            return self._retries.throttled(text, status, headers, self.clock(), problem.wait_seconds)
        if problem is None:
            if status == THROTTLED or (status in TRANSIENT and "retry-after" in headers):
                return self._retries.throttled(text, status, headers, self.clock())
            problem = problem_by_status(path, status, headers, said)
        problem.status = status
        return Retryable(problem, str(status)) if isinstance(problem, VendorDown) else problem


def _content(json_body: object, form: Mapping[str, str] | None) -> tuple[bytes | None, dict[str, str]]:
    """The bytes to send, and the header that says what they are."""
    if form is not None:
        return urlencode(form).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    if json_body is None:
        return None, {}
    return msgspec.json.encode(json_body), {"Content-Type": "application/json; charset=utf-8"}


@cache
def _public_authorities() -> ssl.SSLContext:
    """The authorities that everybody trusts, read once: reading them takes longer than a request."""
    import httpx  # noqa: PLC0415 - see above

    return httpx.create_ssl_context()


class HttpFactory:
    """Makes an account's client with what the account's settings and the run say."""

    def __init__(
        self,
        *,
        clock: Clock,
        stop: threading.Event,
        meter: Meter | None = None,
        timeout: float = 90,
        ca_bundle: Path | None = None,
        proxy: str | None = None,
        policy: RetryPolicy | None = None,
        per_minute: float | None = None,
        user_agent: str = "sevenc-sync",
    ) -> None:
        self.meter = meter or Meter()
        self._clock = clock
        self._stop = stop
        self._timeout = timeout
        self._ca_bundle = ca_bundle
        self._proxy = proxy
        self._policy = policy or RetryPolicy()
        self._per_minute = per_minute
        self._user_agent = user_agent

    def __call__(
        self,
        base_url: str,
        *,
        limits: Limits,
        headers: Mapping[str, str] | None = None,
        basic: tuple[str, str] | None = None,
        errors: ErrorReader = by_status,
        params_of: Mapping[str, Mapping[str, str | int]] | None = None,
        token: Callable[[], Token] | None = None,
        rpc: Rpc | None = None,
    ) -> Http:
        """A client at `base_url`. Raises ConfigProblem when the CA bundle cannot be read or a header cannot be sent.

        `params_of` holds parameters that the account's settings add to every request of one exact path. `token` fetches
        an access token, with a client of its own: at once, and again when its time is up. With `rpc` paths are the names
        of methods. Raises what it raises.
        """
        import httpx  # noqa: PLC0415 - see above

        if basic:
            redact.register_basic(*basic)
        for name, value in (headers or {}).items():
            # Here, because the library's own error would repeat the value.
            if not (value.isascii() and value.isprintable() and value == value.strip()):
                raise ConfigProblem(
                    f"The value for the header {name} cannot be sent: only printable ASCII characters can be,"
                    " and no blank at its beginning or end."
                )
        try:
            verify = self._authorities(base_url)
        except OSError as error:
            raise ConfigProblem(
                f"The ca_bundle {self._ca_bundle} cannot be read: {error.strerror}."
            ) from error
        tokens = None if token is None else Tokens(token, self._clock)
        client = httpx.Client(
            auth=httpx.BasicAuth(*basic) if basic else None,
            headers={"User-Agent": self._user_agent, "Accept": "application/json", **(headers or {})},
            timeout=httpx.Timeout(self._timeout, connect=min(15.0, self._timeout)),
            follow_redirects=False,  # credentials must not follow to another host
            verify=verify,
            proxy=self._proxy,
            trust_env=False,  # a proxy is configured per account, not picked up from the environment
        )
        return Http(
            client,
            base_url=base_url.rstrip("/"),
            bucket=Bucket(
                limits if self._per_minute is None else replace(limits, per_minute=self._per_minute)
            ),
            errors=errors,
            policy=self._policy,
            clock=self._clock,
            stop=self._stop,
            meter=self.meter,
            timeout=self._timeout,
            params_of=params_of,
            tokens=tokens,
            rpc=rpc,
        )

    def _authorities(self, base_url: str) -> ssl.SSLContext:
        """Whom the account's connections trust. Raises OSError when the CA bundle cannot be read."""
        if self._ca_bundle:
            return ssl.create_default_context(cafile=self._ca_bundle)
        if base_url.startswith("http:") and not self._proxy:
            return ssl.SSLContext(
                ssl.PROTOCOL_TLS_CLIENT
            )  # nobody: no TLS is spoken with this machine itself
        return _public_authorities()
