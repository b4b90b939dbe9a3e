"""What users bring: the manifest of a large dbt project described, a folder of SQL files read, a `dbt build` run by a step."""

from __future__ import annotations

import gc
import json
import os
import random
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import assettui as at
from assettui.definitions.describe.project import describe
from assettui.integrations.dbt import DbtProject, dbt_assets
from assettui.integrations.dbt.project import dbt_command
from assettui.integrations.sql import load_sql_assets
from tests.benchmarks.figures import Figure, seconds

MODELS = 2_500
FILES = 500
BUILT = 100


def brought() -> Iterator[Figure]:
    """All of it. As in a worker that loads a project, no garbage is collected meanwhile."""
    gc.disable()
    try:
        with tempfile.TemporaryDirectory() as folder:
            yield from manifest(Path(folder))
        with tempfile.TemporaryDirectory() as folder:
            yield from sql_files(Path(folder))
    finally:
        gc.enable()
    with tempfile.TemporaryDirectory() as folder:
        yield from built(Path(folder))


def manifest(folder: Path) -> Iterator[Figure]:
    """A manifest of as many models, each with a test, and with what dbt writes of each."""
    nodes: dict[str, Any] = {}
    filler = {f"field_{number}": "x" * 60 for number in range(20)}  # much of a manifest says nothing that is needed
    (folder / "models").mkdir()
    for number in range(MODELS):
        name, model = f"m{number}", f"model.shop.m{number}"
        common: dict[str, Any] = {"package_name": "shop", "config": {"materialized": "table"}, **filler}
        above = [f"model.shop.m{each}" for each in (number - 1, number - 7, number - 50) if each >= 0]
        nodes[model] = {
            **common,
            "unique_id": model,
            "name": name,
            "alias": name,
            "schema": "main",
            "relation_name": f'"shop"."main"."{name}"',
            "resource_type": "model",
            "fqn": ["shop", f"f{number % 20}", name],
            "original_file_path": f"models/{name}.sql",
            "columns": {f"c{each}": {"name": f"c{each}", "description": "A column.", **filler} for each in range(8)},
            "raw_code": "select a, b -- note\n from x\n" * 20,
            "depends_on": {"nodes": above, "macros": []},
        }
        test = f"test.shop.unique_{name}.abc"
        nodes[test] = {
            **common,
            "unique_id": test,
            "name": f"unique_{name}",
            "resource_type": "test",
            "fqn": ["shop", f"unique_{name}"],
            "attached_node": model,
            "depends_on": {"nodes": [model], "macros": []},
        }
        (folder / "models" / f"{name}.sql").write_text("select 1")
    (folder / "dbt_project.yml").write_text("{name: shop, profile: shop}")
    (folder / "profiles.yml").write_text("shop: {target: dev, outputs: {dev: {type: duckdb, path: x.duckdb}}}")
    path = folder / "target" / "manifest.json"
    path.parent.mkdir()
    schema = "https://schemas.getdbt.com/dbt/manifest/v12.json"
    head = {"dbt_schema_version": schema, "dbt_version": "1.11.0", "adapter_type": "duckdb"}
    path.write_text(json.dumps({"metadata": head, "nodes": nodes}))
    yield Figure("the manifest", path.stat().st_size / 1e6, "MB", None)
    made: list[at.AssetsDefinition] = []

    def declare() -> None:
        @dbt_assets(manifest=path)
        def shop(context: at.AssetExecutionContext) -> None: ...

        made.append(shop)

    declared = seconds(declare)
    described = seconds(lambda: describe("shop", at.Definitions(assets=made)))
    yield Figure(f"{MODELS:,} models of dbt, declared and described", declared + described, "s", 1.0)
    yield Figure("whether a file of them is newer", seconds(DbtProject(folder).is_stale), "s", None)


def sql_files(folder: Path) -> Iterator[Figure]:
    """Files that read each other, each of ten lines; nothing is known of them at first."""
    before = os.environ.get("ASSETTUI_CACHE")
    os.environ["ASSETTUI_CACHE"] = str(folder / "cache")
    chance, models = random.Random(1), folder / "models"
    for number in range(FILES):
        group = models / f"g{number // 50}"
        group.mkdir(parents=True, exist_ok=True)
        above = ["raw.a", "raw.b"]
        if number >= 50:
            above = [f"g{each // 50}.m{each}" for each in chance.sample(range(number - number % 50), 2)]
        (group / f"m{number}.sql").write_text(QUERY.format(number=number, one=above[0], other=above[1]))
    first = seconds(lambda: load_sql_assets(models))
    known = seconds(lambda: load_sql_assets(models))
    edited = models / "g3" / "m170.sql"
    edited.write_text(edited.read_text().replace("amount > 0", "amount > 1"))
    again = seconds(lambda: load_sql_assets(models))
    if before is None:
        del os.environ["ASSETTUI_CACHE"]
    else:
        os.environ["ASSETTUI_CACHE"] = before
    yield Figure(f"{FILES} SQL files, read for the first time", first, "s", 2.0)
    yield Figure("the same, of which all is known", known, "s", None)
    yield Figure("what the edit of one adds to that", max(0.0, again - known) * 1e3, "ms", 50)


QUERY = """-- description: Model {number}.
-- checks: [{{unique: id}}]
with recent as (
    select a.id, a.customer_id, a.amount, b.name as customer, a.ordered_at
    from {one} a left join {other} b on b.id = a.customer_id
    where a.amount > 0
)
select id, customer_id, customer as name, ordered_at, sum(amount) as amount, count(*) as n,
    max(case when amount > 10 then 'big' else 'small' end) as size
from recent
group by id, customer_id, customer, ordered_at
"""


def built(folder: Path) -> Iterator[Figure]:
    """A hundred models that do nothing, by dbt alone and by a step, in turn."""
    (folder / "models").mkdir()
    (folder / "dbt_project.yml").write_text(
        "{name: hundred, version: '1.0', profile: h, models: {+materialized: table}}"
    )
    (folder / "profiles.yml").write_text("h: {target: dev, outputs: {dev: {type: duckdb, path: h.duckdb, threads: 2}}}")
    for number in range(BUILT):
        sql = "select 1 as id" if number < 10 else f"select id from {{{{ ref('m{number - 10}') }}}}"
        (folder / "models" / f"m{number}.sql").write_text(sql)
    command = [*dbt_command(), "--log-format", "json", "build"]
    subprocess.run(["assettui", "asset", "ls"], cwd=folder, capture_output=True, check=True)
    alone: list[float] = []
    steps: list[float] = []
    for _ in range(3):
        (folder / "h.duckdb").unlink(missing_ok=True)
        alone.append(seconds(lambda: subprocess.run(command, cwd=folder, capture_output=True, check=True)))
        (folder / "h.duckdb").unlink()
        done = subprocess.run(
            ["assettui", "materialize", "*", "--json"], cwd=folder, capture_output=True, text=True, check=True
        )
        (step,) = json.loads(done.stdout)["steps"]
        steps.append(step["duration_s"])
    yield Figure(f"{BUILT} models built by dbt alone", sorted(alone)[1], "s", None)
    yield Figure("what a step adds to that", (sum(steps) / sum(alone) - 1) * 100, "%", 5)
