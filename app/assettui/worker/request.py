"""What a worker is asked to do, and what it answers: values that travel as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from assettui.core.keys import AssetKey
from assettui.core.planning import StepPlan
from assettui.core.records import Materialization, StepError, StepStatus, ValueRef

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.core.metadata import JsonObject


@dataclass(frozen=True, slots=True)
class StepRequest:
    """All that a step needs: nothing in it assumes that it runs on the leader's machine but the paths."""

    run_id: str
    step: StepPlan
    values: Mapping[AssetKey, ValueRef | None]
    """The stored value of each asset that the step reads; None where it was made without one."""
    input_versions: Mapping[str, str | None]
    """Data version of each upstream asset, by key."""
    version: str
    """Names the versions of values that this attempt stores; unique among all attempts."""
    stdout: str = ""
    """Absolute path of the file that receives what the step prints; empty leaves stdout as it is."""
    stderr: str = ""

    def to_json(self) -> JsonObject:
        """As JSON."""
        return {
            "run_id": self.run_id,
            "step": self.step.to_json(),
            "values": {str(key): ref.to_json() if ref else None for key, ref in self.values.items()},
            "input_versions": dict(self.input_versions),
            "version": self.version,
            "stdout": self.stdout,
            "stderr": self.stderr,
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> StepRequest:
        """The request that `to_json` wrote."""
        return StepRequest(
            run_id=data["run_id"],
            step=StepPlan.from_json(data["step"]),
            values={
                AssetKey(key): ValueRef.from_json(ref) if ref is not None else None
                for key, ref in data["values"].items()
            },
            input_versions=data["input_versions"],
            version=data["version"],
            stdout=data["stdout"],
            stderr=data["stderr"],
        )


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """How a step ended."""

    status: StepStatus
    materializations: tuple[Materialization, ...] = ()
    """What it made, its values stored; empty unless it succeeded."""
    error: StepError | None = None
    exception: BaseException | None = field(default=None, compare=False)
    """The user's own exception; it does not travel."""

    def to_json(self) -> JsonObject:
        """As JSON, without the exception."""
        return {
            "status": self.status.value,
            "materializations": [
                {"asset": str(each.asset_key), "time_us": each.time_us, "run_id": each.run_id, **each.payload()}
                for each in self.materializations
            ],
            "error": self.error.to_json() if self.error else None,
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> StepOutcome:
        """The outcome that `to_json` wrote."""
        return StepOutcome(
            StepStatus(data["status"]),
            tuple(
                Materialization.from_payload(AssetKey(each["asset"]), each["time_us"], each["run_id"], each)
                for each in data["materializations"]
            ),
            StepError.from_json(data["error"]) if data["error"] else None,
        )
