"""Secrets never leave: every secret value that is loaded is known here, and taken out of every text that goes out."""

import base64
import threading

MASK = "••••"
_MIN_LENGTH = 4  # shorter values would blot out ordinary words

_lock = threading.Lock()
_secrets: set[str] = set()


def register(value: str) -> None:
    """Remember a secret, with the encodings in which it could appear."""
    if len(value) < _MIN_LENGTH:
        return
    with _lock:
        _secrets.add(value)
        _secrets.add(base64.b64encode(value.encode()).decode())


def register_basic(user: str, password: str) -> None:
    """Remember a Basic authorization value as it stands in the header."""
    register(password)
    register(f"{user}:{password}")


def redact(text: str) -> str:
    """The text with every known secret masked, the longest first so that no tail of one stays."""
    for secret in sorted(_secrets, key=len, reverse=True):
        if secret in text:
            text = text.replace(secret, MASK)
    return text
