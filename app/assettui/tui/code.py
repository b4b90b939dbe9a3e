"""The code of an asset: a tab beside the others. `E` opens it in the editor, at its line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.containers import ScrollableContainer
from textual.widgets import Static

from assettui.model.errors import AssettuiError
from assettui.render.appearance import RED
from assettui.render.code import code_lines
from assettui.render.lines import line
from assettui.service.code import AssetCode, asset_code
from assettui.tui.actions import bindings
from assettui.tui.asset_tabs import CODE, TabbedScreen
from assettui.tui.drawing import text_of
from assettui.tui.editor import open_in_editor
from assettui.tui.fetching import Fetching, Newest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.model.keys import AssetKey


class CodeScreen(TabbedScreen):
    """The code of one asset.

    Args:
        key: Which one.
        partition: The one that its other tabs are of.
    """

    TAB = CODE
    AUTO_FOCUS = "#text"
    DEFAULT_CSS = """
    CodeScreen #text { height: 1fr; padding: 0 1; scrollbar-size: 1 1; }
    CodeScreen #code { width: auto; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("code")

    @dataclass
    class Loaded(Newest):
        """As its file is now."""

        code: AssetCode | None
        refused: str = ""

    def __init__(self, key: AssetKey, partition: str | None = None) -> None:
        super().__init__(key, partition)
        self._code: AssetCode | None = None
        self._fetching = Fetching(self, self._fetch)

    def contents(self) -> ComposeResult:
        yield self.tabs()
        with ScrollableContainer(id="text"):
            yield Static(id="code")

    def reload(self) -> None:
        self._fetching.ask()

    def _fetch(self) -> Iterator[Loaded]:
        try:
            yield self.Loaded(asset_code(self.app.session, self._key))
        except AssettuiError as error:
            yield self.Loaded(None, str(error))

    @on(Loaded)
    def show(self, message: Loaded) -> None:
        self._code = message.code
        lines = code_lines(message.code) if message.code is not None else [line(message.refused, RED)]
        self.query_one("#code", Static).update(text_of(lines))

    def redraw(self) -> None:
        """Nothing of it depends on the time."""

    def copied(self) -> str:
        return self._code.text if self._code is not None else str(self._key)

    def action_scroll(self, by: int) -> None:
        """Scroll by so many lines."""
        self.query_one("#text").scroll_relative(y=by, animate=False)

    def action_scroll_across(self, by: int) -> None:
        """Scroll by so many columns."""
        self.query_one("#text").scroll_relative(x=by, animate=False)

    def action_edit(self) -> None:
        """Open it in the editor, and come back."""
        code = self._code
        if code is None:
            return
        open_in_editor(self.app, code.path, code.first_line)
        self.reload()
