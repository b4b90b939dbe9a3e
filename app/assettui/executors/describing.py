"""Having a worker describe the project, where no engine is at work."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec.structs import replace

from assettui.executors.base import Ended, Heard
from assettui.executors.processes import Processes
from assettui.kernel.importing import IMPORT_ATTEMPTS, IMPORT_PAUSE_US, died_importing, took_too_long
from assettui.model.step import Broken, Loaded
from assettui.model.timing import SECOND_US

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.model.run import StepError
    from assettui.project.locate import Project
    from assettui.store.folder import StoreFolder


def describe_in_worker(
    project: Project, folder: StoreFolder, dynamic: Mapping[str, Mapping[str, int]]
) -> bytes | StepError:
    """Import the project in a worker of its own and describe it: a `ProjectSnapshot`, encoded, or why it cannot be.

    A worker that dies of it, which the project need not be to blame for, is followed by another, a few times.

    Raises:
        StoreError: The folder for the worker's log cannot be made.
    """
    folder.create()
    deaths = 0
    while True:
        found = _described(project, folder, dynamic)
        if not isinstance(found, Ended):
            return found
        deaths += 1
        if deaths == IMPORT_ATTEMPTS:
            return died_importing(replace(found.cause, traceback=found.printed or None), deaths)
        time.sleep(IMPORT_PAUSE_US / SECOND_US * deaths)


def _described(
    project: Project, folder: StoreFolder, dynamic: Mapping[str, Mapping[str, int]]
) -> bytes | StepError | Ended:
    """What one worker has to say."""
    found: list[bytes | StepError | Ended] = []

    def hear(worker: int, heard: Heard) -> None:
        if isinstance(heard, Loaded) and heard.described is not None:
            found.append(heard.described)
        elif isinstance(heard, Broken):
            found.append(heard.error)
        elif isinstance(heard, Ended):
            found.append(heard)

    processes = Processes(project, folder, hear)
    timeout_s = project.settings.import_timeout
    deadline = time.monotonic() + timeout_s
    try:
        processes.start_worker(describe=True, dynamic=dynamic)
        while not found:
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return took_too_long(timeout_s)
            processes.receive(left_s)
        return found[0]
    finally:
        processes.close()
