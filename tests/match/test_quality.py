"""How right matching is in an MSP with dirty identities whose truth is known: no wrong links, few that wait."""

from bench.match import GOALS, measure
from sevenc_sync.store.database import Store


def test_links_are_right_and_few_wait_for_a_person(store: Store) -> None:
    found = measure(store, 800, 4)
    assert found.companies.reaches(GOALS["companies"]), found.companies
    assert found.devices.reaches(GOALS["devices"]), found.devices
    assert (found.moved > 0, found.moved_asked) == (True, found.moved)
