"""What the commands of schedules and of sensors share: how they are listed, shown, turned and ticked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assettui.cli import as_json as shapes
from assettui.cli.current import bring_up_to_date
from assettui.cli.names import SCHEDULE, SENSOR, Name
from assettui.cli.output import Exit, print_json, print_lines, print_table, say, tell
from assettui.cli.target import Target, json_option, target_options
from assettui.model.events import TickOutcome
from assettui.model.instigator import InstigatorKind
from assettui.model.timing import clock_us
from assettui.render.instigators import INSTIGATORS, instigator_lines
from assettui.render.ticks import TICKS, dry_lines, tick_lines
from assettui.service import automation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.service.session import Session


_NAMES = {
    InstigatorKind.SCHEDULE: SCHEDULE,
    InstigatorKind.SENSOR: SENSOR,
    InstigatorKind.AUTOMATION: Name("automation"),
}


def add_commands(group: click.Group, kind: InstigatorKind, *, ls: str, show: str, on: str, off: str) -> None:
    """Give a group the commands that are the same of schedules and of sensors, each with its help."""

    @group.command("ls", help=ls)
    @json_option
    @target_options
    def list_command(target: Target, as_json: bool) -> None:
        list_all(_current(target.describing()), kind, as_json=as_json)

    @group.command("show", help=show)
    @click.argument("name", type=_NAMES[kind])
    @json_option
    @target_options
    def show_command(target: Target, name: str, as_json: bool) -> None:
        show_one(_current(target.describing()), name, kind, as_json=as_json)

    for is_on, help_text in ((True, on), (False, off)):
        _add_turning(group, kind, help_text, is_on=is_on)


def _add_turning(group: click.Group, kind: InstigatorKind, help_text: str, *, is_on: bool) -> None:
    @group.command("on" if is_on else "off", help=help_text)
    @click.argument("names", type=_NAMES[kind], nargs=-1, required=True)
    @json_option
    @target_options
    def turn_command(target: Target, names: tuple[str, ...], as_json: bool) -> None:
        turn(_current(target.session()), names, kind, is_on=is_on, as_json=as_json)


def _current(session: Session) -> Session:
    bring_up_to_date(session)
    return session


def list_all(session: Session, kind: InstigatorKind, *, as_json: bool) -> None:
    """List the schedules, or the sensors."""
    rows = automation.instigators(session, kind)
    if as_json:
        print_json([shapes.instigator_json(row) for row in rows])
        return
    if not rows:
        hints = {
            InstigatorKind.SCHEDULE: "ScheduleDefinition(job=…, cron_schedule=…)",
            InstigatorKind.SENSOR: "@sensor",
            InstigatorKind.AUTOMATION: "automation_condition=AutomationCondition.eager() on an asset",
        }
        what = "automation conditions" if kind is InstigatorKind.AUTOMATION else f"{kind.value}s"
        tell(f"the project defines no {what}; make one with {hints[kind]}")
        return
    print_table(INSTIGATORS, rows)


def show_one(session: Session, name: str, kind: InstigatorKind, *, as_json: bool) -> None:
    """Show one, with its last ticks."""
    row = automation.instigator(session, name, kind)
    if as_json:
        print_json(shapes.instigator_json(row))
        return
    print_lines(instigator_lines(row, clock_us()))
    if row.ticks:
        say()
        print_table(TICKS, row.ticks)


def turn(session: Session, names: Sequence[str], kind: InstigatorKind, *, is_on: bool, as_json: bool) -> None:
    """Turn some of them on or off."""
    rows = automation.turn(session, names, kind, is_on=is_on)
    if as_json:
        print_json([shapes.instigator_json(row) for row in rows])
        return
    for row in rows:
        say(f"{kind.value} {row.name} is {'on' if row.is_on else 'off'}")
    if is_on and session.leader() is None:
        tell("nobody leads the store now: open assettui, or start `assettui up`")


def tick(session: Session, name: str, kind: InstigatorKind, at_us: int | None, *, is_dry: bool, as_json: bool) -> Exit:
    """Evaluate one now."""
    if is_dry:
        from assettui.service.loading import ensure_loaded  # deferred: as below

        ensure_loaded(session)
        dry = automation.dry_tick(session, name, kind, at_us)
        if as_json:
            print_json(shapes.dry_tick_json(dry))
        else:
            print_lines(dry_lines(dry))
        return Exit.OK if dry.outcome is not TickOutcome.FAILURE else Exit.WORK_FAILED
    from assettui.cli.work import Work  # deferred: the engine, which no listing needs

    with Work(session).leading_if_nobody_does() as work:
        found = work.tick(automation.request_tick(session, name, kind, at_us))
        if not as_json:
            print_lines(tick_lines(found))
    if as_json:
        print_json(shapes.tick_json(found))
    return Exit.OK if found.outcome is not TickOutcome.FAILURE else Exit.WORK_FAILED
