"""Partitions: what is there, partition by partition, and what is to be made?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.widgets import Input, Static

from assettui.core.partitions.multi import ProductSpace
from assettui.model.backfill import Which
from assettui.model.errors import AssettuiError
from assettui.model.text import one_line
from assettui.model.timing import clock_us
from assettui.render.assets import nothing_to_list
from assettui.render.grid import Grid, cell_lines, legend, title_line
from assettui.render.grid_axis import KeyAxis, TimeAxis
from assettui.service.partitions import add_keys, partition_states, remove_keys, stale_causes
from assettui.tui.actions import bindings
from assettui.tui.asset_tabs import PARTITIONS, TabbedScreen
from assettui.tui.background import is_canceled
from assettui.tui.drawing import text_of
from assettui.tui.fetching import Newest
from assettui.tui.grid_view import GridView
from assettui.tui.line_input import SteadyInput
from assettui.tui.main_screen import MainScreen
from assettui.tui.questions import Question

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.core.partition_status import PartitionStatuses
    from assettui.core.partitions.sets import PartitionSet
    from assettui.model.asset import PartitionState
    from assettui.model.keys import AssetKey
    from assettui.service.catalog import Catalog

NOTHING = "no asset has partitions: give one partitions_def=DailyPartitionsDefinition(…)"
GO_TO = "a partition key, a date such as 2013-04, or an asset"


class ShowsPartitions(MainScreen):
    """Assets × partitions; or one asset alone, of two dimensions as a grid of its own."""

    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-high")]  # noqa: RUF012 - typed so by Textual
    AUTO_FOCUS = "GridView"
    CSS_PATH = "grid.tcss"

    @dataclass
    class PartitionLoaded(Newest):
        """What is known of the partition under the cursor."""

        key: AssetKey
        partition: str
        state: PartitionState | None
        causes: tuple[str, ...]
        """Why it is stale."""

    def _begin(self, key: AssetKey | None, *, is_calendar: bool = False) -> None:
        """Say whose partitions are shown, of one asset or, by None, of all that have some; called once."""
        self._grid = Grid(key)
        self._is_calendar = is_calendar
        self._start: tuple[int, int] | None = None
        """The line, and the moment in seconds since the epoch, that the cursor begins on; None for where it matters."""
        self._catalog: Catalog | None = None
        self._state: tuple[AssetKey | None, str, PartitionState | None] = (None, "", None)
        self._causes: tuple[str, ...] = ()
        self._adding: str | None = None
        """The dynamic partitions that a key is typed for; None where it is typed where to go."""

    def contents(self) -> ComposeResult:
        if self._is_calendar:
            from assettui.tui.calendar_view import CalendarView  # deferred: until it is asked for

            yield CalendarView(id="grid")
        else:
            yield GridView(id="grid")
        yield SteadyInput(id="goto", placeholder=GO_TO, compact=True)
        yield Static(text_of([legend()]), id="legend")
        yield Static(id="status")

    # Showing.

    def on_mount(self) -> None:
        self.call_after_refresh(self.show_catalog, self.app.catalog)

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        if self._catalog is not None and self._catalog is not self.app.catalog:
            self.show_catalog(self.app.catalog)

    def show_catalog(self, catalog: Catalog) -> None:
        is_first = self._catalog is None
        self._catalog = catalog
        self._grid.update(catalog)
        if self._is_calendar and not self._grid.show_days():
            self.call_after_refresh(self._leave_calendar)
            return
        self.query_one(GridView).empty_text = nothing_to_list(catalog, NOTHING)
        self._show_axis()
        if is_first and self._grid.axis is not None:
            self._begin_where_it_matters()
        self.redraw_in_time()

    def _show_axis(self) -> None:
        self.query_one(GridView).show(self._grid.rows, self._grid.axis)
        self._show_title()

    def _begin_where_it_matters(self) -> None:
        """Where one came from, or else all of it in sight, if it may be, or the last of it."""
        width = max(20, self.size.width - 30)
        while self._columns > 2 * width and not self._is_calendar and self._grid.is_of_time and self._grid.zoom(1):
            pass
        self._show_axis()
        axis = self._grid.axis
        if self._start is not None and isinstance(axis, TimeAxis):
            self.query_one(GridView).move_to(self._start[0], axis.column_at(self._start[1]))
        else:
            self.query_one(GridView).move_to(0, self._columns - 1)

    def action_calendar(self) -> None:
        """Show the days as calendars, or as lines again; what is selected stays so."""
        grid = self.query_one(GridView)
        axis = grid.axis
        if not self._grid.show_days() or not isinstance(axis, TimeAxis):
            self.app.tell("a calendar is of days: these partitions have names, or are longer")
            return
        other = self._other_form()
        other._start = (grid.row, axis.begins(grid.column))
        self.app.replace_screen(other)
        other.call_after_refresh(other._take_selection, grid.chosen())

    def _other_form(self) -> ShowsPartitions:
        """The same as a calendar, or no longer as one."""
        raise NotImplementedError

    def _take_selection(self, selected: Mapping[AssetKey, PartitionSet]) -> None:
        self.query_one(GridView).select(selected)

    def _leave_calendar(self) -> None:
        """The project was edited: no partitions have days now."""
        self.app.replace_screen(self._other_form())

    @property
    def _columns(self) -> int:
        return self._grid.axis.count if self._grid.axis is not None else 1

    def _show_title(self) -> None:
        grid = self.query_one(GridView)
        title = text_of([title_line(self._grid, grid.chosen(), is_visual=grid.corner is not None)])
        title.no_wrap = True
        self.head(title)

    def redraw(self) -> None:
        self._show_status()

    def is_live(self) -> bool:
        return self._grid.is_running

    # What lies under the cursor.

    @on(GridView.Moved)
    def follow_cursor(self) -> None:
        self._show_title()
        self._show_status()
        grid = self.query_one(GridView)
        row, here = grid.current, grid.here()
        if row is not None and len(here) == 1:
            statuses = self._statuses_of(row.key)
            is_stale = statuses is not None and here.first in statuses.stale
            self.load_partition(row.key, row.space.key(here.first), is_stale)

    @work(thread=True, exclusive=True, group="partition")
    def load_partition(self, key: AssetKey, partition: str, is_stale: bool) -> None:
        try:
            found = partition_states(self.app.session, key, [partition]).get(partition)
            causes = stale_causes(self.app.session, key, partition) if is_stale else ()
        except AssettuiError as error:
            self.app.call_from_thread(self.app.warn, error)
            return
        if not is_canceled():
            self.post_message(self.PartitionLoaded(key, partition, found, causes))

    @on(PartitionLoaded)
    def show_partition(self, message: PartitionLoaded) -> None:
        self._state = (message.key, message.partition, message.state)
        self._causes = message.causes
        self._show_status()

    def _show_status(self) -> None:
        self.query_one("#status", Static).update(self._status())

    def _status(self) -> Text:
        grid = self.query_one(GridView)
        row, here = grid.current, grid.here()
        statuses = self._statuses_of(row.key) if row is not None else None
        if row is None or statuses is None:
            return Text()
        key, partition, state = self._state
        is_known = len(here) == 1 and (key, partition) == (row.key, row.space.key(here.first))
        found = text_of(cell_lines(row, here, statuses, state if is_known else None, self._causes, clock_us()))
        found.no_wrap, found.overflow = True, "ellipsis"
        return found

    def _statuses_of(self, key: AssetKey) -> PartitionStatuses | None:
        row = self._catalog.row(key) if self._catalog is not None else None
        return row.statuses if row is not None else None

    # Moving.

    def action_zoom(self, by: int) -> None:
        """Have a cell stand for less, or for more; the cursor stays at the same time."""
        grid, axis = self.query_one(GridView), self._grid.axis
        if self._is_calendar:
            self.app.tell("a calendar is of days: C shows lines, which zoom")
            return
        if not isinstance(axis, TimeAxis):
            self.app.tell("there is nothing to zoom: these partitions have names")
            return
        moment = axis.begins(grid.column)
        if not self._grid.zoom(by):
            self.app.tell("this is as close as it gets" if by < 0 else "this is as far as it gets")
            return
        grid.corner = None
        self._show_axis()
        assert isinstance(self._grid.axis, TimeAxis)
        grid.move_to(grid.row, self._grid.axis.column_at(moment))

    def action_next_axis(self) -> None:
        if not self._grid.other_axes:
            return
        self._grid.next_axis()
        grid = self.query_one(GridView)
        grid.corner = None
        self._show_axis()
        grid.move_to(0, self._columns - 1 if self._grid.is_of_time else 0)

    def action_go_to(self) -> None:
        self._open_box(GO_TO, None)

    @on(Input.Submitted, "#goto")
    def go_to(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        self._leave_box()
        if text and self._adding is not None:
            self.change_keys(self._adding, text, is_added=True)
        elif text and not self._go(text):
            self.app.tell(f"there is no partition, date or asset {one_line(text, 40)!r} here")

    def _go(self, text: str) -> bool:
        grid = self.query_one(GridView)
        try:
            column = self._grid.column_of(text, grid.current) if grid.current is not None else None
        except AssettuiError as error:
            self.app.warn(error)
            column = None
        if column is not None:
            grid.move_to(grid.row, column)
            return True
        found = next((place for place, each in enumerate(grid.rows) if text in each.title), None)
        if found is None:
            return False
        grid.move_to(found, grid.column)
        return True

    def action_next_problem(self) -> None:
        grid = self.query_one(GridView)
        place = self._grid.next_failed(grid.row, grid.column)
        if place is None:
            self.app.tell("nothing here has failed")
        else:
            grid.move_to(*place)

    def _open_box(self, placeholder: str, adding: str | None) -> None:
        box = self.query_one("#goto", Input)
        box.value, box.placeholder, self._adding = "", placeholder, adding
        self.set_focus(box.add_class("shown"))

    def _leave_box(self) -> None:
        self.query_one("#goto", Input).remove_class("shown")
        self.set_focus(self.query_one(GridView))

    # Selecting.

    def action_visual(self) -> None:
        """Begin a rectangle; or keep the one that was drawn, so that another may be added."""
        grid = self.query_one(GridView)
        if grid.corner is None:
            grid.corner = (grid.row, grid.column)
            grid.refresh()
            self._show_title()
        else:
            grid.select(grid.chosen())

    def action_only(self, name: str) -> None:
        """Of what is selected, or else of the line under the cursor, only what is missing, or has failed."""
        grid = self.query_one(GridView)
        chosen = grid.chosen() or self._line()
        kept: dict[AssetKey, PartitionSet] = {}
        for key, partitions in chosen.items():
            statuses = self._statuses_of(key)
            if statuses is not None:
                kept[key] = partitions & (statuses.missing if name == "missing" else statuses.failed)
        if not any(kept.values()):
            self.app.tell(f"nothing there {'is missing' if name == 'missing' else 'has failed'}")
            return
        grid.select(kept)

    def action_invert(self) -> None:
        """Of the assets that are selected, or else of the one under the cursor, all that is not selected."""
        grid = self.query_one(GridView)
        chosen = grid.chosen()
        assets = chosen or {key: partitions - partitions for key, partitions in self._line().items()}
        inverted = {
            key: statuses.all - partitions
            for key, partitions in assets.items()
            if (statuses := self._statuses_of(key)) is not None
        }
        grid.select(inverted)

    def action_select_all(self) -> None:
        """Select the whole line under the cursor; all lines, where it is selected already."""
        grid = self.query_one(GridView)
        line, chosen = self._line(), grid.chosen()
        if all(partitions <= chosen.get(key, partitions - partitions) for key, partitions in line.items()):
            line = {row.key: row.space.all for row in grid.rows}
        grid.select({**chosen, **line})

    def _line(self) -> dict[AssetKey, PartitionSet]:
        row = self.query_one(GridView).current
        return {row.key: row.partitions_between(0, max(1, row.space.size))} if row is not None else {}

    def action_clear(self) -> None:
        """Leave the box, or the rectangle, or undo the selection, or leave the screen where it is of one asset."""
        grid, box = self.query_one(GridView), self.query_one("#goto", Input)
        if self.focused is box:
            self._leave_box()
        elif grid.corner is not None:
            grid.corner = None
            grid.refresh()
            self._show_title()
        elif grid.selected:
            grid.select({})
        else:
            self.action_back()

    # Doing.

    def action_backfill(self) -> None:
        """Show what a backfill of what is selected would do, or else of the cell under the cursor."""
        grid = self.query_one(GridView)
        chosen: Mapping[AssetKey, PartitionSet] = grid.chosen()
        if not chosen and grid.current is not None and grid.here():
            chosen = {grid.current.key: grid.here()}
        if chosen:
            self.app.plan_backfill(list(chosen), Which.ALL, chosen, self._started)

    def _started(self) -> None:
        self.query_one(GridView).select({})

    @on(GridView.Chosen)
    def open(self) -> None:
        """Open the run that made the partition, or failed to; look closer where there are several; open two dimensions."""
        grid = self.query_one(GridView)
        row, here = grid.current, grid.here()
        if row is None or not here:
            return
        if isinstance(row.space, ProductSpace) and row.minor is None:
            self.app.open_partitions(row.key)
            return
        if len(here) > 1:
            self.action_zoom(-1)
            return
        partition = row.space.key(here.first)
        key, known, state = self._state
        if (key, known) != (row.key, partition) or state is None:
            self.app.tell(f"{partition} was never built: b builds it")
            return
        run_id = state.failed_run or (state.last.run_id if state.last is not None else None)
        if run_id is not None:
            self.app.open_run(run_id)

    def action_why(self) -> None:
        causes = "".join(f"\n• {cause}" for cause in self._causes)
        self.app.read("Partition", f"{self._status().plain}\n{causes}")

    def action_preview(self) -> None:
        """Show what the partition under the cursor holds."""
        grid = self.query_one(GridView)
        row, here = grid.current, grid.here()
        if row is None or not here:
            return
        if len(here) > 1:
            self.app.tell("the cell is of several partitions: + looks closer")
        else:
            self.app.open_preview(row.key, row.space.key(here.first))

    def action_compare(self) -> None:
        """Compare the first and the last of the partitions of the asset under the cursor that are selected."""
        grid = self.query_one(GridView)
        row = grid.current
        selected = grid.chosen().get(row.key) if row is not None else None
        if row is None or selected is None or len(selected) < 2:
            self.app.tell("select the partitions to be compared, from one to the other: v")
            return
        self.app.open_difference(row.key, (row.space.key(selected.first), row.space.key(selected.last)))

    # Keys of dynamic partitions.

    def _dynamic_name(self) -> str | None:
        """The dynamic partitions under the cursor; None where these are of another kind."""
        row = self.query_one(GridView).current
        definition = self._catalog.graph.assets[row.key].partitions if row is not None and self._catalog else None
        names = definition.dynamic_names if definition is not None else ()
        if not names:
            self.app.tell("keys are added to dynamic partitions alone")
            return None
        return names[0]

    def action_add_key(self) -> None:
        name = self._dynamic_name()
        if name is not None:
            self._open_box(f"a key to be added to {one_line(name, 40)}", name)

    def action_remove_key(self) -> None:
        """Remove the key under the cursor from its dynamic partitions, once that is confirmed."""
        name, grid = self._dynamic_name(), self.query_one(GridView)
        axis = self._grid.axis
        if name is None or grid.current is None or not isinstance(axis, KeyAxis) or not axis.count:
            return
        key = axis.space.key(axis.indices[grid.column])

        def remove(answer: bool | None) -> None:
            if answer:
                self.change_keys(name, key, is_added=False)

        text = f"{key} of {name}: what was made of it stays recorded."
        self.app.push_screen(Question("Remove a partition", text, "remove"), remove)

    def change_keys(self, name: str, key: str, *, is_added: bool) -> None:

        def change() -> str:
            (add_keys if is_added else remove_keys)(self.app.session, name, [key])
            return f"{key} was {'added to' if is_added else 'removed from'} {name}"

        self.app.carry_out(change)

    def copied(self) -> str | None:
        grid = self.query_one(GridView)
        return grid.current.space.shown(grid.here()) if grid.current is not None and grid.here() else None


class GridScreen(ShowsPartitions):
    """The partitions of all assets that have some, or of one asset.

    Args:
        key: The asset; None for all.
    """

    NAME = "partitions"
    TITLE_SHOWN = "Partitions"
    BINDINGS: ClassVar[list[BindingType]] = bindings("partitions")

    def __init__(self, key: AssetKey | None = None, *, is_calendar: bool = False) -> None:
        super().__init__()
        self._begin(key, is_calendar=is_calendar)

    def _other_form(self) -> GridScreen:
        return GridScreen(self._grid.key, is_calendar=not self._is_calendar)

    def is_numbered(self) -> bool:
        return self._grid.key is None

    def crumb(self) -> str:
        return f"{self._grid.key} › partitions" if self._grid.key is not None else self.TITLE_SHOWN


class AssetPartitionsScreen(ShowsPartitions, TabbedScreen):
    """The partitions of one asset, as one of its tabs."""

    TAB = PARTITIONS
    BINDINGS: ClassVar[list[BindingType]] = bindings("asset_partitions")

    def __init__(self, key: AssetKey, partition: str | None = None, *, is_calendar: bool = False) -> None:
        super().__init__(key, partition)
        self._begin(key, is_calendar=is_calendar)

    def _other_form(self) -> AssetPartitionsScreen:
        return AssetPartitionsScreen(self._key, self._partition, is_calendar=not self._is_calendar)

    def contents(self) -> ComposeResult:
        yield self.tabs()
        yield from super().contents()
