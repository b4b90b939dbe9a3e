"""Looking at the values of assets: where the one is that is asked for. A viewer reads it, see `ViewerProcess`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from assettui.model.asset import ValueRef
from assettui.model.errors import LaunchError, NotFound
from assettui.model.preview import StoredValue
from assettui.service.catalog import require_asset
from assettui.store import queries

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from assettui.model.events import Materialization, Observation
    from assettui.model.keys import AssetKey
    from assettui.model.metadata import MetadataValue
    from assettui.service.session import Session
    from assettui.store.project_state import ProjectState

_TABLE_NAMES = ("table", "table_name", "dagster/table_name")
BY_ITSELF = "file"
"""The format of data that no IO manager of ours or the project's has stored."""


def stored_value(session: Session, key: AssetKey, partition: str | None = None) -> StoredValue:
    """Where the present value of an asset is, or of a partition of it: where none is named, of the last that was made.

    Raises:
        NotFound: There is no such asset, it was never materialized, or nothing says where its data is.
        LaunchError: A partition is named of an asset that has none.
        UnknownPartition: There is no partition of that key.
    """
    with session.reading() as connection:
        state = session.state(connection)
        require_asset(state, key)
        last, seen = _last(connection, state, key, partition)
        asset = state.graph.assets[key]
    if last is not None and last.value is not None:
        return StoredValue(key, last.value, last.partition)
    said = [each.metadata for each in (last, seen) if each is not None]
    found = _place([*said, asset.metadata], session.project.root)
    if found is not None:
        path, table = found
        return StoredValue(key, ValueRef(BY_ITSELF), last.partition if last is not None else partition, path, table)
    what = f"{key} {partition}" if partition is not None else str(key)
    if last is None:
        raise NotFound(f"{what} was never materialized", hint=f"build it: assettui materialize {key}")
    raise NotFound(
        f"the function of {key} stores its data itself, and does not say where",
        hint='say it with the result: MaterializeResult(metadata={"path": MetadataValue.path("…")})',
    )


def _last(
    connection: sqlite3.Connection, state: ProjectState, key: AssetKey, partition: str | None
) -> tuple[Materialization | None, Observation | None]:
    if partition is None:
        known = state.states.get(key)
        return (known.last, known.observed) if known is not None else (None, None)
    if not state.partitioned.is_partitioned(key):
        raise LaunchError(f"{key} has no partitions, and {partition} was named", hint="leave the partition out")
    state.partitioned.space(key).index(partition)
    known = queries.partition_states(connection, key, [partition]).get(partition)
    return (known.last if known is not None else None), None


def _place(said: Iterable[Mapping[str, MetadataValue]], root: Path) -> tuple[str, str | None] | None:
    """The file that metadata names, and the table in it where it names one."""
    for metadata in said:
        paths = [each.value for each in metadata.values() if each.type == "path"]
        if not paths and "path" in metadata and isinstance(metadata["path"].value, str):
            paths = [metadata["path"].value]
        if paths:
            table = next((str(metadata[name].value) for name in _TABLE_NAMES if name in metadata), None)
            return str(root / Path(str(paths[0])).expanduser()), table
    return None
