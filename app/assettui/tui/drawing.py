"""Lines of a detail as rich text, each part of them cleaned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from assettui.model.text import one_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from assettui.render.lines import Line

MAX_CHARS = 400
"""Of each text in a line: what is longer is read with a command."""


def text_of(lines: Iterable[Line]) -> Text:
    text = Text()
    for index, line in enumerate(lines):
        if index:
            text.append("\n")
        for cell in line:
            text.append(one_line(cell.text, MAX_CHARS), style=cell.color or None)
    return text
