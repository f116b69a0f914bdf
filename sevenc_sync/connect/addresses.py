"""Addresses that a vendor gives: where they lead is checked before anything is sent there."""

from urllib.parse import SplitResult, unquote, urlsplit

from sevenc_sync.connect.answers import host_of
from sevenc_sync.connect.errors import ContractChanged

_PORTS = {"http": 80, "https": 443}


def same_server(one: str, other: str) -> bool:
    """Whether both addresses name the same scheme, host and port, and neither has credentials in it."""
    try:
        return _server(urlsplit(one)) == _server(urlsplit(other)) is not None
    except ValueError:  # a port or a host that is none
        return False


def below(base_url: str, address: str) -> str:
    """The path and query, below the base address, of a whole address that the vendor gave.

    Raises ContractChanged for another host or another API: the credentials must not follow.
    """
    elsewhere = ContractChanged(f"A page's address leads elsewhere: {host_of(address)}.")
    if not same_server(base_url, address):
        raise elsewhere
    prefix, found = urlsplit(base_url).path.rstrip("/"), urlsplit(address)
    inside = found.path[: len(prefix) + 1].lower() == f"{prefix.lower()}/"
    if not inside or ".." in unquote(found.path).split("/"):
        raise elsewhere
    path = found.path[len(prefix) :]
    return f"{path}?{found.query}" if found.query else path


def _server(parts: SplitResult) -> tuple[str, str, int | None] | None:
    if not parts.hostname or "@" in parts.netloc:
        return None
    return parts.scheme, parts.hostname, parts.port or _PORTS.get(parts.scheme)
