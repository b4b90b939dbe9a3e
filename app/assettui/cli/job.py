"""`assettui job`: what the project runs under one name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assettui.cli import as_json as shapes
from assettui.cli.current import bring_up_to_date
from assettui.cli.output import Exit, print_json, say, table, tell
from assettui.cli.run_options import config_option, parsed_partition, parsed_tags, partition_option, tag_option
from assettui.cli.target import Target, json_option, target_options
from assettui.model.metadata import config_lines
from assettui.model.run import RunRequest
from assettui.model.text import one_line, plural
from assettui.model.timing import duration, local
from assettui.service.jobs import JobRow, jobs
from assettui.service.jobs import job as find_job
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
    session = target.session()
    bring_up_to_date(session)
    rows = jobs(session)
    if as_json:
        print_json([shapes.job_json(row) for row in rows])
        return
    if not rows:
        tell("the project defines no jobs; make one with define_asset_job(name, selection)")
        return
    table(
        ("JOB", "RUNS", "LAST RUN", "STATUS", "DESCRIPTION"),
        (
            (
                row.job.name,
                _extent(row),
                local(row.runs[0].created_us) if row.runs else "never",
                row.runs[0].status.value if row.runs else "",
                one_line(row.job.description or "", 60),
            )
            for row in rows
        ),
    )


@job.command("show")
@click.argument("name")
@json_option
@target_options
def show_job(target: Target, name: str, as_json: bool) -> None:
    """Show one job: what it runs, with what, and how it ran last."""
    session = target.session()
    bring_up_to_date(session)
    row = find_job(session, name)
    if as_json:
        print_json(shapes.job_json(row))
        return
    _show(row)


@job.command("run")
@click.argument("name")
@click.argument("selection", nargs=-1)
@partition_option
@config_option
@tag_option
@json_option
@target_options
def run_job(
    target: Target,
    name: str,
    selection: tuple[str, ...],
    partition: str | None,
    config: Path | None,
    tags: tuple[str, ...],
    as_json: bool,
) -> Exit:
    """Run a job, and wait until it is over. With a SELECTION, only those of its assets."""
    from assettui.cli.materialize import launch_and_wait  # deferred: the engine, which no listing needs

    said = read_config(config) if config else {}
    request = RunRequest(job=name, config=said, tags=parsed_tags(tags), partitions=parsed_partition(partition))
    return launch_and_wait(target.session(), selection or None, request, as_json=as_json)


def _extent(row: JobRow) -> str:
    if row.problem is not None:
        return "nothing now"
    return plural(len(row.assets), "asset") if row.job.selection is not None else plural(len(row.steps), "op")


def _show(row: JobRow) -> None:
    described = row.job
    say(f"job {described.name}")
    if described.description:
        say(described.description.strip())
    if described.selection is not None:
        say(f"selects  {described.selection}")
    if row.problem is not None:
        say(f"         {row.problem}")
    for name, value in described.tags.items():
        say(f"tag      {name}={value}")
    if described.hooks:
        say(f"hooks    {', '.join(described.hooks)}")
    if described.max_concurrent is not None:
        say(f"at once  {plural(described.max_concurrent, 'step')}")
    for line in config_lines(described.config):
        say(f"config   {line}")
    for name, value in described.metadata.items():
        say(f"{name:<8} {value.show()}")
    if described.at is not None:
        say(f"source   {described.at}")
    say()
    for step in row.steps or map(str, row.assets):
        say(f"  {step}")
    if row.runs:
        say()
        table(
            ("RUN", "STATUS", "CREATED", "TOOK", "ERROR"),
            (
                (
                    each.run_id[:8],
                    each.status.value,
                    local(each.created_us),
                    duration(each.ended_us - each.started_us if each.ended_us and each.started_us else None),
                    one_line(each.error or "", 60),
                )
                for each in row.runs
            ),
        )
