"""A screen whose list narrows as one types: the same key, the same line and the same ways out wherever something is listed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on
from textual.containers import Horizontal
from textual.widgets import Static

from assettui.model.text import plural
from assettui.tui.line_input import Completed, FilterBox
from assettui.tui.listing import Listing
from assettui.tui.main_screen import MainScreen

if TYPE_CHECKING:
    from rich.text import Text
    from textual.app import ComposeResult


class FilteredScreen(MainScreen):
    """One with a list that can be narrowed. A subclass may say what a filter means; else lines have all of its words."""

    DEFAULT_CSS = """
    FilteredScreen #narrowing { height: 1; background: $boost; display: none; }
    FilteredScreen #narrowing.shown { display: block; }
    FilteredScreen #counts { width: auto; height: 1; padding: 0 1; color: $text-muted; }
    """
    FILTER_HINT: ClassVar[str] = "words that a line has, all of them"
    KEEPS_FILTER: ClassVar[bool] = False
    """Whether the filter is there again when the screen is opened anew, by its name."""

    def filter_line(self, value: str = "") -> ComposeResult:
        """The line in which it is typed, hidden where there is none."""
        value = value or (self.app.filters.get(self.NAME, "") if self.KEEPS_FILTER else "")
        with Horizontal(id="narrowing"):
            yield FilterBox(
                value, suggester=Completed(self.completed), placeholder=self.FILTER_HINT, compact=True, id="filter"
            )
            yield Static(id="counts")

    @property
    def listed(self) -> Listing[Any]:
        """What is narrowed."""
        return cast("Listing[Any]", self.query_one(Listing))  # pyright: ignore[reportUnknownMemberType]

    @property
    def filter_text(self) -> str:
        return self.query_one(FilterBox).value

    def completed(self, text: str) -> str | None:
        """What a filter that is being typed may be meant to become."""
        return None

    def narrow(self, text: str) -> None:
        """Show what matches."""
        self.listed.narrow(text)
        found, total = len(self.listed.rows), self.listed.total
        self.say_filter(f"{found:,} of {plural(total, 'line')}" if text else "")

    def say_filter(self, said: Text | str) -> None:
        """Say what comes of the filter, beside it; and show that there is one."""
        box = self.query_one(FilterBox)
        is_narrowed = bool(box.value) or self.focused is box
        box.set_class(is_narrowed, "shown")
        self.query_one("#narrowing").set_class(is_narrowed, "shown")
        self.query_one("#counts", Static).update(said)

    def action_filter(self) -> None:
        """Type a filter."""
        self.query_one("#narrowing").add_class("shown")
        self.set_focus(self.query_one(FilterBox).add_class("shown"))

    @on(FilterBox.Changed, "#filter")
    def narrow_to_it(self) -> None:
        """Show what matches so far."""
        if self.KEEPS_FILTER:
            self.app.filters[self.NAME] = self.filter_text
        self.narrow(self.filter_text)

    @on(FilterBox.Submitted, "#filter")
    def keep_filter(self) -> None:
        """Go back to the list, filtered."""
        self.set_focus(self.listed)
        self.call_after_refresh(self.narrow, self.filter_text)

    def action_move(self, by: int) -> None:
        """Move the cursor of the list while the filter is typed."""
        self.listed.action_move(by)

    def action_clear(self) -> None:
        """Undo the filter."""
        box = self.query_one(FilterBox)
        box.value = ""
        self.set_focus(self.listed)
        self.call_after_refresh(self.narrow, "")

    def action_back(self) -> None:
        """Undo the filter, or else go back to where one came from."""
        if self.filter_text or self.focused is self.query_one(FilterBox):
            self.action_clear()
        else:
            super().action_back()
