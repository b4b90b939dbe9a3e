"""Contexts for direct calls of a user's functions, as tests make them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.definitions.context_partitions import given_partitions
from assettui.model.keys import AssetKey, CoercibleToAssetKey

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.core.partitions.space import PartitionKeyRange
from assettui.definitions.context import AssetExecutionContext, ContextRun


def build_asset_context(
    asset_key: CoercibleToAssetKey = "asset",
    run_id: str = "direct",
    *,
    resources: Mapping[str, Any] | None = None,
    asset_config: Any = None,
    partition_key: str | None = None,
    partition_key_range: PartitionKeyRange | None = None,
    partitions_def: PartitionsDefinition | None = None,
    run_tags: Mapping[str, str] | None = None,
    asset_keys: Sequence[CoercibleToAssetKey] | None = None,
    retry_number: int = 0,
) -> AssetExecutionContext:
    """A context for calling a decorated function directly, as in a test.

    Args:
        asset_key: What is said to be made.
        run_id: The run that is said to make it.
        resources: By name; resources that are set up and torn down are not, here.
        asset_config: What `context.op_config` holds.
        partition_key: The partition that is said to be made.
        partition_key_range: Several, instead of one.
        partitions_def: What they are partitions of; a time window can be asked for only where it is given.
        run_tags: The tags of the run.
        asset_keys: Several assets, instead of one.
        retry_number: How many times it was tried before.
    """
    keys = [AssetKey.from_coercible(each) for each in (asset_keys if asset_keys is not None else [asset_key])]
    names = ["result"] if len(keys) == 1 else ["__".join(key.parts) for key in keys]
    return AssetExecutionContext(
        ContextRun(run_id, tags=run_tags or {}),
        names[0] if len(keys) != 1 else str(keys[0]),
        asset_keys=dict(zip(names, keys, strict=True)),
        resources=resources,
        op_config=asset_config,
        partitions=given_partitions(partition_key, partition_key_range, partitions_def),
        retry_number=retry_number,
    )


def build_op_context(
    resources: Mapping[str, Any] | None = None,
    op_config: Any = None,
    *,
    partition_key: str | None = None,
    mapping_key: str | None = None,
    run_tags: Mapping[str, str] | None = None,
    run_id: str = "direct",
    retry_number: int = 0,
) -> AssetExecutionContext:
    """A context for calling an op directly, as in a test; see `build_asset_context`."""
    return AssetExecutionContext(
        ContextRun(run_id, tags=run_tags or {}),
        "op",
        resources=resources,
        op_config=op_config,
        partitions=given_partitions(partition_key, None, None),
        mapping_key=mapping_key,
        retry_number=retry_number,
    )
