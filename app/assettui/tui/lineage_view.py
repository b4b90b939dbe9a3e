"""The drawn lineage: a window onto the drawing, with a cursor that walks along its edges."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, ClassVar

from rich.cells import set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from assettui.model.text import clean
from assettui.model.timing import clock_us
from assettui.tui.actions import bindings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from textual import events
    from textual.binding import BindingType

    from assettui.model.lineage import Lineage, LineageNode
    from assettui.render.lineage import LineageDrawing, Piece

_MAP_WIDTH, _MAP_HEIGHT = 24, 6
"""Of the map of the whole, in cells."""
_MAP_FROM = (60, 12)
"""A smaller window has no room for it."""
_DOTS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The dots of a braille character, by row and column: two columns and four rows a cell."""
_EDGE = 2
"""So far from the edge of the window the cursor stays."""


class LineageView(Widget, can_focus=True):
    """Nodes and edges. What a frame costs depends on the window alone."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "lineage--cursor", "lineage--near", "lineage--way", "lineage--map", "lineage--window", "lineage--found",
    }  # fmt: skip
    DEFAULT_CSS = """
    LineageView { height: 1fr; background: $background; }
    LineageView > .lineage--cursor { background: $primary-muted; text-style: bold; }
    LineageView > .lineage--near { text-style: bold; }
    LineageView > .lineage--way { color: $primary; text-style: bold; }
    LineageView > .lineage--found { background: $accent-muted; }
    LineageView > .lineage--map { background: $panel; color: $text-muted; }
    LineageView > .lineage--window { background: $primary-muted; color: $text; }
    LineageView:ansi > .lineage--window { text-style: reverse; }
    LineageView:ansi > .lineage--cursor { background: ansi_blue; color: ansi_bright_white; }
    LineageView:nocolor > .lineage--cursor { text-style: reverse; }
    LineageView:ansi > .lineage--found { text-style: underline; }
    """
    BINDINGS: ClassVar[list[BindingType]] = bindings("lineage_view")

    class Moved(Message):
        """The cursor stands on another node."""

    class Chosen(Message):
        """The node under the cursor is to be opened."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._drawn: LineageDrawing | None = None
        self._cursor = 0
        self._left = self._top = 0
        self._way: dict[int, set[int]] = {}
        """The columns of the cells that the edges of the node under the cursor pass, by row."""
        self._near: set[int] = set()
        self._map: list[str] = []
        self._grabbed: tuple[int, int] | None = None
        self.found: frozenset[int] = frozenset()
        """The nodes that were searched for."""
        self.empty_text = ""

    # For screens.

    @property
    def lineage(self) -> Lineage | None:
        """What is drawn."""
        return self._drawn.lineage if self._drawn is not None else None

    @property
    def is_boxed(self) -> bool:
        return self._drawn is not None and self._drawn.is_boxed

    @property
    def index(self) -> int:
        """The place of the node under the cursor."""
        return self._cursor

    @property
    def current(self) -> LineageNode | None:
        """The node under the cursor; None where nothing is drawn."""
        lineage = self.lineage
        return lineage.nodes[self._cursor] if lineage is not None and self._cursor < len(lineage.nodes) else None

    def show(self, drawn: LineageDrawing, name: str) -> None:
        """Show a drawing, the cursor on the node of that name; where there is none, on the first."""
        before = self.current
        self._drawn = drawn
        self._map = _map_of(drawn)
        names = [node.name for node in drawn.lineage.nodes]
        self.found = frozenset()
        self._cursor = names.index(name) if name in names else 0
        if before is None or self.current != before:
            self._left = self._top = 0
        self._follow(is_centered=True)

    def say_anew(self, lineage: Lineage) -> None:
        """Show the same nodes, of which there is something else to say by now; only what differs is drawn again."""
        if self._drawn is None:
            return
        before, self._drawn.lineage = self._drawn.lineage, lineage
        if before != lineage:
            self.refresh()

    def move_to(self, index: int) -> None:
        """Put the cursor on a node, and show it."""
        if self._drawn is not None and 0 <= index < len(self._drawn.lineage.nodes):
            self._cursor = index
            self._follow()

    def _follow(self, *, is_centered: bool = False) -> None:
        """Show the node under the cursor, and its edges."""
        self._way.clear()
        self._near.clear()
        drawn = self._drawn
        if drawn is not None and drawn.lineage.nodes:
            for x, y in drawn.cells_of(self._cursor):
                self._way.setdefault(y, set()).add(x)
            for source, target in drawn.lineage.edges:
                if self._cursor in (source, target):
                    self._near |= {source, target}
            box = drawn.drawing.boxes[self._cursor]
            (width, height), (whole_width, whole_height) = self.size, drawn.size
            if is_centered and width and height:
                self._left = box.x + box.width // 2 - width // 2
                self._top = box.y + box.height // 2 - height // 2
            self._left = max(min(self._left, box.x - _EDGE), box.x + box.width + _EDGE - width)
            self._top = max(min(self._top, box.y), box.y + box.height - height)
            self._left = max(-1, min(self._left, whole_width + 1 - width))
            self._top = max(0, min(self._top, whole_height - height))
        self.refresh()
        self.post_message(self.Moved())

    def on_resize(self) -> None:
        """A window of another size."""
        self._follow(is_centered=True)

    # Drawing.

    def render_line(self, y: int) -> Strip:
        width, style = self.size.width, self.rich_style
        drawn = self._drawn
        if drawn is None or not drawn.lineage.nodes:
            said = wrap(self.empty_text, max(1, width - 2))
            text = f" {said[y - 1]}" if 0 < y <= len(said) else ""
            return Strip([Segment(set_cell_size(clean(text), width), style)], width)
        row, start = self._top + y, max(0, self._left)
        first = drawn.starts_at(row, start)
        segments = list(self._segments(drawn.line(row, clock_us(), start, self._left + width), row, first, style))
        margin = start - self._left
        strip = Strip(segments).crop(start - first).adjust_cell_length(width - margin, style)
        if margin:
            strip = Strip([Segment(" " * margin, style), *strip])
        return self._with_map(strip, y) if self._has_map() else strip

    def _segments(self, pieces: list[Piece], row: int, x: int, style: Style) -> Iterator[Segment]:
        way = self._way.get(row, set[int]())
        for piece in pieces:
            look = style + Style.parse(piece.color) if piece.color else style
            if piece.node >= 0:
                yield Segment(piece.text, look + self._look_of(piece.node))
            elif way:
                yield from self._edge_segments(piece.text, x, way, look)
            else:
                yield Segment(piece.text, look)
            x += len(piece.text) if piece.node < 0 else Segment(piece.text).cell_length

    def _edge_segments(self, text: str, x: int, way: set[int], look: Style) -> Iterator[Segment]:
        """A piece of edges, those of the node under the cursor marked."""
        marked = look + self.get_component_rich_style("lineage--way", partial=True)
        at = 0
        while at < len(text):
            is_way, end = x + at in way, at
            while end < len(text) and (x + end in way) == is_way:
                end += 1
            yield Segment(text[at:end], marked if is_way else look)
            at = end

    def _look_of(self, node: int) -> Style:
        look = Style()
        if node in self.found:
            look += self.get_component_rich_style("lineage--found", partial=True)
        if node == self._cursor:
            look += self.get_component_rich_style("lineage--cursor", partial=True)
        elif node in self._near:
            look += self.get_component_rich_style("lineage--near", partial=True)
        return look

    # The map of the whole.

    def _has_map(self) -> bool:
        if self._drawn is None or self.size.width < _MAP_FROM[0] or self.size.height < _MAP_FROM[1]:
            return False
        width, height = self._drawn.size
        return width > self.size.width or height > self.size.height

    def _with_map(self, strip: Strip, y: int) -> Strip:
        line = y - (self.size.height - _MAP_HEIGHT)
        if line < 0 or self._drawn is None:
            return strip
        quiet = self.rich_style + self.get_component_rich_style("lineage--map", partial=True)
        marked = quiet + self.get_component_rich_style("lineage--window", partial=True)
        (width, height), (whole_width, whole_height) = self.size, self._drawn.size
        left = max(0, self._left) * _MAP_WIDTH // whole_width
        right = max(left + 1, -(-(max(0, self._left) + width) * _MAP_WIDTH // whole_width))
        top, bottom = self._top * _MAP_HEIGHT // whole_height, -(-(self._top + height) * _MAP_HEIGHT // whole_height)
        is_in = top <= line < max(top + 1, bottom)
        text = self._map[line]
        parts = [text[:left], text[left:right], text[right:]] if is_in else [text, "", ""]
        shown = [Segment(part, look) for part, look in zip(parts, (quiet, marked, quiet), strict=True) if part]
        return Strip([*strip.crop(0, width - _MAP_WIDTH), *shown], width)

    # Keys and mouse.

    def action_walk(self, direction: int) -> None:
        """Go along an edge: upstream or downstream, to the nearest node there."""
        drawn = self._drawn
        if drawn is None:
            return
        edges = drawn.lineage.edges
        near = [target for source, target in edges if source == self._cursor]
        if direction < 0:
            near = [source for source, target in edges if target == self._cursor]
        if near:
            y, boxes = drawn.drawing.boxes[self._cursor].y, drawn.drawing.boxes
            self.move_to(min(near, key=lambda node: (abs(boxes[node].y - y), boxes[node].y)))

    def action_beside(self, direction: int) -> None:
        """Go to the node above or below: of the same layer, or else the nearest there is."""
        if self._drawn is None or not self._drawn.lineage.nodes:
            return
        boxes = self._drawn.drawing.boxes
        here = boxes[self._cursor]
        beyond = [node for node, box in enumerate(boxes) if (box.y - here.y) * direction > 0]
        layer = next((each for each in self._drawn.drawing.layers if self._cursor in each), ())
        found = [node for node in beyond if node in layer] or beyond
        if found:
            self.move_to(min(found, key=lambda node: (abs(boxes[node].y - here.y), abs(boxes[node].x - here.x))))

    def action_end(self, index: int) -> None:
        """Go to the first or the last node."""
        if self._drawn is not None and self._drawn.lineage.nodes:
            self.move_to(index % len(self._drawn.lineage.nodes))

    def action_pan(self, across: int, down: int) -> None:
        """Move the window by half of it; the cursor stays where it is."""
        self._pan(across * max(1, self.size.width // 2), down * max(1, self.size.height // 2))

    def _pan(self, across: int, down: int) -> None:
        if self._drawn is not None:
            width, height = self._drawn.size
            self._left = max(-1, min(self._left + across, width + 1 - self.size.width)) if across else self._left
            self._top = max(0, min(self._top + down, height - self.size.height)) if down else self._top
            self.refresh()

    def action_choose(self) -> None:
        """Open the node under the cursor."""
        if self.current is not None:
            self.post_message(self.Chosen())

    def on_click(self, event: events.Click) -> None:
        """Move the cursor to the node that was clicked; open it where it was clicked twice."""
        if self._drawn is None:
            return
        x, y = event.x + self._left, event.y + self._top
        for node, box in enumerate(self._drawn.drawing.boxes):
            if box.x <= x < box.x + box.width and box.y <= y < box.y + box.height:
                self.move_to(node)
                if event.chain == 2:
                    self.action_choose()
                return

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Take hold of the drawing."""
        self._grabbed = (event.screen_x, event.screen_y)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        """Let go of it."""
        self._grabbed = None

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Drag it."""
        if self._grabbed is not None and event.button:
            x, y = self._grabbed
            self._grabbed = (event.screen_x, event.screen_y)
            self._pan(x - event.screen_x, y - event.screen_y)

    def on_mouse_scroll_up(self, event: events.MouseScrollUp) -> None:
        """Move the window up; with shift, to the left."""
        self._pan(*((-8, 0) if event.shift else (0, -3)))

    def on_mouse_scroll_down(self, event: events.MouseScrollDown) -> None:
        """Move the window down; with shift, to the right."""
        self._pan(*((8, 0) if event.shift else (0, 3)))


def _map_of(drawn: LineageDrawing) -> list[str]:
    """The whole in a few cells of braille: a dot is a node, or several."""
    width, height = drawn.size
    cells = [[0x2800] * _MAP_WIDTH for _ in range(_MAP_HEIGHT)]
    for box in drawn.drawing.boxes:
        first, last = (x * 2 * _MAP_WIDTH // max(1, width) for x in (box.x, box.x + box.width - 1))
        y = (box.y + box.port) * 4 * _MAP_HEIGHT // max(1, height)
        for x in range(first, last + 1):
            cells[y // 4][x // 2] |= _DOTS[y % 4][x % 2]
    return ["".join(map(chr, line)) for line in cells]
