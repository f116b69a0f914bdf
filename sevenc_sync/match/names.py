"""When two names are the name of one organisation: the same spelling after folding."""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from sevenc_sync.match.legal_forms import (
    AND_WORDS,
    LEADING_FORMS,
    LEGAL_FORMS,
    ONE_SPELLING,
    ONLY_WHEN_PUNCTUATED,
    TWO_SPELLINGS,
)

_FORMS = frozenset(tuple(form.split()) for forms in LEGAL_FORMS.values() for form in forms)
_LONGEST_FORM = max(len(form) for form in _FORMS)

_APOSTROPHES = "'`\u2018\u2019\u00b4"
_JOINED = str.maketrans("", "", "." + _APOSTROPHES)  # "S.A." and "O'Brien" are one word each
_WORD = re.compile(rf"[^\W_]+(?:[.{_APOSTROPHES}]+[^\W_]+)*|[&+]")
# Only the accents of Latin, Greek and Cyrillic; marks of other scripts make other letters.
_ACCENTS = dict.fromkeys(range(0x0300, 0x0370))
_EXPANDED = str.maketrans({letter: pair[0] for letter, pair in TWO_SPELLINGS.items()} | dict(ONE_SPELLING))
_PLAIN = str.maketrans({letter: pair[1] for letter, pair in TWO_SPELLINGS.items()} | dict(ONE_SPELLING))


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    is_punctuated: bool  # several letters with dots, slashes or blanks between them


@lru_cache(maxsize=65_536)  # every name is folded several times a run, and again in the next
def spellings(name: str) -> frozenset[str]:
    """The folded spellings of an organisation's name; two names are equal when they share one.

    Case, accents, punctuation, blanks, legal forms, and how "and" is written do not count. A name with umlauts has two
    spellings (`Müller`: mueller and muller), one without has one: so Müller is equal to Mueller and to Muller, but
    these two are not equal to each other. Empty when the name holds no letter and no digit.
    """
    words = _words(unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).casefold()))
    plain = [_Word(_fold(word.text, _PLAIN), word.is_punctuated) for word in words]
    start, end = _core(plain)
    both = ("".join(_fold(word.text, table) for word in words[start:end]) for table in (_PLAIN, _EXPANDED))
    return frozenset(spelling for spelling in both if spelling.strip("&"))


def _fold(word: str, table: dict[int, str]) -> str:
    decomposed = unicodedata.normalize("NFKD", word.translate(table)).translate(_ACCENTS)
    return unicodedata.normalize("NFC", decomposed)


def _words(text: str) -> list[_Word]:
    """The words, runs of single letters joined ("S. A." and "A/S" are one word), every "and" as "&"."""
    words: list[_Word] = []
    letters: list[str] = []

    def end_run() -> None:
        if letters:
            words.append(_Word("".join(letters), len(letters) > 1))
            letters.clear()

    for raw in _WORD.findall(text):
        word = raw.translate(_JOINED)
        if len(word) == 1 and word.isalpha():
            letters.append(word)
            continue
        end_run()
        words.append(_Word(word, is_punctuated="." in raw))
    end_run()
    last = len(words) - 1
    return [
        _Word("&", is_punctuated=False)
        if word.text in AND_WORDS and (0 < at < last or word.text in "&+")
        else word
        for at, word in enumerate(words)
    ]


def _core(words: list[_Word]) -> tuple[int, int]:
    """Where the name itself begins and ends between its legal forms. At least one word is always left."""
    start, end = 0, len(words)
    while end - start > 1 and words[start].text in LEADING_FORMS:
        start += 1
    cut = True
    while cut:
        cut = False
        for length in range(min(_LONGEST_FORM, end - start - 1), 0, -1):
            is_left = any(word.text != "&" for word in words[start : end - length])
            if is_left and _is_form(words[end - length : end]):
                end -= length
                cut = True
                break
    return start, end


def _is_form(words: list[_Word]) -> bool:
    if tuple(word.text for word in words) not in _FORMS:
        return False
    return len(words) > 1 or words[0].text not in ONLY_WHEN_PUNCTUATED or words[0].is_punctuated
