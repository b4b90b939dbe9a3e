"""The line above a panel: what it shows on the left, what is counted of it on the right, heavy where the panel has the keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from rich.segment import Segment
from rich.text import Text
from textual.css.query import NoMatches
from textual.strip import Strip
from textual.widget import Widget

from assettui.model.text import clean

if TYPE_CHECKING:
    from rich.console import Console
    from rich.style import Style
    from textual.app import App

_EDGE = 2
"""So many cells of the line stand before the title, and behind the counts."""


class Rule(Widget):
    """See above.

    Args:
        panel: A selector of what has the focus, or holds what has it, when the line is heavy.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {"rule--line", "rule--focused", "rule--title", "rule--counts"}
    DEFAULT_CSS = """
    Rule { height: 1; }
    Rule > .rule--line { color: $foreground 25%; }
    Rule > .rule--focused { color: $primary; }
    Rule > .rule--title { text-style: bold; }
    Rule > .rule--counts { color: $foreground 75%; }
    """

    def __init__(self, panel: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._panel = panel
        self._title = ""
        self._counts: Text = Text()
        self._is_focused = False

    def on_mount(self) -> None:
        """Follow the focus."""
        self.watch(self.screen, "focused", self._look_who_has_the_focus)

    def _look_who_has_the_focus(self) -> None:
        focused, is_focused = self.screen.focused, False
        if focused is not None and self._panel:
            try:
                panel = self.screen.query_one(self._panel)
            except NoMatches:
                panel = None
            is_focused = panel is not None and panel in focused.ancestors_with_self
        if is_focused != self._is_focused:
            self._is_focused = is_focused
            self.refresh()

    def say(self, title: str | None = None, counts: Text | str | None = None) -> None:
        """Show another title, other counts; None for those that are shown."""
        title = self._title if title is None else title
        counted = self._counts if counts is None else Text(clean(counts)) if isinstance(counts, str) else counts
        if (title, counted) != (self._title, self._counts) or counted.spans != self._counts.spans:
            self._title, self._counts = title, counted
            self.refresh()

    def render_line(self, y: int) -> Strip:
        width, console = self.size.width, cast("App[object]", self.app).console
        line = self.rich_style + self.get_component_rich_style(
            "rule--focused" if self._is_focused else "rule--line", partial=True
        )
        bold = self.rich_style + self.get_component_rich_style("rule--title", partial=True)
        muted = self.rich_style + self.get_component_rich_style("rule--counts", partial=True)
        title, counts = Text(clean(self._title), end="", no_wrap=True), self._counts.copy()
        room = width - 2 * _EDGE
        counts.truncate(max(0, room - min(title.cell_len, room // 2) - 5), overflow="ellipsis")
        title.truncate(max(0, room - (counts.cell_len + 3 if counts else 0) - 2), overflow="ellipsis")
        stroke = "━" if self._is_focused else "─"
        left = [Segment(stroke * _EDGE, line), *_spaced(title, bold, console)]
        right = [*_spaced(counts, muted, console), Segment(stroke * _EDGE, line)]
        taken = sum(segment.cell_length for segment in (*left, *right))
        return Strip([*left, Segment(stroke * max(0, width - taken), line), *right]).adjust_cell_length(width, line)


def _spaced(text: Text, style: Style, console: Console) -> list[Segment]:
    """A text between two blanks; nothing where there is none."""
    if not text:
        return []
    space = Segment(" ", style)
    shown = [
        Segment(segment.text, style + segment.style if segment.style else style) for segment in text.render(console)
    ]
    return [space, *shown, space]
