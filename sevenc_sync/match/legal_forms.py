"""Which words of an organisation's name only say what kind of legal person it is, as data.

Written as they stand after folding: lower case, no dots, no accents, single letters joined ("S.A." is "sa"). A form of
several words is written with spaces. Only whole words at the end of a name are taken for a form (a few stand in
front), and never the whole name.
"""

from collections.abc import Mapping

# By where they are used; a form that several countries share stands once.
LEGAL_FORMS: Mapping[str, tuple[str, ...]] = {
    "english": (
        "ltd", "limited", "plc", "public limited company", "llp", "lp", "limited liability partnership",
        "limited partnership", "cic", "cio", "inc", "incorporated", "corp", "corporation", "co", "company", "& co",
        "& company", "llc", "limited liability company", "pllc", "pc", "pty", "proprietary limited", "pvt",
        "private limited", "pte", "ulc", "bhd", "sdn bhd", "dac", "clg",
    ),
    "german": (
        "gmbh", "mbh", "ggmbh", "gesmbh", "gesellschaft mit beschrankter haftung", "ag", "aktiengesellschaft", "kg",
        "kgaa", "ohg", "og", "gbr", "ug", "ug haftungsbeschrankt", "haftungsbeschrankt", "eg", "ek", "eu", "ev",
        "& co", "se", "partg", "partg mbb", "partgmbb", "mbb", "kommanditgesellschaft",
    ),
    "hungarian": (
        "kft", "zrt", "nyrt", "rt", "bt", "kkt", "ev", "nonprofit kft", "nonprofit zrt", "korlatolt felelossegu tarsasag",
        "zartkoruen mukodo reszvenytarsasag", "nyilvanosan mukodo reszvenytarsasag", "beteti tarsasag",
    ),
    "french": (
        "sarl", "eurl", "sas", "sasu", "sa", "sci", "snc", "scop", "scs", "sca", "& cie", "cie", "societe anonyme",
        "societe a responsabilite limitee", "sprl", "bvba", "asbl", "sarlau",
    ),
    "dutch": ("bv", "besloten vennootschap", "nv", "naamloze vennootschap", "vof", "cv", "vzw", "comm v"),
    "spanish and portuguese": (
        "sl", "slu", "sll", "sociedad limitada", "sociedad anonima", "sau", "sa de cv", "s de rl de cv", "srl de cv",
        "sapi de cv", "lda", "ltda", "limitada", "eireli", "me", "sociedade anonima", "unipessoal lda",
    ),
    "italian": ("srl", "srls", "spa", "sapa", "ss", "sas", "snc", "societa a responsabilita limitata"),
    "nordic": (
        "ab", "aktiebolag", "hb", "oy", "oyj", "osakeyhtio", "ky", "as", "asa", "aps", "is", "ks", "ans", "da", "enk",
        "ehf", "hf", "aktieselskab", "anpartsselskab", "amba",
    ),
    "slavic and baltic": (
        "sp zoo", "sp z oo", "spzoo", "spolka z oo", "spolka z ograniczona odpowiedzialnoscia", "spolka akcyjna",
        "sp k", "spk", "sp j", "spj", "sro", "spol sro", "spol s ro", "as", "vos", "doo", "dd", "jdoo", "dno", "ooo",
        "ood", "eood", "ad", "ead", "uab", "sia", "ou", "mb",
    ),
    "other": ("sti", "ltd sti", "anonim sirketi", "limited sirketi", "kk", "gk", "tbk", "oe", "ee", "epe", "ike", "ae"),
}  # fmt: skip

# Forms that stand in front of the name.
LEADING_FORMS = (
    "the",
    "ooo",
    "\u043e\u043e\u043e",
    "\u0437\u0430\u043e",
    "uab",
)  # ooo and zao, in Cyrillic too

# Ordinary words of a name ("Sunset Spa") unless dots, slashes or blanks stand between the letters ("Sunset S.p.A.").
ONLY_WHEN_PUNCTUATED = frozenset(
    {
        "spa",
        "is",
        "me",
        "da",
        "ss",
        "ad",
        "oe",
        "ee",
        "ike",
        "pc",
        "dd",
        "mb",
        "ae",
        "eu",
        "ev",
        "eg",
        "ek",
        "ky",
        "hf",
    }
)

# Words that say "&" between two others.
AND_WORDS = frozenset({"&", "+", "and", "und", "et", "és", "og", "och"})

# Letters that are written in two ways where a keyboard has no key for them: (with a second letter, plain).
TWO_SPELLINGS: Mapping[str, tuple[str, str]] = {
    "ä": ("ae", "a"),
    "ö": ("oe", "o"),
    "ü": ("ue", "u"),
    "ø": ("oe", "o"),
    "å": ("aa", "a"),
}

# Letters that no accent table takes apart.
ONE_SPELLING: Mapping[str, str] = {
    "æ": "ae",
    "œ": "oe",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "\u0131": "i",  # the dotless i
    "ħ": "h",
}
