"""Partitions: what is there, partition by partition, and what is to be made?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on, work
from textual.widgets import Footer, Input, Static

from assettui.core.partition_status import PartitionStatus
from assettui.core.partitions.multi import ProductSpace
from assettui.model.backfill import Which
from assettui.model.errors import AssettuiError
from assettui.model.text import one_line, plural
from assettui.model.timing import ago, clock_us, duration
from assettui.render.grid_axis import Axis, KeyAxis, TimeAxis, Zoom, zooms_of
from assettui.render.grid_cells import GridRow, row_of, rows_of_asset
from assettui.render.partitions import PARTITION_STYLES
from assettui.service.partitions import add_keys, partition_states, remove_keys, stale_causes
from assettui.tui.actions import bindings
from assettui.tui.background import is_canceled
from assettui.tui.fetching import Newest
from assettui.tui.grid_view import GridView
from assettui.tui.header import Header
from assettui.tui.main_screen import MainScreen
from assettui.tui.questions import Question

if TYPE_CHECKING:
    from collections.abc import Mapping

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.core.partitions.sets import PartitionSet
    from assettui.model.asset import PartitionState
    from assettui.model.keys import AssetKey
    from assettui.service.catalog import Catalog

_TIME = "time"
GO_TO = "a partition key, a date such as 2013-04, or an asset"


class GridScreen(MainScreen):
    """Assets × partitions; or one asset alone, of two dimensions as a grid of its own.

    Args:
        key: The asset; None for all that have partitions.
    """

    NAME = "partitions"
    AUTO_FOCUS = "GridView"
    CSS_PATH = "grid.tcss"
    BINDINGS: ClassVar[list[BindingType]] = bindings("partitions")

    @dataclass
    class PartitionLoaded(Newest):
        """What is known of the partition under the cursor."""

        key: AssetKey
        partition: str
        state: PartitionState | None
        causes: tuple[str, ...]
        """Why it is stale."""

    def __init__(self, key: AssetKey | None = None) -> None:
        super().__init__()
        self._key = key
        self._catalog: Catalog | None = None
        self._groups: dict[str, list[GridRow]] = {}
        """The lines by axis: those of time, and those of each definition that has names."""
        self._group = ""
        self._zooms: list[Zoom] = []
        self._zoom = 0
        self._axis: Axis | None = None
        self._axis_of: tuple[object, ...] = ()
        self._state: tuple[AssetKey | None, str, PartitionState | None] = (None, "", None)
        self._causes: tuple[str, ...] = ()
        self._adding: str | None = None
        """The dynamic partitions that a key is typed for; None where it is typed where to go."""

    def compose(self) -> ComposeResult:
        yield Header()
        yield Static(id="title")
        yield GridView(id="grid")
        yield Input(id="goto", placeholder=GO_TO, compact=True)
        yield Static(id="status")
        yield Footer(show_command_palette=False)

    # Showing.

    def on_mount(self) -> None:
        self.call_after_refresh(self.show_catalog, self.app.catalog)

    def on_screen_resume(self) -> None:
        """Show the partitions as they are known by now."""
        super().on_screen_resume()
        if self._catalog is not None and self._catalog is not self.app.catalog:
            self.show_catalog(self.app.catalog)

    def show_catalog(self, catalog: Catalog) -> None:
        is_first = self._catalog is None
        self._catalog = catalog
        self._groups = self._grouped(catalog)
        if self._group not in self._groups:
            self._group = next(iter(self._groups), "")
        grid = self.query_one(GridView)
        grid.empty_text = "no asset has partitions: give one partitions_def=DailyPartitionsDefinition(…)"
        self._show_axis()
        if is_first and grid.axis is not None:
            self._begin_where_it_matters()
        self.redraw_in_time()

    def _grouped(self, catalog: Catalog) -> dict[str, list[GridRow]]:
        groups: dict[str, list[GridRow]] = {}
        for row in catalog.rows:
            if row.statuses is None or (self._key is not None and row.key != self._key):
                continue
            space = catalog.partitioned.space(row.key)
            lines = (
                [row_of(row.key, space, row.statuses)]
                if self._key is None
                else rows_of_asset(row.key, space, row.statuses)
            )
            for line in lines:
                of_names = (
                    space.major.identity
                    if line.minor is not None and isinstance(space, ProductSpace)
                    else space.identity
                )
                groups.setdefault(_TIME if line.definition is not None else of_names, []).append(line)
        return dict(sorted(groups.items(), key=lambda group: group[0] != _TIME))

    def _show_axis(self) -> None:
        rows = self._groups.get(self._group, [])
        grid = self.query_one(GridView)
        if not rows:
            self._axis = None
        elif self._group == _TIME:
            definitions = {id(row.definition): row.definition for row in rows if row.definition is not None}
            known = tuple(definitions)
            if self._axis_of[:1] != (known,):
                self._zooms = zooms_of(definitions.values())
                self._zoom = min(self._zoom, len(self._zooms) - 1)
            start = min(each.first_moment_s for each in definitions.values())
            ends = [row.definition.begins(row.windows) for row in rows if row.definition is not None]
            wanted = (known, self._zoom, start, max(ends))
            if wanted != self._axis_of:
                self._axis = TimeAxis(self._zooms[self._zoom], start, max(ends))
                self._axis_of = wanted
        else:
            space = rows[0].space
            named = space.major if rows[0].minor is not None and isinstance(space, ProductSpace) else space
            wanted = (named.identity, named.all)
            if wanted != self._axis_of:
                self._axis, self._axis_of = KeyAxis(named), wanted
        grid.show(rows, self._axis)
        self._show_title()

    def _begin_where_it_matters(self) -> None:
        grid = self.query_one(GridView)
        if isinstance(self._axis, TimeAxis):
            width = max(20, self.size.width - 30)
            while self._axis.count > 2 * width and self._zoom + 1 < len(self._zooms):
                self._zoom += 1
                self._axis_of = ()
                self._show_axis()
                assert isinstance(self._axis, TimeAxis)
        grid.move_to(0, (self._axis.count if self._axis is not None else 1) - 1)

    def _show_title(self) -> None:
        grid = self.query_one(GridView)
        title = Text("Partitions", style="bold", no_wrap=True)
        if self._key is not None:
            title.append(f"  {one_line(str(self._key), 40)}")
        if self._axis is not None:
            title.append(f"   1 cell = 1 {self._axis.unit}", style="dim")
        others = len(self._groups) - 1
        if others > 0:
            title.append(f"   tab: {plural(others, 'other axis').replace('axiss', 'axes')}", style="dim")
        chosen = grid.chosen()
        if chosen:
            count = sum(len(partitions) for partitions in chosen.values())
            title.append(f"   {count:,} selected of {plural(len(chosen), 'asset')}", style="bold")
        if grid.corner is not None:
            title.append("   VISUAL", style="bold")
        self.query_one("#title", Static).update(title)

    def redraw(self) -> None:
        """Show how long ago it was."""
        self._show_status()

    def is_live(self) -> bool:
        return any(row.statuses.running for rows in self._groups.values() for row in rows)

    # What lies under the cursor.

    @on(GridView.Moved)
    def follow_cursor(self) -> None:
        """Say what lies under the cursor."""
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
        """Fetch what is known of a partition."""
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
        text = Text(no_wrap=True, overflow="ellipsis")
        if row is None or self._catalog is None:
            return text
        statuses = self._statuses_of(row.key)
        if statuses is None or not here:
            text.append(f"{one_line(str(row.key), 60)}: there is no partition here", style="dim")
            return text
        if len(here) > 1:
            counts = {status: len(statuses.of(status) & here) for status in PartitionStatus}
            text.append(f"{row.space.shown(here)}", style="bold")
            for status, count in counts.items():
                if count:
                    glyph, color = PARTITION_STYLES[status]
                    text.append(f"   {glyph} {count:,} {status.value}", style=color)
            text.append("\n+ looks closer", style="dim")
            return text
        index = here.first
        partition, status = row.space.key(index), statuses.at(index)
        glyph, color = PARTITION_STYLES[status]
        text.append(f"{one_line(str(row.key), 60)} ", style="bold")
        text.append(f"{one_line(partition, 60)}  {glyph} {status.value}", style=color)
        window = row.space.window(index)
        if window is not None:
            text.append(f"   {window.start:%Y-%m-%d %H:%M} – {window.end:%Y-%m-%d %H:%M %Z}", style="dim")
        text.append("\n")
        key, known, state = self._state
        if (key, known) == (row.key, partition) and state is not None:
            if state.failed_us is not None:
                text.append(
                    f"{one_line(state.error or 'failed', 160)}   run {(state.failed_run or '')[:8]}", style=color
                )
            elif state.last is not None:
                last = state.last
                text.append(
                    f"built {ago(last.time_us, clock_us())}, took {duration(last.duration_us)}, run {last.run_id[:8]}"
                )
                if last.rows is not None:
                    text.append(f", {plural(last.rows, 'row')}")
                if status is PartitionStatus.STALE and self._causes:
                    text.append(f"   stale: {one_line('; '.join(self._causes), 200)}", style=color)
        return text

    def _statuses_of(self, key: AssetKey):
        row = self._catalog.row(key) if self._catalog is not None else None
        return row.statuses if row is not None else None

    # Moving.

    def action_zoom(self, by: int) -> None:
        """Have a cell stand for less, or for more; the cursor stays at the same time."""
        grid = self.query_one(GridView)
        if not isinstance(self._axis, TimeAxis):
            self.app.tell("there is nothing to zoom: these partitions have names")
            return
        wanted = self._zoom + by
        if not 0 <= wanted < len(self._zooms):
            self.app.tell("this is as close as it gets" if by < 0 else "this is as far as it gets")
            return
        moment = self._axis.begins(grid.column)
        self._zoom = wanted
        grid.corner = None
        self._show_axis()
        assert isinstance(self._axis, TimeAxis)
        grid.move_to(grid.row, self._axis.column_at(moment))

    def action_next_axis(self) -> None:
        """Show the assets whose partitions are of another kind."""
        names = list(self._groups)
        if len(names) < 2:
            return
        self._group = names[(names.index(self._group) + 1) % len(names)]
        self._axis_of = ()
        grid = self.query_one(GridView)
        grid.corner = None
        self._show_axis()
        grid.move_to(0, 0 if self._group != _TIME else (self._axis.count if self._axis else 1) - 1)

    def action_go_to(self) -> None:
        box = self.query_one("#goto", Input)
        box.value, box.placeholder = "", GO_TO
        self._adding = None
        box.add_class("shown").focus()

    @on(Input.Submitted, "#goto")
    def go_to(self, event: Input.Submitted) -> None:
        """Go to a key, a date or an asset."""
        text = event.value.strip()
        self._leave_box()
        if text and self._adding is not None:
            self.change_keys(self._adding, text, is_added=True)
        elif text and not self._go(text):
            self.app.tell(f"there is no partition, date or asset {one_line(text, 40)!r} here")

    def _go(self, text: str) -> bool:
        grid = self.query_one(GridView)
        row = grid.current
        if row is not None and self._axis is not None:
            space = row.space.major if row.minor is not None and isinstance(row.space, ProductSpace) else row.space
            if isinstance(self._axis, KeyAxis):
                index = space.find(text)
                if index in self._axis.indices:
                    grid.move_to(grid.row, self._axis.indices.index(index))
                    return True
            elif isinstance(self._axis, TimeAxis):
                moment_s = self._moment_of(text, row)
                if moment_s is not None:
                    grid.move_to(grid.row, self._axis.column_at(moment_s))
                    return True
        found = next((place for place, each in enumerate(grid.rows) if text in each.title), None)
        if found is None:
            return False
        grid.move_to(found, grid.column)
        return True

    def _moment_of(self, text: str, row: GridRow) -> int | None:
        """The moment of a key or a date, on the clock of a line, in seconds since the epoch."""
        if row.definition is None:
            return None
        index = row.definition.index_of(text)
        if index is not None:
            return row.definition.begins(index) if index >= 0 else row.definition.begins(0)
        for form in ("%Y", "%Y-%m", "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"):
            try:
                shown = datetime.strptime(text, form)  # noqa: DTZ007 - on the clock of the definition
            except ValueError:
                continue
            try:
                return row.definition.local_seconds(shown)
            except AssettuiError as error:
                self.app.warn(error)
                return None
        return None

    def action_next_problem(self) -> None:
        """Go to the next cell, to the right and then below, in which something has failed."""
        grid = self.query_one(GridView)
        count = len(grid.rows)
        for step in range(count + 1):
            place = (grid.row + step) % max(1, count)
            row = grid.rows[place] if count else None
            if row is None or not row.statuses.failed:
                continue
            start = grid.column + 1 if not step else 0
            column = self._first_failed(row, start)
            if column is not None:
                grid.move_to(place, column)
                return
        self.app.tell("nothing here has failed")

    def _first_failed(self, row: GridRow, start: int) -> int | None:
        if isinstance(self._axis, KeyAxis):
            columns = [place for place, index in enumerate(self._axis.indices) if index in row.statuses.failed]
        elif isinstance(self._axis, TimeAxis) and row.definition is not None:
            windows = dict.fromkeys(index // row.stride for index in row.statuses.failed)
            columns = [self._axis.column_at(row.definition.begins(index)) for index in windows]
        else:
            columns = []
        return next((column for column in columns if column >= start), None)

    def _leave_box(self) -> None:
        self.query_one("#goto", Input).remove_class("shown")
        self.query_one(GridView).focus()

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
        if box.has_focus:
            self._leave_box()
        elif grid.corner is not None:
            grid.corner = None
            grid.refresh()
            self._show_title()
        elif grid.selected:
            grid.select({})
        elif self._key is not None:
            self.app.pop_screen()

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
        """Show all that is known of what lies under the cursor."""
        causes = "".join(f"\n• {cause}" for cause in self._causes)
        self.app.read("Partition", f"{self._status().plain}\n{causes}")

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
        """Type a key to be added to the dynamic partitions under the cursor."""
        name = self._dynamic_name()
        if name is not None:
            box = self.query_one("#goto", Input)
            box.value, box.placeholder = "", f"a key to be added to {one_line(name, 40)}"
            self._adding = name
            box.add_class("shown").focus()

    def action_remove_key(self) -> None:
        """Remove the key under the cursor from its dynamic partitions, once that is confirmed."""
        name, grid = self._dynamic_name(), self.query_one(GridView)
        if name is None or grid.current is None or not isinstance(self._axis, KeyAxis) or not self._axis.count:
            return
        key = self._axis.space.key(self._axis.indices[grid.column])

        def remove(answer: bool | None) -> None:
            if answer:
                self.change_keys(name, key, is_added=False)

        text = f"{key} of {name}: what was made of it stays recorded."
        self.app.push_screen(Question("Remove a partition", text, "remove"), remove)

    @work(thread=True)
    def change_keys(self, name: str, key: str, *, is_added: bool) -> None:
        """Add a key to dynamic partitions, or remove it."""
        try:
            (add_keys if is_added else remove_keys)(self.app.session, name, [key])
        except AssettuiError as error:
            self.app.call_from_thread(self.app.warn, error)
        else:
            self.app.call_from_thread(self.app.tell, f"{key} was {'added to' if is_added else 'removed from'} {name}")
            self.app.post_message(self.app.Changed())

    def copied(self) -> str | None:
        """The key under the cursor."""
        grid = self.query_one(GridView)
        return grid.current.space.shown(grid.here()) if grid.current is not None and grid.here() else None
