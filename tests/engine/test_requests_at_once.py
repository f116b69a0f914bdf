"""Autotask refuses a fourth request at one endpoint: there are never so many, whatever goes on side by side."""

import threading
from collections import Counter

import pytest

from sevenc_sync.sandbox.autotask.gate import MOST_AT_ONCE
from sevenc_sync.sandbox.exchange import Call
from tests.engine.conftest import OpenTenant


class UnderWay:
    """How many requests were under way at most, for each collection."""

    def __init__(self) -> None:
        self.most: Counter[str] = Counter()
        self._now: Counter[str] = Counter()
        self._lock = threading.Lock()

    def begin(self, call: Call) -> None:
        """A request comes."""
        endpoint = self._endpoint(call)
        with self._lock:
            self._now[endpoint] += 1
            self.most[endpoint] = max(self.most[endpoint], self._now[endpoint])

    def end(self, call: Call) -> None:
        """It has its answer."""
        with self._lock:
            self._now[self._endpoint(call)] -= 1

    @staticmethod
    def _endpoint(call: Call) -> str:
        return call.path.partition("V1.0/")[2].partition("/")[0]


def test_no_endpoint_ever_has_more_requests_under_way_than_autotask_bears(
    tenant: OpenTenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with tenant(requests_at_once=MOST_AT_ONCE) as psa:
        under_way = UnderWay()
        monkeypatch.setattr(psa.sandbox.autotask, "begin", under_way.begin)
        monkeypatch.setattr(psa.sandbox.autotask, "end", under_way.end)
        # slow enough that whatever is asked side by side meets
        psa.sandbox.vendors["autotask_psa"].faults.add("delay", seconds=0.02)
        trying = threading.Thread(target=psa.engine.probe, args=(psa.engine.accounts[0],))
        trying.start()
        results = psa.round()
        trying.join()
    assert {result.state for result in results.values()} == {"ok"}
    assert under_way.most["Tickets"] >= 1
    assert max(under_way.most.values()) <= MOST_AT_ONCE
