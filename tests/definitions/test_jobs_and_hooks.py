"""Jobs, what they select, how they are run, and the hooks that are called after their steps."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from assettui import (
    AssetExecutionContext,
    AssetSelection,
    Config,
    Definitions,
    DefinitionsError,
    HookContext,
    Instance,
    RetryPolicy,
    RunConfig,
    asset,
    build_hook_context,
    define_asset_job,
    failure_hook,
    job,
    materialize,
    op,
    success_hook,
)
from assettui.definitions.describe.project import describe
from assettui.model.errors import LaunchError, NotFound


class Limit(Config):
    n: int = 1


@asset(group_name="raw")
def events(config: Limit) -> list[int]:
    return list(range(config.n))


@asset(group_name="marts")
def total(events: list[int]) -> int:
    return sum(events)


told: list[str] = []


@pytest.fixture(autouse=True)
def _fresh() -> None:
    told.clear()


@success_hook(required_resource_keys={"chat"})
def tell_success(context: HookContext) -> None:
    told.append(f"{context.resources.chat} {context.step_key} {context.op_output}")


@failure_hook
def tell_failure(context: HookContext) -> None:
    told.append(f"{context.hook_name} {context.op.name} {context.op_exception!r} {context.job_name}")


daily = define_asset_job(
    "daily",
    AssetSelection.groups("marts").upstream(),
    config=RunConfig(ops={"events": Limit(n=3)}),
    tags={"team": "data"},
    description="Every day.",
    hooks={tell_success},
)
DEFS = Definitions([events, total], jobs=[daily, define_asset_job("all")], resources={"chat": "#data"})


def test_a_job_runs_what_it_selects_with_its_configuration_tags_and_hooks() -> None:
    with Instance.ephemeral() as instance:
        result = DEFS.get_job_def("daily").execute_in_process(instance=instance, tags={"why": "test"})
        run = instance.get_run_by_id(result.run_id)
        assert result.asset_value("total") == 3
    assert run is not None
    assert (run.job, run.tags) == ("daily", {"team": "data", "why": "test"})
    assert told == ["#data events [0, 1, 2]", "#data total 3"]


def test_a_run_may_say_more_than_its_job() -> None:
    more = RunConfig(ops={"events": Limit(n=5)})
    assert DEFS.get_job_def("daily").execute_in_process(run_config=more).asset_value("total") == 10
    only = DEFS.get_job_def("daily").execute_in_process(asset_selection="events")
    assert list(only.outcomes) == ["events"]


def test_a_job_is_described_with_its_selection_as_text() -> None:
    snapshot = describe("test", DEFS).snapshot
    first, second = snapshot.jobs
    assert first.selection == "+(group:marts and not status:external)"
    assert second.selection == "*"
    assert (first.tags, first.hooks, first.description) == ({"team": "data"}, ("tell_success",), "Every day.")
    assert first.config == {"ops": {"events": {"config": {"n": 3}}}}
    assert first.at is not None
    assert first.at.file.endswith("test_jobs_and_hooks.py")


def test_a_failure_hook_is_called_after_the_last_retry() -> None:
    attempts = 0

    @asset(hooks={tell_failure, tell_success}, retry_policy=RetryPolicy(max_retries=1))
    def hopeless() -> None:
        nonlocal attempts
        attempts += 1
        raise ValueError("no")

    materialize([hopeless], resources={"chat": "#data"}, raise_on_error=False)
    assert attempts == 2
    assert told == ["tell_failure hopeless ValueError('no') None"]


def test_a_hook_that_fails_changes_nothing_and_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    @success_hook
    def broken(context: HookContext) -> None:
        raise ValueError("broken")

    @asset(hooks={broken})
    def fine() -> int:
        return 1

    assert materialize([fine]).success
    assert "the hook broken failed" in caplog.text


def test_a_job_of_ops_has_hooks_too_and_gives_its_retry_policy_to_ops_without_one() -> None:
    attempts = 0

    @op
    def flaky() -> int:
        nonlocal attempts
        attempts += 1
        if attempts == 1:
            raise ConnectionError
        return attempts

    @job(hooks={tell_success}, op_retry_policy=RetryPolicy(max_retries=1), resource_defs={"chat": "#ops"})
    def flows() -> None:
        flaky()

    assert flows.execute_in_process().output_for_node("flaky") == 2
    assert told == ["#ops flaky 2"]


def test_each_job_has_its_own_resources_on_top_of_those_of_the_project() -> None:
    @op(required_resource_keys={"name"})
    def greeting(context: AssetExecutionContext) -> str:
        return context.resources.name

    @job(resource_defs={"name": "one"})
    def first() -> None:
        greeting()

    @job(resource_defs={"name": "two"})
    def second() -> None:
        greeting()

    @job
    def third() -> None:
        greeting()

    defs = Definitions(jobs=[first, second, third], resources={"name": "shared"})
    described = describe("test", defs)
    assert described.snapshot.resources == ("name",)
    values = [
        defs.get_job_def(n).execute_in_process().output_for_node("greeting") for n in ("first", "second", "third")
    ]
    assert values == ["one", "two", "shared"]


def test_a_hook_is_called_directly() -> None:
    tell_failure(build_hook_context(step_key="a", op_exception=ValueError("x"), job_name="daily"))
    tell_success(build_hook_context({"chat": "#x"}, step_key="a"))
    assert told == [" a ValueError('x') daily", "#x a None"]


def test_context_log_and_the_loggers_of_libraries_speak_at_all_levels(caplog: pytest.LogCaptureFixture) -> None:
    @asset
    def chatty(context: AssetExecutionContext) -> None:
        for level in ("debug", "info", "warning", "error", "critical"):
            getattr(context.log, level)("by the context, %s", level)
        logging.getLogger("library.part").warning("by a library")

    with caplog.at_level(logging.DEBUG, "assettui.context"):
        materialize([chatty])
    levels = [record.levelname for record in caplog.records if record.name == "assettui.context"]
    assert levels == ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]
    assert ("library.part", logging.WARNING, "by a library") in caplog.record_tuples


@pytest.mark.parametrize(
    ("jobs", "message"),
    [
        ([define_asset_job("bad", "group:mart")], r"job bad: no group is called 'mart'(.|\n)*did you mean 'marts'"),
        ([define_asset_job("two words")], "'two words' is not a job name"),
        ([define_asset_job("a"), define_asset_job("a")], r"the job a is defined twice, here and at .*jobs_and_hooks"),
        ([define_asset_job("a", hooks={1})], "job a: 1 is not a hook"),  # pyright: ignore[reportArgumentType]
        ([define_asset_job("a", hooks={tell_success})], "the hook tell_success needs the resource 'chat'"),
        ([define_asset_job("a", config={"solids": {}})], "job a: a run's configuration has no section 'solids'"),
        (
            [define_asset_job("a", config={"ops": {"evnts": {}}})],
            r"job a configures 'evnts', which is no step(.|\n)*'events'",
        ),
        (
            [define_asset_job("a", config={"ops": {"events": {"config": {"m": 1}}}})],
            r"test_jobs_and_hooks\.py:\d+: job a: the configuration of events: m: there is no such field",
        ),
        (
            [define_asset_job("a", config={"resources": {"caht": {"config": {}}}})],
            "job a configures the resource 'caht', which nothing defines",
        ),
        ([define_asset_job("a", tags={"a b": "c"})], "job a: 'a b' is not a tag name"),
        (["daily"], "'daily' is not a job"),
    ],
)
def test_a_wrong_job_is_told_with_what_to_do(jobs: list[Any], message: str) -> None:
    with pytest.raises(DefinitionsError, match=message):
        describe("test", Definitions([events, total], jobs=jobs))


def test_a_selection_that_cannot_be_read_is_told_where_it_is_written() -> None:
    with pytest.raises(Exception, match="this \\( is never closed"):
        define_asset_job("bad", "group:raw and (a")


def test_jobs_are_asked_for_by_name() -> None:
    with pytest.raises(NotFound, match="no job is called 'dayly'(.|\n)*did you mean 'daily'"):
        DEFS.get_job_def("dayly")
    with pytest.raises(LaunchError, match="belongs to no project"):
        define_asset_job("alone").execute_in_process()
