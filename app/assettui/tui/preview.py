"""What the value of an asset holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.message import Message

from assettui.core.sql_names import table_names, written
from assettui.model.errors import AssettuiError
from assettui.model.preview import Refused, StoredValue
from assettui.model.text import clean
from assettui.render.appearance import YELLOW
from assettui.service.previews import data_of
from assettui.tui.actions import bindings
from assettui.tui.asset_tabs import PREVIEW, TabbedScreen
from assettui.tui.picture import PictureView
from assettui.tui.value_view import ValueView

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.model.keys import AssetKey
    from assettui.model.project import ProjectSnapshot
    from assettui.service.catalog import Catalog


class PreviewScreen(TabbedScreen):
    """The value of an asset.

    Args:
        key: Whose.
        partition: Of which partition; of one with partitions, None for the last that was made.
        version: Which version that is kept; None for the current one.
    """

    TAB = PREVIEW
    AUTO_FOCUS = "PreviewTable"
    BINDINGS: ClassVar[list[BindingType]] = bindings("preview")

    @dataclass
    class Located(Message):
        """It is known where the value is, or why there is none."""

        value: StoredValue | None
        refused: Refused | None = None

    def __init__(self, key: AssetKey, partition: str | None = None, version: int | None = None) -> None:
        super().__init__(key, partition)
        self._version = version
        self._snapshot: ProjectSnapshot | None = None

    def contents(self) -> ComposeResult:
        yield self.tabs()
        yield ValueView("_".join(self._key.parts))

    @property
    def view(self) -> ValueView:
        return self.query_one(ValueView)

    def on_screen_suspend(self) -> None:
        super().on_screen_suspend()
        self.query_one(PictureView).unpaint()

    def reload(self) -> None:
        """Look where the value is: it may have been made anew."""
        self.locate()

    def show_catalog(self, catalog: Catalog) -> None:
        """The project's code may have been edited, by which values are read."""
        if self._snapshot is not None and catalog.snapshot is not self._snapshot:
            self.view.reader.restart()
        self._snapshot = catalog.snapshot

    @work(thread=True, group="locate", exclusive=True)
    def locate(self) -> None:
        """Find the value, away from the screen."""
        try:
            found = data_of(self.app.session, self._key, self._partition, self._version)
        except AssettuiError as error:
            self.post_message(self.Located(None, Refused(error.what, error.hint)))
        else:
            self.post_message(self.Located(found.value))

    @on(Located)
    def begin(self, message: Located) -> None:
        """Show the value, unless it is the one that is shown."""
        view = self.view
        if message.refused is not None:
            view.refuse(message.refused)
        value = message.value
        if value is None or value == view.reader.value:
            return
        if view.reader.value is not None:
            self.app.tell(f"{self._key} was made anew")
            view.show_anew(value)
            return
        heading = Text(f"{clean(value.partition)}  " if value.partition is not None else "")
        if self._version is not None:
            heading.append(f"version {self._version}  ", style=YELLOW)
        view.show_value(value, heading)

    def action_profile(self) -> None:
        """Show the table in numbers."""
        name, value = self.view.column_name, self.view.reader.value
        if name is not None and isinstance(value, StoredValue):
            from assettui.tui.profile import ProfileScreen  # deferred: not everybody wants to know

            self.app.push_screen(ProfileScreen(self._key, value.partition, name))

    def action_sql(self) -> None:
        """Ask for the asset by SQL."""
        names = [name for name, key in table_names(self.app.catalog.graph.assets).items() if key == self._key]
        if names:
            self.app.open_sql(f"select * from {written(min(names, key=len))}")  # noqa: S608 - a name, quoted
