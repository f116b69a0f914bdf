"""What holds for every result, whatever the evidence."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, true

from sevenc_sync.clock import to_seconds
from sevenc_sync.model import Ticket
from sevenc_sync.score import ClientResult, builtin_rules_dir, counting, load_rules
from sevenc_sync.score.binding import Binder
from sevenc_sync.score.evaluate import evaluate
from sevenc_sync.score.inputs import ClientInputs, Input, canonical, client_result
from sevenc_sync.score.measures import MEASURES
from sevenc_sync.score.rollup import Subject
from sevenc_sync.score.sources import SOURCES
from sevenc_sync.score.vocabulary import Uses
from sevenc_sync.score.words import Phrases
from sevenc_sync.store.database import Store
from sevenc_sync.store.migrate import upgrade
from tests.score.conftest import NOW, PSA, World, ago, furnished
from tests.score.random_world import CLIENTS, fill

RULES = load_rules([builtin_rules_dir()])
NOW_SECONDS = to_seconds(NOW)
WHO = Subject(1, "Client", 1, "c1")
SHARES = [item for item in RULES.indicators if item.measure == "share"]
COUNTED = st.integers(0, 400)


@st.composite
def some_sums(draw: st.DrawFn, indicator: Any) -> dict[str, Any]:
    """Sums as a database might give them for the indicator's measure."""
    sample = draw(COUNTED)
    times = st.none() | st.integers(0, 1600).map(lambda days: NOW_SECONDS - days * 86_400)
    number = st.none() | st.floats(0, 1e6)
    found: dict[str, Any] = {"sample": sample, "good": draw(st.integers(0, sample))}
    found |= {"latest": draw(times), "best": draw(number), "middle": draw(number), "before": draw(COUNTED)}
    found |= {"top": draw(number), "bottom": draw(number), "total": draw(number)}
    found |= {
        "within": draw(st.integers(0, sample)),
        "lately": draw(st.integers(0, sample) | st.just(max(0, sample - 1))),
    }
    found |= {"kept": draw(st.integers(0, 1)), "acted": draw(st.integers(0, 1))}
    found |= {f"span {n}": draw(st.integers(0, 2)) for n in range(1, 5)}
    found |= {f"step {n}": draw(st.integers(0, 2)) for n in range(1, len(indicator.steps) + 1)}
    found |= {f"part {name}": draw(st.integers(0, 2)) for name, _ in indicator.parts}
    return found


@st.composite
def some_inputs(draw: st.DrawFn) -> ClientInputs:
    """Inputs of one client, of which some say nothing."""
    found = {}
    for item in RULES.indicators:
        kind = draw(st.integers(0, 3))
        sums = draw(some_sums(item)) if kind > 1 else None
        fault = "the source cannot be read" if kind == 1 else None
        found[item.id] = Input(sums=sums, fault=fault, units=draw(st.none() | st.floats(0, 500)))
    return ClientInputs(WHO, found)


results = some_inputs().map(lambda inputs: (inputs, client_result(RULES, NOW, inputs)))


@given(results)
@settings(max_examples=30, deadline=None)
def test_unknown_is_never_0_and_what_cannot_be_read_is_always_unknown(
    made: tuple[ClientInputs, ClientResult],
) -> None:
    inputs, result = made
    for item in result.indicators:
        assert (item.level is None) == (item.reason is not None)
        assert item.level is None or 0 <= item.level <= 5
        if inputs.indicators[item.id].fault is not None:
            assert (item.level, item.value) == (None, None)
    for part in (*result.areas, *result.blocks):
        assert (part.level is None) == (part.known == 0)


@given(results)
@settings(max_examples=30, deadline=None)
def test_a_roll_up_lies_within_its_parts_and_gates_and_caps_hold(
    made: tuple[ClientInputs, ClientResult],
) -> None:
    _, result = made
    for area in result.areas:
        mine = [i for i in result.indicators if i.area == area.slug and i.level is not None]
        if area.level is None:
            continue
        levels = [i.level for i in mine if i.level is not None]
        assert area.level <= max(levels) + 0.005
        gates = [i.level for i in mine if i.is_gate and i.level is not None]
        assert not gates or area.level <= min(gates) + 2 + 0.005
        attested = all(i.is_attested for i in mine)
        assert not attested or area.level <= 3
        assert area.cap is not None or area.level >= min(levels) - 0.005
    for block in result.blocks:
        of_areas = [
            a.level for a in result.areas if a.slug.startswith(f"{block.slug}.") and a.level is not None
        ]
        if block.level is not None:
            assert min(of_areas) - 0.005 <= block.level <= max(of_areas) + 0.005
    known = [b.level for b in result.blocks if b.level is not None]
    assert (result.score is None) == (not known)
    if result.score is not None:
        assert 20 * min(known) - 0.05 <= result.score <= 20 * max(known) + 0.05


@given(results)
@settings(max_examples=20, deadline=None)
def test_the_same_inputs_give_the_same_bytes(made: tuple[ClientInputs, ClientResult]) -> None:
    inputs, result = made
    assert canonical(client_result(RULES, NOW, inputs)) == canonical(result)


@given(st.sampled_from(SHARES), st.integers(1, 300), st.data())
def test_more_good_rows_never_lower_a_share(indicator: Any, sample: int, data: st.DataObject) -> None:
    good = data.draw(st.integers(0, sample))
    more = data.draw(st.integers(1, 50))
    read = MEASURES["share"].read

    def level(sample: int, good: int) -> float:
        found = read(indicator, {"sample": sample, "good": good}, None, NOW_SECONDS).level
        assert found is not None
        return found

    assert level(sample + more, good + more) >= level(sample, good)
    assert level(sample, min(sample, good + more)) >= level(sample, good)


# What one more good row adds to, by measure.
ADDS_TO = {"covers": ("part ",), "count": ("total", "good"), "sum_ratio": ("top",), "steps": ("step ",)}


@pytest.mark.parametrize("measure", ADDS_TO)
@given(data=st.data())
@settings(max_examples=50)
def test_more_good_rows_never_lower_a_count_a_cover_or_a_ratio(measure: str, data: st.DataObject) -> None:
    item = data.draw(st.sampled_from([i for i in RULES.indicators if i.measure == measure]))
    sums = data.draw(some_sums(item)) | {
        "bottom": 100.0,
        "top": data.draw(st.floats(0, 100)),
        "total": data.draw(st.floats(0, 100)),
    }
    key = data.draw(st.sampled_from([k for k in sums if k.startswith(ADDS_TO[measure])]))
    before = MEASURES[item.measure].read(item, sums, None, NOW_SECONDS).level
    after = MEASURES[item.measure].read(item, sums | {key: sums[key] + 1}, None, NOW_SECONDS).level
    assert before is not None
    assert after is not None
    assert after >= before if item.better == "higher" else after <= before


def test_a_share_of_no_rows_is_unknown_even_where_a_rule_asks_for_none() -> None:
    found = MEASURES["share"].read(SHARES[0], {"sample": 0, "good": 0}, None, NOW_SECONDS)
    assert (found.value, found.level, found.reason) == (None, None, "no rows to take a share of")


def with_one_more_good_row(indicator: Any, sums: dict[str, Any]) -> dict[str, Any]:
    """The sums after something happened just now, or after a better number was told."""
    match indicator.measure:
        case "drill":
            # One that was there and had none in time, until all had.
            tried = {k: min(sums["sample"], sums[k] + 1) for k in ("within", "lately")}
            return sums | {"latest": NOW_SECONDS} | tried
        case "rhythm":
            return sums | {"latest": NOW_SECONDS, "span 1": sums["span 1"] + 1}
        case "number":
            better = 1 if indicator.better == "higher" else -1
            return sums | {"best": max(0.0, (sums["best"] or 0.0) + better)}
    return sums | {"latest": NOW_SECONDS}


DATED = [i for i in RULES.indicators if i.measure in ("age", "document", "drill", "rhythm", "number")]


@pytest.mark.parametrize("measure", sorted({item.measure for item in DATED}))
@given(data=st.data())
@settings(max_examples=100)
def test_what_happened_just_now_never_lowers_what_is_measured_by_its_age_its_rhythm_or_a_number(
    measure: str, data: st.DataObject
) -> None:
    item = data.draw(st.sampled_from([i for i in DATED if i.measure == measure]))
    sums = data.draw(some_sums(item))
    read = MEASURES[item.measure].read
    before = read(item, sums, None, NOW_SECONDS).level
    after = read(item, with_one_more_good_row(item, sums), None, NOW_SECONDS).level
    if before is not None and not item.informs:
        assert after is not None
        assert after >= before


@given(st.data())
def test_one_more_ticket_never_raises_a_rate_or_a_trend(data: st.DataObject) -> None:
    item = data.draw(st.sampled_from([i for i in RULES.indicators if i.measure in ("per", "trend")]))
    sums = data.draw(some_sums(item))
    sums["before"], sums["total"] = data.draw(st.integers(item.need.sample, 400)), float(sums["good"])
    more = sums | {key: sums[key] + 1 for key in ("sample", "good", "total")}
    few, many = (MEASURES[item.measure].read(item, one, 20.0, NOW_SECONDS).level for one in (sums, more))
    assert few is not None
    assert many is not None
    assert many <= few


def bytes_of(world: World) -> list[bytes]:
    with world.store.read() as connection:
        results = evaluate(connection, RULES, NOW, world.feeds, None).results()
    return [canonical(result) for result in results]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_sqlite_and_postgresql_give_the_same_results_row_for_row(
    sqlite_store: Store, postgres_store: Store, seed: int
) -> None:
    worlds = [furnished(sqlite_store), furnished(postgres_store)]
    for place, world in enumerate(worlds):
        fill(world, seed, order=place)
    mine, theirs = (bytes_of(world) for world in worlds)
    assert len(mine) == CLIENTS
    assert mine == theirs
    for name in SOURCES:
        assert row_numbers(worlds[0], name) == row_numbers(worlds[1], name)


def row_numbers(world: World, name: str) -> dict[int, int]:
    """How many rows of a source each client has."""
    with world.store.read() as connection:
        binder = Binder(RULES, NOW_SECONDS, Phrases.read(connection), connection.dialect.name, None)
        bound = binder.bind(name, Uses(columns=frozenset({SOURCES[name].newest})))
        statement = bound.select(bound.client, func.count()).group_by(bound.client)
        return {row[0]: row[1] for row in connection.execute(statement)}


@given(order=st.integers(1, 10**6))
@settings(max_examples=3, deadline=None)
def test_the_order_of_rows_and_pages_does_not_matter(
    tmp_path_factory: pytest.TempPathFactory, order: int
) -> None:
    found = []
    for place in (0, order):
        path = tmp_path_factory.mktemp("order") / "store.db"
        with Store.open(f"sqlite:///{path}") as store:
            upgrade(store)
            world = furnished(store)
            fill(world, 5, order=place)
            found.append(bytes_of(world))
    assert found[0] == found[1]


def test_the_random_world_makes_most_indicators_known(sqlite_world: World) -> None:
    fill(sqlite_world, 1)
    with sqlite_world.store.read() as connection:
        results = evaluate(connection, RULES, NOW, sqlite_world.feeds, None).results()
    known = {item.id for result in results for item in result.indicators if item.level is not None}
    assert len(known) > 50


@pytest.mark.parametrize("seed", range(3))
def test_rows_that_end_before_they_are_counted_would_change_no_sum(
    world: World, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """Windows and words end most rows early; counted over every row the sums are the same."""
    fill(world, seed)
    # Open, so that it counts, in no window, and without a word that a rule could look for.
    world.put(PSA, Ticket(id="wordless", company="c1", is_closed=False, opened_at=ago(700)))

    def sums() -> counting.Sums:
        with world.store.read() as connection:
            binder = Binder(
                load_rules([builtin_rules_dir()]),  # statements are kept with the rules
                NOW_SECONDS,
                Phrases.read(connection),
                connection.dialect.name,
                None,
            )
            return counting.all_sums(connection, binder)

    found = sums()
    monkeypatch.setattr(counting, "reach", lambda *_: {("all",): true()})
    every_row = sums()
    for key, of_clients in every_row.items():
        for client, expected in of_clients.items():
            nothing = {name: 0 if value == 0 else None for name, value in expected.items()}
            assert found[key].get(client, nothing) == pytest.approx(expected)
