"""`assettui health`: what needs attention; for people, scripts and monitoring."""

from __future__ import annotations

import click

from assettui.cli import health_as_json as shapes
from assettui.cli.current import current_catalog
from assettui.cli.output import Exit, print_json, print_lines, print_table
from assettui.cli.target import Target, json_option, target_options
from assettui.render.health import AILMENTS, health_line
from assettui.service.health import health as health_of


@click.command()
@json_option
@target_options
def health(target: Target, as_json: bool) -> Exit:
    """What needs attention: what has failed, is overdue, fails its checks, or is stale, each with what mends it.

    The exit status is 1 where something has failed, is overdue, or fails a check with severity ERROR.
    """
    found = health_of(current_catalog(target.describing()))
    if as_json:
        print_json(shapes.health_json(found))
    else:
        print_lines([health_line(found)])
        if found.ailments:
            print_table(AILMENTS, found.ailments)
    return Exit.OK if found.is_well else Exit.WORK_FAILED
