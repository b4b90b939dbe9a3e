"""Lines of input that are shown while something is typed into them: a filter, or what is searched for in a log."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import Input

from assettui.tui.actions import bindings

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeGuard

    from textual.binding import BindingType
    from textual.widget import Widget
    from textual.widgets import TextArea


class TypedInto:
    """What is typed into besides an `Input`: it takes each letter, whatever that means elsewhere."""


def is_typed_into(widget: Widget | None) -> TypeGuard[Input | TextArea]:
    """Whether letters go into it, and so are no keys."""
    return isinstance(widget, (Input, TypedInto))


class SteadyInput(Input):
    """One whose cursor does not blink: a screen on which nothing happens sends nothing."""

    def on_mount(self) -> None:
        self.cursor_blink = False


class LineInput(SteadyInput):
    """One line, hidden unless it has the class `shown`."""

    DEFAULT_CSS = """
    LineInput, LineInput:focus { width: 1fr; height: 1; border: none; padding: 0 1; background: $boost; display: none; }
    LineInput.shown { display: block; }
    """


class Completed(Suggester):
    """Suggests what a function says that a text may become.

    Args:
        complete: Given the text, the longer one; None for nothing.
    """

    def __init__(self, complete: Callable[[str], str | None]) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        """The longer text."""
        return self._complete(value)


class FilterBox(LineInput):
    """The list narrows with every letter; its screen keeps, leaves or undoes the filter."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("filter")

    def action_complete(self) -> None:
        """Take what is suggested, if anything is."""
        self.action_cursor_right()


class SearchBox(LineInput):
    """A regular expression; its screen searches for it, and stops."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("search")


class ConditionBox(LineInput):
    """What is asked of a table, or where it is to be written; what shows the table does so."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("condition")

    class Left(Message):
        """Nothing is asked."""

    def action_leave(self) -> None:
        self.post_message(self.Left())
