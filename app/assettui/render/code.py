"""Code as lines: each with its number, in a few colors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from assettui.render.appearance import BLUE, GREEN, GREY, YELLOW
from assettui.render.lines import BLANK, line
from assettui.render.table import Cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assettui.render.lines import Line
    from assettui.service.code import AssetCode

_COLORS: Final = {
    "Comment": GREY,
    "Keyword": BLUE,
    "String": GREEN,
    "Number": YELLOW,
    "Decorator": YELLOW,
    "Preproc": YELLOW,
}
"""By a part of what Pygments calls a token."""


def code_lines(code: AssetCode) -> Iterator[Line]:
    """The code of an asset, and the SQL that last ran where that is another."""
    yield line(f"{code.path}:{code.first_line}", GREY)
    yield BLANK
    yield from numbered(code.text, code.language, code.first_line)
    if code.compiled is not None and code.compiled.split() != code.text.split():
        yield BLANK
        yield line("as it ran last", GREY)
        yield BLANK
        yield from numbered(code.compiled, "sql", 1)


def numbered(text: str, language: str, first: int) -> Iterator[Line]:
    """Lines of code, numbered from the first one's on."""
    parts = _highlighted(text.expandtabs(4), language)
    width = len(str(first + len(parts) - 1))
    for number, cells in enumerate(parts, first):
        yield (Cell(f"{number:>{width}}  ", GREY), *cells)


def _highlighted(text: str, language: str) -> list[list[Cell]]:
    from pygments import lexers  # deferred: 30 ms
    from pygments.util import ClassNotFound

    names = {"py": "python", "yml": "jinja+yaml", "yaml": "yaml", "sql": "sql+jinja"}
    try:
        lexer: Any = cast("Any", lexers).get_lexer_by_name(
            names.get(language, language or "text"), stripnl=False, ensurenl=False
        )
    except ClassNotFound:
        lexer = cast("Any", lexers).get_lexer_by_name("text", stripnl=False, ensurenl=False)
    found: list[list[Cell]] = [[]]
    for kind, value in lexer.get_tokens(text):
        color = next((each for name, each in _COLORS.items() if name in str(kind)), "")
        for number, part in enumerate(value.split("\n")):
            if number:
                found.append([])
            if part:
                found[-1].append(Cell(part, color))
    return found
