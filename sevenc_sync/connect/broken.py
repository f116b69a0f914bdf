"""Why a connection failed, in words that tell an operator where to look: a certificate, a name, a port, or the network."""

import socket
import ssl
from collections.abc import Iterator

UNTRUSTED = (
    "If the server is your own, give its authority's certificate as the account's ca_bundle. If it is the vendor's,"
    " something stands between you and the vendor, or the vendor's certificate has ended."
)


def why(error: BaseException) -> tuple[str, str | None]:
    """What broke a connection, and what to do about it where that is not simply to wait.

    Nothing of the request is repeated: only the system's and the TLS library's own words.
    """
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted: {cause.verify_message}", UNTRUSTED
        if isinstance(cause, ssl.SSLError):
            # the library fills it in for its own errors only
            return f"no TLS connection: {getattr(cause, 'reason', None) or 'no reason given'}", None
        if isinstance(cause, socket.gaierror):
            return "its name is not known here: is the address right, and does name resolution work?", None
        if isinstance(cause, ConnectionRefusedError):
            return "nothing listens at this address", None
    return type(error).__name__, None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what led to it, outermost first."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
