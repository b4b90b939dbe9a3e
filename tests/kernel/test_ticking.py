"""Schedules and sensors over time: what falls due once, whatever the clock and the process do."""

from __future__ import annotations

import itertools
import random
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from assettui.core.pacing import AT_ONCE
from assettui.core.schedule_times import ScheduleTimes
from assettui.kernel.actions import Evaluate, Record, RecordTick, WakeAt
from assettui.kernel.decide import decide, is_idle
from assettui.kernel.inputs import (
    AssetsReported,
    Drain,
    EvaluationEnded,
    InstigatorsSeen,
    Moment,
    ProjectEdited,
    WorkerLoaded,
    WorkerStarted,
)
from assettui.kernel.instigators import TickDecided, Ticking
from assettui.kernel.state import KernelState
from assettui.model.events import EventKind, TickOutcome
from assettui.model.instigator import CatchUp, InstigatorKind, InstigatorSnapshot, Watching
from assettui.model.keys import AssetKey
from assettui.model.run import RunRequest, RunStatus, StepError
from assettui.model.tick import Evaluation, InstigatorState
from assettui.model.timing import SECOND_US
from assettui.store import queries, ticks
from tests.kernel.simulation import Simulation, assert_state_is_what_the_events_say

HOUR_US, DAY_US = 3_600 * SECOND_US, 86_400 * SECOND_US


def at(text: str) -> int:
    """A time in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * SECOND_US


def schedule(name: str = "hourly", **options: object) -> InstigatorSnapshot:
    options = {"crons": ("0 * * * *",), "is_plain": True, "jobs": ("made_of_ops",), "is_on_by_default": True, **options}
    return InstigatorSnapshot(name, InstigatorKind.SCHEDULE, **options)  # pyright: ignore[reportArgumentType] - as given


def sensor(name: str = "looking", **options: object) -> InstigatorSnapshot:
    options = {"interval_s": 30.0, "jobs": ("made_of_ops",), "is_on_by_default": True, **options}
    return InstigatorSnapshot(name, InstigatorKind.SENSOR, **options)  # pyright: ignore[reportArgumentType] - as given


class Clockwork:
    """The decisions about ticks alone: a worker that is always idle, and a clock that goes where it is told."""

    def __init__(self, now: str, *snapshots: InstigatorSnapshot) -> None:
        self.now_us = at(now)
        self.state = KernelState(2, ticking=Ticking(is_on=True))
        self.ticked: list[TickDecided] = []
        self.evaluations: list[Evaluate] = []
        self.woken: list[int] = []
        self.happen(ProjectEdited())
        self.happen(WorkerStarted(1, 1))
        self.happen(WorkerLoaded(1, 100))
        self.happen(InstigatorsSeen(tuple((each, None) for each in snapshots)))

    def happen(self, input: object) -> list[object]:
        self.state, actions = decide(self.state, input, self.now_us)  # pyright: ignore[reportArgumentType] - any of them
        self.ticked.extend(each.decided for each in actions if isinstance(each, RecordTick))
        self.evaluations.extend(each for each in actions if isinstance(each, Evaluate))
        self.woken.extend(each.time_us for each in actions if isinstance(each, WakeAt))
        return list(actions)

    def go_to(self, now: str) -> list[str]:
        """Set the clock, and have the engine look; the times that were ticked for meanwhile."""
        self.now_us = at(now)
        known = len(self.ticked)
        self.happen(Moment())
        return [
            datetime.fromtimestamp(each.scheduled_us / SECOND_US, UTC).strftime("%d %H:%M")
            for each in self.ticked[known:]
        ]


def test_a_schedule_is_ticked_when_it_is_due_and_once() -> None:
    clock = Clockwork("2024-03-01 10:20", schedule())
    assert clock.go_to("2024-03-01 10:59:59") == []
    assert clock.go_to("2024-03-01 11:00:00") == ["01 11:00"]
    assert clock.go_to("2024-03-01 11:00:01") == []
    assert clock.go_to("2024-03-01 12:00:00") == ["01 12:00"]
    assert at("2024-03-01 13:00") in clock.woken


def test_what_was_missed_is_caught_up_with_as_the_schedule_says() -> None:
    latest, all_, some, none = (
        schedule("latest"),
        schedule("all", catch_up=CatchUp.ALL),
        schedule("some", catch_up=CatchUp.ALL, catch_up_limit=3),
        schedule("none", catch_up=CatchUp.NONE),
    )
    clock = Clockwork("2024-03-01 10:20", latest, all_, some, none)
    clock.go_to("2024-03-04 10:30")  # a laptop that was shut on Friday and is opened on Monday
    ticked = {name: [each for each in clock.ticked if each.name == name] for name in ("latest", "all", "some", "none")}
    assert [each.scheduled_us for each in ticked["latest"]] == [at("2024-03-04 10:00")]
    assert ticked["latest"][0].missed == 71
    assert [each.scheduled_us for each in ticked["all"]] == [
        at("2024-03-01 11:00") + hour * HOUR_US for hour in range(72)
    ]
    assert [each.scheduled_us for each in ticked["some"]] == [
        at("2024-03-04 08:00"),
        at("2024-03-04 09:00"),
        at("2024-03-04 10:00"),
    ]
    assert [each.missed for each in ticked["some"]] == [69, 0, 0]
    assert ticked["none"] == []
    clock.ticked.clear()
    assert sorted(clock.go_to("2024-03-04 11:00:30")) == ["04 11:00"] * 4  # half a minute late is not missed


def test_a_clock_that_goes_back_brings_no_tick_twice_and_starves_nothing() -> None:
    clock = Clockwork("2024-03-01 10:20", schedule(), sensor())
    for hour in (11, 12, 13):
        clock.go_to(f"2024-03-01 {hour}:00")
    assert clock.go_to("2024-03-01 11:30") == []  # back by an hour and a half
    assert clock.go_to("2024-03-01 12:00") == []
    assert clock.go_to("2024-03-01 13:00") == []
    assert clock.go_to("2024-03-01 14:00") == ["01 14:00"]
    assert clock.go_to("2031-01-01 00:30") == ["01 00:00"]  # a clock that was wrong for a moment …
    assert clock.go_to("2024-03-01 14:00:05") == []
    assert clock.go_to("2024-03-01 15:00") == ["01 15:00"]  # … does not stop the schedule for seven years


def test_a_sensor_is_not_starved_by_a_clock_that_goes_back() -> None:
    clock = Clockwork("2024-03-01 10:20", sensor())
    (first,) = clock.evaluations
    clock.happen(EvaluationEnded(first.worker, "looking", _nothing()))
    clock.go_to("2024-02-01 00:00")
    clock.go_to("2024-02-01 00:00:31")
    assert len(clock.evaluations) == 2


def _nothing() -> Evaluation:
    return Evaluation(skip_reason="nothing")


def test_an_edited_cron_expression_counts_from_now_on() -> None:
    clock = Clockwork("2024-03-04 10:20", schedule(crons=("0 0 * * 1",)))
    clock.happen(InstigatorsSeen(((schedule(crons=("0 * * * *",)), None),)))
    assert clock.go_to("2024-03-04 10:59") == []
    assert clock.go_to("2024-03-04 11:00") == ["04 11:00"]


def test_a_sensor_waits_its_interval_and_longer_after_each_failure() -> None:
    clock = Clockwork("2024-03-01 10:00", sensor())
    started: list[int] = []
    for _ in range(6):
        evaluate = clock.evaluations[-1]
        started.append(clock.now_us)
        clock.happen(EvaluationEnded(evaluate.worker, "looking", _failed()))
        next_us = clock.state.ticking.next_us
        assert next_us is not None
        clock.now_us = next_us
        clock.happen(Moment())
    waits = [(after - before) // SECOND_US for before, after in itertools.pairwise(started)]
    assert waits == [30, 60, 120, 240, 480]


def _failed() -> Evaluation:
    return Evaluation(error=StepError("boom"))


def test_a_function_that_never_returns_is_stopped_and_its_tick_fails() -> None:
    clock = Clockwork("2024-03-01 10:00", sensor())
    assert clock.evaluations[0].worker == 1
    clock.go_to("2024-03-01 10:01:00")
    (tick,) = clock.ticked
    assert tick.evaluation.error is not None
    assert "did not return within 60 s" in tick.evaluation.error.message
    assert clock.state.workers[1].kill_at_us is not None
    assert clock.happen(EvaluationEnded(1, "looking", _nothing())) == []  # too late


def test_a_process_that_is_asked_to_end_waits_for_no_evaluation() -> None:
    clock = Clockwork("2024-03-01 10:00", sensor(), sensor("another"))
    assert not is_idle(clock.state)
    clock.happen(Drain(is_at_once=True))
    assert is_idle(clock.state)
    assert clock.ticked == []
    assert clock.state.workers[1].kill_at_us is not None


def test_sensors_that_watch_are_woken_by_what_happens_and_by_nothing_else() -> None:
    watching = sensor("on_a", watching=Watching.ASSETS, assets=(AssetKey("a"),), interval_s=0.0)
    failures = sensor("on_failure", watching=Watching.RUNS, run_statuses=("failure",), interval_s=0.0)
    clock = Clockwork("2024-03-01 10:00", watching, failures)
    while clock.evaluations:  # what happened before it was turned on is looked at once
        evaluate = clock.evaluations.pop()
        clock.happen(EvaluationEnded(evaluate.worker, evaluate.evaluating.name, None))
    clock.go_to("2024-03-02 10:00")
    assert clock.evaluations == []
    assert clock.ticked == []
    assert clock.state.ticking.next_us is None


def test_a_sensor_that_wakes_itself_is_slowed_down_and_says_so() -> None:
    """Its run makes what it watches: it goes round as fast as it may."""
    watching = sensor("on_a", watching=Watching.ASSETS, assets=(AssetKey("a"),), interval_s=0.0)
    clock = Clockwork("2024-03-01 10:00", watching)
    begun_us = clock.now_us
    while clock.now_us < begun_us + 600 * SECOND_US:
        if not clock.evaluations:
            assert clock.state.ticking.next_us is not None
            clock.now_us = clock.state.ticking.next_us
            clock.happen(Moment())
        evaluate = clock.evaluations.pop()
        clock.happen(EvaluationEnded(evaluate.worker, "on_a", Evaluation((RunRequest(job="made_of_ops"),), cursor="1")))
        clock.now_us += 5_000
        clock.happen(AssetsReported((AssetKey("a"),)))
    at_once = [each for each in clock.ticked if each.ended_us < begun_us + SECOND_US]
    assert len(at_once) == AT_ONCE
    assert [bool(each.evaluation.log) for each in at_once] == [False] * (AT_ONCE - 1) + [True]
    assert "does what it asks for bring about what it watches?" in clock.ticked[-1].evaluation.log[-1].message
    assert len(clock.ticked) == pytest.approx(AT_ONCE + 600, abs=2)
    clock.now_us += 600 * SECOND_US
    clock.happen(Moment())
    for _ in range(AT_ONCE - 1):  # left in peace, it is as quick as before
        evaluate = clock.evaluations.pop()
        clock.happen(EvaluationEnded(evaluate.worker, "on_a", Evaluation((RunRequest(job="made_of_ops"),), cursor="1")))
    assert clock.ticked[-1].evaluation.log == ()


def test_who_leads_for_a_command_alone_ticks_nothing() -> None:
    clock = Clockwork("2024-03-01 10:20")
    clock.state = replace(clock.state, ticking=Ticking(is_on=False))
    clock.happen(InstigatorsSeen(((schedule(), None), (sensor(), None))))
    assert clock.go_to("2024-03-01 12:00") == []
    assert clock.evaluations == []


def test_the_default_is_recorded_and_a_person_s_word_is_worth_more() -> None:
    clock = Clockwork("2024-03-01 10:20")
    actions = clock.happen(InstigatorsSeen(((schedule(), None),)))
    kinds = [each.event.kind for each in actions if isinstance(each, Record)]
    assert kinds == [EventKind.INSTIGATOR_ON]
    off = InstigatorState("hourly", is_on=False, is_manual=True, since_us=at("2024-03-01 10:30"))
    actions = clock.happen(InstigatorsSeen(((schedule(), off),)))
    assert not any(isinstance(each, Record) for each in actions)
    assert clock.go_to("2024-03-01 12:00") == []


# Random histories, with crashes wherever one may happen.


def history(seed: int, crashes: int) -> Simulation:
    """Ten days of four schedules and two sensors."""
    draw = random.Random(seed)
    start_us = at("2024-03-01 00:30")
    simulation = Simulation(
        draw,
        capacity=draw.randint(1, 3),
        now_us=start_us,
        until_us=start_us + 3 * DAY_US,
        crashes_left=crashes,
        instigators=(
            schedule("plain", crons=("0 */2 * * *",), catch_up=CatchUp.ALL),
            schedule("asking", crons=("15 */3 * * *", "0 7 * * *"), is_plain=False, catch_up=CatchUp.ALL),
            schedule("latest", crons=("30 * * * *",)),
            schedule("off", is_on_by_default=False),
            sensor("looking", interval_s=1_800.0),
            sensor("asking_more", interval_s=3_600.0),
        ),
    )
    for _ in range(draw.randint(0, 3)):
        simulation.queue(f"r{draw.randint(0, 10**9)}")
    simulation.run_to_the_end()
    simulation.stop_ticking()
    simulation.run_to_the_end()
    return simulation


@pytest.mark.parametrize("seed", range(8))
def test_every_due_tick_happens_once_and_no_cursor_is_ahead_of_its_runs(seed: int) -> None:
    assert_ticked_once(seed)


@pytest.mark.slow
@pytest.mark.parametrize("block", range(10))
def test_every_due_tick_happens_once_in_many_more_histories(block: int) -> None:
    for seed in range(1_000 + block * 10, 1_010 + block * 10):
        assert_ticked_once(seed)


def assert_ticked_once(seed: int) -> None:
    """Let one history run, and look at what it has left."""
    simulation = history(seed, crashes=seed % 5)
    store, end_us = simulation.store, simulation.now_us
    for each in simulation.instigators:
        if each.kind is not InstigatorKind.SCHEDULE:
            continue
        due = [tick.due_us for tick in ticks.ticks(store, instigator=each.name, limit=10_000)]
        assert len(due) == len(set(due)), (seed, each.name)
        state = ticks.instigator_state(store, each.name)
        assert state is not None
        expected = list(ScheduleTimes(each.crons).within(state.since_us, end_us - HOUR_US))
        match each.name:
            case "off":
                assert due == []
            case "latest":
                assert set(due) <= set(ScheduleTimes(each.crons).within(state.since_us, end_us))
                assert due
            case _:
                assert set(expected) <= set(due), (seed, each.name)
    for name in ("looking", "asking_more"):
        keys = {key for (key,) in store.execute("SELECT run_key FROM run_keys WHERE instigator = ?", (name,))}
        reached = int(ticks.cursor_of(store, name) or 0)
        assert keys == {f"key-{number}" for number in range(1, reached + 1)}, (seed, name)
        runs = {run for (run,) in store.execute("SELECT run FROM run_keys WHERE instigator = ?", (name,))}
        assert len(runs) == reached
    asked = {run_id for tick in ticks.ticks(store, limit=10_000) for run_id in tick.run_ids}
    known = {run.run_id: run for run in queries.runs(store, limit=100_000)}
    assert asked <= set(known)
    assert all(run.status.is_over for run in known.values()), seed
    assert all(tick.outcome is not TickOutcome.FAILURE or not tick.runs for tick in ticks.ticks(store, limit=10_000))
    assert_state_is_what_the_events_say(store)
    assert not any(run.status is RunStatus.QUEUED for run in known.values())
