"""No more is under way to a terminal than it takes, and one that answers nothing is not waited for."""

from __future__ import annotations

from assettui.tui.pacing import LEAST_PATIENCE_S, MAX_BYTES, PATIENCE_S, Pacing


def test_a_terminal_that_answers_is_waited_for_when_much_is_under_way() -> None:
    pacing = Pacing()
    pacing.sent(0, 10)
    pacing.answered(1)
    pacing.sent(1, MAX_BYTES)
    assert pacing.wait_s(1) == 0
    pacing.sent(1, 1)
    assert pacing.wait_s(1) == PATIENCE_S
    pacing.answered(1)
    assert pacing.wait_s(1) == 0
    assert pacing.is_waiting()
    pacing.answered(1)
    assert not pacing.is_waiting()


def test_a_terminal_that_has_never_answered_is_not_waited_for() -> None:
    pacing = Pacing()
    pacing.sent(0, 10 * MAX_BYTES)
    assert pacing.wait_s(0) == 0
    assert not pacing.is_waiting()


def test_one_that_answers_no_more_is_waited_for_a_while() -> None:
    pacing = Pacing()
    pacing.sent(0, 10)
    pacing.answered(0)
    pacing.sent(0, 2 * MAX_BYTES)
    assert pacing.wait_s(PATIENCE_S - 1) == 1
    assert pacing.wait_s(PATIENCE_S) == 0
    pacing.sent(PATIENCE_S, 2 * MAX_BYTES)
    assert pacing.wait_s(PATIENCE_S) == 0, "until it answers again"
    pacing.answered(PATIENCE_S)
    pacing.sent(PATIENCE_S, 2 * MAX_BYTES)
    assert pacing.wait_s(PATIENCE_S) > 0


def test_one_that_is_quick_and_owes_an_answer_is_not_waited_for_long() -> None:
    """As a terminal that answers two questions, which came to it together, but once."""
    pacing = Pacing()
    for at in range(40):
        pacing.sent(at, 10)
        pacing.answered(at + 0.01)
    pacing.sent(40, 2 * MAX_BYTES)
    assert pacing.wait_s(40) == LEAST_PATIENCE_S
    assert pacing.wait_s(40 + LEAST_PATIENCE_S) == 0


def test_one_that_is_slow_is_waited_for_as_long_as_it_takes() -> None:
    pacing = Pacing()
    for at in range(0, 80, 2):
        pacing.sent(at, 10)
        pacing.answered(at + 0.4)
    pacing.sent(80, 2 * MAX_BYTES)
    assert 4 <= pacing.wait_s(80) < PATIENCE_S
