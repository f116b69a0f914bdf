import threading

from hypothesis import given
from hypothesis import strategies as st

from sevenc_sync.connect.limits import Bucket, Limits


class FakeTime:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_a_burst_goes_through_at_once_and_the_next_one_waits() -> None:
    bucket = Bucket(Limits(per_minute=60, burst=3), FakeTime())
    assert [bucket.take() for _ in range(5)] == [0, 0, 0, 1, 2]


def test_tokens_come_back_with_time_up_to_the_burst() -> None:
    time = FakeTime()
    bucket = Bucket(Limits(per_minute=60, burst=2), time)
    assert [bucket.take(), bucket.take()] == [0, 0]
    time.now += 1
    assert bucket.take() == 0
    time.now += 3600
    assert [bucket.take() for _ in range(3)] == [0, 0, 1]


@given(
    per_minute=st.integers(1, 6000),
    burst=st.integers(1, 50),
    pauses=st.lists(st.floats(0, 10), min_size=1, max_size=60),
)
def test_nobody_who_waits_as_told_is_ever_above_the_limit(
    per_minute: int, burst: int, pauses: list[float]
) -> None:
    time = FakeTime()
    bucket = Bucket(Limits(per_minute=per_minute, burst=burst), time)
    sent: list[float] = []
    for pause in pauses:
        time.now += pause
        time.now += bucket.take()
        sent.append(time.now)
    for first, start in enumerate(sent):
        for last in range(first, len(sent)):
            allowed = burst + (sent[last] - start) * per_minute / 60
            assert last - first + 1 <= allowed + 1e-6


def test_threads_of_one_account_share_its_tokens() -> None:
    bucket = Bucket(Limits(per_minute=60, burst=50), FakeTime())
    waits: list[float] = []
    threads = [
        threading.Thread(target=lambda: waits.extend([bucket.take() for _ in range(25)])) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(waits) == [0.0] * 50 + [float(second) for second in range(1, 51)]
