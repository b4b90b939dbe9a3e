"""What the terminal shows, cell by cell, and what it is to show: only what differs is written.

Textual draws a widget again as a whole, with the colors of each piece spelled out, whether or not anything of it looks
different: a cursor that moves by one row would send 5 to 25 kB, a second's worth of a slow line. Here each frame is held
against what the terminal shows already, as curses does, and the pen's colors are only told where they change.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.cells import cell_len
from textual._compositor import LayoutUpdate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from rich.color import ColorSystem
    from rich.style import Style
    from textual._compositor import ChopsUpdate
    from textual.geometry import Region
    from textual.strip import Strip

GAP: Final = 6
"""So many cells are written again rather than passed over: to move the cursor takes as many bytes."""
_ATTRIBUTES: Final = {
    "bold": "1", "dim": "2", "italic": "3", "underline": "4", "blink": "5", "blink2": "6", "reverse": "7", "conceal": "8",
    "strike": "9", "underline2": "21", "frame": "51", "encircle": "52", "overline": "53",
}  # fmt: skip


class Look(NamedTuple):
    """How a cell is drawn, as parameters of SGR."""

    attributes: str = ""
    color: str = "39"
    background: str = "49"


PLAIN: Final = Look()
REST: Final = ""
"""Stands in the cells that a wide character covers behind its first."""
_UNKNOWN: Final = "\0"
_PAINTED: Final = "\1"


class _Line:
    """The cells of a line."""

    __slots__ = ("is_simple", "looks", "texts")

    def __init__(self, width: int) -> None:
        self.texts = [_UNKNOWN] * width
        self.looks: list[Look] = [PLAIN] * width
        self.is_simple = True
        """Whether each character has been one cell wide, always; terminals differ about the others."""


class Cells:
    """A terminal's cells as they are, and as they are to be."""

    def __init__(self) -> None:
        self._size = (0, 0)
        self._shown: list[_Line] = []
        self._wanted: list[_Line] = []
        self._changed: set[int] = set()

    def resize(self, width: int, height: int) -> None:
        """The terminal has another size; what it shows now is not known."""
        if self._size != (width, height):
            self._size = (width, height)
            self._shown = [_Line(width) for _ in range(height)]
            self._wanted = [_Line(width) for _ in range(height)]
            self._changed.clear()

    def forget(self) -> None:
        """Something else has been written to the terminal: all of it is written again."""
        width, height = self._size
        self._shown = [_Line(width) for _ in range(height)]
        self._changed = set(range(height))

    def paint_over(self, region: Region) -> None:
        """A picture was painted there. It stays until these very cells are drawn again, which removes it."""
        for y in range(max(0, region.y), min(region.bottom, len(self._shown))):
            texts = self._shown[y].texts
            first, last = max(0, region.x), min(region.right, len(texts))
            texts[first:last] = [_PAINTED] * max(0, last - first)

    def want(self, x: int, y: int, strip: Strip, colors: ColorSystem | None) -> None:
        """From there on, the line is to show this."""
        width, height = self._size
        if not 0 <= y < height:
            return
        line, shown = self._wanted[y], self._shown[y]
        self._changed.add(y)
        for text, style, control in strip:
            if control or not text or x >= width:
                continue
            look = PLAIN if style is None or colors is None else _look(style, colors)
            if not _is_simple(text):
                line.is_simple = False
                cells = _clusters(text)
            else:
                cells = text
            room = width - x
            taken = cells[:room]
            if _PAINTED in shown.texts:
                shown.texts[x : x + len(taken)] = [_UNKNOWN] * len(taken)
            line.texts[x : x + len(taken)] = taken
            line.looks[x : x + len(taken)] = [look] * len(taken)
            x += len(taken)

    def written(self) -> str:
        """What is to be written to the terminal so that it shows what it is to show, which it does from then on."""
        parts: list[str] = []
        pen = PLAIN
        for y in sorted(self._changed):
            shown, wanted = self._shown[y], self._wanted[y]
            if not wanted.is_simple:  # what was wide may have gone
                wanted.is_simple = REST not in wanted.texts and all(len(each) == 1 for each in wanted.texts)
            for start, end in _differences(shown, wanted):
                parts.append(f"\x1b[{y + 1};{start + 1}H")
                pen = _write(parts, wanted, start, end, pen)
                shown.texts[start:end], shown.looks[start:end] = wanted.texts[start:end], wanted.looks[start:end]
            shown.is_simple = wanted.is_simple
        self._changed.clear()
        if pen != PLAIN:
            parts.append("\x1b[0m")
        return "".join(parts)


def placed_strips(update: LayoutUpdate | ChopsUpdate) -> Iterator[tuple[int, int, Strip]]:
    """What an update of Textual's compositor draws, and where: column, row, and what stands there."""
    if isinstance(update, LayoutUpdate):
        yield from _of_layout(update)
        return
    for y, first, last in update.spans:
        for end, (x, strip) in zip(update.chop_ends[y], update.chops[y].items(), strict=False):
            begin = max(x, first)
            if strip is not None and begin < min(end, last):
                yield begin, y, strip.crop(begin - x, min(end, last) - x)


def _of_layout(update: LayoutUpdate) -> Iterator[tuple[int, int, Strip]]:
    for y, line in enumerate(update.strips, update.region.y):
        x = update.region.x
        for strip in line:
            yield x, y, strip
            x += strip.cell_length


def _differences(shown: _Line, wanted: _Line) -> Iterable[tuple[int, int]]:
    """The cells that are to be written: from where to where."""
    if shown.texts == wanted.texts and shown.looks == wanted.looks:
        return ()
    width = len(wanted.texts)
    differ = [
        x
        for x in range(width)
        if shown.texts[x] != _PAINTED and (shown.texts[x] != wanted.texts[x] or shown.looks[x] != wanted.looks[x])
    ]
    if not differ:
        return ()
    if not (shown.is_simple and wanted.is_simple):
        start = differ[0]
        while start > 0 and wanted.texts[start] == REST:
            start -= 1
        return ((start, width),)  # where a terminal sees another width, all behind it stands elsewhere
    runs: list[tuple[int, int]] = []
    start = end = differ[0]
    for x in differ:
        if x > end + GAP:
            runs.append((start, end))
            start = x
        end = x + 1
    runs.append((start, end))
    return runs


def _write(parts: list[str], line: _Line, start: int, end: int, pen: Look) -> Look:
    """Append cells, and give the look that the last of them has."""
    texts, looks = line.texts, line.looks
    x = start
    while x < end:
        look = looks[x]
        after = x + 1
        while after < end and (looks[after] is look or looks[after] == look):
            after += 1
        text = "".join(texts[x:after]).replace(_UNKNOWN, " ")
        # Of blanks only the background is seen: they are written in whatever color is at hand.
        is_seen = look.attributes or pen.attributes or look.background != pen.background or not text.isspace()
        if look != pen and is_seen:
            parts.append(_change(pen, look))
            pen = look
        parts.append(text)
        x = after
    return pen


@lru_cache(4096)
def _change(pen: Look, look: Look) -> str:
    """What changes the one look into the other."""
    if pen.attributes != look.attributes:
        told = [
            part
            for part in (
                look.attributes,
                "" if look.color == "39" else look.color,
                "" if look.background == "49" else look.background,
            )
            if part
        ]
        return f"\x1b[{';'.join(['0', *told])}m"
    told = [new for old, new in ((pen.color, look.color), (pen.background, look.background)) if old != new]
    return f"\x1b[{';'.join(told)}m"


@lru_cache(4096)
def _look(style: Style, colors: ColorSystem) -> Look:
    attributes = ";".join(code for name, code in _ATTRIBUTES.items() if getattr(style, name))
    color, background = style.color, style.bgcolor
    return Look(
        attributes,
        "39" if color is None else ";".join(color.downgrade(colors).get_ansi_codes()),
        "49" if background is None else ";".join(background.downgrade(colors).get_ansi_codes(foreground=False)),
    )


@lru_cache(8192)
def _is_simple(text: str) -> bool:
    """Whether each character takes one cell."""
    return text.isascii() or all(cell_len(each) == 1 for each in text)


def _clusters(text: str) -> list[str]:
    """A text, cell by cell: what has no width stands with what is before it, and what is wide is followed by rests."""
    found: list[str] = []
    for each in text:
        width = cell_len(each)
        if width:
            found += [each, *[REST] * (width - 1)]
        elif found:
            at = next(x for x in range(len(found) - 1, -1, -1) if found[x] != REST)
            found[at] += each
    length = cell_len(text)
    if len(found) != length:  # a sequence whose width is not that of its parts: kept whole
        found = [text, *[REST] * (length - 1)]
    return found
