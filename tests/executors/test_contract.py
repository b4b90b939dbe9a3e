"""What every executor does alike; a new one is added to `EXECUTORS`, and has to pass all of this."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import TypeVar

import pytest

from assettui.core.graph import AssetGraph
from assettui.core.planning import plan_run
from assettui.executors.base import Ended, Executor, Heard
from assettui.executors.inline import Inline
from assettui.executors.processes import Processes
from assettui.model.keys import AssetKey
from assettui.model.project import ProjectSnapshot
from assettui.model.run import StepStatus
from assettui.model.step import Broken, Done, Evaluated, Loaded, Reported, StepRequest
from assettui.values.files import FileValues
from assettui.worker.load import load
from assettui.worker.orders import EvaluationRequest
from tests.conftest import ProjectFolder

T = TypeVar("T")
PROJECT = """
    from assettui import AssetOut, Definitions, MaterializeResult, Output, asset, define_asset_job, multi_asset, sensor
    from assettui import RunRequest

    @asset
    def numbers():
        return [1, 2, 3]

    @asset
    def broken(numbers):
        raise ValueError("no rows")

    @multi_asset(outs={"first": AssetOut(), "second": AssetOut()})
    def both():
        yield Output(1, "first")
        yield Output(2, "second")

    everything = define_asset_job("everything", "numbers")

    @sensor(job=everything)
    def looking(context):
        return RunRequest(run_key="today")

    defs = Definitions([numbers, broken, both], sensors=[looking], jobs=[everything])
"""


class Heeding:
    """An executor of the project above, and what it has told so far."""

    def __init__(
        self, make: Callable[[ProjectFolder, Callable[[int, Heard], None]], Executor], folder: ProjectFolder
    ) -> None:
        self.heard: list[tuple[int, Heard]] = []
        self.executor = make(folder, lambda worker, heard: self.heard.append((worker, heard)))

    def of(self, worker: int, kind: type[T]) -> list[T]:
        """What a worker has said of that kind."""
        return [heard for each, heard in self.heard if each == worker and isinstance(heard, kind)]

    def until(self, worker: int, kind: type[T]) -> T:
        """Wait for a worker to say something of that kind."""
        for _ in range(200):
            if found := self.of(worker, kind):
                return found[-1]
            self.executor.receive(0.1)
        raise AssertionError(f"nothing of {kind.__name__} was heard; but {self.heard}")

    def loaded(self, *, describe: bool = False) -> int:
        """A worker that has loaded the project."""
        worker = self.executor.start_worker(describe=describe)
        self.until(worker, Loaded)
        return worker


def processes(folder: ProjectFolder, tell: Callable[[int, Heard], None]) -> Executor:
    return Processes(folder.project, folder.store, tell)


def inline(folder: ProjectFolder, tell: Callable[[int, Heard], None]) -> Executor:
    described = load(folder.path, "project", file=folder.path / "pipeline.py")
    return Inline(described, FileValues(folder.store.values), tell)


EXECUTORS = [processes, inline]


@pytest.fixture(params=EXECUTORS, ids=lambda make: make.__name__)
def heeding(request: pytest.FixtureRequest, folder: ProjectFolder) -> Iterator[Heeding]:
    folder.write(PROJECT)
    folder.store.create()
    found = Heeding(request.param, folder)
    yield found
    found.executor.close()
    sys.modules.pop("pipeline", None)


def step_of(heeding: Heeding, name: str) -> StepRequest:
    """A step of the project, ready to be carried out."""
    worker = heeding.loaded(describe=True)
    described = heeding.until(worker, Loaded).described
    assert described is not None
    snapshot = ProjectSnapshot.decode(described)
    plan = plan_run(AssetGraph(snapshot.assets, snapshot.steps), [AssetKey(name)], {AssetKey("numbers")})
    (step,) = plan.steps
    return StepRequest("run", step, {AssetKey("numbers"): None}, {"numbers": "v1"}, version="v")


def test_a_worker_says_that_it_has_loaded_the_project_and_describes_it_where_it_is_to(heeding: Heeding) -> None:
    plain, describing = heeding.loaded(), heeding.loaded(describe=True)
    assert plain != describing
    assert heeding.until(plain, Loaded).described is None
    described = heeding.until(describing, Loaded).described
    assert described is not None
    assert AssetKey("numbers") in {asset.key for asset in ProjectSnapshot.decode(described).assets}


def test_a_step_says_what_it_made_and_then_that_it_is_over(heeding: Heeding) -> None:
    worker = heeding.loaded()
    heeding.executor.execute(worker, step_of(heeding, "numbers"))
    done = heeding.until(worker, Done)
    assert (done.run_id, done.step_key, done.outcome.status) == ("run", "numbers", StepStatus.SUCCESS)
    (made,) = [*done.outcome.materializations, *(said.asset_event for said in heeding.of(worker, Reported))]
    assert (made.asset_key, made.run_id) == (AssetKey("numbers"), "run")


def test_what_a_step_yields_is_said_while_it_runs(heeding: Heeding) -> None:
    worker = heeding.loaded()
    heeding.executor.execute(worker, step_of(heeding, "first"))
    heeding.until(worker, Done)
    kinds = [type(heard) for each, heard in heeding.heard if each == worker]
    assert kinds == [Loaded, Reported, Reported, Done]


def test_a_step_that_fails_says_why_and_its_worker_goes_on(heeding: Heeding) -> None:
    worker = heeding.loaded()
    heeding.executor.execute(worker, step_of(heeding, "broken"))
    failed = heeding.until(worker, Done)
    assert failed.outcome.status is StepStatus.FAILURE
    assert failed.outcome.error is not None
    heeding.heard.clear()
    heeding.executor.execute(worker, step_of(heeding, "numbers"))
    assert heeding.until(worker, Done).outcome.status is StepStatus.SUCCESS


def test_a_sensor_is_evaluated(heeding: Heeding) -> None:
    worker = heeding.loaded()
    heeding.executor.evaluate(worker, EvaluationRequest("looking", 0))
    evaluated = heeding.until(worker, Evaluated)
    assert [request.run_key for request in evaluated.evaluation.runs] == ["today"]


@pytest.mark.parametrize("is_at_once", [False, True])
def test_a_worker_that_is_ended_says_so_last_of_all_and_hears_nothing_more(heeding: Heeding, is_at_once: bool) -> None:
    step = step_of(heeding, "numbers")
    worker, other = heeding.loaded(), heeding.loaded()
    heeding.executor.cancel(worker, is_at_once=is_at_once)
    heeding.until(worker, Ended)
    heeding.executor.execute(worker, step)
    heeding.executor.cancel(worker)
    heeding.executor.execute(other, step)
    assert heeding.until(other, Done).outcome.status is StepStatus.SUCCESS
    assert isinstance([heard for each, heard in heeding.heard if each == worker][-1], Ended)
    assert len(heeding.of(worker, Ended)) == 1
    assert not heeding.of(worker, Done)


def test_one_that_is_closed_tells_nothing_more(heeding: Heeding) -> None:
    heeding.loaded()
    heard = list(heeding.heard)
    heeding.executor.close()
    assert heeding.heard == heard


def test_a_project_that_cannot_be_loaded_is_told(folder: ProjectFolder) -> None:
    folder.write("from assettui import nothing_of_the_kind")
    folder.store.create()
    found = Heeding(processes, folder)
    try:
        worker = found.executor.start_worker(describe=True)
        assert "nothing_of_the_kind" in found.until(worker, Broken).error.message
        found.until(worker, Ended)
    finally:
        found.executor.close()
