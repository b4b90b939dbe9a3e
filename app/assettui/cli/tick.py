"""`assettui tick`: what schedules and sensors have done."""

from __future__ import annotations

import click

from assettui.cli import as_json as shapes
from assettui.cli.output import print_json, print_lines, print_table
from assettui.cli.target import Target, json_option, target_options
from assettui.model.events import TickOutcome
from assettui.render.ticks import TICKS, tick_lines
from assettui.service import automation


@click.group()
def tick() -> None:
    """What schedules and sensors have done."""


@tick.command("ls")
@click.argument("name", required=False)
@click.option("--outcome", type=click.Choice([each.value for each in TickOutcome]), help="Only these.")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="How many, the newest first.")
@json_option
@target_options
def list_ticks(target: Target, name: str | None, outcome: str | None, limit: int, as_json: bool) -> None:
    """List ticks, the newest first; of one schedule or sensor, where NAME says which."""
    session = target.reading()
    wanted = TickOutcome(outcome) if outcome is not None else None
    found = automation.tick_page(session, name=name, outcome=wanted, limit=limit)
    if as_json:
        print_json([shapes.tick_json(each) for each in found])
        return
    print_table(TICKS, found)


@tick.command("show")
@click.argument("tick_id", type=int, metavar="ID")
@json_option
@target_options
def show_one(target: Target, tick_id: int, as_json: bool) -> None:
    """Show one tick, with all that it said."""
    found = automation.tick_of(target.reading(), tick_id)
    if as_json:
        print_json(shapes.tick_json(found))
        return
    print_lines(tick_lines(found))
