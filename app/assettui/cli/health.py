"""`assettui health`: what needs attention; for people, scripts and monitoring."""

from __future__ import annotations

import click
from msgspec.structs import replace

from assettui.cli import health_as_json as shapes
from assettui.cli.current import current_catalog
from assettui.cli.output import Exit, print_json, print_lines, print_table
from assettui.cli.target import Target, json_option, target_options
from assettui.render.health import AILMENTS, health_line
from assettui.service.health import health as health_of
from assettui.service.projects import summarized
from assettui.service.status import status


@click.command()
@json_option
@target_options
def health(target: Target, as_json: bool) -> Exit:
    """What needs attention: what has failed, is overdue, fails its checks, or is stale, each with what mends it.

    The exit status is 1 where something has failed, is overdue, or fails a check with severity ERROR.
    """
    session = target.describing()
    current = current_catalog(session)
    found = health_of(current)
    if as_json:
        summary = replace(summarized(current, status(session)), place=str(session.project.root))
        print_json(shapes.health_json(found, summary))
    else:
        print_lines([health_line(found)])
        if found.ailments:
            print_table(AILMENTS, found.ailments)
    return Exit.OK if found.is_well else Exit.WORK_FAILED
