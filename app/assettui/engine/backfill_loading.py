"""A backfill as the engine takes it on: what of it is made, what has failed, and what the project no longer has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.core.backfill_progress import BackfillProgress
from assettui.core.partitions.sets import PartitionSet
from assettui.core.partitions.space import NO_PARTITIONS
from assettui.kernel.inputs import BackfillLoaded
from assettui.store import backfills
from assettui.store.queueing import secrets_of

if TYPE_CHECKING:
    import sqlite3

    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.model.backfill import BackfillRecord
    from assettui.model.keys import AssetKey


def loaded_backfill(
    connection: sqlite3.Connection, kept: BackfillRecord, partitioned: PartitionedGraph
) -> BackfillLoaded:
    """A backfill, with how far it has come by what is recorded of its partitions."""
    from assettui.core.partitions.json_forms import set_from_json  # deferred: 10 ms that most leaders need not take

    targets: dict[AssetKey, PartitionSet] = {}
    done: dict[AssetKey, PartitionSet] = {}
    failed: dict[AssetKey, PartitionSet] = {}
    lost: str | None = None
    for key, said in ((each.asset_key, each.partitions) for each in kept.plan.targets):
        if key not in partitioned.graph.assets:
            continue  # the project no longer has it
        space = partitioned.space(key)
        targets[key] = set_from_json(said, space, partitioned.moment) & space.all
        names = said.get("keys", ())
        if len(names) > len(targets[key]):
            missing = (name for name in names if space.find(name) is None)
            lost = lost or f"{key} has no partition {next(missing)!r} any more"
        is_whole = space is NO_PARTITIONS
        blocking = [check.name for check in partitioned.graph.checks_of.get(key, ()) if check.is_blocking]
        made = backfills.materialized_since(connection, key, kept.plan.after, blocking, whole=is_whole)
        wrong = backfills.failed_since(connection, key, kept.started_us or kept.created_us, whole=is_whole)
        done[key] = PartitionSet(int(bool(made))) if is_whole else space.known_of(made)
        failed[key] = PartitionSet(int(bool(wrong))) if is_whole else space.known_of(wrong)
    gone = next((each.asset_key for each in kept.plan.targets if each.asset_key not in targets), None)
    error = f"the project no longer defines {gone}" if gone is not None else lost
    progress = BackfillProgress.begun(partitioned, targets, done, failed)
    config = kept.plan.config
    if kept.plan.has_secrets:
        config = secrets_of(connection, kept.backfill_id) or config
    return BackfillLoaded(kept.backfill_id, kept.plan, config, progress, kept.status, kept.created_us, error)
