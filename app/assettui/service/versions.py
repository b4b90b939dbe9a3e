"""Versions of a value: which are kept, and going back to one of them.

Going back is a materialization without a computation: the value of an earlier version is current again, with the data
version that it had. So all that follows from a materialization follows from it: what lies downstream is stale, or is built
again by its condition; sensors hear of it; and it is undone by going back once more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from msgspec import Struct
from msgspec.structs import replace

from assettui.core.stored_values import stored_value
from assettui.model.errors import LaunchError, NotFound
from assettui.model.events import Materialization
from assettui.model.timing import clock_us
from assettui.service.catalog import require_asset
from assettui.store import queries
from assettui.store.histories import kept_versions, past_of_part
from assettui.store.recording import record

if TYPE_CHECKING:
    import sqlite3

    from assettui.model.keys import AssetKey
    from assettui.model.preview import StoredValue
    from assettui.service.session import Session
    from assettui.store.project_state import ProjectState


class Version(Struct, frozen=True):
    """A version of a value that is kept."""

    number: int
    """Which materialization of the asset, or of the partition, has made it; the first has number 1."""
    made: Materialization
    is_current: bool
    restored_us: int | None = None
    """Of the current one: when it was gone back to; None where it was made last."""

    @property
    def value(self) -> StoredValue:
        """Where it is."""
        found = stored_value(self.made.asset_key, self.made)
        assert found is not None  # it is kept
        return found


class Versions(Struct, frozen=True):
    """The versions of a value that are kept."""

    key: AssetKey
    partition: str | None
    """None of an asset that has none."""
    versions: tuple[Version, ...]
    """The current one first, then the others, the newest first."""

    def version(self, number: int) -> Version:
        """The version of that number.

        Raises:
            NotFound: It is not kept.
        """
        found = next((each for each in self.versions if each.number == number), None)
        if found is None:
            kept = ", ".join(str(each.number) for each in self.versions)
            hint = f"kept are: {kept}; see `assettui asset versions {self.key}`" if kept else None
            raise NotFound(f"version {number} of {self.name} is not kept", hint=hint)
        return found

    @property
    def name(self) -> str:
        return str(self.key) if self.partition is None else f"{self.key} {self.partition}"

    @property
    def current(self) -> Version | None:
        return next((each for each in self.versions if each.is_current), None)


class RollbackPlan(Struct, frozen=True):
    """What going back to a version would do."""

    of: Versions
    to: Version
    stale: tuple[AssetKey, ...]
    """The assets that were made of the value that is current now, and what lies downstream of them."""


def versions(session: Session, key: AssetKey, partition: str | None = None) -> Versions:
    """The versions of a value that are kept: of an asset with partitions, of the one that is named, or was made last.

    Raises:
        NotFound: There is no such asset, or it was never materialized.
        LaunchError: A partition is named of an asset that has none.
        UnknownPartition: There is no partition of that key.
    """
    with session.reading() as connection:
        return read_versions(connection, session.state(connection), key, partition)


def read_versions(
    connection: sqlite3.Connection, state: ProjectState, key: AssetKey, partition: str | None
) -> Versions:
    """As `versions`, by a connection that is open."""
    part = require_part(state, key, partition)
    last = next((each.event for each in past_of_part(connection, key, part, limit=1)), None)
    restored_us = last.time_us if isinstance(last, Materialization) and last.restores is not None else None
    found = [
        Version(each.number or 0, cast("Materialization", each.event), each.is_current)
        for each in kept_versions(connection, key, part)
    ]
    return Versions(
        key, part, tuple(replace(each, restored_us=restored_us) if each.is_current else each for each in found)
    )


def require_part(state: ProjectState, key: AssetKey, partition: str | None) -> str | None:
    """The partition that is meant: the one that is named, or was made last; None of an asset that has none.

    Raises:
        NotFound: There is no such asset, or it was never materialized.
        LaunchError: A partition is named of an asset that has none.
        UnknownPartition: There is no partition of that key.
    """
    require_asset(state, key)
    if partition is not None:
        if not state.partitioned.is_partitioned(key):
            raise LaunchError(f"{key} has no partitions, and {partition} was named", hint="leave the partition out")
        state.partitioned.space(key).index(partition)
        return partition
    known = state.states.get(key)
    if known is None or known.last is None:
        raise NotFound(f"{key} was never materialized", hint=f"build it: assettui materialize {key}")
    return known.last.partition


def plan_rollback(session: Session, key: AssetKey, number: int, partition: str | None = None) -> RollbackPlan:
    """What going back to a version would do.

    Raises:
        NotFound: There is no such asset, or the version is not kept.
        LaunchError: It is current already; or no partition is named of an asset that has some.
        UnknownPartition: There is no partition of that key.
    """
    with session.reading() as connection:
        state = session.state(connection)
        require_asset(state, key)
        if partition is None and state.partitioned.is_partitioned(key):
            raise LaunchError(f"{key} has partitions, and none was named", hint="name one: --partition P")
        return _plan(connection, session, state, key, number, partition)


def _plan(
    connection: sqlite3.Connection,
    session: Session,
    state: ProjectState,
    key: AssetKey,
    number: int,
    partition: str | None,
) -> RollbackPlan:
    kept = read_versions(connection, state, key, partition)
    if not kept.versions:
        raise NotFound(
            f"no version of {kept.name} is kept", hint="its function, or its IO manager, stores its data itself"
        )
    to = kept.version(number)
    if to.is_current:
        raise LaunchError(f"version {number} of {kept.name} is current already", hint="nothing is to be done")
    if not (session.folder.values / to.value.ref.path).exists():
        raise NotFound(f"the file of version {number} of {kept.name} is gone: {to.value.ref.path}")
    graph = state.graph
    made = queries.asset_states(connection, graph.downstream[key])
    direct = [each for each in graph.downstream[key] if each != key and each in made and made[each].last is not None]
    below = {each for each in (*direct, *graph.all_downstream(direct)) if each != key}
    return RollbackPlan(kept, to, tuple(each for each in graph.sort(below) if not graph.assets[each].is_external))


def rollback(session: Session, plan: RollbackPlan) -> None:
    """Make a version current.

    Raises:
        NotFound: It has been collected since the plan was made.
        LaunchError: It is current by now.
        StoreError: The store cannot be written.
    """
    of, number = plan.of, plan.to.number
    with session.writing() as connection:
        state = session.state(connection)
        again = _plan(connection, session, state, of.key, number, of.partition)
        made = again.to.made
        event = replace(
            made,
            time_us=clock_us(),
            run_id="",
            step_key=None,
            id=0,
            duration_us=None,
            data_time_us=made.source_time_us,
            restores=number,
            versions_kept=max(made.versions_kept, len(again.of.versions)),  # nothing is lost by it
        )
        record(connection, [event], state.partitioned)
