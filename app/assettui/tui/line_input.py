"""Lines of input that are shown while something is typed into them: a filter, or what is searched for in a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.widgets import Input

from assettui.tui.actions import bindings

if TYPE_CHECKING:
    from textual.binding import BindingType


class LineInput(Input):
    """One line, hidden unless it has the class `shown`."""

    DEFAULT_CSS = """
    LineInput, LineInput:focus { width: 1fr; height: 1; border: none; padding: 0 1; background: $boost; display: none; }
    LineInput.shown { display: block; }
    """


class FilterBox(LineInput):
    """The list narrows with every letter; its screen keeps, leaves or undoes the filter."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("filter")


class SearchBox(LineInput):
    """A regular expression; its screen searches for it, and stops."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("search")


class ConditionBox(LineInput):
    """What is asked of a table, or where it is to be written; its screen does so, or leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("condition")
