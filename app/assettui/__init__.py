"""A local-first data orchestrator, built around assets, that lives in the terminal.

from assettui import asset

@asset
def sales(): ...

@asset
def total_by_country(sales): ...
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.core.errors import AssettuiError, DefinitionsError, StepFailed
from assettui.core.keys import AssetKey
from assettui.core.metadata import MetadataValue
from assettui.definitions.asset import AssetsDefinition, asset
from assettui.definitions.context import AssetExecutionContext, build_asset_context
from assettui.definitions.definitions import Definitions
from assettui.definitions.inputs import AssetIn
from assettui.definitions.results import MaterializeResult, Output
from assettui.definitions.spec import AssetSpec

if TYPE_CHECKING:
    from assettui.executors.in_process import MaterializeInProcessResult, materialize

__version__ = "0.1.0"

__all__ = [
    "AssetExecutionContext",
    "AssetIn",
    "AssetKey",
    "AssetSpec",
    "AssetsDefinition",
    "AssettuiError",
    "Definitions",
    "DefinitionsError",
    "MaterializeInProcessResult",
    "MaterializeResult",
    "MetadataValue",
    "Output",
    "StepFailed",
    "asset",
    "build_asset_context",
    "materialize",
]


def __getattr__(name: str) -> Any:
    # deferred: a worker that only has to run a step pays for neither the in-process executor nor the store
    if name in ("MaterializeInProcessResult", "materialize"):
        from assettui.executors import in_process

        return getattr(in_process, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
