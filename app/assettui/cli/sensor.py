"""`assettui sensor`: what looks, again and again, whether something is to be run."""

from __future__ import annotations

import click

from assettui.cli import instigators
from assettui.cli.current import bring_up_to_date
from assettui.cli.names import SENSOR
from assettui.cli.output import Exit, print_json, say
from assettui.cli.target import Target, json_option, target_options
from assettui.model.instigator import InstigatorKind
from assettui.service import automation

_KIND = InstigatorKind.SENSOR


@click.group()
def sensor() -> None:
    """What looks, again and again, whether something is to be run."""


instigators.add_commands(
    sensor,
    _KIND,
    ls="List the project's sensors: whether each is on, what it did last, and when it looks again.",
    show="Show one sensor, with what it remembers and its last ticks.",
    on="Turn sensors on: they are evaluated by whoever leads the store.",
    off="Turn sensors off. What they remember stays.",
)


@sensor.command("tick")
@click.argument("name", type=SENSOR)
@click.option("--dry-run", "is_dry", is_flag=True, help="Show what it would ask for, and keep nothing.")
@json_option
@target_options
def tick_sensor(target: Target, name: str, is_dry: bool, as_json: bool) -> Exit:
    """Evaluate a sensor now, whether it is on or off: its cursor, its run keys and its runs are kept."""
    session = target.describing() if is_dry else target.session()
    if not is_dry and session.is_new():
        bring_up_to_date(session)
    return instigators.tick(session, name, _KIND, None, is_dry=is_dry, as_json=as_json)


@sensor.command("cursor")
@click.argument("name", type=SENSOR)
@click.option("--set", "value", metavar="V", help="What it is to remember from now on.")
@click.option("--reset", "is_reset", is_flag=True, help="Let it remember nothing.")
@json_option
@target_options
def show_cursor(target: Target, name: str, value: str | None, is_reset: bool, as_json: bool) -> None:
    """Show what a sensor remembers, or change it."""
    if value is not None and is_reset:
        raise click.UsageError("--set and --reset do not go together")
    is_changed = value is not None or is_reset
    session = target.session() if is_changed else target.describing()
    bring_up_to_date(session)
    row = automation.set_cursor(session, name, value) if is_changed else automation.instigator(session, name, _KIND)
    if as_json:
        print_json({"name": row.name, "cursor": row.state.cursor})
        return
    say(row.state.cursor if row.state.cursor is not None else "none")
