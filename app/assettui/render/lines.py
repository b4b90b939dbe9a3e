"""A detail as lines: what there is to say of one thing, a screen colors it and a command prints it. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.model.text import one_line
from assettui.render.appearance import GREY, RED
from assettui.render.table import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assettui.model.metadata import MetadataValue
    from assettui.model.run import StepError

Line = tuple[Cell, ...]
"""Texts side by side. They may come from outside: whoever shows them cleans them."""
BLANK: Line = ()
_NAME_WIDTH = 12
MAX_VALUE = 2_000
"""So many characters of a value are shown."""


def line(text: str, color: str = "") -> Line:
    return (Cell(text, color),)


def lines_of(text: str, color: str = "", indent: str = "") -> list[Line]:
    return [line(f"{indent}{each}", color) for each in text.rstrip().expandtabs(4).splitlines()]


def facts(pairs: Iterable[tuple[str, str]]) -> list[Line]:
    """Names and values below each other, without those that have no value."""
    shown = ((name, one_line(value, MAX_VALUE)) for name, value in pairs)
    return [(Cell(f"{name:<{_NAME_WIDTH}} ", GREY), Cell(value)) for name, value in shown if value]


def tag_facts(tags: Mapping[str, str]) -> list[tuple[str, str]]:
    return [("tag", f"{name}={value}") for name, value in tags.items()]


def metadata_facts(metadata: Mapping[str, MetadataValue]) -> list[tuple[str, str]]:
    return [(name, value.show()) for name, value in metadata.items()]


def error_lines(error: StepError | None) -> list[Line]:
    """Why something failed: in one line, and with its traceback where there is one."""
    if error is None:
        return []
    return [*lines_of(error.message, RED), *lines_of(error.traceback or "")]
