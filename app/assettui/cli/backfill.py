"""`assettui backfill`: many partitions, in dependency order."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from assettui.cli import as_json as shapes
from assettui.cli.backfill_progress import progress_for
from assettui.cli.current import bring_up_to_date
from assettui.cli.moments import parsed_span
from assettui.cli.names import SELECTION
from assettui.cli.output import Exit, print_json, print_lines, print_table, say, tell, terminal_width
from assettui.cli.run_options import (
    config_option,
    parsed_ranges,
    parsed_tags,
    range_option,
    tag_option,
    yes_option,
)
from assettui.cli.target import Target, json_option, target_options
from assettui.core.backfill_target import NothingToDo
from assettui.core.selection.syntax import SYNTAX
from assettui.model.backfill import BackfillCommand, BackfillPlan, BackfillRequest, BackfillStatus, Which
from assettui.model.errors import LaunchError
from assettui.model.text import plural
from assettui.model.timing import clock_us
from assettui.render.backfills import BACKFILLS, backfill_lines, plan_lines, size, skipped_line
from assettui.service import backfills
from assettui.service.run_config import read_config

if TYPE_CHECKING:
    from pathlib import Path

    from assettui.service.session import Session


@click.group()
def backfill() -> None:
    """Build many partitions, in dependency order, as parallel as they can be."""


@backfill.command("start", epilog=f"A selection: {SYNTAX}.")
@click.argument("selection", type=SELECTION, nargs=-1, required=True)
@click.option("--all", "which", flag_value="all", default=True, help="All partitions that there are.  [default]")
@click.option("--missing", "which", flag_value="missing", help="Those that were never materialized.")
@click.option("--failed", "which", flag_value="failed", help="Those whose last attempt has failed.")
@click.option("--stale", "which", flag_value="stale", help="Those that are stale.")
@range_option
@click.option("--keys", metavar="K,K", multiple=True, help="These partitions; may be repeated.")
@click.option(
    "--since", metavar="30d", help="Those that begin within so many minutes (m), hours (h), days (d), weeks (w)."
)
@click.option("--with-upstream", is_flag=True, help="First all that they need and that is not up to date.")
@click.option("--max-concurrent", type=click.IntRange(min=1), metavar="N", help="So many runs at once.")
@click.option("--priority", type=int, default=0, metavar="N", help="Higher ones are launched first.  [default: 0]")
@click.option("--title", help="What it is called.")
@config_option
@tag_option
@click.option("--dry-run", is_flag=True, help="Show the plan, and launch nothing.")
@click.option("--wait", "is_waiting", is_flag=True, help="Wait until it is over.")
@yes_option
@json_option
@target_options
def start_backfill(
    target: Target,
    selection: tuple[str, ...],
    which: str | None,
    range_: str | None,
    keys: tuple[str, ...],
    since: str | None,
    with_upstream: bool,
    max_concurrent: int | None,
    priority: int,
    title: str | None,
    config: Path | None,
    tags: tuple[str, ...],
    dry_run: bool,
    is_waiting: bool,
    is_sure: bool,
    as_json: bool,
) -> Exit:
    """Build partitions of assets, each as soon as what it needs is there."""
    named = [key for each in keys for key in each.split(",") if key]
    request = BackfillRequest(
        (),
        Which(which or "all"),
        parsed_ranges(range_, named),
        clock_us() - parsed_span(since, "--since") if since is not None else None,
        with_upstream=with_upstream,
        title=title,
        tags=parsed_tags(tags),
        max_concurrent=max_concurrent,
        priority=priority,
        config=read_config(config) if config else {},
    )
    session = target.describing() if dry_run else target.session()
    if is_waiting and not dry_run:
        return start_and_wait(session, selection, request, is_sure=is_sure, as_json=as_json)
    bring_up_to_date(session)
    try:
        plan = backfills.preview(session, request, selection)
    except NothingToDo as error:
        return _nothing_to_do(error, as_json=as_json)
    if dry_run:
        print_json(shapes.plan_json(plan)) if as_json else print_lines(plan_lines(plan))
        return Exit.OK
    _ask_if_many(session, plan, is_sure=is_sure)
    backfill_id = backfills.start(session, plan)
    if as_json:
        print_json(shapes.backfill_json(backfills.detail(session, backfill_id).backfill))
    else:
        say(f"backfill {backfill_id[:8]}: {size(plan)}")
        if session.leader() is None:
            tell("nobody leads the store now: it begins with the next assettui, or `assettui up`; or give --wait")
    return Exit.OK


def start_and_wait(
    session: Session,
    selection: tuple[str, ...],
    request: BackfillRequest,
    *,
    is_sure: bool,
    as_json: bool,
) -> Exit:
    """Start a backfill of what is selected, show how it goes, and print the result."""
    from assettui.cli.work import Work  # deferred: the engine, which no listing needs

    with Work(session).leading_if_nobody_does() as work:
        with session.reading() as connection:
            for warning in session.state(connection).snapshot.warnings:
                tell(f"warning: {warning}")
        try:
            plan = backfills.preview(session, request, selection)
        except NothingToDo as error:
            return _nothing_to_do(error, as_json=as_json)
        _ask_if_many(session, plan, is_sure=is_sure)
        backfill_id = backfills.start(session, plan)
        for each in plan.skipped:
            tell(f"skipped: {skipped_line(each)}")
        with progress_for(quiet=as_json) as progress:
            ended = work.follow_backfill(backfill_id, progress.show)
    if as_json:
        print_json(shapes.backfill_result_json(ended))
    else:
        _show_result(session, ended.backfill_id)
    return Exit.OK if ended.status is BackfillStatus.SUCCESS else Exit.WORK_FAILED


@backfill.command("ls")
@click.option("--limit", default=20, show_default=True, type=click.IntRange(min=1), help="How many, the newest first.")
@json_option
@target_options
def list_backfills(target: Target, limit: int, as_json: bool) -> None:
    """List backfills, the newest first."""
    page = backfills.page(target.reading(), limit=limit)
    if as_json:
        print_json([shapes.backfill_json(each) for each in page.backfills])
        return
    print_table(BACKFILLS, page.backfills)
    if page.total > len(page.backfills):
        tell(f"{len(page.backfills)} of {plural(page.total, 'backfill')}; see more with --limit")


@backfill.command("show")
@click.argument("backfill_id", metavar="ID")
@json_option
@target_options
def show_backfill(target: Target, backfill_id: str, as_json: bool) -> None:
    """Show one backfill: how far it has come, and what failed, by error. ID may be the beginning of the id."""
    session = target.reading()
    if as_json:
        print_json(shapes.backfill_detail_json(backfills.detail(session, backfill_id)))
        return
    _show_result(session, backfill_id)


def _asking(wanted: BackfillCommand, help_text: str) -> None:
    @backfill.command(wanted.value, help=help_text)
    @click.argument("backfill_id", metavar="ID")
    @json_option
    @target_options
    def command(target: Target, backfill_id: str, as_json: bool) -> None:
        session = target.reading()
        before = backfills.command(session, wanted, backfill_id)
        if session.leader() is None:
            tell(f"nobody leads the store now: the next assettui to do so will {wanted.value} it")
        if as_json:
            print_json(shapes.backfill_json(backfills.detail(session, before.backfill_id).backfill))
        else:
            say(f"backfill {before.backfill_id[:8]}: asked to {wanted.value}")


_asking(BackfillCommand.PAUSE, "Launch nothing more of a backfill for now; what runs goes on.")
_asking(BackfillCommand.RESUME, "Go on with a backfill that was paused.")
_asking(BackfillCommand.CANCEL, "Launch nothing more of a backfill, and end what runs.")
_asking(BackfillCommand.RETRY, "Try again what of a backfill has failed, and what that had held up.")


def _nothing_to_do(error: NothingToDo, *, as_json: bool) -> Exit:
    """All is as it should be, which is no failure."""
    if as_json:
        print_json(shapes.NO_BACKFILL)
    else:
        say(error.what)
    return Exit.OK


def _ask_if_many(session: Session, planned: BackfillPlan, *, is_sure: bool) -> None:
    limit = session.project.settings.confirm_partitions
    if is_sure or planned.count <= limit:
        return
    if not sys.stdin.isatty():
        raise LaunchError(
            f"the backfill is of {planned.count:,} partitions, more than {limit:,}",
            hint="say --yes, or set confirm_partitions in [tool.assettui]",
        )
    click.confirm(f"{size(planned)}. Start?", abort=True, err=True)


def _show_result(session: Session, backfill_id: str) -> None:
    print_lines(backfill_lines(backfills.detail(session, backfill_id), clock_us(), terminal_width()))
