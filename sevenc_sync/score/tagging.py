"""Tags for the phrases of a store, for those who match and for `coverage`."""

from sqlalchemy import Connection

from sevenc_sync.score.rules import Rules
from sevenc_sync.score.words import Phrases


def tag_phrases(rules: Rules, connection: Connection) -> dict[str, dict[int, frozenset[str]]]:
    """Tags of every phrase that the store has seen: kind -> phrase number -> tags; an empty set where no rule matches."""
    matcher = rules.tag_matcher
    return {
        kind: {number: matcher.gives(kind, words) for number, words in items}
        for kind, items in sorted(Phrases.read(connection).by_kind.items())
    }
