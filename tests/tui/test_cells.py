"""Only what differs is written, and the terminal shows what it would show if all of it had been."""

from __future__ import annotations

from typing import Any

import pyte
from hypothesis import given
from hypothesis import strategies as st
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region
from textual.strip import Strip

from assettui.tui.cells import Cells

WIDTH, HEIGHT = 24, 5
STYLES = [
    Style.null(),
    Style.parse("bold red on #102030"),
    Style.parse("#5fd787"),
    Style.parse("on blue"),
    Style.parse("dim italic underline"),
    Style.parse("reverse strike #aabbcc on #000000"),
]
texts = st.text(st.sampled_from("ab 01│█●日é"), min_size=1, max_size=10)
segments = st.tuples(texts, st.sampled_from(STYLES)).map(lambda each: Segment(*each))
strips = st.lists(segments, min_size=1, max_size=4).map(Strip)
drawn = st.tuples(st.integers(0, WIDTH - 1), st.integers(0, HEIGHT - 1), strips)


class Shown:
    """A terminal, and what is written to it."""

    def __init__(self) -> None:
        self.screen = pyte.Screen(WIDTH, HEIGHT)
        self.screen.reset_mode(7)  # Textual switches wrapping off, too
        self._stream = pyte.Stream(self.screen)
        self.cells = Cells()
        self.cells.resize(WIDTH, HEIGHT)

    def draw(self, *pieces: tuple[int, int, Strip]) -> str:
        for x, y, strip in pieces:
            self.cells.want(x, y, strip.crop(0, WIDTH - x), ColorSystem.TRUECOLOR)
        written = self.cells.written()
        self._stream.feed(written)
        return written

    def seen(self) -> list[list[object]]:
        """All cells as they are seen: of a blank that is not reversed, the color of the text is not."""
        return [[_seen(self.screen.buffer[y][x]) for x in range(WIDTH)] for y in range(HEIGHT)]


def _seen(cell: Any) -> Any:
    return cell._replace(fg="default") if cell.data == " " and not cell.reverse and not cell.underscore else cell


def blank() -> list[tuple[int, int, Strip]]:
    return [(0, y, Strip([Segment(" " * WIDTH)])) for y in range(HEIGHT)]


def whole(width: int, at: int, strip: Strip) -> tuple[int, int, Strip]:
    """A line drawn from its beginning to its end, as most are."""
    return 0, at, strip.crop(0, width).extend_cell_length(width)


@given(st.lists(st.lists(st.tuples(st.integers(0, HEIGHT - 1), strips), max_size=4), max_size=6))
def test_the_terminal_shows_each_frame(frames: list[list[tuple[int, Strip]]]) -> None:
    by_differences, anew = Shown(), Shown()
    by_differences.draw(*blank())
    wanted = {y: (0, y, strip) for _, y, strip in blank()}
    for frame in frames:
        lines = [whole(WIDTH, y, strip) for y, strip in frame]
        wanted |= {y: line for line in lines for y in [line[1]]}
        by_differences.draw(*lines)
    anew.draw(*wanted.values())
    assert by_differences.seen() == anew.seen()


@given(st.lists(drawn, max_size=6))
def test_what_is_drawn_again_is_not_written_again(pieces: list[tuple[int, int, Strip]]) -> None:
    shown = Shown()
    shown.draw(*blank(), *pieces)
    assert shown.draw(*blank(), *pieces) == ""


def test_a_row_that_changes_by_a_letter_sends_a_letter() -> None:
    shown = Shown()
    shown.draw(*blank(), (0, 2, Strip([Segment("orders   3 rows", STYLES[2])])))
    written = shown.draw((0, 2, Strip([Segment("orders   4 rows", STYLES[2])])))
    assert written == "\x1b[3;10H\x1b[38;2;95;215;135m4\x1b[0m"


def test_what_something_else_has_written_is_written_over() -> None:
    shown = Shown()
    shown.draw(*blank(), (0, 2, Strip([Segment("orders")])))
    shown.screen.reset()
    shown.cells.forget()
    shown.draw()
    assert shown.screen.display[2].rstrip() == "orders"


def test_a_picture_stays_until_its_own_cells_are_drawn() -> None:
    shown = Shown()
    shown.draw(*blank())
    shown.cells.paint_over(Region(2, 1, 4, 1))
    assert shown.draw((10, 1, Strip([Segment("beside")]))) == "\x1b[2;11Hbeside"
    assert shown.draw((0, 1, Strip([Segment(" " * 10)]))) == "\x1b[2;1H          "


def test_nothing_is_drawn_beyond_the_edges() -> None:
    shown = Shown()
    shown.draw(*blank())
    shown.cells.want(WIDTH - 2, 0, Strip([Segment("wide")]), ColorSystem.TRUECOLOR)
    shown.cells.want(0, HEIGHT, Strip([Segment("below")]), ColorSystem.TRUECOLOR)
    shown.draw()
    assert shown.screen.display[0].endswith("wi")
