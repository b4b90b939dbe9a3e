"""`assettui store`: where the store is, whether it is sound, copies of it, and making room."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from assettui.cli.output import Exit, print_json, say, tell
from assettui.cli.run_options import PathName
from assettui.cli.target import Target, json_option, target_options
from assettui.model.text import byte_count, plural
from assettui.service import maintenance as service
from assettui.store import maintenance

if TYPE_CHECKING:
    from pathlib import Path


@click.group()
def store() -> None:
    """The store itself: where it is, whether it is sound, copies of it, making room."""


@store.command("path")
@json_option
@target_options
def print_path(target: Target, as_json: bool) -> None:
    """Print where the store's file is, or would be."""
    session = target.session()
    path = str(session.folder.database)
    if as_json:
        print_json({"path": path, "exists": not session.is_new()})
        return
    say(path)


@store.command("verify")
@json_option
@target_options
def verify_store(target: Target, as_json: bool) -> Exit:
    """Look whether the store is sound.

    Its file is read whole, the state is derived once more from the events and compared, and each value is looked for.
    """
    found = maintenance.verify(target.reading().folder)
    if as_json:
        print_json({"events": found.events, "values": found.values, "problems": list(found.problems)})
    else:
        for problem in found.problems:
            say(f"✗ {problem}")
        if not found.problems:
            say(f"✓ {plural(found.events, 'event')} and {plural(found.values, 'value')}, all as it must be")
    return Exit.WORK_FAILED if found.problems else Exit.OK


@store.command("vacuum")
@json_option
@target_options
def vacuum_store(target: Target, as_json: bool) -> None:
    """Remove what nothing needs: values that nothing refers to, logs by age and size, unused room in the file.

    The settings log_days and log_megabytes say which logs are kept.
    """
    found = service.vacuum(target.reading())
    if as_json:
        print_json(
            {
                "values": {"files": found.values.files, "bytes": found.values.bytes},
                "logs": {"files": found.logs.files, "bytes": found.logs.bytes},
                "database_bytes": found.database_bytes,
            }
        )
        return
    for name, removed in (("value", found.values), ("log", found.logs)):
        say(f"{plural(removed.files, name)} removed, {byte_count(removed.bytes)}")
    if found.database_bytes is None:
        say("the file was left as it is: the store is led")
    else:
        say(f"the file is {byte_count(found.database_bytes)} smaller")


@store.command("backup")
@click.argument("folder", type=PathName())
@json_option
@target_options
def backup_store(target: Target, folder: Path, as_json: bool) -> None:
    """Copy the store, with its values, into a FOLDER that is made. It may be led meanwhile. Logs are not copied."""
    found = maintenance.backup(target.reading().folder, folder.absolute())
    if as_json:
        print_json({"path": found.path, "values": found.values, "bytes": found.bytes})
        return
    say(f"copied to {found.path}: {plural(found.values, 'value')}, {byte_count(found.bytes)} in all")


@store.command("restore")
@click.argument("folder", type=PathName(exists=True, file_okay=False))
@json_option
@target_options
def restore_store(target: Target, folder: Path, as_json: bool) -> None:
    """Put a copy, as `store backup` makes it, in the place of the store. What is there now is kept beside it."""
    found = service.restore(target.session(), folder.absolute())
    if as_json:
        print_json({"path": found.path, "values": found.values, "bytes": found.bytes, "kept": found.kept})
        return
    say(f"restored from {folder}: {plural(found.values, 'value')}")
    if found.kept:
        say(f"what was there before is in {found.kept}")


@store.command("repair")
@json_option
@target_options
def repair_store(target: Target, as_json: bool) -> Exit:
    """Make a new store of what can be read of a damaged one. The damaged one is kept beside it."""
    found = service.repaired(target.reading())
    if as_json:
        tables = [{"table": each.table, "rows": each.rows, "lost": each.lost} for each in found.tables]
        print_json({"tables": tables, "kept": found.kept})
    else:
        for each in found.tables:
            say(
                f"{'✗' if each.lost else '✓'} {each.table:<20} {plural(each.rows, 'row')}{f', lost: {each.lost}' if each.lost else ''}"
            )
        say(f"the damaged one is in {found.kept}")
        tell("`assettui store verify` says whether what is there now is sound")
    return Exit.WORK_FAILED if found.losses else Exit.OK
