"""What a table holds, in numbers: its columns below each other, and one of them in full."""

from __future__ import annotations

import threading
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.widgets import Static

from assettui.executors.viewing import Stopped, ViewerProcess
from assettui.model.errors import AssettuiError
from assettui.model.preview import Profiled, ReadProfile, Refused
from assettui.model.profile import ColumnProfile, Profile
from assettui.model.text import clean, one_line
from assettui.render.appearance import GREY, RED
from assettui.render.profile import column_lines, profile_summary, profile_table
from assettui.service.previews import present_data
from assettui.tui.actions import bindings
from assettui.tui.asset_tabs import PROFILE, TabbedScreen
from assettui.tui.drawing import text_of
from assettui.tui.fetching import Newest
from assettui.tui.listing import Listing, ListingHeader
from assettui.tui.questions import Reading

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.model.keys import AssetKey
    from assettui.model.preview import StoredValue

_NOTHING = profile_table(Profile(0, ()))


class ProfileList(Listing[ColumnProfile]):
    """The columns."""


class ProfileScreen(TabbedScreen):
    """The value of an asset in numbers: as it was found when it was made, or else looked at now.

    Args:
        key: Whose.
        partition: Of which partition; of one with partitions, None for the last that was made.
        column: Where the cursor stands at first.
    """

    TAB = PROFILE
    AUTO_FOCUS = "ProfileList"
    DEFAULT_CSS = """
    ProfileScreen #title { height: 1; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("profile")

    @dataclass
    class Found(Newest):
        """What it holds; or why that cannot be told."""

        partition: str | None
        profile: Profile | None
        refused: str = ""

    def __init__(self, key: AssetKey, partition: str | None = None, column: str | None = None) -> None:
        super().__init__(key, partition)
        self._column = column
        self._profile: Profile | None = None
        self._viewer: ViewerProcess | None = None
        self._looked_at: StoredValue | None = None
        """The value that was looked at from here, so that it is not done with every change of the store."""

    def contents(self) -> ComposeResult:
        yield self.tabs()
        yield Static(id="title")
        yield ListingHeader(_NOTHING.columns)
        yield ProfileList(table=_NOTHING)

    def reload(self) -> None:
        """Look again: it may have been made anew."""
        self._show_title("reading …" if self._profile is None else profile_summary(self._profile), GREY)
        self.look()

    def on_unmount(self) -> None:
        if self._viewer is not None:
            threading.Thread(target=self._viewer.close, name="end-viewer").start()

    @work(thread=True, group="look", exclusive=True)
    def look(self) -> None:
        """Find what is known of the value, or have it looked at by a process of its own."""
        session = self.app.session
        try:
            data = present_data(session, self._key, self._partition)
        except AssettuiError as error:
            self.post_message(self.Found(self._partition, None, str(error)))
            return
        partition = data.value.partition
        if data.profile is not None:
            self.post_message(self.Found(partition, data.profile))
            return
        if data.value == self._looked_at:
            return
        self._looked_at = data.value
        self._viewer = viewer = self._viewer or ViewerProcess(session.project, session.folder)
        with suppress(Stopped):
            answer = viewer.ask(ReadProfile(data.value))
            viewer.stop()
            if isinstance(answer, Profiled):
                self.post_message(self.Found(partition, answer.profile))
            elif isinstance(answer, Refused):
                self.post_message(self.Found(partition, None, answer.what))

    @on(Found)
    def show(self, message: Found) -> None:
        self._partition, self._profile = message.partition, message.profile
        if message.profile is None:
            self._show_title(message.refused, RED)
            return
        self._show_title(profile_summary(message.profile), GREY)
        listing = self.query_one(ProfileList)
        listing.table = profile_table(message.profile)
        listing.rows = message.profile.columns
        if self._column is not None:
            names = [each.name for each in message.profile.columns]
            listing.cursor = names.index(self._column) if self._column in names else 0
            self._column = None

    def _show_title(self, said: str, color: str) -> None:
        title = Text(no_wrap=True)
        if self._partition is not None:
            title.append(f"{clean(self._partition)}  ")
        title.append(one_line(" ".join(said.split()), 300), style=color)
        self.query_one("#title", Static).update(title)

    @on(Listing.Chosen)
    def open_column(self) -> None:
        """Show the column under the cursor in full."""
        column, profile = self.query_one(ProfileList).current, self._profile
        if column is not None and profile is not None:
            self.app.push_screen(Reading(column.name, text_of(column_lines(column, profile))))

    def copied(self) -> str | None:
        """The name of the column."""
        current = self.query_one(ProfileList).current
        return current.name if current is not None else None
