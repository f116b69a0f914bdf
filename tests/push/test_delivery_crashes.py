"""A delivery that ends anywhere is made good by the next one: one note a client, never two."""

from collections.abc import Mapping

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sevenc_sync.connect.errors import (
    VendorDown,
)
from sevenc_sync.push.note import same_text
from sevenc_sync.store.database import Store
from tests.push.noteport import (
    CLOCK,
    Crash,
    Fuse,
    FusedStore,
    Port,
    Psa,
    dead_process,
    deliver,
    emptied,
    queue,
    rows,
    send,
    text_for,
)

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("queue"), st.integers(1, 3)),
        st.tuples(st.just("crash"), st.integers(0, 45)),
        st.tuples(st.just("down"), st.integers(1, 3)),
    ),
    min_size=1,
    max_size=10,
)


@given(steps=STEPS, windows=st.booleans())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_crashes_anywhere_and_any_number_of_times_leave_exactly_one_note_per_client(
    store: Store, steps: list[tuple[str, int]], windows: bool
) -> None:
    emptied(store)
    psa = Psa((lambda text: text.replace("\n", "\r\n")) if windows else (lambda text: text))
    newest: dict[int, str] = {}
    for at, (what, number) in enumerate([("queue", 1), *steps]):
        if what == "queue":
            newest[number] = f"words {at}"
            queue(store, number, newest[number])
        elif what == "down":
            psa.trouble["answer", f"c{number}"] = [VendorDown("It does not answer.")]
        else:
            crashed(store, psa, Fuse(number), at)
    psa.trouble.clear()
    send(store, psa)
    check(store, psa, newest)


def crashed(store: Store, psa: Psa, fuse: Fuse, at: int) -> None:
    """One process that delivers until its fuse blows."""
    try:
        deliver(FusedStore(store, fuse), {1: Port(psa, fuse)}, CLOCK, holder=dead_process(at))
    except Crash:
        return


def check(store: Store, psa: Psa, newest: Mapping[int, str]) -> None:
    for number, words in newest.items():
        (text,) = psa.texts(f"c{number}")
        assert same_text(text, text_for(number, words))
    assert {row[0] for row in rows(store)} <= {"sent", "replaced"}


def test_a_crash_at_each_single_point_of_a_delivery_is_made_good_by_the_next(store: Store) -> None:
    crashes = 0
    for point in range(100):
        emptied(store)
        psa = Psa()
        psa.notes["c2"] = {"x": text_for(2, "before")}
        queue(store, 1, "words")
        queue(store, 2, "words")
        fuse = Fuse(point)
        crashed(store, psa, fuse, point)
        if fuse.left:
            break
        crashes += 1
        send(store, psa)
        check(store, psa, {1: "words", 2: "words"})
    assert crashes > 20
