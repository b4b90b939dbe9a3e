"""How a status looks: a glyph and a color each, so that neither is needed to tell them apart. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.staleness import AssetStatus
from assettui.model.run import RunStatus, StepStatus

if TYPE_CHECKING:
    from collections.abc import Sequence

GREEN, YELLOW, RED, BLUE, GREY = "#3fcf9b", "#e6c34a", "#ff7a59", "#56b4e9", "#8a8f98"
"""Good, old, bad, going on, quiet: names, which look as they say on a dark background; see `tui.themes`."""

ASSET_STYLES = {
    AssetStatus.FRESH: ("●", GREEN),
    AssetStatus.STALE: ("◐", YELLOW),
    AssetStatus.PARTIAL: ("◔", GREEN),
    AssetStatus.FAILED: ("✗", RED),
    AssetStatus.NEVER: ("○", GREY),
    AssetStatus.RUNNING: ("▶", BLUE),
}
EXTERNAL_STYLE = ("◇", GREY)

RUN_STYLES = {
    RunStatus.QUEUED: ("◌", GREY),
    RunStatus.STARTING: ("▷", BLUE),
    RunStatus.STARTED: ("▶", BLUE),
    RunStatus.SUCCESS: ("✓", GREEN),
    RunStatus.FAILURE: ("✗", RED),
    RunStatus.CANCELING: ("■", YELLOW),
    RunStatus.CANCELED: ("■", GREY),
}

STEP_STYLES = {
    StepStatus.PENDING: ("◌", GREY),
    StepStatus.RUNNING: ("▶", BLUE),
    StepStatus.SUCCESS: ("✓", GREEN),
    StepStatus.FAILURE: ("✗", RED),
    StepStatus.SKIPPED: ("↷", YELLOW),
    StepStatus.CANCELED: ("■", GREY),
}

BLOCKS = "▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float]) -> str:
    """One block for each value, the lowest and the highest bar for the least and the greatest; flat where all agree."""
    if not values:
        return ""
    low, high = min(values), max(values)
    if low == high:
        return BLOCKS[3] * len(values)
    steps = len(BLOCKS) - 1
    return "".join(BLOCKS[round((value - low) / (high - low) * steps)] for value in values)


def bars(counts: Sequence[int]) -> str:
    """One block for each of some counts, as high as it is large; in a `sparkline` the least is as low as can be."""
    return sparkline([0, *counts])[1:]


def time_bar(start: float, end: float, width: int) -> tuple[int, int]:
    """Where a bar from `start` to `end`, as fractions of a span, lies in `width` cells: its first cell and its length.

    A bar is at least one cell long, and never leaves the span.
    """
    first = min(width - 1, max(0, int(start * width)))
    last = min(width, max(first + 1, round(end * width)))
    return first, last - first


def progress_bar(done: int, failed: int, total: int, width: int) -> str:
    """How far something has come, as a bar: `█` what is made, `✗` what failed, `░` what is left."""
    if not total:
        return "░" * width
    made = done * width // total
    wrong = min(width - made, -(-failed * width // total))
    return "█" * made + "✗" * wrong + "░" * (width - made - wrong)
