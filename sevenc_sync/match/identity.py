"""What tells one machine from another: serial number, network addresses, host name, each folded for comparison."""

import re
from ipaddress import ip_address

from sevenc_sync.match.placeholders import (
    PLACEHOLDER_HOSTS,
    PLACEHOLDER_SERIAL_PREFIXES,
    PLACEHOLDER_SERIALS,
    SHORTEST_SERIAL,
    VIRTUAL_OUIS,
)

_SERIAL_LABEL = re.compile(r"^\s*(?:s/n|sn[:#]|serial(?: number| no\.?)?[:#])[\s:#]*", re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9_][a-z0-9_-]*")
_MAC = re.compile(
    r"(?<![0-9a-f])(?<![0-9a-f][:.-])(?:[0-9a-f]{2}([:-]?)(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}|[0-9a-f]{4}(?:\.[0-9a-f]{4}){2})(?![:.-]?[0-9a-f])"
)
_LOCAL_OR_GROUP = (
    0x03  # IEEE 802: administered locally (randomised, made by software), or no single station's
)


def serial_key(serial: str | None) -> str | None:
    """The serial number for comparison; None for a missing one and for what stands in for one."""
    if not serial:
        return None
    key = "".join(letter for letter in _SERIAL_LABEL.sub("", serial).casefold() if letter.isalnum())
    if len(key) < SHORTEST_SERIAL or len(set(key)) == 1:
        return None
    if key in PLACEHOLDER_SERIALS or key.startswith(PLACEHOLDER_SERIAL_PREFIXES):
        return None
    return key


def mac_keys(text: str | None) -> frozenset[str]:
    """The addresses of real network cards in the text, as twelve hexadecimal digits.

    Not those that software makes up: locally administered (randomised) ones, groups, and those of hypervisors.
    """
    if not text:
        return frozenset()
    found = {re.sub(r"[^0-9a-f]", "", hit.group()) for hit in _MAC.finditer(text.casefold())}
    return frozenset(
        key
        for key in found
        if not int(key[:2], 16) & _LOCAL_OR_GROUP and key[:6] not in VIRTUAL_OUIS and len(set(key)) > 1
    )


def host_key(name: str | None) -> str | None:
    """The short host name in lower case; None where the text is no host name (an address, a phrase, a placeholder)."""
    if not name:
        return None
    text = name.strip().rsplit("\\", 1)[-1].casefold()
    try:
        ip_address(text)
    except ValueError:
        short = text.split(".", 1)[0]
        return short if _HOST.fullmatch(short) and short not in PLACEHOLDER_HOSTS else None
    return None
