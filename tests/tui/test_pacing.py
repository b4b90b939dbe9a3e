"""No more is under way to a terminal than it takes, and one that answers nothing is not waited for."""

from __future__ import annotations

from assettui.tui.pacing import MAX_BYTES, PATIENCE_S, Pacing


def test_a_terminal_that_answers_is_waited_for_when_much_is_under_way() -> None:
    pacing = Pacing()
    pacing.sent(0, 10)
    pacing.answered()
    pacing.sent(1, MAX_BYTES)
    assert pacing.wait_s(1) == 0
    pacing.sent(1, 1)
    assert pacing.wait_s(1) == PATIENCE_S
    pacing.answered()
    assert pacing.wait_s(1) == 0
    assert pacing.is_waiting()
    pacing.answered()
    assert not pacing.is_waiting()


def test_a_terminal_that_has_never_answered_is_not_waited_for() -> None:
    pacing = Pacing()
    pacing.sent(0, 10 * MAX_BYTES)
    assert pacing.wait_s(0) == 0
    assert not pacing.is_waiting()


def test_one_that_answers_no_more_is_waited_for_a_while() -> None:
    pacing = Pacing()
    pacing.sent(0, 10)
    pacing.answered()
    pacing.sent(0, 2 * MAX_BYTES)
    assert pacing.wait_s(PATIENCE_S - 1) == 1
    assert pacing.wait_s(PATIENCE_S) == 0
    pacing.sent(PATIENCE_S, 2 * MAX_BYTES)
    assert pacing.wait_s(PATIENCE_S) == 0, "until it answers again"
    pacing.answered()
    pacing.sent(PATIENCE_S, 2 * MAX_BYTES)
    assert pacing.wait_s(PATIENCE_S) > 0
