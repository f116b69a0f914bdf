"""A process that ends at one of its steps, for tests of what is left when it does."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, event

from sevenc_sync.store.database import Store


class Crash(BaseException):
    """The process is gone."""


@dataclass
class Fate:
    """Counts the steps of a process and ends it at one of them. `None`: never."""

    at: int | None
    steps: int = 0
    points: list[str] = field(default_factory=list)

    def step(self, what: str) -> None:
        """One more step; raises Crash at the last one and ever after."""
        self.steps += 1
        self.points.append(what)
        if self.at is not None and self.steps >= self.at:
            raise Crash(what)


class MortalStore(Store):
    """A store whose statements and commits are steps of a fate."""

    fate: Fate

    def __init__(self, engine: Any) -> None:
        super().__init__(engine)
        self.fate = Fate(None)
        event.listen(engine, "before_cursor_execute", self._statement)

    def _statement(self, _c: object, _cursor: object, statement: str, *_rest: object) -> None:
        self.fate.step(statement.split(" ", 1)[0])

    @contextmanager
    def write(self) -> Iterator[Connection]:
        with super().write() as connection:
            yield connection
            self.fate.step("before a commit")
        self.fate.step("after a commit")
