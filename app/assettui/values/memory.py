"""Values in memory, for runs that keep nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.model.asset import ValueRef
from assettui.model.errors import ValueStorageError

if TYPE_CHECKING:
    from assettui.model.keys import AssetKey


class MemoryValues:
    """Holds the very objects that were stored, as long as it lives itself."""

    def __init__(self) -> None:
        self._values: dict[str, Any] = {}

    def store(self, asset_key: AssetKey, value: Any, version: str, partition: str | None = None) -> ValueRef:
        """Keep the object itself."""
        path = f"{asset_key}@{version}" if partition is None else f"{asset_key}={partition}@{version}"
        self._values[path] = value
        return ValueRef("memory", path)

    def load(self, ref: ValueRef, annotation: Any = None) -> Any:
        """The very object that was stored; the annotation changes nothing.

        Raises:
            ValueStorageError: Nothing was stored there.
        """
        try:
            return self._values[ref.path]
        except KeyError as error:
            raise ValueStorageError(f"no value {ref.path} is in memory") from error

    def release(self) -> None:
        """Nothing here is ever removed."""
