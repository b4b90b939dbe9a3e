"""How a run in this process went."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from assettui.model.errors import NotFound
from assettui.model.events import AssetEvent, CheckEvaluation, Materialization, Observation
from assettui.model.keys import AssetKey, CoercibleToAssetKey
from assettui.model.run import StepStatus
from assettui.model.text import plural

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.definitions.computation import Computation
    from assettui.model.asset import ValueRef
    from assettui.model.project import StepOutput
    from assettui.model.run import StepError
    from assettui.model.step import StepOutcome


class RunBehind(Protocol):
    """The run that a result is of."""

    last: dict[AssetKey, Materialization]
    asset_events_by: dict[str, list[AssetEvent]]

    def computation(self, step_key: str) -> Computation | None: ...
    def value_of(self, materialization: Materialization) -> Any: ...
    def op_output_value(self, ref: ValueRef, source: StepOutput) -> Any: ...


class MaterializeInProcessResult:
    """How a run in this process went, and what it made.

    Args:
        run_id: The run.
        success: Whether every step that ran succeeded.
        outcomes: By step, in the order in which they ran or were skipped.
        run: What knows where the values are.
    """

    def __init__(self, run_id: str, success: bool, outcomes: Mapping[str, StepOutcome], run: RunBehind) -> None:
        self.run_id = run_id
        self.success = success
        self.outcomes = outcomes
        self._run = run

    def __repr__(self) -> str:
        return f"<run {self.run_id} {'succeeded' if self.success else 'failed'}: {', '.join(self.outcomes)}>"

    def output_for_node(self, name: str, output_name: str | None = None) -> Any:
        """The value that a step made.

        Args:
            name: The step: an asset's key or its last part, the name of a function that makes several, or of an op.
            output_name: Which of its outputs; may be left out where there is just one. Of a dynamic output, all its
                values by mapping key.

        Raises:
            NotFound: No such step succeeded, or it stored its data itself.
        """
        step = self._step_named(name)
        outcome = self.outcomes.get(step)
        if outcome is None or outcome.status is not StepStatus.SUCCESS:
            raise NotFound(f"the run made no {name!r}", hint=f"it made: {', '.join(self.outcomes) or 'nothing'}")
        op_outputs = [each for each in outcome.op_outputs if output_name in (None, each.source.output)]
        if op_outputs:
            values = {
                each.source.mapping_key: self._run.op_output_value(each.value, each.source) for each in op_outputs
            }
            return values.get(None, values)
        found = self._made_by(step, output_name)
        if len(found) != 1:
            raise NotFound(
                f"{name!r} made {plural(len(found), 'value')}" + (f" called {output_name!r}" if output_name else ""),
                hint="name one of its outputs, or ask asset_value(key)",
            )
        return self._value(found[0])

    def output_value(self, output_name: str = "result") -> Any:
        """The value of that output of the last step."""
        return self.output_for_node(list(self.outcomes)[-1], output_name)

    def asset_value(self, asset_key: CoercibleToAssetKey) -> Any:
        """The value of an asset that the run made.

        Raises:
            NotFound: The run did not make it, or it has no stored value.
        """
        key = AssetKey.from_coercible(asset_key)
        for found in self._all_made():
            if found.asset_key == key:
                return self._value(found)
        raise NotFound(f"the run made no {key}", hint=f"it made: {', '.join(self.outcomes) or 'nothing'}")

    def asset_materializations_for_node(self, name: str) -> list[Materialization]:
        """What was recorded of what the step of that name made; empty where it made nothing."""
        found = self._run.asset_events_by.get(self._step_named(name), ())
        return [each for each in found if isinstance(each, Materialization)]

    def asset_observations_for_node(self, name: str) -> list[Observation]:
        """What was recorded of what the step of that name saw; empty where it saw nothing."""
        found = self._run.asset_events_by.get(self._step_named(name), ())
        return [each for each in found if isinstance(each, Observation)]

    def get_asset_materialization_events(self) -> list[Materialization]:
        """What was recorded of all that the run made, in order."""
        return self._all_made()

    def get_asset_check_evaluations(self) -> list[CheckEvaluation]:
        """The results of the checks that the run has evaluated, in order."""
        return [
            each for made in self._run.asset_events_by.values() for each in made if isinstance(each, CheckEvaluation)
        ]

    @property
    def failures(self) -> dict[str, BaseException | None]:
        """Each step that failed, in order, with the user's own exception; None where there was none."""
        return {
            step: outcome.exception for step, outcome in self.outcomes.items() if outcome.status is StepStatus.FAILURE
        }

    def error_for_node(self, name: str) -> StepError | None:
        """Why the step of that name failed or was skipped; None where it succeeded."""
        outcome = self.outcomes.get(self._step_named(name))
        return outcome.error if outcome else None

    def exception_for_node(self, name: str) -> BaseException | None:
        """The user's own exception that the step of that name failed with; None where there was none."""
        outcome = self.outcomes.get(self._step_named(name))
        return outcome.exception if outcome else None

    def is_node_success(self, name: str) -> bool:
        """Whether the step of that name ran and succeeded."""
        return self._has_status(name, StepStatus.SUCCESS)

    def is_node_failed(self, name: str) -> bool:
        """Whether the step of that name ran and failed."""
        return self._has_status(name, StepStatus.FAILURE)

    def is_node_skipped(self, name: str) -> bool:
        """Whether the step of that name did not run."""
        return self._has_status(name, StepStatus.SKIPPED)

    def _has_status(self, name: str, status: StepStatus) -> bool:
        outcome = self.outcomes.get(self._step_named(name))
        return outcome is not None and outcome.status is status

    def _step_named(self, name: str) -> str:
        if name in self.outcomes:
            return name
        for separator in ("/", "."):
            for step in self.outcomes:
                if step.rsplit(separator, 1)[-1] == name:
                    return step
        # A graph's asset is made by the last of its ops.
        return next((step for step in reversed(list(self.outcomes)) if step.startswith(f"{name}.")), name)

    def _made_by(self, step: str, output_name: str | None) -> list[Materialization]:
        computation = self._run.computation(step)
        keys = [
            out.asset_key
            for out in (computation.outputs.values() if computation is not None else ())
            if output_name in (None, out.name)
        ]
        return [each for each in self.asset_materializations_for_node(step) if each.asset_key in keys]

    def _all_made(self) -> list[Materialization]:
        return [
            each for made in self._run.asset_events_by.values() for each in made if isinstance(each, Materialization)
        ]

    def _value(self, found: Materialization) -> Any:
        if found.value is None:
            raise NotFound(f"{str(found.asset_key)!r} stored its data itself, so there is no value to give")
        return self._run.value_of(found)
