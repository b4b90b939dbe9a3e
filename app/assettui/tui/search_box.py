"""The line in which is typed what is searched for in a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.widgets import Input

from assettui.tui.actions import bindings

if TYPE_CHECKING:
    from textual.binding import BindingType


class SearchBox(Input):
    """A line of input, a regular expression; its screen searches for it, and stops."""

    DEFAULT_CSS = """
    SearchBox, SearchBox:focus { width: 1fr; height: 1; border: none; padding: 0 1; background: $boost; display: none; }
    SearchBox.shown { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("search")
