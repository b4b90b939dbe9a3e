"""What the kernel knows of a run: which steps may begin, and in which order, whatever has happened to the others."""

from __future__ import annotations

import random

from hypothesis import given
from hypothesis import strategies as st

from assettui.kernel.run_state import ReadySteps, RunState
from assettui.model.run import RunPlan, RunStatus, StepError, StepPlan, StepStatus

POOLS = [None, "a", "b"]


def run_of(*steps: StepPlan) -> RunState:
    """A run of these steps, none of which has begun."""
    run = RunState("r", RunPlan(()))
    run.set_steps({step.key: step for step in steps})
    return run


@given(
    st.lists(st.tuples(st.sampled_from(["add", "add_first", "discard", "next"]), st.sampled_from(POOLS))),
    st.sets(st.sampled_from(POOLS)),
    st.integers(0, 1 << 30),
)
def test_ready_steps_are_those_of_a_list_whose_pools_have_a_slot(
    operations: list[tuple[str, str | None]], free: set[str | None], seed: int
) -> None:
    draw = random.Random(seed)
    ready, expected = ReadySteps(), list[StepPlan]()
    for number, (name, pool) in enumerate(operations):
        step = StepPlan(f"s{number}", pool=pool)
        if name == "add":
            ready.add(step)
            expected.append(step)
        elif name == "add_first":
            ready.add_first(step)
            expected.insert(0, step)
        elif name == "discard" and expected:
            gone = expected.pop(draw.randrange(len(expected)))
            ready.discard(gone.key)
        may_begin = [step.key for step in expected if step.pool in free]
        assert ready.next(free.__contains__) == (may_begin[0] if may_begin else None)
        assert ready.count(free.__contains__) == len(may_begin)
        assert len(ready) == len(expected)
        assert all(step.key in ready for step in expected)


def test_a_step_begins_when_the_last_of_what_it_needs_has_succeeded() -> None:
    run = run_of(StepPlan("a"), StepPlan("b"), StepPlan("c", after=("a", "b")))
    for key in ("a", "b"):
        assert "c" not in run.ready
        run.begin(key)
        run.end(key, StepStatus.SUCCESS, None)
        run.release(run.needed_by[key])
    assert "c" in run.ready
    assert (run.running, run.unfinished, run.status) == (0, 1, RunStatus.STARTED)


def test_what_lies_downstream_is_told_in_the_order_of_the_plan() -> None:
    run = run_of(StepPlan("a"), StepPlan("b", after=("a",)), StepPlan("x"), StepPlan("c", after=("a", "b")))
    assert run.downstream("a") == ["b", "c"]
    assert run.downstream("x") == []


def test_the_first_failure_is_the_one_that_is_told() -> None:
    run = run_of(StepPlan("a"), StepPlan("b"))
    for key in ("a", "b"):
        run.begin(key)
        run.end(key, StepStatus.FAILURE, StepError(f"no {key}"))
    assert run.first_error == "a: no a"


def test_a_step_that_is_due_again_goes_before_all_others() -> None:
    run = run_of(StepPlan("a"), StepPlan("b"), StepPlan("c"))
    for key in ("b", "c"):
        run.begin(key)
    assert run.wait_for_retry("b", 5) == 1
    assert run.wait_for_retry("c", 7) == 1
    run.retry_due(4)
    assert run.ready.next(lambda _: True) == "a"
    run.retry_due(7)
    assert run.ready.next(lambda _: True) == "b"
    assert (run.running, run.retry_at_us, run.retries) == (0, {}, {"b": 1, "c": 1})
