"""What carries out steps: one seam, so that the kernel need not know whether that is a process, this one or a cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assettui.model.step import StepRequest, WorkerMessage


class Executor(Protocol):
    """Runs steps, each in one of its workers, and tells of them.

    A worker that is there has said `Loaded`. It is given one step at a time, and says of it what it reports, and at its
    end `Done`, once. What is asked of a worker that is gone has no effect: its loss is told by itself.
    """

    def start(self, worker: int, request: StepRequest) -> None:
        """Have a worker run a step; it must be idle."""
        ...

    def cancel(self, worker: int, *, at_once: bool = False) -> None:
        """Ask a worker, and all that it started, to end; or end it, where it did not in time."""
        ...

    def messages(self) -> Iterator[tuple[int, WorkerMessage]]:
        """What workers have said since, in order, without waiting.

        Raises:
            ValueError: One of them has said what is no message.
        """
        ...
