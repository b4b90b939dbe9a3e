"""The workers as the engine has them: started for an edit of the project, told what to do, heard."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from assettui.kernel.inputs import Input, WorkerLost, WorkerStarted
from assettui.model.run import StepError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from assettui.executors.base import Executor, Heard, Tell


class Workers:
    """What an executor is asked by the engine, and what was heard of it.

    Args:
        executor: Makes what carries out steps, given whom it tells.
        dynamic: The keys of dynamic partitions, by the name of their definition, with their indices.
    """

    def __init__(self, executor: Callable[[Tell], Executor], dynamic: Mapping[str, Mapping[str, int]]) -> None:
        self.executor = executor(lambda worker, heard: self._heard.append((worker, heard)))
        self.dynamic = dynamic
        self.described = 0
        """The newest edit of the project that is described."""
        self.started_ns: dict[int, int] = {}
        """When each worker was started, in ns since the epoch; it imports the project after that."""
        self._heard: list[tuple[int, Heard]] = []

    def is_to_describe(self, generation: int) -> bool:
        """Whether nobody has described that edit of the project yet."""
        return generation > self.described

    def start(self, generation: int) -> Iterator[Input]:
        """Start a worker for an edit of the project, which it describes where nobody has yet."""
        now_ns = time.time_ns()
        try:
            worker = self.executor.start_worker(describe=self.is_to_describe(generation), dynamic=self.dynamic)
        except OSError as error:
            yield WorkerStarted(0, generation)
            yield WorkerLost(0, StepError(f"no worker process can be started: {error.strerror}", "error"))
            return
        self.started_ns[worker] = now_ns
        yield WorkerStarted(worker, generation)

    def take_heard(self) -> list[tuple[int, Heard]]:
        """All that was heard since, by worker, in order."""
        self.executor.receive()
        heard, self._heard = self._heard, []
        return heard
