"""Importing the user's project, in the worker and nowhere else."""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from assettui.definitions.asset import AssetsDefinition, noting_definitions, replaced
from assettui.definitions.definitions import Definitions, in_namespace
from assettui.definitions.describe.project import describe
from assettui.definitions.spec import AssetSpec
from assettui.model.errors import AssettuiError, DefinitionsError, Location, Problem
from assettui.worker.errors import is_own_file
from assettui.worker.missing import missing_package

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from types import ModuleType

    from assettui.definitions.computation import Described

_OWN_FOLDER = Path(__file__).absolute().parent.parent
_LIBRARY = os.path.dirname(os.__file__)  # noqa: PTH120
"""Python's own."""


class NothingDefined(AssettuiError):
    """The project was imported, and holds no asset."""


def load(
    root: Path,
    name: str,
    *,
    file: Path | None = None,
    module: str | None = None,
    parts: Mapping[str, Mapping[str, str]] | None = None,
    dynamic: Mapping[str, Mapping[str, int]] | None = None,
    read: Iterable[str] = (),
) -> Described:
    """Import a project and describe it.

    Args:
        root: The project's folder, put first on the path for imports.
        name: What the project is called.
        file: The Python file that defines it, or
        module: the name of the module; none of both where no Python defines it.
        parts: What else it is made of; see `Settings.parts`.
        dynamic: See `describe`.
        read: The files that are read meanwhile; looked at when it has been imported.

    Raises:
        DefinitionsError: The definitions are wrong; it holds every problem.
        NothingDefined: There is no asset in it.
        BaseException: Whatever the user's code raises while it is imported.
    """
    sys.path.insert(0, str(file.parent if file else root))
    with noting_definitions() as made:
        try:
            imported = _import_file(file) if file else importlib.import_module(module) if module else None
            found = in_namespace(vars(imported)) if imported is not None else Definitions()
            others = [_part(kind, root, said) for kind, said in (parts or {}).items()]
        except (ValueError, ImportError) as error:
            problem = _as_problem(error)
            if problem is None:
                raise
            raise problem from None
    if not isinstance(found, Definitions):
        raise DefinitionsError(
            [Problem(f"{_place(imported)} holds {len(found)} Definitions objects", None, "merge them into one")]
        )
    if others:
        found = _with_parts(found, others)
    shadowed = replaced(made, found.assets)
    if shadowed:
        found = Definitions(
            [*shadowed, *found.assets],
            schedules=found.schedules,
            sensors=found.sensors,
            jobs=found.jobs,
            resources=found.resources,
            asset_checks=found.asset_checks,
            metadata=found.metadata,
        )
    described = describe(name, found, sources=sources_below(root, read), dynamic=dynamic)
    if not described.snapshot.assets and not described.snapshot.jobs:
        raise NothingDefined(f"{_place(imported)} defines no asset", hint="put @asset on a function at its top level")
    return described


_PARTS: Final = {"dbt": "assettui.integrations.dbt.part", "sql": "assettui.integrations.sql.part"}
"""What gives the definitions of a part; by name, since what a project does not use need not be there."""


def _part(kind: str, root: Path, said: Mapping[str, str]) -> Definitions:
    return importlib.import_module(_PARTS[kind]).definitions(root, **said)


def _with_parts(found: Definitions, parts: list[Definitions]) -> Definitions:
    """All of it. What a part takes for external, and another part or Python makes, is that."""
    all_of_it = Definitions.merge(found, *parts)
    made = {key for each in all_of_it.assets if isinstance(each, AssetsDefinition) for key in each.keys}
    named = {each.key for each in found.assets if isinstance(each, AssetSpec)}
    of_parts = {id(each) for part in parts for each in part.assets if isinstance(each, AssetSpec)}
    all_of_it.assets = tuple(
        each
        for each in all_of_it.assets
        if not (id(each) in of_parts and isinstance(each, AssetSpec) and (each.key in made or each.key in named))
    )
    return all_of_it


def _place(imported: ModuleType | None) -> str:
    return str(imported.__file__) if imported is not None else "the project"


def _as_problem(error: Exception) -> DefinitionsError | None:
    """What was refused while the project was imported, as a problem of the line that gave it."""
    lacking = missing_package(error)
    trace = error.__traceback__
    if lacking is not None:
        error = lacking
    is_ours = isinstance(error, AssettuiError)
    if not is_ours and (type(error).__name__ != "ValidationError" or not callable(getattr(error, "errors", None))):
        return None
    place = None
    while trace is not None:
        name = trace.tb_frame.f_code.co_filename
        is_installed = "site-packages" in name or name.startswith(("<", _LIBRARY))
        if not is_installed and not is_own_file(name):
            place = Location(name, trace.tb_lineno)
        trace = trace.tb_next
    if is_ours:
        return DefinitionsError([Problem(error.what, place, error.hint)])
    from assettui.definitions.config import reasons  # pydantic is there already

    what = f"{getattr(error, 'title', 'the configuration')} is configured wrongly: {'; '.join(reasons(error))}"
    return DefinitionsError([Problem(what, place, "see the fields of the class")])


def _import_file(file: Path) -> ModuleType:
    # Under the file's own name, so that what it defines can be pickled and imported by its siblings.
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise NothingDefined(f"{file} is not a Python file", hint="name a file that ends in .py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    return module


def sources_below(root: Path, read: Iterable[str]) -> list[str]:
    """The files that the project was loaded from: those that it has read, and the imported ones below its folder."""
    found = set(read)
    for module in list(sys.modules.values()):
        file = getattr(module, "__file__", None)
        if not isinstance(file, str):
            continue
        path = Path(file)
        if path.is_relative_to(root) and not path.is_relative_to(_OWN_FOLDER) and "site-packages" not in path.parts:
            found.add(file)
    return sorted(found)
