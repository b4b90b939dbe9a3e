"""The error of a step in a box."""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from assettui.model.run import StepError, StepRecord, StepStatus
from assettui.render.errors import error_box, place_of

TRACEBACK = (
    'Traceback (most recent call last):\n  File "/home/ada/a.py", line 3, in made\n    return inner()\n'
    '  File "/home/ada/b.py", line 7, in inner\n    1 / 0\nZeroDivisionError: division by zero\n'
)


def failed(message: str = "ValueError: no", traceback: str | None = TRACEBACK) -> StepRecord:
    return StepRecord(
        "r", "s", StepStatus.FAILURE, (), 0, 1, error=StepError(message, "exception", "ValueError", traceback)
    )


@pytest.mark.parametrize("width", [24, 40, 80, 200])
def test_every_line_of_the_box_is_as_wide_as_the_others(width: int) -> None:
    lines = error_box(failed("ValueError: 数据 " + "x" * 300), width)
    assert len({cell_len(line.text) for line in lines}) == 1
    assert lines[0].text.startswith("╭─ ValueError ")
    assert any("1 / 0" in line.text for line in lines)


def test_what_comes_from_outside_is_cleaned() -> None:
    assert "\x1b" not in "".join(line.text for line in error_box(failed("\x1b[31mno"), 80))


def test_the_place_is_the_innermost_line_of_the_user_s() -> None:
    assert place_of(failed()) == ("/home/ada/b.py", 7)
    assert place_of(failed(traceback=None)) is None


def test_a_step_that_has_not_failed_has_no_box() -> None:
    assert error_box(StepRecord("r", "s", StepStatus.SUCCESS, ()), 80) == []
