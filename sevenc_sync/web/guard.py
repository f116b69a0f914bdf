"""Who may see and do what in the console: sessions, roles, tokens against forged requests, and headers."""

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated
from urllib.parse import parse_qsl, urlsplit

from fastapi import Depends, HTTPException, Request
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sevenc_sync.store.users import Role, Session, find_session
from sevenc_sync.web.passwords import digest
from sevenc_sync.web.site import Site, site_of

COOKIE = "sevenc_session"
LASTS = timedelta(hours=12)  # a working day, after which one signs in again
LONGEST_FORM = 64 * 1024  # bytes

# Nothing comes from elsewhere, nothing is inline, nobody may frame a page or send its forms elsewhere.
POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
}


class SignIn(Exception):
    """Nobody is signed in; the page is shown after it."""


class SecurityHeaders:
    """Adds the headers to every answer, and tells browsers to keep none of the pages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("Cache-Control", "no-store")
                if scope["scheme"] == "https":
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        await self._app(scope, receive, with_headers)


def session_of(request: Request, site: Annotated[Site, Depends(site_of)]) -> Session:
    """Who asks. Raises SignIn."""
    cookie = request.cookies.get(COOKIE)
    if cookie:
        with site.engine.store.read() as connection:
            found = find_session(connection, site.now(), digest(cookie))
        if found is not None:
            return found
    raise SignIn


Signed = Annotated[Session, Depends(session_of)]


def needs(role: Role) -> Callable[[Session], Session]:
    """A dependency: whoever asks has that role or a higher one."""

    def check(session: Signed) -> Session:
        if not session.user.may(role):
            raise HTTPException(403, f"That needs the role {role}; yours is {session.user.role}.")
        return session

    return check


Viewer = Annotated[Session, Depends(needs("viewer"))]
Manager = Annotated[Session, Depends(needs("manager"))]
Operator = Annotated[Session, Depends(needs("operator"))]


def is_own(request: Request) -> bool:
    """Whether a page of ours sent the form: browsers say where a form comes from."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


async def read_form(request: Request) -> dict[str, str]:
    """A form's fields, without blanks around. Raises HTTPException for one that is too large, foreign or no form."""
    if not is_own(request):
        raise HTTPException(403, "This form came from another site.")
    if not request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        raise HTTPException(415, "Expected a form.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            raise HTTPException(413, "That form is too large.")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=1000)
    except (ValueError, UnicodeDecodeError):
        raise HTTPException(400, "That form cannot be read.") from None
    return {name: value.strip() if name != "password" else value for name, value in pairs}


async def signed_form(request: Request, site: Annotated[Site, Depends(site_of)]) -> dict[str, str]:
    """The fields of a form of whoever is signed in; it must carry the session's own mark."""
    session = await run_in_threadpool(session_of, request, site)
    form = await read_form(request)
    if form.pop("csrf", "") != session.csrf:
        raise HTTPException(403, "This page is out of date; go back, reload it and try again.")
    return form


Form = Annotated[dict[str, str], Depends(signed_form)]
