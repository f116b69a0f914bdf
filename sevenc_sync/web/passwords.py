"""Passwords, cookies and tokens: how they are made, hashed and compared."""

import hashlib
import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 12  # characters; NIST SP 800-63B-4 asks for 15 where nothing else proves who it is, 8 otherwise: judgement
LONGEST = 200  # hashing longer ones costs time and adds nothing
TOKEN_MARK = "7c_"  # noqa: S105 - the beginning by which a leaked token is found again

_HASHER = PasswordHasher()  # argon2id with the parameters of RFC 9106 for little memory
_NOBODY = _HASHER.hash(secrets.token_hex())  # so that an unknown name takes as long as a wrong password


def hashed(password: str) -> str:
    """The argon2id hash to keep."""
    return _HASHER.hash(password)


def unfit(password: str) -> str | None:
    """Why a password cannot be taken; None: it can."""
    if len(password) < SHORTEST:
        return f"A password has at least {SHORTEST} characters."
    if len(password) > LONGEST:
        return f"A password has at most {LONGEST} characters."
    return None


def fits(password: str, kept: str | None) -> bool:
    """Whether the password is the one that was hashed; with None it takes as long and is False."""
    try:
        _HASHER.verify(_NOBODY if kept is None else kept, password[:LONGEST])
    except (VerificationError, InvalidHashError):
        return False
    return kept is not None


def is_dated(kept: str) -> bool:
    """Whether the hash was made with weaker parameters than those of now."""
    return _HASHER.check_needs_rehash(kept)


def new_secret() -> str:
    """A cookie's value: 256 random bits."""
    return secrets.token_urlsafe(32)


def new_token() -> str:
    """A script's token."""
    return TOKEN_MARK + secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What is kept of a cookie or a token: 256 random bits need no slow hash."""
    return hashlib.sha256(secret.encode()).hexdigest()
