"""What is known of an asset, apart from any function that computes it.

Nothing is checked here: all that is wrong with a project is found when it is described, and told at once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Self, TypeAlias

from msgspec import Struct

from assettui.definitions.placed import caller
from assettui.model.arguments import Checked, checks_arguments
from assettui.model.errors import Location, Problem
from assettui.model.keys import AssetKey, CoercibleToAssetKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from assettui.core.conditions.condition import AutomationCondition
    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.core.partitions.mapping import PartitionMapping
    from assettui.definitions.asset import AssetsDefinition
    from assettui.definitions.auto_materialize import AutoMaterializePolicy
    from assettui.model.freshness import FreshnessPolicy
    from assettui.model.metadata import RawMetadata

CoercibleToAssetDep: TypeAlias = "CoercibleToAssetKey | AssetsDefinition | AssetSpec | AssetDep"
"""What may stand in `deps`: a key, however written, or the decorated function, the spec or the dependency itself."""
IO_MANAGER_METADATA = "dagster/io_manager_key"
"""Metadata that names the IO manager of a spec, as Dagster documents it."""


class AssetDep(Struct, frozen=True, metaclass=Checked):
    """Another asset that one depends on."""

    asset: CoercibleToAssetKey | AssetsDefinition | AssetSpec
    """Its key, or the decorated function or the spec itself."""
    partition_mapping: PartitionMapping | None = None
    """Which of its partitions a partition needs; by default those that `default_mapping` gives."""


class AssetSpec:
    """What is known of an asset, without a function that computes it. Listed among a project's assets, it is external.

    Args:
        key: Its key.
        deps: Assets that it depends on.
        description: Markdown.
        metadata: What is known of it.
        skippable: Whether the function that makes it may leave it out; what reads it is then skipped.
        group_name: The group that it is shown in; by default `default`.
        code_version: What its maker says of the code that derives it.
        data_version: `content`: the data is identified by what the value is, so that one that comes out as it was before
            leads to nothing more. By default by the code version and what was read.
        owners: E-mail addresses, or teams written `team:name`.
        tags: Names and values to select by.
        kinds: What it is made with or of.
        partitions_def: Its partitions; None for none.
        freshness_policy: How old its data may be.
        automation_condition: When it is materialized by itself.
        auto_materialize_policy: The older way to say so.
    """

    is_explicit = True
    """Whether `deps` is all that it depends on, rather than what its function reads being added."""
    is_named = False
    """Whether its key ends in a name of its own, which is held to the rule for names."""

    @checks_arguments
    def __init__(
        self,
        key: CoercibleToAssetKey,
        *,
        deps: Iterable[CoercibleToAssetDep] | None = None,
        description: str | None = None,
        metadata: RawMetadata | None = None,
        skippable: bool = False,
        group_name: str | None = None,
        code_version: str | None = None,
        data_version: Literal["content"] | None = None,
        owners: Sequence[str] | None = None,
        tags: Mapping[str, str] | None = None,
        kinds: Iterable[str] | None = None,
        partitions_def: PartitionsDefinition | None = None,
        freshness_policy: FreshnessPolicy | None = None,
        automation_condition: AutomationCondition | None = None,
        auto_materialize_policy: AutoMaterializePolicy | None = None,
    ) -> None:
        self.at: Location = caller()
        self.problems: tuple[Problem, ...] = ()
        self.warnings: tuple[Problem, ...] = ()
        """What is doubtful about it, and hinders nothing else."""
        try:
            self.key = AssetKey.from_coercible(key)
        except (TypeError, ValueError) as error:
            self.key = AssetKey("unnamed")
            self.problems = (
                Problem(f"AssetSpec({key!r:.60}): {error}", self.at, "give it a key, such as `raw/orders`"),
            )
        self.given_deps = deps
        self.description = description
        self.metadata: RawMetadata = {} if metadata is None else metadata
        self.skippable = skippable
        self.group_name = group_name
        self.code_version = code_version
        self.data_version: str | None = data_version
        self.owners: Sequence[str] = () if owners is None else owners
        self.tags: Mapping[str, str] = {} if tags is None else tags
        self.kinds: Iterable[str] = () if kinds is None else kinds
        self.io_manager_key: str | None = None
        self.partitions_def = partitions_def
        self.freshness_policy = freshness_policy
        self.automation_condition = automation_condition
        self.auto_materialize_policy = auto_materialize_policy

    @property
    def condition(self) -> AutomationCondition | None:
        """When it is materialized by itself, however that was said; None where nothing is said of it."""
        if self.automation_condition is not None or self.auto_materialize_policy is None:
            return self.automation_condition
        return self.auto_materialize_policy.to_automation_condition()

    @property
    def deps(self) -> list[Any]:
        """What it was said to depend on, as it was said."""
        given = self.given_deps
        if given is None:
            return []
        if isinstance(given, str | AssetKey | AssetSpec | AssetDep) or hasattr(given, "specs"):
            return [given]
        return list(given)

    def replace_attributes(self, **attributes: Any) -> Self:
        """A copy of which some things are otherwise: `key`, `deps`, `description`, `metadata`, `group_name`, ….

        Raises:
            TypeError: There is nothing called so.
        """
        other = object.__new__(type(self))
        other.__dict__.update(self.__dict__)
        for name, value in attributes.items():
            match name:
                case "key":
                    other.key = AssetKey.from_coercible(value)
                case "deps":
                    other.given_deps = value
                case _ if name in other.__dict__:
                    setattr(other, name, value)
                case _:
                    raise TypeError(f"an AssetSpec has no {name!r}")
        return other

    def merge_attributes(
        self,
        *,
        deps: Iterable[CoercibleToAssetDep] = (),
        metadata: RawMetadata | None = None,
        owners: Sequence[str] = (),
        tags: Mapping[str, str] | None = None,
        kinds: Iterable[str] = (),
    ) -> Self:
        """A copy of which more is known: these are added to what is there."""
        return self.replace_attributes(
            deps=[*self.deps, *deps],
            metadata={**self.metadata, **(metadata or {})},
            owners=[*self.owners, *owners],
            tags={**self.tags, **(tags or {})},
            kinds=[*self.kinds, *kinds],
        )

    def with_io_manager_key(self, io_manager_key: str) -> Self:
        """A copy whose value is stored and loaded by that resource."""
        return self.replace_attributes(io_manager_key=io_manager_key)

    def __repr__(self) -> str:
        return f"<asset spec {self.key}>"


class SourceAsset(AssetSpec):
    """An external asset whose value an IO manager of the project can load, so that functions may read it.

    Args:
        key: Its key.
        io_manager_key: The resource that loads the value; by default `io_manager`, where the project defines that.
        io_manager_def: The IO manager itself, instead of a resource.
        metadata: What is known of it; given to the IO manager.
        description: Markdown.
        group_name: The group that it is shown in.
        tags: Names and values to select by.
        partitions_def: Its partitions; None for none.
        freshness_policy: How old its data may be.
        auto_observe_interval_minutes: Has no meaning here: what nothing can look at is not observed.
    """

    @checks_arguments
    def __init__(
        self,
        key: CoercibleToAssetKey,
        *,
        metadata: RawMetadata | None = None,
        io_manager_key: str | None = None,
        io_manager_def: Any = None,
        description: str | None = None,
        group_name: str | None = None,
        tags: Mapping[str, str] | None = None,
        partitions_def: PartitionsDefinition | None = None,
        freshness_policy: FreshnessPolicy | None = None,
        auto_observe_interval_minutes: float | None = None,
    ) -> None:
        super().__init__(
            key,
            metadata=metadata,
            description=description,
            group_name=group_name,
            tags=tags,
            partitions_def=partitions_def,
            freshness_policy=freshness_policy,
        )
        self.at = caller()
        self.io_manager_key = io_manager_key or "io_manager"
        self.io_manager_def = io_manager_def


def apply_freshness_policy(spec: AssetSpec, policy: FreshnessPolicy, overwrite_existing: bool = True) -> AssetSpec:
    """A copy of a spec whose asset's data may be so old.

    Args:
        spec: What is known of an asset.
        policy: How old its data may be.
        overwrite_existing: Whether a policy that it has already gives way.
    """
    if spec.freshness_policy is not None and not overwrite_existing:
        return spec
    return spec.replace_attributes(freshness_policy=policy)


def map_asset_specs(
    func: Callable[[AssetSpec], AssetSpec], iterable: Iterable[AssetsDefinition | AssetSpec]
) -> list[AssetsDefinition | AssetSpec]:
    """Asset functions and specs of which something else is said.

    Args:
        func: Gives for each spec the one that takes its place.
        iterable: The asset functions and specs.
    """
    return [func(each) if isinstance(each, AssetSpec) else each.map_asset_specs(func) for each in iterable]
