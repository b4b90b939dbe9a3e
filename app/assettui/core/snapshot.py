"""The design of a project as plain values: what a worker sends, the store keeps, and engine and screens work on.

The snapshot holds no code and needs none: it is the last good word on what the project defines.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assettui.core.errors import Location, Problem
from assettui.core.keys import AssetKey
from assettui.core.metadata import JsonObject, MetadataValue

if TYPE_CHECKING:
    from collections.abc import Mapping

FORMAT = 1
"""Raised whenever a snapshot of an older program can no longer be read."""


@dataclass(frozen=True, slots=True)
class InputSnapshot:
    """A value that an asset function reads."""

    name: str
    """The parameter that receives it."""
    key: AssetKey
    """The asset whose value it is."""


@dataclass(frozen=True, slots=True)
class AssetSnapshot:
    """One asset as the project defines it."""

    key: AssetKey
    group: str = "default"
    step: str | None = None
    """The step that materializes it; None for an external asset, which something else makes."""
    upstream: tuple[AssetKey, ...] = ()
    """All that it depends on, read or not, in the order of the definition."""
    inputs: tuple[InputSnapshot, ...] = ()
    """What the step reads, a subset of `upstream`."""
    description: str | None = None
    owners: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    """Sorted."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    metadata: Mapping[str, MetadataValue] = field(default_factory=dict[str, MetadataValue])
    code_version: str | None = None
    at: Location | None = None

    @property
    def is_external(self) -> bool:
        """Whether something other than this project makes it."""
        return self.step is None

    def to_json(self) -> JsonObject:
        """Compact: what has its default value is left out."""
        data: dict[str, Any] = {"key": str(self.key), "group": self.group}
        if self.step is not None:
            data["step"] = self.step
        if self.upstream:
            data["upstream"] = [str(key) for key in self.upstream]
        if self.inputs:
            data["inputs"] = [[each.name, str(each.key)] for each in self.inputs]
        if self.description:
            data["description"] = self.description
        if self.owners:
            data["owners"] = list(self.owners)
        if self.kinds:
            data["kinds"] = list(self.kinds)
        if self.tags:
            data["tags"] = dict(self.tags)
        if self.metadata:
            data["metadata"] = {name: value.to_json() for name, value in self.metadata.items()}
        if self.code_version is not None:
            data["code_version"] = self.code_version
        if self.at is not None:
            data["at"] = [self.at.file, self.at.line]
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> AssetSnapshot:
        """The snapshot that `to_json` wrote."""
        return AssetSnapshot(
            key=AssetKey(data["key"]),
            group=data["group"],
            step=data.get("step"),
            upstream=tuple(AssetKey(key) for key in data.get("upstream", ())),
            inputs=tuple(InputSnapshot(name, AssetKey(key)) for name, key in data.get("inputs", ())),
            description=data.get("description"),
            owners=tuple(data.get("owners", ())),
            kinds=tuple(data.get("kinds", ())),
            tags=data.get("tags", {}),
            metadata={name: MetadataValue.from_json(value) for name, value in data.get("metadata", {}).items()},
            code_version=data.get("code_version"),
            at=Location(*data["at"]) if "at" in data else None,
        )


@dataclass(frozen=True, slots=True)
class ProjectSnapshot:
    """All that a project defines."""

    name: str
    assets: tuple[AssetSnapshot, ...] = ()
    """In the order of the definition, external assets last."""
    warnings: tuple[Problem, ...] = ()
    sources: tuple[str, ...] = ()
    """Absolute paths of the project's own files that were imported."""

    def to_json(self) -> JsonObject:
        """The snapshot as JSON, with the version of its format."""
        return {
            "format": FORMAT,
            "name": self.name,
            "assets": [asset.to_json() for asset in self.assets],
            "warnings": [
                {
                    "what": warning.what,
                    "hint": warning.hint,
                    "at": [warning.at.file, warning.at.line] if warning.at else None,
                }
                for warning in self.warnings
            ],
            "sources": list(self.sources),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> ProjectSnapshot:
        """The snapshot that `to_json` wrote.

        Raises:
            ValueError: It was written in another format.
        """
        if data.get("format") != FORMAT:
            raise ValueError(f"a snapshot of format {data.get('format')}, not {FORMAT}")
        return ProjectSnapshot(
            name=data["name"],
            assets=tuple(AssetSnapshot.from_json(asset) for asset in data["assets"]),
            warnings=tuple(
                Problem(
                    warning["what"],
                    Location(*warning["at"]) if warning["at"] else None,
                    warning["hint"],
                )
                for warning in data["warnings"]
            ),
            sources=tuple(data["sources"]),
        )
