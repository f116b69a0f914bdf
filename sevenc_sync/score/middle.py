"""The middle value per client, worked out by the database: windows number the values, and no row comes to Python."""

from sqlalchemy import Double, Select, and_, case, func, literal, or_, select

from sevenc_sync.score.bound import Bound
from sevenc_sync.score.reading import Expressions


def middle_of(bound: Bound, e: Expressions) -> Select[tuple[int, float]]:
    """A statement for the median of `of` over the rows of `where`: (client, middle), clients without any value left out."""
    value = e["of"]
    owner = bound.client.label("client")
    ordered = (
        bound.select(
            owner,
            value.label("value"),
            func.row_number().over(partition_by=bound.client, order_by=value).label("place"),
            func.count().over(partition_by=bound.client).label("number"),
        )
        .where(and_(e["where"], value.is_not(None)))
        .subquery("ordered")
    )
    # Of n values the middle ones are those at the places (n + 1) / 2 and (n + 2) / 2, without their remainders.
    twice = 2 * ordered.c.place
    is_middle = or_(twice == ordered.c.number, twice == ordered.c.number + 1, twice == ordered.c.number + 2)
    middle = func.sum(case((is_middle, ordered.c.value)), type_=Double()) / func.sum(
        case((is_middle, literal(1.0, Double())), else_=literal(0.0, Double())), type_=Double()
    )
    return select(ordered.c.client, middle.label("middle")).group_by(ordered.c.client)
