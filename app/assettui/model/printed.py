"""What a program prints, as a terminal would show it: colors kept, what was overwritten gone, and nothing else obeyed.

Of a line that a terminal is given, this understands what happens within the line: text, colors (SGR, ECMA-48 8.3.117),
carriage returns, backspaces, tabs, moving and erasing in the line. Progress bars are readable by that. Every other escape
sequence that is whole is left out, as a terminal shows none; whatever else must not reach a terminal is replaced, as
`clean` does. A line begins without a color, whatever the one before has left: lines are looked at one by one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from assettui.model.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

TAB: Final = 8
MAX_COLUMN: Final = 20_000
"""No sequence moves further to the right, so that none makes a line of a billion blanks."""
_SPECIAL: Final = re.compile("[\x08\x0d\x1b]")
_TOKENS: Final = re.compile(
    "\x1b\\[(?P<parameters>[0-?]*)[ -/]*(?P<final>[@-~])"  # CSI
    "|\x1b[\\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\\\)"  # OSC and its like: titles, links, the clipboard
    "|\x1b[ -/]+[0-~]|\x1b[0-OQ-WYZ`-~]"  # sets of characters, saving the cursor, a reset
    "|(?P<move>[\x08\x09\x0d])"
    "|(?P<text>[^\x08\x09\x0d\x1b]+|\x1b)"
)
_FLAGS: Final = frozenset((1, 2, 3, 4, 7, 9))
"""Bold, dim, italic, underlined, reversed, struck out. Text that blinks or hides is shown as any other."""
_ENDED_BY: Final = {22: (1, 2), 23: (3,), 24: (4,), 27: (7,), 29: (9,)}
_FOREGROUND, _BACKGROUND = "fg", "bg"


class Span(NamedTuple):
    """Some text of a line in one look. It holds nothing that must not reach a terminal."""

    text: str
    sgr: str
    """Parameters of SGR, such as `1;31`; empty where it looks as usual."""


def spans_of(line: str) -> list[Span]:
    """A line, without what ends it, as a terminal would show it."""
    if not _SPECIAL.search(line):
        return [Span(clean(line.expandtabs(TAB)), "")]
    return _Line().written(line)


def plain(line: str) -> str:
    """The same without colors."""
    if not _SPECIAL.search(line):
        return clean(line.expandtabs(TAB))
    return "".join(span.text for span in spans_of(line))


def colored(line: str) -> str:
    """The same with colors, for a terminal; at its end it looks as usual again."""
    return "".join(f"\x1b[{sgr}m{text}\x1b[0m" if sgr else text for text, sgr in spans_of(line))


class _Line:
    """A line of a terminal that is being written to."""

    def __init__(self) -> None:
        self.cells: list[str] = []
        """What stands in each: a character with what combines with it; nothing in the right half of a wide one."""
        self.looks: list[str] = []
        self.column = 0
        self.look: dict[str | int, str] = {}
        self.sgr = ""

    def written(self, line: str) -> list[Span]:
        for token in _TOKENS.finditer(line):
            kind = token.lastgroup
            if kind == "text":
                self._write(token["text"])
            elif kind == "move":
                self._move(token["move"])
            elif kind == "final":
                self._control(token["final"], token["parameters"])
        return list(self._spans())

    def _write(self, text: str) -> None:
        cells = list(clean(text)) if text.isascii() else list(_cells(clean(text)))
        self._pad(self.column)
        end = self.column + len(cells)
        self.cells[self.column : end] = cells
        self.looks[self.column : end] = [self.sgr] * len(cells)
        self.column = end

    def _pad(self, width: int) -> None:
        missing = width - len(self.cells)
        if missing > 0:
            self.cells += [" "] * missing
            self.looks += [""] * missing

    def _move(self, how: str) -> None:
        if how == "\r":
            self.column = 0
        elif how == "\b":
            self.column = max(0, self.column - 1)
        else:
            self.column += TAB - self.column % TAB
            self._pad(self.column)

    def _control(self, final: str, parameters: str) -> None:
        if final == "m":
            self._set_look(parameters)
            return
        first = parameters.partition(";")[0]
        number = int(first) if first.isdecimal() and first.isascii() and len(first) < 6 else 0
        match final:
            case "C":
                self.column = min(MAX_COLUMN, self.column + max(1, number))
            case "D":
                self.column = max(0, self.column - max(1, number))
            case "G":
                self.column = min(MAX_COLUMN, max(1, number) - 1)
            case "K":
                self._erase(number)
            case _:
                pass

    def _erase(self, which: int) -> None:
        """Of the line, what is right of the cursor, left of it, or all."""
        if which == 0:
            del self.cells[self.column :], self.looks[self.column :]
        elif which == 1:
            count = min(self.column + 1, len(self.cells))
            self.cells[:count], self.looks[:count] = [" "] * count, [""] * count
        elif which == 2:
            self.cells.clear()
            self.looks.clear()

    def _set_look(self, parameters: str) -> None:
        codes = iter([int(part) if part.isdecimal() and len(part) < 4 else 0 for part in re.split("[;:]", parameters)])
        for code in codes:
            if code == 0:
                self.look.clear()
            elif code in _FLAGS:
                self.look[code] = str(code)
            elif code in _ENDED_BY:
                for flag in _ENDED_BY[code]:
                    self.look.pop(flag, None)
            elif 30 <= code <= 37 or 90 <= code <= 97:
                self.look[_FOREGROUND] = str(code)
            elif 40 <= code <= 47 or 100 <= code <= 107:
                self.look[_BACKGROUND] = str(code)
            elif code == 39:
                self.look.pop(_FOREGROUND, None)
            elif code == 49:
                self.look.pop(_BACKGROUND, None)
            elif code in (38, 48):
                self._set_color(_FOREGROUND if code == 38 else _BACKGROUND, code, codes)
        self.sgr = ";".join(self.look.values())

    def _set_color(self, where: str, code: int, codes: Iterator[int]) -> None:
        """A color by its number, `5;n`, or by red, green and blue, `2;r;g;b`."""
        kind = next(codes, 0)
        count = {5: 1, 2: 3}.get(kind, 0)
        values = [min(255, value) for _, value in zip(range(count), codes, strict=False)]
        if count and len(values) == count:
            self.look[where] = ";".join(map(str, (code, kind, *values)))

    def _spans(self) -> Iterable[Span]:
        text: list[str] = []
        look = ""
        for cell, its_look in zip(self.cells, self.looks, strict=True):
            if its_look != look:
                if text:
                    yield Span("".join(text), look)
                text, look = [], its_look
            text.append(cell)
        if text:
            yield Span("".join(text), look)


def _cells(text: str) -> Iterator[str]:
    from unicodedata import combining, east_asian_width  # deferred: few lines need it

    held = ""
    for char in text:
        if held and (combining(char) or char in "\u200d\ufe0e\ufe0f" or held.endswith("\u200d")):
            held += char
            continue
        if held:
            yield held
            if east_asian_width(held[0]) in "WF":
                yield ""
        held = char
    if held:
        yield held
        if east_asian_width(held[0]) in "WF":
            yield ""
