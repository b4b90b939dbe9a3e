"""Packages that the interpreter does not have: what is said of them, with the command that installs them."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, Final

from assettui.model.errors import AssettuiError
from assettui.worker.start import install_command

if TYPE_CHECKING:
    from collections.abc import Mapping

_OURS: Final = {
    "pydantic": ("classes of configuration and of resources", "pydantic>=2.10"),
    "PIL": ("pictures", "pillow"),
    "textual_image": ("pictures in Sixel", "textual-image"),
    "yaml": ("SQL files", "pyyaml"),
    "sqlglot": ("SQL files", "sqlglot[c]"),
    "duckdb": ("tables of DuckDB", "duckdb"),
    "adbc_driver_postgresql": ("tables of PostgreSQL", "assettui[postgres]"),
}
"""What assettui itself imports where it is needed, for what, and how it is asked for. An interpreter of the user's may lack it."""


class MissingPackage(AssettuiError):
    """Something of assettui needs a package that this interpreter does not have."""


def missing_package(error: BaseException) -> MissingPackage | None:
    """What is said of an import that has failed, where assettui needs what it would have imported."""
    name = (error.name or "").partition(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if name not in _OURS or find_spec(name) is not None or not _is_imported_by_us(error):
        return None
    what, requirement = _OURS[name]
    return MissingPackage(
        f"{what} need {name}, which {sys.executable} does not have", hint=install_command(requirement)
    )


def _is_imported_by_us(error: BaseException) -> bool:
    """Whether it is assettui that imports it, and not the user's own code."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is None or trace.tb_frame.f_globals.get("__name__", "").startswith("assettui.")


def hint_of_missing(error: BaseException, options: Mapping[str, Any]) -> str | None:
    """Where user code imports what its interpreter does not have: which one that is, and how another is named.

    Args:
        error: What was raised.
        options: Those of the worker.
    """
    if not isinstance(error, ModuleNotFoundError) or not error.name or "." in error.name:
        return None
    return f"it is imported by {options.get('interpreter', sys.executable)}; another is named by --python PATH, or by `python` in the settings"
