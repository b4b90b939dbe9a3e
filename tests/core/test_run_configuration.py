"""The configuration of a run: checked against what can be configured, and kept without its secrets."""

from __future__ import annotations

from typing import Any

import pytest

from assettui.core.config_check import WrongConfig, checked_config
from assettui.core.masking import MASK, masked, restored, without_secrets
from assettui.core.run_config import BadRunConfig, of_resources, of_steps
from assettui.model.keys import AssetKey
from assettui.model.project import ProjectSnapshot
from assettui.model.run import RunPlan, StepPlan

ROWS = {
    "type": "object",
    "properties": {
        "n": {"type": "integer"},
        "key": {"type": "string", "format": "password", "writeOnly": True},
        "where": {"$ref": "#/$defs/Where"},
    },
    "required": ["n"],
    "additionalProperties": False,
    "$defs": {
        "Where": {"type": "object", "properties": {"secret_name": {"type": "string"}, "city": {"type": "string"}}}
    },
}
DATABASE = {
    "type": "object",
    "properties": {"url": {"type": "string"}, "password": {"type": "string"}},
    "required": ["url"],
}
SNAPSHOT = ProjectSnapshot(
    "shop", config_schemas={"ops.rows": ROWS, "resources.database": DATABASE}, resources=("database", "bucket")
)
PLAN = RunPlan((StepPlan("rows", (AssetKey("rows"),)), StepPlan("total", (AssetKey("total"),))))


def checked(given: dict[str, Any], of_job: dict[str, Any] | None = None) -> dict[str, Any]:
    return checked_config(given, of_job or {}, PLAN, None, SNAPSHOT)


def test_what_is_given_stands_on_top_of_what_the_job_says() -> None:
    of_job = {"ops": {"rows": {"config": {"n": 1, "key": "k"}}}, "resources": {"database": {"config": {"url": "a"}}}}
    found = checked({"ops": {"rows": {"config": {"n": 3}}}}, of_job)
    assert found["ops"]["rows"]["config"] == {"n": 3, "key": "k"}
    assert found["resources"] == of_job["resources"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"opps": {}}, "opps: there is no such section; did you mean 'ops'?"),
        ({"ops": 3}, "ops: a mapping was expected here, not 3"),
        ({"ops": {"row": {"config": {"n": 1}}}}, "ops.row: the run has no step 'row'; did you mean 'rows'?"),
        ({}, "ops.rows.config.n: is missing"),
        ({"ops": {"rows": {"config": {"n": "x"}}}}, "ops.rows.config.n: 'x' is not valid"),
        (
            {"ops": {"rows": {"config": {"n": 1, "kei": "k"}}}},
            "ops.rows.config.kei: there is no such field; did you mean 'key'?",
        ),
        ({"ops": {"rows": {"config": {"n": 1, "zzz": 1}}}}, "there is no such field; there are: n, key, where"),
        ({"ops": {"rows": {"config": {"key": "k"}}}}, "ops.rows.config.n: is missing"),
        ({"ops": {"rows": {"config": {"n": 1}}}, "resources": {"databas": {}}}, "did you mean 'database'?"),
        (
            {"ops": {"rows": {"config": {"n": 1}}}, "resources": {"database": 3}},
            "resources.database: a mapping was expected",
        ),
        ({"ops": {"rows": 3}}, "ops.rows: a mapping was expected"),
    ],
)
def test_every_wrong_place_is_named_by_its_path(given: dict[str, Any], told: str) -> None:
    with pytest.raises(WrongConfig) as refused:
        checked(given)
    assert told in str(refused.value)


def test_what_only_a_worker_knows_passes_for_any_simple_value() -> None:
    assert checked({"ops": {"rows": {"config": {"n": {"env": "N"}, "key": MASK}}}})


def test_what_the_project_has_given_a_resource_need_not_be_given_again() -> None:
    assert checked({"ops": {"rows": {"config": {"n": 1}}}, "resources": {"database": {"config": {"password": "p"}}}})


def test_secrets_are_masked_by_their_schema_and_by_their_names() -> None:
    config = {
        "ops": {"rows": {"config": {"n": 3, "key": "hush", "where": {"secret_name": "x", "city": "Lima"}}}},
        "resources": {
            "database": {"config": {"url": "u", "password": "p", "api_key": {"env": "KEY"}, "tokens": ["t"]}}
        },
    }
    shown = masked(config, SNAPSHOT.config_schemas)
    rows, database = shown["ops"]["rows"]["config"], shown["resources"]["database"]["config"]
    assert rows == {"n": 3, "key": MASK, "where": {"secret_name": MASK, "city": "Lima"}}
    assert (database["url"], database["password"], database["api_key"]) == ("u", MASK, {"env": "KEY"})
    assert restored(shown, config) == config
    plan = without_secrets(RunPlan(PLAN.steps, config=config), SNAPSHOT.config_schemas)
    assert (plan.has_secrets, plan.config) == (True, shown)
    assert not without_secrets(PLAN, {}).has_secrets


def test_steps_are_found_by_their_names_and_within_graphs() -> None:
    said = of_steps({"ops": {"rows": {"config": {"n": 1}}, "none": {"config": {}}}}, {"rows": "rows"})
    assert list(said.found) == ["rows"]
    assert list(said.unknown.values()) == ["none"]
    assert of_resources({"resources": {"database": {"config": {"url": "a"}}}}) == {"database": {"url": "a"}}
    with pytest.raises(BadRunConfig):
        of_resources({"resources": {"database": 3}})
