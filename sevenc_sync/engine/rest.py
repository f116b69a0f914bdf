"""Giving memory back: what reading and scoring took is not needed while nothing is to be done."""

import ctypes
import gc
from contextlib import suppress

from sevenc_sync.store.database import Store

M_ARENA_MAX = -8  # of mallopt(3)
ARENAS = 2  # glibc would give each thread one of its own, and they seldom shrink


def few_arenas() -> None:
    """Let all threads share what the C library takes from the system; to be called before they begin."""
    with suppress(OSError, AttributeError):  # another C library has neither
        _libc().mallopt(M_ARENA_MAX, ARENAS)


def give_back(store: Store) -> None:
    """Close connections that nobody uses, with their page caches, and return what is free to the system."""
    store.rest()
    gc.collect()
    with suppress(OSError, AttributeError):
        _libc().malloc_trim(0)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None)  # the process itself, which has the library in it
