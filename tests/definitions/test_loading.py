"""Gathering definitions from modules, packages and folders."""

from __future__ import annotations

import importlib
import sys
import textwrap
from collections.abc import Generator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from assettui import (
    AssetKey,
    Definitions,
    DefinitionsError,
    asset,
    define_asset_job,
    file_relative_path,
    load_assets_from_current_module,
    load_assets_from_modules,
    load_assets_from_package_module,
    load_assets_from_package_name,
    load_definitions_from_module,
    load_from_defs_folder,
    materialize,
)
from assettui.definitions.describe.project import describe
from assettui.definitions.loading import CannotGather

FILES = {
    "shop/__init__.py": "",
    "shop/raw.py": """
        from assettui import AssetSpec, asset

        uploads = AssetSpec("uploads")

        @asset(deps=[uploads])
        def orders():
            return [1, 2]
    """,
    "shop/marts/__init__.py": "",
    "shop/marts/sales.py": """
        from assettui import AssetIn, asset
        from shop.raw import orders

        @asset
        def total(orders):
            return sum(orders)

        @asset(ins={"rows": AssetIn("orders")}, deps=["total"])
        def count(rows):
            return len(rows)
    """,
}


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Generator[ModuleType]:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
    monkeypatch.syspath_prepend(tmp_path)
    yield importlib.import_module("shop")
    for name in [name for name in sys.modules if name.split(".")[0] in ("shop", "defs")]:
        del sys.modules[name]


def keys(found: Any) -> list[str]:
    definitions = found if isinstance(found, Definitions) else Definitions(found)
    return [str(each.key) for each in describe("test", definitions).snapshot.assets]


def test_modules_give_what_they_define_each_asset_once(shop: ModuleType) -> None:
    modules = [importlib.import_module(name) for name in ("shop.raw", "shop.marts.sales")]
    assert keys(load_assets_from_modules(modules)) == ["orders", "total", "count", "uploads"]


def test_a_package_gives_what_all_modules_below_it_define(shop: ModuleType) -> None:
    assert set(keys(load_assets_from_package_module(shop))) == {"orders", "total", "count", "uploads"}
    assert set(keys(load_assets_from_package_name("shop.marts"))) == {"orders", "total", "count", "uploads"}


def test_a_group_and_a_prefix_for_all_of_them_and_what_they_read_of_each_other_follows(shop: ModuleType) -> None:
    found = load_assets_from_package_module(shop, group_name="shop", key_prefix="eu", source_key_prefix="lake")
    snapshot = {str(each.key): each for each in describe("test", Definitions(found)).snapshot.assets}
    assert set(snapshot) == {"eu/orders", "eu/total", "eu/count", "lake/uploads"}
    assert {each.group for each in snapshot.values()} == {"shop"}
    assert snapshot["eu/count"].upstream == (AssetKey("eu/total"), AssetKey("eu/orders"))
    assert snapshot["eu/orders"].upstream == (AssetKey("lake/uploads"),)
    assert materialize(found).asset_value("eu/total") == 3


def test_an_asset_that_has_a_group_is_not_put_into_another(shop: ModuleType) -> None:
    @asset(group_name="own")
    def grouped() -> None: ...

    shop.grouped = grouped  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(CannotGather, match="asset grouped is in the group 'own', and was to be put into 'shop'"):
        load_assets_from_modules([shop], group_name="shop")


def test_a_module_gives_its_own(shop: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "current.py").write_text(
        "from shop.raw import *\n"
        "from assettui import load_assets_from_current_module\n"
        "found = load_assets_from_current_module(group_name='here')\n"
    )
    assert keys(importlib.import_module("current").found) == ["orders", "uploads"]
    assert load_assets_from_current_module() == []


def test_a_defs_folder_is_loaded_whole(shop: ModuleType, tmp_path: Path) -> None:
    defs = tmp_path / "defs"
    (defs / "deep").mkdir(parents=True)
    (defs / "assets.py").write_text(
        "from assettui import asset\n\n\n@asset\ndef first():\n    return 1\n\n\n@asset\ndef second(first):\n    return 2\n"
    )
    (defs / "deep" / "jobs.py").write_text(
        "from assettui import Definitions, define_asset_job\n\n"
        "defs = Definitions(jobs=[define_asset_job('daily')], resources={'limit': 3})\n"
    )
    for found in (
        load_from_defs_folder(project_root=tmp_path),
        load_from_defs_folder(path_within_project=defs / "deep"),
    ):
        assert keys(found.assets) == ["first", "second"]
        assert [job.name for job in found.jobs] == ["daily"]
        assert found.resources == {"limit": 3}
    with pytest.raises(CannotGather, match="no folder called defs"):
        load_from_defs_folder(project_root=tmp_path / "shop")


def test_a_module_may_make_its_definitions_when_it_is_loaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "later.py").write_text(
        "from assettui import Definitions, asset, definitions\n\n\n"
        "@asset\ndef one(): ...\n\n\n"
        "@definitions\ndef defs():\n    return Definitions([one])\n"
    )
    (tmp_path / "wrong.py").write_text(
        "from assettui import definitions\n\n\n@definitions\ndef defs():\n    return 3\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    assert keys(load_definitions_from_module(importlib.import_module("later"))) == ["one"]
    with pytest.raises(DefinitionsError, match=r"wrong\.py:4: @definitions defs returns int"):
        load_definitions_from_module(importlib.import_module("wrong"))


def test_definitions_are_merged_and_a_name_for_two_resources_is_told() -> None:
    @asset
    def one() -> None: ...

    first = Definitions([one], resources={"a": 1})
    second = Definitions(jobs=[define_asset_job("all")], resources={"b": 2})
    merged = Definitions.merge(first, second)
    assert (len(merged.assets), len(merged.jobs), merged.resources) == (1, 1, {"a": 1, "b": 2})
    with pytest.raises(DefinitionsError, match="the resource 'a' is defined twice, as 1 and as 2"):
        Definitions.merge(first, Definitions(resources={"a": 2}))
    Definitions.validate_loadable(merged)


def test_two_definitions_of_one_key_name_both_places() -> None:
    @asset(name="same")
    def one() -> None: ...

    @asset(name="same")
    def two() -> None: ...

    with pytest.raises(
        DefinitionsError, match=r"test_loading\.py:\d+: asset same is defined twice, here and at .*\.py:\d+"
    ):
        Definitions.validate_loadable(Definitions.merge(Definitions([one]), Definitions([two])))


def test_a_path_beside_a_file() -> None:
    assert file_relative_path("/a/b/c.py", "data/users.csv") == "/a/b/data/users.csv"
