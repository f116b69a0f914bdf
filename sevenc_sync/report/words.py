"""The report's own words in each language; levels, numbers, days and the rules' texts come from the note's catalogues."""

from collections.abc import Mapping

from sevenc_sync.push.languages import Words

# English -> (German, Hungarian)
_TEXTS: Mapping[str, tuple[str, str]] = {
    "IT report": ("IT-Bericht", "IT-jelentés"),
    "As of": ("Stand", "Állapot:"),
    "7C score": ("7C-Wert", "7C pontszám"),
    "of 100": ("von 100", "/ 100"),
    "proof": ("Nachweis", "bizonyíték"),
    "provisional": ("vorläufig", "előzetes"),
    "A quarter before": ("Ein Quartal zuvor", "Egy negyedévvel korábban"),
    "A year before": ("Ein Jahr zuvor", "Egy évvel korábban"),
    "not known": ("nicht bekannt", "nem ismert"),
    "The questions of a chief executive": ("Die Fragen der Geschäftsführung", "A cégvezető kérdései"),
    "How it went": ("Verlauf", "Alakulás"),
    "What improved": ("Was besser wurde", "Ami javult"),
    "What fell back": ("Was zurückfiel", "Ami romlott"),
    "Nothing changed.": ("Nichts hat sich geändert.", "Semmi sem változott."),
    "Where it lacks most": ("Wo am meisten fehlt", "A legnagyobb hiányok"),
    "to fix": ("zu beheben", "javítandó"),
    "The plan": ("Der Plan", "A terv"),
    "Step": ("Schritt", "Lépés"),
    "Who": ("Wer", "Ki"),
    "Until": ("Bis", "Határidő"),
    "nobody yet": ("noch niemand", "még senki"),
    "none yet": ("noch keiner", "még nincs"),
    "Services": ("Leistungen", "Szolgáltatások"),
    "Area": ("Bereich", "Terület"),
    "Level": ("Stufe", "Szint"),
    "Agreed": ("Vereinbart", "Szerződött"),
    "yes": ("ja", "igen"),
    "no": ("nein", "nem"),
    "What could not be judged": ("Was nicht beurteilt werden konnte", "Amit nem lehetett megítélni"),
    "and more": ("und weitere", "és továbbiak"),
    "Evidence": ("Nachweise", "Bizonyítékok"),
    "Value": ("Wert", "Érték"),
    "Records": ("Datensätze", "Rekordok"),
    "unknown": ("unbekannt", "ismeretlen"),
    "Nothing is to be done.": ("Nichts ist zu tun.", "Nincs teendő."),
}
_PLACES = {"de": 0, "hu": 1}


class ReportWords(Words):
    """One language: the note's words and the report's."""

    def own(self, text: str) -> str:
        """One of the report's own texts. Raises KeyError for one that it does not have."""
        found = _TEXTS[text]
        return text if self.language not in _PLACES else found[_PLACES[self.language]]

    def tenths(self, level: float) -> str:
        """A level with one place after the point, or the comma."""
        from babel.numbers import format_decimal  # noqa: PLC0415 - heavy, and only needed where reports are written

        return format_decimal(round(level, 1), format="0.0", locale=self.language)
