"""Having a worker describe the project, where no engine is at work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.executors.base import Ended, Heard
from assettui.executors.processes import Processes
from assettui.model.run import StepError
from assettui.model.step import Broken, Loaded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.project.locate import Project
    from assettui.store.folder import StoreFolder


def describe_in_worker(
    project: Project, folder: StoreFolder, dynamic: Mapping[str, Mapping[str, int]]
) -> bytes | StepError:
    """Import the project in a worker of its own and describe it: a `ProjectSnapshot`, encoded, or why it cannot be.

    Raises:
        StoreError: The folder for the worker's log cannot be made.
    """
    folder.create()
    found: list[bytes | StepError] = []

    def hear(worker: int, heard: Heard) -> None:
        if isinstance(heard, Loaded) and heard.described is not None:
            found.append(heard.described)
        elif isinstance(heard, Broken):
            found.append(heard.error)
        elif isinstance(heard, Ended):
            found.append(while_importing(heard))

    processes = Processes(project, folder, hear)
    try:
        processes.start_worker(describe=True, dynamic=dynamic)
        while not found:
            processes.receive(None)
        return found[0]
    finally:
        processes.close()


def while_importing(ended: Ended) -> StepError:
    """Why a project cannot be loaded whose import has ended the worker."""
    cause = ended.cause
    return StepError(f"{cause.message} while it imported the project", cause.kind, traceback=ended.printed or None)
