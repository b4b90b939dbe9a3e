"""Steps in this very process, one after the other: for tests, notebooks and debugging."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Raw

from assettui.executors.base import Ended, Heard
from assettui.model.run import StepError
from assettui.model.step import Done, Evaluated, Loaded, Reported
from assettui.model.timing import clock_us
from assettui.values.memory import MemoryValues
from assettui.worker.step import execute_step

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assettui.definitions.computation import Described
    from assettui.definitions.resources import ResourceSet
    from assettui.executors.base import HasDescriptor, Tell
    from assettui.model.step import StepRequest
    from assettui.worker.exchange import Values
    from assettui.worker.orders import EvaluationRequest


class Inline:
    """See `Executor`. A worker of it is no more than a number: a step is over when `execute` returns.

    What a step prints goes wherever this process prints to; its exception is kept in its outcome.

    Args:
        described: The project, loaded already.
        values: Where values are stored and loaded.
        tell: See `Executor`.
        resources: Set up once for all steps, and closed by whoever has given them; by default anew for each step.
    """

    def __init__(
        self, described: Described, values: Values, tell: Tell, *, resources: ResourceSet | None = None
    ) -> None:
        self._described = described
        self._values = values
        self._tell = tell
        self._resources = resources
        self._workers: set[int] = set()
        self._next_id = 1
        self._untold: list[tuple[int, Heard]] = []
        self.op_output_values = MemoryValues()
        """What ops hand to each other: nobody needs it longer than the run."""

    def start_worker(self, *, describe: bool, dynamic: Mapping[str, Mapping[str, int]] | None = None) -> int:
        worker, self._next_id = self._next_id, self._next_id + 1
        self._workers.add(worker)
        snapshot = {"snapshot": Raw(self._described.snapshot.encode())} if describe else {}
        self._untold.append((worker, Loaded(os.getpid(), **snapshot)))
        return worker

    def execute(self, worker: int, request: StepRequest) -> None:
        if worker not in self._workers:
            return
        run_id, step_key = request.run_id, request.step.key
        outcome = execute_step(
            request,
            self._described,
            self._values,
            clock_us,
            tell=lambda asset_event: self._tell(worker, Reported(run_id, step_key, asset_event)),
            resources=self._resources,
            op_output_values=self.op_output_values,
        )
        self._tell(worker, Done(run_id, step_key, outcome))

    def evaluate(self, worker: int, request: EvaluationRequest) -> None:
        if worker not in self._workers:
            return
        from assettui.worker.evaluate import evaluate  # deferred: a step needs none of it

        self._tell(worker, Evaluated(request.name, evaluate(request, self._described)))

    def cancel(self, worker: int, *, is_at_once: bool = False) -> None:
        if worker in self._workers:
            self._workers.remove(worker)
            self._untold.append((worker, Ended(StepError("interrupted", "canceled"))))

    def sources(self) -> Iterable[HasDescriptor]:
        return ()

    def receive(self, timeout_s: float | None = 0) -> None:
        untold, self._untold = self._untold, []
        for worker, heard in untold:
            self._tell(worker, heard)

    def close(self) -> None:
        self._workers.clear()
        self._untold.clear()
