"""The plan of a backfill: what would be made, and why some of it would not; enter starts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from assettui.model.backfill import BackfillPlan, BackfillRequest, Which
from assettui.model.errors import AssettuiError
from assettui.model.text import clean
from assettui.render.appearance import RED, YELLOW
from assettui.render.backfills import plan_lines
from assettui.service import backfills
from assettui.service.plans import PlanChanged
from assettui.tui.actions import bindings
from assettui.tui.drawing import text_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.core.partitions.sets import PartitionSet
    from assettui.model.keys import AssetKey
    from assettui.tui.app import AssettuiApp


class BackfillPlanScreen(ModalScreen[str | None]):
    """Shows the plan; the answer is the id of the backfill that was started.

    Args:
        keys: The assets.
        which: Which partitions of them.
        partitions: Certain partitions; None for all.
    """

    DEFAULT_CSS = """
    BackfillPlanScreen { align: center middle; }
    BackfillPlanScreen > Vertical {
        width: 90%; max-width: 120; height: auto; max-height: 90%; background: $surface; border: round $primary;
        padding: 0 1; border-title-color: $text; border-title-style: bold;
    }
    BackfillPlanScreen VerticalScroll { height: auto; max-height: 100%; scrollbar-size-vertical: 1; }
    BackfillPlanScreen .keys { dock: bottom; height: 1; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("plan")

    app: AssettuiApp  # pyright: ignore[reportIncompatibleMethodOverride] - the one app that there is

    def __init__(
        self,
        keys: Sequence[AssetKey],
        which: Which = Which.ALL,
        partitions: Mapping[AssetKey, PartitionSet] | None = None,
    ) -> None:
        super().__init__()
        self._keys = tuple(keys)
        self._partitions = partitions
        self._which = which
        self._with_upstream = False
        self._planned: BackfillPlan | None = None

    @property
    def request(self) -> BackfillRequest:
        return BackfillRequest(self._keys, self._which, partitions=self._partitions, with_upstream=self._with_upstream)

    def compose(self) -> ComposeResult:
        with Vertical() as window:
            window.border_title = "Backfill"
            with VerticalScroll():
                yield Static("working it out …", id="plan")
            yield Static(Text("enter start  u upstream  a all x missing f failed s stale  esc close"), classes="keys")

    def on_mount(self) -> None:
        self.plan(self.request)

    @work(thread=True, exclusive=True, group="plan")
    def plan(self, request: BackfillRequest) -> None:
        """Work the plan out, away from the screen."""
        try:
            planned: BackfillPlan | AssettuiError = backfills.preview(self.app.session, request)
        except AssettuiError as error:
            planned = error
        self.app.call_from_thread(self._show, request, planned)

    def _show(self, request: BackfillRequest, planned: BackfillPlan | AssettuiError, note: str = "") -> None:
        if request != self.request or not self.is_mounted:
            return
        text = Text()
        if isinstance(planned, AssettuiError):
            self._planned = None
            text.append("\n".join(map(clean, str(planned).split("\n"))), style=RED)
        else:
            self._planned = planned
            if note:
                text.append(f"{note}\n\n", style=YELLOW)
            text.append_text(text_of(plan_lines(planned)))
        title = f"{self._which.value}{', with what lies upstream' if self._with_upstream else ''}"
        self.query_one(Vertical).border_title = f"Backfill: {title}"
        self.query_one("#plan", Static).update(text)

    def action_toggle_upstream(self) -> None:
        """With all that is needed and not up to date, or without."""
        self._with_upstream = not self._with_upstream
        self._plan_anew()

    def action_which(self, name: str) -> None:
        self._which = Which(name)
        self._plan_anew()

    def _plan_anew(self) -> None:
        self._planned = None
        self.query_one("#plan", Static).update("working it out …")
        self.plan(self.request)

    def action_start(self) -> None:
        """Start the plan that is shown; while another one is being worked out there is none."""
        if self._planned is not None and self._planned.request == self.request:
            self.start(self._planned)

    @work(thread=True, exclusive=True, group="start")
    def start(self, plan: BackfillPlan) -> None:
        """Ask for it; where the world has changed since, what it would be now is shown first."""
        try:
            backfill_id = backfills.start(self.app.session, plan)
        except PlanChanged as changed:
            self.app.call_from_thread(self._show, self.request, changed.plan, changed.what)
        except AssettuiError as error:
            self.app.call_from_thread(self.app.warn, error)
        else:
            self.app.call_from_thread(self.dismiss, backfill_id)

    def action_cancel(self) -> None:
        self.dismiss(None)

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)
