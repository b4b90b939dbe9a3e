"""The partition grid: which lines there are, on which axis, how closely it is looked at. Knows no screen."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from assettui.core.partition_status import PartitionStatus, PartitionStatuses
from assettui.core.partitions.multi import ProductSpace
from assettui.model.text import plural
from assettui.model.timing import ago, duration
from assettui.render.grid_axis import Axis, KeyAxis, TimeAxis, Zoom, zooms_of
from assettui.render.grid_cells import GridRow, row_of, rows_of_asset
from assettui.render.lines import Line, line
from assettui.render.partitions import PARTITION_STYLES
from assettui.render.table import Cell

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.core.partitions.sets import PartitionSet
    from assettui.core.partitions.space import PartitionSpace
    from assettui.model.asset import PartitionState
    from assettui.model.keys import AssetKey
    from assettui.service.catalog import Catalog

_TIME = "time"
_FORMS = ("%Y", "%Y-%m", "%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M")


class Grid:
    """The lines by their axis: those of time, and those of each definition that has names; one of these is shown.

    Args:
        key: The asset; None for all that have partitions.
    """

    def __init__(self, key: AssetKey | None) -> None:
        self.key = key
        self.axis: Axis | None = None
        self._groups: dict[str, list[GridRow]] = {}
        self._group = ""
        self._zooms: list[Zoom] = []
        self._zoom = 0
        self._axis_of: tuple[object, ...] = ()
        """What the axis was made for: it is kept as long as that stays the same."""

    @property
    def rows(self) -> list[GridRow]:
        """Those that are shown."""
        return self._groups.get(self._group, [])

    @property
    def other_axes(self) -> int:
        return max(0, len(self._groups) - 1)

    @property
    def is_of_time(self) -> bool:
        return self._group == _TIME

    @property
    def is_running(self) -> bool:
        """Whether anything is being made."""
        return any(row.statuses.running for rows in self._groups.values() for row in rows)

    def update(self, catalog: Catalog) -> None:
        """Take the partitions as they are now."""
        groups: dict[str, list[GridRow]] = {}
        for row in catalog.rows:
            if row.statuses is None or self.key not in (None, row.key):
                continue
            space = catalog.partitioned.space(row.key)
            if self.key is None:
                lines = [row_of(row.key, space, row.statuses)]
            else:
                lines = rows_of_asset(row.key, space, row.statuses)
            for each in lines:
                name = _TIME if each.definition is not None else _named(each).identity
                groups.setdefault(name, []).append(each)
        self._groups = dict(sorted(groups.items(), key=lambda group: group[0] != _TIME))
        if self._group not in self._groups:
            self._group = next(iter(self._groups), "")
        self._update_axis()

    def _update_axis(self) -> None:
        rows = self.rows
        if not rows:
            self.axis = None
        elif self.is_of_time:
            definitions = {id(row.definition): row.definition for row in rows if row.definition is not None}
            known = tuple(definitions)
            if self._axis_of[:1] != (known,):
                self._zooms = zooms_of(definitions.values())
                self._zoom = min(self._zoom, len(self._zooms) - 1)
            start = min(each.first_moment_s for each in definitions.values())
            end = max(row.definition.begins(row.windows) for row in rows if row.definition is not None)
            wanted = (known, self._zoom, start, end)
            if wanted != self._axis_of:
                self.axis, self._axis_of = TimeAxis(self._zooms[self._zoom], start, end), wanted
        else:
            named = _named(rows[0])
            wanted = (named.identity, named.all)
            if wanted != self._axis_of:
                self.axis, self._axis_of = KeyAxis(named), wanted

    def zoom(self, by: int) -> bool:
        """Have a cell stand for less, or for more; whether it does."""
        wanted = self._zoom + by
        if not 0 <= wanted < len(self._zooms):
            return False
        self._zoom = wanted
        self._update_axis()
        return True

    def show_days(self) -> bool:
        """Have a cell stand for a day; whether it does: partitions that have names, or are all longer, have no days."""
        found = next((place for place, zoom in enumerate(self._zooms) if zoom.style == "day"), None)
        if not self.is_of_time or found is None:
            return False
        self._zoom = found
        self._update_axis()
        return True

    def next_axis(self) -> None:
        """Show the assets whose partitions are of another kind."""
        names = list(self._groups)
        self._group = names[(names.index(self._group) + 1) % len(names)]
        self._axis_of = ()
        self._update_axis()

    def column_of(self, text: str, row: GridRow) -> int | None:
        """Where a key or a date is, on the clock of a line.

        Raises:
            AssettuiError: The clock never shows that time.
        """
        if isinstance(self.axis, KeyAxis):
            index = _named(row).find(text)
            return self.axis.indices.index(index) if index in self.axis.indices else None
        if isinstance(self.axis, TimeAxis):
            moment_s = _moment_of(text, row)
            return self.axis.column_at(moment_s) if moment_s is not None else None
        return None

    def next_failed(self, line: int, column: int) -> tuple[int, int] | None:
        """The next cell, to the right and then below and at last from the top on, in which something has failed."""
        rows = self.rows
        for step in range(len(rows) + 1):
            place = (line + step) % max(1, len(rows))
            if rows and rows[place].statuses.failed:
                found = self._first_failed(rows[place], column + 1 if not step else 0)
                if found is not None:
                    return place, found
        return None

    def _first_failed(self, row: GridRow, start: int) -> int | None:
        if isinstance(self.axis, KeyAxis):
            columns = [place for place, index in enumerate(self.axis.indices) if index in row.statuses.failed]
        elif isinstance(self.axis, TimeAxis) and row.definition is not None:
            windows = dict.fromkeys(index // row.stride for index in row.statuses.failed)
            columns = [self.axis.column_at(row.definition.begins(index)) for index in windows]
        else:
            columns = []
        return next((column for column in columns if column >= start), None)


def _named(row: GridRow) -> PartitionSpace:
    """What gives the columns of a line their names."""
    space = row.space
    return space.major if row.minor is not None and isinstance(space, ProductSpace) else space


def _moment_of(text: str, row: GridRow) -> int | None:
    """The moment of a key or a date, on the clock of a line, in seconds since the epoch."""
    if row.definition is None:
        return None
    index = row.definition.index_of(text)
    if index is not None:
        return row.definition.begins(max(0, index))
    for form in _FORMS:
        try:
            shown = datetime.strptime(text, form)  # noqa: DTZ007 - on the clock of the definition
        except ValueError:
            continue
        return row.definition.local_seconds(shown)
    return None


def title_line(grid: Grid, chosen: Mapping[AssetKey, PartitionSet], *, is_visual: bool) -> Line:
    """What is shown, and how much of it is selected."""
    found: list[Cell] = []
    if is_visual:
        found.append(Cell("VISUAL", "bold"))
    if chosen:
        count = sum(map(len, chosen.values()))
        found.append(Cell(f"{count:,} selected of {plural(len(chosen), 'asset')}", "bold"))
    if grid.other_axes:
        found.append(Cell(f"tab: {grid.other_axes} other {'axis' if grid.other_axes == 1 else 'axes'}"))
    if grid.axis is not None:
        found.append(Cell(f"1 cell = 1 {grid.axis.unit}"))
    return tuple(part for cell in found for part in (Cell(" · "), cell))[1:]


def legend() -> Line:
    """What the glyphs mean."""
    found: list[Cell] = []
    for status, (glyph, color) in PARTITION_STYLES.items():
        found += [Cell(f"{glyph} ", color), Cell(f"{status.value}   ", "dim")]
    return tuple(found)


def cell_lines(
    row: GridRow,
    here: PartitionSet,
    statuses: PartitionStatuses,
    state: PartitionState | None,
    causes: tuple[str, ...],
    now_us: int,
) -> list[Line]:
    """What lies in a cell: one partition with what is known of it, or several by where they stand.

    Args:
        row: The line.
        here: The asset's partitions for which the cell stands.
        statuses: Those of the asset.
        state: What is known of the partition, where it is one and anything is known.
        causes: Why it is stale.
        now_us: Microseconds since the epoch, UTC.
    """
    if not here:
        return [line(f"{row.key}: there is no partition here", "dim")]
    if len(here) > 1:
        counts = ((status, len(statuses.of(status) & here)) for status in PartitionStatus)
        told = [
            Cell(f"   {PARTITION_STYLES[status][0]} {count:,} {status.value}", PARTITION_STYLES[status][1])
            for status, count in counts
            if count
        ]
        return [(Cell(row.space.shown(here), "bold"), *told), line("+ looks closer", "dim")]
    index = here.first
    status = statuses.at(index)
    glyph, color = PARTITION_STYLES[status]
    window = row.space.window(index)
    times = f"   {window.start:%Y-%m-%d %H:%M} – {window.end:%Y-%m-%d %H:%M %Z}" if window is not None else ""
    return [
        (
            Cell(f"{row.key} ", "bold"),
            Cell(f"{row.space.key(index)}  {glyph} {status.value}", color),
            Cell(times, "dim"),
        ),
        _known(state, status, causes, color, now_us) if state is not None else (),
    ]


def _known(state: PartitionState, status: PartitionStatus, causes: tuple[str, ...], color: str, now_us: int) -> Line:
    if state.failed_us is not None:
        return line(f"{state.error or 'failed'}   run {(state.failed_run or '')[:8]}", color)
    last = state.last
    if last is None:
        return ()
    rows = f", {plural(last.rows, 'row')}" if last.rows is not None else ""
    built = f"built {ago(last.time_us, now_us)}, took {duration(last.duration_us)}, run {last.run_id[:8]}{rows}"
    is_told = status is PartitionStatus.STALE and bool(causes)
    return (Cell(built), Cell(f"   stale: {'; '.join(causes)}" if is_told else "", color))
