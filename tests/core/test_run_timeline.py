"""When steps waited, ran and were tried again, and which of them made the run as long as it was."""

from __future__ import annotations

from assettui.core.run_timeline import critical_path, step_spans
from assettui.model.run import StepRecord, StepStatus
from assettui.render.run_timeline import axis, bar, timeline_columns

AFTER = {"a": (), "b": ("a",), "c": ("a",), "d": ("b", "c")}


def step(key: str, started: int | None, ended: int | None) -> StepRecord:
    status = StepStatus.PENDING if started is None else StepStatus.RUNNING if ended is None else StepStatus.SUCCESS
    return StepRecord("r", key, status, (), started, ended)


OVER = (step("a", 0, 10), step("b", 10, 20), step("c", 12, 40), step("d", 40, 60))


def test_the_critical_path_leads_from_the_end_to_the_beginning() -> None:
    assert critical_path(OVER, AFTER, 60) == {"a", "c", "d"}


def test_of_a_run_that_goes_on_it_leads_to_what_is_running() -> None:
    going = (*OVER[:2], step("c", 12, None), step("d", None, None))
    assert critical_path(going, AFTER, 30) == {"a", "c"}


def test_nothing_is_critical_before_anything_has_begun() -> None:
    assert critical_path([step("a", None, None)], AFTER, 5) == set()


def test_a_step_waits_from_when_its_last_upstream_ended() -> None:
    spans = step_spans(OVER, AFTER, {}, 0, 60)
    assert (spans["c"].ready_us, spans["c"].tries) == (10, ((12, 40),))
    assert spans["d"].ready_us == 40


def test_one_that_is_not_ready_does_not_wait_yet() -> None:
    spans = step_spans((step("a", 0, None), step("b", None, None)), AFTER, {}, 0, 5)
    assert spans["b"].ready_us is None
    assert spans["a"].tries == ((0, 5),)


def test_tries_before_the_last_one_are_kept() -> None:
    spans = step_spans((step("a", 20, 30),), AFTER, {"a": [(0, 10)]}, 0, 40)
    assert spans["a"].tries == ((0, 10), (20, 30))
    assert bar(spans["a"], 0, 40, 8) == "━━┄┄━━"


def test_waiting_running_and_what_is_critical_look_different() -> None:
    spans = step_spans(OVER, AFTER, {}, 0, 60)
    assert bar(spans["b"], 0, 60, 12) == "  ──"
    assert bar(spans["d"], 0, 60, 12) == "        ━━━━"
    late = step_spans((step("a", 30, 60),), AFTER, {}, 0, 60)
    assert bar(late["a"], 0, 60, 4) == "░░━━"


def test_the_timeline_takes_all_the_room_there_is() -> None:
    for width in (80, 120, 160, 250):
        columns = timeline_columns(width, axis(60_000_000, 40))
        assert sum(column.width + 1 for column in columns) <= width + 1
        assert columns[3].width >= 16
