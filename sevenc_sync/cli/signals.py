"""Ctrl-C and SIGTERM end work cleanly: the run stops after its page, waits end at once."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from sevenc_sync.cli.common import err

STOPS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stop_on_signals(stop: threading.Event, reload: Callable[[], object] | None = None) -> Iterator[None]:
    """Set `stop` at the first SIGINT or SIGTERM; a second SIGINT ends the program at once. SIGHUP calls `reload`.

    A Python handler alone would not do. It runs in the main thread between two of its steps: a signal that comes just
    before that thread falls asleep is not seen until it wakes, and setting an event there may wait for a lock that the
    same thread holds. So the interpreter writes the signal's number into a socket at once, and a thread reads it.
    """
    heard = 0

    def handle(number: int, _frame: FrameType | None) -> None:
        nonlocal heard
        heard += number != signal.SIGHUP
        if heard > 1 and number == signal.SIGINT:
            raise KeyboardInterrupt

    def pass_on(reader: socket.socket) -> None:
        while number := reader.recv(1):
            if number[0] == signal.SIGHUP and reload is not None and not stop.is_set():
                reload()
            if number[0] in STOPS and not stop.is_set():
                stop.set()
                if err.is_terminal:  # a service's log stays JSON
                    err.print("Stopping after the page in hand; press Ctrl-C again to stop at once.")

    reader, writer = socket.socketpair()
    with reader, writer:
        writer.setblocking(False)
        numbers = STOPS if reload is None else (*STOPS, signal.SIGHUP)
        watcher = threading.Thread(target=pass_on, args=(reader,), name="signals", daemon=True)
        watcher.start()
        before = {}
        # Before the handlers: one that is called while nothing reaches the thread would lose its signal.
        written_to = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        try:
            for number in numbers:
                before[number] = signal.signal(number, handle)
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(written_to)
            writer.shutdown(socket.SHUT_WR)
            watcher.join()
