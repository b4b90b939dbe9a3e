"""Text from outside, made safe to show: nothing in it can move the cursor, set the clipboard or reorder a line."""

from __future__ import annotations

import re
from functools import cache

_CONTROL_RANGES = (
    (0x00, 0x1F),  # C0, ESC among them
    (0x7F, 0x9F),  # DEL and C1, 8-bit CSI and OSC among them
    (0x061C, 0x061C),  # Arabic letter mark
    (0x200B, 0x200F),  # zero widths, left-to-right and right-to-left marks
    (0x2028, 0x202E),  # line and paragraph separators, bidirectional embeddings and overrides
    (0x2060, 0x206F),  # invisible operators, bidirectional isolates
    (0xD800, 0xDFFF),  # lone surrogates, which no terminal encoding can carry
    (0xFEFF, 0xFEFF),  # byte order mark
    (0xFFF9, 0xFFFB),  # interlinear annotation
    (0xE0000, 0xE007F),  # tags
)
# The zero-width joiner stays: emoji and several scripts need it, and it moves nothing.
_KEPT = {0x200D}
UNSAFE = re.compile(
    "[" + "".join(f"{chr(first)}-{chr(last)}" for first, last in _CONTROL_RANGES if first not in _KEPT) + "]"
)
"""Finds a text that `clean` may have to change."""


@cache
def _table() -> dict[int, int]:
    # Made when the first unsafe text is met: 2,500 entries that most processes never need.
    return {
        code: (0x2400 + code if code < 0x20 else 0x2421 if code == 0x7F else 0xFFFD)
        for first, last in _CONTROL_RANGES
        for code in range(first, last + 1)
        if code not in _KEPT
    }


def clean(text: str) -> str:
    """The text with every control character replaced by a visible stand-in of one cell, so `len` stays the same."""
    return text.translate(_table()) if UNSAFE.search(text) else text


def clean_lines(text: str) -> str:
    """A text of several lines, each of them cleaned, and tabs made spaces."""
    return "\n".join(map(clean, text.expandtabs(4).splitlines()))


def one_line(text: str, width: int) -> str:
    """The first `width` characters of the text's first line, cleaned; an ellipsis where something was left out."""
    line, _, rest = text[: width + 1].partition("\n")
    line = clean(line.replace("\t", "  ").rstrip("\r"))
    return line[: max(0, width - 1)] + "…" if rest or len(line) > width else line


def byte_count(count: int) -> str:
    """`512 B`, `1.2 kB`, `3.4 GB`."""
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count} B"


def plural(count: int, noun: str) -> str:
    """`1 asset`, `2 assets`, `1,200 retries`."""
    if count == 1:
        return f"{count:,} {noun}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("ry") else f"{count:,} {noun}s"
