"""Checks of what is said of an asset: its key, group, owners, tags and metadata."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from assettui.definitions.asset import AssetsDefinition
from assettui.definitions.spec import AssetDep, AssetSpec
from assettui.model.keys import NAME, AssetKey, invalid_part
from assettui.model.metadata import MetadataValue, as_metadata

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assettui.definitions.problems import Problems
    from assettui.model.errors import Location

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_TEAM = re.compile(r"team:[A-Za-z0-9_.-]+")
_GROUP = re.compile(rf"{NAME.pattern}(/{NAME.pattern})*")
_TAG_PART = re.compile(r"[A-Za-z0-9_.-]{1,63}")
_TAG_VALUE = re.compile(r"[A-Za-z0-9_.-]{0,63}")
KIND_TAG = "dagster/kind/"
"""Tags that begin so name a kind, as Dagster documents it."""


def check_key(spec: AssetSpec, problems: Problems) -> None:
    """Refuse a key that cannot be written or stored."""
    key, at = spec.key, spec.at
    if spec.is_named and not NAME.fullmatch(key.parts[-1]):
        problems.wrong(
            f"{key.parts[-1]!r} is not an asset name",
            at,
            "use letters, digits and _; a path goes into key_prefix, or into key",
        )
    elif (part := invalid_part(key)) is not None:
        problems.wrong(
            f"asset key {str(key)!r} holds {part!r}", at, "each part of a key is made of letters, digits, _ . and -"
        )


def group_of(spec: AssetSpec, problems: Problems) -> str:
    """The group of an asset."""
    group: Any = spec.group_name if spec.group_name is not None else "default"
    if not (isinstance(group, str) and _GROUP.fullmatch(group)):
        problems.wrong(
            f"asset {spec.key}: {group!r} is not a group name", spec.at, "use letters, digits and _, such as `marts`"
        )
    return str(group)


def owners_of(spec: AssetSpec, problems: Problems) -> tuple[str, ...]:
    """The owners of an asset."""
    owners: list[Any] = [spec.owners] if isinstance(spec.owners, str) else list(spec.owners)
    for owner in owners:
        if not (isinstance(owner, str) and (_EMAIL.fullmatch(owner) or _TEAM.fullmatch(owner))):
            problems.wrong(
                f"asset {spec.key}: {owner!r} is not an owner",
                spec.at,
                "an owner is an e-mail address, or a team written `team:name`",
            )
    return tuple(str(owner) for owner in owners)


def kinds_of(spec: AssetSpec) -> tuple[str, ...]:
    """The kinds of an asset, sorted."""
    of_tags = (str(name).removeprefix(KIND_TAG) for name in spec.tags if str(name).startswith(KIND_TAG))
    return tuple(sorted({*(str(kind) for kind in spec.kinds), *of_tags}))


def tags_of(subject: str, given: Mapping[str, str], at: Location | None, problems: Problems) -> dict[str, str]:
    """The tags of an asset or job."""
    tags: dict[str, str] = {}
    for name, value in given.items():
        parts = str(name).split("/")
        if str(name).startswith(KIND_TAG):
            continue
        if len(parts) > 2 or not all(_TAG_PART.fullmatch(part) for part in parts):
            problems.wrong(
                f"{subject}: {name!r} is not a tag name",
                at,
                "use at most 63 letters, digits, _ . and -, with one / at most between two such parts",
            )
        elif not _TAG_VALUE.fullmatch(str(value)):
            problems.wrong(
                f"{subject}: {value!r} is not a value for the tag {name!r}",
                at,
                "use at most 63 letters, digits, _ . and -",
            )
        else:
            tags[str(name)] = str(value)
    return tags


def metadata_of(
    subject: str, given: Mapping[str, Any], at: Location | None, problems: Problems
) -> dict[str, MetadataValue]:
    """The metadata of an asset or job."""
    try:
        return as_metadata(given)
    except TypeError as error:
        problems.wrong(f"{subject}: {error}", at, "see MetadataValue for what can be kept")
        return {}


def dep_keys(subject: str, deps: Iterable[Any], at: Location | None, problems: Problems) -> list[AssetKey]:
    """The assets that `deps` names."""
    keys: list[AssetKey] = []
    for dep in deps:
        named = dep.asset if isinstance(dep, AssetDep) else dep
        if isinstance(named, AssetSpec):
            keys.append(named.key)
        elif isinstance(named, AssetsDefinition):
            keys.extend(sorted(named.keys))
        elif (key := _written(subject, named, at, problems)) is not None:
            keys.append(key)
    return keys


def dep_mappings(deps: Iterable[Any]) -> dict[AssetKey, Any]:
    """What is said in `deps` of how partitions relate, by the asset that is depended on."""
    found: dict[AssetKey, Any] = {}
    for dep in deps:
        if isinstance(dep, AssetDep) and dep.partition_mapping is not None:
            named = dep.asset
            keys = (
                named.keys
                if isinstance(named, AssetsDefinition)
                else [named.key if isinstance(named, AssetSpec) else named]
            )
            for key in keys:
                with suppress(TypeError, ValueError):  # told where the keys are read
                    found[AssetKey.from_coercible(key)] = dep.partition_mapping
    return found


def _written(subject: str, named: Any, at: Location | None, problems: Problems) -> AssetKey | None:
    try:
        key = AssetKey.from_coercible(named)
    except (TypeError, ValueError) as error:
        problems.wrong(
            f"{subject}: {named!r:.60} in deps: {error}", at, "name an asset by its key, or by its decorated function"
        )
        return None
    if invalid_part(key) is not None:
        problems.wrong(
            f"{subject}: {str(key)!r} in deps is not an asset key",
            at,
            "each part of a key is made of letters, digits, _ . and -",
        )
        return None
    return key
