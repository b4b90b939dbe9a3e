"""Lineage: what depends on what? The screen, and a tab of an asset, which show the same panel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on, work
from textual.containers import Vertical
from textual.widgets import Static

from assettui.model.errors import AssettuiError
from assettui.model.run import RunRequest
from assettui.model.text import one_line, plural
from assettui.model.timing import clock_us
from assettui.render.assets import nothing_to_list
from assettui.render.lineage import LineageDrawing, summary
from assettui.service.lineage import column_lineage, columns_of, lineage_of, neighborhood
from assettui.tui.actions import bindings
from assettui.tui.asset_tabs import LINEAGE, TabbedScreen
from assettui.tui.background import is_canceled
from assettui.tui.fetching import Newest
from assettui.tui.line_input import SearchBox
from assettui.tui.lineage_view import LineageView
from assettui.tui.main_screen import MainScreen

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType

    from assettui.model.keys import AssetKey
    from assettui.model.lineage import Lineage
    from assettui.service.catalog import Catalog
    from assettui.tui.app import AssettuiApp

WHOLE_UP_TO = 60
"""A project of no more assets is drawn whole at the beginning."""
MOST_AT_ONCE = 2_000
"""Of a project of more, all is drawn with its groups folded: laying it out would take too long."""
LEVELS = 2
"""So many levels around an asset are drawn at the beginning, of a larger one."""
NOTHING = "nothing to draw: an asset depends on those that its function takes, or that deps=[…] names"


class LineagePanel(Vertical):
    """A drawing of the lineage around some assets, or of all.

    Args:
        key: The asset that it begins with.
        is_around: Whether only what lies around it is drawn, however few assets there are.
    """

    DEFAULT_CSS = """
    LineagePanel { height: 1fr; }
    LineagePanel #said { height: 1; padding: 0 1; color: $text-muted; text-wrap: nowrap; text-overflow: ellipsis; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("lineage")

    app: AssettuiApp  # pyright: ignore[reportIncompatibleMethodOverride] - the one app that there is

    @dataclass
    class LaidOut(Newest):
        """A drawing is ready."""

        drawn: LineageDrawing
        name: str

    def __init__(self, key: AssetKey | None, *, is_around: bool) -> None:
        super().__init__()
        self._catalog: Catalog | None = None
        self._focus: tuple[AssetKey, ...] = (key,) if key is not None else ()
        self._levels: int | None = LEVELS
        """Around the focus; None for all assets."""
        self._is_around = is_around
        self._folded: set[str] = set()
        self._column: tuple[AssetKey, str] | None = None
        self._is_boxed: bool | None = None
        """None for boxes where they have room."""
        self._drawn: tuple[object, ...] = ()
        """What the drawing that is shown is of."""
        self._query = ""

    def compose(self) -> ComposeResult:
        yield LineageView()
        yield SearchBox(id="search", placeholder="a part of a name")
        yield Static(id="said", markup=False)

    @property
    def view(self) -> LineageView:
        return self.query_one(LineageView)

    # Showing.

    def show_catalog(self, catalog: Catalog) -> None:
        """Show how the project is now; where nodes and edges are the same, the drawing stays."""
        is_first = self._catalog is None
        self._catalog = catalog
        if is_first and not self._is_around and len(catalog.rows) <= WHOLE_UP_TO:
            self._levels = None
        self.view.empty_text = "drawing …" if catalog.rows else nothing_to_list(catalog, NOTHING)
        self._lay_out()

    def _lay_out(self) -> None:
        """Have drawn what is to be shown, where that is something else than what is."""
        catalog = self._catalog
        if catalog is None or not catalog.rows:
            return
        try:
            lineage = self._wanted(catalog)
        except AssettuiError as error:  # the column is no longer there
            self._column = None
            self.app.warn(error)
            lineage = self._wanted(catalog)
        shape = (tuple(node.name for node in lineage.nodes), lineage.edges, self._is_boxed, self.size.width)
        name = self._name_to_stay_on()
        if shape == self._drawn:
            self.view.say_anew(lineage)
            self._say()
            return
        self._drawn = shape
        self.lay_out(lineage, name, self.size.width, self.view.size.height)

    def _wanted(self, catalog: Catalog) -> Lineage:
        if self._column is not None:
            return column_lineage(catalog, *self._column)
        if self._levels is None:
            return lineage_of(catalog, [row.key for row in catalog.rows], self._folded)
        known = [key for key in self._focus if key in catalog.graph.assets] or [catalog.rows[0].key]
        return lineage_of(catalog, neighborhood(catalog, known, self._levels, self._levels), self._folded)

    def _name_to_stay_on(self) -> str:
        current = self.view.current
        if self._column is not None:
            return f"{self._column[0]}:{self._column[1]}"
        if current is None or current.kind == "column":
            return str(self._focus[0]) if self._focus else ""
        return current.group if current.group in self._folded else current.name

    @work(thread=True, exclusive=True, group="layout")
    def lay_out(self, lineage: Lineage, name: str, width: int, height: int) -> None:
        """Draw it, away from the screen: there may be thousands of nodes."""
        is_boxed = self._is_boxed
        drawn = LineageDrawing(lineage, is_boxed=is_boxed is not False, wide=width)
        if is_boxed is None and (drawn.size[0] > width or drawn.size[1] > height):
            in_lines = LineageDrawing(lineage, is_boxed=False, wide=width)
            if in_lines.size[1] <= height or drawn.size[1] > 2 * height:
                drawn = in_lines
        if not is_canceled():
            self.post_message(self.LaidOut(drawn, name))

    @on(LaidOut)
    def show(self, message: LaidOut) -> None:
        """Show the drawing."""
        node = self.view.current
        is_same = node is not None and any(node.name == each.name for each in message.drawn.lineage.nodes)
        self.view.show(message.drawn, node.name if is_same and node is not None and not message.name else message.name)

    def on_resize(self) -> None:
        """A window of another size."""
        if self._is_boxed is None:
            self._lay_out()

    @on(LineageView.Moved)
    def _say(self) -> None:
        """Say what there is to say of the node under the cursor, and how much is drawn."""
        view, catalog = self.view, self._catalog
        node, lineage = view.current, view.lineage
        if node is None or lineage is None or catalog is None:
            return
        said = summary(node, lineage, view.index, clock_us())
        self.query_one("#said", Static).update(one_line(said, 400))
        screen = cast("MainScreen", self.screen)
        if self._column is not None:
            screen.head(f"{plural(len(lineage.nodes), 'column')} on the way of {self._column[0]}:{self._column[1]}")
            return
        drawn = sum(sum(each.counts.values()) if each.kind == "group" else 1 for each in lineage.nodes)
        counts = f"{drawn:,} of {plural(len(catalog.rows), 'asset')}"
        if self._levels is not None:
            around = str(self._focus[0]) if self._focus else ""
            counts += f" · {plural(self._levels, 'level')} around {one_line(around, 40)}"
        screen.head(counts)

    # What is drawn.

    def action_focus(self) -> None:
        """Draw what lies around the node under the cursor."""
        node = self.view.current
        if node is None or node.key is None:
            self.app.tell("a folded group: z opens it")
            return
        self._column = None
        self._focus, self._levels = (node.key,), LEVELS if self._levels is None else self._levels
        self._lay_out()

    def action_more(self, by: int) -> None:
        """Draw a level more of what lies around, or a level less."""
        if self._column is not None:
            return
        if self._levels is None:
            if by > 0:
                self.app.tell("all assets are drawn: f focuses on one, - shows less")
                return
            self.action_focus()
            return
        self._levels = max(1, self._levels + by)
        self._lay_out()

    def action_all(self) -> None:
        """Draw all assets; where all are drawn, what lies around the one under the cursor."""
        self._column = None
        if self._levels is None:
            self.action_focus()
            return
        self._levels = None
        if self._catalog is not None and len(self._catalog.rows) > MOST_AT_ONCE and not self._folded:
            self._folded = {row.asset.group for row in self._catalog.rows}
            self.app.tell(f"{len(self._catalog.rows):,} assets, by group: z opens the one under the cursor")
        self._lay_out()

    def action_fold(self) -> None:
        """Fold the group of the node under the cursor to one node, or unfold it."""
        node = self.view.current
        if node is not None and self._column is None:
            self._folded ^= {node.group}
            self._lay_out()

    def action_fold_all(self) -> None:
        """Fold all groups, or none where any is folded."""
        if self._catalog is not None and self._column is None:
            self._folded = set() if self._folded else {row.asset.group for row in self._catalog.rows}
            self._lay_out()

    def action_boxes(self) -> None:
        """Draw nodes as boxes, or as lines."""
        self._is_boxed = not self.view.is_boxed
        self._lay_out()

    def action_columns(self) -> None:
        """Draw the way of a column of the asset under the cursor; where that is drawn, the assets again."""
        node, catalog = self.view.current, self._catalog
        if self._column is not None or node is None or catalog is None:
            self._column = None
            self._lay_out()
            return
        columns = columns_of(catalog.row(node.key)) if node.key is not None else []
        if not columns:
            self.app.tell(
                f"no column of {node.name} is known: the metadata dagster/column_lineage says where they are from"
            )
            return
        from assettui.tui.finder import Candidate, Finder  # deferred: few look for columns

        key = node.key

        def choose(column: str | None) -> None:
            if column is not None and key is not None:
                self._column = (key, column)
                self._lay_out()

        self.app.push_screen(Finder(f"The way of a column of {key}", [Candidate(each) for each in columns]), choose)

    # Searching.

    def action_search(self) -> None:
        """Type a part of a name."""
        box = self.query_one(SearchBox)
        self.screen.set_focus(box.add_class("shown"))
        box.select_all()

    @on(SearchBox.Changed)
    def _mark(self, event: SearchBox.Changed) -> None:
        """Mark what is found of it so far."""
        self._query = event.value
        lineage, typed = self.view.lineage, event.value.casefold()
        nodes = lineage.nodes if lineage is not None and typed else ()
        self.view.found = frozenset(index for index, node in enumerate(nodes) if typed in node.name.casefold())
        self.view.refresh()

    @on(SearchBox.Submitted)
    def _find_first(self) -> None:
        self._leave_box()
        self.action_find(1)

    def action_find(self, step: int) -> None:
        """Go to the next node in which it is found, or the one before."""
        found = sorted(self.view.found)
        if not found:
            self.app.tell(f"nothing drawn is called like {self._query!r}" if self._query else "/ searches")
            return
        here = self.view.index
        ahead = [node for node in found if (node - here) * step > 0]
        self.view.move_to((ahead or found)[0 if step > 0 else -1])

    def end_search(self) -> None:
        """Mark nothing any more."""
        self.view.found = frozenset()
        self._leave_box()

    def _leave_box(self) -> None:
        self.query_one(SearchBox).remove_class("shown")
        self.screen.set_focus(self.view)
        self.view.refresh()

    # Doing.

    @on(LineageView.Chosen)
    def open(self) -> None:
        """Open the asset under the cursor; unfold the group."""
        node = self.view.current
        if node is not None and node.key is not None:
            self.app.open_asset(node.key)
        else:
            self.action_fold()

    def action_why(self) -> None:
        node = self.view.current
        if node is not None and node.key is not None:
            self.app.open_asset(node.key)

    def action_preview(self) -> None:
        node = self.view.current
        if node is not None and node.key is not None:
            self.app.open_preview(node.key)

    def action_materialize(self) -> None:
        """Build the asset under the cursor, or what is folded there."""
        node, catalog = self.view.current, self._catalog
        if node is None or catalog is None:
            return
        keys = [node.key] if node.key else [row.key for row in catalog.rows if row.asset.group == node.group]
        wanted = [key for key in keys if not catalog.graph.assets[key].is_external]
        if not wanted:
            self.app.tell(f"{node.name} is external: made by something else")
        elif any(catalog.graph.assets[key].partitions is not None for key in wanted):
            from assettui.model.backfill import Which  # deferred, as in the catalog

            self.app.plan_backfill(wanted, Which.MISSING)
        elif node.key is not None:
            self.app.launch_run(RunRequest(assets=tuple(wanted)))
        else:
            self.app.plan_run(wanted)

    def action_copy(self) -> None:
        cast("MainScreen", self.screen).action_copy()

    def action_back(self) -> None:
        """Leave the way of a column, or else the screen."""
        if self._column is not None:
            self._column = None
            self._lay_out()
        else:
            cast("MainScreen", self.screen).action_back()


class ShowsLineage(MainScreen):
    """A screen with such a panel."""

    AUTO_FOCUS = "LineageView"

    @property
    def panel(self) -> LineagePanel:
        return self.query_one(LineagePanel)

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        self.show_catalog(self.app.catalog)  # from then on, the app shows each new one

    def show_catalog(self, catalog: Catalog) -> None:
        self.call_after_refresh(self.panel.show_catalog, catalog)  # when it has its size, at first

    def redraw(self) -> None:
        """Show how long ago it was."""
        self.panel.view.refresh()

    def copied(self) -> str | None:
        """The name of the node under the cursor."""
        node = self.panel.view.current
        return node.name if node is not None else None

    def action_end_search(self) -> None:
        self.panel.end_search()


class LineageScreen(ShowsLineage):
    """All assets, or what lies around one.

    Args:
        key: The asset that the cursor begins on.
    """

    NAME = "lineage"
    TITLE_SHOWN = "Lineage"

    def __init__(self, key: AssetKey | None = None) -> None:
        super().__init__()
        self._key = key

    def contents(self) -> ComposeResult:
        yield LineagePanel(self._key, is_around=False)


class AssetLineageScreen(ShowsLineage, TabbedScreen):
    """What lies around one asset."""

    TAB = LINEAGE
    BINDINGS: ClassVar[list[BindingType]] = bindings("lineage_tab")

    def contents(self) -> ComposeResult:
        yield self.tabs()
        yield LineagePanel(self._key, is_around=True)
