"""What an asset function can know of the step that it runs in, and say to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.keys import AssetKey
from assettui.core.metadata import MetadataValue, RawMetadata, as_metadata

if TYPE_CHECKING:
    import logging

LOGGER_NAME = "assettui.context"
"""The name of the standard logger behind `context.log`."""


class AssetExecutionContext:
    """Given to an asset function whose first parameter is called `context` or annotated with this class.

    Args:
        asset_key: The asset that is being materialized.
        run_id: The run that it belongs to.
    """

    def __init__(self, asset_key: AssetKey, run_id: str) -> None:
        self._asset_key = asset_key
        self._run_id = run_id
        self._output_metadata: dict[str, MetadataValue] = {}

    @property
    def asset_key(self) -> AssetKey:
        """The asset that is being materialized."""
        return self._asset_key

    @property
    def run_id(self) -> str:
        """The run that the step belongs to."""
        return self._run_id

    @property
    def log(self) -> logging.Logger:
        """A standard logger; what it is given is kept with the step, with its level, as structured events."""
        import logging  # deferred: 10 ms that `import assettui` need not take

        return logging.getLogger(LOGGER_NAME)

    def add_output_metadata(self, metadata: RawMetadata) -> None:
        """Say something about what is being materialized; later values of a name replace earlier ones.

        Raises:
            TypeError: A value cannot be metadata; the message names it.
        """
        self._output_metadata.update(as_metadata(metadata))

    @property
    def output_metadata(self) -> dict[str, MetadataValue]:
        """What `add_output_metadata` has been given so far."""
        return dict(self._output_metadata)


def build_asset_context(asset_key: str | AssetKey = "asset", run_id: str = "direct") -> AssetExecutionContext:
    """A context for calling an asset function directly, as in a test."""
    return AssetExecutionContext(AssetKey.from_coercible(asset_key), run_id)
