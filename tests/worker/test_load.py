"""Importing a project: what counts as its definitions, and which files it is made of. In processes of their own."""

from __future__ import annotations

from assettui.definitions.asset import asset
from assettui.definitions.definitions import Definitions
from assettui.definitions.spec import AssetSpec
from assettui.worker.load import _with_parts
from tests.conftest import ProjectFolder


def keys(folder: ProjectFolder, *arguments: str) -> list[str]:
    return [asset["key"] for asset in folder.json("asset", "ls", *arguments)]


def test_bare_functions_are_enough(folder: ProjectFolder) -> None:
    folder.write("from assettui import asset\n@asset\ndef b(): ...\n@asset\ndef a(): ...\n")
    assert keys(folder) == ["b", "a"]


def test_a_definitions_object_says_all(folder: ProjectFolder) -> None:
    folder.write("""
        from assettui import Definitions, asset
        @asset
        def a(): ...
        @asset
        def b(): ...
        defs = Definitions(assets=[a])
    """)
    assert keys(folder) == ["a"]


def test_two_definitions_objects_are_one_too_many(folder: ProjectFolder) -> None:
    folder.write("from assettui import Definitions\na = Definitions()\nb = Definitions()\n")
    assert "holds 2 Definitions objects" in folder.run("asset", "ls").stderr


def test_assets_that_are_imported_from_other_modules_count(folder: ProjectFolder) -> None:
    folder.write("from assettui import asset\n@asset\ndef there(): ...\n", "other.py")
    folder.write("from assettui import asset\nfrom other import there\n@asset\ndef here(there): ...\n")
    assert keys(folder) == ["there", "here"]


def test_a_package_imports_its_own_modules(folder: ProjectFolder) -> None:
    folder.write("", "shop/__init__.py")
    folder.write("from assettui import asset\n@asset\ndef there(): return 1\n", "shop/raw.py")
    folder.write(
        "from assettui import Definitions\nfrom shop import raw\ndefs = Definitions([raw.there])\n",
        "shop/definitions.py",
    )
    assert keys(folder) == ["there"]
    assert keys(folder, "-m", "shop.definitions") == ["there"]
    assert folder.json("materialize", "*")["status"] == "success"


def test_an_edit_of_an_imported_module_is_seen(folder: ProjectFolder) -> None:
    other = folder.write("from assettui import asset\n@asset\ndef there(): ...\n", "other.py")
    folder.write("from other import *\n")
    assert keys(folder) == ["there"]
    other.write_text(other.read_text().replace("there", "elsewhere"))
    assert keys(folder) == ["elsewhere"]


def test_what_a_project_prints_while_it_is_imported_harms_nothing(folder: ProjectFolder) -> None:
    folder.write(
        "import os, sys\nprint('hello')\nos.write(1, b'raw')\nsys.stdout.close()\nfrom assettui import asset\n@asset\ndef a(): ...\n"
    )
    assert keys(folder) == ["a"]
    assert folder.json("materialize", "a")["status"] == "success"


def test_a_name_of_the_standard_library_may_be_the_projects_own(folder: ProjectFolder) -> None:
    folder.write("from assettui import asset\n@asset\ndef a(): return 1\n", "queue.py")
    folder.write("from queue import a\n")
    assert folder.json("materialize", "a")["status"] == "success"


def test_a_function_that_takes_the_name_of_another_is_told(folder: ProjectFolder) -> None:
    file = folder.write("""
        from assettui import asset

        @asset(owners=["bob"])
        def sales(): ...

        @asset
        def sales(): ...

        def make(name):
            @asset(name=name)
            def made(): ...
            return made

        make("other")
        other = make("other")
    """)
    told = folder.run("asset", "ls").stderr
    assert f"{file}:7: asset sales is defined twice, here and at {file}:4" in told
    assert f"{file}:4: asset sales: 'bob' is not an owner" in told
    assert "other" not in told


def test_sql_files_are_joined_to_what_python_defines(folder: ProjectFolder) -> None:
    folder.write("from assettui import asset\n\n@asset\ndef orders():\n    return 1\n", "definitions.py")
    folder.write("select * from orders", "models/totals.sql")
    folder.write('[tool.assettui]\nsql = "models"\n', "pyproject.toml")
    assert keys(folder) == ["orders", "totals"]
    folder.write('[tool.assettui]\nsql = "nothing"\n', "pyproject.toml")
    done = folder.run("asset", "ls")
    assert f"there is no folder {folder.path}/nothing" in done.stderr
    assert "Traceback" not in done.stderr


def test_what_the_code_of_a_project_lacks_is_not_said_to_be_ours(folder: ProjectFolder) -> None:
    folder.write("import sqlglot_of_nobody\n")
    assert "SQL files need" not in folder.run("asset", "ls").stderr


def test_what_a_part_takes_for_external_is_what_something_else_makes() -> None:
    @asset(key=["raw", "orders"])
    def orders() -> None: ...

    spec, other = AssetSpec("raw/orders", description="A source."), AssetSpec("raw/others")
    python, part = Definitions(assets=[orders, AssetSpec("own")]), Definitions(assets=[spec, other, AssetSpec("own")])
    found = _with_parts(python, [part])
    assert [str(each.key) for each in found.assets] == ["raw/orders", "own", "raw/others"]
    assert found.assets[0] is orders
