"""The catalog: what do we have, and is it good?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.containers import Container, Vertical, VerticalScroll
from textual.widgets import Static

from assettui.model.errors import AssettuiError, SelectionError
from assettui.model.run import RunRequest
from assettui.model.text import one_line, plural
from assettui.project.screen_memory import CatalogMemory
from assettui.render.asset_pane import Shown, pane_title
from assettui.render.assets import catalog_columns, nothing_to_list
from assettui.service.arrangement import Arrangement
from assettui.service.asset_tree import Grouping, GroupLine
from assettui.service.catalog import AssetRow, Catalog, history
from assettui.service.filtering import completion, matching
from assettui.service.last_day import Activity
from assettui.tui.actions import bindings
from assettui.tui.asset_list import AssetList
from assettui.tui.asset_pane import AssetPane
from assettui.tui.background import is_canceled
from assettui.tui.drawing import text_of
from assettui.tui.fetching import Newest
from assettui.tui.filtered_screen import FilteredScreen
from assettui.tui.first_rows import FirstRows
from assettui.tui.line_input import FilterBox
from assettui.tui.listing import NO_MATCH, Listing, ListingHeader
from assettui.tui.questions import Reading
from assettui.tui.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.model.events import Materialization
    from assettui.model.keys import AssetKey


class CatalogScreen(FilteredScreen):
    """Every asset, and what is known of the one under the cursor."""

    NAME = "catalog"
    TITLE_SHOWN = "Catalog"
    AUTO_FOCUS = "AssetList"
    WIDE = 120
    HIGH = 14
    VERTICAL_BREAKPOINTS = [(0, "-low"), (HIGH, "-high")]  # noqa: RUF012 - typed so by Textual, as the next one
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012
    BINDINGS: ClassVar[list[BindingType]] = bindings("catalog")
    FILTER_HINT = "a word, group:… kind:… owner:… tag:… status:… +a b+ and or not ( )"

    @dataclass
    class HistoryLoaded(Newest):
        """The past of the asset under the cursor."""

        key: AssetKey
        history: tuple[Materialization, ...]

    def __init__(self, catalog: Catalog, memory: CatalogMemory | None = None) -> None:
        super().__init__()
        self._catalog = catalog
        self._activity = Activity()
        memory = memory or CatalogMemory()
        self._arrangement = Arrangement(memory)
        self._filter = memory.filter
        self._has_pane = memory.has_pane
        self._history: tuple[AssetKey | None, tuple[Materialization, ...]] = (None, ())
        self._matching: list[AssetRow] = []
        """The assets that the filter finds."""
        self._filter_error: SelectionError | None = None
        self._first_rows = FirstRows(self)

    def contents(self) -> ComposeResult:
        # Textual would find this out when it has styled all of it, and style it again.
        self.set_class(not self._has_pane, "-bare")
        size = self.app.size
        self.add_class(
            "-wide" if size.width >= self.WIDE else "-narrow", "-high" if size.height >= self.HIGH else "-low"
        )
        yield Static(id="banner")
        yield from self.filter_line(self._filter)
        with Container(id="body"):
            with Vertical(id="list"):
                yield ListingHeader(catalog_columns(is_tree=False))
                yield AssetList(id="assets")
            with Vertical(id="side"):
                yield Rule("#pane", id="pane-title")
                with VerticalScroll(id="pane"):
                    yield AssetPane()

    @property
    def current_row(self) -> AssetRow | None:
        """The asset under the cursor."""
        return self.query_one(AssetList).current_asset

    def memory(self) -> CatalogMemory:
        """How it is to be found again."""
        arranged = self._arrangement
        return CatalogMemory(
            arranged.grouping.value,
            arranged.order.value,
            arranged.is_reversed,
            tuple(sorted(arranged.folded)) if arranged.folded is not None else None,
            tuple(arranged.hidden),
            self.query_one(FilterBox).value if self.is_mounted else self._filter,
            self._has_pane,
        )

    # Showing.

    def show(self, catalog: Catalog, activity: Activity) -> None:
        """Show another state of the catalog; where another screen lies above, once it is gone."""
        self._catalog, self._activity = catalog, activity
        if self.is_active:
            self.reload()

    def reload(self) -> None:
        catalog, assets = self._catalog, self.query_one(AssetList)
        assets.selected &= catalog.graph.assets.keys()
        assets.empty_text = nothing_to_list(catalog, NO_MATCH)
        self._show_rows()
        self._show_columns()
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
            self._matching = matching(self._catalog, box.value)
            self._filter_error = None
        except SelectionError as error:  # what was shown before stays
            known = {row.key for row in self._matching}
            self._matching = [row for row in self._catalog.rows if row.key in known]
            self._filter_error = error
        lines = self._arrangement.lines(self._matching, self._catalog.rows, is_filtered=bool(box.value))
        assets.show(lines, self._activity)
        self._show_counts()

    def _show_columns(self) -> None:
        """Show the columns that have something to show, as wide as they are."""
        assets, header = self.query_one(AssetList), self.query_one(ListingHeader)
        is_told = assets.is_tree and self._arrangement.grouping is Grouping.GROUP
        unwanted = [*self._arrangement.hidden, *(["group"] if is_told else [])]
        hidden = assets.hide(self._catalog.rows, unwanted)
        if (hidden, assets.columns) != (header.hidden, header.columns):
            header.hidden, header.columns = hidden, assets.columns
            header.refresh()
            assets.refresh()

    def _show_counts(self) -> None:
        assets = self.query_one(AssetList)
        assets.redraw()
        total = len(self._catalog.rows)
        counts = (
            plural(total, "asset")
            if len(self._matching) == total
            else f"{len(self._matching):,} of {plural(total, 'asset')}"
        )
        if assets.selected:
            counts += f" · {len(assets.selected):,} selected"
        order = self._arrangement.order_text()
        self.head(f"{order} · {counts}" if order else counts)
        error = self._filter_error
        self.say_filter(Text(_told(error), "bold") if error is not None else "")

    @on(Listing.Moved)
    def show_asset(self) -> None:
        """Show what is known of the asset under the cursor, and fetch its past."""
        self._show_pane()
        row = self.query_one(AssetList).current_asset
        self._first_rows.rest_on(row if self._shows_rows() else None)
        key, known = self._history
        if row is not None and row.state.last is not None and (row.key != key or known[:1] != (row.state.last,)):
            self.load_history(row.key)

    def _show_pane(self) -> None:
        row = self.query_one(AssetList).current_asset
        if not self._has_pane:
            return
        rule, pane = self.query_one("#pane-title", Rule), self.query_one(AssetPane)
        if row is None:
            line = self.query_one(AssetList).current
            group = line if isinstance(line, GroupLine) else None
            rule.say(
                group.name if group is not None else "", plural(len(group.rows), "asset") if group is not None else ""
            )
            pane.show(group)
            return
        key, known = self._history
        rule.say(str(row.key), text_of([pane_title(row)]))
        pane.show(Shown(row, self._catalog, known if row.key == key else (), self._first_rows.page_of(row)))

    def _shows_rows(self) -> bool:
        """Whether the pane has room for the first rows of the data."""
        return self._has_pane and self.has_class("-wide")

    @on(FirstRows.Read)
    def show_rows(self, message: FirstRows.Read) -> None:
        """Show the first rows of the asset under the cursor."""
        self._first_rows.take(message)
        self._show_pane()
        self._first_rows.rest_on(self.query_one(AssetList).current_asset if self._shows_rows() else None)

    def on_unmount(self) -> None:
        self._first_rows.close()

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

    def completed(self, text: str) -> str | None:
        return completion(self._catalog, text)

    def narrow(self, text: str) -> None:
        """Show the assets that the selection finds."""
        self._show_rows()

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
        """Select the asset under the cursor, or all of the group, or no longer, and go on to the next."""
        assets = self.query_one(AssetList)
        line = assets.current
        if line is None:
            return
        rows = [line] if isinstance(line, AssetRow) else line.rows
        keys = {row.key for row in rows if not row.asset.is_external}
        if not keys:
            self.app.tell("it is external: made by something else")
            return
        assets.selected = assets.selected - keys if keys <= assets.selected else assets.selected | keys
        assets.action_move(1)
        self._show_counts()

    def action_select_all(self) -> None:
        """Select all that is listed, or nothing where all of it is."""
        assets = self.query_one(AssetList)
        listed = {row.key for row in self._matching if not row.asset.is_external}
        assets.selected = assets.selected - listed if listed <= assets.selected else assets.selected | listed
        self._show_counts()

    def _chosen(self) -> list[AssetKey]:
        """What is selected, or else under the cursor: of a group all that can be made."""
        assets = self.query_one(AssetList)
        line = assets.current
        if assets.selected:
            return sorted(assets.selected)
        if isinstance(line, GroupLine):
            return [row.key for row in line.rows if not row.asset.is_external]
        return [line.key] if line is not None else []

    # Grouping, ordering, columns.

    def action_group_by(self) -> None:
        """Put assets together by something else."""
        self._arrangement.next_grouping()
        self.app.tell(f"grouped by {self._arrangement.grouping.value}")
        self._show_anew()

    def action_fold(self, is_folded: bool) -> None:
        """Fold the group of what is under the cursor, or open it."""
        assets = self.query_one(AssetList)
        line = assets.current
        if line is None or not assets.is_tree:
            return
        name = self._arrangement.group_of(line)
        self._arrangement.fold(name, self._catalog.rows, is_folded=is_folded)
        self._show_anew()
        groups = (at for at, each in enumerate(assets.rows) if isinstance(each, GroupLine) and each.name == name)
        if is_folded:
            assets.cursor = next(groups, assets.cursor)

    def action_fold_all(self) -> None:
        """Fold all groups, or none where any is folded."""
        self._arrangement.fold_all(self._catalog.rows)
        self._show_anew()

    def action_order(self, by: int) -> None:
        """Order assets by the next column."""
        self._arrangement.next_order(by)
        self._show_anew()

    def action_reverse(self) -> None:
        """Order them the other way round."""
        self._arrangement.is_reversed = not self._arrangement.is_reversed
        self._show_anew()

    def action_toggle_pane(self) -> None:
        """Show the details of the asset under the cursor, or no longer."""
        self._has_pane = not self._has_pane
        self.set_class(not self._has_pane, "-bare")
        self._show_pane()

    def action_choose_columns(self) -> None:
        """Choose which columns are shown."""
        from assettui.tui.column_chooser import ColumnChooser  # deferred: few choose

        names = [column.title for column in catalog_columns(is_tree=False)][1:]

        def choose(shown: tuple[str, ...] | None) -> None:
            if shown is not None:
                self._arrangement.hidden = tuple(name for name in names if name not in shown)
                self._show_anew()

        self.app.push_screen(
            ColumnChooser(names, [name for name in names if name not in self._arrangement.hidden]), choose
        )

    def _show_anew(self) -> None:
        self._show_rows()
        self._show_columns()

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
        row = self.query_one(AssetList).current_asset
        if row is None:
            return
        if row.statuses is None:
            self.app.tell(f"{row.key} has no partitions")
        else:
            self.app.open_partitions(row.key)

    def action_launchpad(self) -> None:
        """Show the launchpad of what is selected, or else of the asset under the cursor."""
        keys = self._chosen()
        if keys:
            self.app.open_launchpad(RunRequest(assets=tuple(keys)))

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
    def open(self) -> None:
        """Open the asset under the cursor; fold the group, or open it."""
        line = self.query_one(AssetList).current
        if isinstance(line, GroupLine):
            self.action_fold(not line.is_folded)
        elif line is not None:
            self.app.open_asset(line.key)

    def action_open_run(self) -> None:
        """Open the run that is building the asset, or else failed to, or else built it last."""
        row = self.query_one(AssetList).current_asset
        if row is None:
            return
        run_id = row.state.running_run or row.state.failed_run or (row.state.last.run_id if row.state.last else None)
        if run_id is None:
            self.app.tell(f"{row.key} was never built: m builds it")
        else:
            self.app.open_run(run_id)

    def action_why(self) -> None:
        """Open the asset under the cursor: why it stands as it does."""
        row = self.query_one(AssetList).current_asset
        if row is not None:
            self.app.open_asset(row.key)

    def action_preview(self) -> None:
        """Show what the value of the asset under the cursor holds."""
        row = self.query_one(AssetList).current_asset
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
        row = self.query_one(AssetList).current_asset
        return str(row.key) if row is not None else None


def _told(error: SelectionError) -> str:
    """What is wrong with a filter, and at which of its characters, counted from 1."""
    place = f" at {error.position + 1}" if error.position is not None else ""
    return f"✗ {one_line(error.reason, 60)}{place}"
