"""A dbt project as a part of a project, or as all of it, without a line of Python.

`[tool.assettui] dbt = "shop"`, or a folder with a `dbt_project.yml` and nothing else. One function builds its models, seeds and
snapshots by `dbt build`. Its sources are external assets, unless something else of the project makes them; the tests of sources
are checks that run by themselves.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import structs

from assettui.definitions.checks import AssetCheckSpec, multi_asset_check
from assettui.definitions.definitions import Definitions
from assettui.definitions.spec import AssetSpec
from assettui.integrations.dbt.assets import dbt_assets, metadata_of_check, nodes_of_definition, place_of, remember
from assettui.integrations.dbt.cli import DbtCliResource
from assettui.integrations.dbt.project import PROJECT_FILE, DbtProject
from assettui.model.errors import Location

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from assettui.definitions.asset import AssetsDefinition
    from assettui.definitions.checks import AssetChecksDefinition
    from assettui.definitions.context import AssetCheckExecutionContext, AssetExecutionContext
    from assettui.integrations.dbt.assets import DbtNodes

_NO_NAME: Final = re.compile(r"\W+")


def definitions(
    root: Path, path: str, profiles_dir: str | None = None, profile: str | None = None, target: str | None = None
) -> Definitions:
    """The definitions of a dbt project.

    Args:
        root: The folder of the project.
        path: The folder of the dbt project, from there.
        profiles_dir: The folder of its profiles, from there.
        profile: Which of them.
        target: Which target of it.

    Raises:
        BadProject: There is no dbt project there, or dbt cannot make anything of it.
        BadManifest: What dbt has written is not understood, or there is nothing to build.
    """
    project = DbtProject(
        root / path,
        profiles_dir=root / profiles_dir if profiles_dir is not None else None,
        profile=profile,
        target=target,
    )
    project.prepare_if_dev()
    dbt = DbtCliResource(project_dir=project)
    name = _NO_NAME.sub("_", project.name)

    @dbt_assets(manifest=project.manifest_path, project=project, name=f"dbt_{name}")
    def build(context: AssetExecutionContext) -> Iterator[Any]:
        yield from dbt.cli(["build"], context=context).stream()

    build.at = Location(str(project.project_dir / PROJECT_FILE), 1)  # not the function's, which is ours
    nodes = nodes_of_definition(build)
    checks = _source_checks(nodes, dbt, f"dbt_{name}_sources", project.project_dir)
    return Definitions(
        assets=[build, *_sources(nodes, build, project)], asset_checks=[checks] if checks is not None else []
    )


def _sources(nodes: DbtNodes, build: AssetsDefinition, project: DbtProject) -> list[AssetSpec]:
    """The sources, as external assets whose tables are read as those of the models are."""
    resource, manager = next(iter(build.arguments.resource_defs.items()))
    found: list[AssetSpec] = []
    for source in nodes.manifest.sources.values():
        props, translator = nodes.props[source], nodes.translator
        spec = AssetSpec(
            translator.get_asset_key(props),
            description=translator.get_description(props) or None,
            metadata={**place_of(manager, source), **translator.get_metadata(props)},
            group_name=_NO_NAME.sub("_", source.source_name or "") or None,
            tags=dict(translator.get_tags(props)),
            kinds=["source"],
        )
        spec.at = Location(str(project.project_dir / source.original_file_path), 1)
        spec.io_manager_key = resource
        found.append(spec)
    return found


def _source_checks(nodes: DbtNodes, dbt: DbtCliResource, name: str, folder: Path) -> AssetChecksDefinition | None:
    """The tests of sources alone: those of models are checks of the step that builds them."""
    manifest, translator = nodes.manifest, nodes.translator
    keys = {source.unique_id: translator.get_asset_key(nodes.props[source]) for source in manifest.sources.values()}
    tests = {
        (keys[about], test.name): test
        for about, found in manifest.tests_of(manifest.sources).items()
        for test in found
        if test.unique_id not in nodes.checks_by_id
    }
    if not tests:
        return None
    by_id = {test.unique_id: check for check, test in tests.items()}
    remember(structs.replace(nodes, assets={}, by_id={}, checks=tests, checks_by_id=by_id), set(keys.values()))
    specs = [
        AssetCheckSpec(check, asset=key, description=test.description or None, metadata=metadata_of_check(test))
        for (key, check), test in tests.items()
    ]

    for spec, test in zip(specs, tests.values(), strict=True):
        spec.at = Location(str(folder / test.original_file_path), 1)

    @multi_asset_check(specs=specs, name=name, can_subset=True)
    def test_sources(context: AssetCheckExecutionContext) -> Iterator[Any]:
        yield from dbt.cli(["test"], context=context).stream()

    test_sources.at = Location(str(folder / PROJECT_FILE), 1)
    return test_sources
