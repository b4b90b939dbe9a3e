"""`assettui status`: who leads, what runs, what waits, what failed."""

from __future__ import annotations

import click

from assettui.cli import as_json as shapes
from assettui.cli.output import print_json, say
from assettui.cli.target import Target, json_option, target_options
from assettui.model.text import one_line, plural
from assettui.model.timing import local
from assettui.service.status import status as status_of


@click.command()
@json_option
@target_options
def status(target: Target, as_json: bool) -> None:
    """Who leads the store, what runs, what waits, what failed last."""
    found = status_of(target.reading())
    if as_json:
        print_json(shapes.status_json(found))
        return
    leader = found.leader
    say(f"leader   {f'{leader.face}, pid {leader.pid}, since {local(leader.since_us)}' if leader else 'nobody'}")
    say(f"running  {found.running}")
    say(f"queued   {found.queued}")
    if found.orphaned:
        say(f"left     {plural(found.orphaned, 'run')} of a leader that died; the next one closes them")
    if found.failed_runs:
        say("last failures")
        for run in found.failed_runs:
            say(f"  {run.run_id[:8]}  {local(run.ended_us or run.created_us)}  {one_line(run.error or '', 100)}")
