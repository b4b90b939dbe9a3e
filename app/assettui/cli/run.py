"""`assettui run`: what was run, how it went, what it said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assettui.cli import as_json as shapes
from assettui.cli.moments import parsed_ago
from assettui.cli.names import JOB, RUN
from assettui.cli.output import Exit, print_json, print_lines, print_table, say, tell
from assettui.cli.run_logs import show_logs
from assettui.cli.run_options import parsed_tags
from assettui.cli.target import Target, json_option, target_options
from assettui.model.codec import builtins
from assettui.model.keys import AssetKey
from assettui.model.run import ANY_RUN, RunFilter, RunStatus
from assettui.model.text import plural
from assettui.model.timing import clock_us
from assettui.render.runs import RUNS, failure_lines, run_lines, steps_table
from assettui.service.runs import cancel, follow, run_detail, run_page

if TYPE_CHECKING:
    from assettui.service.runs import RunDetail


@click.group()
def run() -> None:
    """What was run, how it went, what it said."""


@run.command("ls")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="How many, the newest first.")
@click.option(
    "--status",
    "statuses",
    multiple=True,
    type=click.Choice([status.value for status in RunStatus]),
    help="Only these; may be repeated.",
)
@click.option("--asset", metavar="KEY", help="Only those that are of this asset.")
@click.option("--job", type=JOB, metavar="NAME", help="Only those of this job.")
@click.option("--tag", "tags", multiple=True, metavar="NAME=VALUE", help="Only those with this tag; may be repeated.")
@click.option(
    "--since", metavar="WHEN", help="Asked for so long ago (90m, 12h, 30d) or at a time (2013-01-31T02:30), or later."
)
@click.option("--until", metavar="WHEN", help="Asked for then, or before.")
@json_option
@target_options
def list_runs(
    target: Target,
    limit: int,
    statuses: tuple[str, ...],
    asset: str | None,
    job: str | None,
    tags: tuple[str, ...],
    since: str | None,
    until: str | None,
    as_json: bool,
) -> None:
    """List runs, the newest first: all, or those of which everything is so that is asked for."""
    now_us = clock_us()
    wanted = RunFilter(
        tuple(RunStatus(status) for status in statuses),
        job,
        asset=AssetKey(asset) if asset is not None else None,
        tags=parsed_tags(tags),
        since_us=parsed_ago(since, "--since", now_us) if since is not None else None,
        until_us=parsed_ago(until, "--until", now_us) if until is not None else None,
    )
    page = run_page(target.reading(), wanted, limit=limit)
    _tell_orphaned(page.orphaned)
    if as_json:
        print_json([shapes.run_json(each) for each in page.runs])
        return
    print_table(RUNS, page.runs)
    if not page.runs:
        tell("there are no such runs" if wanted != ANY_RUN else "nothing was ever run")
    if page.total > len(page.runs) and len(page.runs) == limit:
        tell(f"{len(page.runs)} of {plural(page.total, 'run')}; see more with --limit")


@run.command("show")
@click.argument("run_id", type=RUN, metavar="ID")
@json_option
@target_options
def show_run(target: Target, run_id: str, as_json: bool) -> None:
    """Show one run with its steps. ID may be the beginning of the id."""
    session = target.reading()
    detail = run_detail(session, run_id)
    _tell_orphaned(int(detail.is_orphaned))
    if as_json:
        print_json(shapes.run_detail_json(detail))
        return
    _show(detail)


run.add_command(show_logs)


@run.command("retry")
@click.argument("run_id", type=RUN, metavar="ID")
@click.option("--from-failure", is_flag=True, help="Only what did not succeed; the rest is used as it is.")
@json_option
@target_options
def retry_run(target: Target, run_id: str, from_failure: bool, as_json: bool) -> Exit:
    """Run again what was run, as it was asked for then, and wait until it is over."""
    from assettui.cli.materialize import retry_and_wait  # deferred: the engine, which no listing needs

    return retry_and_wait(target.reading(), run_id, from_failure=from_failure, as_json=as_json)


@run.command("diff")
@click.argument("run_id", type=RUN, metavar="A")
@click.argument("other", type=RUN, metavar="B", required=False)
@json_option
@target_options
def diff_runs(target: Target, run_id: str, other: str | None, as_json: bool) -> None:
    """Show how two runs differ: status, steps, how long they took, configuration, tags, code versions.

    Without B, A is compared with the run before that was of the same job or assets.
    """
    from assettui.render.run_comparison import DIFFERENCES, comparison_lines  # deferred: no other command needs it
    from assettui.service.run_comparison import compare_runs

    found = compare_runs(target.reading(), run_id, other)
    if as_json:
        print_json(
            {
                "first": found.first.run_id,
                "second": found.second.run_id,
                "differences": [builtins(each) for each in found.differences],
            }
        )
        return
    print_lines(comparison_lines(found))
    if found.differences:
        print_table(DIFFERENCES, found.differences)


@run.command("cancel")
@click.argument("run_id", type=RUN, metavar="ID")
@json_option
@target_options
def cancel_run(target: Target, run_id: str, as_json: bool) -> Exit:
    """Ask for a run to be canceled, and wait until it is."""
    session = target.reading()
    asked = cancel(session, run_id)
    if session.leader() is None:
        tell("nobody leads the store now: the next assettui to do so will cancel the run")
    else:
        for _ in follow(session, asked.run_id):
            continue
    detail = run_detail(session, asked.run_id)
    if as_json:
        print_json(shapes.run_detail_json(detail))
    else:
        say(f"run {detail.run.run_id[:8]} {detail.run.status.value}")
    return Exit.OK


def _tell_orphaned(count: int) -> None:
    if count:
        tell(
            f"note: the leader of {plural(count, 'run')} shown here has died; the next one records that they have ended"
        )


def _show(detail: RunDetail) -> None:
    now_us, record = clock_us(), detail.run
    print_lines(run_lines(detail, now_us))
    say()
    print_table(steps_table((record.started_us or record.created_us, record.ended_us or now_us)), detail.steps)
    for step in detail.steps:
        if step.error is not None and (step.error.traceback or step.error.metadata):
            say(f"\n{step.step_key}")
            print_lines(failure_lines(step))
