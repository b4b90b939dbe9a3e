"""The past of an asset: what was made of it, and its numbers as a chart, in which the cursor of the list stands too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from msgspec.structs import replace
from textual import on
from textual.widgets import Static

from assettui.model.errors import AssettuiError
from assettui.model.events import Materialization
from assettui.model.history import PastEvent, series_of
from assettui.model.text import plural
from assettui.render.appearance import GREY, RED
from assettui.render.chart import Chart, chart_lines
from assettui.render.history import PARTITION, PAST, VERSION, history_chart, past_lines
from assettui.render.lines import line
from assettui.service.history import History, by_partition, history_pages
from assettui.tui.actions import bindings
from assettui.tui.asset_tabs import HISTORY, TabbedScreen
from assettui.tui.column_chooser import ColumnChooser
from assettui.tui.drawing import text_of
from assettui.tui.fetching import Fetching, Newest
from assettui.tui.listing import Listing, ListingHeader
from assettui.tui.questions import Reading

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.model.keys import AssetKey


class PastList(Listing[PastEvent]):
    """What was made, the newest first; over partitions in their order."""

    TABLE = PAST


class HistoryScreen(TabbedScreen):
    """The past of an asset, or of a partition of it.

    Args:
        key: Which one.
        partition: Which partition of it; None for all of them together.
    """

    TAB = HISTORY
    AUTO_FOCUS = "PastList"
    DEFAULT_CSS = """
    HistoryScreen #chart { height: 40%; min-height: 8; padding: 0 1; }
    HistoryScreen #chart.hidden { display: none; }
    HistoryScreen #said { height: 1; padding: 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("history")

    @dataclass
    class Loaded(Newest):
        """What is known of it."""

        history: History | None
        refused: str = ""

    def __init__(self, key: AssetKey, partition: str | None = None) -> None:
        super().__init__(key, partition)
        self._history = History(key, partition, ())
        self._is_over_partitions = False
        self._plotted: Sequence[str] = ()
        """What somebody has chosen; as long as nobody has, the first that there is."""
        self._chart = Chart((), str)
        self._charted: tuple[History, tuple[str, ...]] = (self._history, ())
        """What the chart is of."""
        self._fetching = Fetching(self, self._fetch)

    def contents(self) -> ComposeResult:
        yield self.tabs()
        yield Static(id="chart")
        yield ListingHeader(PAST.columns)
        yield PastList()
        yield Static(id="said")

    def reload(self) -> None:
        self._fetching.ask()

    def _fetch(self) -> Iterator[Loaded]:
        try:
            if self._is_over_partitions:
                yield self.Loaded(by_partition(self.app.session, self._key))
                return
            for page in history_pages(self.app.session, self._key, self._partition):
                yield self.Loaded(page)
        except AssettuiError as error:
            yield self.Loaded(None, str(error))

    @on(Loaded)
    def show(self, message: Loaded) -> None:
        if message.history is None:
            self._say(message.refused, RED)
            return
        self._history = message.history
        listing, header = self.query_one(PastList), self.query_one(ListingHeader)
        listing.empty_text = "nothing was made of it yet: m in the catalog (key 1) builds it"
        has_numbers = any(each.number is not None for each in message.history.past[:1])
        has_partitions = any(each.event.partition is not None for each in message.history.past[:1])
        titles = [*([] if has_numbers else [VERSION]), *([] if has_partitions else [PARTITION])]
        if not has_numbers and not has_partitions:
            titles = [PARTITION]
        listing.hidden = header.hidden = PAST.hidden(titles)
        listing.rows = message.history.past
        header.refresh()
        self._draw()

    def on_resize(self) -> None:
        """A window of another size."""
        self._draw()

    def redraw(self) -> None:
        """Show how long ago it was."""
        self.query_one(PastList).redraw()

    @on(Listing.Moved)
    def move_cursor(self) -> None:
        """Mark in the chart where the cursor of the list stands."""
        self._draw()

    def _place_of_cursor(self) -> float | None:
        current = self._current
        if current is None:
            return None
        return float(self.query_one(PastList).cursor) if self._is_over_partitions else current.event.time_us / 1e6

    def _names(self) -> Sequence[str]:
        return self._plotted or series_of(self._history.past[:50])[:1]

    def _draw(self) -> None:
        found, chart = self._history, self.query_one("#chart", Static)
        wanted = (found, tuple(self._names()))
        if found is not self._charted[0] or wanted[1] != self._charted[1]:
            past = found.past if self._is_over_partitions else found.past[::-1]
            self._chart = history_chart(past, wanted[1], is_over_partitions=self._is_over_partitions)
            self._charted = wanted
        width, height = chart.content_size
        if width and height:
            marked = replace(self._chart, cursor=self._place_of_cursor())
            chart.update(text_of(chart_lines(marked, width, height)))
        more = "" if found.is_whole else ", and older ones"
        over = "the last of each partition" if self._is_over_partitions else ""
        self._say(f"{plural(len(found.past), 'materialization')}{more}  {over}", GREY)

    def _say(self, text: str, color: str) -> None:
        self.query_one("#said", Static).update(text_of([line(text, color)]))

    @property
    def _current(self) -> PastEvent | None:
        return self.query_one(PastList).current

    # Keys.

    def action_choose_series(self) -> None:
        """Choose what is plotted."""
        names = series_of(self._history.past)

        def chosen(answer: tuple[str, ...] | None) -> None:
            if answer:
                self._plotted = answer
                self._draw()

        if names:
            self.app.push_screen(ColumnChooser(names, tuple(self._names()), "Plot"), chosen)

    def action_toggle_chart(self) -> None:
        """Show the chart, or more of the list."""
        self.query_one("#chart").toggle_class("hidden")

    def action_over(self) -> None:
        """Over time, or over partitions."""
        row = next((each for each in self.app.catalog.rows if each.key == self._key), None)
        if row is None or row.statuses is None or self._partition is not None:
            self.app.tell(f"{self._key} has no partitions to be plotted over")
            return
        self._is_over_partitions = not self._is_over_partitions
        self._fetching.ask()

    def action_step(self, by: int) -> None:
        """Move the cursor in the chart: to the left is what is older, or the partition before."""
        self.query_one(PastList).action_move(by if self._is_over_partitions else -by)

    @on(Listing.Chosen)
    def open_event(self) -> None:
        """Show all that is known of it."""
        if self._current is not None:
            self.app.push_screen(Reading(f"{self._history.name}", text_of(past_lines(self._current))))

    def action_open_run(self) -> None:
        """Open the run that has made it."""
        past = self._current
        if past is not None and past.event.run_id:
            self.app.open_run(past.event.run_id)
        else:
            self.app.tell("no run has made it")

    def action_preview(self) -> None:
        """Show the value, where it is kept."""
        past = self._current
        if past is None or not isinstance(past.event, Materialization):
            return
        if past.is_kept and past.number is not None:
            number = past.event.restores or past.number
            self.app.open_preview(self._key, self._partition, None if past.is_current else number)
        elif past.number is None and past.event.partition is not None:
            self.app.open_preview(self._key, past.event.partition)
        else:
            self.app.tell("its value is no longer kept")

    def copied(self) -> str | None:
        """The data version."""
        return self._current.event.data_version if self._current is not None else None
