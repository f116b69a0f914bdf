"""Telling systemd how we are (sd_notify): one datagram to the socket that it names in the environment."""

import os
import socket
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Notifier:
    """Where to send states; nothing is sent without an address."""

    address: str | None

    @classmethod
    def of_process(cls) -> "Notifier":
        """The socket that systemd gave this process."""
        return cls(os.environ.get("NOTIFY_SOCKET"))

    def send(self, *lines: str) -> None:
        """Send the states in one message. A socket that nobody reads is not an error of ours."""
        if not self.address:
            return
        # An address that begins with @ is in the abstract namespace, which begins with a NUL.
        address = "\0" + self.address[1:] if self.address.startswith("@") else self.address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
            try:
                channel.connect(address)
                channel.sendall("\n".join(lines).encode())
            except OSError:
                return
