"""Paid and delivered: contract lines beside the devices, workloads and seats that their quantities count."""

from collections.abc import Sequence

import msgspec

from sevenc_sync.score.estate import Estate, Ref

# Kinds that are worth a line wherever they are found.
_ALWAYS = ("server", "workstation", "protected")


class Balance(msgspec.Struct, frozen=True, kw_only=True):
    """One product of one client, or a kind of thing that no product bills.

    `paid` is the sum of the lines' quantities, None where there is no line or a line without a quantity; `delivered` the number
    of things that are there, None where nobody knows. `records` are those things where the estate has them. `difference` is delivered less paid: above 0 more is delivered than paid.
    """

    product: str | None
    counts: str
    paid: float | None
    delivered: float | None
    lines: tuple[Ref, ...]
    records: tuple[Ref, ...]

    @property
    def difference(self) -> float | None:
        """Delivered less paid; None where either is not known. What no line bills is paid by nobody."""
        if self.delivered is None or (self.paid is None and self.lines):
            return None
        return self.delivered - (self.paid or 0.0)


def balances(estate: Estate) -> list[Balance]:
    """Each product that counts something, then kinds of things that are there and that no line bills."""
    products: dict[tuple[str, str], list[int]] = {}
    for place, line in enumerate(estate.lines):
        if line.counts is not None:
            products.setdefault((line.product or "", line.counts), []).append(place)
    found = []
    for (product, counts), places in sorted(products.items()):
        lines = [estate.lines[place] for place in places]
        quantities = [line.quantity for line in lines]
        paid = None if None in quantities else sum(number for number in quantities if number is not None)
        found.append(
            Balance(
                product=product or None,
                counts=counts,
                paid=paid,
                delivered=_delivered(estate, counts),
                lines=tuple(line.ref for line in lines),
                records=estate.counted(counts),
            )
        )
    billed = _billed_kinds({counts for _, counts in products})
    for counts in _ALWAYS:
        number = estate.number(counts)
        if number and counts not in billed:
            found.append(
                Balance(
                    product=None,
                    counts=counts,
                    paid=None,
                    delivered=float(number),
                    lines=(),
                    records=estate.counted(counts),
                )
            )
    return found


def differing(found: Sequence[Balance]) -> list[Balance]:
    """Those whose two sides are known and not equal, the largest difference first."""
    wrong = [(abs(item.difference), item) for item in found if item.difference]
    return [
        item for _, item in sorted(wrong, key=lambda pair: (-pair[0], pair[1].product or "", pair[1].counts))
    ]


def _delivered(estate: Estate, counts: str) -> float | None:
    return estate.seats if counts == "seat" else float(estate.number(counts))


def _billed_kinds(counts: set[str]) -> set[str]:
    """A line for computers bills servers and workstations alike."""
    return counts | ({"server", "workstation"} if "computer" in counts else set())
