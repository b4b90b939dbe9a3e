"""Starting workers, each with what it is to know of the project."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from assettui.kernel.inputs import Input, WorkerLost, WorkerStarted
from assettui.model.run import StepError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assettui.executors.base import Executor


class Starting:
    """Starts workers.

    Args:
        executor: What carries out steps.
        dynamic: The keys of dynamic partitions, by the name of their definition, with their indices.
    """

    def __init__(self, executor: Executor, dynamic: Mapping[str, Mapping[str, int]]) -> None:
        self._executor = executor
        self.dynamic = dynamic
        self.described = 0
        """The newest edit of the project that is described."""
        self.started_ns: dict[int, int] = {}
        """When each worker was started, in ns since the epoch; it imports the project after that."""

    def start(self, generation: int) -> Iterator[Input]:
        """Start a worker for an edit of the project, which it describes where nobody has yet."""
        now_ns = time.time_ns()
        try:
            worker = self._executor.start_worker(describe=generation > self.described, dynamic=self.dynamic)
        except OSError as error:
            yield WorkerStarted(0, generation)
            yield WorkerLost(0, StepError(f"no worker process can be started: {error.strerror}", "error"))
            return
        self.started_ns[worker] = now_ns
        yield WorkerStarted(worker, generation)
