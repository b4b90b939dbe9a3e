"""Whatever happens, in whatever order: every run ends, and the store never says what is not so."""

from __future__ import annotations

import random

import pytest

from assettui.kernel.inputs import CancelRequested, ProjectEdited, WorkerLost
from assettui.kernel.state import RunRules
from assettui.model.events import EventKind
from assettui.model.run import RunStatus, StepError, StepStatus
from assettui.store import queries
from tests.kernel.simulation import Simulation, assert_state_is_what_the_events_say


def history(seed: int) -> Simulation:
    """A random history, let run to its end."""
    draw = random.Random(seed)
    rules = RunRules(step_timeout_s=draw.choice([None, 0.02]), max_runtime_s=draw.choice([None, None, 0.1]))
    simulation = Simulation(draw, capacity=draw.randint(1, 4), crashes_left=draw.choice([0, 0, 1, 3]), rules=rules)
    for number in range(draw.randint(1, 6)):
        simulation.queue(f"run{number}")
        for _ in range(draw.randint(0, 12)):
            simulation.step()
            roll = draw.random()
            if roll < 0.04:
                simulation.happen(CancelRequested(f"run{draw.randint(0, number)}"))
            elif roll < 0.07:
                simulation.is_project_broken = draw.random() < 0.5
                simulation.happen(ProjectEdited())
            elif roll < 0.09 and simulation.workers:
                lost = draw.choice(list(simulation.workers))
                del simulation.workers[lost]
                simulation.happen(WorkerLost(lost, StepError("killed by SIGKILL", "signal")))
    simulation.run_to_the_end()
    return simulation


@pytest.mark.parametrize("block", range(8))
def test_every_run_ends_and_no_step_is_left_or_run_twice(block: int) -> None:
    for seed in range(block * 30, block * 30 + 30):
        assert_all_has_ended(seed)


@pytest.mark.slow
def test_every_run_ends_in_many_more_histories() -> None:
    for seed in range(100_000, 103_000):
        assert_all_has_ended(seed)


def assert_all_has_ended(seed: int) -> None:
    """Let one history run, and look at what it has left."""
    simulation = history(seed)
    assert queries.runs_not_over(simulation.store) == [], f"seed {seed}"
    for run in queries.runs(simulation.store, limit=100):
        statuses = [step.status for step in queries.steps(simulation.store, run.run_id)]
        assert all(status.is_over for status in statuses), f"seed {seed}"
        if run.status is RunStatus.SUCCESS:
            # What was left out is no failure, and what hangs on it is skipped.
            assert set(statuses) <= {StepStatus.SUCCESS, StepStatus.SKIPPED}, f"seed {seed}"
        elif run.status is RunStatus.FAILURE:
            assert run.error, f"seed {seed}"
            assert set(statuses) & {StepStatus.FAILURE, StepStatus.SKIPPED}, f"seed {seed}"
    # Once for each time that it was to be tried; a leader that dies between two tries leaves one that never came.
    assert all(count in (0, 1) for count in simulation.started.values()), f"seed {seed}"
    assert not any(state.running_run for state in queries.asset_states(simulation.store).values()), f"seed {seed}"
    assert simulation.state.starting == 0
    assert not simulation.state.runs
    simulation.store.close()


def test_the_histories_reach_every_kind_of_end() -> None:
    """Otherwise the test above would prove little."""
    ends: set[str] = set()
    steps: set[str] = set()
    kinds: set[str] = set()
    causes: set[tuple[str, str]] = set()
    for seed in range(80):
        store = history(seed).store
        causes |= {
            (event.kind.value, event.payload["error"]["kind"])
            for event in queries.all_events(store)
            if event.kind in (EventKind.STEP_FAILURE, EventKind.STEP_RETRY)
        }
        ends |= {status for (status,) in store.execute("SELECT status FROM runs")}
        kinds |= {kind for (kind,) in store.execute("SELECT DISTINCT kind FROM events")}
        steps |= {status for (status,) in store.execute("SELECT status FROM steps")}
    assert ends == {"success", "failure", "canceled"}
    assert steps == {"success", "failure", "canceled", "skipped"}
    assert kinds >= {"step_retry", "run_expanded"}
    assert causes >= {(kind, cause) for kind in ("step_failure", "step_retry") for cause in ("timeout", "signal")}


def test_the_current_state_is_what_the_events_say() -> None:
    for seed in range(30):
        assert_state_is_what_the_events_say(history(seed).store)


def test_no_event_of_a_run_follows_its_end() -> None:
    ends = {EventKind.RUN_SUCCESS, EventKind.RUN_FAILURE, EventKind.RUN_CANCELED}
    for seed in range(30):
        over: set[str | None] = set()
        for event in queries.all_events(history(seed).store):
            assert event.run_id not in over, f"seed {seed}: {event}"
            if event.kind in ends:
                over.add(event.run_id)
