"""The tables of a dbt project as values: read directly where the database is known, and through `dbt show` where it is not."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any, Final

from assettui.definitions.io_managers import IOManager
from assettui.integrations.database import DatabaseIOManager
from assettui.integrations.dbt.profile import url_of
from assettui.integrations.dbt.project import INSTALL, DbtProject, dbt_command
from assettui.integrations.programs import shown
from assettui.model.errors import ValueStorageError
from assettui.values.frames import converted, frame_named

if TYPE_CHECKING:
    from assettui.definitions.io_managers import InputContext, OutputContext

RELATION: Final = "relation"
"""The metadata that holds the table, as SQL names it."""


_known: Final[dict[tuple[str, ...], DatabaseIOManager | DbtShow]] = {}


def tables_of(project: DbtProject) -> DatabaseIOManager | DbtShow:
    """What loads the tables that dbt has made: the same one for each function of a project, whose profile is read once."""
    options = tuple(project.options())
    if options not in _known:
        url = url_of(project)
        _known[options] = DatabaseIOManager(url=url) if url is not None else DbtShow(project)
    return _known[options]


class DbtShow(IOManager):
    """Loads a table by `dbt show`, which knows every database that dbt does. It takes seconds, and numbers come as JSON has them.

    Args:
        project: The project.
    """

    def __init__(self, project: DbtProject) -> None:
        self._project = project

    def handle_output(self, context: OutputContext, obj: Any) -> None:
        """Refuse: dbt makes the tables.

        Raises:
            ValueStorageError: Always.
        """
        raise ValueStorageError(
            f"dbt makes the table of {context.asset_key}, and no function", hint="name another IO manager"
        )

    def load_input(self, context: InputContext) -> Any:
        """The table, as the kind of frame that the annotation names, else as polars'.

        Raises:
            ValueStorageError: dbt cannot give it, or a part of it is asked for.
        """
        upstream = context.upstream_output or context
        if upstream.has_asset_partitions:
            raise ValueStorageError(
                f"partitions of {upstream.asset_key} cannot be read through dbt",
                hint="name an IO manager of the database: @dbt_assets(io_manager_key=…)",
            )
        import polars as pl  # deferred: 0.2 s

        rows = show(self._project, f"select * from {upstream.definition_metadata[RELATION]}")  # noqa: S608 - dbt's own name
        return converted(pl.DataFrame(rows, infer_schema_length=None), frame_named(context.annotation) or "polars")


def show(project: DbtProject, sql: str) -> list[dict[str, Any]]:
    """The rows of a query, by dbt.

    Raises:
        ValueStorageError: dbt cannot give them.
    """
    command = [
        *dbt_command(),
        "--quiet",
        "--no-use-colors",
        "show",
        "--inline",
        sql,
        "--limit",
        "-1",
        "--output",
        "json",
    ]
    command += project.options()
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, cwd=project.project_dir
        )
    except OSError as error:
        raise ValueStorageError(f"{shown(command)} cannot be started: {error.strerror}", hint=INSTALL) from None
    start = done.stdout.find("{")
    if done.returncode != 0 or start < 0:
        raise ValueStorageError(f"dbt cannot give the rows: {(done.stdout + done.stderr).strip()}")
    return json.loads(done.stdout[start:])["show"]
