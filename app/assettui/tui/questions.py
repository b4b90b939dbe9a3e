"""Questions and long texts, each in a window above the screen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, cast

from rich.text import Text
from textual.containers import Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from assettui.model.text import clean, clean_lines
from assettui.tui.actions import bindings

if TYPE_CHECKING:
    from textual.app import App, ComposeResult
    from textual.binding import BindingType


class _Window(ModalScreen[bool]):
    """A titled window with a text that can be scrolled, and a line of keys."""

    DEFAULT_CSS = """
    _Window { align: center middle; }
    _Window > Vertical {
        width: 90%; max-width: 110; height: auto; max-height: 90%; background: $surface; border: round $primary;
        padding: 0 1; border-title-color: $text; border-title-style: bold;
    }
    _Window VerticalScroll { height: auto; max-height: 100%; scrollbar-size-vertical: 1; }
    _Window .keys { dock: bottom; height: 1; color: $text-muted; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("window")

    def __init__(self, title: str, text: Text | str, keys: str) -> None:
        super().__init__()
        self._title = title
        self._text = text if isinstance(text, Text) else Text(clean_lines(text))
        self._keys = keys

    def compose(self) -> ComposeResult:
        with Vertical() as window:
            window.border_title = Text(clean(self._title)).markup
            with VerticalScroll():
                yield Static(self._text)
            yield Static(Text(self._keys), classes="keys")

    def action_scroll(self, by: int) -> None:
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    async def action_help_page(self) -> None:
        """Choose a page of help."""
        await cast("App[Any]", self.app).run_action("app.help_page")

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)


class Reading(_Window):
    """A text to be read, a traceback say."""

    def __init__(self, title: str, text: Text | str, keys: str = "esc close   ↑↓ scroll") -> None:
        super().__init__(title, text, keys)


class Question(_Window):
    """A question; the answer is True where it was confirmed."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("question")

    def __init__(self, title: str, text: Text | str, yes: str) -> None:
        super().__init__(title, text, f"enter {yes}   esc cancel")
