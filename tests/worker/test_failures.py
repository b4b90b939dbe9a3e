"""Which failures are tried again: those that may go otherwise the next time, and no other."""

from __future__ import annotations

import pytest

from tests.conftest import ProjectFolder

HEAD = """
    import os
    from assettui import (
        AssetIn, Config, ConfigurableResource, Definitions, EnvVar, Failure, Output, RetryPolicy, asset, resource
    )
    twice = RetryPolicy(max_retries=1)

    class Warehouse(ConfigurableResource):
        url: str

    class Limits(Config):
        rows: int

    @resource
    def broken(context):
        raise ConnectionError("not now")

    @resource
    def needs_a_variable(context):
        return EnvVar("NOT_SET").resolved()
"""
FINAL = {
    "an unset variable of a resource": "def step(warehouse: Warehouse): return 1",
    "an unset variable": "def step(): return EnvVar('NOT_SET').resolved()",
    "a variable that a resource needs": "def step(context): return context.resources.needs_a_variable",
    "a missing resource": "def step(context): return context.resources.nothing",
    "a wrong configuration": "def step(config: Limits): return 1",
    "a result that was not declared": "def step(): yield Output(1, 'other')",
    "a failure that allows none": "def step(): raise Failure('no', allow_retries=False)",
    "sys.exit": "def step(): raise SystemExit(1)",
}
PASSING = {
    "an exception": "def step(): raise ValueError('no')",
    "a failure": "def step(): raise Failure('no')",
    "a resource that raises": "def step(context): return context.resources.broken",
    "a value that cannot be stored": "def step(): return lambda: 1",
}


def retries(folder: ProjectFolder, function: str) -> int:
    """How often a step is tried again that may be once."""
    keys = {name for name in ("broken", "needs_a_variable") if name in function}
    folder.write(
        f"{HEAD}\n    @asset(retry_policy=twice, required_resource_keys={keys or None})\n    {function}\n"
        '    defs = Definitions([step], resources={"warehouse": Warehouse(url=EnvVar("NOT_SET")), "broken": broken, '
        '"needs_a_variable": needs_a_variable})\n'
    )
    (folder.path / "config.yaml").write_text("ops: {step: {config: {rows: {env: NOT_SET}}}}")
    (step,) = folder.json("materialize", "step", *(["--config", "config.yaml"] if "Limits" in function else []))[
        "steps"
    ]
    assert step["status"] == "failure"
    return step["retries"]


@pytest.mark.parametrize("what", FINAL)
def test_what_a_person_has_to_mend_is_not_tried_again(folder: ProjectFolder, what: str) -> None:
    assert retries(folder, FINAL[what]) == 0


@pytest.mark.parametrize("what", PASSING)
def test_what_may_go_otherwise_is(folder: ProjectFolder, what: str) -> None:
    assert retries(folder, PASSING[what]) == 1
