"""What looks wrong about data, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.model.drift import PartDrift


def drift_texts(parts: Sequence[PartDrift]) -> list[str]:
    """Each unusual thing in a line, with the partition that it is of."""
    return [
        f"{part.partition}: {each.what}" if part.partition is not None else each.what
        for part in parts
        for each in part.drifts
    ]
