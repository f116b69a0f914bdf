"""`/healthz`, `/readyz` and `/metrics`: for service managers, load balancers and Prometheus."""

from collections.abc import Callable, Mapping
from typing import Protocol

from anyio import CapacityLimiter, to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from sevenc_sync import __version__
from sevenc_sync.connect.redact import redact

NEVER_KEPT = {"Cache-Control": "no-store"}


class Watched(Protocol):
    """The daemon, as its health is asked for."""

    def checks(self) -> Mapping[str, str | None]:
        """What must be well before it works, by name: store, schema, scheduler. None: it is; a text: what is wrong."""
        ...


def health_routes(watched: Watched, metrics: Callable[[], tuple[bytes, str]] | None) -> list[Route]:
    """The three routes. `metrics` gives the text for Prometheus and its content type; None: there is no such route."""
    # Of their own, so that whoever watches us does not wait in line behind people who read pages.
    threads = CapacityLimiter(1)

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ok", "version": __version__}, headers=NEVER_KEPT)

    async def readyz(_request: Request) -> Response:
        told = await to_thread.run_sync(watched.checks, limiter=threads)
        checks = {name: "ok" if wrong is None else redact(wrong) for name, wrong in told.items()}
        ready = all(said == "ok" for said in checks.values())
        return JSONResponse(
            {"ready": ready, "checks": checks}, status_code=200 if ready else 503, headers=NEVER_KEPT
        )

    routes = [Route("/healthz", healthz, methods=["GET"]), Route("/readyz", readyz, methods=["GET"])]
    if metrics is None:
        return routes

    async def exposition(_request: Request) -> Response:
        body, media_type = await to_thread.run_sync(metrics, limiter=threads)
        return Response(body, headers=NEVER_KEPT | {"Content-Type": media_type})

    return [*routes, Route("/metrics", exposition, methods=["GET"])]
