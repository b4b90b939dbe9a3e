"""`assettui run logs`: what a run did and said, in the order of time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from assettui.cli import as_json as shapes
from assettui.cli.moments import parsed_ago
from assettui.cli.names import RUN
from assettui.cli.output import print_json, print_output, printed
from assettui.cli.target import Target, json_option, target_options_without_f
from assettui.model.printed import plain
from assettui.model.timing import clock_us, local
from assettui.render.events import event_lines
from assettui.service.run_logs import EVENTS, BadPattern, LogFilter, PrintedLine, RunLogs, search_pattern
from assettui.service.runs import follow, run_detail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from assettui.service.run_logs import Said
    from assettui.service.runs import RunDetail

_STREAMS = {"events": EVENTS, "stdout": "out", "stderr": "err"}


@click.command("logs")
@click.argument("run_id", type=RUN, metavar="ID")
@click.option("-f", "--follow", "is_following", is_flag=True, help="Go on until the run is over.")
@click.option("--tail", type=click.IntRange(min=0), metavar="N", help="Only the last so many; an event counts as one.")
@click.option("--since", metavar="WHEN", help="Only what was said so long ago (90s, 10m, 2h) or at a time, or later.")
@click.option(
    "--grep", metavar="PATTERN", help="Only lines in which this regular expression is found; (?i) for any case."
)
@click.option("--step", metavar="KEY", help="Only of this step.")
@click.option(
    "--stream",
    "streams",
    multiple=True,
    type=click.Choice(list(_STREAMS)),
    help="Only events, or what was printed there; may be repeated.",
)
@click.option("-t", "--timestamps", "has_times", is_flag=True, help="Show when each line was printed.")
@json_option
@target_options_without_f
def show_logs(
    target: Target,
    run_id: str,
    is_following: bool,
    tail: int | None,
    since: str | None,
    grep: str | None,
    step: str | None,
    streams: tuple[str, ...],
    has_times: bool,
    as_json: bool,
) -> None:
    """Show what a run did and said, in the order of time: its events, and what its steps printed.

    A terminal shows the colors of what was printed. What another process of a step prints is as late as what the step
    itself has logged or printed before.
    """
    if as_json and is_following:
        raise click.UsageError("--json and --follow do not go together")
    session = target.reading()
    detail = run_detail(session, run_id)
    if step is not None and step not in {each.step_key for each in detail.steps}:
        raise click.BadParameter(f"the run has no step {step!r}", param_hint="--step")
    wanted = LogFilter(
        step,
        tuple(_STREAMS[name] for name in streams or _STREAMS),
        parsed_ago(since, "--since", clock_us()) if since is not None else None,
        _finding(grep) if grep is not None else None,
    )
    logs = RunLogs(session, detail, wanted)
    is_over = not is_following
    if as_json:
        found = logs.last(tail, is_over=True) if tail is not None else logs.read_on(is_over=True)
        print_json(_as_json(detail, step, found))
        return
    if tail is not None:
        print_output(_lines(logs.last(tail, is_over=is_over), has_times=has_times))
    elif not is_following:
        print_output(_lines(logs.read_on(is_over=True), has_times=has_times))
    if is_following:
        for _ in follow(session, detail.run.run_id):
            print_output(_lines(logs.read_on(is_over=False), has_times=has_times))
        print_output(_lines(logs.read_on(is_over=True), has_times=has_times))


def _finding(pattern: str) -> Callable[[Said], bool]:
    try:
        found = search_pattern(pattern).search
    except BadPattern as error:
        raise click.BadParameter(str(error), param_hint="--grep") from error

    def is_wanted(said: Said) -> bool:
        return any(found(plain(line)) for _, line in _lines([said]))

    return is_wanted


def _lines(all_said: Iterable[Said], *, has_times: bool = False) -> Iterator[tuple[str, str]]:
    """The lines, each behind what is to stand before it."""
    for said in all_said:
        if isinstance(said, PrintedLine):
            time = f"{local(said.time_us)}  " if has_times else ""
            yield f"{time}{said.step_key} {said.stream}| ", said.text
        else:
            yield from (("", printed(cell)) for cell in event_lines(said))


def _as_json(detail: RunDetail, step: str | None, found: Iterable[Said]) -> dict[str, Any]:
    events: list[Any] = []
    lines: dict[tuple[str, str], list[str]] = {}
    for said in found:
        if isinstance(said, PrintedLine):
            text = f"{said.text}\n" if said.is_ended else said.text
            lines.setdefault((said.step_key, said.stream), []).append(text)
        else:
            events.append(shapes.event_json(said))
    wanted = [each.step_key for each in detail.steps if step in (None, each.step_key)]
    output = [
        {"step": key, "stdout": "".join(lines.get((key, "out"), ())), "stderr": "".join(lines.get((key, "err"), ()))}
        for key in dict.fromkeys([*wanted, *(key for key, _ in lines)])  # a step may have begun meanwhile
    ]
    return {"run_id": detail.run.run_id, "events": events, "output": output}
