"""Schedules and sensors from the command line, with real processes: turned on and off, ticked, listed, led by another."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.conftest import ProjectFolder, wait_until

PROJECT = """
    from pathlib import Path
    from assettui import *

    HERE = Path(__file__).parent
    who = DynamicPartitionsDefinition(name="who")

    @asset
    def sales(context):
        print("sales for", context.run.tags.get("for", "nobody"))
        return 1

    @asset
    def report(sales):
        return sales + 1

    @asset(partitions_def=who)
    def person(context):
        return context.partition_key

    ingest = define_asset_job("ingest", "sales", tags={"team": "ops"})
    people = define_asset_job("people", "person")

    plain = ScheduleDefinition(job=ingest, cron_schedule="0 2 * * *", execution_timezone="Europe/Paris")

    @schedule("0 6 * * *", target="sales")
    def asking(context):
        context.log.info("due %s", context.scheduled_execution_time.isoformat())
        print("printed")
        if context.scheduled_execution_time.day == 1:
            return SkipReason("the first is a holiday")
        return RunRequest(tags={"for": f"{context.scheduled_execution_time:%Y-%m-%d}"})

    @sensor(job=ingest, minimum_interval_seconds=1)
    def counting(context):
        mode = (HERE / "mode").read_text() if (HERE / "mode").exists() else "ask"
        seen = int(context.cursor or 0)
        context.update_cursor(str(seen + 1))
        match mode:
            case "ask":
                return RunRequest(run_key=f"key-{seen // 2}")
            case "raise":
                raise ValueError("boom")
            case "exit":
                import os; os._exit(3)
            case "flood":
                return (RunRequest(run_key=str(n)) for n in range(10**9))
            case "print":
                for _ in range(200):
                    print("x" * 1_000_000)
            case "sleep":
                import time; time.sleep(600)
            case "config":
                return RunRequest(run_config={"ops": {"nothing": {"config": {}}}})

    @sensor(job=people)
    def arrivals(context):
        return SensorResult(
            run_requests=[RunRequest(partition_key="ann")],
            dynamic_partitions_requests=[who.build_add_request(["ann"])],
            cursor="seen ann",
        )

    @sensor(job=people)
    def stranger(context):
        return SensorResult([RunRequest(partition_key="zoe")], cursor="seen zoe")

    @sensor(job=ingest)
    def asking_the_store(context):
        known = context.instance.get_latest_materialization(AssetKey("sales"))
        return SkipReason("sales is there" if known else "no sales yet")

    @sensor(job=ingest)
    def elsewhere(context):
        return SensorResult(asset_events=[AssetMaterialization("sales", metadata={"rows": 3})])

    @asset_sensor("sales", job=define_asset_job("reporting", "report"), default_status=DefaultSensorStatus.RUNNING)
    def on_sales(context, event):
        return RunRequest(run_key=event.run_id)

    @run_status_sensor(RunStatus.SUCCESS, monitored_jobs=[ingest], default_status=DefaultSensorStatus.RUNNING)
    def on_success(context):
        context.log.info("%s of %s", context.dagster_run.run_id, context.dagster_run.job_name)
"""


@pytest.fixture
def timed(folder: ProjectFolder) -> ProjectFolder:
    folder.write(PROJECT)
    return folder


def failing(project: ProjectFolder, *arguments: str) -> Any:
    """What a command that fails prints as JSON."""
    done = project.run(*arguments, "--json")
    assert done.returncode == 1, done.stderr
    return json.loads(done.stdout)


def test_schedules_are_listed_shown_and_turned(timed: ProjectFolder) -> None:
    rows = {row["name"]: row for row in timed.json("schedule", "ls")}
    assert {name: row["status"] for name, row in rows.items()} == {"ingest_schedule": "off", "asking": "off"}
    assert rows["ingest_schedule"]["cron_schedule"] == ["0 2 * * *"]
    assert rows["ingest_schedule"]["timezone"] == "Europe/Paris"
    assert timed.json("upcoming") == []
    (on,) = timed.json("schedule", "on", "ingest_schedule")
    assert (on["status"], on["is_by_default"]) == ("on", False)
    (due,) = timed.json("upcoming")
    assert (due["schedule"], due["target"]) == ("ingest_schedule", "ingest")
    assert due["time"] == on["next"]
    timed.json("schedule", "on", "asking")
    both = timed.json("upcoming", "--days", "3")
    assert [each["time"] for each in both] == sorted(each["time"] for each in both)
    assert [each["schedule"] for each in both].count("asking") == len(both) / 2 == 3
    assert timed.json("upcoming", "--days", "3", "--limit", "4") == both[:4]
    timed.json("schedule", "off", "asking")
    (off,) = timed.json("schedule", "off", "ingest_schedule")
    assert off["next"] is None
    assert "nobody leads the store now" in timed.run("schedule", "on", "asking").stderr
    assert "due" not in timed.run("schedule", "show", "asking").stdout


def test_the_times_of_a_schedule_are_those_of_its_zone(timed: ProjectFolder) -> None:
    times = [
        datetime.fromisoformat(each) for each in timed.json("schedule", "preview", "ingest_schedule", "--days", "400")
    ]
    assert len(times) == 400
    assert {each.strftime("%H:%M") for each in times} <= {"02:00", "03:00"}
    assert {str(each.utcoffset()) for each in times} == {"1:00:00", "2:00:00"}
    assert times == sorted(times)


def test_a_tick_by_hand_is_recorded_with_its_runs(timed: ProjectFolder) -> None:
    tick = timed.json("schedule", "tick", "asking", "--at", "2024-03-05T06:00")
    assert tick["outcome"] == "success"
    assert tick["scheduled"] == "2024-03-05T06:00:00.000000Z"
    assert tick["is_manual"] is True
    assert [line["message"] for line in tick["log"]] == ["due 2024-03-05T06:00:00+00:00", "printed"]
    (run_id,) = tick["run_ids"]
    run = timed.json("run", "show", run_id)
    assert run["status"] == "success"
    assert run["tags"] == {"dagster/schedule_name": "asking", "for": "2024-03-05"}
    assert timed.json("tick", "ls")[0] == tick
    assert timed.json("tick", "show", str(tick["tick_id"])) == tick
    skipped = timed.json("schedule", "tick", "asking", "--at", "2024-03-01T06:00+00:00")
    assert (skipped["outcome"], skipped["skip_reason"], skipped["run_ids"]) == ("skipped", "the first is a holiday", [])
    plain = timed.json("schedule", "tick", "ingest_schedule")
    assert timed.json("run", "show", plain["run_ids"][0])["tags"]["team"] == "ops"
    assert len(timed.json("tick", "ls", "asking")) == 2
    assert [each["outcome"] for each in timed.json("tick", "ls", "--outcome", "skipped")] == ["skipped"]


def test_a_dry_run_keeps_nothing(timed: ProjectFolder) -> None:
    dry = timed.json("sensor", "tick", "counting", "--dry-run")
    assert (dry["outcome"], dry["cursor"], dry["requests"][0]["run_key"]) == ("success", "1", "key-0")
    assert timed.session.is_new()
    assert timed.json("sensor", "cursor", "counting") == {"name": "counting", "cursor": None}
    assert "a tick of asking" in timed.run("schedule", "tick", "asking", "--dry-run").stdout


def test_a_sensor_remembers_and_asks_once_for_each_run_key(timed: ProjectFolder) -> None:
    first, second, third = (timed.json("sensor", "tick", "counting") for _ in range(3))
    assert [each["cursor_after"] for each in (first, second, third)] == ["1", "2", "3"]
    assert [len(each["run_ids"]) for each in (first, second, third)] == [1, 0, 1]
    assert second["outcome"] == "skipped"
    assert second["known_run_keys"] == ["key-0"]
    assert timed.json("sensor", "cursor", "counting")["cursor"] == "3"
    assert timed.json("sensor", "cursor", "counting", "--set", "0")["cursor"] == "0"
    again = timed.json("sensor", "tick", "counting")
    assert (again["run_ids"], again["known_run_keys"]) == ([], ["key-0"])  # for ever
    assert timed.json("sensor", "cursor", "counting", "--reset")["cursor"] is None


@pytest.mark.parametrize(
    ("mode", "told"),
    [
        ("raise", "ValueError: boom"),
        ("exit", "exited with status 3"),
        ("flood", "more than 10,000 runs at once"),
        ("config", "the run has no step 'nothing'"),
    ],
)
def test_a_tick_that_fails_leaves_the_cursor_as_it_was(timed: ProjectFolder, mode: str, told: str) -> None:
    timed.json("sensor", "tick", "counting")
    (timed.path / "mode").write_text(mode)
    tick = failing(timed, "sensor", "tick", "counting")
    assert tick["outcome"] == "failure"
    assert told in tick["error"]
    assert tick["run_ids"] == []
    assert timed.json("sensor", "cursor", "counting")["cursor"] == "1"
    if mode == "raise":
        assert tick["traceback"].startswith("Traceback")
        assert 'pipeline.py", line' in tick["traceback"]
        assert "assettui/" not in tick["traceback"]


def test_what_is_printed_without_end_is_cut(timed: ProjectFolder) -> None:
    (timed.path / "mode").write_text("print")
    tick = timed.json("sensor", "tick", "counting")
    assert tick["outcome"] == "skipped"
    assert sum(len(line["message"]) for line in tick["log"]) < 100_000
    assert "more bytes printed" in tick["log"][-1]["message"]


def test_partitions_come_with_the_runs_that_need_them_or_not_at_all(timed: ProjectFolder) -> None:
    tick = timed.json("sensor", "tick", "arrivals")
    assert tick["outcome"] == "success"
    assert tick["dynamic_partitions"] == [{"definition": "who", "added": ["ann"]}]
    assert timed.json("run", "show", tick["run_ids"][0])["status"] == "success"
    refused = failing(timed, "sensor", "tick", "stranger")
    assert "has no partition 'zoe'" in refused["error"]
    assert timed.json("sensor", "cursor", "stranger")["cursor"] is None


def test_a_leader_ticks_by_itself_and_reacts_to_what_happens(timed: ProjectFolder) -> None:
    timed.lead()
    timed.json("sensor", "on", "counting")
    found = wait_until(lambda: [each for each in timed.json("tick", "ls", "counting") if len(each["run_ids"]) == 1])
    assert found[-1]["is_manual"] is False
    run_id = found[-1]["run_ids"][0]
    (reported,) = wait_until(
        lambda: [each for each in timed.json("tick", "ls", "on_sales") if each["run_keys"] == [run_id]]
    )
    assert wait_until(lambda: timed.json("run", "show", reported["run_ids"][0])["status"] == "success")
    seen = wait_until(lambda: timed.json("tick", "ls", "on_success"))
    assert any(f"{run_id} of ingest" in line["message"] for each in seen for line in each["log"])
    timed.json("sensor", "off", "counting")
    by_hand = timed.json("sensor", "tick", "counting")  # by the leader, though it is off
    assert by_hand["is_manual"] is True


def test_a_function_may_ask_the_store_and_report_what_was_made_elsewhere(timed: ProjectFolder) -> None:
    assert timed.json("sensor", "tick", "asking_the_store")["skip_reason"] == "no sales yet"
    timed.lead()
    reported = timed.json("sensor", "tick", "elsewhere")
    assert reported["outcome"] == "success"
    sales = timed.json("asset", "show", "sales")
    assert sales["last_run"] in (None, "")
    assert sales["metadata"]["rows"]["value"] == 3
    assert "what a sensor reported" in timed.run("asset", "show", "sales").stdout
    assert timed.json("sensor", "tick", "asking_the_store")["skip_reason"] == "sales is there"
    (reacted,) = wait_until(lambda: timed.json("tick", "ls", "on_sales"))
    assert len(reacted["run_ids"]) == 1


def test_a_function_that_never_returns_is_stopped(timed: ProjectFolder) -> None:
    (timed.path / "mode").write_text("sleep")
    timed.write("evaluation_timeout = 1\n", "assettui.toml")
    tick = failing(timed, "sensor", "tick", "counting")
    assert tick["error"] == "its function did not return within 1 s, and was stopped"
    assert timed.json("sensor", "cursor", "counting")["cursor"] is None


def test_wrong_names_are_told_with_the_closest(timed: ProjectFolder) -> None:
    done = timed.run("schedule", "on", "askng")
    assert done.returncode == 2
    assert "no schedule is called 'askng'\n    did you mean 'asking'?" in done.stderr
    assert "'asking' is a schedule, not a sensor" in timed.run("sensor", "tick", "asking").stderr
    assert "is no time" in timed.run("schedule", "tick", "asking", "--at", "tomorrow").stderr
    assert "there is no tick 9" in timed.run("tick", "show", "9").stderr


ONE_BY_ONE = """
    from pathlib import Path
    from assettui import *

    @asset
    def bad(context):
        raise RuntimeError("x")

    a_job = define_asset_job("a_job", [bad])

    @run_failure_sensor
    def tell(context):
        number = context.dagster_run.tags["n"]
        with open("told", "a") as file:
            file.write(number)
        if number == Path("bad").read_text():
            raise RuntimeError("not this one")

    @file_sensor("in/*.csv", job=a_job, stable_seconds=0)
    def take(context, file):
        with open("told", "a") as told:
            told.write(file.path.stem)
        if file.path.stem == Path("bad").read_text():
            raise RuntimeError("not this one")

    defs = Definitions([bad], jobs=[a_job], sensors=[tell, take])
"""


@pytest.mark.parametrize("name", ["tell", "take"])
def test_one_by_which_a_sensor_fails_stops_no_other(folder: ProjectFolder, name: str) -> None:
    folder.write(ONE_BY_ONE)
    (folder.path / "bad").write_text("2")
    (folder.path / "in").mkdir()
    folder.run("sensor", "on", name)
    for number in "123":
        if name == "tell":
            folder.run("job", "run", "a_job", "--tag", f"n={number}")
        else:
            (folder.path / "in" / f"{number}.csv").touch()
    told = folder.path / "told"
    first = folder.json("sensor", "tick", name)
    assert (first["outcome"], told.read_text()) == ("failure", "123")
    assert "not this one" in first["error"]
    (item,) = folder.json("sensor", "show", name)["failed_items"]
    assert item["attempts"] == 1
    assert folder.json("sensor", "tick", name)["outcome"] == "failure"
    assert told.read_text() == "1232", "this one alone is tried again"
    folder.json("sensor", "tick", name)
    (item,) = folder.json("sensor", "show", name)["failed_items"]
    assert item["attempts"] == 3
    shown = folder.run("sensor", "show", name).stdout
    assert re.search(rf"set aside +{re.escape(item['label'])}: RuntimeError: not this one", shown)
    assert folder.run("store", "verify").returncode == 0
    (folder.path / "bad").write_text("none")
    assert folder.json("sensor", "tick", name)["outcome"] == "skipped"
    assert told.read_text() == "123222", "by hand it is tried once more"
    assert folder.json("sensor", "show", name)["failed_items"] == []


@pytest.mark.slow  # the pauses grow from five seconds on
def test_it_is_tried_three_times_by_itself_and_then_set_aside(folder: ProjectFolder) -> None:
    folder.write(
        ONE_BY_ONE.replace("@run_failure_sensor", "@run_failure_sensor(default_status=DefaultSensorStatus.RUNNING)")
    )
    (folder.path / "bad").write_text("2")
    folder.lead()
    for number in "1234":
        folder.run("job", "run", "a_job", "--tag", f"n={number}")
    wait_until(lambda: [each["attempts"] for each in folder.json("sensor", "show", "tell")["failed_items"]] == [3], 60)
    assert sorted((folder.path / "told").read_text()) == list("122234")


ON_THEIR_WAY = """
    import time
    from pathlib import Path
    from assettui import *

    @asset
    def held():
        while not Path("go").exists():
            time.sleep(0.01)

    @asset
    def quick(): ...

    @asset(partitions_def=StaticPartitionsDefinition(["x", "y"]))
    def parts(): ...

    ON = DefaultSensorStatus.RUNNING

    @run_status_sensor(RunStatus.QUEUED, default_status=ON)
    def queued(context):
        with open("queued", "a") as told:
            told.write(f"{context.dagster_run.run_id}\\n")

    @run_status_sensor(RunStatus.STARTING, default_status=ON)
    def starting(context):
        with open("starting", "a") as told:
            told.write(f"{context.dagster_run.run_id}\\n")

    a_job = define_asset_job("a_job", "quick")

    @schedule(job=a_job, cron_schedule="0 0 1 1 *")
    def yearly(): return RunRequest()

    @sensor(job=a_job)
    def asks(): return RunRequest()
"""


def test_sensors_of_runs_on_their_way_are_woken_however_a_run_was_queued(folder: ProjectFolder) -> None:
    folder.write(ON_THEIR_WAY)
    folder.write("max_runs = 1\n", "assettui.toml")
    folder.lead()

    def seen(name: str) -> set[str]:
        path = folder.path / name
        return set(path.read_text().split()) if path.exists() else set()

    def runs() -> set[str]:
        return {run["run_id"] for run in folder.runs()}

    def begun(ask: Callable[[], object]) -> set[str]:
        """The runs that come of something."""
        before = runs()
        ask()
        return wait_until(lambda: runs() - before)

    ways = [
        ("materialize", "quick"),
        ("job", "run", "a_job"),
        ("backfill", "start", "parts", "--wait"),
        ("schedule", "tick", "yearly"),
        ("sensor", "tick", "asks"),
    ]
    for way in ways:
        begun(lambda way=way: folder.run(*way))
        for name in ("queued", "starting"):
            assert wait_until(lambda name=name: seen(name) >= runs()), f"{name}, by {way}"
    (holds,) = begun(lambda: folder.start("materialize", "held"))
    (waits,) = begun(lambda: folder.start("materialize", "quick"))
    assert wait_until(lambda: {holds, waits} <= seen("queued"))
    folder.run("run", "cancel", waits)
    assert wait_until(lambda: folder.json("run", "show", waits)["status"] == "canceled")
    (folder.path / "go").touch()
    assert wait_until(lambda: folder.json("run", "show", holds)["status"] == "success")
    assert holds in seen("starting")
    assert waits not in seen("starting")
