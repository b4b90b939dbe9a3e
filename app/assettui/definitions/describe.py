"""Definitions into a snapshot: the one place where they are checked, all of them, before anything is refused."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from assettui.core.errors import DefinitionsError, Location, Problem
from assettui.core.graph import find_cycle
from assettui.core.keys import NAME, AssetKey, closest, invalid_part
from assettui.core.metadata import MetadataValue, as_metadata
from assettui.core.snapshot import AssetSnapshot, InputSnapshot, ProjectSnapshot
from assettui.definitions.asset import AssetsDefinition
from assettui.definitions.inputs import AssetIn
from assettui.definitions.spec import AssetSpec

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

Declared: TypeAlias = AssetsDefinition | AssetSpec
"""What a project may list among its assets."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_TEAM = re.compile(r"team:[A-Za-z0-9_.-]+")
_GROUP = re.compile(rf"{NAME.pattern}(/{NAME.pattern})*")
_TAG_PART = re.compile(r"[A-Za-z0-9_.-]{1,63}")
_TAG_VALUE = re.compile(r"[A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Described:
    """A project that is well defined: its snapshot, and the functions behind it."""

    snapshot: ProjectSnapshot
    definitions: Mapping[AssetKey, AssetsDefinition]


def describe(name: str, assets: Iterable[Any], *, sources: Iterable[str] = ()) -> Described:
    """Check what a project defines and describe it.

    Args:
        name: What the project is called.
        assets: The decorated asset functions and the specs, and whatever else users put there by mistake.
        sources: Absolute paths of the project's own files that were imported.

    Raises:
        DefinitionsError: Something is wrong; it holds every problem, in the order of the definitions.
    """
    return _Description(assets).finish(name, tuple(sources))


class _Description:
    """One pass over the definitions of a project, gathering problems."""

    def __init__(self, assets: Iterable[Any]) -> None:
        self.problems: list[Problem] = []
        self.warnings: list[Problem] = []
        self.declared: dict[AssetKey, Declared] = {}
        for item in assets:
            self._add(item)
        self.by_last_part: dict[str, list[AssetKey]] = {}
        for key in self.declared:
            self.by_last_part.setdefault(key.parts[-1], []).append(key)

    def _add(self, item: Any) -> None:
        if not isinstance(item, Declared):
            self._wrong(f"{item!r:.80} is not an asset", None, "put @asset on the function, and list the result")
            return
        other = self.declared.get(item.key)
        if other is not None:
            self._wrong(
                f"asset {item.key} is defined twice, here and at {other.at}", item.at, "rename one, or give it a prefix"
            )
            return
        self.declared[item.key] = item

    def _wrong(self, what: str, at: Location | None, hint: str | None) -> None:
        self.problems.append(Problem(what, at, hint))

    def finish(self, name: str, sources: tuple[str, ...]) -> Described:
        snapshots: dict[AssetKey, AssetSnapshot] = {}
        external: dict[AssetKey, None] = {}
        for key, declared in self.declared.items():
            snapshot = self._describe_asset(declared)
            snapshots[key] = snapshot
            for above in snapshot.upstream:
                if above not in self.declared and above not in external:
                    external[above] = None
                    self._warn_near_miss(above, snapshot)
        self._refuse_cycle(snapshots)
        if self.problems:
            raise DefinitionsError(self.problems)
        assets = sorted(snapshots.values(), key=lambda snapshot: snapshot.is_external)
        assets += [AssetSnapshot(key) for key in external]
        functions = {key: each for key, each in self.declared.items() if isinstance(each, AssetsDefinition)}
        return Described(ProjectSnapshot(name, tuple(assets), tuple(self.warnings), sources), functions)

    def _describe_asset(self, definition: Declared) -> AssetSnapshot:
        key, at, given = definition.key, definition.at, definition.arguments
        self.problems.extend(definition.problems)
        self._check_key(definition)
        group = given.group_name if given.group_name is not None else "default"
        if not (isinstance(group, str) and _GROUP.fullmatch(group)):  # pyright: ignore[reportUnnecessaryIsInstance]
            self._wrong(f"asset {key}: {group!r} is not a group name", at, "use letters, digits and _, such as `marts`")
        upstream: dict[AssetKey, None] = dict.fromkeys(self._deps(definition))
        is_external = isinstance(definition, AssetSpec)
        inputs = () if is_external else self._inputs(definition)
        upstream.update(dict.fromkeys(each.key for each in inputs))
        code_version = given.code_version
        return AssetSnapshot(
            key=key,
            group=str(group),
            step=None if is_external else str(key),
            upstream=tuple(upstream),
            inputs=inputs,
            description=definition.description,
            owners=self._owners(definition),
            kinds=tuple(sorted({str(kind) for kind in given.kinds})),
            tags=self._tags(definition),
            metadata=self._metadata(definition),
            code_version=None if code_version is None else str(code_version),
            at=at,
        )

    def _check_key(self, definition: Declared) -> None:
        given = definition.arguments
        key, at = definition.key, definition.at
        if given.key is None and not NAME.fullmatch(key.parts[-1]):
            self._wrong(
                f"{key.parts[-1]!r} is not an asset name",
                at,
                "use letters, digits and _; a path goes into key_prefix, or into key",
            )
        elif (part := invalid_part(key)) is not None:
            self._wrong(
                f"asset key {str(key)!r} holds {part!r}", at, "each part of a key is made of letters, digits, _ . and -"
            )

    def _deps(self, definition: Declared) -> list[AssetKey]:
        keys: list[AssetKey] = []
        given = definition.arguments.deps
        for dep in [given] if isinstance(given, str | AssetKey | Declared) else given:
            if isinstance(dep, Declared):
                keys.append(dep.key)
                continue
            try:
                key = AssetKey.from_coercible(dep)
            except (TypeError, ValueError) as error:
                self._wrong(
                    f"asset {definition.key}: {dep!r:.60} in deps: {error}",
                    definition.at,
                    "name an asset by its key, or by its decorated function",
                )
                continue
            if invalid_part(key) is not None:
                self._wrong(
                    f"asset {definition.key}: {str(key)!r} in deps is not an asset key",
                    definition.at,
                    "each part of a key is made of letters, digits, _ . and -",
                )
            else:
                keys.append(key)
        return keys

    def _inputs(self, definition: AssetsDefinition) -> tuple[InputSnapshot, ...]:
        key, at, ins = definition.key, definition.at, definition.arguments.ins
        try:
            parameters = definition.parameter_names
        except (TypeError, ValueError) as error:
            self._wrong(f"asset {key}: its parameters cannot be read: {error}", at, "put @asset on a plain function")
            return ()
        if parameters.variadic is not None:
            self._wrong(
                f"asset {key} takes {parameters.variadic}, which names no asset",
                at,
                "name each asset that it reads as a parameter",
            )
        for name in ins:
            if name not in parameters.inputs:
                near = closest(name, parameters.inputs)
                self._wrong(
                    f"asset {key}: ins names the parameter {name!r}, which its function does not have",
                    at,
                    f"did you mean {near!r}?" if near else "remove it, or add the parameter",
                )
        inputs: list[InputSnapshot] = []
        for name in parameters.inputs:
            found = self._input(definition, name, ins.get(name), is_optional=name in parameters.optional)
            if found is not None:
                inputs.append(InputSnapshot(name, found))
        return tuple(inputs)

    def _input(
        self, definition: AssetsDefinition, name: str, asset_in: AssetIn | None, *, is_optional: bool
    ) -> AssetKey | None:
        """The asset that a parameter reads; None where there is none, which has then been told."""
        if asset_in is not None and not isinstance(asset_in, AssetIn):  # pyright: ignore[reportUnnecessaryIsInstance]
            self._wrong(
                f"asset {definition.key}: ins[{name!r}] is {type(asset_in).__name__}, not an AssetIn",
                definition.at,
                f'write ins={{"{name}": AssetIn("key")}}',
            )
            return None
        try:
            named = asset_in.key_for(name) if asset_in else None
        except (TypeError, ValueError) as error:
            self._wrong(f"asset {definition.key}: ins[{name!r}]: {error}", definition.at, "give AssetIn a key")
            return None
        key = named or self._matching(definition, name)
        if key in self.declared:
            return key
        near = closest(str(key), [str(known) for known in self.declared if known != definition.key])
        if is_optional and named is None:
            if near and near.split("/")[-1] != name:
                self.warnings.append(
                    Problem(
                        f"asset {definition.key}: parameter {name!r} names no asset, so it keeps its default",
                        definition.at,
                        f"did you mean {near!r}?",
                    )
                )
            return None
        reads = f"asset {definition.key} reads {str(key)!r}, which nothing defines"
        hint = f"did you mean {near!r}? " if near else ""
        self._wrong(reads, definition.at, f"{hint}Define it, or name it in deps if something else makes it")
        return None

    def _matching(self, definition: AssetsDefinition, name: str) -> AssetKey:
        """The asset that a parameter's name stands for: of that very key, else beside the asset, else in its group."""
        exact = AssetKey((name,))
        if exact in self.declared and exact != definition.key:
            return exact
        beside = AssetKey((*definition.key.parts[:-1], name))
        if beside in self.declared and beside != definition.key:
            return beside
        group = definition.arguments.group_name
        in_group = [
            key
            for key in self.by_last_part.get(name, ())
            if key != definition.key and self.declared[key].arguments.group_name == group
        ]
        return in_group[0] if len(in_group) == 1 else exact

    def _owners(self, definition: Declared) -> tuple[str, ...]:
        given = definition.arguments.owners
        owners = [given] if isinstance(given, str) else list(given)
        for owner in owners:
            if not (isinstance(owner, str) and (_EMAIL.fullmatch(owner) or _TEAM.fullmatch(owner))):  # pyright: ignore[reportUnnecessaryIsInstance]
                self._wrong(
                    f"asset {definition.key}: {owner!r} is not an owner",
                    definition.at,
                    "an owner is an e-mail address, or a team written `team:name`",
                )
        return tuple(str(owner) for owner in owners)

    def _tags(self, definition: Declared) -> dict[str, str]:
        tags: dict[str, str] = {}
        for name, value in definition.arguments.tags.items():
            parts = str(name).split("/")
            if len(parts) > 2 or not all(_TAG_PART.fullmatch(part) for part in parts):
                self._wrong(
                    f"asset {definition.key}: {name!r} is not a tag name",
                    definition.at,
                    "use at most 63 letters, digits, _ . and -, with one / at most between two such parts",
                )
            elif not _TAG_VALUE.fullmatch(str(value)):
                self._wrong(
                    f"asset {definition.key}: {value!r} is not a value for the tag {name!r}",
                    definition.at,
                    "use at most 63 letters, digits, _ . and -",
                )
            else:
                tags[str(name)] = str(value)
        return tags

    def _metadata(self, definition: Declared) -> dict[str, MetadataValue]:
        try:
            return as_metadata(definition.arguments.metadata)
        except TypeError as error:
            self._wrong(f"asset {definition.key}: {error}", definition.at, "see MetadataValue for what can be kept")
            return {}

    def _warn_near_miss(self, external: AssetKey, reader: AssetSnapshot) -> None:
        near = closest(str(external), [str(key) for key in self.declared if key != reader.key])
        if near:
            self.warnings.append(
                Problem(
                    f"asset {reader.key} depends on {external}, which nothing defines: taken for an external asset",
                    reader.at,
                    f"did you mean {near!r}?",
                )
            )

    def _refuse_cycle(self, snapshots: Mapping[AssetKey, AssetSnapshot]) -> None:
        cycle = find_cycle({key: snapshot.upstream for key, snapshot in snapshots.items()})
        if cycle:
            path = " → ".join(str(key) for key in cycle)
            at = snapshots[cycle[0]].at
            self._wrong(f"assets depend on each other in a circle: {path}", at, "break the circle at one of them")
