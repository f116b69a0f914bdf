"""Credentials stay with the vendor: no other host gets them, and nobody who repeats them makes us show them."""

import io
import json
import logging
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import structlog

from sevenc_sync.connect.connector import Connector
from sevenc_sync.registry import connectors
from sevenc_sync.sandbox.exchange import Answer, Call, json_answer
from tests.conformance.arms import keys_of_times
from tests.conformance.conftest import Begin
from tests.conformance.source import Bench, Source, leaks, spoil_answers

NAMES = sorted(connectors())


def all_streams(bench: Bench) -> list[str]:
    return [stream.name for stream in bench.source.connector.streams]


def echo(source: Source) -> Callable[[int], Answer]:
    """Error answers that repeat every secret, as a vendor might send who logs what he gets."""
    words = "refused: " + " ".join(source.access.secrets.values())
    body = {"code": words, "message": words, "error": words, "errors": [words, {"message": words}]}

    def error(status: int) -> Answer:
        return json_answer(body, status)

    return error


@pytest.mark.parametrize("name", NAMES)
def test_the_search_for_leaks_finds_one(begin: Begin, name: str) -> None:
    source = begin(name).source
    assert leaks(source, b"nothing of ours") == []
    for field, value in source.access.secrets.items():
        assert field in leaks(source, f"before {value} behind".encode())


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
@pytest.mark.parametrize("name", NAMES)
def test_a_vendor_that_repeats_our_credentials_does_not_make_us_show_them(
    begin: Begin, name: str, status: int, log_lines: io.StringIO
) -> None:
    bench = begin(name)
    source = bench.source
    source.server.vendor.error = echo(source)  # type: ignore[method-assign,assignment]  # this one object's
    source.server.faults.add("status", path=source.facts[all_streams(bench)[0]].paths, status=status)
    result = bench.read(all_streams(bench)[0])
    assert result.state != "ok"
    shown = [str(value) for value in (result.error, result.action, result.problem and result.problem.detail)]
    assert leaks(source, "\n".join([*shown, log_lines.getvalue()]).encode()) == []
    assert "stream run" in log_lines.getvalue()


@pytest.mark.parametrize("name", NAMES)
def test_a_record_that_holds_our_credentials_is_held_without_showing_them(
    begin: Begin, sources: Callable[[str], Source], name: str, log_lines: io.StringIO
) -> None:
    stream = first_with_a_time(connectors()[name], sources(name))
    bench = begin(name, before=stream)
    source = bench.source
    for key in keys_of_times(json.loads(source.facts[stream].records[0])):
        source.server.faults.add(
            "mutate",
            path=f"^{source.facts[stream].first_path}$",
            key=key,
            value=" ".join(source.access.secrets.values()),
        )
    assert bench.read(stream).held > 0
    reasons = [f"{line['path']} {line['reason']}" for line in bench.held()]
    assert leaks(source, "\n".join([*reasons, log_lines.getvalue()]).encode()) == []
    # The record itself is kept as it came: it is the vendor's, not a place where we would write a secret.
    source.discard_bench()


def first_with_a_time(connector: Connector, source: Source) -> str:
    """A stream whose first record holds a time, which is read as one."""
    return next(
        stream.name
        for stream in connector.streams
        if keys_of_times(json.loads(source.facts[stream.name].records[0]))
    )


def elsewhere_in(source: Source) -> Callable[[Call, Answer], Answer]:
    """Every address of the vendor's own in an answer leads elsewhere."""
    own, other = (urlsplit(address).netloc for address in (source.server.base_url, source.elsewhere.address))

    def change(_call: Call, answer: Answer) -> Answer:
        headers = {name: value.replace(own, other) for name, value in answer.headers.items()}
        return replace(answer, body=answer.body.replace(own.encode(), other.encode()), headers=headers)

    return change


@pytest.mark.parametrize("name", NAMES)
def test_addresses_that_lead_elsewhere_are_not_followed(begin: Begin, name: str) -> None:
    bench = begin(name)
    spoil_answers(bench.source.server, elsewhere_in(bench.source))
    results = bench.run(*all_streams(bench))
    assert results
    assert bench.source.elsewhere.received == []


@pytest.mark.parametrize("name", NAMES)
def test_a_way_in_that_redirects_elsewhere_takes_nothing_there(begin: Begin, name: str) -> None:
    bench = begin(name)
    bench.source.server.faults.add("redirect", location=f"{bench.source.elsewhere.address}/taken")
    results = bench.run(*all_streams(bench))
    assert {result.state for result in results} == {"failed"}
    assert bench.source.server.requests
    assert bench.source.elsewhere.received == []


@pytest.mark.parametrize("name", NAMES)
def test_the_loudest_log_of_a_whole_round_shows_no_secret(
    begin: Begin, name: str, log_lines: io.StringIO
) -> None:
    bench = begin(name)
    account = bench.account()
    results = bench.run(*all_streams(bench))
    assert {result.state for result in results} == {"ok"}
    structlog.get_logger("test").info("account", settings=account.settings, account=account)
    logging.getLogger("httpx").warning("settings %r", account.settings)
    assert leaks(bench.source, log_lines.getvalue().encode()) == []
    assert leaks(bench.source, repr((bench.source.access, account)).encode()) == []
    assert "SecretStr" in log_lines.getvalue()
