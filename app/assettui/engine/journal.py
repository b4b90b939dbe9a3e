"""The engine's side of the store: what it commits together, and what it reads to start a step."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec.structs import replace

from assettui.core.graph import AssetGraph
from assettui.core.partitioned_graph import PartitionedGraph
from assettui.core.partitions.definition import AsOf
from assettui.engine.automation_recording import record_decided
from assettui.engine.backfill_loading import loaded_backfill
from assettui.engine.cleaning import clean
from assettui.engine.incident_journal import IncidentJournal
from assettui.engine.recovery import closing_events
from assettui.engine.tick_recording import record_tick
from assettui.engine.value_removal import ValueRemoval
from assettui.executors.evaluating import evaluation_request
from assettui.executors.partitioned_requests import partitioned_request
from assettui.kernel.automation import Automation
from assettui.kernel.inputs import BackfillLoaded, InstigatorsSeen
from assettui.model.backfill import BACKFILL_TAG
from assettui.model.errors import AssettuiError, NotFound
from assettui.model.events import Event, Materialization, RunChanged, StepStarted
from assettui.model.instigator import DEFAULT_AUTOMATION, InstigatorKind
from assettui.model.keys import AssetKey
from assettui.model.project import ProjectSnapshot
from assettui.model.run import RunStatus, StepError, StepStatus
from assettui.model.step import StepRequest
from assettui.store import automation as automation_store
from assettui.store import (
    backfills,
    dynamic_partitions,
    freshness,
    intents,
    limits,
    partition_sets,
    projects,
    queries,
)
from assettui.store import ticks as ticks_store
from assettui.store.automation_world import conditions_of, load_world
from assettui.store.database import StorePlace, open_for_writing, writing
from assettui.store.op_outputs import failed_with_op_outputs, forget_ancestors, forget_oldest
from assettui.store.pasts import pasts_of
from assettui.store.project_state import ProjectState, graph_of
from assettui.store.queueing import secrets_of
from assettui.store.recording import UNFIT, record_what_fits
from assettui.store.retries import queue_retry
from assettui.values.files import RUNS, FileValues
from assettui.worker.orders import EvaluationRequest

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from assettui.core.conditions.place import Entity
    from assettui.core.queue import Limits, QueuedRun
    from assettui.engine.automation_recording import RecordedAutomation
    from assettui.engine.profiling import Profiler
    from assettui.engine.tick_recording import Recorded
    from assettui.kernel.actions import Execute, Progressed, QueueRun
    from assettui.kernel.automation import Decided
    from assettui.kernel.instigators import Evaluating, TickDecided
    from assettui.model.asset import AssetState, ValueRef
    from assettui.model.instigator import InstigatorSnapshot
    from assettui.model.intents import Intent
    from assettui.model.run import RunPlan, RunRecord, StepRecord
    from assettui.project.settings import Settings
    from assettui.store.folder import StoreFolder
    from assettui.store.projects import Sources

PartitionName = tuple[AssetKey, str | None]
"""A partition of an asset by its key; None is the whole of one that has none."""
DAY_US = 86_400 * 1_000_000
PARTITIONS_LAST_US = 1_000_000
"""How old the view of which partitions there are may be."""
_DONE_WITH: Final = frozenset({RunStatus.SUCCESS, RunStatus.CANCELED})
FAILED_KEPT = 20
"""Of so many runs that have failed, the last ones, it is kept what their ops have passed on, for a retry."""


class Committed(NamedTuple):
    """What a commit has come to."""

    ticks: list[tuple[TickDecided, Recorded]]
    refused: list[tuple[str, str]]
    """The runs of which something could not be recorded, and why."""


class Journal:
    """Writes to one store in durable commits, and removes from the disk what a commit has made superfluous.

    Args:
        folder: The store.
        project_id: The project that snapshots are kept for.
        versions_kept: So many versions of a value are kept, where its asset does not say.

    Raises:
        StoreError: It cannot be opened; from any method, where it can no longer be written.
    """

    def __init__(self, folder: StoreFolder, project_id: str, versions_kept: int) -> None:
        self._folder = folder
        self._project_id = project_id
        self._versions_kept = versions_kept
        self._db: sqlite3.Connection = open_for_writing(folder)
        self._place = StorePlace(folder.database)
        self._values = FileValues(folder.values)
        self._seen = -1
        self._graph: AssetGraph | None = None
        self._graph_version: Any = None
        self._partitioned: PartitionedGraph | None = None
        self._snapshot: ProjectSnapshot | None = None
        self._instigators: dict[str, InstigatorSnapshot] = {}
        self._selected: dict[str, Sequence[AssetKey]] = {}
        self._known: ProjectState | None = None
        self._last_queued = 0
        self._sensor_of: dict[Entity, str] = {}
        self.incidents = IncidentJournal(self._db)
        self._removal = ValueRemoval(self._db, self._values)

    def check_in_place(self) -> None:
        """See that what is written still goes where everybody else reads.

        Raises:
            StoreError: The store's file was removed, replaced or emptied.
        """
        self._place.check()

    def clean(self, settings: Settings) -> None:
        """Begin to remove what nobody needs from beside the store; after a leader that died, values too."""
        self._removal.remove_left()
        clean(self._folder, settings)

    def close(self) -> None:
        self._db.close()

    def partitioned(self, now_us: int) -> PartitionedGraph:
        """The project's partitions as they are now."""
        version = self._db.execute("SELECT loaded FROM projects WHERE name = ?", (self._project_id,)).fetchone()
        if self._graph is None or version != self._graph_version:
            known = projects.load(self._db, self._project_id)
            snapshot = known.snapshot if known is not None else None
            self._graph = graph_of(snapshot) if snapshot is not None else AssetGraph(())
            self._graph_version, self._partitioned, self._snapshot = version, None, snapshot
            self._instigators = {each.name: each for each in (snapshot.instigators if snapshot is not None else ())}
            self._selected.clear()
        if self._partitioned is None or now_us - self._partitioned.moment.time_us > PARTITIONS_LAST_US:
            moment = AsOf(now_us, dynamic_partitions.all_indices(self._db))
            self._partitioned = PartitionedGraph(self._graph, moment)
        return self._partitioned

    def commit(
        self,
        events: Iterable[Event],
        taken: list[Intent],
        now_us: int,
        progress: Iterable[Progressed] = (),
        ticks: Iterable[TickDecided] = (),
        retries: Iterable[QueueRun] = (),
    ) -> Committed:
        """Record what has happened and the end of the intents that it answers: all or nothing.

        What cannot be recorded, whatever it is, is left out, and what it concerns fails by it: one bad thing must not
        stop all the others.

        Args:
            events: What has happened.
            taken: The intents.
            now_us: The time.
            progress: How far backfills have come.
            ticks: Ticks, each recorded with the runs that it asks for.
            retries: Runs that try again others that have failed.

        Returns:
            Each tick and what it has come to, and what was left out.
        """
        partitioned = self.partitioned(now_us)
        recorded: list[tuple[TickDecided, Recorded]] = []
        with writing(self._db) as db:
            self._removal.forget_removed()
            kept, gone, refused = record_what_fits(db, list(events), partitioned, now_us)
            for each in progress:
                backfills.keep_counts(db, each.backfill_id, each.counts)
            for decided in ticks:
                has_keys = bool(decided.evaluation.keys)
                if has_keys:
                    self._known = None
                found = record_tick(db, decided, self._instigators.get(decided.name), lambda: self._state(now_us))
                gone.extend(found.superseded)
                recorded.append((decided, found))
                if has_keys:
                    self._partitioned = self._known = None
            for retry in retries:
                known = self._snapshot or ProjectSnapshot("")
                with suppress(*UNFIT):  # the run that has failed says so already
                    queue_retry(db, retry.run_id, retry.plan, retry.parent, known.config_schemas, now_us)
            intents.take(db, taken)
            forgotten = self._forget_op_outputs(db, kept)
        self._known = None
        self._removal.remove(gone)
        for event in kept:
            if isinstance(event, RunChanged) and event.status in _DONE_WITH:
                self._values.remove_below(AssetKey((RUNS, event.run_id)))
        for run_id in forgotten:
            self._values.remove_below(AssetKey((RUNS, run_id)))
        return Committed(recorded, refused)

    def _forget_op_outputs(self, connection: sqlite3.Connection, events: Iterable[Event]) -> list[str]:
        """Forget what the ops of runs have passed on that have failed, once it is not to be tried again.

        That is when a run that went on from it is over, and of all the others when they are no longer among the last.
        """
        ended = [event for event in events if isinstance(event, RunChanged)]
        over = [event.run_id for event in ended if event.status in _DONE_WITH]
        found = [parent for run_id in over for parent in forget_ancestors(connection, run_id)]
        if any(event.status is RunStatus.FAILURE for event in ended):
            found.extend(forget_oldest(connection, FAILED_KEPT))
        return found

    def _state(self, now_us: int) -> ProjectState:
        if self._known is None:  # within one commit what is there does not change, unless a sensor adds partitions
            self.partitioned(now_us)  # forgets what selections came to, where the project has changed
            self._known = ProjectState(self._db, self._project_id, now_us, selected=self._selected)
        return self._known

    def instigators(self, now_us: int) -> InstigatorsSeen:
        """The schedules and sensors that the project defines, and what is recorded of them."""
        self.partitioned(now_us)  # brings the project up to date
        states = ticks_store.instigator_states(self._db)
        return InstigatorsSeen(tuple((each, states.get(each.name)) for each in self._instigators.values()))

    def automation(self, on: Collection[str] | None, now_us: int) -> Automation:
        """What evaluates the conditions that these automation sensors are for, None for all, and the freshness policies."""
        partitioned = self.partitioned(now_us)
        graph = partitioned.graph
        state = automation_store.load_state(self._db)
        last_event = state.last_event if state.last_event is not None else queries.last_event(self._db)
        world = load_world(self._db, graph, partitioned, automation_store.changes_after(self._db, last_event))
        self._sensor_of = self._sensors_of_conditions()
        conditions = {
            entity: condition
            for entity, condition in conditions_of(graph).items()
            if on is None or self._sensor_of.get(entity, DEFAULT_AUTOMATION) in on
        }
        statuses = dict(freshness.recorded(self._db))
        sensors = [each.name for each in self._instigators.values() if each.kind is InstigatorKind.AUTOMATION]
        return Automation(world, conditions, state, statuses, last_event, next(iter(sensors), DEFAULT_AUTOMATION))

    def _sensors_of_conditions(self) -> dict[Entity, str]:
        """Which automation sensor evaluates the condition of each asset and check."""
        graph = self._graph
        found: dict[Entity, str] = {}
        for each in self._instigators.values():
            if each.kind is InstigatorKind.AUTOMATION and graph is not None:
                for key in each.assets:
                    found[key] = each.name
                    found.update((check.key, each.name) for check in graph.checks_of.get(key, ()))
        return found

    def changes_after(self, event_id: int) -> list[Event]:
        """What has happened after an event, as far as conditions and policies may turn on it."""
        return automation_store.changes_after(self._db, event_id)

    def record_automation(self, decided: Decided, intent: int | None) -> RecordedAutomation:
        """Record what automation has decided: all of it, or nothing."""
        self._known = None
        state = self._state(decided.time_us)
        sensors = {name: each for name, each in self._instigators.items() if each.kind is InstigatorKind.AUTOMATION}
        with writing(self._db) as db:
            found = record_decided(db, decided, sensors, self._sensor_of, state, intent)
        self._known = None
        return found

    def profile(self, profiler: Profiler, now_us: int) -> bool:
        """Have looked at what was materialized; whether anything that was found is recorded."""
        return profiler.look(self._db, self.partitioned(now_us), queries.last_event(self._db))

    def last_event(self) -> int:
        """The last event that is recorded."""
        return queries.last_event(self._db)

    def select(self, selection: str, now_us: int) -> Sequence[AssetKey]:
        """The assets that a selection names now.

        Raises:
            SelectionError: It cannot be understood.
        """
        return self._state(now_us).select(selection)

    def evaluation_request(self, evaluating: Evaluating) -> EvaluationRequest | None:
        """What a worker must be told to evaluate a schedule or sensor now; None where there is nothing to look at."""
        snapshot = self._instigators.get(evaluating.name)
        if snapshot is None:
            return None
        if snapshot.kind is InstigatorKind.AUTOMATION:
            dynamic = dynamic_partitions.all_indices(self._db)
            return EvaluationRequest(
                snapshot.name,
                evaluating.scheduled_us,
                str(self._folder.database),
                is_of_conditions=True,
                dynamic=dynamic,
            )
        request, has_something = evaluation_request(
            self._db, self._folder, snapshot, evaluating.scheduled_us, is_manual=evaluating.intent is not None
        )
        return request if has_something or evaluating.intent is not None else None

    def forget_old_ticks(self, now_us: int, days: int) -> bool:
        """Forget ticks that are older than so many days, and skipped ones of which there are too many.

        Returns:
            Whether there may be more of them.
        """
        with writing(self._db) as db:
            return ticks_store.forget_old(db, now_us - days * DAY_US) >= ticks_store.FORGOTTEN_AT_ONCE

    def note_loading(self, now_us: int) -> bool:
        """Note that the project is being imported anew; False where it was never loaded."""
        with writing(self._db) as db:
            return projects.save_loading(db, self._project_id, now_us)

    def keep_snapshot(self, snapshot: bytes, sources: Sources, now_us: int) -> None:
        """Keep the project's last good snapshot."""
        with writing(self._db) as db:
            projects.save_loaded(db, self._project_id, snapshot, sources, now_us)
        partitioned = self.partitioned(now_us)
        with writing(self._db) as db:
            partition_sets.reindex(db, partitioned)

    def keep_load_error(self, error: StepError, sources: Sources, now_us: int) -> None:
        """Keep why the project cannot be loaded as it is now."""
        with writing(self._db) as db:
            projects.save_failed(db, self._project_id, error, sources, now_us)

    def has_news(self) -> bool:
        """Whether another process may have written since the last time this was asked. Costs 5 µs."""
        version = queries.data_version(self._db)
        has_changed, self._seen = version != self._seen, version
        if has_changed:
            self._partitioned = None  # keys of dynamic partitions may have come or gone
        return has_changed

    def pending_intents(self) -> list[Intent]:
        """What others ask for, the oldest first."""
        return intents.pending(self._db)

    def backfills(self, now_us: int, known: Collection[str] = ()) -> Iterator[BackfillLoaded]:
        """The backfills that are not over, with how far each has come; those that are known already are left out.

        None before the project has been loaded once: which partitions there are is known only then.
        """
        if not self.partitioned(now_us).graph.assets:
            return
        for each in backfills.not_over(self._db):
            if each.backfill_id not in known:
                yield loaded_backfill(self._db, each, self.partitioned(now_us))

    def backfill(self, backfill_id: str, now_us: int) -> BackfillLoaded | None:
        """One backfill, with how far it has come; None where there is none."""
        try:
            return loaded_backfill(self._db, backfills.backfill(self._db, backfill_id), self.partitioned(now_us))
        except NotFound:
            return None

    def queued_runs(self) -> tuple[QueuedRun, ...]:
        """The runs that wait to be taken, and that were not told before."""
        found = list(limits.queued_runs(self._db, self._last_queued))
        self._last_queued = max((number for number, _ in found), default=self._last_queued)
        return tuple(run for _, run in found)

    def limits(self, settings: Limits) -> Limits:
        """How much may go on at once."""
        return limits.limits(self._db, settings)

    def run_to_take(self, run_id: str) -> RunPlan | None:
        """What a run does that is about to begin; None where it no longer waits."""
        try:
            run = queries.run(self._db, run_id)
        except NotFound:
            return None
        return self._plan(run_id) if run.status is RunStatus.QUEUED else None

    def _plan(self, run_id: str) -> RunPlan:
        plan, secrets = queries.run_plan(self._db, run_id), secrets_of(self._db, run_id)
        return plan if secrets is None else replace(plan, config=secrets)

    def request(self, action: Execute, now_us: int) -> StepRequest:
        """What a worker must be told to run a step now: the latest values and data versions of what it depends on.

        Raises:
            UnknownPartition: The project no longer has the partitions that the step is for.
        """
        run_id, step, about = action.run_id, action.step, action.about
        known, partitioned, partitions = queries.KnownPartitions(self._db), self.partitioned(now_us), about.partitions
        subject = step.subject if BACKFILL_TAG in about.tags and step.is_partitioned else None
        if subject is not None and subject in partitioned.graph.assets:
            # Of a backfill's partitions the others are made, and it says itself what is gone.
            partitions = partitioned.ranges_there(subject, partitions) or partitions
        of_partitions = partitioned_request(step, partitioned, partitions, known)
        read = (each.key for each in step.inputs)
        states = {key: queries.asset_state(self._db, key) for key in dict.fromkeys((*step.upstream, *read))}
        values: dict[AssetKey, ValueRef | None] = {}
        for each in step.inputs:
            state = states.get(each.key)
            if state is not None and state.last is not None:
                values[each.key] = state.last.value
        sources = (source for wire in step.wires for source in wire.sources)
        return StepRequest(
            run_id=run_id,
            step=step,
            values=values,
            input_versions={
                **{str(key): states[key].data_version for key in step.upstream},
                **of_partitions.input_versions,
            },
            version=action.version,
            op_outputs=queries.op_outputs(self._db, run_id, sources),
            job=about.job,
            tags=about.tags,
            config=about.config,
            partitions=about.partitions,
            partition_keys=of_partitions.partition_keys,
            partitions_read=of_partitions.partitions_read,
            partition_versions=of_partitions.partition_versions,
            retry_number=action.retry_number,
            input_times={**_data_times(states, step.upstream), **of_partitions.input_times},
            pasts=pasts_of(self._db, partitioned, step),
            versions_kept=self._versions_kept,
            stdout=str(self._folder.step_log(run_id, step.key, "out")),
            stderr=str(self._folder.step_log(run_id, step.key, "err")),
        )

    def remove_unfinished(self, made: Iterable[PartitionName], version: str) -> None:
        """Remove what an attempt at some partitions that did not succeed may have left on the disk."""
        for key, partition in made:
            self._values.remove_unfinished(key, version, partition)

    def close_orphaned(self, reason: str, now_us: int) -> int:
        """Close the runs that a dead leader was carrying out; how many there were.

        Nothing is being carried out now, so whatever ops have output is wanted by nobody: it was left
        by a leader that died before it had removed it.
        """
        events: list[Event] = []
        count = 0
        for run in queries.runs_not_over(self._db):
            steps = queries.steps(self._db, run.run_id)
            closing = list(closing_events(run, steps, reason, now_us))
            events.extend(closing)
            count += bool(closing)
            for step in steps if closing else ():
                if step.status is StepStatus.RUNNING:
                    self._remove_unfinished_of(run, step, self.partitioned(now_us))
        if events:
            self.commit(events, [], now_us)
        self._values.remove_all_below(AssetKey((RUNS,)), but=failed_with_op_outputs(self._db))
        if count:
            self._folder.unclean.touch(mode=0o600)
        return count

    def _remove_unfinished_of(self, run: RunRecord, step: StepRecord, partitioned: PartitionedGraph) -> None:
        events = queries.events(self._db, run_id=run.run_id, step_key=step.step_key, limit=-1)
        made = {(event.asset_key, event.partition) for event in events if isinstance(event, Materialization)}
        partitions: list[str | None] = [None]
        if step.is_partitioned and step.assets and step.assets[0] in partitioned.graph.assets:
            with suppress(AssettuiError):  # the project has no such partitions any more
                partitions = [
                    *partitioned.space(step.assets[0]).keys(partitioned.set_of(step.assets[0], run.partitions))
                ]
        assets = [(key, partition) for key in step.assets for partition in partitions if (key, partition) not in made]
        for event in events:
            if isinstance(event, StepStarted) and event.version is not None:
                self.remove_unfinished(assets, event.version)


def _data_times(states: Mapping[AssetKey, AssetState], upstream: Iterable[AssetKey]) -> dict[str, int]:
    """The time of the source data of what a step depends on, as far as it is known."""
    found = {str(key): states[key].data_time_us for key in upstream}
    return {key: time for key, time in found.items() if time is not None}
