"""What workers have said: kept where it must be, and told to the kernel."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec.structs import replace

from assettui.executors.base import Ended, Heard, as_input
from assettui.kernel.inputs import Input, ProjectEdited
from assettui.model.project import ProjectSnapshot
from assettui.model.run import StepStatus
from assettui.model.step import Broken, Done, Loaded, Logged, Reported
from assettui.model.timing import clock_us

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from assettui.engine.edits import Edits
    from assettui.engine.journal import Journal, PartitionName
    from assettui.engine.workers import Workers
    from assettui.kernel.actions import Execute
    from assettui.kernel.state import KernelState
    from assettui.model.events import AssetEvent, Event
    from assettui.model.run import StepError
    from assettui.model.step import StepRequest

LOG_DELAY_S = 0.01
"""Log events, which decide nothing, wait so long for others to be committed with them."""


class SnapshotKept:
    """The project has been described anew: what concerns it is to be read again."""


class Hearing:
    """Hears workers.

    Args:
        journal: Where what they say of the project is kept.
        edits: Which files of the project have been imported.
        workers: What knows when each worker was started, and is told what was described.
        on_kept: Called when something of the project was committed.
    """

    def __init__(self, journal: Journal, edits: Edits, workers: Workers, on_kept: Callable[[], None]) -> None:
        self._journal = journal
        self._edits = edits
        self._on_kept = on_kept
        self._workers = workers
        self._are_loaded: set[int] = set()
        """The workers that have said how importing the project went."""
        self._attempts: dict[int, tuple[set[PartitionName], str]] = {}
        """Of each worker, what its step has yet to make, and the name of the versions that it stores."""
        self._last_started_ns = 0
        """When the last worker was started of those that are gone."""
        self._logs: list[Event] = []
        self._logs_due = 0.0

    def logs_due(self) -> float | None:
        """When log events are to be committed, by the monotonic clock; None where there are none."""
        return self._logs_due if self._logs else None

    def take_logs(self) -> list[Event]:
        """The log events that wait to be committed, which do so no longer."""
        logs, self._logs = self._logs, []
        return logs

    def note_attempt(self, action: Execute, request: StepRequest) -> None:
        """A worker begins with a step: what it stores is to be removed if the step does not say that it has made it."""
        partitions: tuple[str | None, ...] = request.partition_keys or (None,)
        unmade = {(key, partition) for key in action.step.assets for partition in partitions}
        self._attempts[action.worker] = (unmade, action.version)

    def hear(self, worker: int, heard: Heard, state: KernelState) -> Iterator[Input | SnapshotKept]:
        """What follows from what a worker has said, or from its end."""
        match heard:
            case Loaded():
                self._are_loaded.add(worker)
                if heard.described is not None:
                    yield from self._keep_snapshot(worker, heard.described, state)
            case Broken():
                self._are_loaded.add(worker)
                yield from self._keep_load_error(worker, heard.error, heard.sources)
            case Logged():
                if not self._logs:
                    self._logs_due = time.monotonic() + LOG_DELAY_S
                self._logs.append(heard.entry)
            case Reported():
                self._keep_value_of(worker, heard.asset_event)
            case Done():
                for asset_event in heard.outcome.asset_events:
                    self._keep_value_of(worker, asset_event)
                self._end_attempt(worker, is_kept=heard.outcome.status is StepStatus.SUCCESS)
            case Ended():
                self._end_attempt(worker, is_kept=False)
                heard = self._forget(worker, heard)
            case _:
                pass
        input = as_input(worker, heard)
        if input is not None:
            yield input

    def _forget(self, worker: int, ended: Ended) -> Ended:
        """A worker that dies while it imports the project says what it printed until then."""
        if worker not in self._are_loaded and ended.printed:
            ended = Ended(replace(ended.cause, traceback=ended.printed))
        self._are_loaded.discard(worker)
        self._last_started_ns = self._workers.started_ns.pop(worker, self._last_started_ns)
        return ended

    def keep_load_error(self, error: StepError) -> Iterator[Input]:
        """Keep why the project cannot be loaded, where no worker has said so itself."""
        self._edits.failed((), since_ns=max(self._workers.started_ns.values(), default=self._last_started_ns))
        yield from self._kept_load_error(error)

    def _keep_value_of(self, worker: int, asset_event: AssetEvent) -> None:
        """What was made stays, however the attempt goes on."""
        if worker in self._attempts:
            self._attempts[worker][0].discard((asset_event.asset_key, asset_event.partition))

    def _end_attempt(self, worker: int, *, is_kept: bool) -> None:
        attempt = self._attempts.pop(worker, None)
        if attempt is not None and not is_kept:
            self._journal.remove_unfinished(*attempt)

    def _keep_snapshot(self, worker: int, text: bytes, state: KernelState) -> Iterator[Input | SnapshotKept]:
        known = state.workers.get(worker)
        if known is None or known.generation < state.generation:
            return  # an older edit
        snapshot = ProjectSnapshot.decode(text)
        self._workers.described = known.generation
        self._edits.imported(snapshot.sources, since_ns=self._workers.started_ns[worker])
        self._journal.keep_snapshot(text, self._edits.sources, clock_us())
        self._on_kept()
        yield SnapshotKept()
        if not self._edits.watch():
            yield ProjectEdited()

    def _keep_load_error(self, worker: int, error: StepError, sources: Iterable[str]) -> Iterator[Input]:
        self._edits.failed(sources, since_ns=self._workers.started_ns[worker])
        yield from self._kept_load_error(error)

    def _kept_load_error(self, error: StepError) -> Iterator[Input]:
        self._journal.keep_load_error(error, self._edits.sources, clock_us())
        self._on_kept()
        if not self._edits.watch():
            yield ProjectEdited()
