"""The operator console as one app: pages, static files, the JSON API."""

from pathlib import Path

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException as AnyHTTPException
from starlette.staticfiles import StaticFiles

from sevenc_sync.engine.local import Engine
from sevenc_sync.web import clients, decide, house, signin, syncs
from sevenc_sync.web.api import make_api
from sevenc_sync.web.guard import SecurityHeaders, SignIn, session_of
from sevenc_sync.web.site import Site

STATIC = Path(__file__).with_name("static")


def make_console(engine: Engine, *, is_daemon: bool = False) -> FastAPI:
    """The console over an engine; with `is_daemon` readings go on by themselves."""
    app = FastAPI(title="sevenc-sync", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.site = Site(engine, is_daemon=is_daemon)
    app.add_middleware(SecurityHeaders)
    for part in (signin, clients, decide, syncs, house):
        app.include_router(part.routes)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    app.mount("/api/v1", make_api(app.state.site))
    app.add_exception_handler(SignIn, _to_sign_in)
    app.add_exception_handler(AnyHTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _unreadable)
    return app


def _to_sign_in(request: Request, _error: Exception) -> Response:
    after = request.url.path if request.method == "GET" else "/"
    return RedirectResponse("/login" + (f"?next={after}" if after != "/" else ""), 303)


def _refused(request: Request, error: Exception) -> Response:
    if not isinstance(error, AnyHTTPException):
        raise error
    site: Site = request.app.state.site
    try:
        session = session_of(request, site)
    except SignIn:
        session = None
    return site.page("refused.html", session, status=error.status_code, what=str(error.detail))


def _unreadable(request: Request, _error: Exception) -> Response:
    return _refused(
        request, HTTPException(422, "That address cannot be read: a number in it is none, or out of range.")
    )
