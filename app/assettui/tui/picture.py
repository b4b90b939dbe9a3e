"""A picture on the screen: sketched in half cells, or painted by the terminal itself over cells that are left empty."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from assettui.render.picture import HALF, cell_size, halves, picture_form, placed, removed

if TYPE_CHECKING:
    from textual.geometry import Region

    from assettui.model.preview import Picture, PictureForm
    from assettui.tui.app import AssettuiApp

NUMBER = 7_310
"""By which Kitty's protocol knows the one picture that there is."""


class PictureView(Widget, can_focus=True):
    """Asks for the picture as large as it has room for it, and shows it."""

    DEFAULT_CSS = "PictureView { height: 1fr; margin: 0 1; }"

    app: AssettuiApp  # pyright: ignore[reportIncompatibleMethodOverride] - the one app that there is

    class Wanted(Message):
        """The picture is to be drawn, in so many columns and rows at most.

        Args:
            form: How.
            columns: Of cells.
            rows: As the columns.
            cell: The width and height of one in pixels; 0 where the terminal does not say.
        """

        def __init__(self, form: PictureForm, columns: int, rows: int, cell: tuple[int, int]) -> None:
            super().__init__()
            self.form: PictureForm = form
            self.columns, self.rows, self.cell = columns, rows, cell

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, type(self))

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.form: PictureForm = picture_form(os.environ)
        self._picture: Picture | None = None
        self._is_wanted = False
        self._is_painted = False

    def ask(self) -> None:
        """Have it drawn, now and whenever there is another amount of room."""
        self._is_wanted, self._picture = True, None
        self._ask()

    def take(self, picture: Picture) -> None:
        """Show it as it was drawn."""
        self._picture = picture
        self.refresh()

    def forget(self) -> None:
        """It is another value that is shown."""
        self.unpaint()
        self._is_wanted, self._picture = False, None

    def _ask(self) -> None:
        if self._is_wanted and self.size.area:
            cell = cell_size(sys.__stdout__.fileno()) if sys.__stdout__ is not None else (0, 0)
            self.post_message(self.Wanted(self.form, self.size.width, self.size.height, cell))

    def on_resize(self) -> None:
        """There is another amount of room."""
        self.unpaint()
        self._ask()

    def on_show(self) -> None:
        self._ask()

    def on_hide(self) -> None:
        self.unpaint()

    def on_unmount(self) -> None:
        self.unpaint()

    # Drawing.

    def render_line(self, y: int) -> Strip:
        picture, style = self._picture, self.rich_style
        if self.form != "blocks" or picture is None or y >= picture.rows:
            return Strip.blank(self.size.width, style)
        segments = [Segment(HALF, Style(color=upper, bgcolor=lower)) for upper, lower in halves(picture, y)]
        return Strip(segments).adjust_cell_length(self.size.width, style).simplify()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Called whenever these cells are written to the terminal, which is then to paint over them again."""
        if self.form != "blocks" and self._picture is not None:
            self.call_after_refresh(self._paint)
        return super().render_lines(crop)

    def _paint(self) -> None:
        """Have the terminal paint it, unless something else lies above."""
        picture = self._picture
        if picture is None or not self.is_on_screen or self.app.screen is not self.screen:
            self.unpaint()
            return
        column, row = self.content_region.offset
        self._is_painted = True
        self.app.write_sequence(f"\x1b7\x1b[{row + 1};{column + 1}H{placed(picture, self.form, NUMBER)}\x1b8")
        self.app.painted_over(self.content_region)

    def unpaint(self) -> None:
        """Take it away: what Kitty has painted stays above whatever is written there."""
        if self._is_painted:
            self._is_painted = False
            self.app.write_sequence(removed(self.form, NUMBER))
