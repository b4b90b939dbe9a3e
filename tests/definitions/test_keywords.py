"""Keywords that stand once for several decorators are still seen by `help()`, and wrong ones still refused."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

import assettui
from assettui import (
    DefinitionsError,
    asset,
    asset_sensor,
    define_asset_job,
    file_sensor,
    graph_asset,
    graph_multi_asset,
    job,
    multi_asset,
    multi_asset_sensor,
    observable_source_asset,
    op,
    run_failure_sensor,
    run_status_sensor,
    schedule,
    sensor,
)
from assettui.model import vocabulary

WORDS = {
    asset: {"name", "key_prefix", "deps", "out", "io_manager_key", "retry_policy", "partitions_def", "backfill_policy"},
    multi_asset: {"specs", "outs", "can_subset", "deps", "pool", "timeout"},
    graph_asset: {"name", "ins", "group_name", "hooks"},
    graph_multi_asset: {"outs", "resource_defs"},
    observable_source_asset: {"key", "io_manager_key", "description"},
    op: {"ins", "out", "config_schema", "code_version"},
    job: {"name", "resource_defs", "config", "run_tags"},
    define_asset_job: {"selection", "config", "max_concurrent"},
    sensor: {"job_name", "asset_selection", "minimum_interval_seconds", "default_status"},
    asset_sensor: {"asset_key", "job_name", "metadata"},
    multi_asset_sensor: {"monitored_assets", "request_assets", "jobs"},
    file_sensor: {"path_glob", "stable_seconds", "target"},
    run_status_sensor: {"run_status", "monitored_jobs", "request_job"},
    run_failure_sensor: {"monitored_jobs", "request_jobs", "tags"},
    schedule: {"cron_schedule", "should_execute", "execution_timezone", "catch_up"},
}


@pytest.mark.parametrize("decorator", WORDS, ids=lambda each: each.__name__)
def test_every_keyword_is_seen_and_a_wrong_one_refused_at_once(decorator: Any) -> None:
    parameters = inspect.signature(decorator).parameters
    assert WORDS[decorator] <= set(parameters)
    assert not any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters.values())
    required = {
        name: {"outs": {}, "monitored_assets": []}.get(name, "x")
        for name, each in parameters.items()
        if each.default is inspect.Parameter.empty and each.kind is not inspect.Parameter.VAR_POSITIONAL
    }
    told = rf"{decorator.__name__}\(\) got an unexpected keyword argument '\w+'\n +"
    with pytest.raises(DefinitionsError, match=told + "see help|" + told + r"did you mean description\?"):
        decorator(**required, descripton="…")
    with pytest.raises(DefinitionsError, match=told + "the log is kept by itself"):
        decorator(**required, logger_defs="…")


@pytest.mark.parametrize(
    "cls", [assettui.AssetSpec, assettui.AssetOut, assettui.ScheduleDefinition, assettui.RunRequest]
)
def test_classes_refuse_them_too(cls: type[Any]) -> None:
    with pytest.raises(TypeError, match=rf"{cls.__name__}\(\) got an unexpected keyword argument 'loggers'\n +the log"):
        cls(loggers="…")


def test_names_of_the_field_that_are_not_here_say_what_to_use_instead() -> None:
    with pytest.raises(ImportError, match="assettui has no executor\n +steps run in worker processes"):
        from assettui import executor  # noqa: F401  # pyright: ignore
    with pytest.raises(ImportError, match="cannot import name 'Nonsense'"):
        from assettui import Nonsense  # noqa: F401  # pyright: ignore
    assert not set(vocabulary.NAMES) & set(assettui.__all__)


def test_what_is_declared_says_where_in_the_users_file_it_stands() -> None:
    @asset
    def bare() -> None: ...

    @asset(group_name="g")
    def called() -> None: ...

    nightly = define_asset_job("nightly", [bare, called])
    places = {each.at.file for each in (bare, called, nightly) if each.at is not None}
    assert places == {__file__}
    assert assettui.asset is asset
