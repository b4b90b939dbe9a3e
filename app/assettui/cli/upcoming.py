"""`assettui upcoming`: what schedules are due for."""

from __future__ import annotations

import click

from assettui.cli import as_json as shapes
from assettui.cli.current import bring_up_to_date
from assettui.cli.output import MAX_DAYS, print_columns, print_json, tell
from assettui.cli.target import Target, json_option, target_options
from assettui.model.timing import clock_us, duration, local
from assettui.service import automation


@click.command()
@click.option(
    "--days",
    default=1.0,
    show_default=True,
    type=click.FloatRange(min=0, max=MAX_DAYS, min_open=True),
    help="How many.",
)
@click.option("--limit", default=100, show_default=True, type=click.IntRange(min=1), help="How many, the next first.")
@json_option
@target_options
def upcoming(target: Target, days: float, limit: int, as_json: bool) -> None:
    """List what the schedules that are on are due for in the next day."""
    session = target.describing()
    bring_up_to_date(session)
    now_us = clock_us()
    found = automation.upcoming(session, now_us + int(days * automation.DAY_US), limit)
    if as_json:
        print_json([shapes.upcoming_json(each) for each in found])
        return
    if not found:
        tell("nothing is due: see `assettui schedule ls`")
        return
    print_columns(
        ("time", "in", "schedule", "of"),
        ((local(each.time_us), duration(each.time_us - now_us), each.schedule, each.target) for each in found),
    )
