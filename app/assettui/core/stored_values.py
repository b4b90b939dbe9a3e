"""Where the data of an asset is: where it was stored, or where metadata says that its function has stored it itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from assettui.model.asset import ValueRef
from assettui.model.preview import StoredValue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assettui.model.events import Materialization
    from assettui.model.keys import AssetKey
    from assettui.model.metadata import MetadataValue

BY_IO_MANAGER: Final = "io:"
"""Begins the format of a value that an IO manager of the project has stored; its name follows."""
BY_ITSELF: Final = "file"
"""The format of data that neither the store nor an IO manager keeps."""
_TABLE_NAMES: Final = ("table", "table_name", "dagster/table_name")


def stored_value(
    key: AssetKey,
    last: Materialization | None,
    said: Iterable[Mapping[str, MetadataValue]] = (),
    io_manager: str | None = None,
) -> StoredValue | None:
    """Where the data is that a materialization has made; None where nothing says so.

    Args:
        key: The asset.
        last: The materialization; None of an asset that something else makes.
        said: What else says where its data is: metadata of its observations and of its definition.
        io_manager: The asset's. Where metadata names a table, it is looked for by this, whoever has made it.
    """
    if last is not None and last.value is not None:
        return StoredValue(key, last.value, last.partition)
    names_table = False
    for metadata in ([last.metadata] if last is not None else []) + list(said):
        path = _path(metadata)
        if path is not None:
            table = next((str(metadata[name].value) for name in _TABLE_NAMES if name in metadata), None)
            return StoredValue(key, ValueRef(BY_ITSELF), last.partition if last is not None else None, path, table)
        names_table = names_table or any(name in metadata for name in _TABLE_NAMES)
    if io_manager is not None and last is None and names_table:
        return StoredValue(key, ValueRef(f"{BY_IO_MANAGER}{io_manager}"))
    return None


def _path(metadata: Mapping[str, MetadataValue]) -> str | None:
    path = next((each.value for each in metadata.values() if each.type == "path"), None)
    if path is None and "path" in metadata and metadata["path"].type == "text":
        path = metadata["path"].value
    return str(path) if path is not None else None
