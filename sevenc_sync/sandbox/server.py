"""Serves one simulated vendor over HTTP on loopback, keeps a log of calls, and lets faults spoil the answers."""

import asyncio
import logging
import re
import socket
import threading
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from email.utils import format_datetime
from http import HTTPStatus
from typing import Any

import msgspec
import uvicorn
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from sevenc_sync.sandbox.exchange import Answer, Call, Vendor, json_answer
from sevenc_sync.sandbox.faults import Delivery, Faults, parse_rules
from sevenc_sync.sandbox.tables import Key, Record

HOST = "127.0.0.1"
CONTROL = "/__sandbox__/"
BODILESS = frozenset({204, 304})


@dataclass(frozen=True, slots=True)
class Seen:
    """A call in the log; its credentials are not kept."""

    method: str
    path: str
    query: str
    status: int
    """The status sent."""


def _not_cut(record: logging.LogRecord) -> bool:
    """A `cut` fault is meant; any other complaint of the server is a defect of the sandbox and must be seen."""
    return "without completing response" not in record.getMessage()


class _Uvicorn(uvicorn.Server):
    """Tells the starting thread when it listens, and delayed answers when it ends."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.listening = threading.Event()
        self.ending = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.listening.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.ending.set()
        await super().shutdown(sockets)


class VendorServer:
    """One vendor's server. `port` 0 takes a free one. Start it before its address is of use."""

    def __init__(self, vendor: Vendor, port: int = 0) -> None:
        self.vendor = vendor
        self.faults = Faults()
        self._port = port
        self._seen: list[Seen] = []
        self._lock = threading.RLock()
        self._socket: socket.socket | None = None
        self._server: _Uvicorn | None = None
        self._thread: threading.Thread | None = None

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:PORT`, without a slash at the end."""
        return f"http://{HOST}:{self._port}"

    @property
    def requests(self) -> list[Seen]:
        """All calls since the start or the last `forget`, in order; those to the sandbox's own controls are left out."""
        with self._lock:
            return list(self._seen)

    def counts(self) -> Counter[tuple[str, str, int]]:
        """Calls by method, path and status sent."""
        return Counter((seen.method, seen.path, seen.status) for seen in self.requests)

    def forget(self) -> None:
        """Empties the log."""
        with self._lock:
            self._seen.clear()

    def edit(self, table: str, key: Key, **changes: Any) -> Record:
        """Changes fields of a record as a person at the vendor would; its time of change moves to the clock."""
        with self._lock:
            return self.vendor.edit(table, key, changes)

    def delete(self, table: str, key: Key) -> None:
        """Takes a record away at the vendor. KeyError if it is not there."""
        with self._lock:
            self.vendor.delete(table, key)

    def records(self, table: str) -> list[Record]:
        """All records of a table, as the vendor holds them."""
        with self._lock:
            return list(self.vendor.tables.rows(table).values())

    def notes(self) -> Mapping[int, list[Record]]:
        """Company id to the notes written on it; empty for a vendor without notes."""
        found: dict[int, list[Record]] = {}
        with self._lock:
            for company, note in self.vendor.notes():
                found.setdefault(company, []).append(note)
        return found

    def start(self) -> None:
        """Binds the port and serves from a thread of its own. Raises OSError if the port is taken."""
        self._socket = socket.socket(
            socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP
        )  # named, or asyncio leaves Nagle on
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((HOST, self._port))
        except OSError:
            self._socket.close()
            raise
        self._port = self._socket.getsockname()[1]
        config = uvicorn.Config(
            self._serve, log_config=None, interface="asgi3", log_level="error", access_log=False,
            lifespan="off", loop="asyncio", http="h11",
            ws="none", server_header=False, date_header=False, timeout_graceful_shutdown=1,
        )  # fmt: skip
        logging.getLogger("uvicorn.error").addFilter(_not_cut)
        self._server = _Uvicorn(config)
        self._thread = threading.Thread(
            target=self._server.run,
            kwargs={"sockets": [self._socket]},
            name=f"sandbox-{self.vendor.name}",
            daemon=True,
        )
        self._thread.start()
        while not self._server.listening.wait(1):
            if not self._thread.is_alive():
                raise RuntimeError(f"the sandbox server of {self.vendor.name} ended while it started")

    def ask_stop(self) -> None:
        """Begins the end; `stop` waits for it."""
        if self._server is not None:
            self._server.should_exit = True

    def stop(self) -> None:
        """Ends serving and gives the port back."""
        self.ask_stop()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
        }
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        query = dict(request.query_params)
        call = Call(request.method, request.url.path, query, headers, body, len(str(request.url)))
        if call.path.startswith(CONTROL):
            await self._send(send, call, Delivery(self._control(call)), self._date(0))
            return
        call = replace(call, path=self.vendor.path_of(call))
        with self._lock:
            self.vendor.begin(call)
        try:
            await self._respond(send, request, call)
        finally:
            with self._lock:
                self.vendor.end(call)

    async def _respond(self, send: Send, request: Request, call: Call) -> None:
        with self._lock:
            due = self.faults.due(call)
            refused = any(fault.refuses for fault in due)
            delivery = Delivery(
                self.vendor.error(HTTPStatus.SERVICE_UNAVAILABLE) if refused else self.vendor.answer(call)
            )
            if not self.faults.quiet:
                delivery = self.faults.deliver(call, self.vendor, delivery.answer, due, self.vendor.clock())
            self._seen.append(Seen(call.method, call.path, request.url.query, delivery.answer.status))
        await self._pause(delivery.delay)
        await self._send(send, call, delivery, self._date(delivery.skew))

    async def _pause(self, seconds: float) -> None:
        """Waits so long, but not beyond the end of the server."""
        if seconds > 0 and self._server is not None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._server.ending.wait(), seconds)

    async def _send(self, send: Send, call: Call, delivery: Delivery, date: str) -> None:
        answer = delivery.answer
        body = b"" if answer.status in BODILESS else answer.body
        headers = {"content-length": str(len(body)), "date": date, **answer.headers}
        if body:
            headers["content-type"] = answer.content_type
        if answer.status in BODILESS:
            del headers["content-length"]
        encoded = [
            (name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()
        ]
        await send({"type": "http.response.start", "status": answer.status, "headers": encoded})
        if call.method == "HEAD":
            body = b""
        if delivery.cut:  # the length promised is not kept, so the server ends the connection
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            return
        if delivery.trickle is not None:
            for place in range(len(body)):
                await send({"type": "http.response.body", "body": body[place : place + 1], "more_body": True})
                await self._pause(delivery.trickle)
            body = b""
        await send({"type": "http.response.body", "body": body})

    def _date(self, skew: float) -> str:
        return format_datetime(self.vendor.clock() + timedelta(seconds=skew), usegmt=True)

    def _control(self, call: Call) -> Answer:
        name = call.path.removeprefix(CONTROL)
        match call.method, name:
            case "GET", "requests":
                log = self.requests
                counts = Counter(f"{seen.method} {seen.path}" for seen in log)
                return json_answer(
                    {"count": len(log), "by_path": dict(counts), "log": [asdict(seen) for seen in log]}
                )
            case "DELETE", "requests":
                self.forget()
                return Answer(204)
            case "GET", "faults":
                return json_answer(self.faults.rules())
            case "DELETE", "faults":
                self.faults.clear()
                return Answer(204)
            case "POST", "faults":
                return self._arm(call.body)
        return json_answer({"message": "no such control"}, 404)

    def _arm(self, body: bytes) -> Answer:
        try:
            clear, rules = parse_rules(body)
            if clear:
                self.faults.clear()
            return json_answer({"numbers": [self.faults.arm(rule) for rule in rules]}, 201)
        except (msgspec.MsgspecError, re.error) as error:
            return json_answer({"message": str(error)}, 400)
