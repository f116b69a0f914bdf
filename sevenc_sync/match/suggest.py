"""Which client a company may be, for a person to decide: names that are alike, with how much."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process

from sevenc_sync.match.names import spellings
from sevenc_sync.store.clients import ClientRow

MOST = 3  # suggestions for one company
# Below this two names have little more in common than their letters. Judgement.
LEAST = 0.6
# A best suggestion that is less than this ahead of the next is no clear one, and is never accepted in bulk. Judgement.
AHEAD = 0.05
# Names that are equal but were not linked, as several clients have them, and names of which one holds the other.
EQUAL, PART = 0.99, 0.8


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A client that a company may be, and how alike the names are: 0 to 1."""

    client: int
    name: str
    score: float


@dataclass(frozen=True, slots=True)
class _Name:
    client: ClientRow
    spelling: str
    words: str


class Suggester:
    """Finds clients whose names are like a company's. Made once for all companies: the clients' names are folded here."""

    def __init__(self, clients: Iterable[ClientRow]) -> None:
        self._names = [
            _Name(row, spelling, _words(row.name))
            for row in sorted(clients, key=lambda row: row.id)
            if row.is_active
            for spelling in sorted(spellings(row.name))
        ]
        self._spellings = [name.spelling for name in self._names]
        self._words = [name.words for name in self._names]

    def suggest(self, name: str, ruled_out: Collection[int] = ()) -> list[Suggestion]:
        """The likeliest clients, the best first; never one that is ruled out.

        The score is the share of letters that agree in order (rapidfuzz's ratio), of the folded names or of their
        sorted words; where all words of one name are in the other, at least PART.
        """
        found: dict[int, float] = {}
        for spelling in spellings(name):
            self._add(found, process.extract(spelling, self._spellings, scorer=fuzz.ratio, limit=8))
        words = _words(name)
        if words:
            self._add(found, process.extract(words, self._words, scorer=fuzz.token_sort_ratio, limit=8))
            held = process.extract(words, self._words, scorer=fuzz.token_set_ratio, limit=8, score_cutoff=100)
            self._add(found, [(text, 100 * PART, at) for text, _, at in held])
        names = {item.client.id: item.client.name for item in self._names}
        ranked = sorted(
            (
                Suggestion(number, names[number], round(score, 2))
                for number, score in found.items()
                if score >= LEAST and number not in ruled_out
            ),
            key=lambda item: (-item.score, item.client),
        )
        return ranked[:MOST]

    def _add(self, found: dict[int, float], hits: Sequence[tuple[str, float, int]]) -> None:
        for _, score, at in hits:
            number = self._names[at].client.id
            found[number] = max(found.get(number, 0.0), min(score / 100, EQUAL))


def clear_one(suggestions: Sequence[Suggestion], least: float) -> Suggestion | None:
    """The best suggestion, where it has at least that score and is clearly ahead of the next."""
    if not suggestions or suggestions[0].score < least:
        return None
    if len(suggestions) > 1 and suggestions[0].score - suggestions[1].score < AHEAD:
        return None
    return suggestions[0]


def _words(name: str) -> str:
    """The words of a name, folded one by one, in one line."""
    folded = (min(spellings(word), default="") for word in name.replace("-", " ").split())
    return " ".join(word for word in folded if word)
