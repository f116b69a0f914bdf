"""What pages ask the store: as much of a large client as of a small one."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event

from sevenc_sync.score import load_results
from tests.web.conftest import Client

# Judgement: a tenth above what they are. A client's page asks for the records of each step of its plan, one statement a step.
MOST = {
    "/": 8,
    "/clients/{}": 110,
    "/clients/{}/why/continuous.backup-management": 38,
    "/msp": 10,
    "/outbox": 60,
    "/matching": 12,
    "/syncs": 18,
    "/audit": 5,
}


@contextmanager
def counted(engine: Any) -> Iterator[list[str]]:
    """The statements that the store is asked meanwhile."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if not sql.startswith("BEGIN"):
            found.append(sql)

    event.listen(engine, "before_cursor_execute", note)
    yield found
    event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("path", MOST)
def test_a_page_asks_no_more_than_so_many_statements(console: Any, client: Client, path: str) -> None:
    client.sign_in("vera")
    numbers = [result.client for result in load_results(console.engine.store, console.engine.rules)]
    asked = {}
    for number in numbers[:4] if "{}" in path else [0]:
        with counted(console.engine.store.engine) as statements:
            assert client.ask(path.format(number))[0] == 200
        asked[number] = len(statements)
    assert max(asked.values()) <= MOST[path], asked
