"""What commands print: data on stdout, talk on stderr. Text from outside is cleaned on its way to a person."""

from __future__ import annotations

import json
import sys
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from assettui.model.text import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


class Exit(IntEnum):
    """Exit statuses."""

    OK = 0
    WORK_FAILED = 1
    WRONG_USAGE = 2
    INTERRUPTED = 130


def print_json(data: Any) -> None:
    """JSON on stdout; control characters in it are escaped, as JSON does."""
    sys.stdout.write(json.dumps(data, indent=2, ensure_ascii=not _is_utf8(), default=str) + "\n")
    sys.stdout.flush()


def say(text: str = "") -> None:
    """Lines on stdout, cleaned."""
    _write(sys.stdout, text)


def tell(text: str) -> None:
    """Lines on stderr, cleaned."""
    _write(sys.stderr, text)


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns as wide as they must be, on stdout, cleaned; the last column is left as long as it is."""
    lines = [list(header), *([clean(cell.replace("\n", " ")) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    for line in lines:
        say("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())


def _write(stream: Any, text: str) -> None:
    cleaned = "\n".join(clean(line.replace("\t", "    ")) for line in text.split("\n"))
    encoding = getattr(stream, "encoding", None) or "ascii"
    stream.write(cleaned.encode(encoding, "replace").decode(encoding) + "\n")
    stream.flush()


def _is_utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
