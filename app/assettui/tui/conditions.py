"""The automation conditions that are evaluated together, and why each has its asset made, or not: as a tree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from assettui.model.check import AssetCheckKey
from assettui.model.errors import NotFound
from assettui.model.keys import AssetKey
from assettui.model.timing import clock_us
from assettui.render.assets import nothing_to_list
from assettui.render.conditions import CONDITIONS
from assettui.render.explain import explain_lines
from assettui.service.conditions import ConditionRow, condition_rows
from assettui.service.explain import Explanation, explain
from assettui.tui.actions import bindings
from assettui.tui.drawing import text_of
from assettui.tui.fetching import Fetching, Newest
from assettui.tui.filtered_screen import FilteredScreen
from assettui.tui.listing import Listing, ListingHeader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult
    from textual.binding import BindingType


class ConditionList(Listing[ConditionRow]):
    """Conditions, in the order of the definition."""

    TABLE = CONDITIONS


class ConditionsScreen(FilteredScreen):
    """The conditions that one automation evaluates.

    Args:
        name: The automation.
    """

    AUTO_FOCUS = "ConditionList"
    DEFAULT_CSS = """
    ConditionsScreen #list { height: 1fr; }
    ConditionsScreen #said { height: 2fr; padding: 0 1; border-top: solid $foreground 25%; scrollbar-size-vertical: 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("conditions")

    @dataclass
    class Loaded(Newest):
        """The conditions as they are now, and why the one under the cursor is true, or not."""

        rows: list[ConditionRow]

    @dataclass
    class Explained(Newest):
        """Why one is true, or not."""

        found: Explanation

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name_of = name
        self._found: Explanation | None = None
        self._entity: str | None = None
        self._fetching = Fetching(self, self._fetch)
        self._explaining = Fetching(self, self._explain)

    def crumb(self) -> str:
        return self._name_of

    def contents(self) -> ComposeResult:
        yield from self.filter_line()
        with Vertical(id="list"):
            yield ListingHeader(CONDITIONS.columns)
            yield ConditionList(id="conditions")
        with VerticalScroll(id="said"):
            yield Static(id="tree")

    def reload(self) -> None:
        self._fetching.ask()
        self._explaining.ask()

    def _fetch(self) -> Iterator[Loaded]:
        yield self.Loaded(condition_rows(self.app.session, self._name_of))

    def _explain(self) -> Iterator[Explained]:
        entity = self._entity
        if entity is None:
            return
        try:
            yield self.Explained(explain(self.app.session, entity))
        except NotFound:  # the project was edited
            return

    @on(Loaded)
    def show(self, message: Loaded) -> None:
        listed = self.query_one(ConditionList)
        listed.empty_text = nothing_to_list(
            self.app.catalog,
            "no asset has an automation condition: automation_condition=AutomationCondition.eager() gives one",
        )
        listed.rows = message.rows

    @on(Listing.Moved)
    def show_condition(self) -> None:
        """Explain the one under the cursor."""
        row = self.query_one(ConditionList).current
        entity = row.entity if row is not None else None
        if entity != self._entity:
            self._entity, self._found = entity, None
            self.query_one("#said").scroll_home(animate=False)
            self._explaining.ask()
            self._draw()

    @on(Explained)
    def show_explanation(self, message: Explained) -> None:
        """Show the tree, where the cursor stands there still."""
        if message.found.entity == self._entity:
            self._found = message.found
            self._draw()

    def redraw(self) -> None:
        """Show how long ago it was."""
        self.query_one(ConditionList).redraw()
        self._draw()

    def _draw(self) -> None:
        lines = explain_lines(self._found, clock_us()) if self._found is not None else []
        self.query_one("#tree", Static).update(text_of(lines))

    def copied(self) -> str | None:
        """The asset or check under the cursor."""
        return self._entity

    def action_switch_focus(self) -> None:
        """From the list to the tree, to scroll it, or back."""
        tree, listed = self.query_one("#said"), self.query_one(ConditionList)
        self.set_focus(listed if self.focused is tree else tree)

    @on(Listing.Chosen)
    def open(self) -> None:
        """Open the asset under the cursor, or the one that the check is of."""
        if self._entity is not None:
            is_check = ":" in self._entity
            key = AssetCheckKey.from_user_string(self._entity).asset_key if is_check else AssetKey(self._entity)
            self.app.open_asset(key)

    def action_tick(self) -> None:
        """Evaluate all of them now."""
        self.app.tick_instigator(self._name_of)

    def action_ticks(self) -> None:
        """Show the past ticks."""
        from assettui.tui.instigator import InstigatorScreen  # deferred: until it is asked for

        self.app.push_screen(InstigatorScreen(self._name_of))
