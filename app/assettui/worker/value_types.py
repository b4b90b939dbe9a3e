"""Values are what they are said to be: checked when they are given, before they are stored, and when they are read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, cast

from assettui.definitions.binding import is_mapping
from assettui.definitions.placed import location_of
from assettui.definitions.value_types import OF_ANOTHER_CLASS, fault_of, name_of
from assettui.model.errors import AssettuiError
from assettui.model.metadata import as_metadata

if TYPE_CHECKING:
    from assettui.definitions.computation import Computation, InputDeclaration, ValueDeclaration
    from assettui.definitions.types import TypeCheck, TypeCheckContext
    from assettui.model.metadata import MetadataValue


class WrongType(AssettuiError):
    """A value is not what it is said to be.

    Args:
        what: What it is, in one line.
        hint: What to do.
        metadata: What its type says of it.
    """

    def __init__(self, what: str, *, hint: str, metadata: Mapping[str, MetadataValue]) -> None:
        super().__init__(what, hint=hint)
        self.metadata = metadata


class ValueTypes:
    """Checks the values of one step.

    Args:
        computation: What it runs.
        context: What the functions of types may use.
    """

    def __init__(self, computation: Computation, context: TypeCheckContext) -> None:
        self._computation = computation
        self._context = context

    def check_input(self, name: str, declared: InputDeclaration, value: Any) -> None:
        """Refuse what a function would be given.

        Raises:
            WrongType: It is not what its parameter is said to be.
        """
        found = fault_of(declared.annotation, value, self._context)
        if found is not None and not found.success:
            at = self._at()
            raise WrongType(
                f"{self._computation.key} takes {name!r} as {name_of(declared.annotation)}{at}, and it {_fault(found, value)}",
                hint="change the annotation of the parameter, or what makes the value",
                metadata=as_metadata(found.metadata),
            )

    def check_output(self, output: ValueDeclaration, value: Any, partitions: int = 1) -> dict[str, MetadataValue]:
        """Refuse what a function has given; what its type says of it where it is right.

        Args:
            output: What is declared of it.
            value: It.
            partitions: How many it is of: a mapping holds the value of each.

        Raises:
            WrongType: It is not what it is said to be.
        """
        annotation = output.annotation
        if partitions > 1 and isinstance(value, Mapping) and not is_mapping(annotation):
            parts = cast("Mapping[Any, Any]", value)
            return {
                name: each for key in parts for name, each in self._checked(output, parts[key], f" of {key}").items()
            }
        return self._checked(output, value, "")

    def _checked(self, output: ValueDeclaration, value: Any, which: str) -> dict[str, MetadataValue]:
        found = fault_of(output.annotation, value, self._context)
        if found is None:
            return {}
        if found.success:
            return as_metadata(found.metadata)
        what = str(output.asset_key) if output.asset_key is not None else self._computation.key
        if output.asset_key is None and output.name != "result":
            what = f"{what}.{output.name}"
        raise WrongType(
            f"{what} is said to be {name_of(output.annotation)}{self._at()}, and its value{which} {_fault(found, value)}",
            hint="return what the annotation says, or change it",
            metadata=as_metadata(found.metadata),
        )

    def _at(self) -> str:
        at = location_of(self._computation.fn)
        return f" ({at})" if at is not None else ""


def _fault(found: TypeCheck, value: Any) -> str:
    told = found.description
    if told is None:
        return "is not"
    if not told.startswith(OF_ANOTHER_CLASS):
        return f"is not: {told}"
    return f"is {told.removeprefix(OF_ANOTHER_CLASS)}" + (f": {value!r:.60}" if _is_short(value) else "")


def _is_short(value: Any) -> bool:
    """Whether a value can be shown in a line: a frame or an array cannot."""
    return isinstance(value, str | bytes | int | float | complex | tuple | list | dict | set | None)
