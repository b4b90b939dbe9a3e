"""Executing one step: read the inputs, call the user's function, store what it returns.

The one place where an asset function is entered. Whatever comes out of it, an exception of any kind included, becomes
an outcome.
"""

from __future__ import annotations

from dataclasses import replace
from inspect import isawaitable, isgenerator
from typing import TYPE_CHECKING, Any, Protocol, cast

from assettui.core.errors import AssettuiError, ValueStorageError
from assettui.core.keys import AssetKey
from assettui.core.metadata import MetadataValue, as_metadata
from assettui.core.records import Materialization, StepStatus, ValueRef
from assettui.core.versions import default_data_version
from assettui.definitions.context import AssetExecutionContext
from assettui.definitions.results import MaterializeResult, Output
from assettui.values.formats import row_count
from assettui.worker.errors import Canceled, step_error
from assettui.worker.request import StepOutcome, StepRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from assettui.definitions.asset import AssetsDefinition

ROW_COUNT_NAMES = ("row_count", "dagster/row_count")
"""Metadata that says how many rows an asset has; the second is the name that Dagster documents."""


class Values(Protocol):
    """Where a step's values are stored and loaded; see `FileValues` for what each call guarantees and raises."""

    def store(self, asset_key: AssetKey, value: Any, version: str) -> ValueRef:
        """Keep a value as a new version."""
        ...

    def load(self, ref: ValueRef, annotation: Any = None) -> Any:
        """Give a stored value back."""
        ...


class BadResult(AssettuiError):
    """An asset function returned something that its definition does not allow."""


def execute_step(
    request: StepRequest, definitions: Mapping[AssetKey, AssetsDefinition], values: Values, now: Callable[[], int]
) -> StepOutcome:
    """Run the function of one step and store its result.

    Args:
        request: What to run, and where its inputs are.
        definitions: The project's functions, by key.
        values: Where values are.
        now: The clock: microseconds since the epoch, UTC.

    Returns:
        How it ended; the outcome of a failure holds the exception itself. Nothing is raised.
    """
    started_us = now()
    try:
        return _execute(request, definitions, values, now, started_us)
    except BaseException as error:  # noqa: BLE001 - user code is entered here, and may raise anything
        status = StepStatus.CANCELED if isinstance(error, Canceled) else StepStatus.FAILURE
        return StepOutcome(status, error=step_error(error), exception=error)


def _execute(
    request: StepRequest,
    definitions: Mapping[AssetKey, AssetsDefinition],
    values: Values,
    now: Callable[[], int],
    started_us: int,
) -> StepOutcome:
    key = request.step.assets[0]
    definition = definitions.get(key)
    if definition is None:
        raise BadResult(f"the project no longer defines {key}", hint="it was edited after the run was asked for")
    parameters = definition.parameter_names
    arguments = {
        each.name: _load(key, each.key, request, values, parameters.annotations.get(each.name))
        for each in request.step.inputs
    }
    context = AssetExecutionContext(key, request.run_id)
    if parameters.context is not None:
        arguments[parameters.context] = context
    result = _single_result(key, definition.fn(**arguments))
    arguments.clear()  # the inputs may be large, and the result is still to be written
    made = _materialization(request, key, result, context.output_metadata, values)
    ended_us = now()
    return StepOutcome(StepStatus.SUCCESS, (replace(made, time_us=ended_us, duration_us=ended_us - started_us),))


def _load(reader: AssetKey, key: AssetKey, request: StepRequest, values: Values, annotation: Any) -> Any:
    if key not in request.values:
        raise BadResult(
            f"{reader} reads {key}, which was never materialized",
            hint=f"build it with what lies upstream: assettui materialize +{reader}",
        )
    ref = request.values[key]
    if ref is None:
        raise ValueStorageError(
            f"{reader} reads {key}, whose function stored its data itself",
            hint=f"return the value from {key}, or take {key} in deps and read its data in the function",
        )
    return values.load(ref, annotation)


def _single_result(key: AssetKey, returned: Any) -> Any:
    if isawaitable(returned):
        import asyncio  # deferred: 40 ms

        async def finish() -> Any:
            return await returned

        returned = asyncio.run(finish())
    if not isgenerator(returned):
        return returned
    results: list[Any] = list(_drain(returned))
    if len(results) != 1:
        raise BadResult(f"{key} yielded {len(results)} results, not one", hint="yield one Output or MaterializeResult")
    if not isinstance(results[0], Output | MaterializeResult):
        raise BadResult(
            f"{key} yielded {type(results[0]).__name__}",
            hint="yield an Output or a MaterializeResult, or return a value",
        )
    return results[0]  # pyright: ignore[reportUnknownVariableType] - an Output of anything


def _drain(generator: Iterable[Any]) -> Iterable[Any]:
    """What a generator yields, up to the second: a function that yields without end must not be gathered."""
    for count, item in enumerate(generator, 1):
        yield item
        if count == 2:
            return


def _materialization(
    request: StepRequest, key: AssetKey, result: Any, said: Mapping[str, MetadataValue], values: Values
) -> Materialization:
    metadata, data_version, ref, rows = dict(said), None, None, None
    match result:
        case Output():
            output = cast("Output[Any]", result)
            metadata.update(as_metadata(output.metadata))
            data_version = output.data_version
            ref, rows = values.store(key, output.value, request.version), row_count(output.value)
        case MaterializeResult():
            if result.asset_key is not None and AssetKey.from_coercible(result.asset_key) != key:
                raise BadResult(f"{key} returned a MaterializeResult for {result.asset_key}")
            metadata.update(as_metadata(result.metadata))
            data_version = result.data_version
        case _:
            ref, rows = values.store(key, result, request.version), row_count(result)
    for name in ROW_COUNT_NAMES:
        said_rows = metadata.get(name)
        if said_rows is not None and isinstance(said_rows.value, int):
            rows = said_rows.value
    code_version = (request.step.code_versions or {}).get(key)
    return Materialization(
        asset_key=key,
        time_us=0,
        run_id=request.run_id,
        data_version=data_version or default_data_version(code_version, request.input_versions, request.run_id),
        code_version=code_version,
        input_versions=request.input_versions,
        rows=rows,
        value=ref,
        metadata=metadata,
    )
