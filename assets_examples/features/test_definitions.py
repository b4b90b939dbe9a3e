"""How such a project is tested: no warehouse, no bucket, no network."""

from __future__ import annotations

import io
import pickle
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import pytest

import definitions
from assettui import FakeClock, FileSeen, ResourceDefinition, RunConfig, build_sensor_context, materialize
from resources import Bucket, DuckDBWarehouse, SQLiteWarehouse, Warehouse


class ClientInMemory:
    """A client of S3 that keeps objects in a dict."""

    def __init__(self) -> None:
        self.objects: dict[tuple[str, str], bytes] = {}

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:
        self.objects[Bucket, Key] = Body

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.objects[Bucket, Key])}


def resources(warehouse: Warehouse, client: ClientInMemory) -> dict[str, Any]:
    return {
        "warehouse": warehouse,
        "bucket": Bucket(name="test", client=ResourceDefinition.hardcoded_resource(client)),
    }


@pytest.mark.parametrize("kind", [SQLiteWarehouse, DuckDBWarehouse])
def test_the_whole_pipeline_runs_under_either_warehouse(tmp_path: Path, kind: type[Any]) -> None:
    client = ClientInMemory()
    result = materialize(
        definitions.defs.assets,
        resources=resources(kind(path=str(tmp_path / "events")), client),
        run_config=RunConfig(ops={"raw/events": definitions.Shop(users=1_500)}),
    )
    (model,) = result.asset_materializations_for_node("churn")
    assert float(model.metadata["roc_auc"].show()) > 0.6
    assert hasattr(pickle.loads(client.objects["test", "churn/model.pickle"]), "predict")
    rows = result.asset_value("training/dataset")
    assert rows.height == result.asset_value("features/user_features").height
    assert set(rows["segment"]) == {"loyal", "occasional"}
    for made in result.get_asset_materialization_events():
        if made.asset_key.parts[0] in ("features", "segment", "training"):
            assert {"row_count", "columns", "preview", "null_rate"} <= made.metadata.keys()


def test_the_nights_on_which_clocks_are_changed_are_no_exception() -> None:
    clock = FakeClock(definitions.defs, datetime(2024, 3, 30, tzinfo=UTC), only=["nightly"])
    assert [(tick.time.day, tick.time.hour) for tick in clock.advance(days=2)] == [(30, 2), (31, 3)]


def test_an_experiment_is_configured_by_its_file(tmp_path: Path) -> None:
    file = tmp_path / "weak.json"
    file.write_text('{"regularization": 0.1}')
    found = definitions.experiments(build_sensor_context(), FileSeen(file, 23, 0.0, is_new=True))
    assert found.run_config["ops"]["models/churn"]["config"]["regularization"] == 0.1
    assert found.tags == {"experiment": "weak"}


def test_a_function_is_called_as_a_function() -> None:
    activity = pl.DataFrame(
        {"user": [1, 2], "visits": [2, 1], "views": [4, 1], "purchases": [1, 0], "days_active": [2, 1]}
    )
    spending = pl.DataFrame({"user": [1], "spent": [9.5]})
    features = definitions.user_features(activity, spending).value
    assert features["spent"].to_list() == [9.5, 0.0]
    assert features["views_per_visit"].to_list() == [2.0, 1.0]
