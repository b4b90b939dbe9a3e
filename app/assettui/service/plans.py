"""What holds for the plans of runs and of backfills alike: the one that is shown is the one that is started, or none.

Whoever starts a plan has it made again, in the transaction that records it, and compares: nothing else that says whether
the world has changed since is sure to notice all of it, such as a key of dynamic partitions or the hour that has struck.
"""

from __future__ import annotations

from typing import Any

from assettui.model.errors import LaunchError


class PlanChanged(LaunchError):
    """A plan is no longer what it would be now.

    Args:
        what: What is different.
        plan: What it would be.
    """

    def __init__(self, what: str, plan: Any) -> None:
        super().__init__(f"what there is has changed since: {what}", hint="look at the plan once more, then start it")
        self.plan = plan
