"""The plan of a backfill: what would be made, and why some of it would not; enter starts it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from assettui.model.backfill import BackfillPlan, BackfillRequest, Which
from assettui.model.errors import AssettuiError
from assettui.model.text import clean, one_line, plural
from assettui.model.timing import duration
from assettui.service import backfills
from assettui.tui.appearance import GREY, RED, YELLOW

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult

    from assettui.core.partitions.sets import PartitionSet
    from assettui.model.keys import AssetKey
    from assettui.tui.app import AssettuiApp

MAX_LINES = 200


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
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "start", "Start"),
        Binding("escape,q", "cancel", "Close"),
        Binding("u", "toggle_upstream", "With upstream"),
        Binding("a", "which('all')", "All"),
        Binding("x", "which('missing')", "Missing"),
        Binding("f", "which('failed')", "Failed"),
        Binding("s", "which('stale')", "Stale"),
        Binding("down,j", "scroll(1)", "Down", show=False),
        Binding("up,k", "scroll(-1)", "Up", show=False),
    ]

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
        """What is asked for."""
        return BackfillRequest(self._keys, self._which, partitions=self._partitions, with_upstream=self._with_upstream)

    def compose(self) -> ComposeResult:
        """The window."""
        with Vertical() as window:
            window.border_title = "Backfill"
            with VerticalScroll():
                yield Static("working it out …", id="plan")
            yield Static(Text("enter start  u upstream  a all x missing f failed s stale  esc close"), classes="keys")

    def on_mount(self) -> None:
        """Work the plan out."""
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
            text = Text(f"{note}\n\n", style=YELLOW) + told(planned) if note else told(planned)
        title = f"{self._which.value}{', with what lies upstream' if self._with_upstream else ''}"
        self.query_one(Vertical).border_title = f"Backfill: {title}"
        self.query_one("#plan", Static).update(text)

    def action_toggle_upstream(self) -> None:
        """With all that is needed and not up to date, or without."""
        self._with_upstream = not self._with_upstream
        self._plan_anew()

    def action_which(self, name: str) -> None:
        """Of what was selected, only these."""
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
        except backfills.PlanChanged as changed:
            self.app.call_from_thread(self._show, self.request, changed.plan, changed.what)
        except AssettuiError as error:
            self.app.call_from_thread(self.app.warn, error)
        else:
            self.app.call_from_thread(self.dismiss, backfill_id)

    def action_cancel(self) -> None:
        """Close the window."""
        self.dismiss(None)

    def action_scroll(self, by: int) -> None:
        """Scroll the text."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)


def told(planned: BackfillPlan) -> Text:
    """A plan in words: how many of each asset, in which order, what is left out and why, and about how long it takes."""
    text = Text()
    about = f", about {duration(planned.estimate_us)}" if planned.estimate_us is not None else ""
    text.append(
        f"{plural(planned.count, 'partition')} of {plural(len(planned.assets), 'asset')} in "
        f"{plural(planned.runs, 'run')}{about}\n\n",
        style="bold",
    )
    width = max((len(str(each.key)) for each in planned.assets), default=0)
    for each in planned.assets[:MAX_LINES]:
        text.append(f"{one_line(str(each.key), 40):<{min(width, 40)}}  ")
        text.append(f"{each.count:>9,}  ", style="bold")
        text.append(f"{duration(each.duration_us):>7}  ", style=GREY)
        text.append(f"{one_line(each.shown, 200)}\n", style=GREY)
    if len(planned.assets) > MAX_LINES:
        text.append(f"and {plural(len(planned.assets) - MAX_LINES, 'more asset')}\n", style=GREY)
    if planned.skipped:
        text.append("\nleft out\n", style=YELLOW)
    for each in planned.skipped[:MAX_LINES]:
        text.append(
            f"{one_line(str(each.key), 40)}  {each.count:,} ({one_line(each.shown, 60)}): {one_line(each.why, 200)}\n",
            style=YELLOW,
        )
    text.rstrip()
    return text
