"""Whether what is said of the partitions of a project's assets holds together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from assettui.core.partitions.defaults import default_mapping
from assettui.core.partitions.definition import AsOf, PartitionsDefinition, as_of
from assettui.core.partitions.evaluated_mapping import EvaluatedPartitionMapping, evaluate
from assettui.core.partitions.mapping import BadMapping, PartitionMapping
from assettui.core.partitions.multi_mapping import MultiPartitionMapping
from assettui.core.partitions.window_mapping import TimeWindowPartitionMapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.definitions.problems import Problems
    from assettui.model.keys import AssetKey
    from assettui.model.project import AssetSnapshot

_OURS = PartitionMapping.__module__.rpartition(".")[0]


def is_backward(mapping: Any) -> bool:
    """Whether by a mapping of an asset to itself each partition needs only others: earlier ones, or later ones alone."""
    if isinstance(mapping, TimeWindowPartitionMapping):
        return mapping.end_offset < 0 or mapping.start_offset > 0
    if isinstance(mapping, MultiPartitionMapping):
        return any(is_backward(each.partition_mapping) for each in mapping.dimensions.values())
    return isinstance(mapping, PartitionMapping) and not _is_ours(mapping)


def checked(
    snapshots: Mapping[AssetKey, AssetSnapshot], dynamic: Mapping[str, Mapping[str, int]] | None, problems: Problems
) -> dict[AssetKey, AssetSnapshot]:
    """The assets, with the mappings of the user's own evaluated for the partitions that there are now.

    Told are definitions that are none, mappings that cannot be between two definitions, and assets of one function whose
    partitions differ.
    """
    moment = AsOf(as_of(None, None).time_us, dynamic) if dynamic is not None else None
    of_steps: dict[str, AssetSnapshot] = {}
    found: dict[AssetKey, AssetSnapshot] = {}
    for key, asset in snapshots.items():
        definition: Any = asset.partitions
        if definition is not None and not isinstance(definition, PartitionsDefinition):
            problems.wrong(
                f"asset {key}: its partitions_def is a {type(definition).__name__}",
                asset.at,
                "give it a definition, such as DailyPartitionsDefinition('2013-01-01')",
            )
            found[key] = replace(asset, partitions=None, mappings={})
            continue
        if asset.step is not None:
            other = of_steps.setdefault(asset.step, asset)
            if other.partitions != asset.partitions:
                problems.wrong(
                    f"assets {other.key} and {key} are made by one function, and their partitions differ",
                    asset.at,
                    "give them the same partitions_def, or make them by two functions",
                )
        limit = asset.partitions_per_run
        if limit is not None and limit < 1:
            problems.wrong(
                f"asset {key}: its backfill policy makes {limit} partitions in a run", asset.at, "make at least one"
            )
        found[key] = replace(asset, mappings=_checked_mappings(asset, snapshots, moment, problems))
    return found


def _checked_mappings(
    asset: AssetSnapshot, snapshots: Mapping[AssetKey, AssetSnapshot], moment: AsOf | None, problems: Problems
) -> dict[AssetKey, PartitionMapping]:
    found: dict[AssetKey, PartitionMapping] = {}
    said: dict[AssetKey, Any] = dict(asset.mappings)
    for above in dict.fromkeys([*asset.upstream, *(key for key in said if key == asset.key)]):
        upstream = snapshots[above].partitions if above in snapshots else None
        mapping = said.pop(above, None)
        subject = f"asset {asset.key}: the mapping to {above}"
        if mapping is None:
            _check_default(asset, above, upstream, problems)
            continue
        if not isinstance(mapping, PartitionMapping):
            problems.wrong(f"{subject} is a {type(mapping).__name__}", asset.at, "give it a PartitionMapping")
            continue
        if upstream is None:
            problems.wrong(f"{subject} says which partitions it needs, and {above} has none", asset.at, "leave it out")
            continue
        try:
            mapping.check(asset.partitions, upstream)
            if moment is not None and not _is_ours(mapping):
                mapping = evaluate(mapping, asset.partitions, upstream, moment)
                _refuse_own_cycle(asset, above, mapping)
        except BadMapping as error:
            problems.wrong(f"{subject}: {error.what}", asset.at, error.hint or "use another mapping")
            continue
        except Exception as error:  # noqa: BLE001 - the user's mapping may raise anything
            problems.wrong(
                f"{subject}: {type(mapping).__name__} raised {type(error).__name__}: {error}",
                asset.at,
                "mend its get_upstream_mapped_partitions_result_for_partitions",
            )
            continue
        found[above] = mapping
    return found


def _refuse_own_cycle(asset: AssetSnapshot, above: AssetKey, mapping: EvaluatedPartitionMapping) -> None:
    if above != asset.key:
        return
    position = {key: number for number, key in enumerate(mapping.upstream_keys)}
    for key, needed in mapping.upstream_keys.items():
        later = next((each for each in needed if position.get(each, -1) >= position[key]), None)
        if later is not None:
            raise BadMapping(f"the partition {key!r} needs {later!r}, which is not before it", hint="need earlier ones")


def _check_default(
    asset: AssetSnapshot, above: AssetKey, upstream: PartitionsDefinition | None, problems: Problems
) -> None:
    if asset.partitions is None or upstream is None:
        return
    try:
        default_mapping(asset.partitions, upstream).check(asset.partitions, upstream)
    except BadMapping as error:
        problems.wrong(
            f"asset {asset.key}: which partitions of {above} it needs cannot be told: {error.what}",
            asset.at,
            f"say it: AssetDep({str(above)!r}, partition_mapping=…)",
        )
        return
    kinds = asset.partitions.to_json()["is"], upstream.to_json()["is"]
    if kinds[0] != kinds[1] and "multi" not in kinds:
        problems.warn(
            f"asset {asset.key} and {above} have partitions of different kinds: those of the same key belong together",
            asset.at,
            f"say which do: AssetDep({str(above)!r}, partition_mapping=…)",
        )


def _is_ours(mapping: PartitionMapping) -> bool:
    return type(mapping).__module__.startswith(_OURS)
