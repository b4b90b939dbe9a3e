"""`assettui schedule`: what is run at certain times."""

from __future__ import annotations

import click

from assettui.cli import instigators
from assettui.cli.current import bring_up_to_date
from assettui.cli.moments import parsed_moment
from assettui.cli.names import SCHEDULE
from assettui.cli.output import MAX_DAYS, Exit, print_json, say
from assettui.cli.target import Target, json_option, target_options
from assettui.core.timeline import moment_of, zone_named
from assettui.model.instigator import InstigatorKind
from assettui.model.timing import SECOND_US, clock_us
from assettui.service import automation

_KIND = InstigatorKind.SCHEDULE


@click.group()
def schedule() -> None:
    """What is run at certain times."""


instigators.add_commands(
    schedule,
    _KIND,
    ls="List the project's schedules: whether each is on, what it did last, and when it is due.",
    show="Show one schedule, with its last ticks.",
    on="Turn schedules on: from now on, whenever one is due, it is ticked by whoever leads the store.",
    off="Turn schedules off. Runs that were asked for go on.",
)


@schedule.command("tick")
@click.argument("name", type=SCHEDULE)
@click.option("--at", "at", metavar="TIME", help="The time that it is ticked for, ISO 8601.  [default: now]")
@click.option("--dry-run", "is_dry", is_flag=True, help="Show what it would ask for, and keep nothing.")
@json_option
@target_options
def tick_schedule(target: Target, name: str, at: str | None, is_dry: bool, as_json: bool) -> Exit:
    """Evaluate a schedule now, whether it is on or off, and carry out what it asks for."""
    session = target.describing() if is_dry else target.session()
    if not is_dry and session.is_new():
        bring_up_to_date(session)
    at_us = None
    if at is not None:
        bring_up_to_date(session)
        at_us = parsed_moment(at, "--at", automation.instigator(session, name, _KIND).snapshot.zone_name)
    return instigators.tick(session, name, _KIND, at_us, is_dry=is_dry, as_json=as_json)


@schedule.command("preview")
@click.argument("name", type=SCHEDULE)
@click.option(
    "--days",
    default=7.0,
    show_default=True,
    type=click.FloatRange(min=0, max=MAX_DAYS, min_open=True),
    help="How many.",
)
@json_option
@target_options
def preview_schedule(target: Target, name: str, days: float, as_json: bool) -> None:
    """Print the times that a schedule is due in the next days, on the clock of its time zone."""
    session = target.describing()
    bring_up_to_date(session)
    found, times = automation.preview(session, name, clock_us() + int(days * automation.DAY_US))
    zone = zone_named(found.zone_name)
    shown = [moment_of(time_us // SECOND_US, zone).isoformat() for time_us in times]
    if as_json:
        print_json(shown)
        return
    for each in shown:
        say(each)
