"""The JSON API: what it says, to whom, and that nothing sent to it upsets it."""

import json
import urllib.error
import urllib.request
from datetime import timedelta
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.result import Ok

from sevenc_sync.clock import utc_now
from sevenc_sync.score import load_results
from sevenc_sync.store.users import add_token, find_user
from sevenc_sync.web.passwords import digest, new_token


def ask(console: Any, path: str, token: str | None = None, **headers: str) -> tuple[int, Any, Any]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    if token is not None:
        named["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(f"{console.address}/api/v1{path}", headers=named)  # noqa: S310 - our own server
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - the same
            return answer.status, json.loads(answer.read()), answer.headers
    except urllib.error.HTTPError as error:
        with error:
            body = error.read()
            return error.code, json.loads(body) if body else None, error.headers


def test_a_token_opens_what_its_scope_says(console: Any) -> None:
    assert ask(console, "/clients")[0] == 401
    assert ask(console, "/clients", "7c_made_up")[0] == 401
    assert ask(console, "/clients", console.syncs_token)[0] == 403
    assert ask(console, "/runs", console.token)[0] == 403
    assert ask(console, "/runs", console.syncs_token)[0] == 200


def test_clients_are_paged_and_say_what_the_store_says(console: Any) -> None:
    results = load_results(console.engine.store, console.engine.rules)
    _, first, _ = ask(console, "/clients?limit=2", console.token)
    _, second, _ = ask(console, "/clients?limit=2&offset=2", console.token)
    assert first["total"] == len(results)
    found = [(item["name"], item["score"]) for item in first["items"] + second["items"]]
    assert found == [(item.name, item.score) for item in results[:4]]


def test_every_list_is_paged(console: Any) -> None:
    number = load_results(console.engine.store, console.engine.rules)[0].client
    mine = [f"/clients/{number}/{name}" for name in ("indicators", "history", "plan")]
    tokens = dict.fromkeys(["/clients", "/scores", "/services", *mine], console.token)
    tokens |= dict.fromkeys(["/runs", "/streams"], console.syncs_token)
    for path, token in tokens.items():
        _, every, _ = ask(console, f"{path}?limit=1000", token)
        assert every["total"] == len(every["items"]), path
        _, some, headers = ask(console, f"{path}?limit=1&offset=1", token)
        assert (some["total"], some["offset"], some["items"]) == (every["total"], 1, every["items"][1:2]), (
            path
        )
        assert ask(console, f"{path}?limit=1&offset=1", token, If_None_Match=headers["ETag"])[0] == 304, path


def test_levels_of_all_clients_come_in_one_list(console: Any) -> None:
    (first, *_) = load_results(console.engine.store, console.engine.rules)
    _, found, _ = ask(console, "/scores?limit=1000", console.token)
    mine = {item["slug"]: item["level"] for item in found["items"] if item["client"] == first.client}
    assert mine == {part.slug: part.level for part in (*first.blocks, *first.areas)}


def test_a_token_ends(console: Any) -> None:
    token = new_token()
    now = utc_now()
    with console.engine.store.write() as connection:
        vera = find_user(connection, "vera")
        assert vera is not None
        for name, until in (("over", now), ("good", now + timedelta(days=1))):
            add_token(
                connection, now, vera, digest(token + name), name=name, scopes=["scores"], until=until, by="t"
            )
    assert ask(console, "/clients", token + "over")[0] == 401
    assert ask(console, "/clients", token + "good")[0] == 200


def test_what_has_not_changed_is_not_sent_again(console: Any) -> None:
    number = load_results(console.engine.store, console.engine.rules)[0].client
    for path in (
        f"/clients/{number}",
        f"/clients/{number}/indicators",
        f"/clients/{number}/history",
        "/services",
    ):
        status, _, headers = ask(console, path, console.token)
        assert status == 200
        assert ask(console, path, console.token, If_None_Match=headers["ETag"])[0] == 304
        assert ask(console, path, console.token, If_None_Match='"another"')[0] == 200


def test_nothing_that_is_sent_upsets_it(console: Any) -> None:
    schema = schemathesis.openapi.from_url(f"{console.address}/api/v1/openapi.json")
    operations = [found.ok() for found in schema.get_all_operations() if isinstance(found, Ok)]
    assert len(operations) >= 9
    for operation in operations:
        is_sync = operation.path in ("/runs", "/streams")
        _try(operation, console.syncs_token if is_sync else console.token)


def _try(operation: Any, token: str) -> None:
    @settings(
        max_examples=6, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy())
    def holds(case: Any) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {token}"})

    holds()


@pytest.mark.parametrize("path", ["/clients/0", "/clients/x", "/clients?limit=0", "/clients?offset=-1"])
def test_what_cannot_be_read_is_refused(console: Any, path: str) -> None:
    assert ask(console, path, console.token)[0] == 422
