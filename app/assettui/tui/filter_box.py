"""The line in which a filter is typed, while the list narrows with every letter."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.widgets import Input

from assettui.tui.actions import bindings

if TYPE_CHECKING:
    from textual.binding import BindingType


class FilterBox(Input):
    """A line of input; its screen keeps, leaves or undoes the filter."""

    DEFAULT_CSS = """
    FilterBox, FilterBox:focus { width: 1fr; height: 1; border: none; padding: 0 1; background: $boost; display: none; }
    FilterBox.shown { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("filter")
