"""`assettui materialize`: build assets, and wait until they are built."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from assettui.cli import as_json as shapes
from assettui.cli.output import Exit, print_json, tell
from assettui.cli.progress import Progress, progress_for
from assettui.cli.run_options import config_option, parsed_tags, tag_option
from assettui.cli.target import Target, json_option, target_options
from assettui.core.records import RunStatus
from assettui.core.selection.algebra import SYNTAX
from assettui.engine.leading import lead
from assettui.service.catalog import catalog
from assettui.service.loading import await_loaded, ensure_loaded
from assettui.service.run_config import read_config
from assettui.service.runs import RunDetail, RunWish, cancel, follow, launch, run_detail
from assettui.service.session import Session, clock_us

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

    from assettui.engine.engine import Engine


@click.command(epilog=f"A selection: {SYNTAX}.")
@click.argument("selection", nargs=-1, required=True)
@config_option
@tag_option
@json_option
@target_options
def materialize(
    target: Target, selection: tuple[str, ...], config: Path | None, tags: tuple[str, ...], as_json: bool
) -> Exit:
    """Build assets, and wait until they are built.

    Where an assettui is open on the same store already, it does the work, and this command watches.
    """
    wish = RunWish(config=read_config(config) if config else {}, tags=parsed_tags(tags))
    return launch_and_wait(target.session(), selection, wish, as_json=as_json)


def launch_and_wait(session: Session, selection: tuple[str, ...] | None, wish: RunWish, *, as_json: bool) -> Exit:
    """Launch a run, show how it goes, and print the result.

    Args:
        session: The store.
        selection: The assets; None for what the job is about.
        wish: What else is asked for.
        as_json: Whether the result is printed as JSON.
    """
    with _Work(session).leading_if_nobody_does() as work:
        found = catalog(session)
        for warning in found.snapshot.warnings if found.snapshot else ():
            tell(f"warning: {warning}")
        run_id = launch(session, found.select(selection) if selection is not None else None, wish)
        progress = progress_for(run_detail(session, run_id), quiet=as_json)
        with progress:
            detail = work.follow(run_id, progress)
    if as_json:
        print_json(shapes.run_detail_json(detail))
    else:
        progress.conclude(detail)
    return Exit.OK if detail.run.status is RunStatus.SUCCESS else Exit.WORK_FAILED


class _Work:
    """A run that is watched, by a process that leads the store if nobody else does."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.engine: Engine | None = None

    @contextmanager
    def leading_if_nobody_does(self) -> Generator[_Work]:
        since_us = clock_us()
        self._lead()
        try:
            if self.engine is None:
                ensure_loaded(self.session)
            else:
                await_loaded(self.session, since_us, self.engine.check)
            yield self
        except BaseException:
            self._end(at_once=True)
            raise
        self._end(at_once=False)

    def follow(self, run_id: str, progress: Progress) -> RunDetail:
        """Show how a run goes until it is over; Ctrl+C cancels it, once more gives up waiting."""
        after = 0
        is_canceled = False
        while True:
            try:
                for events in follow(self.session, run_id, after=after, on_alone=self._lead):
                    for event in events:
                        progress.show(event)
                        after = event.id
                    if self.engine is not None:
                        self.engine.check()
                return run_detail(self.session, run_id)
            except KeyboardInterrupt:
                if is_canceled:
                    raise
                is_canceled = True
                tell("canceling; Ctrl+C again to leave at once")
                if not run_detail(self.session, run_id).run.status.is_over:
                    cancel(self.session, run_id)

    def _lead(self) -> None:
        """Take the lead where nobody has it, as when the leader that was to do the work has gone."""
        if self.engine is not None:
            self.engine.check()
        self.engine = lead(self.session.project, self.session.folder, face="materialize", watch_sources=False)
        if self.engine is not None:
            self.engine.start()
            self.engine.wait_until_ready()

    def _end(self, *, at_once: bool) -> None:
        if self.engine is None:
            return
        if at_once:
            self.engine.stop()
        else:
            self.engine.drain()  # others may have asked for runs that this process has taken on meanwhile
        self.engine.join()
