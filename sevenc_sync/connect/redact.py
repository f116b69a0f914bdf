"""Secrets never leave: every secret value that is loaded is known here, and taken out of every text that goes out."""

import base64
import threading
from itertools import groupby

MASK = "••••"
_MIN_LENGTH = 4  # shorter values would blot out ordinary words

_lock = threading.Lock()
_secrets: set[str] = set()


def register(value: str) -> None:
    """Remember a secret, with the encodings in which it could appear."""
    if len(value) < _MIN_LENGTH:
        return
    with _lock:
        _secrets.update(_forms(value))


def _forms(value: str) -> tuple[str, str]:
    return value, base64.b64encode(value.encode("utf-8", "surrogatepass")).decode()


def forget(value: str) -> None:
    """A secret that is none any more: a token that was renewed. Otherwise a daemon would gather one an hour."""
    with _lock:
        _secrets.difference_update(_forms(value))


def register_basic(user: str, password: str) -> None:
    """Remember a Basic authorization value as it stands in the header."""
    register(password)
    register(f"{user}:{password}")


def redact(text: str) -> str:
    """The text with every place masked that belongs to a known secret, overlapping ones too."""
    with _lock:
        found = [secret for secret in _secrets if secret in text]
    if not found:
        return text
    hidden = bytearray(len(text))
    for secret in found:
        at = text.find(secret)
        while at >= 0:
            hidden[at : at + len(secret)] = b"\1" * len(secret)
            at = text.find(secret, at + 1)
    parts: list[str] = []
    for is_hidden, places in groupby(range(len(text)), key=hidden.__getitem__):
        places_of_part = list(places)
        parts.append(MASK if is_hidden else text[places_of_part[0] : places_of_part[-1] + 1])
    return "".join(parts)
