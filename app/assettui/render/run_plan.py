"""What a run would do, before it is started. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.model.text import plural
from assettui.model.timing import duration
from assettui.render.lines import Line, line

if TYPE_CHECKING:
    from assettui.model.run import RunPlan
    from assettui.service.catalog import Catalog


def plan_title(plan: RunPlan, catalog: Catalog) -> str:
    """How much it would do, and how long that took the last time, as far as that is known."""
    wanted = set(plan.assets)
    past = [row.state.last.duration_us or 0 for row in catalog.rows if row.key in wanted and row.state.last]
    known = f", about {duration(sum(past))} of work by past runs" if past else ""
    what = plural(len(plan.steps), "step") if plan.job else plural(len(plan.assets), "asset")
    return f"{what}{known}"


def plan_lines(plan: RunPlan) -> list[Line]:
    """Its steps, upstream before downstream."""
    return [line(f"{position:>3}. {step.key}") for position, step in enumerate(plan.steps, 1)]
