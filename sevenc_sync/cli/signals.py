"""Ctrl-C and SIGTERM end work cleanly: the run stops after its page, waits end at once."""

import queue
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from sevenc_sync.cli.common import err


@contextmanager
def stop_on_signals(stop: threading.Event) -> Iterator[None]:
    """Set `stop` at the first SIGINT or SIGTERM; a second SIGINT ends the program at once."""
    # A handler interrupts the main thread anywhere, so it may not take a lock that this thread could hold: setting the
    # event there could wait for itself. The queue's put is made for handlers; a thread does the rest.
    caught: queue.SimpleQueue[int | None] = queue.SimpleQueue()

    def handle(number: int, _frame: FrameType | None) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        caught.put(number)

    def pass_on() -> None:
        if caught.get() is not None:
            stop.set()
            if err.is_terminal:  # a service's log stays JSON
                err.print("Stopping after the page in hand; press Ctrl-C again to stop at once.")

    watcher = threading.Thread(target=pass_on, name="signals", daemon=True)
    watcher.start()
    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        caught.put(None)
        watcher.join()
