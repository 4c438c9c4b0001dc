from __future__ import annotations

import threading

import pytest

from picklejar.background import in_background


def test_a_task_runs_in_a_thread_of_its_own() -> None:
    assert in_background(threading.get_ident).result(10) != threading.get_ident()


def test_what_it_raises_is_for_who_asks_for_the_result() -> None:
    with pytest.raises(ValueError, match="one"):
        in_background(lambda: int("one")).result(10)


def test_where_no_thread_can_be_started_the_caller_runs_the_task() -> None:
    # More than there are addresses for.
    before = threading.stack_size(2**48)
    try:
        assert in_background(threading.get_ident).result(10) == threading.get_ident()
    finally:
        threading.stack_size(before)
