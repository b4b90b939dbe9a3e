"""Plans of runs: values that one reader carries out and another explains."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from assettui.core.errors import LaunchError
from assettui.core.keys import AssetKey
from assettui.core.snapshot import InputSnapshot

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assettui.core.graph import AssetGraph
    from assettui.core.metadata import JsonObject


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One step of a run, with all that must be known to start it."""

    key: str
    assets: tuple[AssetKey, ...]
    after: tuple[str, ...] = ()
    """The steps of the same run that must have succeeded."""
    inputs: tuple[InputSnapshot, ...] = ()
    upstream: tuple[AssetKey, ...] = ()
    """All that it depends on: their data versions are recorded with the result."""
    code_versions: Mapping[AssetKey, str] | None = None
    """Of those of its assets that have one."""

    def to_json(self) -> JsonObject:
        """Compact: what is empty is left out."""
        data: dict[str, Any] = {"key": self.key, "assets": [str(key) for key in self.assets]}
        if self.after:
            data["after"] = list(self.after)
        if self.inputs:
            data["inputs"] = [[each.name, str(each.key)] for each in self.inputs]
        if self.upstream:
            data["upstream"] = [str(key) for key in self.upstream]
        if self.code_versions:
            data["code_versions"] = {str(key): version for key, version in self.code_versions.items()}
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> StepPlan:
        """The step that `to_json` wrote."""
        return StepPlan(
            key=data["key"],
            assets=tuple(AssetKey(key) for key in data["assets"]),
            after=tuple(data.get("after", ())),
            inputs=tuple(InputSnapshot(name, AssetKey(key)) for name, key in data.get("inputs", ())),
            upstream=tuple(AssetKey(key) for key in data.get("upstream", ())),
            code_versions={AssetKey(key): version for key, version in data.get("code_versions", {}).items()},
        )


@dataclass(frozen=True, slots=True)
class RunPlan:
    """The steps of a run, upstream before downstream."""

    steps: tuple[StepPlan, ...]

    @property
    def assets(self) -> tuple[AssetKey, ...]:
        """All that the run materializes."""
        return tuple(key for step in self.steps for key in step.assets)

    def to_json(self) -> JsonObject:
        """As JSON."""
        return {"steps": [step.to_json() for step in self.steps]}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> RunPlan:
        """The plan that `to_json` wrote."""
        return RunPlan(tuple(StepPlan.from_json(step) for step in data["steps"]))


def plan_run(graph: AssetGraph, keys: Iterable[AssetKey], available: Iterable[AssetKey] | None = None) -> RunPlan:
    """The steps that materialize the given assets, each as soon as what it needs from the same run is there.

    External assets among them are left out: nothing here can make them.

    Args:
        graph: The project's graph.
        keys: What is to be materialized.
        available: The assets whose values can be loaded already, or will be by the time; None where it is not known.

    Raises:
        LaunchError: Nothing is left to materialize, or a step would read a value that is not there.
    """
    wanted = [key for key in graph.sort(keys) if not graph.assets[key].is_external]
    if not wanted:
        raise LaunchError(
            "nothing to materialize: what was selected is external", hint="select an asset that the project computes"
        )
    step_of = {key: step for key in wanted if (step := graph.assets[key].step) is not None}
    if available is not None:
        _refuse_missing_inputs(graph, step_of, frozenset(available))
    steps: dict[str, StepPlan] = {}
    for key in wanted:
        name = step_of[key]
        if name not in steps:
            steps[name] = _plan_step(graph, name, step_of)
    return RunPlan(tuple(steps.values()))


def _plan_step(graph: AssetGraph, name: str, step_of: Mapping[AssetKey, str]) -> StepPlan:
    assets = tuple(key for key in graph.steps[name] if key in step_of)
    upstream = dict.fromkeys(above for key in assets for above in graph.upstream[key])
    after = dict.fromkeys(step_of[above] for above in upstream if above in step_of and step_of[above] != name)
    inputs = dict.fromkeys(each for key in assets for each in graph.assets[key].inputs)
    return StepPlan(
        key=name,
        assets=assets,
        after=tuple(after),
        inputs=tuple(inputs),
        upstream=tuple(upstream),
        code_versions={key: version for key in assets if (version := graph.assets[key].code_version) is not None},
    )


def _refuse_missing_inputs(graph: AssetGraph, step_of: Mapping[AssetKey, str], available: frozenset[AssetKey]) -> None:
    for key in step_of:
        for each in graph.assets[key].inputs:
            if each.key not in step_of and each.key not in available:
                if graph.assets[each.key].is_external:
                    raise LaunchError(
                        f"{key} reads {each.key}, which is external: nothing here has stored its value",
                        hint="take it in deps instead, and read its data in the function",
                    )
                raise LaunchError(
                    f"{key} reads {each.key}, which was never materialized",
                    hint=f"build it with what lies upstream: assettui materialize +{key}",
                )
