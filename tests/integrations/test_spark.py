"""Frames of Spark as values, by a real Spark of this machine: slow, since it takes ten seconds to start."""

from __future__ import annotations

import shutil
from importlib.util import find_spec
from pathlib import Path

import pytest

from assettui.integrations.spark import NoSpark, PySparkResource
from assettui.values.spark_frames import NoJava, require_java
from tests.conftest import ProjectFolder

has_spark = find_spec("pyspark") is not None and shutil.which("java") is not None
needs_spark = pytest.mark.skipif(not has_spark, reason="there is no pyspark, or no Java")

PROJECT = """
    import pandas as pd
    import polars as pl
    from pyspark.sql import DataFrame
    from pyspark.sql import functions as f

    from assettui import AssetIn, Definitions, StaticPartitionsDefinition, asset
    from assettui.integrations.spark import PySparkResource

    SHOPS = StaticPartitionsDefinition(["a", "b"])


    @asset
    def orders() -> pl.DataFrame:
        return pl.DataFrame({"id": [1, 2, 3], "shop": ["a", "b", "a"], "amount": [1.5, None, 2.5]})


    @asset
    def totals(spark: PySparkResource, orders: DataFrame) -> DataFrame:
        assert spark.spark_session.conf.get("spark.sql.session.timeZone") == "UTC"
        return orders.groupBy("shop").agg(f.sum("amount").alias("amount"), f.current_timestamp().alias("at"))


    @asset
    def by_polars(totals: pl.DataFrame) -> int:
        assert totals.schema["at"] == pl.Datetime("us", "UTC")
        return totals.height


    @asset
    def by_pandas(totals: pd.DataFrame) -> int:
        return len(totals)


    @asset
    def by_spark(totals: DataFrame) -> int:
        return totals.count()


    @asset(partitions_def=SHOPS)
    def of_shop(context, orders: DataFrame) -> DataFrame:
        return orders.where(f.col("shop") == context.partition_key)


    @asset(ins={"of_shop": AssetIn(metadata={"concat_partitions": True})})
    def of_all(of_shop: DataFrame) -> int:
        return of_shop.count()


    defs = Definitions(
        assets=[orders, totals, by_polars, by_pandas, by_spark, of_shop, of_all],
        resources={"spark": PySparkResource(master="local[1]")},
    )
"""


@needs_spark
@pytest.mark.slow
def test_a_frame_of_spark_is_a_folder_that_every_library_reads(folder: ProjectFolder) -> None:
    folder.write(PROJECT, "definitions.py")
    folder.write("[tool.assettui]\nmax_workers = 1\n", "pyproject.toml")  # one Spark, where each worker has its own
    done = folder.run("materialize", "totals", "orders", "by_polars", "by_pandas", "by_spark", timeout=240)
    assert done.returncode == 0, done
    assert folder.json("asset", "show", "totals")["rows"] == 2
    (written,) = (folder.path / ".assettui" / "values" / "totals").iterdir()
    assert written.is_dir()
    assert all(each.name.startswith("part-") for each in written.iterdir())
    rows = folder.json("asset", "preview", "totals")
    assert sorted((row["shop"], row["amount"]) for row in rows) == [("a", 4.0), ("b", None)]

    done = folder.run("backfill", "start", "of_shop", "--wait", timeout=240)
    assert done.returncode == 0, done
    assert folder.run("materialize", "of_all", timeout=240).returncode == 0
    assert folder.json("store", "verify")["problems"] == []
    copy = folder.path / "copy"
    assert folder.run("store", "backup", str(copy)).returncode == 0
    assert any(each.is_dir() and each.name.startswith("@") for each in copy.rglob("@*"))
    assert folder.run("asset", "wipe", "totals", "--yes").returncode == 0
    assert not written.exists()


def test_without_java_it_is_said_how_to_come_by_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("JAVA_HOME", raising=False)
    with pytest.raises(NoJava, match="no program `java`") as raised:
        require_java()
    assert "default-jre-headless" in str(raised.value.hint)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(NoJava, match="holds no Java"):
        require_java()
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("")
    java.chmod(0o755)
    require_java()


def test_without_spark_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> None:
        raise ModuleNotFoundError(f"No module named {name!r}", name="pyspark")

    monkeypatch.setattr("assettui.integrations.spark.import_module", missing)
    with pytest.raises(NoSpark, match="needs pyspark") as raised:
        _ = PySparkResource().spark_session
    assert raised.value.hint == "pip install 'assettui[spark]'"
