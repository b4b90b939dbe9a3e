"""The lines of a file that a step prints into, from its beginning or from its end, one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MAX_LINE_BYTES: Final = 1 << 24
"""What is read of one line, so that a file without an end of line is no text of gigabytes."""
_CHUNK_BYTES: Final = 1 << 16


def lines_from(path: Path, place: int) -> Iterator[tuple[int, int, bytes]]:
    """The lines that begin at a place or behind it: for each where it begins and ends, and its bytes, the newline included.

    The last one may not be ended yet. Of a longer one than `MAX_LINE_BYTES` the beginning is given, with a newline.
    """
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        if place > 0:
            file.seek(place - 1)
            while (rest := file.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                continue
            place = file.tell()
        while line := file.readline(MAX_LINE_BYTES):
            begin = place
            place += len(line)
            if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
                while rest := file.readline(MAX_LINE_BYTES):
                    place += len(rest)
                    if rest.endswith(b"\n"):
                        break
                line += b"\n"
            yield begin, place, line


def lines_before(path: Path, end: int) -> Iterator[tuple[int, bytes]]:
    """The lines before a place, the last one first: for each where it begins, and its bytes, as `lines_from` gives them."""
    try:
        file = path.open("rb")
    except FileNotFoundError:
        return
    with file:
        place = end
        line = _Backwards()
        while place > 0:
            size = min(_CHUNK_BYTES, place)
            place -= size
            file.seek(place)
            chunk = file.read(size)
            stop = size
            while (found := chunk.rfind(b"\n", 0, stop)) >= 0:
                line.put_before(chunk[found + 1 : stop])
                if line.size:
                    yield place + found + 1, line.taken()
                line.put_before(b"\n")
                stop = found
            line.put_before(chunk[:stop])
        if line.size:
            yield 0, line.taken()


class _Backwards:
    """A line that is put together from its end to its beginning."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self.size = 0

    def put_before(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self.size += len(piece)
        while len(self._pieces) > 1 and self.size - len(self._pieces[0]) > MAX_LINE_BYTES:
            self.size -= len(self._pieces.pop(0))

    def taken(self) -> bytes:
        line = b"".join(reversed(self._pieces))
        self._pieces.clear()
        self.size = 0
        return line if len(line) <= MAX_LINE_BYTES else line[:MAX_LINE_BYTES] + b"\n"
