"""Assets, described: those that a function makes, those that others make, those that are only named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.core.data_settings import problem_with
from assettui.definitions import attributes
from assettui.definitions.binding import check_manager, declared_input
from assettui.definitions.computation import ValueDeclaration
from assettui.definitions.describe.values import manager_of
from assettui.definitions.inputs import AssetIn
from assettui.definitions.spec import AssetSpec, SourceAsset
from assettui.model.keys import AssetKey, closest
from assettui.model.project import AssetSnapshot, InputSnapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.core.partitions.mapping import PartitionMapping
    from assettui.definitions.asset import AssetsDefinition
    from assettui.definitions.asset_outputs import AssetOutput
    from assettui.definitions.describe.draft import Draft


def describe_output(
    draft: Draft,
    definition: AssetsDefinition,
    output: AssetOutput,
    step: str,
    output_name: str,
    inputs: tuple[InputSnapshot, ...],
) -> None:
    spec = output.spec
    subject = f"asset {spec.key}"
    own = attributes.dep_keys(subject, spec.deps, spec.at, draft.problems)
    shared = attributes.dep_keys(subject, definition.arguments.deps, definition.at, draft.problems)
    ordering = [
        found
        for name, asset_in in definition.arguments.ins.items()
        if not declared_input(definition, name).is_passed and (found := asset_in.key_for(name)) is not None
    ]
    upstream = dict.fromkeys([*own, *shared, *ordering])
    read = inputs
    if output.internal_deps is not None:
        upstream = dict.fromkeys([*shared, *sorted(output.internal_deps)])
        read = tuple(each for each in inputs if each.key in upstream)
    elif spec.is_explicit and spec.given_deps is not None:
        read = tuple(each for each in inputs if each.key in upstream or each.key not in definition.keys)
    upstream.update(dict.fromkeys(each.key for each in read))
    mappings = {
        **attributes.dep_mappings(definition.arguments.deps),
        **attributes.dep_mappings(spec.deps),
        **_mappings_of_ins(draft, definition, inputs),
    }
    if spec.key in upstream and _needs_earlier(mappings.get(spec.key)):
        del upstream[spec.key]  # it needs earlier partitions of itself, which is no cycle
    policy = definition.arguments.backfill_policy
    _describe_asset(
        draft,
        spec,
        step=step,
        upstream=tuple(upstream),
        inputs=read,
        output=output_name,
        is_required=output.is_required,
        is_observable=definition.arguments.is_observation,
        pool=definition.arguments.pool,
        timeout_s=draft.checked_timeout(subject, definition.arguments.timeout, definition.at),
        mappings=mappings,
        partitions_per_run=1 if policy is None else policy.max_partitions_per_run,
    )


def describe_external(draft: Draft, key: AssetKey, spec: AssetSpec) -> None:
    upstream = attributes.dep_keys(f"asset {key}", spec.deps, spec.at, draft.problems)
    manager = manager_of(draft, None, spec) if isinstance(spec, SourceAsset) or spec.io_manager_key else None
    if manager is not None:
        check_manager(f"asset {key}", spec.at, manager, draft.resources, draft.problems)
    draft.values[key] = ValueDeclaration(asset_key=key, io_manager=manager, metadata=spec.metadata)
    _describe_asset(
        draft, spec, step=None, upstream=tuple(dict.fromkeys(upstream)), mappings=attributes.dep_mappings(spec.deps)
    )


def undeclared(draft: Draft) -> list[AssetKey]:
    """What is depended on and not defined."""
    found: dict[AssetKey, None] = {}
    for snapshot in draft.snapshots.values():
        for above in snapshot.upstream:
            if above not in draft.declared and above not in found:
                found[above] = None
                _warn_near_miss(draft, above, snapshot)
    return list(found)


def _describe_asset(
    draft: Draft,
    spec: AssetSpec,
    *,
    step: str | None,
    upstream: tuple[AssetKey, ...],
    inputs: tuple[InputSnapshot, ...] = (),
    output: str = "result",
    is_required: bool = True,
    is_observable: bool = False,
    pool: str | None = None,
    timeout_s: float | None = None,
    mappings: Mapping[AssetKey, PartitionMapping] | None = None,
    partitions_per_run: int | None = 1,
) -> None:
    problems = draft.problems
    problems.found.extend(spec.problems)
    problems.warnings.extend(spec.warnings)
    attributes.check_key(spec, problems)
    subject, at = f"asset {spec.key}", spec.at
    manager = draft.values[spec.key].io_manager
    version, parts = _code_version(draft, spec)
    _check_data_version(draft, spec, step)
    metadata = attributes.metadata_of(subject, spec.metadata, at, problems)
    wrong = problem_with(metadata)
    if wrong is not None:
        problems.wrong(f"{subject}: {wrong[0]}", at, wrong[1])
    draft.snapshots[spec.key] = AssetSnapshot(
        key=spec.key,
        group=attributes.group_of(spec, problems),
        step=step,
        is_observable=is_observable,
        output=output,
        is_required=is_required,
        io_manager=manager,
        upstream=upstream,
        inputs=inputs,
        description=spec.description,
        owners=attributes.owners_of(spec, problems),
        kinds=attributes.kinds_of(spec),
        tags=attributes.tags_of(subject, spec.tags, at, problems),
        metadata=metadata,
        code_version=version,
        code_parts=parts,
        has_content_version=spec.data_version == "content",
        pool=pool,
        timeout_s=timeout_s,
        partitions=spec.partitions_def,
        mappings=mappings or {},
        partitions_per_run=partitions_per_run,
        freshness_policy=spec.freshness_policy,
        condition=spec.condition,
        at=at,
    )


def _check_data_version(draft: Draft, spec: AssetSpec, step: str | None) -> None:
    """Refuse what is said of an asset's data version, where that is nothing, or nothing here makes it."""
    if spec.data_version is None:
        return
    if spec.data_version != "content":
        what, hint = f"is {spec.data_version!r}", 'write "content", or leave it out'
    elif step is None:
        what, hint = "is 'content', and no function here makes it", "leave it out"
    else:
        return
    draft.problems.wrong(f"asset {spec.key}: its data_version {what}", spec.at, hint)


def _code_version(draft: Draft, spec: AssetSpec) -> tuple[str | None, Mapping[str, str]]:
    """The code version of an asset; where it follows the code, with its parts."""
    if spec.code_version != "auto":
        return spec.code_version, {}
    from assettui.definitions.code_fingerprint import NoSource, fingerprint  # deferred: few need it

    definition = draft.declared[spec.key].definition
    if definition is None:
        draft.problems.wrong(
            f"asset {spec.key}: its code_version is 'auto', and no function here makes it", spec.at, "leave it out"
        )
        return None, {}
    try:
        found = fingerprint(definition.fn)
    except NoSource as error:
        draft.problems.wrong(f"asset {spec.key}: its code_version is 'auto', and {error.what}", spec.at, error.hint)
        return None, {}
    return found.version, found.parts


def _mappings_of_ins(
    draft: Draft, definition: AssetsDefinition, inputs: tuple[InputSnapshot, ...]
) -> dict[AssetKey, Any]:
    """What is said of parameters of how partitions relate, by the asset that is read."""
    keys = {each.name: each.key for each in inputs}
    found: dict[AssetKey, Any] = {}
    for name, asset_in in definition.arguments.ins.items():
        mapping = getattr(asset_in, "partition_mapping", None)
        key = keys.get(name) or _said_key(asset_in, name)
        if mapping is not None and key is not None:
            found[key] = mapping
    return found


def _warn_near_miss(draft: Draft, external: AssetKey, reader: AssetSnapshot) -> None:
    near = closest(str(external), [str(key) for key in draft.declared if key != reader.key])
    if near:
        draft.problems.warn(
            f"asset {reader.key} depends on {external}, which nothing defines: taken for an external asset",
            reader.at,
            f"did you mean {near!r}?",
        )


def _needs_earlier(mapping: Any) -> bool:
    """Whether by a mapping of an asset to itself each partition needs only others."""
    if mapping is None:
        return False
    from assettui.definitions.partitioning import is_backward  # deferred, as above

    return is_backward(mapping)


def _said_key(asset_in: Any, parameter: str) -> AssetKey | None:
    """The asset that `ins` names for a parameter."""
    return asset_in.key_for(parameter) if isinstance(asset_in, AssetIn) else None
