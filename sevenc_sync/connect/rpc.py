"""JSON-RPC over POST: every question goes to one address, and its answer tells faults with status 200.

A stream's path is then the method's name, its `body` the method's parameters. The session's token travels in the body, and
each answer may bring the next one.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

import msgspec

from sevenc_sync.connect.errors import Problem

_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_numbers = count(1)


@dataclass(frozen=True, slots=True)
class Rpc:
    """How a vendor's calls are made. `session_field` holds the session's token, in questions and answers alike.

    Page parameters go into the parameter `into`, where a method has it. `read_error` makes a Problem of the answer's `error`.
    """

    path: str
    session_field: str
    token_lasts: timedelta
    into: str
    read_error: Callable[[bytes], Problem]

    def question(
        self, path: str, page: Mapping[str, str | int], body: object, token: str | None
    ) -> dict[str, object]:
        """The call of the method that the path names."""
        params: dict[str, object] = dict(body) if isinstance(body, Mapping) else {}
        inner = params.get(self.into)
        if isinstance(inner, Mapping):
            params[self.into] = {**inner, **page}
        else:
            params |= page
        call: dict[str, object] = {
            "jsonrpc": "2.0",
            "id": str(next(_numbers)),
            "method": path.strip("/"),
            "params": params,
        }
        if token is not None:
            call[self.session_field] = token
        return call

    def heard(self, body: bytes) -> tuple[Problem | None, str | None]:
        """What an answer says beside its result: the fault, and the token to send next. None where it says nothing."""
        try:
            fields = _FIELDS.decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None, None  # whoever reads the records says what is wrong with it
        error = bytes(fields.get("error", b"null"))
        if error != b"null" and "result" not in fields:
            return self.read_error(error), None
        try:
            token = msgspec.json.decode(fields.get(self.session_field, b"null"), type=str | None)
        except msgspec.DecodeError:
            token = None
        return None, token
