"""Opening the screens: lead or follow, paint what the store knows, and only then begin to work."""

from __future__ import annotations

import gc
import os
import signal
import sys
from typing import TYPE_CHECKING

from assettui.core.graph import AssetGraph
from assettui.core.partitioned_graph import PartitionedGraph
from assettui.core.partitions.definition import AsOf
from assettui.model.errors import ProjectError
from assettui.project.screen_memory import remembered
from assettui.project.user_settings import read_user_settings
from assettui.service.catalog import Catalog, catalog
from assettui.service.signals import Signals
from assettui.tui.leadership import Lead

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.service.session import Session


def open_screens(session: Session, build: Sequence[str] = (), *, is_tour: bool = False) -> int:
    """Show the screens until the user leaves them; gives the exit status.

    Args:
        session: The store.
        build: A selection that is built as soon as the project is loaded.
        is_tour: Whether to begin with a tour through them.

    Raises:
        ProjectError: The user's settings are wrong; there is no terminal to show them in, or no Python that this process could run user code in.
        StoreError: The store cannot be opened.
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise ProjectError("the screens need a terminal", hint="without one, use the commands: see `assettui --help`")
    terminal = os.environ.get("TERM", "")
    if terminal in ("", "dumb", "unknown"):
        raise ProjectError(
            f"the screens cannot be drawn on this terminal: TERM is {terminal!r}",
            hint="set TERM to what it is, as xterm-256color; or use the commands: see `assettui --help`",
        )
    session.project.interpreter.require()
    gc.disable()  # until the first frame is there: collecting while nothing is garbage yet costs a tenth of the start
    settings = read_user_settings()
    known = _known(session)  # before anything is started: a store that cannot be read is told in plain text
    leading = Lead(session)  # its worker imports the project while this process imports Textual
    from assettui.tui.app import AssettuiApp  # deferred: 0.2 s, which the worker uses

    app = AssettuiApp(session, leading, known, build, remembered() if not is_tour else None, settings)
    if is_tour:
        app.begin_tour()
    try:
        app.run()
        if app.signals.is_terminal_lost:
            _go_on_without_screens(session, leading)
    finally:
        if leading.engine is not None and leading.engine.is_alive():
            leading.engine.stop()
            leading.engine.join()
    return app.return_code or 0


def _go_on_without_screens(session: Session, leading: Lead) -> None:
    """The terminal is gone: what this process leads goes on, until there is nothing to do, or somebody ends it."""
    engine = leading.engine
    if engine is None or not leading.is_held():
        return

    def stop(number: signal.Signals) -> None:
        engine.stop()

    def ignore(number: signal.Signals) -> None:
        """There is no terminal to lose any more."""

    with Signals({signal.SIGTERM: stop, signal.SIGINT: stop, signal.SIGHUP: ignore}) as signals:
        engine.on_end(signals.end)
        if not session.project.settings.keep_running:
            engine.linger()
        signals.wait()


def _known(session: Session) -> Catalog:
    """The catalog as the store has it; an empty one where there is no store yet."""
    if not session.is_new():
        return catalog(session)
    graph = AssetGraph(())
    return Catalog(session.project.name, graph, PartitionedGraph(graph, AsOf(0)), (), None, None, None)
