"""`assettui check`: tests of assets' data, how they stand, and what they came to over time."""

from __future__ import annotations

import click

from assettui.cli import health_as_json as shapes
from assettui.cli import run_options
from assettui.cli.current import bring_up_to_date
from assettui.cli.names import CHECK, SELECTION
from assettui.cli.output import Exit, print_json, print_lines, print_table, tell, terminal_width
from assettui.cli.target import Target, json_option, target_options
from assettui.model.run import RunRequest
from assettui.model.timing import clock_us
from assettui.render.checks import CHECKS, check_lines
from assettui.service.checks import check_detail, check_rows


@click.group()
def check() -> None:
    """Tests of assets' data: how they stand, and what they came to over time."""


@check.command("ls")
@click.argument("selection", type=SELECTION, nargs=-1)
@json_option
@target_options
def list_checks(target: Target, selection: tuple[str, ...], as_json: bool) -> None:
    """List checks: all, or those of the assets that are selected."""
    session = target.describing()
    bring_up_to_date(session)
    rows = check_rows(session, selection)
    if as_json:
        print_json([shapes.check_json(row) for row in rows])
        return
    if not rows:
        tell("the project defines no checks; make one with @asset_check(asset=…)")
        return
    print_table(CHECKS, rows)


@check.command("show")
@click.argument("name", type=CHECK, metavar="ASSET:CHECK")
@json_option
@target_options
def show_check(target: Target, name: str, as_json: bool) -> None:
    """Show one check: how it stands, its past results, and how the numbers in them went."""
    session = target.describing()
    bring_up_to_date(session)
    detail = check_detail(session, name)
    if as_json:
        print_json({**shapes.check_json(detail.row), "results": [shapes.evaluation_json(e) for e in detail.history]})
        return
    print_lines(check_lines(detail, clock_us(), terminal_width() - 2))


@check.command("run")
@click.argument("selection", type=SELECTION, nargs=-1, required=True)
@run_options.partition_option
@run_options.tag_option
@json_option
@target_options
def run_checks(
    target: Target, selection: tuple[str, ...], partition: str | None, tags: tuple[str, ...], as_json: bool
) -> Exit:
    """Evaluate checks alone, on what is there: each written ASSET:CHECK, or all those of the assets that are selected.

    The exit status is 1 where a check has failed with severity ERROR, or could not be evaluated.
    """
    from assettui.cli.materialize import launch_and_wait  # deferred: the engine, which no listing needs

    request = RunRequest(tags=run_options.parsed_tags(tags), partitions=run_options.parsed_partition(partition))
    return launch_and_wait(target.session(), selection, request, as_json=as_json, is_of_checks=True)
