"""The events of a run as lines, those that are wanted, and the tries of its steps that they tell of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from assettui.model.events import StepRetried, StepStarted
from assettui.render.events import event_lines, level_of
from assettui.tui.log_view import TextLines

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Mapping, Sequence

    from assettui.model.events import Event
    from assettui.render.table import Cell

MOST: Final = 20_000
"""The oldest lines are let go beyond so many; `assettui run logs` shows them all."""
LEVELS: Final = ("", "from warnings on", "errors")


class _Line(NamedTuple):
    cell: Cell
    step_key: str | None
    level: int
    """Its place in `LEVELS`."""
    time_us: int


class RunEvents:
    """See above."""

    def __init__(self) -> None:
        self._all: list[_Line] = []
        self._wanted: list[Cell] = []
        self.lines = TextLines(self._wanted)
        """Those that are wanted: grows as more come."""
        self._least_level = 0
        self._step_key: str | None = None
        self._pattern: re.Pattern[str] | None = None
        self._tries: dict[str, list[tuple[int, int]]] = {}
        self._began: dict[str, int] = {}

    @property
    def tries(self) -> Mapping[str, Sequence[tuple[int, int]]]:
        """Of each step, when the tries began and ended that failed and were followed by another."""
        return self._tries

    def take(self, events: Iterable[Event]) -> None:
        """Take note of events that have come."""
        for event in events:
            key = event.step_key
            if isinstance(event, StepStarted) and key is not None:
                self._began[key] = event.time_us
            elif isinstance(event, StepRetried) and key in self._began:
                self._tries.setdefault(key, []).append((self._began.pop(key), event.time_us))
            level = level_of(event)
            lines = [_Line(cell, key, level, event.time_us) for cell in event_lines(event)]
            self._all += lines
            self._wanted += [each.cell for each in lines if self._is_wanted(each)]
        del self._all[:-MOST]
        del self._wanted[:-MOST]

    def want(self, least_level: int, step_key: str | None, pattern: re.Pattern[str] | None) -> None:
        """Want only those from a level on, of a step (None: of all), and in which a pattern is found (None: all)."""
        wanted = (least_level, step_key, pattern)
        if wanted != (self._least_level, self._step_key, self._pattern):
            self._least_level, self._step_key, self._pattern = wanted
            self._wanted[:] = [each.cell for each in self._all if self._is_wanted(each)]

    def first_at(self, time_us: int) -> int | None:
        """The first line of those that are wanted from a moment on; None where all are earlier."""
        wanted = (each for each in self._all if self._is_wanted(each))
        return next((at for at, line in enumerate(wanted) if line.time_us >= time_us), None)

    def _is_wanted(self, line: _Line) -> bool:
        return (
            line.level >= self._least_level
            and (self._step_key is None or line.step_key == self._step_key)
            and (self._pattern is None or self._pattern.search(line.cell.text) is not None)
        )
