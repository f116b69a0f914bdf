"""Names: the clients, how another product spells them, the MSP's people, and the companies that are not clients."""

import unicodedata
from random import Random

OWN_NAME = "Brightwater IT"

STEMS = (
    ("Acme Fabrication", "Ltd"), ("Harbor Dental Group", "LLC"), ("Müller Präzision", "GmbH"),
    ("Cedar & Stone Architects", "LLP"), ("Northfield Logistics", "Inc"), ("Café Núñez", "LLC"),
    ("Oakridge Veterinary", "Ltd"), ("Summit Accounting", "Inc"), ("Bluebird Nursery School", "Ltd"),
    ("Société Lumière", "SA"), ("Ironwood Construction", "Corp"), ("Silverlake Realty", "LLC"),
    ("Zapata Produce", "Inc"), ("Kestrel Marine", "Ltd"), ("Pinnacle Orthopedics", "LLC"),
    ("Redwood Legal", "LLP"), ("Dvořák Instruments", "Ltd"), ("Greenway Landscaping", "Inc"),
    ("Lakeshore Title", "Corp"), ("Mason-Hale Insurance", "LLC"), ("Orchard Foods", "Ltd"),
    ("Quarry Hill Winery", "LLC"), ("Falcon Freight", "Inc"), ("Whitfield Optical", "Ltd"),
    ("Båstad Timber", "AB"), ("Juniper Wellness", "LLC"), ("Tidewater Plumbing", "Inc"),
    ("Old Mill Printing", "Ltd"), ("Ashford Montessori", "Inc"), ("Vega Robotics", "Corp"),
    ("Copperfield Hotels", "Ltd"), ("Emerald City Catering", "LLC"), ("Grange Farm Supplies", "Ltd"),
    ("St. Brendan's Hospice", "Inc"), ("Peña Automotive", "LLC"), ("Stonebridge Capital", "LLP"),
    ("Yarrow Textiles", "Ltd"), ("Frontier Title & Escrow", "Inc"), ("Lindqvist Design", "AB"),
    ("Delta Crane Hire", "Ltd"),
)  # fmt: skip
MORE_WORDS = ("Aspen", "Birch", "Canyon", "Dune", "Elm", "Fern", "Glacier", "Heath", "Island", "Jasper")
MORE_TRADES = (
    "Bakery",
    "Clinic",
    "Motors",
    "Partners",
    "Roofing",
    "Schools",
    "Storage",
    "Studios",
    "Tools",
    "Travel",
)

LEGAL_VARIANTS = {
    "Ltd": ("Ltd.", "Limited", "LTD"),
    "Inc": ("Inc.", "Incorporated", "INC"),
    "LLC": ("LLC", "L.L.C.", "llc"),
    "Corp": ("Corp.", "Corporation", "CORP"),
    "LLP": ("LLP", "L.L.P.", "llp"),
    "GmbH": ("GmbH", "GMBH", "Gmbh"),
    "AB": ("AB", "A.B.", "ab"),
    "SA": ("SA", "S.A.", "sa"),
}

OTHERS = (
    (101, "vendor", "Fabrikam Hardware Inc."), (102, "vendor", "Contoso Cloud Distribution LLC"),
    (103, "vendor", "Tailspin Telecom Ltd."), (110, "prospect", "Maple Court Surgery"),
    (111, "prospect", "Riverside Pet Hotel LLC"), (120, "former", "Woodgrove Furniture Ltd."),
    (130, "deleted", "Test Company - do not use"),
)  # fmt: skip
"""Companies in the PSA that are not clients: id, kind, name."""

STRAY_ORGANISATIONS = ("Lab Rack (internal)", "Proseware Archive 2019")
"""Organisations in the backup product that no PSA company stands for."""

PEOPLE = (
    ("jdoe", "Jane", "Doe", "Service Desk Lead"), ("rpatel", "Ravi", "Patel", "Engineer"),
    ("moconnor", "Maeve", "O'Connor", "Engineer"), ("lgarcia", "Luis", "García", "Engineer"),
    ("tnguyen", "Thu", "Nguyen", "Engineer"), ("sbauer", "Sven", "Bauer", "Projects"),
    ("akim", "Ara", "Kim", "vCIO"), ("dreyes", "Dana", "Reyes", "vCIO"),
    ("wbrown", "Will", "Brown", "Automation"), ("pfoster", "Pat", "Foster", "Engineer (left)"),
)  # fmt: skip
CITIES = (
    ("Portland", "OR", "97205"), ("Tacoma", "WA", "98402"), ("Boise", "ID", "83702"),
    ("Spokane", "WA", "99201"), ("Eugene", "OR", "97401"), ("Bend", "OR", "97701"),
)  # fmt: skip
STREETS = ("Main St", "Oak Ave", "Harbor Way", "2nd Ave", "Mill Rd", "Station Pl")


def client_name(index: int) -> tuple[str, str]:
    """Stem and legal form of the n-th client; never the same stem twice."""
    if index < len(STEMS):
        return STEMS[index]
    extra = index - len(STEMS)
    trade = MORE_TRADES[extra % len(MORE_TRADES)]
    word = MORE_WORDS[extra // len(MORE_TRADES) % len(MORE_WORDS)]
    turn = extra // (len(MORE_TRADES) * len(MORE_WORDS))
    return f"{word} {trade}{f' {turn + 1}' if turn else ''}", ("Ltd", "Inc", "LLC")[extra % 3]


def spellings(index: int, chance: Random) -> tuple[str, str]:
    """The client's name in the PSA and in the backup product.

    The two differ only in what a matcher may ignore: legal form, punctuation, case and accents.
    """
    stem, legal = client_name(index)
    forms = LEGAL_VARIANTS[legal]
    psa = f"{stem} {forms[0]}"
    change = index % 5
    if change == 0:
        return psa, psa
    if change == 1:
        return psa, f"{stem}, {forms[1]}"
    if change == 2:  # noqa: PLR2004 (one case of five)
        return psa, f"{stem.upper()} {forms[2].upper()}"
    if change == 3:  # noqa: PLR2004 (one case of five)
        return psa, f"{stem.replace('.', '').replace('-', ' ')} {forms[chance.randrange(3)]}"
    return psa, f"{without_accents(stem)}  {forms[2]}"


def without_accents(text: str) -> str:
    """The text with its accents taken off: `Núñez` becomes `Nunez`."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))


def short_code(name: str) -> str:
    """A short upper-case code made of a name's letters, for host names and company identifiers."""
    return "".join(c for c in without_accents(name).upper() if c.isascii() and c.isalnum())
