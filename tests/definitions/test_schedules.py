"""Schedules as users write them, evaluated directly; and what is refused when a project is loaded."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from assettui import (
    AssetSelection,
    CatchUp,
    DailyPartitionsDefinition,
    DefaultScheduleStatus,
    Definitions,
    DefinitionsError,
    DynamicPartitionsDefinition,
    HourlyPartitionsDefinition,
    Instance,
    MultiPartitionsDefinition,
    RunConfig,
    RunRequest,
    ScheduleDefinition,
    ScheduleEvaluationContext,
    SkipReason,
    StaticPartitionsDefinition,
    WeeklyPartitionsDefinition,
    asset,
    build_schedule_context,
    build_schedule_from_partitioned_job,
    define_asset_job,
    schedule,
)
from assettui.definitions.describe.project import describe
from assettui.definitions.evaluation import BadRequest
from assettui.model import codec
from assettui.model.arguments import WrongArgument
from assettui.model.instigator import InstigatorSnapshot

DUE = datetime(2024, 3, 1, 3, tzinfo=UTC)
days = DailyPartitionsDefinition("2024-01-01")


@asset
def sales() -> int:
    return 1


@asset(partitions_def=days)
def daily() -> int:
    return 1


nightly = define_asset_job("nightly", "sales")
context = build_schedule_context(scheduled_execution_time=DUE)


def described(*schedules: Any, **options: Any) -> dict[str, InstigatorSnapshot]:
    found = describe("p", Definitions([sales, daily], schedules=schedules, **options))
    return {each.name: each for each in found.snapshot.instigators}


def problems(*schedules: Any, **options: Any) -> list[str]:
    with pytest.raises(DefinitionsError) as told:
        described(*schedules, **options)
    return [problem.what for problem in told.value.problems]


def test_a_plain_schedule_asks_for_the_same_run_each_time() -> None:
    plain = ScheduleDefinition(
        job=nightly,
        cron_schedule=["0 6 * * *", "@hourly"],
        execution_timezone="Europe/Paris",
        run_config=RunConfig(ops={"sales": {"n": 1}}),
        tags={"team": "ops"},
        default_status=DefaultScheduleStatus.RUNNING,
    )
    found = described(plain)["nightly_schedule"]
    assert (found.jobs, found.crons, found.zone_name) == (("nightly",), ("0 6 * * *", "@hourly"), "Europe/Paris")
    assert found.is_plain
    assert found.is_on_by_default
    assert found.config == {"ops": {"sales": {"config": {"n": 1}}}}
    assert found.tags == {"team": "ops"}
    assert found.catch_up is CatchUp.LATEST
    assert found.at is not None
    assert found.at.file == __file__
    assert codec.decode(codec.encode(found), InstigatorSnapshot) == found


def test_a_schedule_may_be_for_assets_rather_than_a_job() -> None:
    found = described(
        ScheduleDefinition(name="by_text", target="sales", cron_schedule="@daily"),
        ScheduleDefinition(name="by_asset", target=[sales], cron_schedule="@daily"),
        ScheduleDefinition(name="by_selection", target=AssetSelection.assets("sales"), cron_schedule="@daily"),
    )
    assert {name: each.jobs for name, each in found.items()} == {"by_text": (), "by_asset": (), "by_selection": ()}
    assert all("sales" in (each.selection or "") for each in found.values())


def test_a_function_gives_back_requests_reasons_lists_a_configuration_or_nothing() -> None:
    def asked(returned: Any) -> list[RunRequest]:
        @schedule("0 0 * * *", job=nightly)
        def it(context: Any) -> Any:
            return returned

        return list(it.evaluate_tick(context).run_requests)

    assert [each.tags for each in asked(RunRequest(tags={"a": "b"}))] == [{"a": "b"}]
    assert [each.job_name for each in asked([RunRequest(), RunRequest(run_key="x")])] == ["nightly", "nightly"]
    assert asked({"ops": {"sales": {"config": {"n": 1}}}})[0].run_config == {"ops": {"sales": {"config": {"n": 1}}}}
    assert asked(SkipReason("it is a holiday")) == []
    assert asked(None) == []


def test_a_generator_and_resources_and_the_time_that_it_is_due() -> None:
    @schedule("0 0 * * *", job=nightly, execution_timezone="Europe/Paris")
    def it(context: Any, prefix: str) -> Any:
        when = context.scheduled_execution_time
        for number in range(2):
            yield RunRequest(run_key=f"{prefix}-{when:%Y-%m-%d}-{number}")

    given = build_schedule_context(scheduled_execution_time=DUE, resources={"prefix": "p"})
    assert [each.run_key for each in it.evaluate_tick(given).run_requests] == ["p-2024-03-01-0", "p-2024-03-01-1"]
    with pytest.raises(BadRequest, match="no scheduled_execution_time"):
        it.evaluate_tick(build_schedule_context(resources={"prefix": "p"}))


def test_should_execute_tags_fn_and_run_config_fn() -> None:
    def is_first(context: ScheduleEvaluationContext) -> bool:
        return context.scheduled_execution_time.day == 1

    def day(context: ScheduleEvaluationContext) -> dict[str, str]:
        return {"day": str(context.scheduled_execution_time.day)}

    def no_config() -> dict[str, Any]:
        return {"ops": {}}

    it = ScheduleDefinition(
        job=nightly,
        cron_schedule="@daily",
        should_execute=is_first,
        tags={"always": "yes"},
        tags_fn=day,
        run_config_fn=no_config,
    )
    (request,) = it.evaluate_tick(context).run_requests
    assert request.tags == {"always": "yes", "day": "1"}
    skipped = it.evaluate_tick(build_schedule_context(scheduled_execution_time=DUE.replace(day=2)))
    assert skipped.skip_message == "should_execute of nightly_schedule said no"
    assert not described(it)["nightly_schedule"].is_plain


def test_what_a_function_must_not_give_back() -> None:
    def refused(returned: Any, **options: Any) -> str:
        given: Any = {"job": nightly, **options}

        @schedule("0 0 * * *", **given)
        def it() -> Any:
            return returned

        with pytest.raises(BadRequest) as told:
            it.evaluate_tick(context)
        return told.value.what

    assert "gave 3, a int" in refused(3)
    assert "asks for the job 'weekly', which is not one of its own" in refused(RunRequest(job_name="weekly"))
    with pytest.raises(WrongArgument, match=r"RunRequest: tags is \{'a': 1\}, a dict\n +it takes a dict of texts"):
        RunRequest(tags={"a": 1})  # pyright: ignore[reportArgumentType]
    assert "more than 10,000 runs at once" in refused(RunRequest() for _ in range(1_000_000))


def test_a_schedule_of_partitions_asks_for_the_last_that_has_ended() -> None:
    job = define_asset_job("by_day", "daily")
    found = described(build_schedule_from_partitioned_job(job, hour_of_day=3))["by_day_schedule"]
    assert (found.crons, found.zone_name, found.is_plain) == (("0 3 * * *",), "UTC", False)
    definition = describe(
        "p", Definitions([daily], schedules=[build_schedule_from_partitioned_job(job, hour_of_day=3)])
    ).instigators["by_day_schedule"]
    (request,) = definition.evaluate_tick(context).run_requests  # pyright: ignore[reportArgumentType]
    assert (request.partition_key, request.run_key) == ("2024-02-29", "2024-02-29")
    early = definition.evaluate_tick(build_schedule_context(scheduled_execution_time=DUE.replace(year=2023)))  # pyright: ignore[reportArgumentType]
    assert early.skip_message == "no partition has come to be yet"


@pytest.mark.parametrize(
    ("partitions", "options", "cron"),
    [
        (HourlyPartitionsDefinition("2024-01-01-00:00"), {"minute_of_hour": 15}, "15 * * * *"),
        (days, {}, "0 0 * * *"),
        (DailyPartitionsDefinition("2024-01-01", hour_offset=6), {"minute_of_hour": 30}, "30 6 * * *"),
        (WeeklyPartitionsDefinition("2024-01-01"), {"day_of_week": 1, "hour_of_day": 4}, "0 4 * * 1"),
    ],
)
def test_when_a_schedule_of_partitions_is_due(partitions: Any, options: dict[str, int], cron: str) -> None:
    @asset(partitions_def=partitions)
    def it() -> None: ...

    built = build_schedule_from_partitioned_job(define_asset_job("j", [it]), **options)  # pyright: ignore[reportArgumentType]
    (found,) = describe("p", Definitions([it], schedules=[built])).snapshot.instigators
    assert found.crons == (cron,)


def test_partitions_of_two_dimensions_and_by_name() -> None:
    pairs = MultiPartitionsDefinition({"date": days, "who": DynamicPartitionsDefinition(name="who")})

    @asset(partitions_def=pairs)
    def both() -> None: ...

    @asset(partitions_def=StaticPartitionsDefinition(["x", "y"]))
    def named() -> None: ...

    jobs = define_asset_job("j", [both]), define_asset_job("k", [named])
    found = describe(
        "p",
        Definitions(
            [both, named],
            schedules=[
                build_schedule_from_partitioned_job(jobs[0]),
                build_schedule_from_partitioned_job(jobs[1], cron_schedule="@weekly"),
            ],
        ),
    ).instigators
    with Instance.ephemeral() as instance:
        instance.add_dynamic_partitions("who", ["ann", "bob"])
        given = build_schedule_context(instance, DUE)
        asked = [each.partition_key for each in found["j_schedule"].evaluate_tick(given).run_requests]  # pyright: ignore[reportArgumentType]
        assert asked == ["2024-02-29|ann", "2024-02-29|bob"]
        asked = [each.partition_key for each in found["k_schedule"].evaluate_tick(given).run_requests]  # pyright: ignore[reportArgumentType]
        assert asked == ["x", "y"]


def test_what_is_refused_when_the_project_is_loaded() -> None:
    assert problems(ScheduleDefinition(job=nightly, cron_schedule="61 * * * *")) == [
        "schedule nightly_schedule: the cron expression '61 * * * *' has a wrong minute: '61'"
    ]
    assert (
        "'Mars/Olympus' is no time zone"
        in problems(ScheduleDefinition(job=nightly, cron_schedule="@daily", execution_timezone="Mars/Olympus"))[0]
    )
    assert problems(ScheduleDefinition(name="s", job_name="nighty", cron_schedule="@daily"), jobs=[nightly]) == [
        "schedule s is for the job 'nighty', which nothing defines"
    ]
    assert problems(ScheduleDefinition(name="s", cron_schedule="@daily")) == ["schedule s has nothing to run"]
    assert problems(ScheduleDefinition(name="s", job=nightly)) == ["schedule s has no cron_schedule"]
    (sails,) = problems(ScheduleDefinition(name="s", target="sails", cron_schedule="@daily"))
    assert "sails" in sails
    assert "catch_up is 'some'" in problems(ScheduleDefinition(job=nightly, cron_schedule="@daily", catch_up="some"))[0]
    twice = ScheduleDefinition(name="s", job=nightly, cron_schedule="@daily")
    assert (
        "has the name of a schedule"
        in problems(twice, ScheduleDefinition(name="s", job=nightly, cron_schedule="@daily"))[0]
    )
    assert "is not a schedule" in problems(nightly)[0]
    built = build_schedule_from_partitioned_job(define_asset_job("by_day", "daily"), day_of_week=3)
    assert "day_of_week means nothing for partitions that are daily" in problems(built)[0]
    assert "its job has no partitions" in problems(build_schedule_from_partitioned_job(nightly))[0]

    @schedule("@daily", job=nightly)
    def needs(missing_resource: Any) -> None: ...

    @schedule("@daily", job=nightly)
    def needs_more(context: Any, missing_resource: Any) -> None: ...

    assert "needs the resource 'missing_resource'" in problems(needs_more)[0]
    assert described(needs)["needs"].jobs == ("nightly",)  # the first parameter is the context, whatever its name


def test_a_secret_in_the_configuration_stays_with_the_code() -> None:
    it = ScheduleDefinition(
        job=nightly, cron_schedule="@daily", run_config={"ops": {"sales": {"config": {"password": "s3cret"}}}}
    )
    found = described(it)["nightly_schedule"]
    assert "s3cret" not in str(codec.builtins(found))
    assert not found.is_plain
