"""Every sentence of ours has a translation with the same places in it, in every language."""

import re
from pathlib import Path

import jinja2.ext
import pytest
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from sevenc_sync.push import languages
from sevenc_sync.push.choose import plain
from sevenc_sync.push.languages import LANGUAGES, SOURCE, Words
from sevenc_sync.push.samples import FIRST, FULL
from sevenc_sync.push.template import render
from sevenc_sync.score import LEVEL_NAMES, builtin_rules_dir, load_rules

PUSH = Path(languages.__file__).parent
OTHERS = [language for language in LANGUAGES if language != SOURCE]
PLACES = re.compile(r"%\(\w+\)s|%%")


def sentences() -> set[str]:
    """All that the program may say in a note: marked in the code, or written in the built-in template."""
    found = set(LEVEL_NAMES)
    for path in PUSH.glob("*.py"):
        with path.open("rb") as file:
            marked = extract("python", file, keywords={"N_": None})
            found |= {message for _, message, _, _ in marked if isinstance(message, str)}
    with (PUSH / "templates" / "note.txt").open("rb") as file:
        for _, _, message, _ in jinja2.ext.babel_extract(file, ["_", "ngettext"], [], {}):
            texts = message if isinstance(message, tuple) else (message,)
            found |= {text for text in texts if isinstance(text, str)}
    return found


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated_with_the_same_places(language: str) -> None:
    known: dict[str, str] = {}
    with (PUSH / "locale" / f"{language}.po").open("rb") as file:
        for message in read_po(file, locale=language):
            ids = [message.id] if isinstance(message.id, str) else list(message.id)
            texts = [message.string] if isinstance(message.string, str) else list(message.string or ())
            # a language may have fewer plural forms than English
            known |= {one: texts[min(place, len(texts) - 1)] for place, one in enumerate(ids)}
    assert sentences() - set(known) == set()
    for text, translation in known.items():
        assert translation or not text
        if text:
            assert sorted(PLACES.findall(text)) == sorted(PLACES.findall(translation))
    assert set(known) - sentences() - {""} == set()


def rule_texts() -> dict[str, int]:
    """All that the built-in rules may say in a note or a report, with the length up to which a note says it."""
    rules = load_rules([builtin_rules_dir()])
    found = {block.name: 30 for block in rules.blocks} | {area.name: 60 for area in rules.areas}
    found |= {block.question: 120 for block in rules.blocks}
    for item in rules.indicators:
        found |= {item.title: 120, item.why: 240, item.fix: 240}
        if item.unit not in ("%", "days", "months", ""):
            found[item.unit] = 40
    return found


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_of_the_built_in_rules_is_translated_with_its_numbers_and_fields(language: str) -> None:
    known: dict[str, str] = {}
    with (PUSH / "locale" / f"{language}.rules.po").open("rb") as file:
        for message in read_po(file, locale=language):
            assert isinstance(message.id, str)
            assert isinstance(message.string, str)
            known[message.id] = message.string
    known.pop("", None)
    texts = rule_texts()
    assert set(texts) - set(known) == set()
    assert set(known) - set(texts) == set()
    for text, limit in texts.items():
        assert plain(text, limit) == text  # as it is looked up
        for pattern in (r"\d+", r"(?<!\w)'[^']+'(?!\w)|`[^`]+`"):
            assert sorted(re.findall(pattern, text)) == sorted(re.findall(pattern, known[text])), text
        assert Words(language).text(text) == known[text] != ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_note_of_every_kind_can_be_written_in_every_language(language: str) -> None:
    for note in (FULL, FIRST):
        text = render(note, language)
        assert "%(" not in text
        assert Words(language).text("The blocks, from 0 Absent to 5 Optimizing:") in text


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="no language of notes"):
        Words("xx")
