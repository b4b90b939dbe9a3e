"""What each process imports, seen from inside a fresh interpreter: what it does not need, it must not pay for."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ProjectFolder

HEAVY = {
    "asyncio",
    "textual",
    "polars",
    "pandas",
    "numpy",
    "apscheduler",
    "pydantic",
    "sqlite_utils",
    "click",
    "rich",
    "watchdog",
}


def imported_by(code: str, folder: ProjectFolder | None = None) -> set[str]:
    """The top-level names of what a piece of code imports."""
    program = f"import sys\n{code}\nprint('MODULES', *{{name.split('.')[0] for name in sys.modules}})"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder.path if folder else None,
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.rsplit("MODULES", 1)[1].split())


def running(*arguments: str) -> str:
    """Code that runs a command, and catches its exit."""
    return f"""
from assettui.main import main
try:
    main({list(arguments)!r})
except SystemExit as ended:
    assert not ended.code, ended.code
"""


def test_what_users_import_is_light() -> None:
    assert imported_by("import assettui") & HEAVY == set()
    names = "asset, multi_asset, op, job, define_asset_job, resource, EnvVar, Definitions, RunConfig, AssetSelection"
    assert imported_by(f"from assettui import {names}") & HEAVY == set()
    assert imported_by("from assettui import Config") & HEAVY == {"pydantic"}


@pytest.mark.parametrize("code", ["from assettui import asset, Definitions", "import assettui.worker.main"])
def test_who_has_no_partitions_does_not_import_what_knows_them(code: str) -> None:
    no_partitions = "assert not [name for name in sys.modules if name.startswith('assettui.core.partitions')]"
    assert "cronsim" not in imported_by(f"{code}\n{no_partitions}")


def test_a_worker_is_light_and_never_sees_the_store() -> None:
    program = "import sys, assettui.worker.main; print(*sys.modules)"
    modules = set(
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    )
    assert {name.split(".")[0] for name in modules} & HEAVY == set()
    assert not {name for name in modules if name.startswith(("assettui.store", "assettui.engine", "assettui.service"))}
    assert "sqlite3" not in modules


@pytest.mark.parametrize(
    "arguments",
    [["asset", "ls"], ["asset", "show", "sales", "--json"], ["job", "ls"], ["run", "ls", "--json"], ["status"]],
)
def test_a_plain_read_imports_neither_screens_nor_scheduler_nor_sqlite_utils_nor_the_engine(
    sales: ProjectFolder, arguments: list[str]
) -> None:
    sales.json("materialize", "*")
    no_engine = "assert not [name for name in sys.modules if name.startswith('assettui.engine')]"
    assert imported_by(f"{running(*arguments)}\n{no_engine}", sales) & HEAVY == {"click"}


def test_materialize_imports_neither_screens_nor_scheduler_nor_data_frames(sales: ProjectFolder) -> None:
    assert imported_by(running("materialize", "*"), sales) & HEAVY == {"click", "sqlite_utils"}  # it makes the store
    assert imported_by(running("materialize", "*"), sales) & HEAVY == {"click"}


def test_the_public_names_are_all_there() -> None:
    import assettui

    assert all(getattr(assettui, name) is not None for name in assettui.__all__)
    assert set(assettui.__all__) <= set(dir(assettui))
    with pytest.raises(AttributeError):
        _ = getattr(assettui, "nothing_of_that_name")  # noqa: B009 - the name is meant to be wrong


def test_the_stub_names_what_there_is() -> None:
    import assettui

    stub = Path(assettui.__file__).with_suffix(".pyi").read_text()
    named = set(re.findall(r"\b(\w+) as \1\b", stub))
    assert named == set(assettui.__all__)
