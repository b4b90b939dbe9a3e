"""The partitions of an asset, partition by partition, and the keys of dynamic partitions."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.partitions.keyed import key_problem
from assettui.core.partitions.space import BadPartitions, UnknownPartition
from assettui.model.errors import LaunchError, NotFound
from assettui.model.keys import closest
from assettui.model.timing import clock_us
from assettui.service.catalog import require_asset
from assettui.service.why import why
from assettui.store import dynamic_partitions, queries

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.core.partition_status import PartitionStatus, PartitionStatuses
    from assettui.core.partitions.space import PartitionSpace
    from assettui.model.asset import PartitionState
    from assettui.model.keys import AssetKey
    from assettui.service.session import Session


class AssetPartitions(Struct, frozen=True):
    """The partitions of one asset."""

    key: AssetKey
    space: PartitionSpace
    statuses: PartitionStatuses


def asset_partitions(session: Session, key: AssetKey) -> AssetPartitions:
    """The partitions of an asset, and where each stands.

    Raises:
        NotFound: There is no such asset.
        LaunchError: It has no partitions.
    """
    with session.reading() as connection:
        state = session.state(connection)
        require_asset(state, key)
        if not state.partitioned.is_partitioned(key):
            raise LaunchError(f"{key} has no partitions", hint="see `assettui asset show`")
        statuses = state.standings_of([key])[key].statuses
    assert statuses is not None
    return AssetPartitions(key, state.partitioned.space(key), statuses)


class PartitionRow(Struct, frozen=True):
    """One partition of an asset, and where it stands."""

    partition: str
    status: PartitionStatus
    state: PartitionState | None
    """What is known of it; None where nothing is."""


class PartitionPage(Struct, frozen=True):
    """Some partitions of an asset."""

    rows: tuple[PartitionRow, ...]
    """In their order."""
    total: int
    """How many there are in all."""


def partition_page(
    session: Session, found: AssetPartitions, *, limit: int, status: PartitionStatus | None = None
) -> PartitionPage:
    """The first partitions of an asset.

    Args:
        session: The store.
        found: The asset's partitions.
        limit: At most so many.
        status: Only those that stand so.
    """
    statuses, space = found.statuses, found.space
    wanted = statuses.of(status) if status is not None else statuses.all
    keys = {index: space.key(index) for index in islice(wanted, limit)}
    states = partition_states(session, found.key, list(keys.values()))
    rows = (PartitionRow(key, statuses.at(index), states.get(key)) for index, key in keys.items())
    return PartitionPage(tuple(rows), len(wanted))


def partition_states(session: Session, key: AssetKey, partitions: Sequence[str]) -> dict[str, PartitionState]:
    """What is known of those of these partitions of an asset of which anything is."""
    with session.reading() as connection:
        return queries.partition_states(connection, key, partitions)


def stale_causes(session: Session, key: AssetKey, partition: str) -> tuple[str, ...]:
    """Why a partition is stale, each cause in one line; empty where it is not, or is none.

    Raises:
        NotFound: There is no such asset.
    """
    try:
        return tuple(cause.what for cause in why(session, key, partition).causes)
    except UnknownPartition:
        return ()


def add_keys(session: Session, name: str, keys: Sequence[str]) -> list[str]:
    """Add keys to a definition of dynamic partitions; those that were not there.

    Raises:
        NotFound: The project defines none of that name.
        BadPartitions: A key cannot be one.
    """
    _require(session, name)
    for key in keys:
        problem = key_problem(key)
        if problem is not None:
            raise BadPartitions(problem, hint="give the partition a plain name")
    with session.writing() as connection:
        return dynamic_partitions.add(connection, name, keys, clock_us())


def remove_keys(session: Session, name: str, keys: Sequence[str]) -> list[str]:
    """Remove keys from a definition of dynamic partitions; what was made of them stays recorded.

    Raises:
        NotFound: The project defines none of that name, or it has no such key.
    """
    _require(session, name)
    with session.reading() as connection:
        known = dynamic_partitions.all_indices(connection).get(name, {})
    for key in keys:
        if key not in known:
            near = closest(key, known)
            raise NotFound(f"{name!r} has no partition {key!r}", hint=f"did you mean {near!r}?" if near else None)
    with session.writing() as connection:
        return dynamic_partitions.remove(connection, name, keys, clock_us())


def _require(session: Session, name: str) -> None:
    with session.reading() as connection:
        assets = session.state(connection).graph.assets.values()
    definitions = [asset.partitions for asset in assets if asset.partitions is not None]
    names = list(dict.fromkeys(each for definition in definitions for each in definition.dynamic_names))
    if name not in names:
        near = closest(name, names)
        hint = f"did you mean {near!r}?" if near else f"there are: {', '.join(names) or 'none'}"
        raise NotFound(f"the project has no dynamic partitions called {name!r}", hint=hint)
