"""The versions of an asset's value that are kept: looked at, compared, gone back to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from textual import on, work
from textual.widgets import Static

from assettui.model.errors import AssettuiError
from assettui.model.text import plural
from assettui.render.appearance import GREY, RED
from assettui.render.history import VERSIONS
from assettui.render.lines import line
from assettui.service.versions import RollbackPlan, Version, Versions, plan_rollback, rollback, versions
from assettui.tui.actions import bindings
from assettui.tui.asset_tabs import VERSIONS as TAB
from assettui.tui.asset_tabs import TabbedScreen
from assettui.tui.drawing import text_of
from assettui.tui.fetching import Fetching, Newest
from assettui.tui.listing import Listing, ListingHeader
from assettui.tui.questions import Question

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.model.keys import AssetKey


class VersionList(Listing[Version]):
    """The current one first, then the others, the newest first."""

    TABLE = VERSIONS


class VersionsScreen(TabbedScreen):
    """The versions of a value that are kept.

    Args:
        key: Whose.
        partition: Of which partition; of one with partitions, None for the last that was made.
    """

    TAB = TAB
    AUTO_FOCUS = "VersionList"
    DEFAULT_CSS = """
    VersionsScreen #said { height: 1; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("versions")

    @dataclass
    class Loaded(Newest):
        """What is kept."""

        versions: Versions | None
        refused: str = ""

    def __init__(self, key: AssetKey, partition: str | None = None) -> None:
        super().__init__(key, partition)
        self._versions = Versions(key, partition, ())
        self._fetching = Fetching(self, self._fetch)

    def contents(self) -> ComposeResult:
        yield self.tabs()
        yield ListingHeader(VERSIONS.columns)
        yield VersionList()
        yield Static(id="said")

    def reload(self) -> None:
        self._fetching.ask()

    def _fetch(self) -> Iterator[Loaded]:
        try:
            yield self.Loaded(versions(self.app.session, self._key, self._partition))
        except AssettuiError as error:
            yield self.Loaded(None, str(error))

    @on(Loaded)
    def show(self, message: Loaded) -> None:
        if message.versions is None:
            self._say(message.refused, RED)
            return
        self._versions = message.versions
        listing = self.query_one(VersionList)
        listing.empty_text = "none is kept: its function, or its IO manager, stores its data itself"
        listing.rows = message.versions.versions
        of = f" of {message.versions.partition}" if message.versions.partition is not None else ""
        self._say(f"{plural(len(message.versions.versions), 'version')}{of} kept", GREY)

    def redraw(self) -> None:
        """Show how long ago they were made."""
        self.query_one(VersionList).redraw()

    def _say(self, text: str, color: str) -> None:
        self.query_one("#said", Static).update(text_of([line(text, color)]))

    @property
    def _current(self) -> Version | None:
        return self.query_one(VersionList).current

    # Keys.

    @on(Listing.Chosen)
    def action_preview(self) -> None:
        """Show what it holds."""
        version = self._current
        if version is not None:
            self.app.open_preview(self._key, self._versions.partition, version.number)

    def action_compare(self) -> None:
        """Compare it with the current one; the current one with the one before."""
        version, partition = self._current, self._versions.partition
        if version is not None and len(self._versions.versions) > 1:
            self.app.open_difference(self._key, () if version.is_current else (str(version.number),), partition)
        else:
            self.app.tell("there is no other version to compare it with")

    def action_open_run(self) -> None:
        """Open the run that has made it."""
        version = self._current
        if version is not None and version.made.run_id:
            self.app.open_run(version.made.run_id)

    def action_rollback(self) -> None:
        """Show what would become stale if it were current again, and make it so if confirmed."""
        version = self._current
        if version is not None:
            self.plan(version.number)

    @work(thread=True, group="rollback")
    def plan(self, number: int) -> None:
        """Find out what it would do, away from the screen."""
        try:
            plan = plan_rollback(self.app.session, self._key, number, self._versions.partition)
        except AssettuiError as error:
            self.app.call_from_thread(self.app.warn, error)
        else:
            self.app.call_from_thread(self._ask, plan)

    def _ask(self, plan: RollbackPlan) -> None:
        def answered(answer: bool | None) -> None:
            if answer:
                self.carry_out(plan)

        stale = (
            f" Stale by it: {', '.join(map(str, plan.stale[:8]))}{' …' if len(plan.stale) > 8 else ''}."
            if plan.stale
            else ""
        )
        text = f"{plan.of.name} is version {plan.to.number} again.{stale} It can be undone in the same way."
        self.app.push_screen(Question("Roll back", text, "roll back"), answered)

    @work(thread=True, group="rollback")
    def carry_out(self, plan: RollbackPlan) -> None:
        """Make it current, away from the screen."""
        try:
            rollback(self.app.session, plan)
        except AssettuiError as error:
            self.app.call_from_thread(self.app.warn, error)
        else:
            self.app.call_from_thread(self.app.tell, f"{plan.of.name} is version {plan.to.number} again")
            self.app.post_message(self.app.Changed())  # where nobody leads, nobody else tells

    def copied(self) -> str | None:
        """The data version."""
        return self._current.made.data_version if self._current is not None else None
