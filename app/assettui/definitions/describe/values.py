"""What a step gives, and what stores it."""

from __future__ import annotations

from types import NoneType
from typing import TYPE_CHECKING

from msgspec.structs import replace

from assettui.definitions.binding import check_manager, output_type, value_type
from assettui.definitions.computation import ValueDeclaration
from assettui.definitions.io_managers import DEFAULT_IO_MANAGER
from assettui.definitions.spec import IO_MANAGER_METADATA, AssetSpec

if TYPE_CHECKING:
    from assettui.definitions.asset import AssetsDefinition
    from assettui.definitions.asset_outputs import AssetOutput
    from assettui.definitions.describe.draft import Draft
    from assettui.definitions.ops.composition import FlatOp
    from assettui.model.errors import Location


def declared_value(draft: Draft, definition: AssetsDefinition, output: AssetOutput) -> ValueDeclaration:
    """What is declared of an asset that a function makes."""
    spec = output.spec
    is_only = len(definition.outputs) == 1 and definition.composition is None
    annotation = output_type(definition.parameters.result if is_only else None, output.annotation)
    declared = ValueDeclaration(
        name=output.name,
        asset_key=spec.key,
        is_required=output.is_required,
        io_manager=manager_of(draft, output.io_manager_key, spec),
        annotation=None if annotation is NoneType else annotation,
        has_value=annotation is not NoneType,
        metadata=spec.metadata,
        has_content_version=spec.data_version == "content",
    )
    draft.values[spec.key] = declared
    return declared


def declared_by_op(
    draft: Draft, definition: AssetsDefinition, output: AssetOutput, flat_op: FlatOp, name: str
) -> ValueDeclaration:
    """What is declared of an asset that is what an op of a graph gives by one of its outputs."""
    annotation = value_type(flat_op.op.outputs[name].annotation)
    plain = declared_value(draft, definition, output)
    draft.values[output.spec.key] = replace(plain, name=name, annotation=None if annotation is NoneType else annotation)
    return draft.values[output.spec.key]


def manager_of(draft: Draft, key: str | None, spec: AssetSpec) -> str | None:
    """The name of the IO manager that stores an asset; None for the one that is there by itself."""
    if key is None:
        said = spec.metadata.get(IO_MANAGER_METADATA)
        key = spec.io_manager_key or (said if isinstance(said, str) else None)
    if key == DEFAULT_IO_MANAGER and key not in draft.resources:
        return None
    return key if key is not None else DEFAULT_IO_MANAGER if DEFAULT_IO_MANAGER in draft.resources else None


def check_managers(draft: Draft, step: str, at: Location) -> None:
    """Refuse what stores or reads a step's values and is not defined, or is no IO manager."""
    computation = draft.computations[step]
    for output in computation.outputs.values():
        if output.io_manager is not None:
            check_manager(f"asset {step}", at, output.io_manager, draft.resources, draft.problems)
    for declared in computation.inputs.values():
        if declared.io_manager is not None:
            check_manager(f"asset {step}", at, declared.io_manager, draft.resources, draft.problems)
