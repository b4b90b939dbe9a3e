"""The catalog: what do we have, and is it good?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical, VerticalScroll
from textual.message import Message
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from assettui.core.errors import AssettuiError
from assettui.core.text import one_line, plural
from assettui.core.timing import duration
from assettui.service.catalog import AssetRow, Catalog, history
from assettui.service.filtering import matching
from assettui.service.runs import launch, preview
from assettui.service.session import clock_us
from assettui.tui.asset_list import AssetList
from assettui.tui.asset_pane import AssetPane
from assettui.tui.background import is_canceled
from assettui.tui.header import Header
from assettui.tui.listing import Listing, ListingHeader
from assettui.tui.questions import Question, Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

    from assettui.core.keys import AssetKey
    from assettui.core.records import Materialization
    from assettui.tui.app import AssettuiApp


class CatalogScreen(Screen[None]):
    """Every asset, and what is known of the one under the cursor."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]  # noqa: RUF012 - typed so by Textual
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("m", "materialize", "Build"),
        Binding("M", "materialize_upstream", "+Upstream"),
        Binding("space", "select", "Select", key_display="␣"),
        Binding("a", "select_all", "Select all", show=False),
        Binding("slash", "filter", "Filter", key_display="/"),
        Binding("escape", "clear", "Clear", show=False),
        Binding("enter", "runs_of_asset", "Last run", show=False),
        Binding("t", "traceback", "Why", show=False),
        Binding("y", "copy_key", "Copy key", show=False),
    ]

    app: AssettuiApp  # pyright: ignore[reportIncompatibleMethodOverride] - the one app that there is

    @dataclass
    class HistoryLoaded(Message):
        """The past of the asset under the cursor."""

        key: AssetKey
        history: tuple[Materialization, ...]

        def can_replace(self, message: Message) -> bool:
            """Only the newest counts."""
            return isinstance(message, CatalogScreen.HistoryLoaded)

    def __init__(self, catalog: Catalog) -> None:
        super().__init__()
        self._catalog = catalog
        self._history: tuple[AssetKey | None, tuple[Materialization, ...]] = (None, ())

    def compose(self) -> ComposeResult:
        """The screen."""
        yield Header()
        yield Static(id="banner")
        yield Input(id="filter", placeholder="a word, group:…, kind:…, owner:…, tag:…, status:…", compact=True)
        with Container(id="body"):
            with Vertical(id="list"):
                yield ListingHeader(AssetList.COLUMNS)
                yield AssetList(id="assets")
            with VerticalScroll(id="pane", can_focus=False):
                yield AssetPane()
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Show what is known."""
        self.query_one(AssetList).focus()
        self.show(self._catalog)

    # Showing.

    def show(self, catalog: Catalog) -> None:
        """Show another state of the catalog."""
        self._catalog = catalog
        assets = self.query_one(AssetList)
        assets.selected &= catalog.graph.assets.keys()
        if catalog.snapshot is None:
            assets.empty_text = "the project cannot be loaded" if catalog.error else "loading the project …"
        else:
            assets.empty_text = "nothing matches the filter"
        self._show_rows()
        banner = self.query_one("#banner", Static)
        warnings = catalog.snapshot.warnings if catalog.snapshot else ()
        banner.set_class(catalog.error is not None or bool(warnings), "shown")
        if catalog.error is not None:
            banner.update(
                Text(f"✗ cannot be loaded: {one_line(catalog.error.message, 200)} — t shows all", no_wrap=True)
            )
        elif warnings:
            banner.update(Text(f"! {one_line(warnings[0].what, 200)} — t shows all", no_wrap=True))

    def _show_rows(self) -> None:
        self.query_one(AssetList).rows = _by_group(matching(self._catalog.rows, self.query_one("#filter", Input).value))

    @on(Listing.Moved)
    def show_asset(self) -> None:
        """Show what is known of the asset under the cursor, and fetch its past."""
        row = self.query_one(AssetList).current
        key, known = self._history
        self.query_one(AssetPane).show(row, self._catalog, known if row and row.key == key else (), clock_us())
        if row is not None and row.state.last is not None:
            self.load_history(row.key)

    @work(thread=True, exclusive=True, group="history")
    def load_history(self, key: AssetKey) -> None:
        """Fetch the past of an asset."""
        found = history(self.app.session, key)
        if not is_canceled():
            self.post_message(self.HistoryLoaded(key, found))

    @on(HistoryLoaded)
    def show_history(self, message: HistoryLoaded) -> None:
        """Show the past of the asset under the cursor."""
        self._history = (message.key, message.history)
        row = self.query_one(AssetList).current
        if row is not None and row.key == message.key:
            self.query_one(AssetPane).show(row, self._catalog, message.history, clock_us())

    # Filtering and selecting.

    def action_filter(self) -> None:
        """Type a filter."""
        box = self.query_one("#filter", Input)
        box.add_class("shown")
        box.focus()

    @on(Input.Changed, "#filter")
    def narrow(self) -> None:
        """Show what matches so far."""
        self._show_rows()

    @on(Input.Submitted, "#filter")
    def leave_filter(self) -> None:
        """Go back to the list, filtered."""
        box = self.query_one("#filter", Input)
        box.set_class(bool(box.value), "shown")
        self.query_one(AssetList).focus()

    def action_clear(self) -> None:
        """Leave the filter, then undo it; then undo the selection."""
        box, assets = self.query_one("#filter", Input), self.query_one(AssetList)
        if box.value or box.has_focus:
            box.value = ""
            box.remove_class("shown")
            assets.focus()
        else:
            assets.selected.clear()
            assets.refresh()

    def action_select(self) -> None:
        """Select the asset under the cursor, or no longer, and go on to the next."""
        assets = self.query_one(AssetList)
        if assets.current is not None:
            assets.selected ^= {assets.current.key}
            assets.action_move(1)
            assets.refresh()

    def action_select_all(self) -> None:
        """Select all that is listed, or nothing where all of it is."""
        assets = self.query_one(AssetList)
        listed = {row.key for row in assets.rows}
        assets.selected = set() if listed <= assets.selected else assets.selected | listed
        assets.refresh()

    def _chosen(self) -> list[AssetKey]:
        assets = self.query_one(AssetList)
        return sorted(assets.selected) or ([assets.current.key] if assets.current is not None else [])

    # Building.

    def action_materialize(self) -> None:
        """Build what is selected, or else the asset under the cursor."""
        self.launch(self._chosen())

    def action_materialize_upstream(self) -> None:
        """Show what would be built with all that lies upstream, and build it if that is confirmed."""
        keys = sorted(self._catalog.graph.all_upstream(self._chosen()))
        if keys:
            self.ask(keys)

    @work(thread=True)
    def ask(self, keys: Sequence[AssetKey]) -> None:
        """Work out the plan and show it."""
        try:
            plan = preview(self.app.session, keys)
        except AssettuiError as error:
            self.app.call_from_thread(self.app.warn, error)
            return
        rows = {row.key: row for row in self._catalog.rows}
        past = [last.duration_us or 0 for key in plan.assets if (last := rows[key].state.last) is not None]
        known = f", about {duration(sum(past))} of work by past runs" if past else ""
        listing = "\n".join(f"  {position}. {step.key}" for position, step in enumerate(plan.steps, 1))
        question = Question(f"Build {plural(len(plan.assets), 'asset')}{known}", listing, "build")

        def build(answer: bool | None) -> None:
            if answer:
                self.launch(plan.assets)

        self.app.call_from_thread(self.app.push_screen, question, build)

    @work(thread=True)
    def launch(self, keys: Sequence[AssetKey]) -> None:
        """Ask for a run."""
        if not keys:
            return
        try:
            run_id = launch(self.app.session, keys)
        except AssettuiError as error:
            self.app.call_from_thread(self.app.warn, error)
        else:
            self.app.call_from_thread(self.app.tell, f"run {run_id[:8]}: {plural(len(keys), 'asset')}")

    # Looking further.

    @on(Listing.Chosen)
    def action_runs_of_asset(self) -> None:
        """Open the run that is building the asset, or else failed to, or else built it last."""
        row = self.query_one(AssetList).current
        if row is None:
            return
        run_id = row.state.running_run or row.state.failed_run or (row.state.last.run_id if row.state.last else None)
        if run_id is None:
            self.app.tell(f"{row.key} was never built: m builds it")
        else:
            self.app.open_run(run_id)

    def action_traceback(self) -> None:
        """Show why the project cannot be loaded, or what it was warned of, or why the asset is as it is."""
        error = self._catalog.error
        row = self.query_one(AssetList).current
        warnings = self._catalog.snapshot.warnings if self._catalog.snapshot else ()
        if error is not None:
            self.app.push_screen(Reading("The project cannot be loaded", f"{error.message}\n\n{error.traceback or ''}"))
        elif warnings:
            self.app.push_screen(Reading("Warnings", "\n\n".join(map(str, warnings))))
        elif row is not None:
            reasons = "\n".join(f"• {reason}" for reason in row.reasons()) or "It is up to date."
            self.app.push_screen(Reading(f"{row.key}: {row.status.value}", reasons))

    def action_copy_key(self) -> None:
        """Copy the key of the asset under the cursor to the clipboard."""
        row: AssetRow | None = self.query_one(AssetList).current
        if row is not None:
            self.app.copy_to_clipboard(str(row.key))
            self.app.tell(f"copied {row.key}")


def _by_group(rows: Sequence[AssetRow]) -> list[AssetRow]:
    """The rows, those of a group together, groups and rows in the order in which they are defined."""
    order: dict[str, int] = {}
    for row in rows:
        order.setdefault(row.asset.group, len(order))
    return sorted(rows, key=lambda row: (row.asset.is_external, order[row.asset.group]))
