"""Becoming the leader of a store, or finding that another process is."""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING

from assettui.model.timing import clock_us
from assettui.store import dynamic_partitions, lease
from assettui.store.database import open_for_reading, store_exists

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assettui.engine.engine import Engine
    from assettui.project.locate import Project
    from assettui.store.folder import StoreFolder


def lead(
    project: Project,
    folder: StoreFolder,
    *,
    face: str,
    watch_sources: bool,
    is_ticking: bool = False,
    on_end: Callable[[], None] = lambda: None,
) -> Engine | None:
    """An engine that leads the store, its first worker started and nothing else; None where another process leads.

    Args:
        project: Whose code is to run.
        folder: The store; made where it is missing.
        face: What this process was started as, for others to see.
        watch_sources: Whether the project is loaded again when its files are edited.
        is_ticking: Whether schedules and sensors are evaluated by themselves, as long as this process leads.
        on_end: Called from the engine's thread when it has ended, asked or not.

    Raises:
        StoreError: The store cannot be made or read.
        ProjectError: The interpreter of its workers cannot be started, and no other process leads.
    """
    if lease.holder(folder.lease) is None:
        project.interpreter.require()  # before anything is made
    folder.create()
    dynamic = _dynamic(folder)
    previous = lease.last_holder(folder.lease)
    held = lease.acquire(folder.lease, face=face, project_id=project.id, now_us=clock_us())
    if held is None:
        return None
    from assettui.engine.engine import Engine  # deferred: who finds a leader needs none of it

    capacity = project.settings.max_workers or os.cpu_count() or 1
    return Engine(
        project,
        folder,
        held,
        previous=previous,
        capacity=capacity,
        dynamic=dynamic,
        watch_sources=watch_sources,
        is_ticking=is_ticking,
        on_end=on_end,
    )


def _dynamic(folder: StoreFolder) -> Mapping[str, Mapping[str, int]]:
    """The keys of dynamic partitions, which the first worker needs before the engine has opened the store."""
    if not store_exists(folder):
        return {}
    with closing(open_for_reading(folder)) as connection:
        return dynamic_partitions.all_indices(connection)
