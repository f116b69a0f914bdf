"""Made-up credentials of the sandbox: the same for the same seed, and good for nothing else."""

import hashlib
import uuid


def token(seed: int, purpose: str, length: int) -> str:
    """A text of hexadecimal digits for one purpose."""
    return hashlib.sha256(f"sandbox {seed} {purpose}".encode()).hexdigest()[:length]


def token_uuid(seed: int, purpose: str) -> str:
    """A UUID for one purpose."""
    return str(uuid.UUID(token(seed, purpose, 32), version=4))
