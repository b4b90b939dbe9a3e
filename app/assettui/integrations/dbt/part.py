"""A dbt project as a part of a project, or as all of it, without a line of Python.

`[tool.assettui] dbt = "shop"`, or a folder with a `dbt_project.yml` and nothing else. One function builds its models, seeds and
snapshots by `dbt build`. Its sources are external assets, unless something else of the project makes them; the tests of sources
are checks that run by themselves.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from assettui.definitions.definitions import Definitions
from assettui.integrations.dbt.assets import dbt_assets
from assettui.integrations.dbt.cli import DbtCliResource
from assettui.integrations.dbt.project import PROJECT_FILE, DbtProject
from assettui.integrations.dbt.sources import build_dbt_source_checks, build_dbt_source_specs
from assettui.model.errors import Location

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from assettui.definitions.context import AssetExecutionContext

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
    checks = build_dbt_source_checks([build], dbt)
    for each in checks:
        each.at = build.at
    return Definitions(assets=[build, *build_dbt_source_specs([build])], asset_checks=checks)
