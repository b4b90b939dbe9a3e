"""What a function gives: returned or yielded, at once or awaited, always one result after the other."""

from __future__ import annotations

import sys
from inspect import isasyncgen, isawaitable, isgenerator
from typing import TYPE_CHECKING, Any, cast

from assettui.definitions.results import DataVersion, DynamicOutput, MaterializeResult, ObserveResult, Output
from assettui.definitions.step_log import step_log
from assettui.model.errors import AssettuiError
from assettui.model.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from assettui.definitions.computation import Computation, ValueDeclaration


class BadResult(AssettuiError):
    """A function gave something that its definition does not allow."""


def results_of(returned: Any, computation: Computation, wanted: Mapping[str, ValueDeclaration]) -> Iterator[Any]:
    """What a function gives, one by one, each as one of the classes of results."""
    if isawaitable(returned):
        import asyncio  # deferred: 40 ms

        async def finish() -> Any:
            return await returned

        returned = asyncio.run(finish())
    if isasyncgen(returned):
        yield from _of_async(returned)
        return
    if isgenerator(returned):
        yield from returned
        return
    yield from _returned(returned, computation, wanted)


def _of_async(generator: Any) -> Iterator[Any]:
    import asyncio  # deferred: 40 ms

    async def gather() -> list[Any]:
        return [each async for each in generator]

    yield from asyncio.run(gather())


def _returned(returned: Any, computation: Computation, wanted: Mapping[str, ValueDeclaration]) -> Iterator[Any]:
    if computation.is_observation:
        yield _observed(returned, computation)
        return
    if isinstance(returned, Output | MaterializeResult | ObserveResult | DynamicOutput) or is_check_result(returned):
        yield returned
        return
    if computation.checks and not computation.outputs:
        yield from _checked(returned, computation)
        return
    only = next(iter(computation.outputs.values())) if len(computation.outputs) == 1 else None
    if only is not None and not only.is_dynamic and _are_results(returned):
        yield from returned
        return
    if only is not None and only.is_dynamic and isinstance(returned, list):
        yield from cast("list[Any]", returned)
        return
    if only is not None:
        if returned is None and not only.is_required:
            step_log().warning(
                "%s returned None, which is taken for its value; to leave it out, yield nothing", computation.key
            )
        yield Output(returned, only.name)
        return
    if returned is None:
        # A function that has stored all of it itself need not say so one by one.
        yield from (MaterializeResult(out.asset_key) for out in wanted.values() if not out.has_value)
        return
    parts: list[Any] = list(cast("list[Any]", returned)) if isinstance(returned, tuple | list) else [returned]
    if all(isinstance(part, Output | MaterializeResult | ObserveResult) or is_check_result(part) for part in parts):
        yield from parts
        return
    if len(parts) != len(wanted):
        raise BadResult(
            f"{computation.key} returned {plural(len(parts), 'value')} for {plural(len(wanted), 'output')}",
            hint=f"return a tuple of {', '.join(wanted)}, or yield an Output for each",
        )
    for name, part in zip(wanted, parts, strict=True):
        yield part if isinstance(part, Output | MaterializeResult) else Output(part, name)


def is_check_result(value: Any) -> bool:
    """Whether it is an `AssetCheckResult`."""
    known = sys.modules.get("assettui.definitions.checks")  # where nobody has imported it, there is none
    return known is not None and isinstance(value, known.AssetCheckResult)


def _are_results(returned: Any) -> bool:
    """Whether it is what a function says of an asset and its checks, rather than a value that happens to be a list."""
    parts = cast("tuple[Any, ...]", returned) if isinstance(returned, tuple | list) else ()
    return bool(parts) and all(isinstance(part, MaterializeResult) or is_check_result(part) for part in parts)


def _checked(returned: Any, computation: Computation) -> Iterator[Any]:
    parts: list[Any] = list(cast("list[Any]", returned)) if isinstance(returned, tuple | list) else [returned]
    for part in parts:
        if not is_check_result(part):
            raise BadResult(
                f"the check {computation.key} returned {'nothing' if part is None else type(part).__name__}",
                hint="return AssetCheckResult(passed=…)",
            )
    yield from parts


def _observed(returned: Any, computation: Computation) -> ObserveResult:
    match returned:
        case ObserveResult():
            return returned
        case DataVersion():
            return ObserveResult(data_version=returned)
        case None:
            return ObserveResult()
        case _:
            raise BadResult(
                f"{computation.key} observed {type(returned).__name__}",
                hint="return a DataVersion or an ObserveResult, or nothing",
            )
