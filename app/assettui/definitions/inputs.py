"""How a parameter of an asset function is matched to the asset whose value it receives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from assettui.core.keys import AssetKey, CoercibleToAssetKey

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass(frozen=True, slots=True)
class AssetIn:
    """Says which asset a parameter reads, where its name alone does not: `ins={"rows": AssetIn("raw/sales")}`."""

    key: CoercibleToAssetKey | None = None
    """The asset; None takes the parameter's name, below `key_prefix` where that is given."""
    key_prefix: str | Sequence[str] | None = None

    def key_for(self, parameter: str) -> AssetKey | None:
        """The asset that the parameter reads, or None where neither key nor prefix was given."""
        if self.key is not None:
            return AssetKey.from_coercible(self.key)
        if self.key_prefix is not None:
            return AssetKey(parameter).with_prefix(self.key_prefix)
        return None
