"""`assettui demo`: an example to look at, as a project of one's own."""

from __future__ import annotations

import shutil
from pathlib import Path

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

DEFAULT = "flights"
_MADE = ("__pycache__", ".assettui", "summary.md", "objects", "*.sqlite", "*.duckdb")
"""What the examples themselves make."""


@click.command()
@click.argument("name", default=DEFAULT)
@click.option("--dir", "directory", metavar="DIR", help="Where to copy it to.  [default: ./assettui-NAME]")
@click.option("--no-ui", is_flag=True, help="Only materialize it.")
@json_option
@target_options
def demo(target: Target, name: str, directory: str | None, no_ui: bool, as_json: bool) -> Exit | int:
    """Copy an example to a folder, and open it, all of it being built (or only build it).

    NAME is flights (the default), features, freshness, cookies or sales. A folder that holds the example already is opened as it is.
    """
    folder = Path(directory or f"assettui-{name}").absolute()
    _copy(_example(name), folder)
    tell(f"{name}: {folder}")
    target.project, target.file, target.module = str(folder), None, None
    if no_ui or as_json or target.open_screens is None:
        session = target.session()
        if current_catalog(session).graph.has_partitions:
            missing = BackfillRequest((), Which.MISSING)
            return start_and_wait(session, ("*",), missing, is_sure=True, as_json=as_json)
        return launch_and_wait(session, ("*",), RunRequest(), as_json=as_json)
    session = target.session()
    return target.open_screens(session, ("*",) if session.is_new() else ())


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
        if any((folder / each.name).is_file() for each in source.glob("*.py")):
            return  # copied before, and perhaps edited since
        raise ProjectError(f"{folder} is not empty", hint="name another folder with --dir")
    try:
        shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*_MADE))
    except OSError as error:
        raise ProjectError(f"{folder} cannot be written: {error.strerror or error}") from error
