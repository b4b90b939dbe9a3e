"""Sensors as users write them, evaluated directly; and what is refused when a project is loaded."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from assettui import (
    AssetEventRecord,
    AssetKey,
    AssetMaterialization,
    AssetObservation,
    DagsterEvent,
    DagsterRun,
    DefaultSensorStatus,
    Definitions,
    DefinitionsError,
    DynamicPartitionsDefinition,
    FileSeen,
    RunRequest,
    RunStatus,
    SensorResult,
    SkipReason,
    asset,
    asset_sensor,
    build_multi_asset_sensor_context,
    build_run_status_sensor_context,
    build_sensor_context,
    define_asset_job,
    file_sensor,
    multi_asset_sensor,
    run_failure_sensor,
    run_status_sensor,
    sensor,
)
from assettui.definitions import file_sensor as file_sensor_module
from assettui.definitions.describe.project import describe
from assettui.definitions.evaluation import BadRequest
from assettui.definitions.event_records import RunEventRecord
from assettui.definitions.sensor import SensorEvaluationContext
from assettui.model import codec
from assettui.model.arguments import WrongArgument
from assettui.model.events import Materialization
from assettui.model.instigator import InstigatorSnapshot, Watching


@asset
def sales() -> int:
    return 1


@asset
def weather() -> int:
    return 1


job = define_asset_job("ingest", "sales")
other = define_asset_job("report", "weather")


def described(*sensors: Any) -> dict[str, InstigatorSnapshot]:
    found = describe("p", Definitions([sales, weather], sensors=sensors, jobs=[job]))
    return {each.name: each for each in found.snapshot.instigators}


def problems(*sensors: Any) -> list[str]:
    with pytest.raises(DefinitionsError) as told:
        described(*sensors)
    return [problem.what for problem in told.value.problems]


def made(number: int, key: str, partition: str | None = None) -> AssetEventRecord:
    return AssetEventRecord(number, f"run{number}", float(number), AssetKey(key), partition)


def test_a_sensor_remembers_by_its_cursor() -> None:
    @sensor(job=job, minimum_interval_seconds=10, default_status=DefaultSensorStatus.RUNNING)
    def counting(context: Any) -> Any:
        """Counts."""
        seen = int(context.cursor or 0)
        context.update_cursor(str(seen + 1))
        return RunRequest(run_key=str(seen)) if seen % 2 == 0 else SkipReason("odd")

    first = counting.evaluate_tick(build_sensor_context())
    assert ([each.run_key for each in first.run_requests], first.cursor) == (["0"], "1")
    second = counting.evaluate_tick(build_sensor_context(cursor=first.cursor))
    assert (list(second.run_requests), second.skip_message, second.cursor) == ([], "odd", "2")
    found = described(counting)["counting"]
    assert (found.interval_s, found.is_on_by_default, found.description) == (10.0, True, "Counts.")
    assert codec.decode(codec.encode(found), InstigatorSnapshot) == found


def test_a_result_says_all_at_once() -> None:
    who = DynamicPartitionsDefinition(name="who")

    @sensor(job=job)
    def it() -> SensorResult:
        return SensorResult(
            run_requests=[RunRequest("a", partition_key="ann")],
            cursor="7",
            dynamic_partitions_requests=[who.build_add_request(["ann"]), who.build_delete_request(["bob"])],
            asset_events=[
                AssetMaterialization("sales", metadata={"rows": 3}, partition="x"),
                AssetObservation("weather", tags={"dagster/data_version": "v2"}),
            ],
        )

    found = it.evaluate_tick(build_sensor_context())
    assert found.cursor == "7"
    assert [(each.name, each.keys, each.are_added) for each in found.dynamic_partitions_requests] == [
        ("who", ("ann",), True),
        ("who", ("bob",), False),
    ]
    assert [
        (str(each.asset_key), isinstance(each, Materialization), each.partition) for each in found.asset_events
    ] == [
        ("sales", True, "x"),
        ("weather", False, None),
    ]


def test_a_generator_several_jobs_and_assets_alone() -> None:
    @sensor(jobs=[job, other])
    def both(context: Any) -> Any:
        yield RunRequest(job_name="ingest")
        context.update_cursor("x")
        yield RunRequest(job_name="report", asset_selection=[AssetKey("weather")])

    found = both.evaluate_tick(build_sensor_context())
    assert [each.job_name for each in found.run_requests] == ["ingest", "report"]
    assert found.cursor == "x"
    assert described(both)["both"].jobs == ("ingest", "report")

    @sensor(asset_selection="sales")
    def alone() -> RunRequest:
        return RunRequest()

    assert described(alone)["alone"].selection == "sales"


def test_what_a_sensor_must_not_give_back() -> None:
    def refused(returned: Any, **options: Any) -> str:
        given: Any = {"job": job, **options}

        @sensor(**given)
        def it() -> Any:
            return returned

        with pytest.raises(BadRequest) as told:
            it.evaluate_tick(build_sensor_context())
        return told.value.what

    assert "gave 'run', a str" in refused("run")
    assert "several jobs, and a RunRequest that names none" in refused(RunRequest(), job=None, jobs=[job, other])
    assert "neither a job nor assets" in refused(RunRequest(), job=None)
    assert "both asks for runs and skips" in refused(SensorResult([RunRequest()], skip_reason="no"))
    with pytest.raises(WrongArgument, match="RunRequest: run_key is 3, an int"):
        RunRequest(run_key=3)  # pyright: ignore[reportArgumentType]


def test_an_asset_sensor_is_given_the_last_event_and_remembers_it() -> None:
    @asset_sensor("sales", job=other)
    def on_sales(context: Any, event: AssetEventRecord) -> RunRequest:
        assert event.dagster_event.asset_key == AssetKey("sales")
        assert event.asset_materialization.asset_key == AssetKey("sales")
        return RunRequest(run_key=event.run_id)

    context = SensorEvaluationContext(asset_events=[made(3, "sales"), made(8, "sales")])
    found = on_sales.evaluate_tick(context)
    assert ([each.run_key for each in found.run_requests], found.cursor) == (["run8"], "8")
    assert on_sales.evaluate_tick(build_sensor_context()).skip_message == "no new materialization of sales"
    snapshot = described(on_sales)["on_sales"]
    assert (snapshot.watching, snapshot.assets, snapshot.interval_s) == (Watching.ASSETS, (AssetKey("sales"),), 0.0)


def test_a_multi_asset_sensor_is_shown_again_what_it_takes_no_note_of() -> None:
    @multi_asset_sensor(monitored_assets=[AssetKey("sales"), weather], job=other)
    def on_both(context: Any) -> Any:
        records = context.latest_materialization_records_by_key()
        if all(records.values()):
            context.advance_all_cursors()
            return RunRequest()
        return SkipReason("not both yet")

    keys = ["sales", "weather"]
    events = [made(1, "sales", "x"), made(2, "sales", "y")]
    first = on_both.evaluate_tick(build_multi_asset_sensor_context(monitored_assets=keys, asset_events=events))
    assert first.skip_message == "not both yet"
    events.append(made(5, "weather"))
    second = on_both.evaluate_tick(
        build_multi_asset_sensor_context(monitored_assets=keys, asset_events=events, cursor=first.cursor)
    )
    assert len(second.run_requests) == 1
    assert second.cursor == '{"sales": 2, "weather": 5}'
    context = build_multi_asset_sensor_context(monitored_assets=keys, asset_events=events, cursor='{"sales": 1}')
    assert [each.storage_id for each in context.materialization_records_for_key("sales")] == [2]
    assert set(context.latest_materialization_records_by_partition("sales")) == {"y"}
    with pytest.raises(BadRequest, match="does not watch profit"):
        context.materialization_records_for_key("profit")


def test_partitions_that_were_passed_over_are_shown_again() -> None:
    events = [made(1, "sales", "x"), made(2, "sales", "y"), made(3, "sales", "z"), made(4, "sales", "y")]

    def on_partitions(cursor: str | None, *taken: str, shown: Sequence[AssetEventRecord] = events) -> Any:
        context = build_multi_asset_sensor_context(monitored_assets=["sales"], asset_events=shown, cursor=cursor)
        found = context.latest_materialization_records_by_partition("sales")
        for partition in taken:
            context.advance_cursor({AssetKey("sales"): found[partition]})
        trailing = [each.storage_id for each in context.get_trailing_unconsumed_events("sales")]
        return {partition: each.storage_id for partition, each in found.items()}, trailing, context.cursor

    everything, trailing, cursor = on_partitions(None, "z")
    assert (everything, trailing, cursor) == ({"x": 1, "y": 4, "z": 3}, [], '{"sales": [3, 1, 2]}')
    left, trailing, cursor = on_partitions(cursor, "y")
    assert (left, trailing, cursor) == ({"x": 1, "y": 4}, [1, 2], '{"sales": [4, 1]}')
    left, _, cursor = on_partitions(cursor, "x", shown=[*events, made(9, "sales", "w")])
    assert (left, cursor) == ({"x": 1, "w": 9}, '{"sales": 4}')
    assert on_partitions(cursor)[0] == {}
    assert on_partitions('{"sales": "no number"}')[0] == everything
    both = build_multi_asset_sensor_context(
        monitored_assets=["sales", "weather"], asset_events=[*events, made(7, "weather", "x")]
    )
    assert set(both.latest_materialization_records_by_partition_and_asset()["x"]) == {
        AssetKey("sales"),
        AssetKey("weather"),
    }
    both.advance_all_cursors()
    assert both.cursor == '{"sales": 4, "weather": 7}'


def test_sensors_of_runs_are_called_for_each_run() -> None:
    told: list[str] = []

    @run_failure_sensor(monitored_jobs=[job])
    def alarm(context: Any) -> None:
        told.append(f"{context.dagster_run.job_name}: {context.failure_event.message}")
        told.extend(f"{each.step_key}: {each.message}" for each in context.get_step_failure_events())

    run = DagsterRun("abc", "ingest", RunStatus.FAILURE)
    event = RunEventRecord(9, 1.0, run, "sales: boom", (("sales", "boom"),))
    found = alarm.evaluate_tick(SensorEvaluationContext(run_events=[event]))
    assert told == ["ingest: sales: boom", "sales: boom"]
    assert found.cursor == "9"
    snapshot = described(alarm)["alarm"]
    assert (snapshot.run_statuses, snapshot.watched_jobs) == (("failure",), ("ingest",))

    @run_status_sensor(run_status=RunStatus.SUCCESS, request_job=other)
    def chain(context: Any) -> RunRequest:
        return RunRequest(run_key=context.dagster_run.run_id)

    direct = build_run_status_sensor_context(
        "chain", DagsterEvent(message="done"), None, DagsterRun("xyz", "ingest", RunStatus.SUCCESS)
    )
    assert chain(direct).run_key == "xyz"


def test_a_file_sensor_tells_new_and_changed_files_once_they_are_stable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later_s = 0
    monkeypatch.setattr(file_sensor_module, "time", SimpleNamespace(time=lambda: time.time() + later_s))
    told: list[tuple[str, bool]] = []

    @file_sensor(str(tmp_path / "*.csv"), job=job, stable_seconds=60)
    def inbox(context: Any, file: FileSeen) -> RunRequest:
        told.append((file.path.name, file.is_new))
        return RunRequest(tags={"size": str(file.size_bytes)})

    cursor: str | None = None

    def look() -> list[RunRequest]:
        nonlocal cursor
        found = inbox.evaluate_tick(build_sensor_context(cursor=cursor))
        cursor = found.cursor
        return list(found.run_requests)

    assert look() == []
    (tmp_path / "a.csv").write_text("1")
    (tmp_path / "a.txt").write_text("1")
    assert look() == []  # it may still be being written
    later_s = 100
    (first,) = look()
    assert told == [("a.csv", True)]
    assert first.run_key is not None
    assert first.run_key.startswith(str(tmp_path / "a.csv"))
    assert look() == []
    (tmp_path / "a.csv").write_text("22")
    later_s = 0
    assert look() == []
    later_s = 100
    (second,) = look()
    assert told[-1] == ("a.csv", False)
    assert second.run_key != first.run_key
    (tmp_path / "a.csv").unlink()
    assert look() == []
    assert cursor == "{}"


def test_what_is_refused_when_the_project_is_loaded() -> None:
    @asset_sensor("sails", job=job)
    def watching(context: Any, event: Any) -> None: ...

    assert problems(watching) == ["sensor watching watches sails, which nothing defines"]

    @run_failure_sensor(monitored_jobs=["ingets"])
    def alarm(context: Any) -> None: ...

    assert problems(alarm) == ["sensor alarm watches the job 'ingets', which nothing defines"]

    @sensor(job=job, minimum_interval_seconds=-1)
    def hasty() -> None: ...

    assert "minimum_interval_seconds is -1" in problems(hasty)[0]
    assert "is not a sensor" in problems(print)[0]

    @sensor(job_name="nothing")
    def lost() -> None: ...

    assert problems(lost) == ["sensor lost is for the job 'nothing', which nothing defines"]


def test_a_file_whose_time_lies_ahead_is_taken_once_our_own_clock_says_that_it_rests(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later_s = 0
    monkeypatch.setattr(file_sensor_module, "time", SimpleNamespace(time=lambda: time.time() + later_s))
    monkeypatch.chdir(tmp_path)

    @file_sensor("*.csv", job=job, stable_seconds=60)
    def inbox(context: Any, file: FileSeen) -> RunRequest:
        return RunRequest()

    (tmp_path / "a.csv").write_text("1")
    os.utime(tmp_path / "a.csv", (9e9, 9e9))
    waiting = inbox.evaluate_tick(build_sensor_context())
    assert (list(waiting.run_requests), waiting.skip_message) == (
        [],
        f"nothing new in {tmp_path}/*.csv; 1 still being written",
    )
    later_s = 100
    assert len(list(inbox.evaluate_tick(build_sensor_context()).run_requests)) == 1


def test_a_sensor_is_looked_at_no_more_often_than_once_a_second() -> None:
    @sensor(job=job, minimum_interval_seconds=0)
    def eager() -> SkipReason:
        return SkipReason("no")

    assert described(eager)["eager"].interval_s == 1
