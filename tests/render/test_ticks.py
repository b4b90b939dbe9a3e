"""What a tick came to, in a few words."""

from __future__ import annotations

from typing import Any

import pytest

from assettui.model.events import LogLine, PartitionKeysRequest, Tick, TickOutcome, TickRun
from assettui.model.instigator import InstigatorKind
from assettui.model.run import StepError
from assettui.render.ticks import what_it_did

WARNED = (LogLine("INFO", "looking"), LogLine("WARNING", "the bucket is nearly full"))


@pytest.mark.parametrize(
    ("outcome", "found", "words"),
    [
        (TickOutcome.SUCCESS, {"runs": (TickRun("a1", "key"),)}, "1 run"),
        (
            TickOutcome.SUCCESS,
            {"runs": (TickRun("a1"),), "keys": (PartitionKeysRequest("shops", ("x", "y")),)},
            "1 run, 2 partition keys",
        ),
        (TickOutcome.SUCCESS, {"runs": (TickRun("a1"),), "log": WARNED}, "1 run, 1 warning"),
        (TickOutcome.SUCCESS, {}, "reported"),
        (TickOutcome.SKIPPED, {"skip_reason": "nothing new\nsince then"}, "nothing new…"),
        (TickOutcome.SKIPPED, {}, "nothing to do"),
        (TickOutcome.FAILURE, {"error": StepError("ValueError: boom")}, "ValueError: boom"),
    ],
)
def test_by_its_outcome(outcome: TickOutcome, found: dict[str, Any], words: str) -> None:
    tick = Tick(
        1_000,
        instigator="looking",
        instigator_kind=InstigatorKind.SENSOR,
        outcome=outcome,
        scheduled_us=0,
        started_us=0,
        **found,
    )
    assert what_it_did(tick) == words
