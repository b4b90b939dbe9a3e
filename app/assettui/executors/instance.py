"""A store as code sees it: what has happened, what was made, and where the values are."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

from assettui.core.graph import AssetGraph
from assettui.core.partition_status import KnownPartitions
from assettui.core.partitioned_graph import PartitionedGraph
from assettui.core.partitions.definition import AsOf
from assettui.core.partitions.keyed import key_problem
from assettui.core.partitions.space import BadPartitions
from assettui.core.staleness import AssetStatus, standings
from assettui.core.stored_values import BY_IO_MANAGER
from assettui.model.errors import NotFound, StoreError
from assettui.model.keys import AssetKey, CoercibleToAssetKey
from assettui.model.run import RunFilter
from assettui.model.timing import clock_us
from assettui.project.locate import locate
from assettui.store import checks, dynamic_partitions, lease, partition_sets, projects, queries
from assettui.store.database import open_for_reading, open_for_writing, store_exists, writing
from assettui.store.folder import StoreFolder
from assettui.store.wake_socket import WakeClient
from assettui.values.files import FileValues

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Generator, Mapping, Sequence
    from types import TracebackType

    from assettui.core.conditions.world import World
    from assettui.core.partition_status import RecordedPartitions
    from assettui.definitions.event_records import AssetEventRecord
    from assettui.model.asset import AssetState
    from assettui.model.check import AssetCheckKey
    from assettui.model.events import CheckEvaluation, Event, Materialization
    from assettui.model.run import RunRecord, RunStatus, StepRecord

STORE_VARIABLE = "ASSETTUI_STORE"
T = TypeVar("T")


class Instance:
    """A store to read from, and to keep runs in that are made in this process.

    Reading is always possible. While a run is made in it, this process leads the store, so no other process may.
    """

    def __init__(self, folder: StoreFolder, project_id: str = "", *, temporary: Any = None) -> None:
        self.folder = folder
        self.values = FileValues(folder.values)
        self._project_id = project_id
        self._temporary = temporary
        self._held: tuple[sqlite3.Connection, lease.Lease] | None = None

    @staticmethod
    def open(path: str | os.PathLike[str]) -> Instance:
        """The store at that path, made where it is missing, and led until it is closed.

        Args:
            path: A folder, or the SQLite file itself.

        Raises:
            StoreError: It cannot be opened, or another process leads it.
        """
        instance = Instance(StoreFolder.at(Path(path)))
        instance.lead()
        return instance

    @staticmethod
    def at(path: str | os.PathLike[str]) -> Instance:
        """The store at that path, to be asked, and given keys of dynamic partitions, whoever leads it."""
        return Instance(StoreFolder.at(Path(path)))

    @staticmethod
    def ephemeral() -> Instance:
        """A store of its own in a temporary folder, removed when it is closed or forgotten."""
        temporary = tempfile.TemporaryDirectory(prefix="assettui-")
        return Instance(StoreFolder.at(Path(temporary.name) / "store"), temporary=temporary)

    @staticmethod
    def get(path: str | os.PathLike[str] | None = None) -> Instance:
        """The store of the project in this folder, or the one that `ASSETTUI_STORE` names.

        Args:
            path: The folder of another project.

        Raises:
            ProjectError: There is no project.
        """
        named = os.environ.get(STORE_VARIABLE)
        project = locate(Path(path or ".").absolute(), file=None, module=None)
        return Instance(StoreFolder.at(Path(named) if named else project.store_path), project.id)

    def lead(self) -> sqlite3.Connection:
        """Take the lead, so that runs can be kept in it; the connection that writes.

        Raises:
            StoreError: It cannot be opened, or another process leads it.
        """
        if self._held is None:
            db = open_for_writing(self.folder)
            held = lease.acquire(self.folder.lease, face="python", project_id=self._project_id, now_us=clock_us())
            if held is None:
                db.close()
                leader = lease.last_holder(self.folder.lease)
                who = f" ({leader.face}, pid {leader.pid})" if leader else ""
                raise StoreError(
                    f"the store {self.folder.database} is led by another process{who}",
                    hint="end it first, or ask it to materialize: assettui materialize",
                )
            self._held = (db, held)
        return self._held[0]

    @contextmanager
    def leading(self) -> Generator[sqlite3.Connection]:
        """Lead for a while; where it leads already, it goes on leading."""
        is_leading = self._held is not None
        try:
            yield self.lead()
        finally:
            if not is_leading:
                self._let_go()

    def _let_go(self) -> None:
        if self._held is not None:
            db, held = self._held
            self._held = None
            db.close()
            held.release()

    def close(self) -> None:
        """Let another process lead; a temporary store is gone."""
        self._let_go()
        if self._temporary is not None:
            self._temporary.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @contextmanager
    def _reading(self) -> Generator[sqlite3.Connection | None]:
        if self._held is not None:
            yield self._held[0]
            return
        if not store_exists(self.folder):
            yield None
            return
        connection = open_for_reading(self.folder)
        try:
            yield connection
        finally:
            connection.close()

    # Reading.

    def get_runs(self, *, limit: int = 100, status: RunStatus | None = None) -> list[RunRecord]:
        """Runs, the newest first."""
        wanted = RunFilter((status,) if status is not None else ())
        with self._reading() as connection:
            return queries.runs(connection, wanted, limit=limit) if connection is not None else []

    def get_run_by_id(self, run_id: str) -> RunRecord | None:
        with self._reading() as connection:
            try:
                return queries.run(connection, run_id) if connection is not None else None
            except NotFound:
                return None

    def get_steps(self, run_id: str) -> list[StepRecord]:
        """The steps of a run, upstream before downstream."""
        with self._reading() as connection:
            return queries.steps(connection, run_id) if connection is not None else []

    def get_events(self, run_id: str | None = None, *, after: int = 0, limit: int = 1_000) -> list[Event]:
        """Events in the order of recording, those of one run or all, from the one after the id `after` on."""
        with self._reading() as connection:
            return queries.events(connection, run_id=run_id, after=after, limit=limit) if connection is not None else []

    def get_asset_state(self, asset_key: CoercibleToAssetKey) -> AssetState:
        """What is known of an asset: its last materialization and observation, and why it failed."""
        return self.get_asset_states([asset_key])[AssetKey.from_coercible(asset_key)]

    def get_asset_states(self, asset_keys: Sequence[CoercibleToAssetKey] | None = None) -> dict[AssetKey, AssetState]:
        """What is known of these assets; by default of all of which anything is."""
        from assettui.model.asset import AssetState

        with self._reading() as connection:
            if connection is None:
                known: dict[AssetKey, AssetState] = {}
            elif asset_keys is None or len(asset_keys) > 10:
                known = queries.asset_states(connection)
            else:
                keys = map(AssetKey.from_coercible, asset_keys)
                known = {key: queries.asset_state(connection, key) for key in keys}
        if asset_keys is None:
            return known
        wanted = [AssetKey.from_coercible(key) for key in asset_keys]
        return {key: known.get(key) or AssetState(key) for key in wanted}

    def get_latest_materialization(self, asset_key: CoercibleToAssetKey) -> Materialization | None:
        """The last materialization of an asset; None where it was never materialized."""
        return self.get_asset_state(asset_key).last

    def fetch_materializations(self, asset_key: CoercibleToAssetKey, limit: int = 100) -> list[Materialization]:
        """The last materializations of an asset, the newest first."""
        with self._reading() as connection:
            if connection is None:
                return []
            return queries.materializations(connection, AssetKey.from_coercible(asset_key), limit)

    def fetch_check_evaluations(self, check_key: AssetCheckKey, limit: int = 100) -> list[CheckEvaluation]:
        """The last results of a check, the newest first."""
        with self._reading() as connection:
            return checks.evaluations(connection, check_key, limit) if connection is not None else []

    def known_partitions(self, ask: Callable[[queries.KnownPartitions], dict[str, T]]) -> dict[str, T]:
        """What the store says of partitions that were materialized; nothing where there is no store yet."""
        with self._reading() as connection:
            return ask(queries.KnownPartitions(connection)) if connection is not None else {}

    def oldest_data_time(self, key: AssetKey, partitions: Sequence[str]) -> int | None:
        """The time of the oldest source data of those of these partitions that were materialized; None for none."""
        with self._reading() as connection:
            known = queries.KnownPartitions(connection) if connection is not None else None
            return known.oldest_data_time(key, partitions) if known is not None else None

    def recorded_partitions(self, partitioned: PartitionedGraph) -> dict[AssetKey, RecordedPartitions]:
        with self._reading() as connection:
            return partition_sets.recorded_partitions(connection, partitioned) if connection is not None else {}

    def asset_events_after(self, positions: Mapping[str, int]) -> list[AssetEventRecord]:
        """What was made of assets after certain events, the oldest first.

        Args:
            positions: The key of each asset → the event; 0 for all.
        """
        from assettui.definitions.event_cursor import Position  # deferred: sensors alone need them
        from assettui.store import ticks

        wanted = {AssetKey(key): Position(after) for key, after in positions.items()}
        with self._reading() as connection:
            return ticks.asset_events_after(connection, wanted) if connection is not None else []

    @contextmanager
    def automation_world(
        self, graph: AssetGraph, partitioned: PartitionedGraph, after: int | None
    ) -> Generator[tuple[World, int]]:
        """What automation conditions look at, and the id of the last event that is known; see `load_world`."""
        from assettui.core.conditions.world import World  # deferred: few need it
        from assettui.store import automation
        from assettui.store.automation_world import apply_news, load_world

        with self._reading() as connection:
            if connection is None:
                world = World(graph)
                world.see(partitioned)
                yield world, 0
            else:
                news = automation.changes_after(connection, after) if after is not None else []
                world = load_world(connection, graph, partitioned, news)
                apply_news(world, news)
                yield world, queries.last_event(connection)

    # Partitions.

    def dynamic_indices(self) -> Mapping[str, Mapping[str, int]]:
        """For each definition of dynamic partitions, by name: key → index."""
        with self._reading() as connection:
            return dynamic_partitions.all_indices(connection) if connection is not None else {}

    def get_dynamic_partitions(self, partitions_def_name: str) -> Sequence[str]:
        """The keys of a definition of dynamic partitions, in the order in which they were added."""
        return list(self.dynamic_indices().get(partitions_def_name, ()))

    def has_dynamic_partition(self, partitions_def_name: str, partition_key: str) -> bool:
        return partition_key in self.dynamic_indices().get(partitions_def_name, ())

    def add_dynamic_partitions(self, partitions_def_name: str, partition_keys: Sequence[str]) -> None:
        """Add keys; those that are there already stay.

        Raises:
            BadPartitions: One of them cannot be a key.
        """
        self._change_keys(dynamic_partitions.add, partitions_def_name, partition_keys)

    def delete_dynamic_partition(self, partitions_def_name: str, partition_key: str) -> None:
        """Remove a key; what was made of it stays recorded. Nothing happens where there is none."""
        self._change_keys(dynamic_partitions.remove, partitions_def_name, [partition_key])

    def _change_keys(self, change: Callable[..., Any], name: str, keys: Sequence[str]) -> None:
        for key in keys:
            problem = key_problem(key)
            if problem is not None:
                raise BadPartitions(problem, hint="give the partition a plain name")
        if self._held is not None:
            with writing(self._held[0]) as db:
                change(db, name, keys, clock_us())
            return
        db = open_for_writing(self.folder)
        try:
            with writing(db):
                change(db, name, keys, clock_us())
        finally:
            db.close()
        wake_client = WakeClient(self.folder.socket)
        wake_client.ring()
        wake_client.close()

    def get_materialized_partitions(self, asset_key: CoercibleToAssetKey) -> set[str]:
        with self._reading() as connection:
            if connection is None:
                return set()
            return queries.materialized_partitions(connection, AssetKey.from_coercible(asset_key))

    def get_asset_value(self, asset_key: CoercibleToAssetKey, python_type: Any = None) -> Any:
        """The value of an asset, where it is kept as a file beside the store.

        Args:
            asset_key: Whose value.
            python_type: The kind of frame wanted, where it is one; by default the kind that was stored.

        Raises:
            NotFound: The asset was never materialized, has no stored value, or has it from an IO manager of the project.
        """
        last = self.get_latest_materialization(asset_key)
        if last is None or last.value is None:
            raise NotFound(f"the store has no value of {asset_key}", hint="see get_latest_materialization(key)")
        if last.value.format.startswith(BY_IO_MANAGER):
            raise NotFound(
                f"the value of {asset_key} was stored by an IO manager of the project",
                hint="ask the project for it: Definitions.load_asset_value(key, instance=…)",
            )
        return self.values.load(last.value, python_type)

    def get_asset_statuses(self) -> dict[AssetKey, AssetStatus]:
        """The one word for each asset of the project that the store knows, by the snapshot that was last loaded.

        Raises:
            NotFound: The store knows no project.
        """
        with self._reading() as connection:
            known = projects.load(connection, self._project_id) if connection is not None else None
            if known is None or known.snapshot is None or connection is None:
                raise NotFound("the store knows no project", hint="open it once: assettui asset ls")
            graph = AssetGraph.of(known.snapshot)
            partitioned = PartitionedGraph(graph, AsOf(clock_us(), dynamic_partitions.all_indices(connection)))
            recorded = partition_sets.recorded_partitions(connection, partitioned)
            found = standings(graph, queries.asset_states(connection), KnownPartitions(partitioned, recorded))
        return {key: standing.status for key, standing in found.items()}
