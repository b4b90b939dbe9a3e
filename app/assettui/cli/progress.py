"""How a run goes: bars on a terminal, lines in a pipe, nothing where JSON is wanted."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol, Self

from assettui.cli.output import say, tell
from assettui.model import events
from assettui.model.check import CheckOutcome
from assettui.model.run import CHECK_FAILED, RunStatus, StepError, StepStatus
from assettui.model.text import clean, one_line, plural
from assettui.model.timing import duration

if TYPE_CHECKING:
    from types import TracebackType

    from assettui.model.keys import AssetKey
    from assettui.service.runs import RunDetail

_GLYPHS = {
    StepStatus.SUCCESS: "✓",
    StepStatus.FAILURE: "✗",
    StepStatus.SKIPPED: "↷",
    StepStatus.CANCELED: "■",
}


class Progress(Protocol):
    """Shows the events of one run, between enter and exit; `conclude` says how it ended."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, event: events.Event) -> None: ...

    def conclude(self, detail: RunDetail) -> None:
        """Say how the run ended."""
        ...


def progress_for(detail: RunDetail, *, quiet: bool) -> Progress:
    """The kind of progress that fits where the output goes."""
    if sys.stderr.isatty():
        return _Bars(detail, quiet=quiet)
    return _Lines(quiet=quiet)


class Tally:
    """What the events of a run have told so far."""

    def __init__(self) -> None:
        self.started: dict[str, int] = {}
        """When each step began."""
        self.rows: dict[str, int] = {}
        """How many rows each step made, where it said."""
        self.materialized: set[AssetKey] = set()
        self.observed: set[AssetKey] = set()
        self.checks: dict[CheckOutcome, int] = {}
        """How many results of checks came to what."""


class _Lines:
    """A line as each step ends."""

    def __init__(self, *, quiet: bool) -> None:
        self.quiet = quiet
        self.tally = Tally()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return

    def show(self, event: events.Event) -> None:
        line = step_line(event, self.tally)
        if line and not self.quiet:
            say(line)

    def conclude(self, detail: RunDetail) -> None:
        conclude(detail, self.tally)


class _Bars:
    """One bar for the run, above it what has ended, beside it what is running."""

    def __init__(self, detail: RunDetail, *, quiet: bool) -> None:
        # deferred: 40 ms that a pipe need not pay
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as RichProgress

        self.quiet = quiet
        self.tally = Tally()
        self.running: dict[str, None] = {}
        self.bars: Any = RichProgress(
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.description}", markup=False),
            console=Console(stderr=True),
            transient=True,
        )
        self.task = self.bars.add_task("", total=len(detail.steps))

    def __enter__(self) -> Self:
        self.bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.bars.stop()

    def show(self, event: events.Event) -> None:
        line = step_line(event, self.tally)
        match event:
            case events.StepStarted():
                self.running[event.step_key or ""] = None
            case events.StepRetried():
                self.running.pop(event.step_key or "", None)
            case events.RunExpanded():
                grown = len(event.steps) - len(event.replaced)
                self.bars.update(self.task, total=(self.bars.tasks[0].total or 0) + grown)
            case events.StepEnded():
                self.running.pop(event.step_key or "", None)
                self.bars.advance(self.task)
            case _:
                pass
        self.bars.update(self.task, description=one_line(", ".join(self.running), 60))
        if line and not self.quiet:
            self.bars.console.print(clean(line), markup=False, highlight=False, soft_wrap=True)

    def conclude(self, detail: RunDetail) -> None:
        conclude(detail, self.tally)


def step_line(event: events.Event, tally: Tally) -> str | None:
    """What to say of an event, if anything; the tally is kept."""
    step, started, rows = event.step_key or "", tally.started, tally.rows
    match event:
        case events.StepStarted():
            started[step] = event.time_us
        case events.Materialization():
            tally.materialized.add(event.asset_key)
            if event.rows is not None:
                rows[step] = rows.get(step, 0) + event.rows
        case events.Observation():
            tally.observed.add(event.asset_key)
        case events.CheckEvaluation():
            tally.checks[event.outcome] = tally.checks.get(event.outcome, 0) + 1
            if not event.passed and not event.is_stopping:  # that is told with its step
                said = f": {one_line(event.description, 200)}" if event.description else ""
                glyph = "!" if event.outcome is CheckOutcome.WARNED else "✗"
                return f"{glyph} check {event.check_key} {event.outcome.value}{said}"
        case events.StepRetried():
            reason = one_line(event.error.message, 200) if event.error is not None else ""
            return f"↻ {step}  retry {event.retry}  {reason}"
        case events.StepEnded():
            took = f"  {duration(event.time_us - started[step])}" if step in started else ""
            made = f"  {plural(rows[step], 'row')}" if step in rows else ""
            reason = f"  {one_line(event.error.message, 200)}" if event.error is not None else ""
            return f"{_GLYPHS[event.status]} {step}{took}{made}{reason}"
        case _:
            pass
    return None


def conclude(detail: RunDetail, tally: Tally) -> None:
    """Say how a run ended, and show the tracebacks of the steps that failed."""
    for step in detail.steps:
        if step.status is StepStatus.FAILURE and step.error is not None:
            _show_error(step.step_key, step.error)
    run = detail.run
    ended_us = run.ended_us or run.created_us
    by_check = sum(step.error is not None and step.error.kind == CHECK_FAILED for step in detail.steps)
    counts = {status: sum(step.status is status for step in detail.steps) for status in StepStatus}
    counts[StepStatus.FAILURE] -= by_check  # told as a check that has failed
    made, seen = len(tally.materialized), len(tally.observed)
    parts = [
        f"{plural(made, 'asset')} materialized" if made else "",
        f"{plural(seen, 'asset')} observed" if seen else "",
        f"{plural(counts[StepStatus.SUCCESS], 'step')} done"
        if counts[StepStatus.SUCCESS] and not (made + seen or tally.checks)
        else "",
        *(
            f"{counts[status]:,} {word}"
            for status, word in (
                (StepStatus.FAILURE, "failed"),
                (StepStatus.SKIPPED, "skipped"),
                (StepStatus.CANCELED, "canceled"),
            )
            if counts[status]
        ),
        *(f"{plural(count, 'check')} {outcome.value}" for outcome, count in sorted(tally.checks.items())),
    ]
    summary = ", ".join(part for part in parts if part) or "nothing materialized"
    line = f"run {run.run_id[:8]} {run.status.value}: {summary} in {duration(ended_us - run.created_us)}"
    (say if run.status is RunStatus.SUCCESS else tell)(line)
    if run.status is RunStatus.FAILURE and not counts[StepStatus.FAILURE] + by_check and run.error:
        tell(run.error)


def _show_error(step_key: str, error: StepError) -> None:
    tell(f"\n✗ {step_key}: {error.message}")
    if error.traceback:
        tell(error.traceback.rstrip())
