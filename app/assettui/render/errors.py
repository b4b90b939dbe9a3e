"""Why a step failed, in a box: the message, the user's frames with their lines, what caused it, what the function said."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size

from assettui.model.text import clean
from assettui.render.appearance import GREY, RED
from assettui.render.lines import facts, metadata_facts
from assettui.render.table import Cell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from assettui.model.run import StepRecord

_FRAME = re.compile(r'^\s*File "(?P<path>[^"]+)", line (?P<line>\d+)')
_CAUSE = ("The above exception", "During handling of the above")


def error_box(step: StepRecord, width: int) -> list[Cell]:
    """The error of a step, in lines of so many cells at most; empty where there is none."""
    error = step.error
    if error is None:
        return []
    inner = max(20, width - 4)
    title = f" {error.exception or step.status.value} "
    lines = [Cell(f"╭─{title}{'─' * max(0, inner - cell_len(title) + 1)}╮", RED)]
    for cell in _body(step):
        lines.extend(Cell(f"│ {set_cell_size(part, inner)} │", cell.color) for part in _wrapped(cell.text, inner))
    return [*lines, Cell(f"╰{'─' * (inner + 2)}╯", RED)]


def error_text(step: StepRecord) -> str:
    """The same as plain text, to be copied; empty where there is none."""
    error = step.error
    if error is None:
        return ""
    return "\n\n".join(part.rstrip() for part in (f"{step.step_key}: {error.message}", error.traceback or "") if part)


def place_of(step: StepRecord) -> tuple[str, int] | None:
    """The file and the line of the user's code in which it was raised: of the frames that are shown, the last one."""
    if step.error is None or not step.error.traceback:
        return None
    frames = [match for line in step.error.traceback.split("\n") if (match := _FRAME.match(line))]
    return (frames[-1]["path"], int(frames[-1]["line"])) if frames else None


def _body(step: StepRecord) -> Iterator[Cell]:
    error = step.error
    if error is None:
        return
    yield from (Cell(line, RED) for line in error.message.split("\n"))
    if error.traceback:
        yield Cell("")
        for line in error.traceback.rstrip().expandtabs(4).split("\n"):
            is_quiet = bool(_FRAME.match(line)) or line.startswith(("Traceback", *_CAUSE))
            yield Cell(line, GREY if is_quiet else "")
    for line in facts(metadata_facts(error.metadata)):
        yield Cell("".join(cell.text for cell in line))


def _wrapped(text: str, width: int) -> Iterator[str]:
    """A line in parts that fit."""
    text = clean(text)
    while cell_len(text) > width:
        cut = width
        while cell_len(text[:cut]) > width:
            cut -= 1
        yield text[:cut]
        text = f"    {text[cut:]}"
    yield text
