"""Values ↔ JSON: what comes back is what went out, whatever text users have written in it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assettui.core.partitions.mapping import LastPartitionMapping
from assettui.core.partitions.usual_windows import DailyPartitionsDefinition
from assettui.model import codec
from assettui.model.event_rows import event_of, event_text
from assettui.model.events import EventKind, Materialization, RunChanged, StepEnded, Tick
from assettui.model.keys import AssetKey
from assettui.model.project import FORMAT, AssetSnapshot, ProjectSnapshot
from assettui.model.run import RunPlan, RunStatus, StepError, StepPlan, StepStatus

plain_text = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(plain_text, st.dictionaries(plain_text, plain_text), st.lists(st.tuples(plain_text, plain_text), max_size=3))
def test_a_plan_comes_back_as_it_was(name: str, tags: dict[str, str], partitions: list[tuple[str, str]]) -> None:
    plan = RunPlan((StepPlan(name, (AssetKey([name]),)),), tags=tags, partitions=tuple(partitions))
    back = codec.decode(codec.encode(plan), RunPlan)
    assert (back.tags, back.partitions, back.steps[0].key) == (tags, tuple(partitions), name)


def test_a_lone_surrogate_travels_and_is_kept_as_a_question_mark() -> None:
    error = StepError("a\ud800b")
    assert codec.decode(codec.encode(error), StepError) == error
    assert codec.decode(codec.encode_text(error), StepError) == StepError("a?b")


def test_what_users_write_down_about_partitions_travels_with_the_snapshot() -> None:
    days = DailyPartitionsDefinition(start_date="2024-01-01")
    key = AssetKey("a")
    asset = AssetSnapshot(key, partitions=days, mappings={key: LastPartitionMapping()})
    (back,) = ProjectSnapshot.decode(ProjectSnapshot("p", (asset,)).encode()).assets
    assert back.partitions == days
    assert isinstance(back.mappings[key], LastPartitionMapping)


def test_a_snapshot_of_another_form_is_refused() -> None:
    other = codec.encode(ProjectSnapshot("p", format=FORMAT - 1))
    with pytest.raises(ValueError, match=f"not {FORMAT}"):
        ProjectSnapshot.decode(other)


def test_what_cannot_be_read_says_where() -> None:
    with pytest.raises(ValueError, match=r"\$\.steps\[0\]\.key"):
        codec.decode(b'{"steps":[{"key":1}]}', RunPlan)


@pytest.mark.parametrize("kind", EventKind)
def test_each_kind_of_event_has_a_class_that_says_it(kind: EventKind) -> None:
    filled = {
        "plan": {"steps": [], "targets": []},
        "backfill": "b",
        "requested": 1,
        "retry": True if kind.startswith("backfill") else 1,
        "level": "INFO",
        "instigator": "i",
        "kind": "sensor",
        "scheduled": 1,
        "started": 1,
        "data_version": "v",
        "check_name": "c",
        "freshness": "pass",
        "of": 1,
        "made": 1,
        "profile": {"rows": 1, "columns": []},
    }
    event = event_of(kind.value, {"time_us": 1, "asset_key": "a"}, codec.encode_text(filled))
    assert event.kind is kind
    assert event_of(kind.value, {"time_us": 1, "asset_key": "a"}, event_text(event)) == event


def test_an_event_keeps_in_json_what_the_columns_of_the_store_do_not_hold() -> None:
    made = Materialization(1, "r", "s", asset_key=AssetKey("a/b"), data_version="v", rows=3)
    assert event_text(made) == '{"data_version":"v","rows":3}'
    assert event_text(RunChanged(1, "r", status=RunStatus.STARTED)) is None
    assert event_text(StepEnded(1, "r", "s", status=StepStatus.FAILURE, error=StepError("no", "signal"))) == (
        '{"error":{"message":"no","kind":"signal"}}'
    )


def test_a_tick_of_0_1_0_is_read() -> None:
    text = '{"instigator":"nightly","kind":"schedule","scheduled":1,"started":2,"runs":[["a"],["b","key"]],"asked":7}'
    tick = event_of("tick_success", {"time_us": 3, "id": 4}, text)
    assert isinstance(tick, Tick)
    assert [(run.run_id, run.run_key) for run in tick.runs] == [("a", None), ("b", "key")]
    assert (tick.intent, tick.is_manual, tick.ended_us) == (7, True, 3)


def test_a_range_of_one_partition_of_0_1_0_is_read() -> None:
    plan = codec.decode(b'{"steps":[],"partitions":[["2024-01-01"],["a","b"]]}', RunPlan)
    assert plan.partitions == (("2024-01-01", "2024-01-01"), ("a", "b"))


def test_threads_that_read_the_first_value_of_a_class_at_once_do_not_crash() -> None:
    code = """
import sys, threading
from assettui.model.project import AssetSnapshot, ProjectSnapshot
from assettui.model.keys import AssetKey
sys.setswitchinterval(1e-6)
text = ProjectSnapshot("p", (AssetSnapshot(AssetKey("a")),)).encode()
start = threading.Barrier(4)
def read():
    start.wait()
    assert ProjectSnapshot.decode(text).name == "p"
threads = [threading.Thread(target=read) for _ in range(4)]
for each in threads: each.start()
for each in threads: each.join()
"""
    assert [subprocess.run([sys.executable, "-c", code], check=False).returncode for _ in range(5)] == [0] * 5
