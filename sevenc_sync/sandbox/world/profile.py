"""How good each client really is, and what the MSP noted on its record because of it."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta

from sevenc_sync.sandbox.world.entities import BLOCKS, Attested, Profile, Truth
from sevenc_sync.sandbox.world.seeds import clamp, dice

WORST, BEST = 0.03, 0.97
BLOCK_DEVIATION = 0.05
ENOUGH = 15  # clients from which on one of the better ones has no backup either
NO_BACKUP_FACTOR = 0.35
"""A client without any backup product keeps so much of its quality in the first block."""

RHYTHM_FROM = 0.6
"""Quality from which a client repeats what fell due, so that its dates follow the clock."""

DATED: Mapping[str, tuple[str, int]] = {
    "DR Plan Date": ("continuous", 365),
    "DR Test Date": ("continuous", 365),
    "IT Strategy Date": ("conscious", 365),
    "IT Budget Approved": ("cost-effective", 365),
    "Responsibility Matrix Review": ("charge", 365),
    "Vendor Register Review": ("clear", 365),
    "SLA Audit Date": ("clear", 365),
    "Last IT Audit": ("confident", 365),
    "Last Business Review": ("competent", 90),
}
"""Field to the block it speaks for and the days after which a good MSP does it again."""

FIELDS = (
    *DATED,
    "IT Plan Year",
    "MFA Percent",
    "Training Percent",
    "vCIO Name",
    "Executive Sponsor",
    "VML",
    "RTO Hours",
    "RPO Hours",
)
"""All attestation fields of a company record, in the order of the record's screen."""

SCORE_FIELDS = ("7C Score", "7C Proof", "7C Score Date")
"""Fields that the MSP made for the score to be written into: number, number, date."""

ATTESTED_ONLY = {"conscious": ("IT Strategy Date", "IT Plan Year")}
"""Blocks for which nothing but the record's fields speaks."""

SPONSORS = ("M. Okafor", "Helen Ruiz", "G. Lindt", "Peter Sand", "Ana Soares")
ADVISERS = ("Ara Kim", "Dana Reyes")


def make_profiles(seed: int, clients: int) -> list[Profile]:
    """One profile a client: overall quality spread evenly from neglected to excellent, in shuffled order."""
    step = (BEST - WORST) / max(1, clients - 1)
    ranks = list(range(clients))
    dice(seed, "ranks").shuffle(ranks)
    without_backup = set(range(max(1, clients // 12))) | ({clients // 4} if clients >= ENOUGH else set())
    profiles = []
    for index, rank in enumerate(ranks):
        chance = dice(seed, "profile", index)
        middle = WORST + step * rank
        blocks = {block: clamp(middle + chance.gauss(0, BLOCK_DEVIATION), 0.02, 0.98) for block in BLOCKS}
        has_backup = rank not in without_backup
        if not has_backup:
            blocks["continuous"] *= NO_BACKUP_FACTOR
        profiles.append(Profile(blocks, has_backup))
    return profiles


def truth_of(profile: Profile, attested: Mapping[str, Attested]) -> Truth:
    """What a perfect scorer would find: the blocks, None where no record exists, and their overall mean."""
    silent = {b for b, names in ATTESTED_ONLY.items() if not any(name in attested for name in names)}
    blocks = {block: None if block in silent else round(value, 4) for block, value in profile.blocks.items()}
    return Truth(round(sum(profile.blocks.values()) / len(BLOCKS), 4), blocks, profile.has_backup)


def attest(seed: int, index: int, profile: Profile, anchor: datetime, now: datetime) -> dict[str, Attested]:
    """The values noted on the client's record: filled and recent where the client is well managed.

    Well-run clients keep their rhythm after the anchor, so their dates follow `now`; the others' grow old.
    """
    chance = dice(seed, "attest", index)
    quality = profile.blocks
    noted: dict[str, Attested] = {}
    for name, (block, interval) in DATED.items():
        q = clamp(quality[block] + chance.gauss(0, 0.03))
        jitter = chance.uniform(0.9, 1.1)
        if q < chance.uniform(0.16, 0.30):
            continue
        age = interval * (0.1 + 3.4 * (1 - q) ** 1.6) * jitter
        first = anchor.date() - timedelta(days=int(age))
        noted[name] = _latest(first, interval if q > RHYTHM_FROM else None, now.date())
    conscious, continuous = quality["conscious"], quality["continuous"]
    year = (now if conscious > RHYTHM_FROM else anchor).year
    if conscious > 0.25:  # noqa: PLR2004 (below, nobody ever made a plan)
        noted["IT Plan Year"] = year - int(4 * clamp(RHYTHM_FROM - conscious))
    if continuous > 0.5 and "DR Plan Date" in noted:  # noqa: PLR2004 (from here on a plan says what it promises)
        noted["RTO Hours"], noted["RPO Hours"] = (4, 1) if continuous > 0.8 else (24, 24)  # noqa: PLR2004 (the best)
    if continuous > 0.12:  # noqa: PLR2004 (below, nobody ever counted)
        noted["MFA Percent"] = round(100 * clamp(0.1 + 0.92 * continuous))
        noted["Training Percent"] = round(100 * continuous**1.15)
    if quality["competent"] > 0.35:  # noqa: PLR2004 (from here on the client has an adviser)
        noted["vCIO Name"] = chance.choice(ADVISERS)
    if quality["competent"] > 0.5:  # noqa: PLR2004 (from here on an executive takes part)
        noted["Executive Sponsor"] = chance.choice(SPONSORS)
    if quality["cost-effective"] > 0.15:  # noqa: PLR2004 (below, nobody ever rated it)
        noted["VML"] = 1 + round(4 * quality["cost-effective"])
    return {name: noted[name] for name in FIELDS if name in noted}


def _latest(first: date, interval: int | None, today: date) -> date:
    if interval is None or first >= today:
        return first
    return first + timedelta(days=(today - first).days // interval * interval)
