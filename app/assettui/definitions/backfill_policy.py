"""How many partitions of an asset one run of a backfill makes."""

from __future__ import annotations

from msgspec import Struct

from assettui.model.arguments import Checked


class BackfillPolicy(Struct, frozen=True, metaclass=Checked):
    """How many partitions of an asset one run of a backfill makes: one by default.

    A function that is to make several at once asks `context.partition_keys`, `context.partition_key_range` or
    `context.partition_time_window` which ones.
    """

    max_partitions_per_run: int | None = 1
    """None for all of them."""

    @staticmethod
    def single_run() -> BackfillPolicy:
        """All partitions in one run."""
        return BackfillPolicy(None)

    @staticmethod
    def multi_run(max_partitions_per_run: int = 1) -> BackfillPolicy:
        """Runs of at most so many partitions."""
        return BackfillPolicy(max_partitions_per_run)
