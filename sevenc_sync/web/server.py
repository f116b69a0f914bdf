"""The daemon's one HTTP listener, in a thread of its own. What it serves is put together in `app`."""

import asyncio
import logging
import socket
import ssl
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, Self

import uvicorn
from anyio import to_thread
from starlette.types import ASGIApp

from sevenc_sync.web.proxies import BehindProxies

TICKS_A_SECOND = 10  # by which the library counts
AT_ONCE = (
    4  # pages that are made at the same time: more only take the processor from each other, and from a sync
)
ENDING_SECONDS = 5  # how long a stop waits for answers under way


class WebProblem(Exception):
    """The listener cannot be opened; the text says why and what to do."""


class Tls(NamedTuple):
    """A certificate and its key, both files in PEM."""

    certificate: Path
    key: Path


class _Uvicorn(uvicorn.Server):
    """Tells the thread that starts it when it listens, and wakes up once a second instead of ten times."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        to_thread.current_default_thread_limiter().total_tokens = AT_ONCE
        await super().startup(sockets)
        self.listening.set()

    async def main_loop(self) -> None:
        tick = 0
        while not await self.on_tick(tick):
            tick += TICKS_A_SECOND
            await asyncio.sleep(1)


class WebServer:
    """Serves an app at host and port (0: a free one) from `start` to `stop`, or within a with statement.

    With `proxies` (addresses) it is reached through them: see `BehindProxies`.

    Raises WebProblem when the address cannot be had.
    """

    def __init__(
        self, app: ASGIApp, host: str, port: int, tls: Tls | None = None, proxies: Sequence[str] = ()
    ) -> None:
        self._app = BehindProxies(app, proxies) if proxies else app
        self._tls = tls
        self._host, self._port = host, port
        self._socket: socket.socket | None = None
        self._server: _Uvicorn | None = None
        self._thread: threading.Thread | None = None

    @property
    def address(self) -> str:
        """`http://HOST:PORT` or `https://HOST:PORT`, without a slash at the end."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{'https' if self._tls else 'http'}://{host}:{self._port}"

    def start(self) -> None:
        """Bind the port and serve. Raises WebProblem."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        # With the protocol named asyncio turns Nagle's waiting off.
        self._socket = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((self._host, self._port))
        except OSError as error:
            self._socket.close()
            raise WebProblem(
                f"Nothing can listen at {self.address} ({error.strerror}). Change web.listen, or end what listens there."
            ) from error
        self._port = self._socket.getsockname()[1]
        config = uvicorn.Config(
            self._app,
            log_config=None,  # its warnings go where ours go
            log_level=logging.WARNING,
            access_log=False,
            lifespan="off",
            loop="asyncio",
            http="h11",
            ws="none",
            server_header=False,
            proxy_headers=False,  # see proxies.py
            ssl_certfile=None if self._tls is None else str(self._tls.certificate),
            ssl_keyfile=None if self._tls is None else str(self._tls.key),
            timeout_graceful_shutdown=ENDING_SECONDS,
        )
        try:
            config.load()
        except (OSError, ssl.SSLError) as error:
            self._socket.close()
            raise WebProblem(f"web.certificate or web.key cannot be used: {error}.") from error
        self._server = _Uvicorn(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="web", daemon=True
        )
        self._thread.start()
        while not self._server.listening.wait(1):
            if not self._thread.is_alive():
                raise WebProblem(f"The listener at {self.address} ended while it started; the log says why.")

    def stop(self) -> None:
        """End serving and give the port back."""
        if self._server is not None:
            self._server.should_exit = True
        if self._thread is not None:
            self._thread.join()
        if self._socket is not None:
            self._socket.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
