"""Whether what is defined holds together as a whole: no cycles, no annotations that cannot agree."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.core.graph import find_cycle
from assettui.definitions.binding import is_mapping, is_mismatch, value_of_mapping
from assettui.model.keys import AssetKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assettui.definitions.asset import AssetsDefinition
    from assettui.definitions.computation import Computation, ValueDeclaration
    from assettui.definitions.problems import Problems
    from assettui.model.project import AssetSnapshot

Snapshots = dict[AssetKey, "AssetSnapshot"]


def refuse_cycles(
    snapshots: Snapshots,
    functions: Iterable[AssetsDefinition],
    computations: Mapping[str, Computation],
    problems: Problems,
) -> None:
    """Refuse assets that depend on each other in a cycle, and functions that need each other's assets in one."""
    cycle = find_cycle({key: snapshot.upstream for key, snapshot in snapshots.items()})
    if cycle:
        path = " → ".join(str(key) for key in cycle)
        at = snapshots[cycle[0]].at
        hint = "break the cycle at one of them"
        if len(set(cycle)) == 1:
            hint = (
                "an asset may need its own earlier partitions: "
                "partition_mapping=TimeWindowPartitionMapping(start_offset=-1, end_offset=-1)"
            )
        problems.wrong(f"assets depend on each other in a cycle: {path}", at, hint)
        return
    shared = {name for name, each in computations.items() if len(each.outputs) > 1 and not each.can_subset}
    cycle = find_cycle(_merged_by_step(snapshots, shared)) if shared else None
    if cycle:
        making = next((each for each in functions if AssetKey((each.step_name,)) in cycle), None)
        problems.wrong(
            f"functions need each other's assets in a cycle: {' → '.join(str(key) for key in cycle)}",
            making.at if making is not None else None,
            "let one of them make some of its assets without the others: can_subset=True",
        )


def _merged_by_step(snapshots: Snapshots, shared: set[str]) -> dict[AssetKey, tuple[AssetKey, ...]]:
    """What depends on what, the assets of each of these steps taken for one, called as the step."""

    def node(key: AssetKey) -> AssetKey:
        step = snapshots[key].step if key in snapshots else None
        return AssetKey((step,)) if step is not None and step in shared else key

    edges: dict[AssetKey, dict[AssetKey, None]] = {}
    for key, snapshot in snapshots.items():
        for above in snapshot.upstream:
            if node(above) != node(key):
                edges.setdefault(node(key), {})[node(above)] = None
    return {key: tuple(above) for key, above in edges.items()}


def warn_mismatches(
    snapshots: Snapshots,
    values: Mapping[AssetKey, ValueDeclaration],
    computations: Mapping[str, Computation],
    problems: Problems,
) -> None:
    """Warn of parameters whose annotation cannot be what the asset that they read is said to be."""
    for computation in computations.values():
        keys = [out.asset_key for out in computation.outputs.values() if out.asset_key is not None]
        made = [snapshots[key] for key in keys if key in snapshots]
        read = {each.name: each.key for snapshot in made for each in snapshot.inputs}
        for name, declared in computation.inputs.items():
            value = values.get(read[name]) if name in read else None
            wanted = declared.annotation
            if name in read and snapshots[read[name]].partitions is not None and is_mapping(wanted):
                wanted = value_of_mapping(wanted)  # of several partitions it is given each by its key
            if value is None or not value.has_value or not is_mismatch(value.annotation, wanted):
                continue
            problems.warn(
                f"asset {computation.key} takes {name!r} as {_type_name(declared.annotation)}, and {read[name]} is "
                f"said to be {_type_name(value.annotation)} at {snapshots[read[name]].at}",
                made[0].at,
                "make the annotations agree",
            )


def _type_name(annotation: Any) -> str:
    return annotation.__name__ if isinstance(annotation, type) else str(annotation)
