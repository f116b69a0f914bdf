"""Connections that fail: the operator hears where to look."""

import socket
import ssl

import httpx
import pytest

from sevenc_sync.connect.broken import UNTRUSTED, why
from sevenc_sync.connect.errors import VendorDown
from sevenc_sync.connect.http import HttpFactory
from sevenc_sync.connect.limits import Limits
from sevenc_sync.connect.retries import RetryPolicy


def untrusted() -> ssl.SSLCertVerificationError:
    error = ssl.SSLCertVerificationError(1, "certificate verify failed")
    error.verify_message = "self-signed certificate"
    return error


@pytest.mark.parametrize(
    ("cause", "words", "action"),
    [
        (untrusted(), "its certificate is not trusted: self-signed certificate", UNTRUSTED),
        (ConnectionRefusedError(), "nothing listens at this address", None),
        (socket.gaierror(), "its name is not known here", None),
        (ssl.SSLError(1, "wrong version number"), "no TLS connection", None),
        (ValueError("secret-1"), "ConnectError", None),
    ],
)
def test_what_lies_behind_a_failed_connection_is_told(
    cause: Exception, words: str, action: str | None
) -> None:
    between = OSError("of the library")
    between.__context__ = cause
    fault = httpx.ConnectError("no")
    fault.__cause__ = between
    told, what_to_do = why(fault)
    assert told.startswith(words)
    assert what_to_do == action


def test_a_port_where_nobody_listens_is_told(factory: HttpFactory) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}"
        with factory(address, limits=Limits(per_minute=100_000)) as http:
            with pytest.raises(VendorDown, match="nothing listens at this address") as caught:
                http.get("/list")
            assert http.meter.requests == RetryPolicy().attempts
    assert "the next run tries again" in caught.value.action
