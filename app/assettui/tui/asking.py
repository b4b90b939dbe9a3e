"""What the app asks of whoever leads the store, for its screens: runs, backfills, ticks; and the words that it says about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import work

from assettui.model.errors import AssettuiError
from assettui.model.run import RunRequest
from assettui.model.text import plural
from assettui.render.appearance import YELLOW
from assettui.render.lines import BLANK, line
from assettui.render.run_plan import plan_lines, plan_title
from assettui.service.own_work import OwnWork
from assettui.service.plans import PlanChanged
from assettui.service.runs import PlannedRun, launch, preview, start
from assettui.tui.drawing import text_of
from assettui.tui.fetching import Newest
from assettui.tui.painting import PaintingApp
from assettui.tui.questions import Question

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from assettui.core.partitions.sets import PartitionSet
    from assettui.model.backfill import BackfillCommand, Which
    from assettui.model.keys import AssetKey
    from assettui.service.catalog import Catalog
    from assettui.service.session import Session


class AskingApp(PaintingApp):
    """See above.

    Args:
        session: The store.
        theme: The colors.
        is_dark: Whether the terminal's background was dark the last time.
    """

    catalog: Catalog
    """The store as it was last seen."""

    @dataclass
    class Changed(Newest):
        """Something was committed to the store."""

    def __init__(self, session: Session, theme: str = "auto", *, is_dark: bool | None = None) -> None:
        super().__init__(theme, is_dark=is_dark)
        self.session = session
        self.own_work = OwnWork()
        """What was started from these screens."""

    # Runs.

    def plan_run(self, keys: Sequence[AssetKey], on_start: Callable[[], None] = lambda: None) -> None:
        """Work out what building these assets would do, and show it; it is started if that is confirmed."""
        self.plan_request(RunRequest(assets=tuple(keys)), on_start)

    @work(thread=True)
    def plan_request(self, request: RunRequest, on_start: Callable[[], None] = lambda: None) -> None:
        """Work out what a run would do, and show it; it is started if that is confirmed."""
        try:
            planned = preview(self.session, request)
        except AssettuiError as error:
            self.call_from_thread(self.warn, error)
        else:
            self.call_from_thread(self._show_plan, planned, on_start)

    def _show_plan(self, planned: PlannedRun, on_start: Callable[[], None], note: str = "") -> None:
        plan, job = planned.plan, planned.request.job
        lines = [line(note, YELLOW), BLANK] if note else []
        lines += plan_lines(plan)

        def build(answer: bool | None) -> None:
            if answer:
                self._start(planned, on_start)

        title = f"{f'Run job {job}:' if job else 'Build'} {plan_title(plan, self.catalog)}"
        self.push_screen(Question(title, text_of(lines), "build"), build)

    def start_run(self, planned: PlannedRun) -> None:
        """Ask for what was shown."""
        self._start(planned, lambda: None)

    @work(thread=True)
    def _start(self, planned: PlannedRun, on_start: Callable[[], None]) -> None:
        """Ask for what was shown; where it would be something else by now, show that first."""
        try:
            run_id = start(self.session, planned)
        except PlanChanged as changed:
            self.call_from_thread(self._show_plan, changed.plan, on_start, changed.what)
        except AssettuiError as error:
            self.call_from_thread(self.warn, error)
        else:
            self.call_from_thread(self._tell_run, run_id, planned.request, on_start, len(planned.plan.assets))

    @work(thread=True)
    def launch_run(self, request: RunRequest, on_start: Callable[[], None] = lambda: None) -> None:
        """Ask for a run at once."""
        try:
            run_id = launch(self.session, None, request)
        except AssettuiError as error:
            self.call_from_thread(self.warn, error)
        else:
            self.call_from_thread(self._tell_run, run_id, request, on_start, len(request.assets or ()))

    def _tell_run(self, run_id: str, request: RunRequest, on_start: Callable[[], None], count: int) -> None:
        self.own_work.began_run(run_id)
        on_start()
        what = plural(count, "asset") if count else plural(len(request.checks or ()), "check")
        self.tell(f"run {run_id[:8]}: {what}")

    # Backfills.

    def plan_backfill(
        self,
        keys: Sequence[AssetKey],
        which: Which,
        partitions: Mapping[AssetKey, PartitionSet] | None = None,
        on_start: Callable[[], None] = lambda: None,
    ) -> None:
        """Show what a backfill would do; enter starts it."""
        from assettui.tui.backfill_plan import BackfillPlanScreen

        def started(backfill_id: str | None) -> None:
            if backfill_id is not None:
                on_start()
                self._tell_backfill(backfill_id)

        self.push_screen(BackfillPlanScreen(keys, which, partitions), started)

    @work(thread=True)
    def backfill_missing(self, keys: Sequence[AssetKey]) -> None:
        """Ask, without showing the plan, for a backfill of all that is missing."""
        from assettui.core.backfill_target import NothingToDo
        from assettui.model.backfill import BackfillRequest, Which
        from assettui.service import backfills

        try:
            plan = backfills.preview(self.session, BackfillRequest(tuple(keys), Which.MISSING))
            backfill_id = backfills.start(self.session, plan)
        except NothingToDo:
            return  # all of it is there already
        except AssettuiError as error:
            self.call_from_thread(self.warn, error)
        else:
            self.call_from_thread(self._tell_backfill, backfill_id)

    def _tell_backfill(self, backfill_id: str) -> None:
        self.own_work.began_backfill(backfill_id)
        self.tell(f"backfill {backfill_id[:8]} — B shows how it goes")

    def command_backfill(self, wanted: BackfillCommand, backfill_id: str) -> None:
        """Ask for a backfill to pause, go on, stop, or try again what has failed."""
        from assettui.service import backfills

        def ask() -> str:
            backfills.command(self.session, wanted, backfill_id)
            return f"backfill {backfill_id[:8]}: asked to {wanted.value}"

        self.carry_out(ask)

    # What is going on.

    def cancel_run(self, run_id: str) -> None:
        from assettui.service import runs

        def cancel() -> None:
            runs.cancel(self.session, run_id)

        self.carry_out(cancel)

    def retry_run(self, run_id: str, *, from_failure: bool) -> None:
        """Ask for a run to be tried again."""
        from assettui.service import runs

        def retry() -> str:
            new_id = runs.retry(self.session, run_id, from_failure=from_failure)
            return f"run {run_id[:8]} is tried again: run {new_id[:8]}"

        self.carry_out(retry)

    def turn_instigator(self, name: str, *, is_on: bool) -> None:
        """Turn a schedule or sensor on or off."""
        from assettui.service import automation

        def turn() -> str:
            automation.turn(self.session, [name], None, is_on=is_on)
            return f"{name} is {'on' if is_on else 'off'}"

        self.carry_out(turn)

    def tick_instigator(self, name: str) -> None:
        """Ask for a schedule or sensor to be evaluated now."""
        from assettui.service import automation

        def ask() -> str:
            automation.request_tick(self.session, name, None)
            return f"{name}: asked for a tick"

        self.carry_out(ask)

    @work(thread=True)
    def carry_out(self, command: Callable[[], str | None]) -> None:
        """Change something in the store, away from the screen; tell what it says, or why it could not be done."""
        try:
            said = command()
        except AssettuiError as error:
            self.call_from_thread(self.warn, error)
            return
        if said is not None:
            self.call_from_thread(self.tell, said)
        self.post_message(self.Changed())

    # Words.

    def tell(self, text: str) -> None:
        """Say something that fades."""
        self.notify(text)

    def warn(self, error: AssettuiError) -> None:
        """Say what could not be done, and what to do."""
        self.notify(str(error), severity="error")
