"""Templates: how a note's content becomes words. The built-in one, or the operator's own in its place.

A template runs in Jinja's sandbox and sees the note alone. What it gives is cleaned, wrapped and cut here, and the lines by
which a note is found again are added here, so no template can lose them.
"""

import re
import textwrap
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sevenc_sync.connect.redact import redact
from sevenc_sync.connect.text import clean
from sevenc_sync.push.content import Note
from sevenc_sync.push.languages import Words

if TYPE_CHECKING:
    from jinja2 import Template

WIDTH = 100  # characters; PSAs show notes in a proportional font, so longer lines wrap anyway
LINES = 60  # of the longest note: what no screen shows nobody reads
BUILT_IN = "note.txt"

_EMAIL = re.compile(r"\S+@\S+")
_GLUED = re.compile(r"(?<=\d) (?=%)")  # no line begins with a percent sign
_GLUE = "\ue000"
_REFERENCE = re.compile(r"\[?7C-REF[^\]]*\]?", re.IGNORECASE)


class TemplateBroken(Exception):
    """A template that cannot be used; the text says which, in which line, and why."""

    def __init__(self, source: Path | None, line: int | None, problem: str) -> None:
        self.file = BUILT_IN if source is None else str(source)
        self.line = line
        self.problem = problem
        super().__init__(f"the template {self.place}: {problem}")

    @property
    def place(self) -> str:
        """The file, and the line where it is known."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


def render(note: Note, language: str, source: Path | None = None) -> str:
    """The note's text in that language, without its reference. Raises TemplateBroken."""
    import jinja2  # noqa: PLC0415 - heavy, and only needed where notes are written

    words = Words(language)
    try:
        template = _template(source_text(source), language)
        text = template.render(**_visible(note, words))
    except jinja2.TemplateSyntaxError as error:
        raise TemplateBroken(source, error.lineno, error.message or "is no template") from error
    except TemplateBroken:
        raise
    except Exception as error:  # an operator's template may raise anything
        raise TemplateBroken(source, _line_of(error), f"{error} ({type(error).__name__})") from error
    lines = _laid_out(text)
    if not any(lines):
        raise TemplateBroken(source, None, "gives no text")
    return "\n".join(lines)


def builtin_text() -> str:
    """The built-in template, to begin with."""
    return files("sevenc_sync.push").joinpath("templates", BUILT_IN).read_text(encoding="utf-8")


def source_text(source: Path | None) -> str:
    """What a template says. Raises TemplateBroken."""
    if source is None:
        return builtin_text()
    try:
        return source.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise TemplateBroken(source, None, f"cannot be read: {error}") from error


@cache
def _template(text: str, language: str) -> "Template":
    from jinja2 import StrictUndefined  # noqa: PLC0415 - as above
    from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415 - as above

    words = Words(language)
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        autoescape=False,
        extensions=["jinja2.ext.i18n"],
    )
    environment.install_gettext_callables(words.text, words.plural, newstyle=True)  # type: ignore[attr-defined]  # the extension adds it
    environment.filters.update(
        t=words.text,
        number=words.number,
        day=words.day,
        level=words.level,
        count=words.count,
        value=words.value,
        need=words.need,
        age=words.age,
    )
    # Our own filters win over Jinja's of the same name; its other ones stay.
    return environment.from_string(text)


def _visible(note: Note, words: Words) -> Mapping[str, Any]:
    """What a template may name."""
    core = note.core
    return {
        "note": note,
        "client": core.client,
        "day": note.day,
        "score": core.score,
        "score_without": core.score_without,
        "before_score": note.before_score,
        "before_day": note.before_day,
        "proof": core.proof,
        "known": core.known,
        "total": core.total,
        "is_provisional": core.is_provisional,
        "blocks": core.blocks,
        "moves": note.moves,
        "causes": note.causes,
        "better": note.better,
        "worse": note.worse,
        "steps": core.steps,
        "ways": note.ways,
        "risks": core.risks,
        "more_risks": core.more_risks,
        "gaps": core.gaps,
        "more_gaps": core.more_gaps,
        "sources": note.sources,
        "width": max((len(words.text(block.name)) for block in core.blocks), default=0),
        "language": words.language,
    }


def _laid_out(text: str) -> list[str]:
    """Clean lines of at most WIDTH characters, further ones indented as their first; no two blank ones together."""
    lines: list[str] = []
    for line in (clean(redact(text)) or "").split("\n"):
        plain = _REFERENCE.sub("…", _EMAIL.sub("…", line.rstrip()))
        own = plain[: len(plain) - len(plain.lstrip())]
        wrapped = textwrap.wrap(
            _GLUED.sub(_GLUE, plain.strip()),
            WIDTH,
            initial_indent=own,
            subsequent_indent=own + "   ",
            break_on_hyphens=False,
        )
        wrapped = [part.replace(_GLUE, " ") for part in wrapped]
        lines += wrapped or ([""] if lines and lines[-1] else [])
    while lines and not lines[-1]:
        lines.pop()
    return lines if len(lines) <= LINES else [*lines[: LINES - 1], "…"]


def _line_of(error: Exception) -> int | None:
    """The template's line in which an exception was raised."""
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<template>":
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
