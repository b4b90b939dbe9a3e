"""Assets without a function: declared, so that they are shown with what is known of them, and made by something else."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from assettui.core.errors import Location, Problem
from assettui.core.keys import AssetKey, CoercibleToAssetKey
from assettui.definitions.asset import AssetArguments

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from assettui.core.metadata import RawMetadata
    from assettui.definitions.asset import CoercibleToAssetDep


class AssetSpec:
    """What is known of an asset, without a function that computes it. Listed among a project's assets, it is external.

    Args:
        key: Its key.
        deps: Assets that it depends on.
        description: Markdown.
        metadata: What is known of it.
        group_name: The group that it is shown in; by default `default`.
        code_version: What its maker says of the code that derives it.
        owners: E-mail addresses, or teams written `team:name`.
        tags: Names and values to select by.
        kinds: What it is made with or of.
    """

    def __init__(
        self,
        key: CoercibleToAssetKey,
        *,
        deps: Iterable[CoercibleToAssetDep] | None = None,
        description: str | None = None,
        metadata: RawMetadata | None = None,
        group_name: str | None = None,
        code_version: str | None = None,
        owners: Sequence[str] | None = None,
        tags: Mapping[str, str] | None = None,
        kinds: Iterable[str] | None = None,
    ) -> None:
        frame = sys._getframe(1)  # pyright: ignore[reportPrivateUsage] - documented, and 100 times cheaper than inspect.stack
        self.at = Location(frame.f_code.co_filename, frame.f_lineno)
        self.problems: tuple[Problem, ...] = ()
        try:
            self.key = AssetKey.from_coercible(key)
        except (TypeError, ValueError) as error:
            self.key = AssetKey("unnamed")
            self.problems = (
                Problem(f"AssetSpec({key!r:.60}): {error}", self.at, "give it a key, such as `raw/orders`"),
            )
        self.arguments = AssetArguments(
            key=self.key,
            deps=deps or (),
            group_name=group_name,
            owners=owners or (),
            tags=tags or {},
            kinds=kinds or (),
            metadata=metadata or {},
            description=description,
            code_version=code_version,
        )

    @property
    def description(self) -> str | None:
        """What was declared."""
        return self.arguments.description

    def __repr__(self) -> str:
        return f"<asset spec {self.key}>"
