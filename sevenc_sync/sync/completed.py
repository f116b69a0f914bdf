"""What a record says once what everybody knows is added: until when its operating system gets security updates."""

from collections.abc import Iterable

import msgspec

from sevenc_sync.model import Asset, Record
from sevenc_sync.os_support import support_ends_on


def can_complete(kinds: Iterable[type[Record]]) -> bool:
    """Whether anything can be added to records of one of these kinds."""
    return Asset in kinds


def completed(record: Record) -> Record:
    """The record, an asset's with the end of its system's support where its source names the system and not the end."""
    if isinstance(record, Asset) and record.os is not None and record.os_support_ends_on is None:
        ends_on = support_ends_on(record.os, record.os_build)
        if ends_on is not None:
            return msgspec.structs.replace(record, os_support_ends_on=ends_on)
    return record
