"""What a function makes: its outputs, each an asset, from what its decorator was told."""

from __future__ import annotations

from inspect import cleandoc
from types import NoneType
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from assettui.definitions.inputs import AssetIn
from assettui.definitions.outputs import AssetOut
from assettui.definitions.placed import location_of
from assettui.definitions.spec import AssetSpec
from assettui.model.errors import Location, Problem
from assettui.model.keys import AssetKey, CoercibleToAssetKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.definitions.keywords import SpecKeywords


class AssetOutput(Struct, frozen=True):
    """One asset that a function makes."""

    name: str
    """Of the function's output."""
    spec: AssetSpec
    is_required: bool = True
    io_manager_key: str | None = None
    annotation: Any = None
    """The type of its value, where the function's own annotation does not say; None where nothing does."""
    internal_deps: frozenset[AssetKey] | None = None
    """All that it depends on, where that is not what its function reads and its spec says."""


def as_asset_ins(ins: Mapping[str, AssetIn] | None) -> dict[str, AssetIn]:
    """What was said of parameters; a key alone stands for an `AssetIn` of it."""
    given: dict[str, Any] = dict(ins or {})
    return {name: AssetIn(each) if isinstance(each, str | AssetKey) else each for name, each in given.items()}


def outputs_of_specs(
    specs: Sequence[AssetSpec],
    group_name: str | None,
    code_version: str | None,
    partitions_def: PartitionsDefinition | None = None,
) -> list[AssetOutput]:
    """The outputs of a function that says by asset key which asset a result is of."""
    outputs: list[AssetOutput] = []
    for spec in specs:
        whole = spec.replace_attributes(
            group_name=spec.group_name if spec.group_name is not None else group_name,
            code_version=spec.code_version if spec.code_version is not None else code_version,
            partitions_def=spec.partitions_def if spec.partitions_def is not None else partitions_def,
        )
        name = "__".join(spec.key.parts)
        outputs.append(AssetOutput(name, whole, not spec.skippable, spec.io_manager_key, NoneType))
    return outputs


def outputs_of_outs(
    outs: Mapping[str, AssetOut],
    at: Location,
    group_name: str | None,
    key_prefix: str | Sequence[str] | None,
    internal_asset_deps: Mapping[str, set[AssetKey]] | None = None,
    code_version: str | None = None,
    partitions_def: PartitionsDefinition | None = None,
) -> tuple[list[AssetOutput], list[Problem]]:
    """The outputs of a function whose assets are named by its outputs, and what is wrong with them."""
    outputs: list[AssetOutput] = []
    problems: list[Problem] = []
    internal = internal_asset_deps or {}
    problems.extend(
        Problem(f"internal_asset_deps names the output {name!r}, which is not among outs", at, "name an output")
        for name in internal
        if name not in outs
    )
    for name, out in outs.items():
        if not isinstance(out, AssetOut):  # pyright: ignore[reportUnnecessaryIsInstance] - users call this untyped
            problems.append(
                Problem(f"output {name!r} is {type(out).__name__}, not an AssetOut", at, "write AssetOut()")
            )
            continue
        prefix = out.key_prefix if out.key_prefix is not None else key_prefix
        named: SpecKeywords = {"key": out.key} if out.key is not None else {"name": name, "key_prefix": prefix}
        spec = decorated_spec(None, at, named)
        spec.description, spec.metadata = out.description, out.metadata
        spec.group_name = out.group_name if out.group_name is not None else group_name
        spec.code_version = out.code_version if out.code_version is not None else code_version
        spec.data_version = out.data_version
        spec.owners, spec.tags, spec.kinds = out.owners, out.tags, out.kinds
        spec.partitions_def = partitions_def
        spec.freshness_policy, spec.automation_condition = out.freshness_policy, out.automation_condition
        spec.auto_materialize_policy = out.auto_materialize_policy
        deps = frozenset(map(AssetKey.from_coercible, internal[name])) if name in internal else None
        outputs.append(AssetOutput(name, spec, out.is_required, out.io_manager_key, out.dagster_type, deps))
    return outputs, problems


class _DecoratedSpec(AssetSpec):
    """What is known of an asset by its decorated function: what the function reads is added to its `deps`."""

    is_explicit = False


def decorated_spec(fn: Callable[..., Any] | None, at: Location, said: SpecKeywords) -> AssetSpec:
    """What is known of an asset from the decorator of the function that makes it.

    Args:
        fn: The function; None where the asset is named without it.
        at: Where the decorator stands.
        said: Its keywords.
    """
    name, key = said.get("name"), said.get("key")
    at = (location_of(fn) if callable(fn) else None) or at
    default = name if name is not None else getattr(fn, "__name__", "unnamed")
    found, problem = key_of(default, name, key, said.get("key_prefix"), at)
    spec = _DecoratedSpec(found)
    spec.at = at
    spec.problems = (problem,) if problem else ()
    spec.is_named = key is None
    description, metadata = said.get("description"), said.get("metadata")
    spec.description = description if description is not None else docstring(fn)
    spec.metadata = {} if metadata is None else metadata
    spec.group_name, spec.code_version = said.get("group_name"), said.get("code_version")
    spec.data_version = said.get("data_version")
    spec.owners, spec.tags, spec.kinds = said.get("owners") or (), said.get("tags") or {}, said.get("kinds") or ()
    spec.partitions_def = said.get("partitions_def")
    policy = said.get("freshness_policy")
    spec.freshness_policy = policy if policy is not None else said.get("legacy_freshness_policy")
    spec.automation_condition = said.get("automation_condition")
    spec.auto_materialize_policy = said.get("auto_materialize_policy")
    return spec


def key_of(
    default: str,
    name: str | None,
    key: CoercibleToAssetKey | None,
    key_prefix: str | Sequence[str] | None,
    at: Location,
) -> tuple[AssetKey, Problem | None]:
    """The key that a decorator's arguments make, and what is wrong with them."""
    default = str(default)
    try:
        if key is not None:
            if name is not None or key_prefix is not None:
                return AssetKey.from_coercible(key), Problem(
                    f"asset {key} has a key, and also a name or key_prefix", at, "give the key alone"
                )
            return AssetKey.from_coercible(key), None
        # A `/` in a name must be seen as the wrong name that it is, not as a path.
        prefix = AssetKey(key_prefix).parts if key_prefix is not None else ()
        return AssetKey((*prefix, default)), None
    except (TypeError, ValueError) as error:
        return AssetKey((default,)), Problem(f"asset {default}: {error}", at, 'write the key as "a/b" or ["a", "b"]')


def docstring(fn: Any) -> str | None:
    """The text at the head of a function; None where it has none."""
    doc = getattr(fn, "__doc__", None)
    return cleandoc(doc) if isinstance(doc, str) and callable(fn) else None
