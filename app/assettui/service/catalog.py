"""The catalog: every asset of the project with all that is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.selection.algebra import AssetSelection, select
from assettui.core.selection.expression import SelectionContext
from assettui.core.staleness import AssetStatus, Standing, missing_partitions, root_causes
from assettui.model.asset import AssetState
from assettui.model.errors import NotFound
from assettui.model.freshness import FreshnessStatus
from assettui.model.keys import AssetKey, closest
from assettui.model.text import plural
from assettui.service.checks import CheckRow, checks_of
from assettui.store import queries

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from assettui.core.graph import AssetGraph
    from assettui.core.partition_status import PartitionStatuses
    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.model.drift import PartDrift
    from assettui.model.events import Materialization, Observation
    from assettui.model.freshness import Freshness
    from assettui.model.metadata import JsonObject, MetadataValue
    from assettui.model.project import AssetSnapshot, ProjectSnapshot
    from assettui.model.run import StepError
    from assettui.service.session import Session
    from assettui.store.project_state import ProjectState

HISTORY_LENGTH = 30
"""How many past materializations an asset is shown with."""


class AssetRow(Struct, frozen=True):
    """One asset: how it is defined, what has happened to it, and where it stands."""

    asset: AssetSnapshot
    state: AssetState
    standing: Standing
    checks: tuple[CheckRow, ...] = ()
    """Of it, in the order of the definition."""
    freshness: Freshness | None = None
    """What its data is judged to be by its policy; None where it has none."""
    drifts: tuple[PartDrift, ...] = ()
    """What looks wrong about its data."""

    @property
    def is_overdue(self) -> bool:
        """Whether its data is too old."""
        return self.freshness is not None and self.freshness.status is FreshnessStatus.FAIL

    @property
    def key(self) -> AssetKey:
        return self.asset.key

    @property
    def status(self) -> AssetStatus:
        return self.standing.status

    @property
    def statuses(self) -> PartitionStatuses | None:
        return self.standing.statuses

    @property
    def metadata(self) -> dict[str, MetadataValue]:
        """What was declared, and what the last materialization said, which wins."""
        last, seen = self.state.last, self.state.observed
        return {
            **self.asset.metadata,
            **(seen.metadata if seen else {}),
            **(last.metadata if last and (seen is None or seen.time_us <= last.time_us) else {}),
        }

    def reasons(self) -> tuple[str, ...]:
        """Why it is not fresh, each reason in one line; empty where it is."""
        match self.status:
            case AssetStatus.FAILED:
                if self.statuses is not None:
                    return (f"{len(self.statuses.failed):,} of {plural(len(self.statuses.all), 'partition')} failed",)
                return (self.state.error or "its last run failed",)
            case AssetStatus.STALE:
                if self.statuses is not None:
                    missing = missing_partitions(self.statuses)
                    return (*(cause.what for cause in self.standing.causes), *((missing,) if missing else ()))
                return tuple(dict.fromkeys(root.what for root in root_causes(self.standing.causes)))
            case AssetStatus.PARTIAL if self.statuses is not None:
                return (missing_partitions(self.statuses),)
            case AssetStatus.NEVER:
                if self.asset.is_observable:
                    return ("made by something else, and never observed",)
                if self.asset.is_external:
                    return ("made by something else",)
                return ("never materialized",)
            case _:
                return ()


class Catalog(Struct, frozen=True):
    """The assets of a project, and how well its files load."""

    project_name: str
    graph: AssetGraph
    partitioned: PartitionedGraph
    rows: tuple[AssetRow, ...]
    """In the order of the definition."""
    snapshot: ProjectSnapshot | None
    """The last good one; None where the project was never loaded."""
    error: StepError | None
    """Why the project's files as they are now cannot be loaded."""
    loaded_us: int | None
    loading_us: int | None = None
    """Since when its files are being loaded anew; None where they are not."""

    def statuses(self) -> dict[AssetKey, str]:
        """The one word for each asset, as selections may ask for it."""
        return {row.key: row.status.value for row in self.rows}

    def select(self, terms: Iterable[str | AssetSelection]) -> list[AssetKey]:
        """The assets that any of the terms selects, upstream before downstream.

        Raises:
            SelectionError: One of them cannot be understood, or nothing is selected.
        """
        return select(SelectionContext(self.graph, self.statuses()), terms)

    def config_schema(self, key: AssetKey) -> JsonObject:
        """The JSON schema of what the function of an asset can be configured with; empty where it cannot be."""
        step = self.graph.assets[key].step
        return self.snapshot.config_schemas.get(f"ops.{step}", {}) if self.snapshot else {}

    def are_observable(self, keys: Iterable[AssetKey]) -> bool:
        """Whether there are any, and all of them are made by something else and can be looked at."""
        chosen = [self.graph.assets[key] for key in keys]
        return bool(chosen) and all(asset.is_observable for asset in chosen)

    def row(self, key: AssetKey) -> AssetRow:
        """The asset of that key.

        Raises:
            NotFound: There is none; the closest key is offered.
        """
        for row in self.rows:
            if row.key == key:
                return row
        raise _no_asset(key, self.graph)


class AssetDetail(Struct, frozen=True):
    """One asset with its past."""

    row: AssetRow
    history: tuple[Materialization, ...]
    """The last materializations, the newest first."""
    observations: tuple[Observation, ...] = ()
    """The last observations, the newest first."""


def catalog(session: Session) -> Catalog:
    """The catalog as the store has it; no user code is imported.

    Raises:
        StoreError: The store cannot be read.
    """
    with session.reading() as connection:
        return read_catalog(connection, session)


def read_catalog(connection: sqlite3.Connection, session: Session) -> Catalog:
    """The catalog, by a connection that is open."""
    return catalog_of(session.state(connection), session)


def catalog_of(state: ProjectState, session: Session) -> Catalog:
    """The catalog of what the store knows of a project."""
    known, states, standing = state.known, state.states, state.standings
    return Catalog(
        project_name=session.project.name,
        graph=state.graph,
        partitioned=state.partitioned,
        rows=tuple(
            AssetRow(
                asset,
                states.get(key) or AssetState(key),
                standing[key],
                checks_of(state, key),
                state.freshness.get(key),
                state.drifts.get(key, ()),
            )
            for key, asset in state.graph.assets.items()
        ),
        snapshot=known.snapshot if known else None,
        error=known.error if known else None,
        loaded_us=known.loaded_us if known else None,
        loading_us=known.loading_us if known else None,
    )


def asset_detail(session: Session, found: Catalog, key: AssetKey) -> AssetDetail:
    """One asset of the catalog, with its past.

    Raises:
        NotFound: There is no such asset.
    """
    row = found.row(key)
    with session.reading() as connection:
        made = queries.materializations(connection, key, HISTORY_LENGTH)
        seen = queries.observations(connection, key, HISTORY_LENGTH)
    return AssetDetail(row, tuple(made), tuple(seen))


def history(session: Session, key: AssetKey) -> tuple[Materialization, ...]:
    """The last materializations of an asset, the newest first."""
    with session.reading() as connection:
        return tuple(queries.materializations(connection, key, HISTORY_LENGTH))


def require_asset(state: ProjectState, key: AssetKey) -> None:
    """Raise `NotFound` where the project has no such asset."""
    if key not in state.graph.assets:
        raise _no_asset(key, state.graph)


def _no_asset(key: AssetKey, graph: AssetGraph) -> NotFound:
    near = closest(str(key), map(str, graph.assets))
    hint = f"did you mean {near!r}?" if near else "see `assettui asset ls`"
    return NotFound(f"no asset is called {str(key)!r}", hint=hint)
