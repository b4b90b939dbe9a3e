"""The line in which a filter is typed, while the list narrows with every letter."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widgets import Input


class FilterBox(Input):
    """A line of input; its screen keeps, leaves or undoes the filter."""

    DEFAULT_CSS = """
    FilterBox, FilterBox:focus { width: 1fr; height: 1; border: none; padding: 0 1; background: $boost; display: none; }
    FilterBox.shown { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "submit", "Keep the filter"),
        Binding("escape", "screen.clear", "Undo it"),
        Binding("up", "screen.move(-1)", "Up", show=False),
        Binding("down", "screen.move(1)", "Down", show=False),
    ]
