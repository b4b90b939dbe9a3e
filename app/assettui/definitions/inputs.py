"""How the parameters of a function are matched to what they receive, where their names alone do not say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from assettui.definitions.results import NO_VALUE
from assettui.model.arguments import Checked
from assettui.model.keys import AssetKey, CoercibleToAssetKey

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.core.partitions.mapping import PartitionMapping
    from assettui.model.metadata import RawMetadata


class _Nothing:
    """The type of an input that hands on no value, and only says what comes first."""

    def __repr__(self) -> str:
        return "Nothing"


Nothing: Final = _Nothing()


CONCATENATE = "concat_partitions"
"""Metadata of an input, or of the asset that it reads, which has several partitions given as one frame."""
MAY_LACK = "allow_missing_partitions"
"""Metadata of an input, or of the asset that it reads: what was never materialized is left out."""


def wants(name: str, *metadata: RawMetadata) -> bool:
    """Whether any of these metadata says so."""
    return any(bool(getattr(each.get(name), "value", each.get(name))) for each in metadata)


class AssetIn(Struct, frozen=True, metaclass=Checked):
    """Says which asset a parameter reads, where its name alone does not: `ins={"rows": AssetIn("raw/sales")}`."""

    key: CoercibleToAssetKey | None = None
    """The asset; None takes the parameter's name, below `key_prefix` where that is given."""
    key_prefix: str | Sequence[str] | None = None
    input_manager_key: str | None = None
    """The resource that loads the value; by default the one that stores the asset."""
    metadata: RawMetadata = {}
    """Given to the IO manager that loads it."""
    dagster_type: Any = None
    """The type of the value, where the parameter has no annotation. `Nothing`, or None as an annotation, reads none."""
    partition_mapping: PartitionMapping | None = None
    """Which of its partitions a partition needs; by default those that `default_mapping` gives."""

    def key_for(self, parameter: str) -> AssetKey | None:
        """The asset that the parameter reads, or None where neither key nor prefix was given."""
        if self.key is not None:
            return AssetKey.from_coercible(self.key)
        if self.key_prefix is not None:
            return AssetKey(parameter).with_prefix(self.key_prefix)
        return None


class In(Struct, frozen=True, metaclass=Checked):
    """One parameter of an op."""

    dagster_type: Any = None
    """The type of the value, where the parameter has no annotation."""
    description: str | None = None
    default_value: Any = NO_VALUE
    """Given to the op where nothing else is."""
    metadata: RawMetadata = {}
    input_manager_key: str | None = None
    """The resource that loads the value; by default the one that stored it."""
