"""The example `flights`: a year, day by day, as its user runs it, in files and in tables of DuckDB."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from tests.conftest import ProjectFolder

EXAMPLE = Path(__file__).parents[2] / "assets_examples" / "flights"


@pytest.mark.slow
def test_every_partition_is_made_and_says_what_the_data_says(folder: ProjectFolder) -> None:
    made = folder.json("demo", "flights", "--dir", "f", "--no-ui", timeout=300)
    assert (made["status"], made["counts"]["materialized"]) == ("success", 1933)
    assets = folder.json("asset", "ls", "--project", "f")
    assert {asset["status"] for asset in assets if not asset["is_external"]} == {"fresh"}
    assert all(asset["description"] for asset in assets)
    assert len({asset["group"] for asset in assets}) == 5
    days = folder.json("partition", "ls", "raw/flights", "--project", "f")
    assert len(days) == 365
    assert sum(day["rows"] for day in days) == 336_776
    assert sum(day["rows"] for day in folder.json("partition", "ls", "raw/weather", "--project", "f")) == 26_115
    rolling = folder.json("partition", "ls", "marts/rolling_week", "--project", "f", "--limit", "8")
    assert [day["status"] for day in rolling] == ["materialized"] * 8
    models = folder.json("partition", "ls", "models/delay_by_hour", "--project", "f")
    assert len(models) == 36
    assert models[0]["partition"] == "2013-01-01|EWR"
    assert "Frontier Airlines" in (folder.path / "f" / "summary.md").read_text()
    checks = {
        (each["asset_key"], each["name"]): each["outcome"] for each in folder.json("check", "ls", "--project", "f")
    }
    assert checks.pop(("raw/flights", "few_canceled")) == "warned", "the days of the blizzard"
    assert checks.pop(("marts/worst_routes", "no_route_is_hopeless")) == "warned"
    assert set(checks.values()) == {"passed"}
    assert folder.run("health", "--project", "f").returncode == 0
    assert folder.json("demo", "flights", "--dir", "f", "--no-ui", timeout=300)["status"] == "success"


def test_they_are_kept_as_tables_of_duckdb_where_the_project_says_so(folder: ProjectFolder) -> None:
    shutil.copytree(EXAMPLE, folder.path / "f", ignore=shutil.ignore_patterns(".assettui"))
    folder.write('environment = { FLIGHTS_STORE = "duckdb" }', "f/assettui.toml")
    folder.write("ops: {core/departures: {config: {delayed_from_minutes: 60}}}", "late.yaml")
    everything = (
        "backfill",
        "start",
        "raw/airlines",
        "raw/airports",
        "raw/flights",
        "core/departures",
        "marts/rolling_week",
    )
    week = folder.json(
        *everything, "--range", "2013-03-01...2013-03-07", "--wait", "--project", "f", "--config", "late.yaml"
    )
    assert (week["status"], week["counts"]["materialized"]) == ("success", 23)
    again = folder.json("job", "run", "day", "core/departures", "--partition", "2013-03-02", "--project", "f")
    assert again["status"] == "success"
    with duckdb.connect(str(folder.path / "f" / "flights.duckdb"), read_only=True) as tables:
        days = "SELECT month, day, count(*) FROM raw.flights GROUP BY ALL ORDER BY ALL"
        assert [row[:2] for row in tables.execute(days).fetchall()] == [(3, day) for day in range(1, 8)]
        late = "SELECT min(dep_delay) FROM core.departures WHERE is_delayed AND date <> '2013-03-02'"
        assert tables.execute(late).fetchall() == [(60,)]
        replaced = "SELECT min(dep_delay) FROM core.departures WHERE is_delayed AND date = '2013-03-02'"
        assert tables.execute(replaced).fetchall() == [(15,)], "of this day alone the rows are others"
        weeks = "SELECT count(*) FROM marts.rolling_week WHERE days = 1"
        assert tables.execute(weeks).fetchall() == [(3,)], "the first day of the table has none before it"
