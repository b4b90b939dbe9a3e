"""`assettui up`: the engine without a screen."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

import click

from assettui.cli.output import Exit, print_json, tell
from assettui.cli.target import Target, json_option, target_options
from assettui.engine.leading import lead
from assettui.model.errors import StoreError
from assettui.project.opened import note_opened
from assettui.service.signals import Signals, leave_terminal
from assettui.store.wake_socket import WakeClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from assettui.engine.engine import Engine
    from assettui.service.session import Session

LOOK_AGAIN_S, LOOK_EVERY_S = 0.005, 1.0
"""Who stands by looks again so soon after it was woken, then less and less often, down to so often."""


@click.command()
@click.option("--standby", "is_standing_by", is_flag=True, help="Where another process leads, wait until it is gone.")
@json_option
@target_options
def up(target: Target, is_standing_by: bool, as_json: bool) -> Exit:
    """Lead the store without a screen: runs that are asked for elsewhere are carried out, schedules and sensors ticked.

    SIGTERM and Ctrl+C cancel what runs and end it. It outlives its terminal: a hang-up ends nothing.
    """
    session = target.session()
    note_opened(session.project, session.folder.named)
    wanted = threading.Event()
    engine: Engine | None = None

    def stop(number: signal.Signals) -> None:
        wanted.set()
        if engine is None:
            signals.end()
            return
        tell(f"{number.name}: canceling what runs, then ending")
        engine.stop()

    def hang_up(number: signal.Signals) -> None:
        leave_terminal()

    with Signals({signal.SIGTERM: stop, signal.SIGINT: stop, signal.SIGHUP: hang_up}) as signals:
        engine = _lead(session, signals.end)
        if engine is None and is_standing_by:
            tell(f"standing by: {_who(session)} leads {session.folder.database}")
            engine = _await_lead(session, signals, wanted)
            if engine is None:
                return Exit.OK
        if engine is None:
            raise StoreError(
                f"the store {session.folder.database} is led by another process ({_who(session)})",
                hint="--standby waits until it is gone",
            )
        engine.start()
        engine.wait_until_ready()
        if as_json:
            print_json({"pid": os.getpid(), "store": str(session.folder.database), "project": session.project.name})
        tell(f"leading {session.folder.database} for {session.project.name}; Ctrl+C ends it")
        signals.wait()
    engine.check()
    return Exit.OK


def _lead(session: Session, on_end: Callable[[], None]) -> Engine | None:
    return lead(session.project, session.folder, face="up", watch_sources=True, is_ticking=True, on_end=on_end)


def _who(session: Session) -> str:
    leader = session.leader()
    return leader.named if leader is not None else "which has just gone"


def _await_lead(session: Session, signals: Signals, is_unwanted: threading.Event) -> Engine | None:
    """Lead as soon as nobody else does; None where this process was asked to end before."""
    wake_client, wait_s = WakeClient(session.folder.socket), LOOK_AGAIN_S
    try:
        while not is_unwanted.is_set():
            engine = _lead(session, signals.end) if session.leader() is None else None
            if engine is not None:
                return engine
            # The socket ends with the leader, though a moment before its lease may be had.
            is_woken = wake_client.wait(wait_s)
            wait_s = LOOK_AGAIN_S if is_woken else min(2 * wait_s, LOOK_EVERY_S)
    finally:
        wake_client.close()
    return None
