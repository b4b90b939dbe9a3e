"""Having a worker describe the project, where no engine is at work."""

from __future__ import annotations

import select
import threading
from typing import TYPE_CHECKING

from assettui.executors.workers import WorkerPool
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
    has_died = threading.Event()
    pool = WorkerPool(project, folder, lambda _: has_died.set())
    try:
        worker = pool.start(describe=True, dynamic=dynamic)
        while select.select([worker.connection], [], [])[0]:
            messages = worker.messages()
            for message in messages or ():
                if isinstance(message, Loaded) and message.described is not None:
                    return message.described
                if isinstance(message, Broken):
                    return message.error
            if messages is None:
                break
        has_died.wait()
        printed = worker.printed()
        cause = pool.on_lost(worker)
        return StepError(f"{cause.message} while it imported the project", cause.kind, traceback=printed or None)
    finally:
        pool.close()
