"""Telling systemd how we are (sd_notify): one datagram to the socket that it names in the environment."""

import os
import socket
from dataclasses import dataclass

PATIENCE = 1.0  # seconds for a socket whose queue is full


@dataclass(frozen=True, slots=True)
class Notifier:
    """Where to send states; nothing is sent without an address."""

    address: str | None
    watchdog_seconds: float | None = None  # how often it wants to hear that we are alive; None: never

    @classmethod
    def of_process(cls) -> "Notifier":
        """The socket that systemd gave this process."""
        return cls(os.environ.get("NOTIFY_SOCKET"), _watchdog_seconds())

    def send(self, *lines: str) -> None:
        """Send the states in one message. A socket that nobody reads is not an error of ours."""
        if not self.address:
            return
        # An address that begins with @ is in the abstract namespace, which begins with a NUL.
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            channel.settimeout(PATIENCE)
            try:
                channel.connect(address)
                channel.sendall("\n".join(lines).encode())
            except OSError:
                return


def _watchdog_seconds() -> float | None:
    """Half of the time after which systemd takes us for dead, as it advises itself (sd_watchdog_enabled)."""
    given, meant = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID")
    if not given.isdigit() or int(given) == 0 or (meant is not None and meant != str(os.getpid())):
        return None
    return int(given) / 2_000_000
