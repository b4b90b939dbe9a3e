"""Gathering what modules define."""

from __future__ import annotations

import importlib
import pkgutil
import sys
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from assettui.definitions.asset import AssetsDefinition
from assettui.definitions.checks import AssetCheckSpec
from assettui.definitions.definitions import Definitions, assets_among, flatten, in_namespace, is_check
from assettui.definitions.inputs import AssetIn
from assettui.definitions.spec import AssetDep, AssetSpec
from assettui.model.errors import AssettuiError
from assettui.model.keys import AssetKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import ModuleType

    from assettui.definitions.checks import AssetChecksDefinition


class CannotGather(AssettuiError):
    """Definitions cannot be gathered as they were asked for."""


def load_assets_from_modules(
    modules: Iterable[ModuleType],
    group_name: str | None = None,
    key_prefix: str | Sequence[str] | None = None,
    *,
    source_key_prefix: str | Sequence[str] | None = None,
) -> list[AssetsDefinition | AssetSpec]:
    """The assets that modules define, each once, in the order of their definition.

    Args:
        modules: Imported modules; what they import from each other counts once.
        group_name: The group of those that have none.
        key_prefix: Put before the keys of those that functions make; what they read of each other follows.
        source_key_prefix: Put before the keys of external assets.

    Raises:
        CannotGather: An asset has a group already, and another was given.
    """
    found = assets_among([value for module in modules for value in vars(module).values()])
    return _changed(found, group_name, key_prefix, source_key_prefix)


def load_assets_from_current_module(
    group_name: str | None = None,
    key_prefix: str | Sequence[str] | None = None,
    *,
    source_key_prefix: str | Sequence[str] | None = None,
) -> list[AssetsDefinition | AssetSpec]:
    """The assets that the calling module has defined so far; see `load_assets_from_modules`."""
    namespace = sys._getframe(1).f_globals  # pyright: ignore[reportPrivateUsage] - documented: the caller's module
    return _changed(assets_among(list(namespace.values())), group_name, key_prefix, source_key_prefix)


def load_assets_from_package_module(
    package_module: ModuleType,
    group_name: str | None = None,
    key_prefix: str | Sequence[str] | None = None,
    *,
    source_key_prefix: str | Sequence[str] | None = None,
) -> list[AssetsDefinition | AssetSpec]:
    """The assets of a package and of all modules below it; see `load_assets_from_modules`."""
    return load_assets_from_modules(
        list(_modules_of(package_module)), group_name, key_prefix, source_key_prefix=source_key_prefix
    )


def load_assets_from_package_name(
    package_name: str,
    group_name: str | None = None,
    key_prefix: str | Sequence[str] | None = None,
    *,
    source_key_prefix: str | Sequence[str] | None = None,
) -> list[AssetsDefinition | AssetSpec]:
    """The assets of the package of that name; see `load_assets_from_package_module`."""
    return load_assets_from_package_module(
        importlib.import_module(package_name), group_name, key_prefix, source_key_prefix=source_key_prefix
    )


def load_asset_checks_from_modules(
    modules: Iterable[ModuleType], asset_key_prefix: str | Sequence[str] | None = None
) -> list[AssetChecksDefinition]:
    """The checks that modules define, each once, in the order of their definition.

    Args:
        modules: Imported modules; what they import from each other counts once.
        asset_key_prefix: Put before the keys of the assets that they are of.
    """
    return _checks_among((value for module in modules for value in vars(module).values()), asset_key_prefix)


def load_asset_checks_from_current_module(
    asset_key_prefix: str | Sequence[str] | None = None,
) -> list[AssetChecksDefinition]:
    """The checks that the calling module has defined so far; see `load_asset_checks_from_modules`."""
    namespace = sys._getframe(1).f_globals  # pyright: ignore[reportPrivateUsage] - documented: the caller's module
    return _checks_among(list(namespace.values()), asset_key_prefix)


def load_asset_checks_from_package_module(
    package_module: ModuleType, asset_key_prefix: str | Sequence[str] | None = None
) -> list[AssetChecksDefinition]:
    """The checks of a package and of all modules below it; see `load_asset_checks_from_modules`."""
    return load_asset_checks_from_modules(list(_modules_of(package_module)), asset_key_prefix)


def load_asset_checks_from_package_name(
    package_name: str, asset_key_prefix: str | Sequence[str] | None = None
) -> list[AssetChecksDefinition]:
    """The checks of the package of that name; see `load_asset_checks_from_package_module`."""
    return load_asset_checks_from_package_module(importlib.import_module(package_name), asset_key_prefix)


def _checks_among(values: Iterable[Any], prefix: str | Sequence[str] | None) -> list[AssetChecksDefinition]:
    found: list[AssetChecksDefinition] = [value for value in flatten(values) if is_check(value)]
    return found if prefix is None else [each.with_key_prefix(prefix) for each in found]


def load_definitions_from_module(module: ModuleType) -> Definitions:
    """What a module defines: its `Definitions`, merged where there are several, or else its bare assets and jobs."""
    found = in_namespace(vars(module))
    return Definitions.merge(*found) if isinstance(found, list) else found


def load_from_defs_folder(
    *, project_root: str | Path | None = None, path_within_project: str | Path | None = None
) -> Definitions:
    """All that the Python files of a project's `defs` folder define.

    Args:
        project_root: The folder of the project: `defs` is looked for in it, and in the packages in it.
        path_within_project: A path in the project, such as `Path(__file__).parent`: `defs` is looked for in it, and
            in the folders above it.

    Raises:
        CannotGather: There is no such folder.
    """
    folder = _defs_folder(
        Path(project_root) if project_root is not None else None,
        Path(path_within_project) if path_within_project is not None else None,
    )
    modules = [_import_path(path, folder) for path in sorted(folder.rglob("*.py")) if "__pycache__" not in path.parts]
    gathered: list[Definitions] = []
    seen: set[int] = set()
    for module in modules:
        found = load_definitions_from_module(module)
        kinds = (found.assets, found.schedules, found.sensors, found.jobs, found.asset_checks)
        assets, schedules, sensors, jobs, checks = ([each for each in kind if id(each) not in seen] for kind in kinds)
        seen.update(map(id, [*assets, *schedules, *sensors, *jobs, *checks]))
        gathered.append(Definitions(assets, schedules, sensors, jobs, found.resources, checks, found.metadata))
    return Definitions.merge(*gathered)


def file_relative_path(dunderfile: str, relative_path: str) -> str:
    """A path beside a file: `file_relative_path(__file__, "data/users.csv")`."""
    return str(Path(dunderfile).parent / relative_path)


def _defs_folder(root: Path | None, inside: Path | None) -> Path:
    if inside is not None:
        start = inside if inside.is_dir() else inside.parent
        candidates = [each / "defs" for each in (start, *start.parents)]
        if start.name == "defs":
            candidates.insert(0, start)
    else:
        base = (root or Path.cwd()).absolute()
        candidates = [base / "defs", *sorted(base.glob("*/defs")), *sorted(base.glob("src/*/defs"))]
    for candidate in candidates:
        if candidate.is_dir():
            return candidate.absolute()
    raise CannotGather(
        f"there is no folder called defs in or above {inside or root or Path.cwd()}",
        hint="make one, or name a path in the project: path_within_project=Path(__file__).parent",
    )


def _import_path(path: Path, folder: Path) -> ModuleType:
    """Import a file by the name that it has in its package, or else by a name of its own below `defs`."""
    top = folder
    while (top.parent / "__init__.py").exists():
        top = top.parent
    base = top.parent if (folder / "__init__.py").exists() or top != folder else folder.parent
    parts = list(path.relative_to(base).with_suffix("").parts)
    if parts[-1] == "__init__":
        parts.pop()
    name = ".".join(parts)
    known = sys.modules.get(name)
    if known is not None and getattr(known, "__file__", None) == str(path):
        return known
    if str(base) not in sys.path:
        sys.path.insert(0, str(base))
    return importlib.import_module(name)


def _modules_of(package: ModuleType) -> Iterator[ModuleType]:
    yield package
    for info in pkgutil.walk_packages(getattr(package, "__path__", ()), f"{package.__name__}."):
        yield importlib.import_module(info.name)


def _changed(
    found: Sequence[AssetsDefinition | AssetSpec],
    group_name: str | None,
    key_prefix: str | Sequence[str] | None,
    source_key_prefix: str | Sequence[str] | None,
) -> list[AssetsDefinition | AssetSpec]:
    renamed: dict[AssetKey, AssetKey] = {}
    for each in flatten(found):
        prefix = key_prefix if isinstance(each, AssetsDefinition) else source_key_prefix
        keys = each.keys if isinstance(each, AssetsDefinition) else [each.key]
        if prefix is not None:
            renamed.update((key, key.with_prefix(prefix)) for key in keys)

    def change(spec: AssetSpec) -> AssetSpec:
        if group_name is not None and spec.group_name not in (None, group_name):
            raise CannotGather(
                f"{spec.at}: asset {spec.key} is in the group {spec.group_name!r}, and was to be put into {group_name!r}",
                hint="leave one of them out",
            )
        changed = spec.replace_attributes(
            group_name=group_name if group_name is not None else spec.group_name,
            deps=None if spec.given_deps is None else [_renamed(dep, renamed) for dep in spec.deps],
        )
        changed.key = renamed.get(spec.key, spec.key)
        return changed

    if group_name is None and not renamed:
        return list(found)
    return [
        _with_deps(each.map_asset_specs(change), renamed) if isinstance(each, AssetsDefinition) else change(each)
        for each in found
    ]


def _with_deps(definition: AssetsDefinition, renamed: Mapping[AssetKey, AssetKey]) -> AssetsDefinition:
    given = definition.arguments
    ins = {
        name: replace(asset_in, key=renamed.get(key, key), key_prefix=None)
        if (key := asset_in.key_for(name)) is not None
        else asset_in
        for name, asset_in in given.ins.items()
    }
    # A function reads by its parameters' names what was loaded with it, wherever that is now.
    for name in definition.parameters.named:
        if name not in ins and AssetKey((name,)) in renamed:
            ins[name] = AssetIn(renamed[AssetKey((name,))])
    deps = [given.deps] if isinstance(given.deps, str | AssetKey) else list(given.deps)
    checks = tuple(_of_renamed(check, renamed) for check in given.check_specs)
    definition.arguments = replace(given, ins=ins, deps=[_renamed(dep, renamed) for dep in deps], check_specs=checks)
    return definition


def _of_renamed(check: AssetCheckSpec, renamed: Mapping[AssetKey, AssetKey]) -> AssetCheckSpec:
    if not isinstance(check, AssetCheckSpec):  # pyright: ignore[reportUnnecessaryIsInstance] - told when it is described
        return check
    changed = copy(check)
    changed.given_asset = _renamed(check.given_asset, renamed)
    return changed


def _renamed(dep: Any, renamed: Mapping[AssetKey, AssetKey]) -> Any:
    if isinstance(dep, AssetDep):
        return AssetDep(_renamed(dep.asset, renamed))
    if isinstance(dep, AssetsDefinition | AssetSpec):
        keys = sorted(dep.keys) if isinstance(dep, AssetsDefinition) else [dep.key]
        return renamed.get(keys[0], keys[0]) if len(keys) == 1 else dep
    try:
        key = AssetKey.from_coercible(dep)
    except (TypeError, ValueError):
        return dep
    return renamed.get(key, key)
