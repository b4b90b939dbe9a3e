"""`assettui up`: the engine without a screen."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

import click

from assettui.cli.output import Exit, print_json, tell
from assettui.cli.target import Target, json_option, target_options
from assettui.core.errors import StoreError
from assettui.engine.leading import lead

if TYPE_CHECKING:
    from types import FrameType


@click.command()
@json_option
@target_options
def up(target: Target, as_json: bool) -> Exit:
    """Lead the store without a screen, until SIGTERM or Ctrl+C: runs that are asked for elsewhere are carried out."""
    session = target.session()
    has_ended = threading.Event()
    engine = lead(session.project, session.folder, face="up", watch_sources=True, is_ticking=True, on_end=has_ended.set)
    if engine is None:
        leader = session.leader()
        who = f" ({leader.face}, pid {leader.pid})" if leader else ""
        raise StoreError(f"the store {session.folder.database} is led by another process{who}")

    def stop(number: int, frame: FrameType | None) -> None:
        tell(f"{signal.Signals(number).name}: canceling what runs, then ending")
        engine.stop()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    engine.start()
    engine.wait_until_ready()
    if as_json:
        print_json({"pid": os.getpid(), "store": str(session.folder.database), "project": session.project.name})
    tell(f"leading {session.folder.database} for {session.project.name}; Ctrl+C ends it")
    has_ended.wait()
    engine.check()
    return Exit.OK
