"""`assettui automation`: the automation conditions of assets and checks, and why they have them made or not."""

from __future__ import annotations

import click

from assettui.cli import as_json as shapes
from assettui.cli import health_as_json as health_shapes
from assettui.cli import instigators
from assettui.cli.current import bring_up_to_date
from assettui.cli.moments import parsed_ago
from assettui.cli.names import ASSET, PARTITION
from assettui.cli.output import Exit, print_columns, print_json, print_lines, tell
from assettui.cli.target import Target, json_option, target_options
from assettui.model.instigator import DEFAULT_AUTOMATION, InstigatorKind
from assettui.model.timing import clock_us
from assettui.render.explain import explain_lines
from assettui.service.explain import dry_run, explain

_KIND = InstigatorKind.AUTOMATION


@click.group()
def automation() -> None:
    """The automation conditions of assets and checks: what is made by itself, and why it is, or is not."""


instigators.add_commands(
    automation,
    _KIND,
    ls="List what evaluates automation conditions: whether each is on, of which assets, and what it did last.",
    show="Show one, with its last ticks.",
    on="Turn automation on: conditions are evaluated by whoever leads the store, whenever something happens.",
    off="Turn automation off: nothing is made by itself by these conditions.",
)


@automation.command("explain")
@click.argument("name", type=ASSET, metavar="KEY")
@click.option("--partition", type=PARTITION, metavar="P", help="Of this partition alone.")
@click.option(
    "--at", "at", metavar="WHEN", help="As it was so long ago (90m, 12h, 30d) or at a time (2013-01-31T02:30)."
)
@json_option
@target_options
def explain_condition(target: Target, name: str, partition: str | None, at: str | None, as_json: bool) -> None:
    """Why the condition of an asset, or of a check ASSET:CHECK, has it made or not: as a tree, and in a sentence."""
    session = target.describing()
    bring_up_to_date(session)
    found = explain(session, name, partition, parsed_ago(at, "--at", clock_us()) if at is not None else None)
    if as_json:
        print_json(health_shapes.explanation_json(found))
        return
    print_lines(explain_lines(found, clock_us()))


@automation.command("tick")
@click.argument("name", default=DEFAULT_AUTOMATION)
@click.option("--dry-run", "is_dry", is_flag=True, help="Show what it would ask for, and keep nothing.")
@json_option
@target_options
def tick_automation(target: Target, name: str, is_dry: bool, as_json: bool) -> Exit:
    """Evaluate the conditions now, whether that is on or off, and have made what they ask for."""
    session = target.describing() if is_dry else target.session()
    if not is_dry:
        if session.is_new():
            bring_up_to_date(session)
        return instigators.tick(session, name, _KIND, None, is_dry=False, as_json=as_json)
    bring_up_to_date(session)
    found = dry_run(session, name)
    if as_json:
        print_json([shapes.fields(each, "entity partitions count") for each in found])
    elif not found:
        tell("nothing would be asked for")
    else:
        rows = [[each.entity, each.partitions or "", f"{each.count:,}"] for each in found]
        print_columns(["asset", "partitions", "count"], rows, [False, False, True])
    return Exit.OK
