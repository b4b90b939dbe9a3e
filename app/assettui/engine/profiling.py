"""Looks at what was materialized, behind the steps that have made it: one table after the other, by a viewer process.

Where it stands is in the store: a leader that follows goes on from there. What takes too long, or cannot be read, is passed
over; whoever asks for such a profile is told why.
"""

from __future__ import annotations

import queue
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from assettui.core.data_settings import is_profiled
from assettui.core.drift import rules_of
from assettui.core.partitions.space import NO_PARTITIONS
from assettui.core.stored_values import stored_value
from assettui.engine.judging import Judge, Verdict
from assettui.executors.viewing import Stopped, ViewerProcess
from assettui.model.errors import StoreError
from assettui.model.events import DataProfiled
from assettui.model.preview import Profiled, ReadProfile
from assettui.model.timing import clock_us
from assettui.store import profiles
from assettui.store.database import writing
from assettui.store.recording import record

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable

    from assettui.core.drift import DriftRules
    from assettui.core.graph import AssetGraph
    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.core.partitions.space import PartitionSpace
    from assettui.model.events import Materialization
    from assettui.model.preview import StoredValue
    from assettui.project.locate import Project
    from assettui.store.folder import StoreFolder

AT_ONCE: Final = 50
"""So many are taken from the store at once."""
TIMEOUT_S: Final = 120.0
IDLE_S: Final = 30.0
"""So long after the last of them the viewer's process is ended."""
NICENESS: Final = 10


class _Wanted(Struct, frozen=True):
    id: int
    event: Materialization
    value: StoredValue
    rules: DriftRules | None
    """What is unusual; None where nothing is to be."""
    space: PartitionSpace


class Profiler:
    """See above.

    Args:
        project: Whose data it is.
        folder: The store.
        on_looked: Called from another thread when something was looked at.
    """

    def __init__(self, project: Project, folder: StoreFolder, on_looked: Callable[[], None]) -> None:
        self._on_looked = on_looked
        self._to_look: queue.Queue[_Wanted | None] = queue.Queue()
        self._looked: queue.SimpleQueue[tuple[int, DataProfiled | None]] = queue.SimpleQueue()
        self._under_way = 0
        self._seen = -1
        self._thread: threading.Thread | None = None
        self._viewer = ViewerProcess(project, folder, niceness=NICENESS)
        self._judge = Judge(folder)
        self._graph: AssetGraph | None = None
        self._is_closing = False

    def look(self, db: sqlite3.Connection, partitioned: PartitionedGraph, last_event: int) -> bool:
        """Record what was found, and have looked at what is new; whether anything was recorded.

        Args:
            db: The store, open for writing.
            partitioned: The project's assets, and their partitions.
            last_event: The last event that is recorded.
        """
        graph = partitioned.graph
        has_recorded = self._record(db)
        if self._under_way or last_event == self._seen:
            return has_recorded
        if graph is not self._graph:  # the viewer may have imported the project as it was
            self._graph = graph
            self._viewer.stop()
        found = profiles.unprofiled(db, AT_ONCE)
        if len(found) < AT_ONCE:
            self._seen = last_event
        passed_over = 0
        for each in found:
            value = _to_profile(each.event, graph)
            if value is not None:
                self._start(_wanted(each.id, each.event, value, partitioned))
            elif not self._under_way:
                passed_over = each.id
        if passed_over:
            with writing(db):
                profiles.pass_over(db, passed_over)
        return has_recorded

    def close(self) -> None:
        """End; what is being looked at is looked at again by the next leader."""
        self._is_closing = True
        self._to_look.put(None)
        self._viewer.close()
        if self._thread is not None:
            self._thread.join()

    def _record(self, db: sqlite3.Connection) -> bool:
        found: list[tuple[int, DataProfiled | None]] = []
        while not self._looked.empty():
            found.append(self._looked.get())
        if not found:
            return False
        self._under_way -= len(found)
        with writing(db):
            record(db, [event for _, event in found if event is not None])
            profiles.pass_over(db, max(event_id for event_id, _ in found))
        return any(event is not None for _, event in found)

    def _start(self, wanted: _Wanted) -> None:
        self._under_way += 1
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="profiling", daemon=True)
            self._thread.start()
        self._to_look.put(wanted)

    def _run(self) -> None:
        while True:
            try:
                wanted = self._to_look.get(timeout=IDLE_S)
            except queue.Empty:
                self._viewer.stop()  # another one is started when there is something to look at again
                wanted = self._to_look.get()
            if wanted is None or self._is_closing:
                return
            self._looked.put((wanted.id, self._profile(wanted)))
            self._on_looked()

    def _profile(self, wanted: _Wanted) -> DataProfiled | None:
        timer = threading.Timer(TIMEOUT_S, self._viewer.stop)
        timer.daemon = True
        timer.start()
        try:
            answer = self._viewer.ask(ReadProfile(wanted.value))
        except (Stopped, OSError):
            return None
        finally:
            timer.cancel()
        if not isinstance(answer, Profiled):
            return None
        event, profile = wanted.event, answer.profile
        verdict = Verdict()
        if wanted.rules is not None:
            with suppress(StoreError):  # the leader meets it too, and says so
                verdict = self._judge.judge(event, profile, wanted.rules, wanted.space)
        return DataProfiled(
            clock_us(),
            asset_key=event.asset_key,
            partition=event.partition,
            of=wanted.id,
            made_us=event.time_us,
            profile=profile,
            drifts=verdict.drifts,
            next_by_us=verdict.next_by_us,
        )


def _wanted(event_id: int, event: Materialization, value: StoredValue, partitioned: PartitionedGraph) -> _Wanted:
    key = event.asset_key
    asset = partitioned.graph.assets.get(key)
    if asset is None:  # it was removed from the project meanwhile
        return _Wanted(event_id, event, value, None, NO_PARTITIONS)
    try:
        rules = rules_of(asset.metadata)
    except ValueError:  # told where the project is loaded
        rules = None
    if rules is not None and asset.freshness_policy is not None:  # that says itself how old it may be
        rules = replace(rules, nothing_new=False)
    return _Wanted(event_id, event, value, rules, partitioned.space(key))


def _to_profile(event: Materialization, graph: AssetGraph) -> StoredValue | None:
    """Where the data is that is to be looked at; None where there is none, or nobody wants it looked at."""
    asset = graph.assets.get(event.asset_key)
    if asset is not None and not is_profiled(asset.metadata):
        return None
    value = stored_value(event.asset_key, event)
    if value is None or value.ref.format.partition(":")[0] in ("none", "pickle"):
        return None
    return value
