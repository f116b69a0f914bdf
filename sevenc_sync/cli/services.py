"""sevenc-sync services: the MSP's own side. What it sells to whom, what to build next, who delivers what, paid and delivered."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from sevenc_sync.cli.app import app
from sevenc_sync.cli.common import configuration, engine_errors, out, safe, show_json, show_table
from sevenc_sync.cli.scores import AsJson, find_client

if TYPE_CHECKING:
    from sevenc_sync.engine.local import Engine
    from sevenc_sync.score import Balance, ClientResult, Duty, Estate, Ref

IDS = 6  # ids that a line for people names


@app.command("services")
def services_command(
    context: typer.Context,
    client: Annotated[
        str | None,
        typer.Argument(metavar="[CLIENT]", help="Who delivers what to this client, and what it pays for."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show per area who buys it and how they do, and what to build next; or one client's matrix and bills."""
    from sevenc_sync.engine.local import open_engine
    from sevenc_sync.score import load_results

    config = configuration(context)
    with engine_errors(), open_engine(config) as engine:
        if client is None:
            _portfolio(engine, as_json=as_json)
        else:
            found = find_client(load_results(engine.store, engine.rules), client)
            _client(engine, found, as_json=as_json)


def _portfolio(engine: "Engine", *, as_json: bool) -> None:
    from sevenc_sync.clock import utc_now
    from sevenc_sync.score import balances, differing, offers, part_levels, read_estates, to_build

    estates = read_estates(engine.store, engine.rules, utc_now())
    with engine.store.read() as connection:
        levels = part_levels(connection)
    found = offers(engine.rules, estates, levels)
    next_ones = to_build(found)
    wrong = [(estate, item) for estate in estates for item in differing(balances(estate))]
    if as_json:
        show_json(
            {
                "areas": [{**msgspec.to_builtins(o), "share": o.share, "low": o.is_low} for o in found],
                "build_next": [offer.area for offer in next_ones],
                "differences": [
                    {"client": estate.name, "client_id": estate.client, **_balance_json(item)}
                    for estate, item in wrong
                ],
            }
        )
        return
    show_table(
        "Services",
        ("area", "buyers", "of", "level of buyers", "of others", "with a gap", "mean gap", "their seats"),
        [
            (
                o.area,
                o.buyers,
                o.clients,
                _level(o.median_buyers),
                _level(o.median_others),
                o.gap_clients,
                _level(o.gap),
                f"{o.gap_seats:g}",
            )
            for o in found
        ],
    )
    out.print()
    if next_ones:
        show_table(
            "What to build next: sold to few or nobody, ranked by gap x seats",
            ("", "area", "buyers", "clients with a gap", "mean gap", "gap x seats"),
            [
                (place, o.area, o.buyers, o.gap_clients, _level(o.gap), f"{o.need:g}")
                for place, o in enumerate(next_ones, start=1)
            ],
        )
    else:
        out.print("Every area in which clients have a gap is sold to a good part of them.")
    out.print()
    if wrong:
        show_table(
            "Paid and delivered do not agree",
            ("client", "product", "counts", "paid", "delivered", "difference"),
            [(estate.name, *_balance_row(item)) for estate, item in wrong],
        )
        out.print("`sevenc-sync services CLIENT` names the lines and the devices.")
    else:
        out.print("Paid and delivered agree wherever both are known.")


def _client(engine: "Engine", result: "ClientResult", *, as_json: bool) -> None:
    from sevenc_sync.clock import utc_now
    from sevenc_sync.score import balances, read_duties, read_estates

    now = utc_now()
    (estate,) = read_estates(engine.store, engine.rules, now, [result.client])
    matrix = read_duties(engine.store, engine.rules, now, estate)
    bills = balances(estate)
    if as_json:
        show_json(
            {
                "client": result.name,
                "id": result.client,
                "seats": estate.seats,
                "matrix": matrix,
                "bills": [_balance_json(item) for item in bills],
            }
        )
        return
    _print_matrix(estate, matrix, {part.slug: part.level for part in result.areas})
    out.print()
    if not bills:
        out.print("No contract line of this client counts anything that can be compared.")
        return
    show_table(
        "Paid and delivered",
        ("product", "counts", "paid", "delivered", "difference", "lines", "records"),
        [(*_balance_row(item), _ids(item.lines), _ids(item.records, named=True)) for item in bills],
    )


def _print_matrix(estate: "Estate", matrix: "Sequence[Duty]", levels: "dict[str, float | None]") -> None:
    show_table(
        f"{estate.name}: who delivers what",
        ("area", "level", "delivered by", "says", "contract lines"),
        [
            (
                duty.area,
                _level(levels.get(duty.area)),
                _party(duty),
                f"unclear: {duty.unclear}" if duty.unclear else duty.by,
                _ids(duty.lines),
            )
            for duty in matrix
        ],
    )
    fallen = sum(duty.party == "ceo" for duty in matrix)
    out.print(
        f"{fallen} of {len(matrix)} areas are nobody's, and so the head of the company's. Who delivers an area that the MSP does "
        "not: the field `Delivered By AREA`, with msp, client, vendor or partner and a name.",
        soft_wrap=True,
    )


def _party(duty: "Duty") -> str:
    return f"{duty.party}: {duty.who}" if duty.who else duty.party


def _level(value: float | None) -> str:
    return "·" if value is None else f"{value:.2f}"


def _balance_row(item: "Balance") -> tuple[object, ...]:
    return (
        item.product or "no line bills them",
        item.counts,
        _number(item.paid),
        _number(item.delivered),
        "unknown" if item.difference is None else f"{item.difference:+g}",
    )


def _balance_json(item: "Balance") -> dict[str, object]:
    return {**msgspec.to_builtins(item), "difference": item.difference}


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"


def _ids(refs: "Sequence[Ref]", *, named: bool = False) -> object:
    names = ", ".join(_called(ref) if named else ref.id for ref in refs[:IDS])
    return safe(f"{names}, … {len(refs) - IDS} more" if len(refs) > IDS else names or "-")


def _called(ref: "Ref") -> str:
    return f"{ref.name} ({ref.id})" if ref.name and ref.name != ref.id else ref.id
