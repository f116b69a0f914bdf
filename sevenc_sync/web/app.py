"""Everything that is served over HTTP, put together: one app for one listener."""

from collections.abc import Callable

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.types import ASGIApp

from sevenc_sync.web.health import Watched, health_routes


def make_app(
    watched: Watched,
    metrics: Callable[[], tuple[bytes, str]] | None,
    console: ASGIApp | None = None,
) -> Starlette:
    """The app. Health needs no sign-in; metrics neither, and so they are None where other machines reach the listener."""
    rest = [] if console is None else [Mount("/", console)]
    return Starlette(routes=[*health_routes(watched, metrics), *rest])
