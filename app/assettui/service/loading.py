"""Seeing to it that the store's snapshot says what the project's files say now, before anything is decided by it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from assettui.core.partitioned_graph import PartitionedGraph
from assettui.core.partitions.definition import AsOf
from assettui.core.partitions.evaluated_mapping import EvaluatedPartitionMapping
from assettui.model.errors import AssettuiError, StoreError
from assettui.model.intents import ReloadProject
from assettui.model.project import ProjectSnapshot
from assettui.model.run import StepError
from assettui.model.timing import clock_us
from assettui.project.sources import are_unchanged, fingerprints
from assettui.store import dynamic_partitions, intents, projects
from assettui.store.project_state import graph_of
from assettui.store.wake_socket import WakeClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from assettui.service.session import Session


LOOK_EVERY_S = 1.0


class ProjectBroken(AssettuiError):
    """The project's files as they are now cannot be loaded."""

    def __init__(self, error: StepError) -> None:
        self.error = error
        details = f"\n{error.traceback.rstrip()}" if error.traceback else ""
        super().__init__(f"the project cannot be loaded: {error.message}{details}")


class LeaderGone(StoreError):
    """The leader went away before it had done what was waited for."""


def ensure_loaded(session: Session) -> None:
    """Have the project loaded again if its files have changed since, by the leader, or else by a worker of our own.

    Raises:
        ProjectBroken: It cannot be loaded as it is now.
        StoreError: The store cannot be read or written.
    """
    known = _known(session)
    if known is not None and are_unchanged(known.sources):
        if known.error is not None:
            raise ProjectBroken(known.error)
        if known.snapshot is not None and not _lacks_evaluation(session, known.snapshot):
            return
    leader = session.leader()
    if leader is not None and leader.project_id == session.project.id:
        asked_us = clock_us()
        with session.writing() as connection:
            intents.request(connection, ReloadProject(), asked_us)
        try:
            await_loaded(session, asked_us)
        except LeaderGone:
            ensure_loaded(session)  # by the next leader, or else here
    else:
        _load_here(session)


def await_loaded(session: Session, since_us: int, check: Callable[[], None] = lambda: None) -> None:
    """Wait until the leader has loaded the project, at that time or later.

    Args:
        session: The store.
        since_us: A time; what was loaded before it does not count.
        check: Called now and then; may raise what makes waiting vain.

    Raises:
        ProjectBroken: It cannot be loaded.
        LeaderGone: The leader went away meanwhile.
    """
    wake_client = WakeClient(session.folder.socket)
    try:
        while True:
            known = _known(session)
            if known is not None and known.tried_us is not None and known.tried_us >= since_us:
                if known.error is not None:
                    raise ProjectBroken(known.error)
                return
            check()
            if session.leader() is None:
                raise LeaderGone("the leader went away before it had loaded the project", hint="try again")
            wake_client.wait(LOOK_EVERY_S)
    finally:
        wake_client.close()


def _known(session: Session) -> projects.KnownProject | None:
    with session.reading() as connection:
        return projects.load(connection, session.project.id)


def _lacks_evaluation(session: Session, snapshot: ProjectSnapshot) -> bool:
    """Whether a mapping of the user's own has yet to be evaluated for partitions that have come to be since."""
    if not any(
        isinstance(each, EvaluatedPartitionMapping) for asset in snapshot.assets for each in asset.mappings.values()
    ):
        return False
    with session.reading() as connection:
        moment = AsOf(clock_us(), dynamic_partitions.all_indices(connection))
    return bool(PartitionedGraph(graph_of(snapshot), moment).unevaluated())


def _load_here(session: Session) -> None:
    since_ns = time.time_ns()
    with session.reading() as connection:
        dynamic = dynamic_partitions.all_indices(connection)
    from assettui.executors.describing import describe_in_worker  # deferred: a project that is known needs no worker

    described = describe_in_worker(session.project, session.folder, dynamic)
    imported = () if isinstance(described, StepError) else ProjectSnapshot.decode(described).sources
    sources = fingerprints(session.project, imported, since_ns=since_ns, until_ns=time.time_ns())
    with session.writing() as connection:
        if isinstance(described, StepError):
            projects.save_failed(connection, session.project.id, described, sources, clock_us())
        else:
            projects.save_loaded(connection, session.project.id, described, sources, clock_us())
    if isinstance(described, StepError):
        raise ProjectBroken(described)
