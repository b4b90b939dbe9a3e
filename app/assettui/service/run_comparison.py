"""How two runs differ: in what they were of, their steps, how long these took, configuration, tags and code versions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.model.errors import NotFound
from assettui.model.metadata import config_lines
from assettui.model.timing import duration
from assettui.store import queries

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping

    from assettui.model.run import RunRecord, StepRecord
    from assettui.service.session import Session

MUCH: float = 1.5
"""A step that took so many times as long, or as short, is marked."""
LOOKED_BACK: int = 500


class Difference(Struct, frozen=True):
    """One thing, in the one run and in the other."""

    kind: str
    """`status`, `step`, `took`, `config`, `tag`, `code version`."""
    name: str
    first: str
    second: str


class RunComparison(Struct, frozen=True):
    """Two runs, the older one first, and what differs."""

    first: RunRecord
    second: RunRecord
    differences: tuple[Difference, ...]


def compare_runs(session: Session, run_id: str, other: str | None = None) -> RunComparison:
    """How a run differs from another, or from the one before that was of the same job, or of the same assets.

    Raises:
        NotFound: There is no such run, or none before it.
    """
    with session.reading() as connection:
        run = queries.run(connection, run_id)
        before = queries.run(connection, other) if other is not None else _before(connection, run)
        first, second = sorted((before, run), key=lambda each: each.created_us)
        return RunComparison(first, second, tuple(_differences(connection, first, second)))


def _before(connection: sqlite3.Connection, run: RunRecord) -> RunRecord:
    for each in queries.runs(connection, limit=LOOKED_BACK):
        is_same = (each.job, each.assets, each.partitions) == (run.job, run.assets, run.partitions)
        if each.created_us < run.created_us and is_same:
            return each
    raise NotFound(f"no run before {run.run_id[:8]} was of the same", hint="name the other: assettui run diff A B")


def _differences(connection: sqlite3.Connection, first: RunRecord, second: RunRecord) -> Iterator[Difference]:
    if first.status is not second.status:
        yield Difference("status", "", first.status.value, second.status.value)
    plans = [queries.run_plan(connection, run.run_id) for run in (first, second)]
    for kind, one, other in (
        ("config", _by_name(config_lines(plans[0].config)), _by_name(config_lines(plans[1].config))),
        ("tag", first.tags, second.tags),
        ("code version", _versions(connection, first), _versions(connection, second)),
    ):
        for name in sorted({*one, *other}):
            if one.get(name) != other.get(name):
                yield Difference(kind, name, one.get(name, "–"), other.get(name, "–"))
    steps = [{step.step_key: step for step in queries.steps(connection, run.run_id)} for run in (first, second)]
    for key in dict.fromkeys([*steps[0], *steps[1]]):
        yield from _of_step(key, steps[0].get(key), steps[1].get(key))


def _of_step(key: str, one: StepRecord | None, other: StepRecord | None) -> Iterator[Difference]:
    if one is None or other is None or one.status is not other.status:
        yield Difference("step", key, one.status.value if one else "–", other.status.value if other else "–")
    if one is None or other is None:
        return
    took = (one.duration_us or 0, other.duration_us or 0)
    if min(took) and not 1 / MUCH <= took[1] / took[0] <= MUCH:
        yield Difference("took", key, duration(took[0]), duration(took[1]))
    if one.retries != other.retries:
        yield Difference("retries", key, str(one.retries), str(other.retries))


def _by_name(lines: list[str]) -> dict[str, str]:
    return {name: value for name, _, value in (line.partition(" = ") for line in lines)}


def _versions(connection: sqlite3.Connection, run: RunRecord) -> Mapping[str, str]:
    return {
        str(key): version
        for step in queries.run_plan(connection, run.run_id).steps
        for key, version in (step.code_versions or {}).items()
    }
