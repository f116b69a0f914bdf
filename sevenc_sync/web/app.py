"""Everything that the daemon serves over HTTP, put together: one app for one listener."""

from collections.abc import Callable

from starlette.applications import Starlette

from sevenc_sync.web.health import Watched, health_routes


def make_app(watched: Watched, metrics: Callable[[], tuple[bytes, str]]) -> Starlette:
    """The app. Health and metrics need no sign-in: the listener is on loopback, and they name no client."""
    return Starlette(routes=health_routes(watched, metrics))
