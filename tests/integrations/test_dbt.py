"""dbt projects as assets: a manifest that was written by hand, and a real project on DuckDB, built by dbt itself."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

import duckdb
import pytest

import assettui as at
from assettui.integrations.dbt import (
    DagsterDbtTranslator,
    DbtCliResource,
    DbtEventIterator,
    DbtProject,
    build_dbt_asset_selection,
    build_dbt_source_checks,
    build_dbt_source_specs,
    build_schedule_from_dbt_selection,
    dbt_assets,
)
from assettui.integrations.dbt.assets import (
    ClashingKeys,
    get_asset_key_for_model,
    get_asset_key_for_source,
    nodes_behind,
)
from assettui.integrations.dbt.cli import DbtCliFailed
from assettui.integrations.dbt.lineage import ColumnLineage
from assettui.integrations.dbt.manifest import BadManifest, read_manifest
from assettui.integrations.dbt.profile import url_of
from assettui.integrations.dbt.project import BadProject
from assettui.integrations.dbt.selection import selected
from assettui.integrations.dbt.tables import DbtShow, show
from assettui.integrations.dbt.targets import PARSED, TargetFolder
from assettui.integrations.sql.source import plain
from assettui.model.errors import SelectionError, ValueStorageError
from tests.conftest import ProjectFolder


def node(kind: str, name: str, *above: str, **more: Any) -> tuple[str, dict[str, Any]]:
    unique_id = f"{kind}.shop.{name}"
    said = {
        "unique_id": unique_id,
        "name": name.rpartition(".")[2],
        "resource_type": kind,
        "package_name": "shop",
        "fqn": ["shop", *more.pop("folders", ()), name],
        "original_file_path": f"models/{name}.sql",
        "depends_on": {"nodes": list(above), "macros": more.pop("macros", [])},
        "config": {"materialized": "table", **more.pop("config", {})},
        **more,
    }
    return unique_id, said


def manifest(**more: Any) -> dict[str, Any]:
    nodes = dict(
        [
            node("seed", "countries", config={"materialized": "seed"}, checksum={"name": "sha256", "checksum": "abc"}),
            node(
                "model",
                "stg_orders",
                "source.shop.web.orders",
                folders=["staging"],
                tags=["daily"],
                raw_code="select 1",
            ),
            node("model", "joined", "model.shop.stg_orders", config={"materialized": "ephemeral"}, raw_code="select 2"),
            node(
                "model",
                "customers",
                "model.shop.joined",
                "seed.shop.countries",
                config={"meta": {"dagster": {"owners": ["team:data"]}}, "group": "finance", "schema": "marts"},
                columns={"id": {"name": "id", "data_type": "int", "description": "Its number."}},
                macros=["macro.shop.cents", "macro.dbt.is_incremental"],
                raw_code="select {{ cents('amount') }}",
            ),
            node("test", "unique_id", "model.shop.customers", attached_node="model.shop.customers", column_name="id"),
            node("test", "no_negative", "model.shop.stg_orders", "model.shop.customers", config={"severity": "warn"}),
            node("test", "source_test", "source.shop.web.orders"),
        ]
    )
    return {
        "metadata": {
            "dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json",
            "dbt_version": "1.11.0",
            "adapter_type": "duckdb",
        },
        "nodes": nodes,
        "sources": dict([node("source", "web.orders", source_name="web")]),
        "unit_tests": dict([node("unit_test", "customers.counts", "model.shop.customers")]),
        "groups": {"group.shop.finance": {"name": "finance", "owner": {"name": "F", "email": "f@example.com"}}},
        "macros": {
            "macro.shop.cents": {
                "macro_sql": "{% macro cents(c) %} {{ c }} / 100 {% endmacro %}",
                "depends_on": {"macros": []},
            },
            "macro.dbt.is_incremental": {"macro_sql": "of dbt itself"},
        },
        **more,
    }


def declared(said: dict[str, Any], **more: Any) -> at.AssetsDefinition:
    @dbt_assets(manifest=said, **more)
    def shop(context: at.AssetExecutionContext) -> None: ...

    return shop


def specs(definition: at.AssetsDefinition) -> dict[str, Any]:
    return {str(output.spec.key): output.spec for output in definition.outputs}


def test_models_seeds_and_snapshots_are_assets_and_tests_their_checks() -> None:
    shop = declared(manifest())
    found = specs(shop)
    assert list(found) == ["countries", "stg_orders", "marts/customers"]
    assert [str(each) for each in found["stg_orders"].given_deps] == ["web/orders"]
    assert [str(each) for each in found["marts/customers"].given_deps] == ["countries", "stg_orders"], (
        "through what is ephemeral"
    )
    assert (found["stg_orders"].group_name, found["marts/customers"].group_name) == ("staging", "finance")
    assert found["marts/customers"].owners == ["team:data"]
    assert dict(found["stg_orders"].tags) == {"daily": ""}
    assert list(found["countries"].kinds) == ["dbt", "duckdb", "seed"]
    checks = {str(each.key): each.metadata for each in shop.arguments.check_specs}
    assert set(checks) == {"marts/customers:unique_id", "marts/customers:no_negative", "marts/customers:counts"}
    assert checks["marts/customers:no_negative"]["severity"] == "warn"
    assert checks["marts/customers:counts"]["kind"] == "unit test"


def test_the_code_of_an_asset_is_its_sql_its_macros_and_what_is_ephemeral() -> None:
    def version(*place: str, name: str = "model.shop.customers", **change: Any) -> str:
        """Of an asset, where something of the manifest is otherwise."""
        said = manifest()
        found: Any = said
        for each in place:
            found = found[each]
        if place:
            found.update(change)
        read = read_manifest(said)
        return read.code_version(read.nodes[name])

    customers, usual = ("nodes", "model.shop.customers"), version()
    assert version(*customers, raw_code="select  {{ cents('amount') }} -- in euros\n") == usual
    assert version(*customers, raw_code="{# why #} select {{ cents('amount') }} /* so */") == usual
    assert version(*customers, raw_code="select {{ cents('amounts') }}") != usual
    assert version("nodes", "model.shop.joined", raw_code="select 3") != usual
    assert version("nodes", "model.shop.stg_orders", raw_code="select 3") == usual, "that is another asset's"
    assert version("macros", "macro.shop.cents", macro_sql="other") != usual
    assert version("macros", "macro.dbt.is_incremental", macro_sql="newer") == usual
    assert version(*customers, "config", materialized="view") != usual
    seed = "seed.shop.countries"
    assert version("nodes", seed, name=seed, checksum={"checksum": "x"}) != version(name=seed)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 1 -- one", "select 1"),
        ("select '-- no comment' /* one */", "select '-- no comment'"),
        ("select 'it''s' {# one #} , \"a--b\"", "select 'it''s' , \"a--b\""),
        ("select\n\n  1", "select 1"),
    ],
)
def test_comments_and_white_space_are_no_code(sql: str, expected: str) -> None:
    assert plain(sql) == expected


@pytest.mark.parametrize(
    ("select", "exclude", "expected"),
    [
        ("fqn:*", None, "countries stg_orders customers"),
        ("customers", None, "customers"),
        ("+customers", None, "countries stg_orders customers"),
        ("1+customers", None, "countries customers"),
        ("stg_orders+", None, "stg_orders customers"),
        ("source:web+", None, "stg_orders customers"),
        ("@stg_orders", None, "countries stg_orders customers"),
        ("tag:daily", None, "stg_orders"),
        ("tag:d*", None, "stg_orders"),
        ("staging", None, "stg_orders"),
        ("shop.staging.stg_orders", None, "stg_orders"),
        ("path:models/customers.sql", None, "customers"),
        ("file:customers", None, "customers"),
        ("resource_type:seed", None, "countries"),
        ("config.schema:marts", None, "customers"),
        ("group:finance", None, "customers"),
        ("package:shop", "customers", "countries stg_orders"),
        ("tag:daily resource_type:seed", None, "countries stg_orders"),
        ("+customers,tag:daily", None, "stg_orders"),
        ("c*", None, "countries customers"),
    ],
)
def test_selections_are_dbts(select: str, exclude: str | None, expected: str) -> None:
    found = read_manifest(manifest())
    names = {found.nodes[each].name for each in selected(found, select, exclude)}
    assert names == set(expected.split())


def test_wrong_selections_manifests_and_keys_are_told(tmp_path: Path) -> None:
    found = read_manifest(manifest())
    with pytest.raises(SelectionError, match="the method 'state' of the selection"):
        selected(found, "state:modified")
    with pytest.raises(BadManifest, match="no model, seed or snapshot of the manifest is selected by 'tag:none'"):
        declared(manifest(), select="tag:none")
    with pytest.raises(BadManifest, match="there is no manifest"):
        read_manifest(tmp_path / "manifest.json")
    (tmp_path / "manifest.json").write_text('{"metadata": 3}')
    with pytest.raises(BadManifest, match="is none of dbt's"):
        read_manifest(tmp_path / "manifest.json")
    old = manifest(
        metadata={"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v4.json", "dbt_version": "1.0"}
    )
    with pytest.raises(BadManifest, match=r"version 4 of its schema \(dbt 1.0\), and 10 to 12"):
        read_manifest(old)

    class AllOne(DagsterDbtTranslator):
        def get_asset_key(self, dbt_resource_props: Any) -> at.AssetKey:
            return at.AssetKey("one")

    with pytest.raises(ClashingKeys, match=r"stg_orders \(models/stg_orders.sql\).* are\s+both the asset one"):
        declared(manifest(), dagster_dbt_translator=AllOne())
    with pytest.raises(BadProject, match=r"there is no dbt_project.yml in"):
        DbtProject(tmp_path)


def test_assets_are_found_by_what_dbt_calls_them() -> None:
    shop = declared(manifest())
    assert str(get_asset_key_for_model([shop], "customers")) == "marts/customers"
    assert str(get_asset_key_for_source([shop], "web")) == "web/orders"
    with pytest.raises(at.AssettuiError, match="no models are called 'x'"):
        get_asset_key_for_model([shop], "x")
    with pytest.raises(at.AssettuiError, match="the source 'x' has no tables"):
        get_asset_key_for_source([shop], "x")
    assert build_dbt_asset_selection([shop], "tag:daily") is not None


def test_sources_are_external_assets_and_their_tests_checks_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: shop")
    shop = declared(manifest())
    (spec,) = build_dbt_source_specs([shop])
    assert (str(spec.key), spec.group_name, list(spec.kinds)) == ("web/orders", "web", ["source"])
    (checks,) = build_dbt_source_checks([shop], DbtCliResource(project_dir=str(tmp_path)))
    assert [str(each.key) for each in checks.specs] == ["web/orders:source_test"], "not those of models"
    at.Definitions.validate_loadable(at.Definitions(assets=[shop, spec], asset_checks=[checks]))
    nodes = nodes_behind({at.AssetKey(["web", "orders"])})
    assert nodes is not None
    assert list(nodes.checks_by_id) == ["test.shop.source_test"]
    said = manifest()
    del said["nodes"]["test.shop.source_test"]
    assert build_dbt_source_checks([declared(said)], DbtCliResource(project_dir=str(tmp_path))) == []


def test_what_was_built_is_given_also_where_another_model_has_failed(tmp_path: Path) -> None:
    """Results that wait for the end of dbt, so that the database can be asked, are not lost with the error that ends it."""
    (tmp_path / "dbt_project.yml").write_text("name: shop")
    invocation = DbtCliResource(project_dir=str(tmp_path)).cli(["build"])

    def results() -> Any:
        yield at.MaterializeResult(asset_key="stg_orders")
        raise DbtCliFailed("Error in model customers")

    stream = DbtEventIterator(results(), invocation).fetch_row_counts().fetch_column_metadata()
    assert str(next(stream).asset_key) == "stg_orders"
    with pytest.raises(DbtCliFailed, match="customers"):
        next(stream)


def test_what_a_command_writes_goes_with_it_and_what_is_abandoned_with_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: shop")
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / PARSED).write_text("parsed")
    monkeypatch.setenv("ASSETTUI_CACHE", str(tmp_path / "cache"))
    project = DbtProject(tmp_path)
    one, other = TargetFolder(project), TargetFolder(project)
    assert (one.path / PARSED).read_text() == "parsed"
    parent = one.path.parent
    assert parent.stat().st_mode & 0o777 == 0o700
    code = f"""
import os
from assettui.integrations.dbt.project import DbtProject
from assettui.integrations.dbt.targets import TargetFolder
kept = TargetFolder(DbtProject({str(tmp_path)!r}))
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", code], check=True)
    assert len(list(parent.iterdir())) == 3, "a process that ends at once leaves its folder"
    path = other.path
    del other
    assert not path.exists()
    third = TargetFolder(project)
    assert set(parent.iterdir()) == {one.path, third.path}, "those that are in use stay"
    monkeypatch.setenv("ASSETTUI_CACHE", "/proc/nothing")
    assert TargetFolder(project).path.parent == Path(tempfile.gettempdir()), "where the user has no place of his own"


def test_a_schedule_builds_what_is_selected() -> None:
    shop = declared(manifest())
    nightly = build_schedule_from_dbt_selection(
        [shop], "nightly", "0 3 * * *", "tag:daily", execution_timezone="Europe/Berlin"
    )
    defs = at.Definitions(assets=[shop], schedules=[nightly])
    at.Definitions.validate_loadable(defs)
    assert nightly.called == "nightly_schedule"
    with pytest.raises(SelectionError):
        build_schedule_from_dbt_selection([shop], "nightly", "0 3 * * *", "state:modified")


def test_assets_that_are_loaded_with_a_prefix_are_still_those_of_dbt() -> None:
    module = ModuleType("of_shop")
    module.shop = declared(manifest())  # pyright: ignore[reportAttributeAccessIssue] - as a module has what it defines
    (found,) = at.load_assets_from_modules([module], key_prefix="wh")
    assert isinstance(found, at.AssetsDefinition)
    assert str(get_asset_key_for_model([found], "customers")) == "wh/marts/customers"
    assert {str(each.asset_key) for each in found.check_specs} == {"wh/marts/customers"}
    at.Definitions.validate_loadable(at.Definitions(assets=[found]))
    nodes = nodes_behind({at.AssetKey(["wh", "stg_orders"])})
    assert nodes is not None
    assert str(nodes.by_id["model.shop.customers"]) == "wh/marts/customers"
    assert nodes_behind({at.AssetKey(["wh", "stg_orders"]), at.AssetKey(["other", "countries"])}) is None


def test_columns_are_followed_through_compiled_models(tmp_path: Path) -> None:
    said = manifest()
    for name, node_said in said["nodes"].items():
        node_said |= {"schema": "main", "alias": name.rpartition(".")[2]}
    said["sources"]["source.shop.web.orders"] |= {"schema": "web", "identifier": "orders_v2"}
    declared(said)
    nodes = nodes_behind({at.AssetKey("stg_orders")})
    assert nodes is not None
    lineage = ColumnLineage(nodes)

    def of(name: str, sql: str) -> Any:
        (tmp_path / name).write_text(sql)
        found = lineage.of(nodes.manifest.nodes[f"model.shop.{name}"], tmp_path / name)
        return found.to_json() if found is not None else None

    orders = 'select o.id, o.a + o.b as amount from "db"."web"."orders_v2" as o'
    assert of("stg_orders", orders) == {
        "id": [["web/orders", "id"]],
        "amount": [["web/orders", "a"], ["web/orders", "b"]],
    }
    customers = 'with x as (select * from "db"."main"."stg_orders") select x.*, 1 as one from x'
    assert of("customers", customers) == {"id": [["stg_orders", "id"]], "amount": [["stg_orders", "amount"]]}
    assert of("customers", "select from where") is None
    assert lineage.of(nodes.manifest.nodes["model.shop.customers"], tmp_path / "none") is None


@pytest.mark.parametrize(
    ("target", "url"),
    [
        ("{type: duckdb, path: data/x y.duckdb}", "duckdb:///{here}/data/x%20y.duckdb"),
        ("{type: duckdb, path: ':memory:'}", None),
        ("{type: duckdb, path: 'md:cloud'}", None),
        (
            "{type: postgres, host: db, user: me, password: \"{{ env_var('SHOP_PASSWORD') }}\", port: 5433, dbname: d}",
            "postgresql://me:p%40ss%2Fw@db:5433/d",
        ),
        ("{type: postgres, host: db, user: me, password: \"{{ env_var('NO_SUCH') }}\", dbname: d}", None),
        (
            "{type: postgres, host: db, user: me, password: \"{{ env_var('NO_SUCH', 'x') }}\", dbname: d}",
            "postgresql://me:x@db:5432/d",
        ),
        ("{type: snowflake, account: x}", None),
        ("[no, target]", None),
    ],
)
def test_tables_are_read_where_the_profile_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, target: str, url: str | None
) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "p@ss/w")
    (tmp_path / "dbt_project.yml").write_text("{name: shop, profile: shop}")
    (tmp_path / "profiles.yml").write_text(f"shop: {{target: dev, outputs: {{dev: {target}}}}}")
    found = url_of(DbtProject(tmp_path))
    assert found == (url.format(here=tmp_path) if url is not None else None)


# A real project.

FILES = {
    "dbt_project.yml": """
        name: shop
        version: "1.0"
        profile: shop
        models: {shop: {+materialized: table}}
    """,
    "profiles.yml": """
        shop:
          target: dev
          outputs: {dev: {type: duckdb, path: shop.duckdb, threads: 2}}
    """,
    "seeds/raw_customers.csv": "id,name\n1,Ann\n2,Bob\n3,Ann\n",
    "models/staging/stg_orders.sql": "select id, customer_id, amount from {{ source('shop', 'raw_orders') }}\n",
    "models/customers.sql": """
        select c.id, c.name, count(o.id) as orders, sum(o.amount) as amount
        from {{ ref('raw_customers') }} c left join {{ ref('stg_orders') }} o on o.customer_id = c.id
        group by 1, 2
    """,
    "models/schema.yml": """
        version: 2
        sources:
          - {name: shop, schema: main, tables: [{name: raw_orders}]}
        models:
          - name: stg_orders
            description: Orders, as they come.
            columns: [{name: id, tests: [unique, not_null]}]
          - name: customers
            columns:
              - {name: name, tests: [{unique: {config: {severity: warn}}}]}
        unit_tests:
          - name: counts
            model: customers
            given:
              - {input: ref('raw_customers'), rows: [{id: 1, name: A}]}
              - {input: ref('stg_orders'), rows: [{id: 1, customer_id: 1, amount: 5}]}
            expect: {rows: [{id: 1, name: A, orders: 1, amount: 5}]}
    """,
    "tests/no_negative.sql": "select * from {{ ref('customers') }} where amount < 0\n",
}
DEFINITIONS = """
    from pathlib import Path

    import duckdb

    from assettui import AssetExecutionContext, Definitions, asset
    from assettui.integrations.dbt import DbtCliResource, DbtProject, dbt_assets

    HERE = Path(__file__).parent
    project = DbtProject(HERE)
    project.prepare_if_dev()
    ORDERS = "(values (1, 1, 5.0), (2, 1, 7.0), (3, 2, 1.0)) t(id, customer_id, amount)"

    @asset(key=["shop", "raw_orders"])
    def raw_orders():
        with duckdb.connect(str(HERE / "shop.duckdb")) as connection:
            connection.execute(f"create or replace table raw_orders as select * from {ORDERS}")

    @dbt_assets(manifest=project.manifest_path)
    def shop(context: AssetExecutionContext, dbt: DbtCliResource):
        yield from dbt.cli(["build"], context=context).stream()

    @asset(deps=["customers"])
    def report(): ...

    defs = Definitions(assets=[raw_orders, shop, report], resources={"dbt": DbtCliResource(project_dir=project)})
"""


@pytest.fixture
def shop(folder: ProjectFolder) -> ProjectFolder:
    for name, text in FILES.items():
        path = folder.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text).lstrip())
    folder.write(DEFINITIONS, "definitions.py")
    return folder


def checks(folder: ProjectFolder) -> dict[str, str]:
    return {each["name"]: each["outcome"] for each in folder.json("check", "ls", timeout=300)}


def statuses(folder: ProjectFolder) -> dict[str, str]:
    return {each["key"]: each["status"] for each in folder.json("asset", "ls", timeout=300)}


@pytest.mark.slow
def test_a_project_is_built_between_assets_of_python(shop: ProjectFolder) -> None:
    done = shop.run("materialize", "*", timeout=300)
    assert done.returncode == 0, done.stderr
    assert set(statuses(shop).values()) == {"fresh"}
    assert checks(shop) == {
        "unique_stg_orders_id": "passed",
        "not_null_stg_orders_id": "passed",
        "unique_customers_name": "warned",
        "counts": "passed",
        "no_negative": "passed",
    }
    (made,) = shop.json("asset", "history", "raw_customers")
    assert made["rows"] == 3
    assert made["metadata"]["unique_id"]["value"] == "seed.shop.raw_customers"
    (run,) = shop.json("run", "ls")
    said = shop.run("run", "logs", run["run_id"]).stdout
    assert said.index("materialized stg_orders") < said.index("START sql table model main.customers"), "as it comes"

    orders = shop.path / "models/staging/stg_orders.sql"
    orders.write_text(f"-- why\n{orders.read_text()}")
    assert statuses(shop)["stg_orders"] == "fresh", "a comment is no code"
    orders.write_text(orders.read_text().replace("amount", "2 * amount as amount"))
    assert statuses(shop)["stg_orders"] == "stale"
    done = shop.run("materialize", "stg_orders", timeout=300)
    assert done.returncode == 0, done.stderr
    last = shop.json("run", "ls")[0]
    said = shop.run("run", "logs", last["run_id"]).stdout
    assert "model main.stg_orders" in said
    assert "model main.customers" not in said, "just what was asked for"
    assert "unique_stg_orders_id" in said


@pytest.mark.slow
def test_what_is_wrong_is_told_where_it_is(shop: ProjectFolder) -> None:
    orders = shop.path / "models/staging/stg_orders.sql"
    right = orders.read_text()
    orders.write_text("select id, customer_id, amuont from {{ source('shop', 'raw_orders') }}")
    done = shop.run("materialize", "*", timeout=300)
    assert done.returncode == 1
    assert "Error in model stg_orders (models/staging/stg_orders.sql)" in done.stderr
    assert 'Referenced column "amuont" not found' in done.stderr
    assert len(shop.json("asset", "history", "raw_customers")) == 1, "what was built before is kept"

    orders.write_text("select * from {{ ref('nothing') }}")
    done = shop.run("asset", "ls", timeout=300)
    assert "depends on a node named 'nothing' which was not found" in done.stderr
    assert "customers" in done.stdout, "the last good catalog stays"

    orders.write_text(right)
    (shop.path / "seeds/raw_customers.csv").write_text("id,name\n1,Ann\n2,Bob\n")
    (shop.path / "tests/no_negative.sql").write_text("select * from {{ ref('customers') }}")
    done = shop.run("materialize", "*", timeout=300)
    assert checks(shop)["no_negative"] == "failed"
    assert "raised" not in done.stderr, "a test that fails is a check that fails, and no error of the step"


@pytest.mark.slow
def test_a_dbt_project_alone_is_a_project(shop: ProjectFolder) -> None:
    """No line of Python: models, sources and their tests, the SQL that ran, the tables, and what is read through dbt itself."""
    (shop.path / "definitions.py").unlink()
    schema = shop.path / "models/schema.yml"
    schema.write_text(
        schema.read_text().replace(
            "[{name: raw_orders}]",
            "[{name: raw_orders, description: As they came., columns: [{name: id, tests: [not_null]}]}]",
        )
    )
    with duckdb.connect(str(shop.path / "shop.duckdb")) as connection:
        connection.execute("create table raw_orders as select 1 as id, 1 as customer_id, 5.0 as amount")
    assert statuses(shop) == {
        "customers": "never",
        "stg_orders": "never",
        "raw_customers": "never",
        "shop/raw_orders": "never",
    }
    source = shop.json("asset", "show", "shop/raw_orders")
    assert (source["description"], source["group"]) == ("As they came.", "shop")

    done = shop.run("materialize", "+stg_orders", timeout=300)
    assert done.returncode == 0, done.stderr
    assert statuses(shop)["customers"] == "never", "only what was asked for"
    assert shop.json("asset", "preview", "shop/raw_orders", timeout=300) == [
        {"id": 1, "customer_id": 1, "amount": "5.0"}
    ]
    done = shop.run("materialize", "customers", "raw_customers", timeout=300)
    assert done.returncode == 0, done.stderr
    assert shop.json("asset", "preview", "customers", timeout=300)[0]["name"] == "Ann"
    (made,) = shop.json("asset", "history", "customers")
    assert "left join" in made["metadata"]["compiled_sql"]["value"]
    assert made["metadata"]["column_lineage"]["value"]["orders"] == [["stg_orders", "id"]]

    done = shop.run("check", "run", "shop/raw_orders", timeout=300)
    assert done.returncode == 0, done.stderr
    assert checks(shop)["source_not_null_shop_raw_orders_id"] == "passed"

    rows = show(DbtProject(shop.path), 'select * from "shop"."main"."customers" order by id')
    assert [row["name"] for row in rows] == ["Ann", "Bob", "Ann"]
    with pytest.raises(ValueStorageError, match="nothing"):
        show(DbtProject(shop.path), "select * from nothing")


@pytest.mark.slow
def test_what_was_built_is_asked_for_rows_and_columns(shop: ProjectFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    """Directly, where the database is known; through dbt, which knows all of them, where it is not."""
    (shop.path / "definitions.py").unlink()
    monkeypatch.chdir(shop.path)
    project = DbtProject(shop.path)
    project.prepare_if_dev()

    @dbt_assets(manifest=project.manifest_path)
    def of_shop(context: at.AssetExecutionContext, dbt: DbtCliResource) -> Any:
        yield from dbt.cli(["build"], context=context).stream().fetch_row_counts().fetch_column_metadata()

    def built() -> dict[str, dict[str, Any]]:
        made = at.materialize(
            [of_shop], selection=["raw_customers"], resources={"dbt": DbtCliResource(project_dir=project)}
        ).get_asset_materialization_events()
        return {str(each.asset_key): {name: value.value for name, value in each.metadata.items()} for each in made}

    directly = built()["raw_customers"]
    monkeypatch.setattr("assettui.integrations.dbt.fetching.tables_of", DbtShow)
    through_dbt = built()["raw_customers"]
    for found in (directly, through_dbt):
        assert found["row_count"] == 3
        assert [each["name"] for each in found["columns"]["columns"]] == ["id", "name"]
    assert directly["columns"] == through_dbt["columns"]
