"""Behind a proxy that does TLS: whose word counts, and that nobody comes past it in the open."""

from collections.abc import Collection
from ipaddress import IPv6Address, ip_address

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

PROBES = ("/healthz", "/readyz")  # what a load balancer asks by itself; they hold no secret
PAST = "This address answers the proxies in web.trusted_proxies alone: passwords would cross the network in the open. Use the proxy's https address."
OPEN = "The proxy was asked over plain http: passwords would cross the network in the open. Use its https address."


class BehindProxies:
    """An app that others reach through these proxies (addresses), which speak TLS to the outside.

    What they say of who asks, and how, is believed. Whoever comes past them over plain HTTP from another machine is refused, and
    so is whoever came to them over plain HTTP where they say so.
    """

    def __init__(self, app: ASGIApp, proxies: Collection[str]) -> None:
        self._proxies = {str(ip_address(proxy)) for proxy in proxies}
        self._app: ASGIApp = ProxyHeadersMiddleware(app, sorted(self._proxies))  # type: ignore[arg-type, assignment]  # uvicorn has types of its own for the same

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["scheme"] == "https":
            await self._app(scope, receive, send)
            return
        host, port = scope["client"]
        peer = ip_address(host)
        if isinstance(peer, IPv6Address) and peer.ipv4_mapped is not None:
            # One socket for both families: a proxy that is named by its IPv4 address comes as ::ffff:10.0.0.5.
            peer = peer.ipv4_mapped
        is_proxy = str(peer) in self._proxies
        refusal = None
        if not is_proxy and not peer.is_loopback:
            refusal = PAST
        elif is_proxy and Headers(scope=scope).get("x-forwarded-proto", "https").strip() == "http":
            refusal = OPEN
        if refusal is not None and scope["path"] not in PROBES:
            await PlainTextResponse(f"{refusal}\n", 403)(scope, receive, send)
            return
        await self._app({**scope, "client": (str(peer), port)}, receive, send)
