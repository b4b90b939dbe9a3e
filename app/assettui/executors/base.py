"""What carries out steps, as whoever decides on them sees it: this very process, worker processes, some day a cluster.

The kernel says what a worker is to do, and hears what came of it. An executor is all that lies between, so that what is
decided is the same wherever steps run; `tests/executors/test_contract.py` tries each of them by the same tests.
"""

from __future__ import annotations

import select
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Protocol, TypeAlias, assert_never

from msgspec import Struct

from assettui.kernel import inputs
from assettui.model import step as messages

if TYPE_CHECKING:
    from assettui.model.run import StepError
    from assettui.model.step import StepRequest
    from assettui.worker.orders import EvaluationRequest


class Ended(Struct, frozen=True):
    """A worker is gone, with all that it started. Nothing more is heard of it."""

    cause: StepError
    printed: str = ""
    """The end of what it printed outside of any step."""


Heard: TypeAlias = messages.WorkerMessage | Ended
Tell: TypeAlias = Callable[[int, Heard], None]
"""Called with a worker's number and what was heard of it."""


class HasDescriptor(Protocol):
    """Something that can be waited on."""

    def fileno(self) -> int: ...


class Executor(Protocol):
    """Carries out steps and evaluations by workers, each of which does one thing at a time.

    It is made with a `Tell`, which it calls on the thread of whoever calls it, for each worker in this order: `Loaded` or
    `Broken`; of each step what the step says, then `Done`; of each evaluation `Evaluated`; and at last `Ended`, whatever
    has ended it. What is asked of a worker that is gone is passed over: its `Ended` says so.
    """

    def start_worker(self, *, describe: bool, dynamic: Mapping[str, Mapping[str, int]] | None = None) -> int:
        """Start a worker; its number.

        Args:
            describe: Whether it is to send the snapshot once it has loaded the project.
            dynamic: The keys of dynamic partitions, for which it evaluates mappings of the user's own.

        Raises:
            OSError: It cannot be started.
        """
        ...

    def execute(self, worker: int, request: StepRequest) -> None:
        """Have a worker start a step."""
        ...

    def evaluate(self, worker: int, request: EvaluationRequest) -> None:
        """Have a worker evaluate a schedule or sensor."""
        ...

    def cancel(self, worker: int, *, is_at_once: bool = False) -> None:
        """End a worker, and with it its step: asked to, so that user code can clean up, or at once."""
        ...

    def sources(self) -> Iterable[HasDescriptor]:
        """What becomes readable when there is something to receive."""
        ...

    def receive(self, timeout_s: float | None = 0) -> None:
        """Tell what was heard since, waiting at most so long for the first of it; None for as long as it takes."""
        ...

    def close(self) -> None:
        """End every worker, with all that it started, and tell nothing more."""
        ...


def readable(sources: Iterable[HasDescriptor], timeout_s: float | None) -> list[HasDescriptor]:
    """Those that can be read, waiting at most so long for the first of them; None for as long as it takes."""
    # poll, not select: a process with many open files has descriptors beyond what select can name
    waiting = select.poll()
    by_descriptor = {each.fileno(): each for each in sources}
    for descriptor in by_descriptor:
        waiting.register(descriptor, select.POLLIN)
    ready = waiting.poll(None if timeout_s is None else timeout_s * 1000)
    return [by_descriptor[descriptor] for descriptor, _ in ready]


def as_input(worker: int, heard: Heard) -> inputs.Input | None:
    """What the kernel is to know of what was heard; None for what it need not know."""
    match heard:
        case messages.Loaded():
            return inputs.WorkerLoaded(worker, heard.pid)
        case messages.Broken():
            return inputs.WorkerBroken(worker, heard.error)
        case messages.Logged():
            return None
        case messages.Retriable():
            return inputs.StepRetriable(worker, heard.run_id, heard.step_key, heard.retry_after_us)
        case messages.Reported():
            return inputs.StepReported(worker, heard.run_id, heard.step_key, heard.asset_event)
        case messages.Done():
            return inputs.StepEnded(
                worker, heard.run_id, heard.step_key, heard.outcome, heard.rss_bytes, heard.is_spent
            )
        case messages.Evaluated():
            return inputs.EvaluationEnded(worker, heard.name, heard.evaluation, heard.rss_bytes, heard.is_spent)
        case Ended():
            return inputs.WorkerLost(worker, heard.cause)
        case _:
            assert_never(heard)
