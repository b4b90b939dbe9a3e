"""What commands print: data on stdout, talk on stderr. Text from outside is cleaned on its way to a person."""

from __future__ import annotations

import json
import os
import sys
import threading
from contextlib import contextmanager
from enum import IntEnum
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any, TypeVar

from assettui.model.printed import colored, plain
from assettui.model.text import clean, escaped, one_line
from assettui.model.timing import clock_us
from assettui.service.locale import given_environment, is_ascii_wanted

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Sequence

    from assettui.render.lines import Line
    from assettui.render.table import Cell, Table

R = TypeVar("R")
MAX_CELL, MAX_LAST = 60, 200
"""So many characters of a cell are printed, and so many of one in the last column."""


PATIENCE_S = 1.0
"""What lasts longer is said to be waited for."""
IMPORTING = "the project is being imported"
MAX_DAYS = 36_525
"""A command looks no more than so many days ahead."""


class Exit(IntEnum):
    """Exit statuses."""

    OK = 0
    WORK_FAILED = 1
    WRONG_USAGE = 2
    INTERRUPTED = 130


def print_json(data: Any) -> None:
    """JSON on stdout; control characters in it, and those that are not seen, are escaped, as JSON may."""
    sys.stdout.write(escaped(json.dumps(data, indent=2, ensure_ascii=not _is_utf8(), default=str)) + "\n")
    sys.stdout.flush()


def say(text: str = "") -> None:
    """Lines on stdout, cleaned."""
    _write(sys.stdout, text)


def tell(text: str) -> None:
    """Lines on stderr, cleaned."""
    _write(sys.stderr, text)


def print_output(lines: Iterable[tuple[str, str]]) -> None:
    """Lines that a program has printed, each behind what is to stand before it: on stdout, as a terminal would show them.

    Their colors are left out where stdout is no terminal.
    """
    show = colored if shows_colors() else plain
    for prefix, text in lines:
        sys.stdout.write(_encodable(f"{clean(prefix)}{show(text)}\n", sys.stdout))
    sys.stdout.flush()


def shows_colors() -> bool:
    """Whether stdout is a terminal on which colors are wanted: see https://no-color.org."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


@contextmanager
def telling_after(text: str, seconds: float = PATIENCE_S) -> Generator[None]:
    """Say on stderr what is waited for, where it lasts longer than that."""
    timer = threading.Timer(seconds, tell, (text,))
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def print_lines(lines: Iterable[Line]) -> None:
    """The lines of a detail on stdout, cleaned."""
    for line in lines:
        say("".join(printed(cell) for cell in line))


def print_table(of: Table[R], rows: Sequence[R]) -> None:
    """Rows of a noun on stdout, cleaned, in columns as wide as they must be; those that hold nothing are left out."""
    now_us = clock_us()
    cells = [of.row(row, now_us).cells for row in rows]
    wanted = [
        index
        for index, column in enumerate(of.columns)
        if column.title and (not cells or any(printed(row[index]) for row in cells))
    ]
    body = [[_cut(printed(row[index]), index, wanted) for index in wanted] for row in cells]
    shown = [of.columns[index] for index in wanted]
    print_columns([column.title for column in shown], body, [column.is_right for column in shown])


def print_columns(titles: Sequence[str], rows: Iterable[Sequence[str]], are_right: Sequence[bool] = ()) -> None:
    """Columns as wide as they must be, on stdout, cleaned; some of them to the right, if any.

    A cell that is wider than all columns may be moves what follows in its own line, and no other.
    """
    sides = are_right or [False] * len(titles)
    lines = [[title.upper() for title in titles], *([clean(cell.replace("\n", " ")) for cell in row] for row in rows)]
    widths = [max(len(cell) for cell in column if len(cell) <= MAX_CELL) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = zip(line, widths, sides, strict=True)
        say("  ".join(cell.rjust(width) if is_right else cell.ljust(width) for cell, width, is_right in cells).rstrip())


def terminal_width() -> int:
    """How many characters a line of the terminal has, or may be taken to have."""
    import shutil  # deferred: it brings all kinds of compression with it, 3 ms

    return shutil.get_terminal_size().columns


def printed(cell: Cell) -> str:
    return cell.text if cell.printed is None else cell.printed


def _cut(text: str, index: int, wanted: Sequence[int]) -> str:
    """The first column is what one copies, and the last one is why: these are shown whole, or nearly so."""
    if index == wanted[0]:
        return text
    return one_line(text, MAX_LAST if index == wanted[-1] else MAX_CELL)


def _write(stream: Any, text: str) -> None:
    cleaned = "\n".join(clean(line.replace("\t", "    ")) for line in text.split("\n"))
    stream.write(_encodable(cleaned, stream) + "\n")
    stream.flush()


def _encodable(text: str, stream: Any) -> str:
    """The text, with what the stream's encoding lacks replaced: by what looks like it, if it can be only ASCII."""
    encoding = getattr(stream, "encoding", None) or "ascii"
    if encoding == "ascii" and not text.isascii():
        from assettui.render.ascii import to_ascii  # deferred: few terminals are so old

        return "".join(each if each == "\n" else to_ascii(each) for each in text)
    return text.encode(encoding, "replace").decode(encoding)


def heed_locale() -> None:
    """Write nothing but ASCII to a terminal that shows nothing else; what goes into files stays UTF-8."""
    if is_ascii_wanted(given_environment()):
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, TextIOWrapper) and stream.isatty():
                stream.reconfigure(encoding="ascii", errors="replace")


def _is_utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
