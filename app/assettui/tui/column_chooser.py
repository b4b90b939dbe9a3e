"""Choosing which columns of a table are shown, in a window above it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import SelectionList, Static

from assettui.model.text import one_line
from assettui.tui.actions import bindings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType


class ColumnList(SelectionList[int]):
    """The columns there are; `enter` is for all of the list, `space` for one."""

    BINDINGS: ClassVar[list[BindingType]] = bindings("columns")


class ColumnChooser(ModalScreen[tuple[str, ...] | None]):
    """Which columns are shown; the answer is their names, in their order.

    Args:
        names: All that there are.
        chosen: Those that are shown now.
        title: What is chosen.
    """

    DEFAULT_CSS = """
    ColumnChooser { align: center middle; }
    ColumnChooser > Vertical {
        width: 64; max-width: 100%; height: auto; max-height: 90%; background: $surface; border: round $primary; padding: 0 1;
        border-title-style: bold;
    }
    ColumnChooser ColumnList { height: auto; max-height: 100%; border: none; }
    ColumnChooser .keys { dock: bottom; height: 1; color: $text-muted; }
    """

    def __init__(self, names: Sequence[str], chosen: Sequence[str], title: str = "Columns") -> None:
        super().__init__()
        self._names = names
        self._chosen = frozenset(chosen)
        self._title = title

    def compose(self) -> ComposeResult:
        with Vertical() as window:
            window.border_title = self._title
            yield ColumnList(
                *((Text(one_line(name, 50)), index, name in self._chosen) for index, name in enumerate(self._names))
            )
            yield Static(Text("space choose   enter show   a all/none   esc leave it"), classes="keys")

    def _list(self) -> ColumnList:
        return self.query_one(ColumnList)

    def action_accept(self) -> None:
        self.dismiss(tuple(self._names[index] for index in sorted(self._list().selected)))

    def action_cancel(self) -> None:
        self.dismiss(None)

    def action_all(self) -> None:
        found = self._list()
        if len(found.selected) == len(self._names):
            found.deselect_all()
        else:
            found.select_all()
