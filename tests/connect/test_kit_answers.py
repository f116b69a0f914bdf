import json
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync.connect import redact
from sevenc_sync.connect.answers import (
    MAX_RETRY_AFTER,
    MAX_WORDS,
    host_of,
    retry_after,
    server_time,
    vendor_words,
)

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30),
        ({"retry-after": " 1.5 "}, 1.5),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "Sun, 22 Nov 2026 19:31:00 GMT"}, 60),
        ({"retry-after": "Sun, 22 Nov 2026 19:29:00 GMT"}, 0),
        ({"retry-after": "Sun, 22 Nov 2026 19:31:00 GMT", "date": "Sun, 22 Nov 2026 19:30:50 GMT"}, 10),
        ({"retry-after": "99999999999999999999"}, MAX_RETRY_AFTER),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 GMT"}, MAX_RETRY_AFTER),
        ({"retry-after": ""}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "²"}, None),
        ({}, None),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(
    headers: Mapping[str, str], seconds: float | None
) -> None:
    assert retry_after(headers, NOW) == seconds


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_retry_after_and_date_can_be_read(value: str, date: str) -> None:
    wait = retry_after({"retry-after": value, "date": date}, NOW)
    assert wait is None or 0 <= wait <= MAX_RETRY_AFTER


def test_the_servers_time_is_aware_and_in_utc() -> None:
    assert server_time({"date": "Sun, 22 Nov 2026 20:30:00 +0100"}) == NOW
    assert server_time({"date": "Sun, 22 Nov 2026 19:30:00 -0000"}) == NOW


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 31 Dec 9999 23:59:59 -1200"])
def test_a_date_that_is_none_gives_no_time(date: str) -> None:
    assert server_time({"date": date}) is None


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"code": "Security", "message": "No permission."}, "Security: No permission."),
        ({"error": "ConnectWiseAPI", "message": "Too many requests."}, "ConnectWiseAPI: Too many requests."),
        (
            {"code": "InvalidObject", "errors": [{"code": "NotFound", "field": "company/id"}]},
            "InvalidObject: NotFound: company/id",
        ),
        ({"code": "A", "message": "A"}, "A"),
        ({"code": "A", "errors": None}, "A"),
        ({"Message": "The method GET is not supported."}, "The method GET is not supported."),
        ({"errors": ["First words.", "Second words."]}, "First words."),
        ({"message": "two\nlines\x00"}, "two lines"),
        ({"message": {"nested": "x"}, "code": 7}, ""),
        ("a text alone", "a text alone"),
        ([], ""),
        (None, ""),
    ],
)
def test_the_vendors_words_are_those_of_its_known_keys(body: object, words: str) -> None:
    assert vendor_words(json.dumps(body).encode()) == words


@pytest.mark.parametrize("body", [b"", b"<html>secret</html>", b"\xff\xfe", b"[" * 100_000])
def test_a_body_that_is_no_json_gives_no_words(body: bytes) -> None:
    assert vendor_words(body) == ""


KNOWN = {"code", "error", "message", "Message", "field", "errors"}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
        max_leaves=12,
    ).filter(lambda body: not isinstance(body, str))
)
def test_nothing_of_an_unknown_key_ever_shows(noise: object) -> None:
    def marked(value: object, *, hidden: bool) -> object:
        """The same body with every text under an unknown key replaced by a mark."""
        if isinstance(value, dict):
            return {key: marked(inner, hidden=hidden or key not in KNOWN) for key, inner in value.items()}
        if isinstance(value, list):
            return [marked(inner, hidden=hidden) for inner in value]
        return "HIDDEN" if hidden and isinstance(value, str) else value

    body = {"payload": noise, "message": "visible", "errors": [marked(noise, hidden=True)]}
    assert "HIDDEN" not in vendor_words(json.dumps(marked(body, hidden=False)).encode())
    assert "visible" in vendor_words(json.dumps(body).encode())


@given(st.integers(0, 200))
def test_a_secret_at_the_cut_does_not_show_its_beginning(lead: int) -> None:
    redact._secrets.clear()
    redact.register("TOP-SECRET-VALUE")
    words = vendor_words(json.dumps({"message": "x" * lead + " TOP-SECRET-VALUE"}).encode())
    assert "TOP" not in words
    assert len(words) <= MAX_WORDS


def test_the_host_of_a_location_is_shown_without_its_credentials() -> None:
    assert host_of("https://user:pw@other.test:8443/x") == "other.test"
    assert host_of("//other.test/x") == "other.test"
    assert host_of("/x") == host_of("https://[broken") == "elsewhere"
