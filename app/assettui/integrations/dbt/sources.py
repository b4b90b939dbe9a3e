"""The sources of dbt projects: as external assets with what dbt knows of them, and their tests as checks of those.

The tests of models are checks of the step that builds them. Those of sources belong to no asset that dbt makes: they are run alone,
by `dbt test`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import structs

from assettui.definitions.checks import AssetCheckSpec, multi_asset_check
from assettui.definitions.spec import AssetSpec
from assettui.integrations.dbt.assets import metadata_of_check, nodes_of_definition, place_of, remember
from assettui.model.errors import Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assettui.definitions.asset import AssetsDefinition
    from assettui.definitions.checks import AssetChecksDefinition
    from assettui.definitions.context import AssetCheckExecutionContext
    from assettui.integrations.dbt.assets import DbtNodes
    from assettui.integrations.dbt.cli import DbtCliResource
    from assettui.integrations.dbt.manifest import Node
    from assettui.model.keys import AssetKey

_NO_NAME: Final = re.compile(r"\W+")


def build_dbt_source_specs(dbt_assets: Sequence[AssetsDefinition]) -> list[AssetSpec]:
    """The sources of dbt projects as external assets: described, and their tables read as those of models are.

    Leave out those that something else of the project makes.

    Args:
        dbt_assets: Functions that were declared by `@dbt_assets`.

    Raises:
        NoSuchNode: A function was not.
    """
    found: dict[AssetKey, AssetSpec] = {}
    for definition in dbt_assets:
        nodes = nodes_of_definition(definition)
        for source in nodes.manifest.sources.values():
            spec = _spec(nodes, source, definition)
            found.setdefault(spec.key, spec)
    return list(found.values())


def _spec(nodes: DbtNodes, source: Node, definition: AssetsDefinition) -> AssetSpec:
    props, translator = nodes.props[source], nodes.translator
    resource, manager = next(iter(definition.arguments.resource_defs.items()), (None, None))
    place = place_of(manager, source) if manager is not None else {}
    spec = AssetSpec(
        translator.get_asset_key(props),
        description=translator.get_description(props) or None,
        metadata={**place, **translator.get_metadata(props)},
        group_name=_NO_NAME.sub("_", source.source_name or "") or None,
        tags=dict(translator.get_tags(props)),
        kinds=["source"],
    )
    spec.at = _at(nodes, source) or definition.at
    spec.io_manager_key = resource
    return spec


def build_dbt_source_checks(dbt_assets: Sequence[AssetsDefinition], dbt: DbtCliResource) -> list[AssetChecksDefinition]:
    """The tests of sources as checks, a function for each project that has any. The sources must be assets of the project.

    Args:
        dbt_assets: Functions that were declared by `@dbt_assets`.
        dbt: What runs dbt on their project.

    Raises:
        NoSuchNode: A function was not.
    """
    found = [_checks(nodes_of_definition(each), dbt, f"{each.step_name}_sources") for each in dbt_assets]
    return [each for each in found if each is not None]


def _checks(nodes: DbtNodes, dbt: DbtCliResource, name: str) -> AssetChecksDefinition | None:
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
        spec.at = _at(nodes, test) or spec.at

    @multi_asset_check(specs=specs, name=name, can_subset=True)
    def test_sources(context: AssetCheckExecutionContext) -> Iterator[Any]:
        yield from dbt.cli(["test"], context=context).stream()

    return test_sources


def _at(nodes: DbtNodes, node: Node) -> Location | None:
    return Location(str(nodes.folder / node.original_file_path), 1) if nodes.folder is not None else None
