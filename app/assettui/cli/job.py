"""`assettui job`: what the project runs under one name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assettui.cli import as_json as shapes
from assettui.cli.current import bring_up_to_date
from assettui.cli.names import JOB, SELECTION
from assettui.cli.output import Exit, print_json, print_lines, print_table, say, tell
from assettui.cli.run_options import (
    config_option,
    parsed_partition,
    parsed_ranges,
    parsed_tags,
    partition_option,
    range_option,
    tag_option,
    yes_option,
)
from assettui.cli.target import Target, json_option, target_options
from assettui.model.backfill import BackfillRequest
from assettui.model.run import RunRequest
from assettui.render.jobs import JOBS, job_lines
from assettui.render.runs import RUNS
from assettui.service.jobs import job as find_job
from assettui.service.jobs import jobs
from assettui.service.run_config import read_config

if TYPE_CHECKING:
    from pathlib import Path


@click.group()
def job() -> None:
    """What the project runs under one name."""


@job.command("ls")
@json_option
@target_options
def list_jobs(target: Target, as_json: bool) -> None:
    """List the project's jobs."""
    session = target.describing()
    bring_up_to_date(session)
    rows = jobs(session)
    if as_json:
        print_json([shapes.job_json(row) for row in rows])
        return
    if not rows:
        tell("the project defines no jobs; make one with define_asset_job(name, selection)")
        return
    print_table(JOBS, rows)


@job.command("show")
@click.argument("name", type=JOB)
@json_option
@target_options
def show_job(target: Target, name: str, as_json: bool) -> None:
    """Show one job: what it runs, with what, and how it ran last."""
    session = target.describing()
    bring_up_to_date(session)
    row = find_job(session, name)
    if as_json:
        print_json(shapes.job_json(row))
        return
    print_lines(job_lines(row))
    if row.runs:
        say()
        print_table(RUNS, row.runs)


@job.command("run")
@click.argument("name", type=JOB)
@click.argument("selection", type=SELECTION, nargs=-1)
@partition_option
@range_option
@config_option
@tag_option
@yes_option
@json_option
@target_options
def run_job(
    target: Target,
    name: str,
    selection: tuple[str, ...],
    partition: str | None,
    range_: str | None,
    config: Path | None,
    tags: tuple[str, ...],
    is_sure: bool,
    as_json: bool,
) -> Exit:
    """Run a job, and wait until it is over. With a SELECTION, only those of its assets.

    Of a job whose assets have partitions, name one, or a range: it is built as a backfill, each run of which is one of
    the job. A job of ops makes a range in one run.
    """
    from assettui.cli.materialize import launch_and_wait  # deferred: the engine, which no listing needs

    said, given_tags, session = read_config(config) if config else {}, parsed_tags(tags), target.session()
    if range_ is None:
        request = RunRequest(job=name, config=said, tags=given_tags, partitions=parsed_partition(partition))
        return launch_and_wait(session, selection or None, request, as_json=as_json)
    if partition is not None:
        raise click.UsageError("--partition and --range do not go together")
    ranges = parsed_ranges(range_, ())
    bring_up_to_date(session)
    if find_job(session, name).job.selection is None:
        request = RunRequest(job=name, config=said, tags=given_tags, partitions=ranges)
        return launch_and_wait(session, selection or None, request, as_json=as_json)
    from assettui.cli.backfill import start_and_wait  # deferred: a run needs nothing that backfills do

    wanted = BackfillRequest((), ranges=ranges, config=said, tags=given_tags, title=name, job=name)
    return start_and_wait(session, selection, wanted, is_sure=is_sure, as_json=as_json)
