"""The one listener, as the configuration wants it."""

from collections.abc import Callable
from ipaddress import ip_address

from starlette.types import ASGIApp

from sevenc_sync.config import Configuration
from sevenc_sync.sections import listen_at
from sevenc_sync.web.app import make_app
from sevenc_sync.web.health import Watched
from sevenc_sync.web.server import Tls, WebServer

DEFAULT = "127.0.0.1:7077"


def listener(
    config: Configuration,
    watched: Watched,
    metrics: Callable[[], tuple[bytes, str]],
    console: ASGIApp,
    listen: str | None = None,
) -> WebServer:
    """A server that is not started yet, at `listen`, else where the configuration says, else on loopback.

    Metrics are only served to this machine: they need no sign-in.
    """
    web = config.settings.web
    host, port = listen_at(listen or web.listen or DEFAULT)
    folder = config.path.parent
    tls = (
        None
        if web.certificate is None or web.key is None
        else Tls(folder / web.certificate, folder / web.key)
    )
    app = make_app(watched, metrics if ip_address(host).is_loopback else None, console)
    return WebServer(app, host, port, tls, web.trusted_proxies)
