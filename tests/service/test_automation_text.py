"""What a tick came to, in a few words."""

from __future__ import annotations

from typing import Any

import pytest

from assettui.core.instigators import InstigatorKind
from assettui.core.records import StepError
from assettui.core.ticks import LogLine, PartitionKeysRequest, TickOutcome, TickRecord
from assettui.service.automation_text import what_it_did

WARNED = (LogLine("INFO", "looking"), LogLine("WARNING", "the bucket is nearly full"))


@pytest.mark.parametrize(
    ("outcome", "found", "words"),
    [
        (TickOutcome.SUCCESS, {"runs": (("a1", "key"),)}, "✓ 1 run"),
        (
            TickOutcome.SUCCESS,
            {"runs": (("a1", None),), "keys": (PartitionKeysRequest("shops", ("x", "y")),)},
            "✓ 1 run, 2 partition keys",
        ),
        (TickOutcome.SUCCESS, {"runs": (("a1", None),), "log": WARNED}, "✓ 1 run, 1 warning"),
        (TickOutcome.SUCCESS, {}, "✓ reported"),
        (TickOutcome.SKIPPED, {"skip_reason": "nothing new\nsince then"}, "○ nothing new…"),
        (TickOutcome.SKIPPED, {}, "○ nothing to do"),
        (TickOutcome.FAILURE, {"error": StepError("ValueError: boom")}, "✗ ValueError: boom"),
    ],
)
def test_by_its_outcome(outcome: TickOutcome, found: dict[str, Any], words: str) -> None:
    tick = TickRecord(1, "looking", InstigatorKind.SENSOR, outcome, 0, 0, 1_000, **found)
    assert what_it_did(tick) == words
