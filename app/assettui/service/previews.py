"""The present data of assets: where it is, and what it was found to hold. A viewer reads it, see `ViewerProcess`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.stored_values import stored_value
from assettui.model.errors import LaunchError, NotFound
from assettui.service.catalog import require_asset
from assettui.service.versions import read_versions
from assettui.store import queries
from assettui.store.profiles import profile_of

if TYPE_CHECKING:
    import sqlite3

    from assettui.model.events import Materialization, Observation
    from assettui.model.keys import AssetKey
    from assettui.model.preview import StoredValue
    from assettui.model.profile import Profile
    from assettui.service.session import Session
    from assettui.store.project_state import ProjectState


class PresentData(Struct, frozen=True):
    """The data that an asset, or a partition of it, has now."""

    value: StoredValue
    """Where it is."""
    profile: Profile | None
    """What it was found to hold when it was made; None where nobody has looked."""


def data_of(session: Session, key: AssetKey, partition: str | None = None, version: int | None = None) -> PresentData:
    """The present data of an asset or of a partition of it, or that of a version which is kept.

    Raises:
        NotFound: As `present_data`, or the version is not kept.
        LaunchError: As `present_data`.
        UnknownPartition: As `present_data`.
    """
    if version is None:
        return present_data(session, key, partition)
    with session.reading() as connection:
        kept = read_versions(connection, session.state(connection), key, partition).version(version)
        profiled = profile_of(connection, kept.made)
    return PresentData(kept.value, profiled.profile if profiled is not None else None)


def present_data(session: Session, key: AssetKey, partition: str | None = None) -> PresentData:
    """The present data of an asset, or of a partition of it: where none is named, of the last that was made.

    Raises:
        NotFound: There is no such asset, it was never materialized, or nothing says where its data is.
        LaunchError: A partition is named of an asset that has none.
        UnknownPartition: There is no partition of that key.
    """
    with session.reading() as connection:
        state = session.state(connection)
        require_asset(state, key)
        last, seen = _last(connection, state, key, partition)
        profiled = profile_of(connection, last) if last is not None else None
        asset = state.graph.assets[key]
    manager = asset.io_manager if partition is None else None
    value = stored_value(key, last, [*([seen.metadata] if seen is not None else []), asset.metadata], manager)
    if value is not None:
        return PresentData(value, profiled.profile if profiled is not None else None)
    if last is None:
        what = f"{key} {partition}" if partition is not None else str(key)
        raise NotFound(f"{what} was never materialized", hint=f"build it: assettui materialize {key}")
    raise NotFound(
        f"the function of {key} stores its data itself, and does not say where",
        hint='say it with the result: MaterializeResult(metadata={"path": MetadataValue.path("…")})',
    )


def _last(
    connection: sqlite3.Connection, state: ProjectState, key: AssetKey, partition: str | None
) -> tuple[Materialization | None, Observation | None]:
    """The last materialization of an asset or of a partition of it, and what was last observed of it."""
    if partition is None:
        known = state.states.get(key)
        return (known.last, known.observed) if known is not None else (None, None)
    if not state.partitioned.is_partitioned(key):
        raise LaunchError(f"{key} has no partitions, and {partition} was named", hint="leave the partition out")
    state.partitioned.space(key).index(partition)
    known = queries.partition_states(connection, key, [partition]).get(partition)
    return (known.last if known is not None else None), None
