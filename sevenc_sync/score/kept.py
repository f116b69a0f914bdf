"""What is made once and used again, up to a number: then what was not used for the longest time goes."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import TypeVar

MOST = (
    1024  # of one set of rules; judgement: twice what the built-in ones need for all that the console shows
)

Made = TypeVar("Made")


class Kept:
    """Things by key, at most `most` of them. Threads share it; two that miss the same key at once both make it."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._things: OrderedDict[Hashable, object] = OrderedDict()
        self._guard = Lock()

    def __len__(self) -> int:
        return len(self._things)

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """What is kept under the key, else what `make` gives, which is kept from then on. One key has one kind of thing."""
        with self._guard:
            if key in self._things:
                self._things.move_to_end(key)
                return self._things[key]  # type: ignore[return-value]  # the caller's key says what it is
        made = make()
        with self._guard:
            self._things[key] = made
            if len(self._things) > self._most:
                self._things.popitem(last=False)
        return made
