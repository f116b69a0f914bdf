"""Each run can be computed again, to the byte, from what was kept of it; and what cannot be is said plainly."""

import tempfile
import zlib
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, func, insert, select, update

from sevenc_sync.model import Asset, ProtectionRun, Ticket
from sevenc_sync.score import CannotReplay, ClientResult, Rules, prune_inputs, replay, score_clients
from sevenc_sync.score.inputs import ClientInputs, Input
from sevenc_sync.score.inputstore import WHOLE_EVERY, inputs_at, keep_inputs, scope_clients, scope_text
from sevenc_sync.score.packs import load_pack, packed, unpacked
from sevenc_sync.score.rollup import Subject
from sevenc_sync.store import tables
from sevenc_sync.store.database import Store
from tests.score.conftest import BACKUP, NOW, PSA, World, ago, day, furnished

SUCCESS = "continuous.backup-management.job-success"


def furnish_clients(world: World, count: int = 2) -> None:
    for n in range(1, count + 1):
        world.client(n, custom={"DR Plan Date": day(90 * n), "VML": n})
        world.put(PSA, Asset(id=f"s{n}", company=f"c{n}", type="Server"))
        world.put(
            PSA,
            *[
                Ticket(id=f"{n}-{i}", company=f"c{n}", board="Help Desk", hours=0.1, opened_at=ago(i))
                for i in range(8)
            ],
        )
        world.put(
            BACKUP,
            *[
                ProtectionRun(
                    id=f"{n}-{i}",
                    company=f"b{n}",
                    protection="p",
                    at=ago(i),
                    result="ok" if i % n == 0 else "failed",
                )
                for i in range(9)
            ],
        )


def scored(world: World, rules: Rules, now: datetime = NOW, clients: list[int] | None = None) -> int:
    return score_clients(world.store, rules, now, world.feeds, clients=clients).score_run


def is_identical(world: World, run: int) -> bool:
    with world.store.read() as connection:
        return replay(connection, run).is_identical


def refused(world: World, run: int) -> str:
    with world.store.read() as connection, pytest.raises(CannotReplay) as caught:
        replay(connection, run)
    return str(caught.value)


def forget_evidence(world: World) -> None:
    with world.store.write() as connection:
        for table in (*tables.evidence.values(), tables.phrase):
            connection.execute(delete(table))


def test_a_run_comes_out_the_same_after_its_evidence_is_gone(world: World, rules: Rules) -> None:
    furnish_clients(world)
    first = scored(world, rules)
    world.put(
        BACKUP,
        *[
            ProtectionRun(id=f"x{i}", company="b1", protection="p", at=ago(1), result="failed")
            for i in range(40)
        ],
    )
    second = scored(world, rules, NOW + timedelta(hours=1))
    forget_evidence(world)
    assert is_identical(world, first)
    assert is_identical(world, second)


def test_a_run_of_some_clients_is_replayed_for_those(world: World, rules: Rules) -> None:
    furnish_clients(world, 3)
    scored(world, rules)
    run = scored(world, rules, NOW + timedelta(days=1), clients=[3])
    with world.store.read() as connection:
        found = replay(connection, run)
    assert found.is_identical
    assert (found.clients, found.at) == (1, NOW + timedelta(days=1))


def test_a_client_that_got_another_name_was_called_what_it_was_called(world: World, rules: Rules) -> None:
    furnish_clients(world)
    run = scored(world, rules)
    with world.store.write() as connection:
        connection.execute(update(tables.client).values(name="Renamed"))
    later = scored(world, rules, NOW + timedelta(days=1))
    assert is_identical(world, run)
    assert is_identical(world, later)


def test_nothing_is_written_for_a_client_of_whom_nothing_changed(world: World, rules: Rules) -> None:
    furnish_clients(world)
    for _ in range(4):
        scored(world, rules)
    with world.store.read() as connection:
        assert connection.execute(select(func.count()).select_from(tables.score_input)).scalar_one() == 2


def test_older_rows_shrink_to_what_was_other(world: World, rules: Rules) -> None:
    furnish_clients(world, 1)
    for n in range(3):
        scored(world, rules, NOW + timedelta(hours=n))
        world.put(PSA, Asset(id=f"more{n}", company="c1", type="Server"))
    with world.store.read() as connection:
        rows = connection.execute(select(tables.score_input).order_by(tables.score_input.c.score_run)).all()
    assert [row.is_whole for row in rows] == [False, False, True]
    assert len(rows[0].body) * 3 < len(rows[-1].body)


def test_a_change_of_what_was_kept_is_found_with_client_and_indicator(world: World, rules: Rules) -> None:
    furnish_clients(world)
    run = scored(world, rules)
    with world.store.write() as connection:
        old = inputs_at(connection, run, [1])[1]
        worse = dict(old.indicators) | {SUCCESS: Input(sums={"sample": 9, "good": 1, "newest": None})}
        connection.execute(delete(tables.score_input).where(tables.score_input.c.client == 1))
        keep_inputs(connection, run, [ClientInputs(old.subject, worse)])
    with world.store.read() as connection:
        found = replay(connection, run)
    assert not found.is_identical
    named = {(item.client, item.kind, item.slug) for item in found.differences}
    assert (1, "indicator", SUCCESS) in named
    assert (1, "area", "continuous.backup-management") in named
    assert (1, "client", "") in named
    assert {client for client, _, _ in named} == {1}


def test_a_run_that_was_never_made_or_never_ended_is_refused(sqlite_world: World, rules: Rules) -> None:
    furnish_clients(sqlite_world)
    assert "nothing was scored yet" in refused(sqlite_world, 7)

    def fail(_connection: Connection, _new: ClientResult, _old: ClientResult | None) -> None:
        raise RuntimeError("made for the test")

    with pytest.raises(RuntimeError):
        score_clients(sqlite_world.store, rules, NOW, sqlite_world.feeds, on_scored=fail)
    assert "did not come to its end" in refused(sqlite_world, 1)
    run = scored(sqlite_world, rules)
    assert is_identical(sqlite_world, run)
    assert f"there is no score run 99; the newest is {run}" in refused(sqlite_world, 99)


def test_a_run_of_a_version_that_kept_nothing_or_kept_it_otherwise_is_refused(
    sqlite_world: World, rules: Rules
) -> None:
    furnish_clients(sqlite_world)
    run = scored(sqlite_world, rules)
    with sqlite_world.store.write() as connection:
        connection.execute(update(tables.rules_pack).values(body=zlib.compress(b"{}")))
        connection.execute(insert(tables.score_run).values(at=0, rules_hash="x", clients=0, changed=0))
    assert "kept no inputs" in refused(sqlite_world, run + 1)
    assert f"the rules of score run {run} " in refused(sqlite_world, run)


def test_pruned_runs_are_refused_and_later_ones_stay(world: World, rules: Rules) -> None:
    furnish_clients(world)
    runs = []
    for n in range(6):
        world.put(PSA, Asset(id=f"more{n}", company=f"c{n % 2 + 1}", type="Server"))
        runs.append(scored(world, rules, NOW + timedelta(days=n)))
    with world.store.write() as connection:
        gone = prune_inputs(connection, NOW + timedelta(days=3))
    assert gone > 0
    assert all("no longer kept; store.replay_days" in refused(world, run) for run in runs[:3])
    assert all(is_identical(world, run) for run in runs[3:])
    with world.store.write() as connection:
        assert prune_inputs(connection, NOW + timedelta(days=3)) == 0


def test_pruning_lets_go_rules_that_no_kept_run_used(sqlite_world: World, rules: Rules) -> None:
    furnish_clients(sqlite_world)
    other = msgspec.structs.replace(rules, tags=rules.tags[:-1])
    scored(sqlite_world, other)
    last = scored(sqlite_world, rules, NOW + timedelta(days=9))
    with sqlite_world.store.write() as connection:
        prune_inputs(connection, NOW + timedelta(days=1))
        assert load_pack(connection, other.hash) is None
        assert load_pack(connection, rules.hash) == rules
    assert is_identical(sqlite_world, last)


def test_rules_come_out_of_their_pack_as_they_went_in(rules: Rules) -> None:
    again = unpacked(packed(rules))
    assert again == rules
    assert again.hash == rules.hash
    assert packed(again) == packed(rules)


@given(st.sets(st.integers(min_value=1, max_value=400)))
def test_a_scope_reads_back(clients: set[int]) -> None:
    assert scope_clients(scope_text(clients)) == sorted(clients)


def inputs(client: int, state: dict[str, int]) -> ClientInputs:
    subject = Subject(client, f"Client {client}", PSA, f"c{client}")
    return ClientInputs(subject, {name: Input(sums={"sample": n}) for name, n in state.items()})


def begin(store: Store, ended: bool = True) -> int:
    values = {"at": 0, "rules_hash": "x", "clients": 1, "changed": 0}
    with store.write() as connection:
        made = connection.execute(insert(tables.score_run).values(**values, digest="d" if ended else None))
        return int((made.inserted_primary_key or (0,))[0])


def test_no_way_back_is_longer_than_thirty_runs(world: World) -> None:
    world.client(1)
    states = {}
    for n in range(2 * WHOLE_EVERY + 3):
        run = begin(world.store)
        states[run] = inputs(1, {"a": n, "b": n // 7})
        with world.store.write() as connection:
            keep_inputs(connection, run, [states[run]])
    with world.store.read() as connection:
        assert {run: inputs_at(connection, run, [1])[1] for run in states} == states
        whole = connection.execute(
            select(tables.score_input.c.score_run).where(tables.score_input.c.is_whole)
        ).scalars()
        assert sorted(whole) == [29, 59, 63]


def test_two_scorings_at_the_same_time_keep_what_each_has_seen(world: World) -> None:
    """The one that began first saves last, and has seen other evidence."""
    world.client(1)
    first, older, newer, last = (begin(world.store, ended) for ended in (True, False, False, False))
    saved = [(first, {"a": 1}), (newer, {"a": 1, "b": 2}), (older, {"a": 1}), (last, {"a": 3, "b": 2})]
    for run, state in saved:
        with world.store.write() as connection:
            keep_inputs(connection, run, [inputs(1, state)])
    with world.store.read() as connection:
        assert {run: inputs_at(connection, run, [1])[1] for run, _ in saved} == {
            run: inputs(1, state) for run, state in saved
        }


Step = tuple[str, int]
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["ticket", "server", "backup", "gone", "unreadable", "rules", "some", "all", "later"]
        ),
        st.integers(min_value=1, max_value=2),
    ),
    max_size=12,
)


def act(world: World, step: Step, number: int) -> None:
    """One thing that may happen to the evidence."""
    what, n = step
    match what:
        case "ticket":
            world.put(
                PSA,
                Ticket(
                    id=f"t{number}", company=f"c{n}", board="Help Desk", hours=number / 7, opened_at=ago(1)
                ),
            )
        case "server":
            world.put(PSA, Asset(id=f"a{number}", company=f"c{n}", type="Server"))
        case "backup":
            runs = [
                ProtectionRun(
                    id=f"r{number}-{i}",
                    company=f"b{n}",
                    protection="p",
                    at=ago(i),
                    result="ok" if i % 2 else "failed",
                )
                for i in range(5)
            ]
            world.put(BACKUP, *runs)
        case "gone":
            with world.store.write() as connection:
                connection.execute(
                    delete(tables.evidence["ticket"]).where(tables.evidence["ticket"].c.company == f"c{n}")
                )
        case "unreadable":
            world.stream(BACKUP, "protections", state="unreadable" if n == 1 else "ok")
        case _:
            pass


def check_steps(world: World, rules: Rules, steps: list[Step]) -> None:
    """Every run of a story replays to the byte, after it and after the evidence is gone."""
    furnish_clients(world)
    few = msgspec.structs.replace(rules, indicators=rules.indicators[::2])
    current, now, runs = rules, NOW, []
    for number, step in enumerate(steps):
        act(world, step, number)
        if step[0] == "rules":
            current = few if current is rules else rules
        if step[0] == "later":
            now += timedelta(days=step[1] * 20)
        now += timedelta(minutes=5)
        runs.append(scored(world, current, now, [step[1]] if step[0] == "some" else None))
    forget_evidence(world)
    assert [run for run in runs if not is_identical(world, run)] == []


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_whatever_happens_each_run_replays_to_the_byte(
    rules: Rules, sqlite_template: Path, steps: list[Step]
) -> None:
    import shutil

    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(sqlite_template, Path(folder) / "store.db")
        with Store.open(f"sqlite:///{folder}/store.db") as store:
            check_steps(furnished(store), rules, steps)


def test_a_story_with_everything_in_it_replays_on_both_databases(world: World, rules: Rules) -> None:
    everything = [
        "ticket",
        "server",
        "rules",
        "backup",
        "some",
        "unreadable",
        "later",
        "rules",
        "gone",
        "all",
    ]
    check_steps(world, rules, [(what, 1 + n % 2) for n, what in enumerate(everything)])


def test_inputs_hold_plain_numbers_whatever_the_database_gave(
    world: World, rules: Rules, furnish: Callable[[World], None]
) -> None:
    furnish(world)
    run = scored(world, rules)
    with world.store.read() as connection:
        (found,) = inputs_at(connection, run, [1]).values()
    values = [value for item in found.indicators.values() for value in (item.sums or {}).values()]
    assert {type(value) for value in values} <= {int, float, type(None)}
    assert {type(value) for value in values} >= {int, float}
