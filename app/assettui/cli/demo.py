"""`assettui demo`: an example to look at, as a project of one's own."""

from __future__ import annotations

import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

import assettui
from assettui.cli.backfill import start_and_wait
from assettui.cli.current import current_catalog
from assettui.cli.materialize import launch_and_wait
from assettui.cli.output import Exit, tell
from assettui.cli.target import Target, json_option, target_options
from assettui.model.backfill import BackfillRequest, Which
from assettui.model.errors import ProjectError
from assettui.model.keys import closest
from assettui.model.run import RunRequest
from assettui.project.interpreter import is_packaged

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.project.interpreter import Interpreter
    from assettui.service.session import Session

DEFAULT = "flights"
_DATA = {"dbt": "flights", "sql": "flights", "spark": "flights"}
"""The examples whose data is that of another."""
_NEEDS = {
    "dbt": ("duckdb", "sqlglot", "dbt", "dbt.adapters.duckdb"),
    "sql": ("duckdb", "sqlglot"),
    "spark": ("pyspark", "pyarrow"),
}
"""What they import that assettui itself does not bring."""
_MADE = ("__pycache__", ".assettui", "summary.md", "objects", "*.sqlite", "*.duckdb", "target", "logs")
"""What the examples themselves make."""


@click.command()
@click.argument("name", default=DEFAULT)
@click.option("--dir", "directory", metavar="DIR", help="Where to copy it to.  [default: ./assettui-NAME]")
@click.option("--no-ui", is_flag=True, help="Only materialize it.")
@json_option
@target_options
def demo(target: Target, name: str, directory: str | None, no_ui: bool, as_json: bool) -> Exit | int:
    """Copy an example to a folder, and open it, all of it being built (or only build it).

    NAME is flights (the default), features, freshness, dbt, sql, spark, cookies or sales. A folder that holds the example already is
    opened as it is.
    """
    session = example_at(target, name, directory)
    if no_ui or as_json or target.open_screens is None:
        if current_catalog(session).graph.has_partitions:
            missing = BackfillRequest((), Which.MISSING)
            return start_and_wait(session, ("*",), missing, is_sure=True, as_json=as_json)
        return launch_and_wait(session, ("*",), RunRequest(), as_json=as_json)
    return target.open_screens(session, ("*",) if session.is_new() else ())


def example_at(target: Target, name: str, directory: str | None) -> Session:
    """Copy an example to a folder, where it is not there already; it is what is opened then.

    Raises:
        ProjectError: There is no such example, the folder holds something else, or a package is missing.
    """
    folder = Path(directory or f"assettui-{name}").absolute()
    _copy(_example(name), folder)
    tell(f"{name}: {folder}")
    target.project, target.file, target.module = str(folder), None, None
    _require_packages(name, folder, target.located().interpreter)
    return target.session()


def _require_packages(name: str, folder: Path, interpreter: Interpreter) -> None:
    """See that what the example imports is installed where it will run.

    Raises:
        ProjectError: It is not; the command that installs it is the hint.
    """
    interpreter.require()
    wanted = _NEEDS.get(name, ())
    if not wanted:
        return
    lacking = _lacking(wanted) if interpreter.is_own else _lacking_in(interpreter.path, wanted)
    if not lacking:
        return
    requirements = folder / "requirements.txt"
    if interpreter.is_own and is_packaged():
        command = f"python3 -m venv {folder}/.venv && {folder}/.venv/bin/pip install -r {requirements}"
    elif find_spec("pip") is None:
        command = f"uv pip install --python {interpreter.path} -r {requirements}"
    else:
        command = f"{interpreter.path} -m pip install -r {requirements}"
    raise ProjectError(
        f"the example {name} needs {', '.join(lacking)}, which {interpreter.path} does not have", hint=command
    )


def _lacking(modules: Sequence[str]) -> list[str]:
    found: list[str] = []
    for name in modules:
        try:
            is_there = find_spec(name) is not None
        except ModuleNotFoundError:  # what it lies in is missing itself
            is_there = False
        if not is_there:
            found.append(name)
    return found


def _lacking_in(python: str, modules: Sequence[str]) -> list[str]:
    code = "import sys\nfor name in sys.argv[1:]:\n try: __import__(name)\n except ImportError: print(name)"
    done = subprocess.run([python, "-c", code, *modules], capture_output=True, text=True, check=False)
    return done.stdout.split()


def _example(name: str) -> Path:
    installed = Path(assettui.__file__).parent / "examples"
    folder = installed if installed.is_dir() else Path(assettui.__file__).parents[2] / "assets_examples"
    names = sorted(each.name for each in folder.iterdir() if (each / "README.md").is_file())
    if name not in names:
        near = closest(name, names)
        raise ProjectError(
            f"no example is called {name!r}",
            hint=f"did you mean {near!r}?" if near else f"examples: {', '.join(names)}",
        )
    return folder / name


def _copy(source: Path, folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        if any((folder / each.name).is_file() for each in source.glob("*") if each.suffix in (".py", ".toml")):
            return  # copied before, and perhaps edited since
        raise ProjectError(f"{folder} is not empty", hint="name another folder with --dir")
    try:
        shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*_MADE))
        if source.name in _DATA:
            shutil.copytree(source.parent / _DATA[source.name] / "data", folder / "data", dirs_exist_ok=True)
    except OSError as error:
        raise ProjectError(f"{folder} cannot be written: {error.strerror or error}") from error
