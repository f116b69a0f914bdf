"""Records of evidence in output: their source, their id, and their address in the vendor's own screens."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import msgspec
from rich.style import Style
from rich.text import Text

from sevenc_sync.cli.common import safe
from sevenc_sync.engine.links import Link, address_of

if TYPE_CHECKING:
    from sevenc_sync.config import Configuration
    from sevenc_sync.score import EvidenceRow

__all__ = ["Link", "address_of", "linked", "links_of", "record_json", "records_text"]

_CALLED = ("number", "name", "summary")  # fields by which people know a record again


def links_of(config: "Configuration") -> dict[str, Link]:
    """What makes a record's address in its vendor's own screens, by account name."""
    from sevenc_sync.engine.links import links_of as links_between
    from sevenc_sync.registry import connectors

    return links_between(config, connectors())


def linked(number: str, address: str | None) -> Text:
    """An id that a terminal opens in the vendor's own screens when it is clicked."""
    text = safe(number)
    if address is not None:
        text.stylize(Style(link=address))
    return text


def record_json(row: "EvidenceRow", links: Mapping[str, Link]) -> dict[str, object]:
    """One record for machines."""
    plain: dict[str, object] = msgspec.to_builtins(row, builtin_types=(datetime,))
    return {**plain, "link": address_of(row, links)}


def records_text(rows: "Sequence[EvidenceRow]", total: int, links: Mapping[str, Link]) -> Text:
    """Records in one line, by what people call them, each with the source that has it and its id there; … stands for more."""
    parts = [_record_text(row, links) for row in rows]
    if total > len(rows):
        parts.append(Text("…"))
    return Text(", ").join(parts)


def _record_text(row: "EvidenceRow", links: Mapping[str, Link]) -> Text:
    from sevenc_sync.score.mistakes import cut

    number = linked(row.id, address_of(row, links))
    known = [str(row.fields[key]) for key in _CALLED if row.fields.get(key)]
    called = " ".join(cut(name, 40) for name in dict.fromkeys(known) if name != row.id)
    if not called:
        return Text.assemble(safe(row.account), " ", number)
    return Text.assemble(safe(f"{called} ({row.account}"), " ", number, ")")
