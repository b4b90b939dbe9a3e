"""SQL files as a part of a project, without a line of Python: `[tool.assettui] sql = "models"`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.definitions.definitions import Definitions
from assettui.integrations.sql.assets import load_sql_assets
from assettui.integrations.sql.connection import USUAL

if TYPE_CHECKING:
    from pathlib import Path


def definitions(root: Path, path: str, connection: str = USUAL) -> Definitions:
    """The definitions of a folder of SQL files.

    Args:
        root: The folder of the project.
        path: The folder of the files, from there.
        connection: Where they run.

    Raises:
        AssettuiError: See `load_sql_assets`.
    """
    return Definitions(assets=load_sql_assets(root / path, connection=connection))
