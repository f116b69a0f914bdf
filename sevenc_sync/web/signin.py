"""Signing in and out."""

import secrets

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from sevenc_sync.store.audit import write_audit
from sevenc_sync.store.users import (
    User,
    end_session,
    find_user,
    open_session,
    set_password,
    user_key,
)
from sevenc_sync.web.guard import COOKIE, LASTS, Form, Viewer, read_form
from sevenc_sync.web.passwords import digest, fits, hashed, is_dated, new_secret
from sevenc_sync.web.site import Site, site_of

log = structlog.get_logger("web")
routes = APIRouter()


def own_page(text: str) -> str:
    """An address within the console; anything else is the first page: a form must not lead elsewhere."""
    is_own = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if is_own else "/"


@routes.get("/login")
def login_page(request: Request, next: str = "/") -> Response:  # noqa: A002 - the name in the address
    """The form."""
    return site_of(request).page("login.html", None, after=own_page(next), name="")


@routes.post("/login")
async def login(request: Request) -> Response:
    """Look at a name and a password."""
    form = await read_form(request)
    return await run_in_threadpool(_login, request, form)


def _login(request: Request, form: dict[str, str]) -> Response:
    site = site_of(request)
    now = site.now()
    name, after = user_key(form.get("name", ""))[:100], own_page(form.get("next", "/"))
    address = "?" if request.client is None else request.client.host
    keys = (f"name {name}", f"address {address}")
    wait = site.throttle.waits(keys, now)
    if wait is not None:
        said = f"Too many wrong passwords. Try again in {wait.total_seconds():.0f} seconds."
        return site.page("login.html", None, status=429, said=said, after=after, name=name)
    with site.engine.store.read() as connection:
        user = find_user(connection, name)
    password = form.get("password", "")
    if not fits(password, None if user is None else user.password) or user is None:
        site.throttle.wrong(keys, now)
        log.warning("sign-in refused", name=name, address=address)
        if user is not None:
            with site.engine.store.write() as connection:
                write_audit(
                    connection, now, user.name, "sign-in-refused", user.name, detail={"from": address}
                )
        said = "That name and password do not belong together."
        return site.page("login.html", None, status=401, said=said, after=after, name=name)
    site.throttle.right(keys)
    return _signed_in(site, request, user, password, after)


def _signed_in(site: Site, request: Request, user: User, password: str, after: str) -> Response:
    now = site.now()
    secret = new_secret()
    with site.engine.store.write() as connection:
        if is_dated(user.password):
            set_password(connection, now, user, hashed(password), None)
        open_session(connection, now, user, digest(secret), secrets.token_urlsafe(24), now + LASTS)
    answer = RedirectResponse(after, 303)
    answer.set_cookie(
        COOKIE,
        secret,
        max_age=int(LASTS.total_seconds()),
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer


@routes.post("/logout")
def logout(request: Request, session: Viewer, form: Form) -> Response:  # noqa: ARG001 - they are checked
    """Sign out."""
    cookie = request.cookies.get(COOKIE, "")
    with site_of(request).engine.store.write() as connection:
        end_session(connection, digest(cookie))
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE)
    return answer
