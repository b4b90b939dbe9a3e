"""Plans of runs: values that one reader carries out and another explains."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from assettui.core.errors import LaunchError
from assettui.core.keys import AssetKey
from assettui.core.masking import masked
from assettui.core.snapshot import InputSnapshot, StepOutput, StepSnapshot, Wire

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence

    from assettui.core.graph import AssetGraph
    from assettui.core.metadata import JsonObject
    from assettui.core.snapshot import JobSnapshot


class StepPlan(Struct, frozen=True):
    """One step of a run, with all that must be known to start it."""

    key: str
    assets: tuple[AssetKey, ...] = ()
    after: tuple[str, ...] = ()
    """The steps of the same run that must have succeeded."""
    inputs: tuple[InputSnapshot, ...] = ()
    upstream: tuple[AssetKey, ...] = ()
    """All that it depends on: their data versions are recorded with the result."""
    code_versions: Mapping[AssetKey, str] | None = None
    """Of those of its assets that have one."""
    wires: tuple[Wire, ...] = ()
    fan_out: StepOutput | None = None
    """The dynamic output for each of whose keys the step is to be copied, once they are known."""
    computes: str | None = None
    """The step of the project that it carries out, where its own key is another: a copy, or a part of it."""
    mapping_key: str | None = None
    """Of a copy: the key of the dynamic output that it was made for."""
    serves: AssetKey | None = None
    """Of an op that makes no asset itself: the one that it works for."""
    is_partitioned: bool = False
    """Whether it is carried out for the partitions of the run."""
    pool: str | None = None
    """The pool of slots, shared by all runs, that it takes one from."""
    timeout_s: float | None = None
    """How long it may take, in seconds."""

    @property
    def subject(self) -> AssetKey | None:
        """The asset whose dependencies say which partitions it reads; None where it is of none."""
        return self.assets[0] if self.assets else self.serves

    @property
    def computation(self) -> str:
        """The step of the project that it carries out."""
        return self.computes or self.key

    def to_json(self) -> JsonObject:
        """Compact: what is empty is left out."""
        data: dict[str, Any] = {"key": self.key, "assets": [str(key) for key in self.assets]}
        if self.after:
            data["after"] = list(self.after)
        if self.inputs:
            data["inputs"] = [each.to_json() for each in self.inputs]
        if self.upstream:
            data["upstream"] = [str(key) for key in self.upstream]
        if self.code_versions:
            data["code_versions"] = {str(key): version for key, version in self.code_versions.items()}
        if self.wires:
            data["wires"] = [wire.to_json() for wire in self.wires]
        if self.fan_out is not None:
            data["fan_out"] = self.fan_out.to_json()
        if self.computes is not None:
            data["computes"] = self.computes
        if self.mapping_key is not None:
            data["mapping_key"] = self.mapping_key
        if self.serves is not None:
            data["serves"] = str(self.serves)
        if self.is_partitioned:
            data["partitioned"] = True
        if self.pool is not None:
            data["pool"] = self.pool
        if self.timeout_s is not None:
            data["timeout_s"] = self.timeout_s
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> StepPlan:
        """The step that `to_json` wrote."""
        return StepPlan(
            key=data["key"],
            assets=tuple(AssetKey(key) for key in data["assets"]),
            after=tuple(data.get("after", ())),
            inputs=tuple(InputSnapshot.from_json(each) for each in data.get("inputs", ())),
            upstream=tuple(AssetKey(key) for key in data.get("upstream", ())),
            code_versions={AssetKey(key): version for key, version in data.get("code_versions", {}).items()},
            wires=tuple(Wire.from_json(wire) for wire in data.get("wires", ())),
            fan_out=StepOutput.from_json(data["fan_out"]) if "fan_out" in data else None,
            computes=data.get("computes"),
            mapping_key=data.get("mapping_key"),
            serves=AssetKey(data["serves"]) if "serves" in data else None,
            is_partitioned=data.get("partitioned", False),
            pool=data.get("pool"),
            timeout_s=data.get("timeout_s"),
        )


class RunPlan(Struct, frozen=True):
    """The steps of a run, upstream before downstream, and what holds for all of them."""

    steps: tuple[StepPlan, ...]
    job: str | None = None
    """The job whose run it is."""
    config: JsonObject = {}
    """As it is written: `{"ops": {STEP: {"config": …}}, "resources": {NAME: {"config": …}}}`."""
    tags: Mapping[str, str] = {}
    max_concurrent: int | None = None
    """How many of its steps may run at once; None leaves it to the engine."""
    partitions: tuple[tuple[str, str], ...] = ()
    """Those that it is of, as ranges of keys, both ends included; empty where it is of none."""
    has_secrets: bool = False
    """Whether it was configured with secrets, which stand masked in `config` where it was read from the store."""

    def without_secrets(self, schemas: Mapping[str, JsonObject]) -> RunPlan:
        """As it may be kept and shown.

        Args:
            schemas: Of what can be configured: what they call a secret is masked.
        """
        shown = masked(self.config, schemas, self.job)
        return replace(self, config=shown, has_secrets=self.has_secrets or shown != self.config)

    @property
    def partition_key(self) -> str | None:
        """The only partition that it is of; None where there are several, or none."""
        if len(self.partitions) == 1 and self.partitions[0][0] == self.partitions[0][1]:
            return self.partitions[0][0]
        return None

    @property
    def assets(self) -> tuple[AssetKey, ...]:
        """All that the run materializes."""
        return tuple(key for step in self.steps for key in step.assets)

    def configurable(self) -> dict[str, str]:
        """Each step as a configuration names it → the step of the project that it carries out."""
        # A job's own op is `JOB:OP` in the project, and may be copied or split in the run.
        return {step.computation.rpartition(":")[2]: step.computation for step in self.steps}

    def to_json(self) -> JsonObject:
        """Compact: what is empty is left out."""
        data: dict[str, Any] = {"steps": [step.to_json() for step in self.steps]}
        if self.job is not None:
            data["job"] = self.job
        if self.config:
            data["config"] = self.config
        if self.tags:
            data["tags"] = dict(self.tags)
        if self.max_concurrent is not None:
            data["max_concurrent"] = self.max_concurrent
        if self.partitions:
            data["partitions"] = [[first] if first == last else [first, last] for first, last in self.partitions]
        if self.has_secrets:
            data["has_secrets"] = True
        return data

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> RunPlan:
        """The plan that `to_json` wrote."""
        return RunPlan(
            tuple(StepPlan.from_json(step) for step in data["steps"]),
            job=data.get("job"),
            config=data.get("config", {}),
            tags=data.get("tags", {}),
            max_concurrent=data.get("max_concurrent"),
            partitions=tuple((ends[0], ends[-1]) for ends in data.get("partitions", ())),
            has_secrets=data.get("has_secrets", False),
        )


def plan_run(graph: AssetGraph, keys: Iterable[AssetKey], available: Container[AssetKey] | None = None) -> RunPlan:
    """The steps that materialize the given assets, each as soon as what it needs from the same run is there.

    External assets among them are left out: nothing here can make them. A step that makes several assets and cannot
    make some without the others adds the others.

    Args:
        graph: The project's graph.
        keys: What is to be materialized.
        available: The assets whose values can be loaded already, or will be by the time; None where it is not known.

    Raises:
        LaunchError: Nothing is left to materialize, or a step would read a value that is not there.
    """
    chosen = list(keys)
    wanted = {key for key in chosen if not graph.assets[key].is_external}
    if not wanted:
        raise _nothing_to_materialize(graph, chosen)
    step_of = _parts(graph, _with_neighbours(graph, wanted))
    if available is not None:
        _refuse_missing_inputs(graph, step_of, available)
    return RunPlan(_plan_steps(graph, step_of))


def plan_observation(graph: AssetGraph, keys: Iterable[AssetKey]) -> RunPlan:
    """The steps that look at the given external assets; those that nothing can look at are left out.

    Raises:
        LaunchError: None of them can be observed.
    """
    step_of = {key: step for key in graph.sort(keys) if (step := _observing_step(graph, key)) is not None}
    if not step_of:
        raise LaunchError(
            "nothing to observe: what was selected has no function that looks at it",
            hint="put @observable_source_asset on one, or materialize what the project computes",
        )
    return RunPlan(_plan_steps(graph, step_of))


def plan_ops(job: JobSnapshot) -> RunPlan:
    """The steps of a job that is made of ops."""
    # Two jobs may call different ops by one name.
    return RunPlan(tuple(replace(_plan_op(step, {}), computes=f"{job.name}:{step.key}") for step in job.steps))


def _observing_step(graph: AssetGraph, key: AssetKey) -> str | None:
    asset = graph.assets[key]
    return asset.step if asset.is_observable else None


def _nothing_to_materialize(graph: AssetGraph, keys: Sequence[AssetKey]) -> LaunchError:
    observable = next((key for key in keys if graph.assets[key].is_observable), None)
    hint = (
        f"look at it: assettui asset observe {observable}"
        if observable
        else "select an asset that the project computes"
    )
    return LaunchError("nothing to materialize: what was selected is external", hint=hint)


def _with_neighbours(graph: AssetGraph, wanted: set[AssetKey]) -> list[AssetKey]:
    """The wanted assets, with those that their steps make in any case, upstream before downstream."""
    whole = set(wanted)
    for key in wanted:
        step = graph.assets[key].step
        if step is not None and not is_subsettable(graph, step):
            whole.update(graph.steps[step])
        if step is not None and step in graph.step_snapshots:
            for above in _wired(graph, step):
                whole.update(graph.steps.get(above, ()))
    return graph.sort(whole)


def is_subsettable(graph: AssetGraph, step: str) -> bool:
    """Whether a step can make some of its assets without the others."""
    snapshot = graph.step_snapshots.get(step)
    return snapshot is not None and snapshot.can_subset


def _wired(graph: AssetGraph, step: str) -> list[str]:
    """The steps that hand something on to the given one, directly or not, the farthest first."""
    order: dict[str, None] = {}
    pending = [(step, False)]
    while pending:
        name, is_left = pending.pop()
        if is_left:
            order[name] = None
            continue
        snapshot = graph.step_snapshots.get(name)
        if name in order or snapshot is None:
            continue
        pending.append((name, True))
        pending.extend((source.step, False) for source in _sources_of(snapshot))
    order.pop(step, None)
    return list(order)


def _sources_of(step: StepSnapshot | StepPlan) -> list[StepOutput]:
    """All that is handed to a step by others."""
    sources = [source for wire in step.wires for source in wire.sources]
    return [*sources, step.fan_out] if step.fan_out is not None else sources


def _parts(graph: AssetGraph, wanted: Sequence[AssetKey]) -> dict[AssetKey, str]:
    """For each asset the step that makes it.

    A step that can make some of its assets without the others is split where something else must be made between
    them: the second part of `load` is called `load#2`.
    """
    step_of: dict[AssetKey, str] = {}
    part_of: dict[AssetKey, int] = {}
    reached: dict[str, dict[AssetKey, int]] = {}
    for name in {step for key in wanted if (step := graph.assets[key].step) is not None}:
        if len(graph.steps[name]) > 1 and is_subsettable(graph, name):
            reached[name] = {}
    for key in wanted:
        name = graph.assets[key].step or ""
        for split, highest in reached.items():
            through = [highest[above] for above in graph.upstream[key] if above in highest]
            if split != name:
                if through:
                    highest[key] = max(through)
                continue
            inside = [
                part_of[above] for above in graph.upstream[key] if above in part_of and graph.assets[above].step == name
            ]
            outside = [
                highest[above] + 1
                for above in graph.upstream[key]
                if above in highest and graph.assets[above].step != name
            ]
            part_of[key] = highest[key] = max([1, *inside, *outside])
        step_of[key] = name if part_of.get(key, 1) == 1 else f"{name}#{part_of[key]}"
    return step_of


def _plan_steps(graph: AssetGraph, step_of: Mapping[AssetKey, str]) -> tuple[StepPlan, ...]:
    assets_of: dict[str, list[AssetKey]] = {}
    for key, name in step_of.items():
        assets_of.setdefault(name, []).append(key)
    steps: dict[str, StepPlan] = {}
    for name, keys in assets_of.items():
        computation = graph.assets[keys[0]].step or name
        for above in _wired(graph, computation):
            if above not in steps and above not in assets_of:
                steps[above] = replace(_plan_op(graph.step_snapshots[above], step_of), serves=keys[0])
        steps[name] = _plan_step(graph, name, computation, keys, step_of)
    return in_order(steps)


def in_order(steps: Mapping[str, StepPlan]) -> tuple[StepPlan, ...]:
    """The steps, each behind those that it waits for."""
    order: dict[str, StepPlan] = {}
    for root in steps:
        pending = [(root, False)]
        while pending:
            name, is_left = pending.pop()
            if is_left:
                order[name] = steps[name]
            elif name not in order:
                pending.append((name, True))
                pending.extend((above, False) for above in reversed(steps[name].after) if above not in order)
    return tuple(order.values())


def _plan_op(step: StepSnapshot, step_of: Mapping[AssetKey, str]) -> StepPlan:
    upstream = dict.fromkeys([*step.upstream, *(each.key for each in step.inputs)])
    after = dict.fromkeys(
        [*(step_of[key] for key in upstream if key in step_of), *(source.step for source in _sources_of(step))]
    )
    return StepPlan(
        key=step.key,
        after=tuple(after),
        inputs=step.inputs,
        upstream=tuple(upstream),
        wires=step.wires,
        fan_out=step.fan_out,
        pool=step.pool,
        timeout_s=step.timeout_s,
    )


def _plan_step(
    graph: AssetGraph, name: str, computation: str, assets: Sequence[AssetKey], step_of: Mapping[AssetKey, str]
) -> StepPlan:
    snapshot = graph.step_snapshots.get(computation)
    upstream = dict.fromkeys(above for key in assets for above in graph.upstream[key])
    after = dict.fromkeys(step_of[above] for above in upstream if above in step_of and step_of[above] != name)
    inputs = dict.fromkeys(each for key in assets for each in graph.assets[key].inputs)
    # The function takes what its other assets are made from too, as far as this run does not make it.
    others = (each for key in graph.steps[computation] for each in graph.assets[key].inputs)
    inputs.update(dict.fromkeys(each for each in others if each.key not in step_of))
    wires: tuple[Wire, ...] = ()
    if snapshot is not None:
        wires = snapshot.wires
        after.update(dict.fromkeys(source.step for source in _sources_of(snapshot)))
        if snapshot.is_op:
            inputs = dict.fromkeys(snapshot.inputs)
    return StepPlan(
        key=name,
        assets=tuple(assets),
        after=tuple(after),
        inputs=tuple(inputs),
        upstream=tuple(upstream),
        code_versions={key: version for key in assets if (version := graph.assets[key].code_version) is not None},
        wires=wires,
        fan_out=snapshot.fan_out if snapshot else None,
        computes=None if computation == name else computation,
        pool=snapshot.pool if snapshot is not None and snapshot.is_op else graph.assets[assets[0]].pool,
        timeout_s=snapshot.timeout_s if snapshot is not None and snapshot.is_op else graph.assets[assets[0]].timeout_s,
    )


def _refuse_missing_inputs(graph: AssetGraph, step_of: Mapping[AssetKey, str], available: Container[AssetKey]) -> None:
    for key in step_of:
        for each in graph.assets[key].inputs:
            asset = graph.assets[each.key]
            if each.key in step_of or each.key in available or asset.io_manager is not None:
                continue  # what an IO manager of the user's loads may be there without our knowing
            if asset.partitions is not None:
                continue  # which of them are needed depends on the partitions of the run
            if asset.is_external:
                raise LaunchError(
                    f"{key} reads {each.key}, which is external: nothing here has stored its value",
                    hint="take it in deps instead, and read its data in the function",
                )
            raise LaunchError(
                f"{key} reads {each.key}, which was never materialized",
                hint=f"build it with what lies upstream: assettui materialize +{key}",
            )


def _left_out(key: AssetKey, step: str) -> str:
    """Why a step is skipped that needs what another was free to leave out."""
    return f"{key} was left out by its function" if str(key) == step else f"{key} was left out by {step}"


def reason_to_skip(
    step: StepPlan, above: str, outputs: tuple[str, ...] | None, assets: tuple[AssetKey, ...]
) -> str | None:
    """Why a step cannot run without what another has left out; None where it can.

    Args:
        step: The step.
        above: The other one.
        outputs: What that one has left out; None for all.
        assets: The assets of those outputs.
    """
    for key in assets:
        if key in step.upstream:
            return _left_out(key, above) if outputs is not None else f"{above} was skipped"
    for wire in step.wires:
        for source in wire.sources:
            if not wire.is_list and source.step == above and (outputs is None or source.output in outputs):
                return f"{above} was skipped" if outputs is None else f"{above} gave no {source.output!r}"
    is_gathered = any(wire.is_list and source.step == above for wire in step.wires for source in wire.sources)
    return f"{above} was skipped" if outputs is None and not is_gathered else None
