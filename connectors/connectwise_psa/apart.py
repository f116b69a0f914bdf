"""How a page that ConnectWise cannot give is taken apart: the ids of the same page, then records by their ids."""

from collections.abc import Sequence

from sevenc_sync.connect.stream import Apart, Asked

CHUNK = 100  # ids in one question: with the longest `fields` the address stays below 2,000 characters


def _ids(asked: Asked) -> Asked:
    params, body = asked
    return {**params, "fields": "id"}, body


def _these(asked: Asked, ids: Sequence[str]) -> Asked:
    params, body = asked
    return {"fields": params["fields"], "conditions": f"id in ({','.join(ids)})"}, body


APART = Apart(ids=_ids, these=_these, chunk=CHUNK)
