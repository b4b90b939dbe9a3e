"""What a run would do, before it is started. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.model.text import plural
from assettui.model.timing import duration
from assettui.render.appearance import GREY
from assettui.render.lines import Line, facts, line
from assettui.render.table import Cell

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.model.run import RunPlan
    from assettui.service.catalog import Catalog
    from assettui.service.launchpad import ResourceRow


def plan_title(plan: RunPlan, catalog: Catalog) -> str:
    """How much it would do, and how long that took the last time, as far as that is known."""
    wanted = set(plan.assets)
    past = [row.state.last.duration_us or 0 for row in catalog.rows if row.key in wanted and row.state.last]
    known = f", about {duration(sum(past))} of work by past runs" if past else ""
    what = plural(len(plan.steps), "step") if plan.job else plural(len(plan.assets), "asset")
    return f"{what}{known}"


def resource_lines(resources: Sequence[ResourceRow]) -> list[Line]:
    """The resources with what they are configured with: what the run itself says stands out."""
    found: list[Line] = []
    for each in resources:
        if not each.fields:
            found.append((Cell(f" {each.name}", "bold"), Cell("  nothing of it can be configured", GREY)))
            continue
        found.append(line(f" {each.name}", "bold"))
        said = ((f"  {field}", f"{value}  · this run" if is_said else value) for field, value, is_said in each.fields)
        found += facts(said)
    return found


def plan_lines(plan: RunPlan) -> list[Line]:
    """Its steps, upstream before downstream."""
    return [line(f"{position:>3}. {step.key}") for position, step in enumerate(plan.steps, 1)]
