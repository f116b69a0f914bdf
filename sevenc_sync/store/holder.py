"""Who holds a piece of work: host, process and the process's start, so that a dead holder is known at once."""

import os
import socket
from pathlib import Path


def _started(pid: int) -> str | None:
    """The kernel's start time of a process, which tells it from a later one with the same number; None: no such one."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    return stat.rpartition(")")[2].split()[19]  # field 22 of proc(5); the name before it may hold anything


def this_holder() -> str:
    """This process."""
    return f"{socket.gethostname()}:{os.getpid()}:{_started(os.getpid()) or 0}"


def is_dead(holder: str) -> bool:
    """Whether the holder was a process on this machine that is no more. Another machine's is never known to be dead."""
    host, pid, started = holder.rsplit(":", 2)
    return host == socket.gethostname() and _started(int(pid)) != started
