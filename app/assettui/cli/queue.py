"""`assettui queue`: what waits to be run, and for what; how much may go on at once."""

from __future__ import annotations

import click

from assettui.cli import as_json as shapes
from assettui.cli.output import print_json, print_table, say, tell
from assettui.cli.target import Target, json_option, target_options
from assettui.core.queue import BadLimit
from assettui.model.text import plural
from assettui.render.queue import LIMITS, WAITING
from assettui.service import queue as queues


@click.group()
def queue() -> None:
    """What waits to be run, and for what; how much may go on at once."""


@queue.command("ls")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(min=1), help="How many, the next first.")
@json_option
@target_options
def list_queue(target: Target, limit: int, as_json: bool) -> None:
    """List the runs that wait, in the order in which they are taken, and what each waits for."""
    found = queues.queue_view(target.reading(), limit)
    if as_json:
        print_json(shapes.queue_json(found))
        return
    print_table(WAITING, found.waiting)
    for step in found.steps:
        say(f"{step.run_id[:8]}  {step.step} waits for {step.waits_for}")
    more = f", {len(found.waiting)} of them shown" if found.total > len(found.waiting) else ""
    tell(f"{plural(found.total, 'run')} waiting{more}; {found.running} going on")


_EXAMPLES = """\b
Examples:
  queue limit                   what is limited, and who has it
  queue limit runs 4            at most four runs
  queue limit tag team=ops 2    at most two with that tag; team: any value, team=*: each
  queue limit pool warehouse 2  at most two steps of that pool
"""


@queue.command("limit", epilog=_EXAMPLES)
@click.argument("kind", required=False, type=click.Choice(["runs", "tag", "pool"]))
@click.argument("values", nargs=-1)
@json_option
@target_options
def limit_queue(target: Target, kind: str | None, values: tuple[str, ...], as_json: bool) -> None:
    """Show or change how much may go on at once; it counts from now on, also for a leader at work.

    Instead of a number: `none` for no limit, `default` for what the project's settings say.
    """
    session = target.session() if kind is not None else target.reading()
    if kind is not None:
        name, slots = _parsed(kind, values)
        is_default = slots == "default"
        number = None if slots in ("none", "default") else _number(slots)
        queues.set_limit(session, kind, name, number, is_default=is_default)
    found = queues.queue_view(session, 1)
    if as_json:
        print_json([shapes.limit_json(each) for each in found.limits])
        return
    print_table(LIMITS, found.limits)


def _parsed(kind: str, values: tuple[str, ...]) -> tuple[str, str]:
    wanted = 1 if kind == "runs" else 2
    if len(values) != wanted:
        form = "SLOTS" if kind == "runs" else f"{kind.upper()} SLOTS"
        raise click.UsageError(f"write: queue limit {kind} {form}")
    return ("", values[0]) if kind == "runs" else (values[0], values[1])


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise BadLimit(f"{text!r} is no limit", hint="a number from 0 up, `none` or `default`") from None
