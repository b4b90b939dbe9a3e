"""Work that a command waits for, done by this process where no other leads the store."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from assettui.cli.output import IMPORTING, PATIENCE_S, tell, telling_after
from assettui.engine.leading import lead
from assettui.model.backfill import BackfillCommand
from assettui.model.events import StepStarted
from assettui.model.timing import SECOND_US, clock_us
from assettui.render.bell import ring
from assettui.service.loading import await_loaded, ensure_loaded
from assettui.service.own_work import ended_text
from assettui.service.runs import LOOK_EVERY_S, RunDetail, cancel, follow, run_detail
from assettui.store.wake_socket import WakeClient

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable

    from assettui.cli.progress import Progress
    from assettui.engine.engine import Engine
    from assettui.model.backfill import BackfillRecord
    from assettui.model.events import Event, Tick
    from assettui.service.automation import TickRequest
    from assettui.service.session import Session


class Work:
    """A run or a backfill that is watched, by a process that leads the store if nobody else does."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.engine: Engine | None = None

    @contextmanager
    def leading_if_nobody_does(self) -> Generator[Work]:
        """Lead meanwhile, if nobody else does; the project is loaded when this begins."""
        since_us = clock_us()
        self._lead()
        try:
            with telling_after(IMPORTING):
                if self.engine is None:
                    ensure_loaded(self.session)
                else:
                    await_loaded(self.session, since_us, self.engine.check)
            yield self
        except BaseException:
            self._end(at_once=True)
            raise
        self._end(at_once=False)

    def follow_run(self, run_id: str, progress: Progress) -> RunDetail:
        """Show how a run goes until it is over; Ctrl+C cancels it, once more gives up waiting."""
        after = 0
        is_canceled = False
        waiting = _Waiting(self.session, run_id)
        while True:
            try:
                for events in follow(self.session, run_id, after=after, on_alone=self._lead):
                    for event in events:
                        progress.show(event)
                        after = event.id
                    waiting.look(events)
                    if self.engine is not None:
                        self.engine.check()
                detail = run_detail(self.session, run_id)
                self._ring(ended_text("run", run_id, detail.run))
                return detail
            except KeyboardInterrupt:
                if is_canceled:
                    raise
                is_canceled = True
                tell("canceling; Ctrl+C again to leave at once")
                if not run_detail(self.session, run_id).run.status.is_over:
                    cancel(self.session, run_id)

    def follow_backfill(self, backfill_id: str, show: Callable[[BackfillRecord], None]) -> BackfillRecord:
        """Show how a backfill goes until it is over; Ctrl+C cancels it, once more gives up waiting."""
        from assettui.service import backfills  # deferred: runs alone need none of it

        is_canceled = False
        while True:
            try:
                last: BackfillRecord | None = None
                for last in backfills.follow(self.session, backfill_id, on_alone=self._lead):
                    show(last)
                    if self.engine is not None:
                        self.engine.check()
                ended = last or backfills.detail(self.session, backfill_id).backfill
                self._ring(ended_text("backfill", backfill_id, ended))
                return ended
            except KeyboardInterrupt:
                if is_canceled:
                    raise
                is_canceled = True
                tell("canceling; Ctrl+C again to leave at once")
                if not backfills.detail(self.session, backfill_id).backfill.status.is_over:
                    backfills.command(self.session, BackfillCommand.CANCEL, backfill_id)

    def _ring(self, said: str | None) -> None:
        """Ring the terminal, where somebody may have turned to something else meanwhile."""
        if said is not None and self.session.project.settings.bell and sys.stderr.isatty():
            sys.stderr.write(ring(said))
            sys.stderr.flush()

    def tick(self, request: TickRequest) -> Tick:
        """Wait until a tick that was asked for is recorded."""
        from assettui.service import automation  # deferred: runs alone need none of it

        wake_client = WakeClient(self.session.folder.socket)
        try:
            while (found := automation.requested_tick(self.session, request)) is None:
                if self.engine is not None:
                    self.engine.check()
                if self.session.leader() is None:  # whoever was asked has gone, and may have forgotten it
                    self._lead()
                    request = automation.request_again(self.session, request)
                wake_client.wait(LOOK_EVERY_S)
        finally:
            wake_client.close()
        return found

    def _lead(self) -> None:
        """Take the lead where nobody has it, as when the leader that was to do the work has gone."""
        if self.engine is not None:
            self.engine.check()
        self.engine = lead(self.session.project, self.session.folder, face=_command(), watch_sources=False)
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


def _command() -> str:
    """The command that this is, as it is typed: `job run`."""
    return " ".join(click.get_current_context().command_path.split()[1:])


class _Waiting:
    """Says what a run waits for, where nothing of it has begun after a second, and again where that is something else."""

    def __init__(self, session: Session, run_id: str) -> None:
        self._session = session
        self._run_id = run_id
        self._since_us = clock_us()
        self._has_begun = False
        self._said: str | None = None

    def look(self, events: Iterable[Event]) -> None:
        """Look again, knowing these events of it."""
        self._has_begun = self._has_begun or any(isinstance(event, StepStarted) for event in events)
        if self._has_begun or clock_us() - self._since_us < PATIENCE_S * SECOND_US:
            return
        from assettui.service.queue import waits_of  # deferred: most runs begin at once

        run = run_detail(self._session, self._run_id).run
        reason = None if run.status.is_over else waits_of(self._session, run) or "a worker"
        if reason is not None and reason != self._said:
            self._said = reason
            tell(f"run {run.run_id[:8]} waits for {reason}")
