"""Escapes that stand in JSON answers and that no database takes: the NUL character, and halves of surrogate pairs.

Programs that cut texts by their own idea of a character leave such halves behind. One of them must not cost the record,
let alone its page: the decoder would refuse the whole answer.
"""

import re

_NUL = re.compile(rb"\\u0000")
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a whole pair
    rb"|u(?P<half>[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb"|u(?P<nul>0000)"
    rb"|.)",  # any other, a backslash too: what follows that one is no escape
    re.DOTALL,
)


def has_nul(body: bytes) -> bool:
    """Whether a NUL may stand in the body as an escape (an escaped backslash before it also says yes)."""
    return _NUL.search(body) is not None


def mended(body: bytes) -> bytes:
    """The body without NUL escapes, and with the replacement character for each half of a pair."""
    return _ESCAPE.sub(_mend, body)


def _mend(escape: re.Match[bytes]) -> bytes:
    if escape["nul"]:
        return b""
    return b"\\ufffd" if escape["half"] else escape[0]
