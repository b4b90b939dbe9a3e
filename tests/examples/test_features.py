"""The example `features`: a pipeline in the manner of a machine-learning team, as its user runs it, in each stage."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ProjectFolder
from tests.s3_server import s3_server


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of it, built."""
    folder = ProjectFolder(tmp_path_factory.mktemp("built"))
    assert folder.json("demo", "features", "--dir", "features", "--no-ui", timeout=300)["status"] == "success"
    return folder.path / "features"


@pytest.fixture
def features(folder: ProjectFolder, built: Path) -> Path:
    """A copy of what was built, which one test may change."""
    return Path(shutil.copytree(built, folder.path / "features"))


def test_it_runs_from_events_to_a_model_in_a_bucket(folder: ProjectFolder, features: Path) -> None:
    assets = {asset["key"]: asset for asset in folder.json("asset", "ls", "--project", "features")}
    assert {asset["status"] for asset in assets.values()} == {"fresh"}
    assert assets["segment/loyal"]["rows"] + assets["segment/occasional"]["rows"] == assets["training/dataset"]["rows"]
    told = assets["training/dataset"]["metadata"]
    assert told["row_count"]["value"] == assets["training/dataset"]["rows"]
    assert told["columns"]["type"] == "table_schema"
    assert told["preview"]["type"] == "md"
    assert told["null_rate"]["value"] == 0
    assert assets["models/churn"]["metadata"]["roc_auc"]["value"] > 0.7
    assert {each["outcome"] for each in folder.json("check", "ls", "--project", "features")} == {"passed"}
    assert (features / "objects" / "models" / "churn" / "model.pickle").stat().st_size > 100


@pytest.mark.slow
def test_another_configuration_makes_other_segments_and_a_model_of_them(folder: ProjectFolder, features: Path) -> None:
    before = folder.json("asset", "show", "segment/loyal", "--project", "features")["rows"]
    (features / "keen.toml").write_text("[ops.segments.config]\nloyal_from_purchases = 6\n")
    config = str(features / "keen.toml")
    again = folder.json("materialize", "segment/*", "--project", "features", "--config", config)
    assert again["status"] == "success"
    after = folder.json("asset", "show", "segment/loyal", "--project", "features")["rows"]
    assert after < before
    assert folder.json("job", "run", "train", "--project", "features")["status"] == "success"


@pytest.mark.slow
def test_its_own_tests_pass(features: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."],
        cwd=features,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert "5 passed" in done.stdout


@pytest.mark.slow
def test_in_production_the_same_assets_use_another_database_and_a_bucket_of_s3(
    folder: ProjectFolder, features: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with s3_server() as address:
        environment: dict[str, Any] = {
            "STAGE": "production",
            "WAREHOUSE": str(features / "warehouse.duckdb"),
            "FEATURES_BUCKET": "served",
            "AWS_ENDPOINT_URL": address,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": "us-east-1",
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        make_bucket = "import boto3; boto3.client('s3').create_bucket(Bucket='served')"
        subprocess.run([sys.executable, "-c", make_bucket], check=True, env={**os.environ})
        assert folder.json("job", "run", "all_of_it", "--project", "features")["status"] == "success"
        size = "import boto3; print(boto3.client('s3').head_object(Bucket='served', Key='churn/model.pickle')['ContentLength'])"
        said = subprocess.run([sys.executable, "-c", size], check=True, capture_output=True, text=True).stdout
        published = folder.json("asset", "show", "models/published", "--project", "features")["metadata"]
        assert int(said) == published["size_bytes"]["value"]
        assert published["address"]["value"] == "s3://served/churn/model.pickle"
    assert (features / "warehouse.duckdb").exists()
