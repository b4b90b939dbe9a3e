"""`assettui up`: the engine without a screen."""

from __future__ import annotations

import os
import signal
import sys

import click

from assettui.cli.output import Exit, print_json, tell
from assettui.cli.signals import Signals
from assettui.cli.target import Target, json_option, target_options
from assettui.core.errors import StoreError
from assettui.engine.leading import lead


@click.command()
@json_option
@target_options
def up(target: Target, as_json: bool) -> Exit:
    """Lead the store without a screen: runs that are asked for elsewhere are carried out, schedules and sensors ticked.

    SIGTERM and Ctrl+C cancel what runs and end it. It outlives its terminal: a hang-up ends nothing.
    """
    session = target.session()

    def stop(number: signal.Signals) -> None:
        tell(f"{number.name}: canceling what runs, then ending")
        engine.stop()

    with Signals({signal.SIGTERM: stop, signal.SIGINT: stop, signal.SIGHUP: _leave_terminal}) as signals:
        found = lead(
            session.project, session.folder, face="up", watch_sources=True, is_ticking=True, on_end=signals.end
        )
        if found is None:
            leader = session.leader()
            who = f" ({leader.face}, pid {leader.pid})" if leader else ""
            raise StoreError(f"the store {session.folder.database} is led by another process{who}")
        engine = found
        engine.start()
        engine.wait_until_ready()
        if as_json:
            print_json({"pid": os.getpid(), "store": str(session.folder.database), "project": session.project.name})
        tell(f"leading {session.folder.database} for {session.project.name}; Ctrl+C ends it")
        signals.wait()
    engine.check()
    return Exit.OK


def _leave_terminal(number: signal.Signals) -> None:
    """The terminal is gone: nothing can be read from it or written to it any more."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (sys.stdin, sys.stdout, sys.stderr):
        try:
            if os.isatty(stream.fileno()):
                os.dup2(nowhere, stream.fileno())
        except (OSError, ValueError):
            continue
    os.close(nowhere)
