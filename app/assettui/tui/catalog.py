"""The catalog: what do we have, and is it good?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.containers import Container, Horizontal, Vertical, VerticalScroll
from textual.widgets import Static

from assettui.model.errors import AssettuiError, SelectionError
from assettui.model.run import RunRequest
from assettui.model.text import one_line, plural
from assettui.model.timing import clock_us
from assettui.render.assets import ASSETS, nothing_to_list
from assettui.service.catalog import AssetRow, Catalog, history
from assettui.service.filtering import matching
from assettui.tui.actions import bindings
from assettui.tui.asset_list import AssetList
from assettui.tui.asset_pane import AssetPane
from assettui.tui.background import is_canceled
from assettui.tui.fetching import Newest
from assettui.tui.line_input import FilterBox
from assettui.tui.listing import Listing, ListingHeader
from assettui.tui.main_screen import MainScreen
from assettui.tui.questions import Reading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.model.events import Materialization
    from assettui.model.keys import AssetKey


class CatalogScreen(MainScreen):
    """Every asset, and what is known of the one under the cursor."""

    NAME = "catalog"
    TITLE_SHOWN = "Catalog"
    AUTO_FOCUS = "AssetList"
    WIDE = 120
    HIGH = 14
    VERTICAL_BREAKPOINTS = [(0, "-low"), (HIGH, "-high")]  # noqa: RUF012 - typed so by Textual, as the next one
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = bindings("catalog")

    @dataclass
    class HistoryLoaded(Newest):
        """The past of the asset under the cursor."""

        key: AssetKey
        history: tuple[Materialization, ...]

    def __init__(self, catalog: Catalog) -> None:
        super().__init__()
        self._catalog = catalog
        self._history: tuple[AssetKey | None, tuple[Materialization, ...]] = (None, ())
        self._filter_error: SelectionError | None = None

    def contents(self) -> ComposeResult:
        # Textual would find this out when it has styled all of it, and style it again.
        size = self.app.size
        self.add_class(
            "-wide" if size.width >= self.WIDE else "-narrow", "-high" if size.height >= self.HIGH else "-low"
        )
        yield Static(id="banner")
        with Horizontal(id="narrowing"):
            yield FilterBox(
                placeholder="a word, group:… kind:… owner:… tag:… status:… +a b+ and or not ( )", compact=True
            )
            yield Static(id="counts")
        with Container(id="body"):
            with Vertical(id="list"):
                yield ListingHeader(ASSETS.columns)
                yield AssetList(id="assets")
            with VerticalScroll(id="pane"):
                yield AssetPane()

    @property
    def current_row(self) -> AssetRow | None:
        """The asset under the cursor."""
        return self.query_one(AssetList).current

    # Showing.

    def show(self, catalog: Catalog) -> None:
        """Show another state of the catalog; where another screen lies above, once it is gone."""
        self._catalog = catalog
        if self.is_active:
            self.reload()

    def reload(self) -> None:
        catalog, assets = self._catalog, self.query_one(AssetList)
        assets.selected &= catalog.graph.assets.keys()
        assets.empty_text = nothing_to_list(catalog, "nothing matches the filter")
        header = self.query_one(ListingHeader)
        hidden = assets.hide(catalog.rows)
        if hidden != header.hidden:
            header.hidden = hidden
            header.refresh()
            assets.refresh()
        self._show_rows()
        banner = self.query_one("#banner", Static)
        warnings = catalog.snapshot.warnings if catalog.snapshot else ()
        banner.set_class(catalog.error is not None or bool(warnings), "shown")
        if catalog.error is not None:
            problem = one_line(catalog.error.summary or catalog.error.message, 200)
            state = "✗ cannot be loaded" if catalog.loading_us is None else "↻ loading again"
            banner.update(Text(f"{state} (t shows all): {problem}", no_wrap=True))
        elif warnings:
            banner.update(Text(f"! {one_line(warnings[0].what, 200)} (t shows all)", no_wrap=True))

    def redraw(self) -> None:
        """Show how long ago it was."""
        self.query_one(AssetList).redraw()
        self._show_pane()

    def _show_rows(self) -> None:
        assets, box = self.query_one(AssetList), self.query_one(FilterBox)
        try:
            assets.rows = _by_group(matching(self._catalog, box.value))
            self._filter_error = None
        except SelectionError as error:  # what was shown before stays
            known = {row.key for row in assets.rows}
            assets.rows = _by_group([row for row in self._catalog.rows if row.key in known])
            self._filter_error = error
        self._show_counts()

    def _show_counts(self) -> None:
        assets, box = self.query_one(AssetList), self.query_one(FilterBox)
        assets.redraw()
        counts = f"{len(assets.rows):,} of {plural(len(self._catalog.rows), 'asset')}"
        if assets.selected:
            counts += f"   {len(assets.selected):,} selected"
        is_narrowed = bool(box.value) or self.focused is box
        is_shown = is_narrowed or bool(assets.selected)
        box.set_class(is_narrowed, "shown")
        self.query_one("#narrowing").set_class(is_shown, "shown")
        if is_shown:
            error = self._filter_error
            shown = Text(counts) if error is None else Text(_told(error), "bold")
            self.query_one("#counts", Static).update(shown)

    @on(Listing.Moved)
    def show_asset(self) -> None:
        """Show what is known of the asset under the cursor, and fetch its past."""
        self._show_pane()
        row = self.query_one(AssetList).current
        key, known = self._history
        if row is not None and row.state.last is not None and (row.key != key or known[:1] != (row.state.last,)):
            self.load_history(row.key)

    def _show_pane(self) -> None:
        row = self.query_one(AssetList).current
        key, known = self._history
        self.query_one(AssetPane).show(row, self._catalog, known if row and row.key == key else (), clock_us())

    @work(thread=True, exclusive=True, group="history")
    def load_history(self, key: AssetKey) -> None:
        """Fetch the past of an asset."""
        try:
            found = history(self.app.session, key)
        except AssettuiError as error:
            self.app.call_from_thread(self.app.warn, error)
        else:
            if not is_canceled():
                self.post_message(self.HistoryLoaded(key, found))

    @on(HistoryLoaded)
    def show_history(self, message: HistoryLoaded) -> None:
        """Show the past of the asset under the cursor."""
        self._history = (message.key, message.history)
        self._show_pane()

    # Filtering and selecting.

    def action_filter(self) -> None:
        self.query_one("#narrowing").add_class("shown")
        self.set_focus(self.query_one(FilterBox).add_class("shown"))

    @on(FilterBox.Changed)
    def narrow(self) -> None:
        """Show what matches so far."""
        self._show_rows()

    @on(FilterBox.Submitted)
    def leave_filter(self) -> None:
        """Go back to the list, filtered."""
        self.set_focus(self.query_one(AssetList))
        self.call_after_refresh(self._show_counts)

    def action_move(self, by: int) -> None:
        """Move the cursor of the list while the filter is typed."""
        self.query_one(AssetList).action_move(by)

    def action_switch_focus(self) -> None:
        """From the list to the details, to scroll them, or back."""
        pane, assets = self.query_one("#pane"), self.query_one(AssetList)
        self.set_focus(assets if self.focused is pane else pane)

    def action_clear(self) -> None:
        """Leave the details, or undo the filter, or else the selection."""
        box, assets = self.query_one(FilterBox), self.query_one(AssetList)
        if self.focused is self.query_one("#pane"):
            self.set_focus(assets)
        elif box.value or self.focused is box:
            box.value = ""
            self.set_focus(assets)
        else:
            assets.selected.clear()
        self.call_after_refresh(self._show_counts)

    def action_select(self) -> None:
        """Select the asset under the cursor, or no longer, and go on to the next."""
        assets = self.query_one(AssetList)
        if assets.current is None:
            return
        if assets.current.asset.is_external:
            self.app.tell(f"{assets.current.key} is external: made by something else")
            return
        assets.selected ^= {assets.current.key}
        assets.action_move(1)
        self._show_counts()

    def action_select_all(self) -> None:
        """Select all that is listed, or nothing where all of it is."""
        assets = self.query_one(AssetList)
        listed = {row.key for row in assets.rows if not row.asset.is_external}
        assets.selected = assets.selected - listed if listed <= assets.selected else assets.selected | listed
        self._show_counts()

    def _chosen(self) -> list[AssetKey]:
        assets = self.query_one(AssetList)
        return sorted(assets.selected) or ([assets.current.key] if assets.current is not None else [])

    # Building.

    def action_materialize(self) -> None:
        """Build what is selected, or else the asset under the cursor; where it has partitions, ask which."""
        keys = self._chosen()
        if any(self._catalog.graph.assets[key].partitions is not None for key in keys):
            self.action_backfill()
        else:
            self.launch(keys)

    def action_backfill(self) -> None:
        """Show what a backfill of what is selected would do: all that is missing of it."""
        from assettui.model.backfill import Which  # deferred: what knows backfills takes 20 ms of the first frame

        keys = self._chosen()
        if keys:
            self.app.plan_backfill(keys, Which.MISSING, None, self._unselect)

    def action_partitions(self) -> None:
        """Show the partitions of the asset under the cursor."""
        row = self.query_one(AssetList).current
        if row is None:
            return
        if row.statuses is None:
            self.app.tell(f"{row.key} has no partitions")
        else:
            self.app.open_partitions(row.key)

    def _unselect(self) -> None:
        self.query_one(AssetList).selected.clear()
        self._show_counts()

    def action_materialize_upstream(self) -> None:
        """Show what would be built with all that lies upstream, and build it if that is confirmed."""
        keys = sorted(self._catalog.graph.all_upstream(self._chosen()))
        if keys:
            self.app.plan_run(keys, self._unselect)

    def build(self, keys: Sequence[AssetKey]) -> None:
        """Build these assets without asking: of those with partitions, all that is missing."""
        if any(self._catalog.graph.assets[key].partitions is not None for key in keys):
            self.app.backfill_missing(keys)
        else:
            self.launch(keys)

    def launch(self, keys: Sequence[AssetKey]) -> None:
        if keys:
            is_observation = self._catalog.are_observable(keys)
            self.app.launch_run(RunRequest(assets=tuple(keys), is_observation=is_observation), self._unselect)

    # Looking further.

    @on(Listing.Chosen)
    def open_last_run(self) -> None:
        """Open the run that is building the asset, or else failed to, or else built it last."""
        row = self.query_one(AssetList).current
        if row is None:
            return
        run_id = row.state.running_run or row.state.failed_run or (row.state.last.run_id if row.state.last else None)
        if run_id is None:
            self.app.tell(f"{row.key} was never built: m builds it")
        else:
            self.app.open_run(run_id)

    def action_why(self) -> None:
        """Open the asset under the cursor: why it stands as it does."""
        row = self.query_one(AssetList).current
        if row is not None:
            self.app.open_asset(row.key)

    def action_preview(self) -> None:
        """Show what the value of the asset under the cursor holds."""
        row = self.query_one(AssetList).current
        if row is not None:
            self.app.open_preview(row.key)

    def action_traceback(self) -> None:
        """Show why the project cannot be loaded, or what it was warned of; where all is well, why the asset is as it is."""
        error = self._catalog.error
        warnings = self._catalog.snapshot.warnings if self._catalog.snapshot else ()
        if error is not None:
            self.app.push_screen(Reading("The project cannot be loaded", f"{error.message}\n\n{error.traceback or ''}"))
        elif warnings:
            self.app.push_screen(Reading("Warnings", "\n\n".join(map(str, warnings))))
        else:
            self.action_why()

    def copied(self) -> str | None:
        """The key of the asset under the cursor."""
        row = self.query_one(AssetList).current
        return str(row.key) if row is not None else None


def _by_group(rows: Sequence[AssetRow]) -> list[AssetRow]:
    """The rows, those of a group together, groups and rows in the order in which they are defined."""
    order: dict[str, int] = {}
    for row in rows:
        order.setdefault(row.asset.group, len(order))
    return sorted(rows, key=lambda row: (row.asset.is_external, order[row.asset.group]))


def _told(error: SelectionError) -> str:
    """What is wrong with a filter, and at which of its characters, counted from 1."""
    place = f" at {error.position + 1}" if error.position is not None else ""
    return f"✗ {one_line(error.reason, 60)}{place}"
