"""What makes an asset by itself: the schedules and sensors that may ask for it, and why its condition is true, or not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import VerticalScroll
from textual.widgets import Static

from assettui.model.errors import NotFound
from assettui.model.timing import clock_us
from assettui.render.explain import explain_lines
from assettui.service.automation import instigators_of
from assettui.service.explain import Explanation, explain
from assettui.tui.actions import bindings
from assettui.tui.asset_tabs import AUTOMATION, TabbedScreen
from assettui.tui.automation import ShowsInstigators
from assettui.tui.drawing import text_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult
    from textual.binding import BindingType


class AssetAutomationScreen(ShowsInstigators, TabbedScreen):
    """See above."""

    TAB = AUTOMATION
    NOTHING = (
        "nothing makes it by itself: give it automation_condition=AutomationCondition.eager(), or a job a schedule"
    )
    DEFAULT_CSS = """
    AssetAutomationScreen #list { height: auto; max-height: 40%; }
    AssetAutomationScreen InstigatorList { height: auto; min-height: 1; }
    AssetAutomationScreen #said { height: 1fr; padding: 0 1; border-top: solid $foreground 25%; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("asset_automation")

    @dataclass
    class Loaded(ShowsInstigators.Loaded):
        """What may ask for it, and what its condition comes to now."""

        condition: Explanation | None

    _condition: Explanation | None = None

    def contents(self) -> ComposeResult:
        yield self.tabs()
        yield from super().contents()
        with VerticalScroll(id="said"):
            yield Static(id="condition")

    def _fetch(self) -> Iterator[Loaded]:
        session = self.app.session
        try:
            condition = explain(session, str(self._key), self._partition)
        except NotFound:  # it has none
            condition = None
        yield self.Loaded(instigators_of(session, self._key), condition)

    @on(Loaded)
    def show_condition(self, message: Loaded) -> None:
        """Show what its condition comes to."""
        self._condition = message.condition
        self._draw()

    def redraw(self) -> None:
        """Count down, and show how long ago it was."""
        super().redraw()
        self._draw()

    def _draw(self) -> None:
        lines = explain_lines(self._condition, clock_us()) if self._condition is not None else []
        self.query_one("#condition", Static).update(text_of(lines))
