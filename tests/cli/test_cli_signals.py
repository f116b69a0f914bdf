"""Signals stop work at whatever moment they come."""

import os
import signal
import threading

import pytest

from sevenc_sync.cli.signals import stop_on_signals


def kill(number: signal.Signals) -> threading.Thread:
    """Another thread sends us the signal, so that it may come at any step of this one."""
    thread = threading.Thread(target=os.kill, args=(os.getpid(), number))
    thread.start()
    return thread


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_is_heard_at_any_moment_of_falling_asleep(number: signal.Signals) -> None:
    for _ in range(300):
        stop = threading.Event()
        with stop_on_signals(stop):
            sender = kill(number)
            assert stop.wait(60)
            sender.join()


def interrupt_twice(stop: threading.Event) -> None:
    """The second one while the work still goes on."""
    with stop_on_signals(stop):
        os.kill(os.getpid(), signal.SIGINT)
        assert stop.wait(60)
        os.kill(os.getpid(), signal.SIGINT)
        threading.Event().wait(60)


def test_a_second_interrupt_ends_the_work_at_once() -> None:
    stop = threading.Event()
    with pytest.raises(KeyboardInterrupt):
        interrupt_twice(stop)
    assert stop.is_set()


def test_a_second_termination_does_not_cut_the_page_short() -> None:
    stop = threading.Event()
    with stop_on_signals(stop):
        for _ in range(3):
            os.kill(os.getpid(), signal.SIGTERM)
        assert stop.wait(60)


def test_the_handlers_are_as_before_afterwards() -> None:
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
    threads = threading.active_count()
    with stop_on_signals(threading.Event()):
        assert signal.getsignal(signal.SIGTERM) not in before
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)] == before
    assert threading.active_count() == threads
