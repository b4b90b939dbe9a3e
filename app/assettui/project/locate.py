"""Which project is meant: named by `-f` or `-m`, or found from the working directory."""

from __future__ import annotations

import os
import sys
from importlib.machinery import PathFinder
from pathlib import Path

from msgspec import Struct, field, structs

from assettui.model.errors import ProjectError
from assettui.project.interpreter import Interpreter, find_interpreter, own_interpreter
from assettui.project.settings import Settings, read_settings

STORE_NAME = ".assettui"
SETTINGS_FILES = ("pyproject.toml", "assettui.toml")
PLAIN_FILES = ("definitions.py", "pipeline.py")
DBT_FILE = "dbt_project.yml"
"""A folder with it, and nothing else, is a project."""


class NoProject(ProjectError):
    """There is none in a folder."""


class Project(Struct, frozen=True):
    """The user's code: where it is, and what it says of itself.

    `file` or `module` is set where any of it is Python; what else it is made of, the settings say (`Settings.parts`).
    """

    root: Path
    """The folder that imports start from, absolute."""
    file: Path | None
    module: str | None
    settings: Settings
    settings_file: Path | None = None
    interpreter: Interpreter = field(default_factory=own_interpreter)
    """Runs its code."""

    @property
    def name(self) -> str:
        """What it is called on screen."""
        return self.settings.name or self.root.name or "project"

    @property
    def id(self) -> str:
        """What tells it from other projects that share its store."""
        return f"file:{self.file}" if self.file else f"module:{self.module}" if self.module else f"folder:{self.root}"

    @property
    def place(self) -> str:
        """What its assets are defined by, to be told: a file, a module, or the folders of its parts."""
        parts = [f"{name}: {said['path']}" for name, said in self.settings.parts.items()]
        return str(self.file or self.module or ", ".join(parts))

    @property
    def environment_file(self) -> Path:
        """The file of environment variables, which need not be there."""
        return self.root / ".env"

    @property
    def store_path(self) -> Path:
        """Where its store is, unless the user says otherwise."""
        return self.root / (self.settings.store or STORE_NAME)


def locate(
    directory: Path, *, file: str | None = None, module: str | None = None, python: str | None = None
) -> Project:
    """The project that is meant.

    Args:
        directory: Where to look, absolute; settings are also looked for in the folders above it.
        file: A Python file, relative to the directory.
        module: A module or package that can be imported from the directory.
        python: The interpreter of its workers, where the settings, or what is found, is not to count; see `find_interpreter`.

    Raises:
        ProjectError: There is none, or several, or its settings are wrong.
    """
    if file and module:
        raise ProjectError("a file and a module were both named", hint="give --file or --module, not both")
    try:
        if not directory.is_dir():
            raise ProjectError(f"{directory} is not a folder")
        if file:
            project = _of_file(Path(os.path.normpath(directory / file)), Settings(), None)
        elif module:
            project = Project(directory, None, module, Settings())
        else:
            project = _from_settings(directory) or _from_layout(directory, Settings(), None)
        interpreter = find_interpreter(
            project.root,
            os.environ,
            option=python,
            setting=project.settings.python,
            settings_file=project.settings_file,
        )
        if interpreter.is_own and project.module is not None:  # what another one can import is not known here
            _require_module(project.module, project)
        return structs.replace(project, interpreter=interpreter)
    except OSError as error:  # a name that is too long, a folder that may not be looked into
        raise ProjectError(f"{error.filename} cannot be reached: {error.strerror}") from error


def _require_module(name: str, project: Project) -> None:
    if not _is_module(name, project.root):
        named = f", which {project.settings_file} names" if project.settings_file else ""
        raise ProjectError(
            f"there is no module {name}{named}",
            hint=f"name one that can be imported from {project.root}, as package.module",
        )


def _is_module(name: str, folder: Path) -> bool:
    """Whether a module can be found from a folder. Nothing is imported: its packages are the user's code too."""
    places = [str(folder), *sys.path]
    parts = name.split(".")
    for count, part in enumerate(parts, 1):
        known = ".".join(parts[:count])
        spec = PathFinder.find_spec(known, places) if part.isidentifier() else None
        if spec is None and part.isidentifier() and count == 1:  # a package that is installed to be edited
            spec = next((found for finder in sys.meta_path if (found := finder.find_spec(known, None))), None)
        if spec is None:
            return False
        places = list(spec.submodule_search_locations or ())
    return True


def _of_file(path: Path, settings: Settings, settings_file: Path | None) -> Project:
    if path.is_dir():
        return _from_layout(path, settings, settings_file)
    if not path.is_file():
        raise ProjectError(f"there is no file {path}", hint="name a Python file that defines assets")
    root = settings_file.parent if settings_file else path.parent
    return Project(root, path, None, settings, settings_file)


def _from_settings(directory: Path) -> Project | None:
    for folder in (directory, *directory.parents):
        for name in SETTINGS_FILES:
            path = folder / name
            settings = read_settings(path) if path.is_file() else None
            if settings is None:
                continue
            if settings.file:
                return _of_file(folder / settings.file, settings, path)
            if settings.module:
                return Project(folder, None, settings.module, settings, path)
            return _from_layout(folder, settings, path)
    return None


def _from_layout(folder: Path, settings: Settings, settings_file: Path | None) -> Project:
    for name in PLAIN_FILES:
        if (folder / name).is_file():
            if (folder / "__init__.py").is_file():  # the folder is itself a package, whose modules import each other
                return Project(folder.parent, None, f"{folder.name}.{name[:-3]}", settings, settings_file)
            return Project(folder, folder / name, None, settings, settings_file)
    packages = [
        (base, child.name)
        for base in (folder, folder / "src")
        if base.is_dir()
        for child in sorted(base.iterdir())
        if (child / "definitions.py").is_file() and (child / "__init__.py").is_file()
    ]
    if len(packages) == 1:
        base, package = packages[0]
        return Project(base, None, f"{package}.definitions", settings, settings_file)
    if packages:
        names = ", ".join(f"{name}.definitions" for _, name in packages)
        raise ProjectError(
            f"{folder} holds several packages with definitions: {names}", hint="choose one with --module"
        )
    if not settings.parts and (folder / DBT_FILE).is_file():
        settings = structs.replace(settings, dbt=".")
    if settings.parts:
        return Project(folder, None, None, settings, settings_file)
    raise NoProject(
        f"there is no project in {folder}",
        hint="name it with --file or --module, make one with `assettui init`, or see one with `assettui demo`",
    )
