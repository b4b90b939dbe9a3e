"""What is known so far of a project that is being described, and what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from assettui.definitions.asset import AssetsDefinition
from assettui.definitions.binding import check_resources
from assettui.definitions.problems import Problems
from assettui.definitions.spec import AssetSpec, SourceAsset
from assettui.model.keys import AssetKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assettui.definitions.asset_outputs import AssetOutput
    from assettui.definitions.checks import AssetChecksDefinition
    from assettui.definitions.computation import Computation, ValueDeclaration
    from assettui.definitions.definitions import Definitions
    from assettui.model.check import AssetCheckKey, CheckSnapshot
    from assettui.model.errors import Location
    from assettui.model.instigator import InstigatorSnapshot
    from assettui.model.project import AssetSnapshot, StepSnapshot

ISOLATION_TAG = "dagster/isolation"
"""Of an asset (`op_tags`) or an op (`tags`)."""
ISOLATIONS = ("worker", "process")


class Declared(Struct, frozen=True):
    """One asset: what is said of it, and by what function it is made."""

    spec: AssetSpec
    definition: AssetsDefinition | None = None
    output: AssetOutput | None = None


class Draft:
    """A project in the course of being described: one pass over its definitions, which gathers its problems.

    Args:
        definitions: What the project defines.
        dynamic: The keys of dynamic partitions; None to leave mappings of the user's own as they are.
    """

    def __init__(self, definitions: Definitions, dynamic: Mapping[str, Mapping[str, int]] | None) -> None:
        self.dynamic = dynamic
        self.problems = Problems()
        self.resources = dict(definitions.resources)
        self.declared: dict[AssetKey, Declared] = {}
        self.functions: list[AssetsDefinition] = []
        self.computations: dict[str, Computation] = {}
        self.steps: dict[str, StepSnapshot] = {}
        self.snapshots: dict[AssetKey, AssetSnapshot] = {}
        self.values: dict[AssetKey, ValueDeclaration] = {}
        self.checks: dict[AssetCheckKey, CheckSnapshot] = {}
        self.automation: list[InstigatorSnapshot] = []
        """What evaluates automation conditions."""
        self.user_conditions: dict[tuple[AssetKey | AssetCheckKey, int], Any] = {}
        self.jobs = definitions.jobs
        self.definitions = definitions
        for item in definitions.assets:
            self._add(item)
        for each in definitions.asset_checks:
            self._add_resources(each)
        self.by_last_part: dict[str, list[AssetKey]] = {}
        for key in self.declared:
            self.by_last_part.setdefault(key.parts[-1], []).append(key)

    def _add(self, item: Any) -> None:
        if isinstance(item, AssetsDefinition):
            self.functions.append(item)
            for output in item.outputs:
                self._declare(Declared(output.spec, item, output), item.at)
            self._add_resources(item)
        elif isinstance(item, AssetSpec):
            self._declare(Declared(item), item.at)
            if isinstance(item, SourceAsset) and item.io_manager_def is not None:
                name = f"io_manager of {item.key}"
                self.resources[name] = item.io_manager_def
                item.io_manager_key = name
        else:
            self.problems.wrong(
                f"{item!r:.80} is not an asset", None, "put @asset on the function, and list the result"
            )

    def _add_resources(self, item: AssetsDefinition | AssetChecksDefinition) -> None:
        arguments = getattr(item, "arguments", None)
        for name, value in arguments.resource_defs.items() if arguments is not None else ():
            if self.resources.setdefault(name, value) is not value:
                self.problems.wrong(
                    f"{item.subject} brings its own resource {name!r}, and the project has another",
                    item.at,
                    "give it another name",
                )

    def _declare(self, declared: Declared, at: Location) -> None:
        key = declared.spec.key
        other = self.declared.get(key)
        if other is not None:
            where = other.definition.at if other.definition is not None else other.spec.at
            self.problems.wrong(
                f"asset {key} is defined twice, here and at {where}", at, "rename one, or give it a prefix"
            )
            return
        self.declared[key] = declared

    def known_asset(self, definition: AssetsDefinition, name: str) -> AssetKey | None:
        """The asset that a parameter's name stands for: of that very key, else beside the asset, else in its group."""
        own = definition.keys
        exact = AssetKey((name,))
        if exact in self.declared and exact not in own:
            return exact
        for key in own:
            beside = AssetKey((*key.parts[:-1], name))
            if beside in self.declared and beside not in own:
                return beside
        groups = {spec.group_name for spec in definition.specs}
        in_group = [
            key
            for key in self.by_last_part.get(name, ())
            if key not in own and self.declared[key].spec.group_name in groups
        ]
        return in_group[0] if len(in_group) == 1 else None

    def known_asset_of_check(self, definition: AssetChecksDefinition, name: str) -> AssetKey | None:
        """The asset that a parameter of a check stands for: its own by the last part of its key, another by its key.

        Where it checks just one, the first parameter that is nothing else receives that, whatever it is called.
        """
        own = dict.fromkeys(spec.asset_key for spec in definition.specs)
        for key in own:
            if key.parts[-1] == name:
                return key
        for key in (AssetKey((name,)), *(AssetKey((*each.parts[:-1], name)) for each in own)):
            if key in self.declared:
                return key
        if not definition.is_of_one or name in self.resources or name in definition.parameters.optional:
            return None
        taken = {*definition.arguments.ins, *self.resources}
        return (
            next(iter(own))
            if next((each for each in definition.parameters.named if each not in taken), None) == name
            else None
        )

    def check_hooks(self, subject: str, hooks: Iterable[Any], at: Location | None) -> None:
        """Refuse what is no hook, and hooks whose resources are not there."""
        for hook in hooks:
            names = getattr(hook, "required_resource_keys", None)
            if names is None:
                self.problems.wrong(
                    f"{subject}: {hook!r:.60} is not a hook", at, "put @success_hook or @failure_hook on the function"
                )
            else:
                check_resources(f"the hook {hook.name}", hook.at, sorted(names), self.resources, self.problems)

    def checked_isolation(self, subject: str, tags: Mapping[str, str], at: Location | None) -> str | None:
        """Whether a function has a process of its own, by its tags; None where they do not say."""
        said = tags.get(ISOLATION_TAG)
        if said is not None and said not in ISOLATIONS:
            self.problems.wrong(
                f"{subject}: the tag {ISOLATION_TAG} is {said!r}", at, f"one of {', '.join(ISOLATIONS)}"
            )
        return said

    def checked_timeout(self, subject: str, seconds: Any, at: Location | None) -> float | None:
        if seconds is None or (isinstance(seconds, int | float) and seconds > 0):
            return seconds
        self.problems.wrong(f"{subject}: timeout is {seconds!r:.40}", at, "give it seconds, more than 0")
        return None
