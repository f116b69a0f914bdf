"""Languages: texts by gettext catalogues, numbers and dates by their locale.

The catalogues are kept as `locale/LANGUAGE.po` and read when they are first needed: nothing has to be compiled. `LANGUAGE.po` has
our own sentences, `LANGUAGE.rules.po` those of the built-in rules; what neither has stays as it is.
"""

import gettext
import io
from datetime import date
from functools import cache
from importlib.resources import files

from sevenc_sync.push.choose import EXACT
from sevenc_sync.push.content import Gap, Value
from sevenc_sync.score import LEVEL_NAMES

SOURCE = "en"
LANGUAGES = ("en", "de", "hu")
DOMAINS = ("", ".rules")  # of the files' names


@cache
def catalogue(language: str) -> gettext.NullTranslations:
    """All translations of a language. Raises ValueError for one that there is none of."""
    if language == SOURCE:
        return gettext.NullTranslations()
    if language not in LANGUAGES:
        raise ValueError(f"{language!r} is no language of notes; there are {', '.join(LANGUAGES)}")
    from babel.messages.mofile import write_mo  # noqa: PLC0415 - heavy, and only needed where notes are written
    from babel.messages.pofile import read_po  # noqa: PLC0415 - the same

    found: gettext.GNUTranslations | None = None
    for domain in DOMAINS:
        source = files("sevenc_sync.push").joinpath("locale", f"{language}{domain}.po")
        if not source.is_file():
            continue
        compiled = io.BytesIO()
        write_mo(compiled, read_po(io.BytesIO(source.read_bytes()), locale=language))
        compiled.seek(0)
        read = gettext.GNUTranslations(compiled)
        if found is None:
            found = read
        else:
            found.add_fallback(read)
    return found or gettext.NullTranslations()


def N_(text: str) -> str:  # noqa: N802 - the name that the tools know
    """Marks a text to be translated where it is used."""
    return text


_DATED = {
    "weeks": (N_("%(number)s week ago"), N_("%(number)s weeks ago")),
    "months": (N_("%(number)s month ago"), N_("%(number)s months ago")),
    "years": (N_("%(number)s year ago"), N_("%(number)s years ago")),
}
_VALUES = {
    "percent": N_("%(number)s %%"),
    "never": N_("no date is recorded"),
    "none": N_("nothing found"),
    "step": N_("step %(number)s"),
    "count": N_("%(number)s %(unit)s"),
    "number": N_("%(number)s %(unit)s"),
}
_NEEDS = {
    "stale": N_("needs up-to-date data (%(what)s)"),
    "closed": N_("needs the right to read %(what)s"),
    "few": N_("needs %(what)s records or more"),
    "nothing": N_("nothing was found to judge"),
    "no-source": N_("needs a source of %(what)s"),
    "not-known": N_("needs a source of %(what)s that knows this client"),
    "untold": N_("needs a source that says %(what)s"),
    "not-entered": N_("nobody has entered it in the PSA yet"),
    "unmarked": N_("nothing in the PSA is marked as such yet"),
    "too-new": N_("the client is too new for it"),
    "too-short": N_("has to be watched for longer first"),
}
# What sources deliver, and the levels: said by the rules' part of the program in English.
_ELSEWHERE = (
    *LEVEL_NAMES,
    N_("companies"),
    N_("tickets"),
    N_("devices"),
    N_("contracts"),
    N_("contract lines"),
    N_("backups"),
    N_("backup runs"),
    N_("alerts"),
    N_("time entries"),
    N_("projects"),
    N_("phases"),
    N_("activities"),
    N_("how long devices were offline"),
    N_("when devices were last seen"),
    N_("whether devices have an antivirus"),
    N_("whether disks are encrypted"),
    N_("which patches devices lack"),
)


class Words:
    """One language as templates use it."""

    def __init__(self, language: str) -> None:
        self.language = language
        self._texts = catalogue(language)

    def text(self, message: str) -> str:
        """The text in this language; itself where there is no translation."""
        return self._texts.gettext(message) if message else ""

    def plural(self, one: str, many: str, count: int) -> str:
        """The form that goes with the count."""
        return self._texts.ngettext(one, many, count)

    def number(self, value: float) -> str:
        """A number as this language writes it."""
        from babel.numbers import format_decimal  # noqa: PLC0415 - heavy, and only needed where notes are written

        return format_decimal(value, locale=self.language)

    def day(self, value: date) -> str:
        """A day, such as 22 November 2026."""
        from babel.dates import format_date  # noqa: PLC0415 - the same

        pattern = "d MMMM y" if self.language == SOURCE else "long"
        return format_date(value, format=pattern, locale=self.language)

    def level(self, level: int | None) -> str:
        """A level with its name."""
        if level is None:
            return self.text(N_("not enough proof"))
        return f"{level} {self.text(LEVEL_NAMES[level])}"

    def count(self, count: int) -> str:
        """A count; one that was rounded is called so."""
        if count <= EXACT:
            return self.number(count)
        return self.text(N_("about %(number)s")) % {"number": self.number(count)}

    def value(self, value: Value) -> str:
        """An indicator's value."""
        number = self.number(value.number)
        if value.kind == "count":
            number = self.count(int(value.number))
        if value.kind in _VALUES:
            told = {"number": number, "unit": self.text(value.unit)}
            return (self.text(_VALUES[value.kind]) % told).strip()
        if not value.number:
            return self.text(N_("within the last week"))
        one, many = _DATED[value.kind]
        return self.plural(one, many, int(value.number)) % {"number": number}

    def need(self, gap: Gap) -> str:
        """What a gap needs."""
        if gap.kind == "other":
            return self.text(gap.need)
        return self.text(_NEEDS[gap.kind]) % {"what": self.text(gap.need)}

    def age(self, days: int | None) -> str:
        """How long ago a source was read."""
        if days is None:
            return self.text(N_("never read"))
        if days == 0:
            return self.text(N_("read today"))
        many = self.plural(N_("read %(number)s day ago"), N_("read %(number)s days ago"), days)
        return many % {"number": self.number(days)}
