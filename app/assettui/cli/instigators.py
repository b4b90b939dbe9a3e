"""What the commands of schedules and of sensors share: how they are listed, shown, turned and ticked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assettui.cli import automation_json as shapes
from assettui.cli.current import bring_up_to_date
from assettui.cli.output import Exit, print_json, say, table, tell
from assettui.cli.target import Target, json_option, target_options
from assettui.core.timeline import zone_named
from assettui.model.events import Tick, TickOutcome
from assettui.model.instigator import InstigatorKind
from assettui.model.text import one_line, plural
from assettui.model.timing import ago, clock_us, duration, local
from assettui.service import automation
from assettui.service.automation_text import next_in, subject, what_it_did, when

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.service.automation import DryTick
    from assettui.service.session import Session


def add_commands(group: click.Group, kind: InstigatorKind, *, ls: str, show: str, on: str, off: str) -> None:
    """Give a group the commands that are the same of schedules and of sensors, each with its help."""

    @group.command("ls", help=ls)
    @json_option
    @target_options
    def list_command(target: Target, as_json: bool) -> None:
        list_all(_current(target), kind, as_json=as_json)

    @group.command("show", help=show)
    @click.argument("name")
    @json_option
    @target_options
    def show_command(target: Target, name: str, as_json: bool) -> None:
        show_one(_current(target), name, kind, as_json=as_json)

    for is_on, help_text in ((True, on), (False, off)):
        _add_turning(group, kind, help_text, is_on=is_on)


def _add_turning(group: click.Group, kind: InstigatorKind, help_text: str, *, is_on: bool) -> None:
    @group.command("on" if is_on else "off", help=help_text)
    @click.argument("names", nargs=-1, required=True)
    @json_option
    @target_options
    def turn_command(target: Target, names: tuple[str, ...], as_json: bool) -> None:
        turn(_current(target), names, kind, is_on=is_on, as_json=as_json)


def _current(target: Target) -> Session:
    session = target.session()
    bring_up_to_date(session)
    return session


def list_all(session: Session, kind: InstigatorKind, *, as_json: bool) -> None:
    """List the schedules, or the sensors."""
    rows = automation.instigators(session, kind)
    if as_json:
        print_json([shapes.instigator_json(row) for row in rows])
        return
    if not rows:
        hint = "ScheduleDefinition(job=…, cron_schedule=…)" if kind is InstigatorKind.SCHEDULE else "@sensor"
        tell(f"the project defines no {kind.value}s; make one with {hint}")
        return
    now_us = clock_us()
    table(
        (kind.value.upper(), "STATE", "WHEN", "OF", "LAST", "DID", "NEXT"),
        (
            (
                row.name,
                "on" if row.is_on else "off",
                when(row),
                subject(row),
                ago(row.last.ended_us, now_us) if row.last is not None else "never",
                what_it_did(row.last) if row.last is not None else "",
                next_in(row, now_us),
            )
            for row in rows
        ),
    )


def show_one(session: Session, name: str, kind: InstigatorKind, *, as_json: bool) -> None:
    """Show one, with its last ticks."""
    row = automation.instigator(session, name, kind)
    if as_json:
        print_json(shapes.instigator_json(row))
        return
    described, now_us = row.snapshot, clock_us()
    say(f"{kind.value} {row.name}")
    if described.description:
        say(described.description)
    who = "by hand" if row.state.is_manual else "by default"
    since = f" since {local(row.state.since_us)}" if row.state.since_us else ""
    say(f"state    {'on' if row.is_on else 'off'} {who}{since}")
    say(f"when     {when(row)}")
    if described.kind is InstigatorKind.SCHEDULE:
        bound = f", at most {described.catch_up_limit}" if described.catch_up.value == "all" else ""
        say(f"missed   {described.catch_up.value}{bound}")
    if subject(row):
        say(f"of       {subject(row)}")
    for tag, value in described.tags.items():
        say(f"tag      {tag}={value}")
    for label, value in described.metadata.items():
        say(f"{label:<8} {value.show()}")
    if kind is InstigatorKind.SENSOR:
        say(f"cursor   {one_line(row.state.cursor, 200) if row.state.cursor else 'none'}")
    if row.next_us is not None:
        say(f"next     {local(row.next_us, zone_named(described.zone_name))} {described.zone_name}")
    if described.at is not None:
        say(f"source   {described.at}")
    if row.ticks:
        say()
        tick_table(row.ticks, now_us, has_name=False)


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
            _show_dry(dry)
        return Exit.OK if dry.outcome is not TickOutcome.FAILURE else Exit.WORK_FAILED
    from assettui.cli.work import Work  # deferred: the engine, which no listing needs

    with Work(session).leading_if_nobody_does() as work:
        found = work.tick(automation.request_tick(session, name, kind, at_us))
        if not as_json:
            show_tick(found)
    if as_json:
        print_json(shapes.tick_json(found))
    return Exit.OK if found.outcome is not TickOutcome.FAILURE else Exit.WORK_FAILED


def tick_table(found: Sequence[Tick], now_us: int, *, has_name: bool) -> None:
    """Ticks as a table."""
    header = ("TICK", *(("OF",) if has_name else ()), "WHEN", "FOR", "TOOK", "DID", "RUNS")
    table(
        header,
        (
            (
                str(each.id),
                *((each.instigator,) if has_name else ()),
                ago(each.ended_us, now_us),
                local(each.scheduled_us),
                duration(each.ended_us - each.started_us),
                what_it_did(each),
                " ".join(run_id[:8] for run_id in each.run_ids[:4]) + (" …" if len(each.runs) > 4 else ""),
            )
            for each in found
        ),
    )


def show_tick(found: Tick) -> None:
    """One tick: what it came to, and what it said."""
    by = " by hand" if found.is_manual else ""
    say(f"tick {found.id} of {found.instigator_kind.value} {found.instigator}{by}: {found.outcome.value}")
    say(f"for      {local(found.scheduled_us)}")
    say(f"took     {duration(found.ended_us - found.started_us)}")
    if found.missed:
        say(f"missed   {plural(found.missed, 'tick')} before it")
    if found.skip_reason:
        say(f"skipped  {found.skip_reason}")
    for run in found.runs:
        say(f"run      {run.run_id}{f'  {run.run_key}' if run.run_key else ''}")
    for run_key in found.known_run_keys:
        say(f"known    {run_key}: a run of this key was asked for before")
    for request in found.keys:
        say(f"{'added' if request.are_added else 'removed':<8} {request.name}: {', '.join(request.keys)}")
    if found.cursor_after is not None:
        say(f"cursor   {found.cursor_before or 'none'} → {found.cursor_after or 'none'}")
    for line in found.log:
        say(f"{line.level:<8} {line.message}")
    if found.error is not None:
        say(f"error    {found.error.message}")
        if found.error.traceback:
            say(found.error.traceback.rstrip())


def _show_dry(dry: DryTick) -> None:
    found = dry.evaluation
    say(f"a tick of {dry.name} for {local(dry.scheduled_us)} would be: {dry.outcome.value}")
    if found.skip_reason:
        say(f"skipped  {found.skip_reason}")
    for request in found.runs:
        of = request.job or (", ".join(map(str, request.assets)) if request.assets else "its assets")
        known = " (asked for before)" if request.run_key in dry.known_run_keys else ""
        partition = f" {request.partition_key}" if request.partition_key else ""
        key = f"  {request.run_key}{known}" if request.run_key else ""
        say(f"run      of {of}{partition}{key}")
    for request in found.keys:
        say(f"{'add' if request.are_added else 'remove':<8} {request.name}: {', '.join(request.keys)}")
    if found.cursor is not None:
        say(f"cursor   {found.cursor or 'none'}")
    for line in found.log:
        say(f"{line.level:<8} {line.message}")
    if found.error is not None:
        say(f"error    {found.error.message}")
        if found.error.traceback:
            say(found.error.traceback.rstrip())
