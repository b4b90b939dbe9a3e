"""What a parameter receives that reads several partitions: a mapping by key, or one frame of all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from assettui.definitions.binding import is_mapping, value_of_mapping
from assettui.definitions.inputs import CONCATENATE
from assettui.model.errors import ValueStorageError
from assettui.values.frames import frame_kind, frame_named

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def gathered(
    what: str, keys: Sequence[str], load: Callable[[str, Any], Any], annotation: Any, *, concatenate: bool
) -> Any:
    """What a parameter receives.

    Annotated as a mapping, it is one from key to value, however many there are. Else one partition is its value,
    several are a mapping, or a frame where that is asked for, and none are None.

    Args:
        what: What is read, for messages.
        keys: The partitions, in order.
        load: Gives the value of a partition, as the kind of frame that an annotation names.
        annotation: Of the parameter; None where it has none.
        concatenate: Whether several frames are to be given as one, in the order of the partitions.

    Raises:
        ValueStorageError: A frame is wanted, and there are several; or one, and they are no frames.
    """
    if is_mapping(annotation):
        inner = value_of_mapping(annotation)
        return {key: load(key, inner) for key in keys}
    if concatenate and keys:
        return _concatenated(what, [load(key, annotation) for key in keys])
    if not keys:
        return None
    if len(keys) == 1:
        return load(keys[0], annotation)
    if frame_named(annotation) is not None:
        raise ValueStorageError(
            f"{what} is read for {len(keys)} partitions, and the parameter is annotated as one frame",
            hint=f'annotate it as dict[str, …], or have them put together: AssetIn(metadata={{"{CONCATENATE}": True}})',
        )
    return {key: load(key, None) for key in keys}


def _concatenated(what: str, frames: list[Any]) -> Any:
    if len(frames) == 1:
        return frames[0]
    kinds = {frame_kind(frame) for frame in frames}
    match kinds.pop() if len(kinds) == 1 else None:
        case "polars" | "polars-lazy":
            import polars  # deferred: 0.2 s

            return cast("Any", polars).concat(frames, how="diagonal_relaxed")
        case "pandas":
            import pandas  # pyright: ignore[reportMissingTypeStubs] - deferred: 0.5 s

            return cast("Any", pandas).concat(frames, ignore_index=True)
        case "pyarrow":
            import pyarrow  # pyright: ignore[reportMissingTypeStubs] - deferred: 0.1 s

            return cast("Any", pyarrow).concat_tables(frames, promote_options="permissive")
        case "spark":
            first, *others = frames
            for each in others:
                first = first.unionByName(each, allowMissingColumns=True)
            return first
        case _:
            raise ValueStorageError(
                f"the partitions of {what} cannot be put together: they are no frames of one kind",
                hint="take them as dict[str, …]",
            )
