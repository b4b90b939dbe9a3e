"""Backfills in random histories: failures, retries, crashes, pauses, cancels; whatever happens, each partition is made once."""

from __future__ import annotations

import random

import pytest

from assettui.core.partitions.sets import PartitionSet
from assettui.kernel.inputs import BackfillRequested, ProjectEdited
from assettui.kernel.state import RunRules
from assettui.model.backfill import BackfillCommand, BackfillStatus
from assettui.store import backfills, queries
from tests.core.test_backfill_progress import SHAPES
from tests.kernel.simulation import Simulation, assert_state_is_what_the_events_say


def history(seed: int) -> Simulation:
    """A random history of one to three backfills, let run to its end."""
    draw = random.Random(seed)
    partitioned = SHAPES[draw.choice(sorted(SHAPES))]
    simulation = Simulation(
        draw,
        capacity=draw.randint(1, 4),
        crashes_left=draw.choice([0, 0, 1, 3]),
        partitioned=partitioned,
        now_us=10**15,
        rules=RunRules(retries=draw.choice([0, 0, 1, 2])),
    )
    for number in range(draw.randint(1, 3)):
        part = draw.choice([0.1, 0.5, 1.0])
        targets = {
            key: PartitionSet.of(index for index in partitioned.space(key).all if draw.random() < part)
            for key in partitioned.graph.order
        }
        for key in list(targets):
            for other in partitioned.graph.steps[partitioned.graph.assets[key].step or ""]:
                targets[other] = targets[key]
        targets = {key: targets[key] for key in partitioned.graph.order if targets.get(key)}
        if not targets:
            continue
        simulation.backfill(
            f"backfill{number}",
            targets,
            max_concurrent=draw.choice([None, 1, 3]),
            priority=draw.randint(0, 1),
        )
        for _ in range(draw.randint(0, 60)):
            simulation.step()
            roll = draw.random()
            name = f"backfill{draw.randint(0, number)}"
            if roll < 0.02:
                simulation.happen(BackfillRequested(name, BackfillCommand.PAUSE))
            elif roll < 0.05:
                simulation.happen(BackfillRequested(name, BackfillCommand.RESUME))
            elif roll < 0.055:
                simulation.happen(BackfillRequested(name, BackfillCommand.CANCEL))
            elif roll < 0.065:
                simulation.happen(BackfillRequested(name, BackfillCommand.RETRY))
            elif roll < 0.07:
                simulation.happen(ProjectEdited())
            elif roll < 0.12:
                simulation.describe_again()
    simulation.run_to_the_end()
    while paused := backfills.not_over(simulation.store):  # a leader that crashes may not have heard it
        for each in paused:
            simulation.happen(BackfillRequested(each.backfill_id, BackfillCommand.RESUME))
        simulation.run_to_the_end()
    return simulation


def assert_all_has_ended(seed: int) -> None:
    """Let one history run, and look at what it has left."""
    simulation = history(seed)
    assert backfills.not_over(simulation.store) == [], f"seed {seed}"
    assert queries.runs_not_over(simulation.store) == [], f"seed {seed}"
    ended = backfills.backfills(simulation.store, limit=10)
    for each in ended:
        counts = each.counts
        total = counts.materialized + counts.failed + counts.skipped + counts.canceled
        assert (total, counts.running) == (counts.requested, 0), f"seed {seed}"
        if each.status is BackfillStatus.SUCCESS:
            assert counts.materialized == counts.requested, f"seed {seed}"
        if each.status is BackfillStatus.FAILURE:
            assert counts.failed, f"seed {seed}"
    if len(ended) == 1:
        rows = simulation.store.execute("SELECT asset, partition FROM events WHERE kind = 'materialized'").fetchall()
        assert len(rows) == len(set(rows)), f"seed {seed}: a partition was made twice"
    assert_state_is_what_the_events_say(simulation.store)


@pytest.mark.parametrize("block", range(4))
def test_every_backfill_ends_and_nothing_is_made_twice(block: int) -> None:
    for seed in range(block * 8, block * 8 + 8):
        assert_all_has_ended(seed)


@pytest.mark.slow
def test_every_backfill_ends_in_many_more_histories() -> None:
    for seed in range(100_000, 100_400):
        assert_all_has_ended(seed)
