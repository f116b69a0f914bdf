"""The answers of NinjaOne's queries: rows under `results` beside a cursor, and sometimes a bare list."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from sevenc_sync.connect.layouts import BareArray, Envelope, Layout

_LIST, _RESULTS = BareArray(), Envelope("results")


@dataclass(frozen=True, slots=True)
class QueryAnswer:
    """Both shapes that queries have been seen in; any other is ContractChanged, never "no rows"."""

    def split(self, body: bytes) -> tuple[Sequence[msgspec.Raw], Mapping[str, object]]:
        """See Layout."""
        layout: Layout = _LIST if body[:64].lstrip().startswith(b"[") else _RESULTS
        return layout.split(body)
