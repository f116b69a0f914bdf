"""SIGKILL in the middle of a real sync over a real socket: the next one goes on at once and ends with the same store."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from sevenc_sync.store.accounts import ensure_account
from sevenc_sync.store.database import Store
from sevenc_sync.store.migrate import upgrade
from sevenc_sync.store.tables import run
from tests.store.conftest import rows_of
from tests.sync.conftest import Answer, Request, Vendor, a_vendor, picture

HERE = Path(__file__).parent
ROOT = HERE.parent.parent


@contextmanager
def served(vendor: Vendor) -> Iterator[str]:
    """The vendor on loopback; gives its address."""
    one_at_a_time = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            with one_at_a_time:
                answer = vendor.answer(Request(parts.path, dict(parse_qsl(parts.query))))
            try:
                self.send_response_only(answer.status)
                for name, value in {**answer.headers, "Content-Length": str(len(answer.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(answer.body)
            except OSError:
                self.close_connection = True  # whoever asked was killed

        def log_message(self, *_args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def start(address: str, base_url: str) -> subprocess.Popen[str]:
    """A process that reads everything."""
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, HERE / "killed_child.py", address, base_url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def read_everything(address: str, base_url: str) -> str:
    """Let a process read everything; gives what it says."""
    with start(address, base_url) as process:
        out, err = process.communicate()
        assert process.returncode == 0, err
    return out


def killer(at: int, process: Callable[[], subprocess.Popen[str]]) -> Callable[[Request], Answer | None]:
    """Kills the process while it waits for the answer to its request number `at`."""
    count = 0

    def before(_request: Request) -> None:
        nonlocal count
        count += 1
        if count == at:
            process().send_signal(signal.SIGKILL)

    return before


@pytest.fixture
def new_store(tmp_path: Path) -> Callable[[str], str]:
    """Makes an empty store of the given name; gives its address."""

    def make(name: str) -> str:
        address = f"sqlite:///{tmp_path / name}.db"
        with Store.open(address) as store:
            upgrade(store)
            ensure_account(store, "psa", "test")
        return address

    return make


@pytest.mark.parametrize("at", [1, 2, 5, 8, 11])
def test_the_next_run_goes_on_at_once_and_ends_with_the_same_store(
    new_store: Callable[[str], str], at: int
) -> None:
    vendor = a_vendor()
    with served(vendor) as base_url:
        undisturbed = new_store("undisturbed")
        assert read_everything(undisturbed, base_url) == "ok ok ok"
        asked = len(vendor.requests)
        assert at < asked
        vendor.requests.clear()

        disturbed = new_store("disturbed")
        started: list[subprocess.Popen[str]] = []
        ready = threading.Event()

        def process() -> subprocess.Popen[str]:
            ready.wait()
            return started[0]

        vendor.before = killer(at, process)
        with start(disturbed, base_url) as victim:
            started.append(victim)
            ready.set()
            victim.communicate()
            assert victim.returncode == -signal.SIGKILL
        assert len(vendor.requests) == at

        vendor.before = lambda _request: None
        # No lease is waited for: a stream that is still held would be "busy".
        assert read_everything(disturbed, base_url) == "ok ok ok"
    with Store.open(undisturbed) as one, Store.open(disturbed) as other:
        assert picture(other) == picture(one)
        with other.read() as connection:
            states = [row["state"] for row in rows_of(connection, run)]
    assert states.count("lost") == 1
    assert states.count("running") == 0
