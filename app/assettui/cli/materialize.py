"""`assettui materialize`: build assets, and wait until they are built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from assettui.cli import as_json as shapes
from assettui.cli import run_options
from assettui.cli.names import SELECTION
from assettui.cli.output import Exit, print_json, tell
from assettui.cli.progress import progress_for
from assettui.cli.target import Target, json_option, target_options
from assettui.cli.work import Work
from assettui.core.selection.syntax import SYNTAX
from assettui.model.backfill import BackfillRequest
from assettui.model.events import EventKind
from assettui.model.run import RunRequest, RunStatus
from assettui.service.checks import selected_checks
from assettui.service.run_config import read_config
from assettui.service.runs import events_of, launch, retried_by_itself, retry, run_detail

if TYPE_CHECKING:
    from pathlib import Path

    from assettui.service.session import Session


@click.command(epilog=f"A selection: {SYNTAX}.")
@click.argument("selection", type=SELECTION, nargs=-1, required=True)
@run_options.partition_option
@run_options.range_option
@run_options.config_option
@run_options.tag_option
@run_options.yes_option
@json_option
@target_options
def materialize(
    target: Target,
    selection: tuple[str, ...],
    partition: str | None,
    range_: str | None,
    config: Path | None,
    tags: tuple[str, ...],
    is_sure: bool,
    as_json: bool,
) -> Exit:
    """Build assets, and wait until they are built.

    Of assets with partitions, name one, or a range: it is built as a backfill.
    Where an assettui is open on the same store already, it does the work, and this command watches.
    """
    said, given_tags = read_config(config) if config else {}, run_options.parsed_tags(tags)
    if range_ is None:
        request = RunRequest(config=said, tags=given_tags, partitions=run_options.parsed_partition(partition))
        return launch_and_wait(target.session(), selection, request, as_json=as_json)
    if partition is not None:
        raise click.UsageError("--partition and --range do not go together")
    from assettui.cli.backfill import start_and_wait  # deferred: a run needs nothing that backfills do

    wanted = BackfillRequest((), ranges=run_options.parsed_ranges(range_, ()), config=said, tags=given_tags)
    return start_and_wait(target.session(), selection, wanted, is_sure=is_sure, as_json=as_json)


def launch_and_wait(
    session: Session,
    selection: tuple[str, ...] | None,
    request: RunRequest,
    *,
    as_json: bool,
    is_of_checks: bool = False,
) -> Exit:
    """Launch a run, show how it goes, and print the result.

    Args:
        session: The store.
        selection: The assets; None for what the job is about.
        request: What else is asked for.
        as_json: Whether the result is printed as JSON.
        is_of_checks: Whether the checks that are selected are evaluated, and nothing is made; one that fails is a failure.
    """
    with Work(session).leading_if_nobody_does() as work:
        with session.reading() as connection:
            state = session.state(connection)
            for warning in state.snapshot.warnings:
                tell(f"warning: {warning}")
            keys = None
            if selection is not None and is_of_checks:
                request = replace(request, assets=(), checks=selected_checks(state, selection))
            elif selection is not None:
                keys, checks = state.select_terms_with_checks(selection)
                request = replace(request, checks=checks) if request.checks is None else request
        run_id = launch(session, keys, request)
        ended = follow_and_conclude(work, run_id, as_json=as_json)
    if is_of_checks and any(event.kind is EventKind.CHECK_FAILED for event in events_of(session, run_id, limit=-1)):
        return Exit.WORK_FAILED
    return ended


def retry_and_wait(session: Session, run_id: str, *, from_failure: bool, as_json: bool) -> Exit:
    """Try a run again, show how it goes, and print the result."""
    with Work(session).leading_if_nobody_does() as work:
        return follow_and_conclude(work, retry(session, run_id, from_failure=from_failure), as_json=as_json)


def follow_and_conclude(work: Work, run_id: str, *, as_json: bool) -> Exit:
    """Show how a run goes, and print the result."""
    next_id = run_id
    while True:
        progress = progress_for(run_detail(work.session, next_id), quiet=as_json)
        with progress:
            detail = work.follow_run(next_id, progress)
        again = retried_by_itself(work.session, detail.run) if detail.run.status is RunStatus.FAILURE else None
        if again is None:
            break
        next_id = again
        tell(f"run {detail.run.run_id[:8]} failed: {detail.run.error}; it is tried again")
    if as_json:
        print_json(shapes.run_detail_json(detail))
    else:
        progress.conclude(detail)
    return Exit.OK if detail.run.status is RunStatus.SUCCESS else Exit.WORK_FAILED
