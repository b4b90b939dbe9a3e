"""The past of an asset: what was made of it, and the numbers that this was described with."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from assettui.model.events import Materialization, Observation

if TYPE_CHECKING:
    from collections.abc import Iterable

ROWS: Final = "rows"
DURATION: Final = "duration"
"""In seconds."""
SIZE: Final = "size"
"""In bytes."""


class PastEvent(Struct, frozen=True):
    """A materialization, or of an asset that something else makes an observation."""

    event: Materialization | Observation
    number: int | None = None
    """Which materialization of the asset, or of the one partition that is looked at, it is: the first has number 1."""
    profiled_rows: int | None = None
    """How many rows its data was found to have, where somebody has looked."""
    is_kept: bool = False
    """Whether its value is one of the versions that are kept."""
    is_current: bool = False

    @property
    def rows(self) -> int | None:
        said = self.event.rows if isinstance(self.event, Materialization) else None
        return said if said is not None else self.profiled_rows

    def number_of(self, series: str) -> float | None:
        """What it says in numbers: rows, duration (seconds), size (bytes), or metadata of that name; None for nothing."""
        event = self.event
        match series:
            case "rows" if self.rows is not None:
                return float(self.rows)
            case "duration" if isinstance(event, Materialization) and event.duration_us is not None:
                return event.duration_us / 1e6
            case "size" if isinstance(event, Materialization) and event.value is not None and event.value.size_bytes:
                return float(event.value.size_bytes)
            case _:
                said = event.metadata.get(series)
        if said is None or isinstance(said.value, bool) or not isinstance(said.value, int | float):
            return None
        return float(said.value)


def series_of(past: Iterable[PastEvent]) -> list[str]:
    """What can be plotted: of which names any of these says a number, the common ones first."""
    found: dict[str, None] = {}
    for each in past:
        for name in (ROWS, DURATION, SIZE, *each.event.metadata):
            if name not in found and each.number_of(name) is not None:
                found[name] = None
    common = [name for name in (ROWS, DURATION, SIZE) if name in found]
    return [*common, *(name for name in found if name not in common)]
