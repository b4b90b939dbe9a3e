"""Health: what needs attention, the worst first, each with the one key that mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Vertical
from textual.widgets import Static

from assettui.model.backfill import Which
from assettui.model.run import RunRequest
from assettui.render.assets import nothing_to_list
from assettui.render.health import AILMENTS, health_line
from assettui.render.lines import line
from assettui.service.health import Ailment, AilmentKind, health
from assettui.tui.actions import bindings
from assettui.tui.drawing import text_of
from assettui.tui.filtered_screen import FilteredScreen
from assettui.tui.listing import Listing, ListingHeader

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.service.catalog import Catalog

_WHICH = {AilmentKind.FAILED: Which.FAILED, AilmentKind.OVERDUE: Which.MISSING, AilmentKind.STALE: Which.STALE}


class AilmentList(Listing[Ailment]):
    """What needs attention, the worst first."""

    TABLE = AILMENTS


class HealthScreen(FilteredScreen):
    """What needs attention."""

    NAME = "health"
    TITLE_SHOWN = "Health"
    KEEPS_FILTER = True
    AUTO_FOCUS = "AilmentList"
    DEFAULT_CSS = """
    HealthScreen #summary { height: 1; padding: 0 1; }
    HealthScreen #list { height: 1fr; }
    HealthScreen #said { height: auto; max-height: 8; padding: 0 1; border-top: solid $foreground 25%; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("health")

    def contents(self) -> ComposeResult:
        yield from self.filter_line()
        with Vertical(id="list"):
            yield ListingHeader(AILMENTS.columns)
            yield AilmentList(id="ailments")
        yield Static(id="said")

    def reload(self) -> None:
        self.show_catalog(self.app.catalog)

    def show_catalog(self, catalog: Catalog) -> None:
        found = health(catalog)
        listed = self.query_one(AilmentList)
        listed.empty_text = nothing_to_list(catalog, "nothing needs attention: all is as it should be")
        listed.rows = found.ailments
        self.head(text_of([health_line(found)]))

    def redraw(self) -> None:
        """Show how long it has been so."""
        self.query_one(AilmentList).redraw()

    @property
    def _current(self) -> Ailment | None:
        return self.query_one(AilmentList).current

    @on(Listing.Moved)
    def show_ailment(self) -> None:
        """Show what is the matter in full, and what mends it."""
        ailment = self._current
        lines = [line(ailment.what), line(ailment.command, "dim")] if ailment is not None else []
        self.query_one("#said", Static).update(text_of(lines))

    def copied(self) -> str | None:
        """The command that would mend the one under the cursor."""
        ailment = self._current
        return ailment.command or ailment.subject if ailment is not None else None

    def action_mend(self) -> None:
        """Build what would mend it, or evaluate its check again."""
        ailment = self._current
        if ailment is None:
            return
        if ailment.kind is AilmentKind.DRIFT:
            self.app.open_preview(ailment.asset)
        elif ailment.check is not None:
            self.app.launch_run(RunRequest(checks=(ailment.check,)))
        elif ailment.is_partitioned:
            self.app.plan_backfill(ailment.build, _WHICH.get(ailment.kind, Which.MISSING))
        elif len(ailment.build) == 1:
            self.app.launch_run(RunRequest(assets=ailment.build))
        elif ailment.build:
            self.app.plan_run(ailment.build)
        else:
            self.app.tell(f"{ailment.subject} is made by something else: nothing here mends it")

    def action_expect(self) -> None:
        """Say that what looks wrong is as it should be."""
        ailment = self._current
        if ailment is not None and ailment.kind is AilmentKind.DRIFT:
            self.app.expect(ailment.asset)
        else:
            self.app.tell("this is for data that looks wrong, and is right")

    def action_why(self) -> None:
        """Open the asset that it is about."""
        ailment = self._current
        if ailment is not None:
            self.app.open_asset(ailment.asset)

    def action_preview(self) -> None:
        """Show what the value of the asset holds that it is about."""
        ailment = self._current
        if ailment is not None:
            self.app.open_preview(ailment.asset)

    @on(Listing.Chosen)
    def open(self) -> None:
        """Open the run in which it came to light, or else the asset that it is about."""
        ailment = self._current
        if ailment is not None and ailment.run_id:
            self.app.open_run(ailment.run_id)
        elif ailment is not None:
            self.app.open_asset(ailment.asset)
