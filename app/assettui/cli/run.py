"""`assettui run`: what was run, how it went, what it said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assettui.cli import as_json as shapes
from assettui.cli.moments import parsed_ago
from assettui.cli.output import Exit, print_json, print_lines, print_table, say, tell
from assettui.cli.run_options import parsed_tags
from assettui.cli.target import Target, json_option, target_options, target_options_without_f
from assettui.model.keys import AssetKey
from assettui.model.run import ANY_RUN, RunFilter, RunStatus, StepRecord
from assettui.model.text import plural
from assettui.model.timing import clock_us
from assettui.render.events import event_lines
from assettui.render.runs import RUNS, failure_lines, run_lines, steps_table
from assettui.service.runs import RunDetail, cancel, events_of, follow, log_file, run_detail, run_page

if TYPE_CHECKING:
    from pathlib import Path

    from assettui.model.events import Event
    from assettui.service.session import Session

_PAGE = 1_000


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
@click.option("--job", metavar="NAME", help="Only those of this job.")
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
@click.argument("run_id", metavar="ID")
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


@run.command("logs")
@click.argument("run_id", metavar="ID")
@click.option("-f", "--follow", "is_following", is_flag=True, help="Go on until the run is over.")
@click.option("--step", help="Only of this step.")
@json_option
@target_options_without_f
def show_logs(target: Target, run_id: str, is_following: bool, step: str | None, as_json: bool) -> None:
    """Show what a run did and said: its events, and what its steps printed."""
    session = target.reading()
    detail = run_detail(session, run_id)
    if step is not None and step not in {each.step_key for each in detail.steps}:
        raise click.BadParameter(f"the run has no step {step!r}", param_hint="--step")
    if as_json and not is_following:
        print_json(_logs_json(session, detail, step))
        return
    if as_json:
        raise click.UsageError("--json and --follow do not go together")
    _Printer(session, detail, step).print_all(is_following=is_following)


@run.command("retry")
@click.argument("run_id", metavar="ID")
@click.option("--from-failure", is_flag=True, help="Only what did not succeed; the rest is used as it is.")
@json_option
@target_options
def retry_run(target: Target, run_id: str, from_failure: bool, as_json: bool) -> Exit:
    """Run again what was run, as it was asked for then, and wait until it is over."""
    from assettui.cli.materialize import retry_and_wait  # deferred: the engine, which no listing needs

    return retry_and_wait(target.reading(), run_id, from_failure=from_failure, as_json=as_json)


@run.command("cancel")
@click.argument("run_id", metavar="ID")
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


class _Printer:
    """Prints events as they come, and what steps print, each line behind the step's name."""

    def __init__(self, session: Session, detail: RunDetail, step: str | None) -> None:
        self.session = session
        self.run_id = detail.run.run_id
        self.only = step
        self.steps: list[StepRecord] = [each for each in detail.steps if step in (None, each.step_key)]
        self.read: dict[Path, int] = {}

    def print_all(self, *, is_following: bool) -> None:
        if is_following:
            for events in follow(self.session, self.run_id):
                self._print(events)
        else:
            after = 0
            while events := events_of(self.session, self.run_id, after=after, limit=_PAGE):
                self._print(events)
                after = events[-1].id
        self._print_output(is_last=True)

    def _print(self, events: list[Event]) -> None:
        for event in events:
            if self.only in (None, event.step_key):
                print_lines((cell,) for cell in event_lines(event))
        self._print_output(is_last=False)

    def _print_output(self, *, is_last: bool) -> None:
        for step in self.steps:
            for stream in ("out", "err"):
                path = log_file(self.session, self.run_id, step.step_key, stream)
                self._print_file(path, f"{step.step_key} {stream}| ", is_last=is_last)

    def _print_file(self, path: Path, prefix: str, *, is_last: bool) -> None:
        try:
            with path.open("rb") as file:
                file.seek(self.read.get(path, 0))
                for line in file:
                    if not line.endswith(b"\n") and not is_last:
                        return  # not yet whole
                    say(prefix + line.rstrip(b"\r\n").decode("utf-8", "replace"))
                    self.read[path] = self.read.get(path, 0) + len(line)
        except FileNotFoundError:
            return


def _logs_json(session: Session, detail: RunDetail, step: str | None) -> dict[str, object]:
    run_id = detail.run.run_id
    events: list[Event] = []
    while page := events_of(session, run_id, after=events[-1].id if events else 0, limit=_PAGE):
        events.extend(page)
    return {
        "run_id": run_id,
        "events": [shapes.event_json(event) for event in events if step in (None, event.step_key)],
        "output": [
            {
                "step": each.step_key,
                "stdout": _text_of(log_file(session, run_id, each.step_key, "out")),
                "stderr": _text_of(log_file(session, run_id, each.step_key, "err")),
            }
            for each in detail.steps
            if step in (None, each.step_key)
        ],
    }


def _text_of(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except FileNotFoundError:
        return ""
