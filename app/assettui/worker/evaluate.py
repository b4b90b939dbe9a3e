"""Evaluating a schedule or a sensor: the one place where its function is entered.

Whatever comes out of it, an exception of any kind included, becomes an `Evaluation`.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from assettui.core.timeline import zone_named
from assettui.definitions.context import ContextRun
from assettui.definitions.resources import ResourceSet
from assettui.definitions.schedule import ScheduleDefinition, ScheduleEvaluationContext
from assettui.definitions.sensor import SensorEvaluationContext
from assettui.model.run import StepError
from assettui.model.tick import Evaluation
from assettui.model.timing import SECOND_US
from assettui.worker.errors import step_error

if TYPE_CHECKING:
    from assettui.definitions.computation import Described
    from assettui.worker.orders import EvaluationRequest


def evaluate(request: EvaluationRequest, project: Described) -> Evaluation:
    """Call the function of a schedule or sensor, and take what it asks for.

    Returns:
        What it comes to; of one that failed, why. Nothing is raised.
    """
    if request.is_of_conditions:
        return _conditions(request, project)
    definition = project.instigators.get(request.name)
    if definition is None:
        return Evaluation(error=StepError(f"the project no longer defines {request.name}"))
    run = ContextRun("", None, {}, {})
    try:
        with ResourceSet(project.resources, {}, run) as resources:
            given = resources.scoped(sorted(definition.required_resource_keys))
            store = request.store or None
            if isinstance(definition, ScheduleDefinition):
                due = datetime.fromtimestamp(request.scheduled_us / SECOND_US, UTC)
                due = due.astimezone(zone_named(definition.execution_timezone or "UTC"))
                context = ScheduleEvaluationContext(
                    due, instance=store, resources=given, schedule_name=definition.called
                )
                return definition.evaluate(context, resources)
            sensing = SensorEvaluationContext(
                request.cursor,
                instance=store,
                resources=given,
                sensor_name=definition.name,
                last_tick_completion_time=_seconds(request.last_ended_us),
                last_run_key=request.last_run_key,
                last_sensor_start_time=_seconds(request.since_us),
                is_first_tick_since_sensor_start=request.is_first,
                asset_events=request.asset_events,
                run_events=request.run_events,
                again=request.again,
                told=step_error,
            )
            return definition.evaluate(sensing, resources)
    except BaseException as error:  # noqa: BLE001 - user code is entered here, and may raise anything
        return Evaluation(error=step_error(error))


def _seconds(time_us: int | None) -> float | None:
    return None if time_us is None else time_us / SECOND_US


def _conditions(request: EvaluationRequest, project: Described) -> Evaluation:
    """Evaluate the automation conditions of the user's own: one that raises something spoils none of the others."""
    from assettui.core.graph import AssetGraph  # deferred, with the next: few projects have such conditions
    from assettui.core.partitioned_graph import PartitionedGraph
    from assettui.core.partitions.definition import AsOf
    from assettui.definitions.automation_context import evaluate_user_conditions
    from assettui.model.tick import ConditionResult

    graph = AssetGraph.of(project.snapshot)
    partitioned = PartitionedGraph(graph, AsOf(request.scheduled_us, request.dynamic))
    found = evaluate_user_conditions(project.user_conditions, graph, partitioned, request.scheduled_us)
    results = [ConditionResult(str(entity), number, f"{bits:x}") for (entity, number), bits in found.found.items()]
    results += [
        ConditionResult(str(entity), number, error=step_error(error))
        for (entity, number), error in found.failed.items()
    ]
    return Evaluation(conditions=tuple(results))
