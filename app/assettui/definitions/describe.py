"""Definitions into a snapshot: the one place where they are checked, all of them, before anything is refused."""

from __future__ import annotations

from types import MappingProxyType, NoneType
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from assettui.core.graph import AssetGraph
from assettui.core.masking import masked
from assettui.definitions import attributes, consistency
from assettui.definitions.asset import AssetsDefinition
from assettui.definitions.binding import (
    bind_asset,
    bind_op,
    check_manager,
    check_resources,
    declared_input,
    declared_op_inputs,
    value_type,
)
from assettui.definitions.composition import Composition, CompositionError, Flat, FlatOp, flatten_composition
from assettui.definitions.computation import Computation, Described, ValueDeclaration
from assettui.definitions.definitions import Definitions
from assettui.definitions.describe_jobs import check_selection, checked_config, job_snapshot
from assettui.definitions.inputs import MAY_LACK, AssetIn, wants
from assettui.definitions.io_managers import DEFAULT_IO_MANAGER
from assettui.definitions.job import JobDefinition
from assettui.definitions.problems import Problems
from assettui.definitions.spec import IO_MANAGER_METADATA, AssetSpec, SourceAsset
from assettui.model.errors import DefinitionsError
from assettui.model.keys import AssetKey, closest
from assettui.model.project import (
    AssetSnapshot,
    InputSnapshot,
    JobSnapshot,
    ProjectSnapshot,
    StepSnapshot,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from assettui.core.partitions.mapping import PartitionMapping
    from assettui.definitions.asset_outputs import AssetOutput
    from assettui.definitions.describe_instigators import InstigatorDescription
    from assettui.model.errors import Location
    from assettui.model.instigator import InstigatorSnapshot


class _Declared(Struct, frozen=True):
    """One asset: what is said of it, and by what function it is made."""

    spec: AssetSpec
    definition: AssetsDefinition | None = None
    output: AssetOutput | None = None


NO_KEYS: Mapping[str, Mapping[str, int]] = MappingProxyType({})


def describe(
    name: str,
    defined: Definitions | Iterable[Any],
    *,
    sources: Iterable[str] = (),
    dynamic: Mapping[str, Mapping[str, int]] | None = NO_KEYS,
) -> Described:
    """Check what a project defines and describe it.

    Args:
        name: What the project is called.
        defined: Its definitions; or its assets alone, and whatever else users put there by mistake.
        sources: Absolute paths of the project's own files that were imported.
        dynamic: The keys of dynamic partitions, for which mappings of the user's own are evaluated; None to leave
            these as they are, which does for whoever only carries out steps.

    Raises:
        DefinitionsError: Something is wrong; it holds every problem, in the order of the definitions.
    """
    definitions = defined if isinstance(defined, Definitions) else Definitions(defined)
    return _Description(definitions, dynamic).finish(name, tuple(sources))


class _Description:
    """One pass over the definitions of a project, gathering problems."""

    def __init__(self, definitions: Definitions, dynamic: Mapping[str, Mapping[str, int]] | None) -> None:
        self.dynamic = dynamic
        self.problems = Problems()
        self.resources = dict(definitions.resources)
        self.declared: dict[AssetKey, _Declared] = {}
        self.functions: list[AssetsDefinition] = []
        self.computations: dict[str, Computation] = {}
        self.steps: dict[str, StepSnapshot] = {}
        self.snapshots: dict[AssetKey, AssetSnapshot] = {}
        self.values: dict[AssetKey, ValueDeclaration] = {}
        self.jobs = definitions.jobs
        self.definitions = definitions
        for item in definitions.assets:
            self._add(item)
        self.by_last_part: dict[str, list[AssetKey]] = {}
        for key in self.declared:
            self.by_last_part.setdefault(key.parts[-1], []).append(key)

    def _add(self, item: Any) -> None:
        if isinstance(item, AssetsDefinition):
            self.functions.append(item)
            for output in item.outputs:
                self._declare(_Declared(output.spec, item, output), item.at)
            for name, value in item.arguments.resource_defs.items():
                if self.resources.setdefault(name, value) is not value:
                    self.problems.wrong(
                        f"asset {item.step_name} brings its own resource {name!r}, and the project has another",
                        item.at,
                        "give it another name",
                    )
        elif isinstance(item, AssetSpec):
            self._declare(_Declared(item), item.at)
            if isinstance(item, SourceAsset) and item.io_manager_def is not None:
                name = f"io_manager of {item.key}"
                self.resources[name] = item.io_manager_def
                item.io_manager_key = name
        else:
            self.problems.wrong(
                f"{item!r:.80} is not an asset", None, "put @asset on the function, and list the result"
            )

    def _declare(self, declared: _Declared, at: Location) -> None:
        key = declared.spec.key
        other = self.declared.get(key)
        if other is not None:
            where = other.definition.at if other.definition is not None else other.spec.at
            self.problems.wrong(
                f"asset {key} is defined twice, here and at {where}", at, "rename one, or give it a prefix"
            )
            return
        self.declared[key] = declared

    def finish(self, name: str, sources: tuple[str, ...]) -> Described:
        for definition in self.functions:
            self._describe_function(definition)
        for key, declared in self.declared.items():
            if declared.definition is None:
                self._describe_external(key, declared.spec)
        external = self._external()
        self._check_partitions()
        consistency.refuse_cycles(self.snapshots, self.functions, self.computations, self.problems)
        consistency.warn_mismatches(self.snapshots, self.values, self.computations, self.problems)
        assets = [self.snapshots[key] for key in self.declared if key in self.snapshots]
        assets = [*sorted(assets, key=lambda asset: asset.is_external), *(AssetSnapshot(key) for key in external)]
        jobs = self._describe_jobs(assets)
        instigators = self._describe_instigators(assets, jobs)
        if self.problems.found:
            raise DefinitionsError(self.problems.found)
        by_name = {job.name: job for job in self.jobs if isinstance(job, JobDefinition)}
        schemas = self._config_schemas()
        jobs = [replace(job, config=masked(job.config, schemas, job.name)) for job in jobs]
        snapshots = [_without_secrets(each, schemas) for each in instigators.found.values()] if instigators else []
        snapshot = ProjectSnapshot(
            name,
            tuple(assets),
            tuple(self.problems.warnings),
            sources,
            steps=tuple(self.steps.values()),
            jobs=tuple(jobs),
            config_schemas=schemas,
            resources=tuple(
                dict.fromkeys([*self.resources, *(n for job in by_name.values() for n in job.resource_defs)])
            ),
            instigators=tuple(snapshots),
        )
        together = {
            output.spec.key: self.snapshots[output.spec.key].upstream
            for definition in self.functions
            if len(definition.outputs) > 1
            for output in definition.outputs
        }
        partitions = {key: asset.partitions for key, asset in self.snapshots.items() if asset.partitions is not None}
        definitions = instigators.definitions if instigators else {}
        return Described(
            snapshot, self.computations, self.values, self.resources, by_name, together, partitions, definitions
        )

    # Functions.

    def _describe_function(self, definition: AssetsDefinition) -> None:
        self.problems.found.extend(definition.problems)
        step = definition.step_name
        if any(self.declared[key].definition is not definition for key in definition.keys):
            return  # another one makes the same asset, which has been told
        if step in self.computations:
            self.problems.wrong(
                f"two functions make a step called {step!r}", definition.at, "give one of them another name"
            )
            return
        subject = f"asset {step}"
        needed = definition.arguments.required_resource_keys
        check_resources(subject, definition.at, sorted(needed), self.resources, self.problems)
        self._check_hooks(subject, definition.arguments.hooks, definition.at)
        if definition.composition is not None:
            self._describe_graph(definition, definition.composition)
            return
        bound = bind_asset(definition, self._known_asset, self.declared, self.resources, self.problems)
        if bound is None:
            return
        # An input of type `Nothing` is not read: its asset is only depended on.
        inputs = {
            name: self._input_snapshot(definition, name, each.key)
            for name, each in bound.inputs.items()
            if declared_input(definition, name).is_passed
        }
        outputs = {output.name: self._declared_value(definition, output) for output in definition.outputs}
        parameters = definition.parameters
        self.computations[step] = Computation(
            key=step,
            fn=definition.fn,
            context=parameters.context,
            inputs={name: declared_input(definition, name) for name in inputs},
            optional=parameters.optional,
            resources=bound.resources,
            config=bound.config,
            config_schema=definition.arguments.config_schema,
            outputs=outputs,
            required_resources=needed,
            retry_policy=definition.arguments.retry_policy,
            hooks=definition.arguments.hooks,
            is_observation=definition.arguments.is_observation,
            can_subset=definition.can_subset,
        )
        self._check_managers(step, definition.at)
        if definition.can_subset:
            self.steps[step] = StepSnapshot(step, can_subset=True)
        for output in definition.outputs:
            self._describe_output(definition, output, step, output.name, tuple(inputs.values()))

    def _describe_graph(self, definition: AssetsDefinition, composition: Composition) -> None:
        """A graph of ops behind assets: a step for each op; each asset is what one of them gives."""
        inputs: dict[str, InputSnapshot] = {}
        for name in composition.inputs:
            found = self._graph_input(definition, name)
            if found is not None:
                inputs[name] = self._input_snapshot(definition, name, found)
        flat = self._flattened(
            composition, f"{definition.step_name}.", {n: i.key for n, i in inputs.items()}, definition
        )
        if flat is None:
            return
        deps = attributes.dep_keys(
            f"asset {definition.step_name}", definition.arguments.deps, definition.at, self.problems
        )
        outputs = {output.name: output for output in definition.outputs}
        made_by: dict[str, dict[str, AssetOutput]] = {}
        for name, source in flat.outputs.items():
            if name in outputs and source.output in made_by.get(source.step, {}):
                self.problems.wrong(
                    f"asset {outputs[name].spec.key}: its graph returns {source} for two outputs",
                    definition.at,
                    "have an op of its own make each of them",
                )
            elif name in outputs:
                made_by.setdefault(source.step, {})[source.output] = outputs[name]
        for name, output in outputs.items():
            if name not in flat.outputs:
                self.problems.wrong(
                    f"asset {output.spec.key}: its graph returns nothing for the output {name!r}",
                    definition.at,
                    "return what its last op gives",
                )
        for flat_op in flat.ops:
            step = replace(flat_op.step, upstream=() if flat_op.step.wires else tuple(deps))
            self.steps[step.key] = step
            assets = made_by.get(step.key, {})
            declared = {name: self._declared_by_op(definition, out, flat_op, name) for name, out in assets.items()}
            self._add_op(flat_op, declared)
            for name, output in assets.items():
                self._describe_output(definition, output, step.key, name, tuple(inputs.values()))

    def _flattened(
        self,
        composition: Composition,
        prefix: str,
        assets: Mapping[str, AssetKey],
        subject: AssetsDefinition | JobDefinition,
    ) -> Flat | None:
        hooks = subject.hooks if isinstance(subject, JobDefinition) else subject.arguments.hooks
        try:
            return flatten_composition(composition, prefix, assets, hooks)
        except CompositionError as error:
            self.problems.wrong(error.what, subject.at, error.hint)
            return None

    def _add_op(self, flat_op: FlatOp, assets: Mapping[str, ValueDeclaration], key: str | None = None) -> None:
        op, node = flat_op.op, flat_op.node
        self._timeout(f"op {op.name}", op.timeout, op.at)
        bound = bind_op(op, self.resources, self.problems)
        check_resources(f"op {op.name}", op.at, sorted(op.required_resource_keys), self.resources, self.problems)
        self._check_hooks(f"op {op.name}", flat_op.hooks, op.at)
        outputs = {
            out.name: assets.get(out.name)
            or ValueDeclaration(
                out.name,
                None,
                out.is_required,
                out.is_dynamic,
                out.io_manager_key,
                value_type(out.annotation),
                metadata=out.metadata or {},
            )
            for out in op.outputs.values()
        }
        declared = declared_op_inputs(op)
        unbound = {*bound.resources, *([bound.config[0]] if bound.config else [])}
        step = key or flat_op.step.key
        self.computations[step] = Computation(
            key=step,
            fn=op.fn,
            context=op.parameters.context,
            inputs={name: each for name, each in declared.items() if name not in unbound},
            optional=op.parameters.optional,
            resources=bound.resources,
            config=bound.config,
            config_schema=op.config_schema,
            outputs=outputs,
            required_resources=op.required_resource_keys,
            retry_policy=node.retry_policy or op.retry_policy,
            hooks=flat_op.hooks,
            is_op=True,
        )
        self._check_managers(step, op.at)

    def _input_snapshot(self, definition: AssetsDefinition, name: str, key: AssetKey) -> InputSnapshot:
        spec = self.declared[key].spec if key in self.declared else None
        said = declared_input(definition, name).metadata
        return InputSnapshot(name, key, wants(MAY_LACK, said, spec.metadata if spec is not None else {}))

    def _graph_input(self, definition: AssetsDefinition, name: str) -> AssetKey | None:
        asset_in = definition.arguments.ins.get(name)
        key = asset_in.key_for(name) if asset_in is not None else None
        key = key or self._known_asset(definition, name) or AssetKey((name,))
        if key in self.declared:
            return key
        near = closest(str(key), [str(known) for known in self.declared if known not in definition.keys])
        self.problems.wrong(
            f"asset {definition.step_name} reads {str(key)!r}, which nothing defines",
            definition.at,
            f"did you mean {near!r}?" if near else "define it",
        )
        return None

    def _declared_value(self, definition: AssetsDefinition, output: AssetOutput) -> ValueDeclaration:
        spec = output.spec
        annotation = output.annotation
        if annotation is None and len(definition.outputs) == 1 and definition.composition is None:
            annotation = value_type(definition.parameters.result)
        declared = ValueDeclaration(
            name=output.name,
            asset_key=spec.key,
            is_required=output.is_required,
            io_manager=self._manager_of(output.io_manager_key, spec),
            annotation=None if annotation is NoneType else annotation,
            has_value=annotation is not NoneType,
            metadata=spec.metadata,
        )
        self.values[spec.key] = declared
        return declared

    def _declared_by_op(
        self, definition: AssetsDefinition, output: AssetOutput, flat_op: FlatOp, name: str
    ) -> ValueDeclaration:
        """What is declared of an asset that is what an op of a graph gives by one of its outputs."""
        annotation = value_type(flat_op.op.outputs[name].annotation)
        plain = self._declared_value(definition, output)
        self.values[output.spec.key] = replace(
            plain, name=name, annotation=None if annotation is NoneType else annotation
        )
        return self.values[output.spec.key]

    def _manager_of(self, key: str | None, spec: AssetSpec) -> str | None:
        if key is None:
            said = spec.metadata.get(IO_MANAGER_METADATA)
            key = spec.io_manager_key or (said if isinstance(said, str) else None)
        if key == DEFAULT_IO_MANAGER and key not in self.resources:
            return None
        return key if key is not None else DEFAULT_IO_MANAGER if DEFAULT_IO_MANAGER in self.resources else None

    def _check_managers(self, step: str, at: Location) -> None:
        computation = self.computations[step]
        for output in computation.outputs.values():
            if output.io_manager is not None:
                check_manager(f"asset {step}", at, output.io_manager, self.resources, self.problems)
        for declared in computation.inputs.values():
            if declared.io_manager is not None:
                check_manager(f"asset {step}", at, declared.io_manager, self.resources, self.problems)

    def _timeout(self, subject: str, seconds: Any, at: Location | None) -> float | None:
        if seconds is None or (isinstance(seconds, int | float) and seconds > 0):
            return seconds
        self.problems.wrong(f"{subject}: timeout is {seconds!r:.40}", at, "give it seconds, more than 0")
        return None

    def _check_hooks(self, subject: str, hooks: Iterable[Any], at: Location | None) -> None:
        for hook in hooks:
            names = getattr(hook, "required_resource_keys", None)
            if names is None:
                self.problems.wrong(
                    f"{subject}: {hook!r:.60} is not a hook", at, "put @success_hook or @failure_hook on the function"
                )
            else:
                check_resources(f"the hook {hook.name}", hook.at, sorted(names), self.resources, self.problems)

    # Assets.

    def _describe_output(
        self,
        definition: AssetsDefinition,
        output: AssetOutput,
        step: str,
        output_name: str,
        inputs: tuple[InputSnapshot, ...],
    ) -> None:
        spec = output.spec
        subject = f"asset {spec.key}"
        own = attributes.dep_keys(subject, spec.deps, spec.at, self.problems)
        shared = attributes.dep_keys(subject, definition.arguments.deps, definition.at, self.problems)
        ordering = [
            found
            for name, asset_in in definition.arguments.ins.items()
            if not declared_input(definition, name).is_passed and (found := asset_in.key_for(name)) is not None
        ]
        upstream = dict.fromkeys([*own, *shared, *ordering])
        read = inputs
        if output.internal_deps is not None:
            upstream = dict.fromkeys([*shared, *sorted(output.internal_deps)])
            read = tuple(each for each in inputs if each.key in upstream)
        elif spec.is_explicit and spec.given_deps is not None:
            siblings = {other.spec.key for other in definition.outputs}
            read = tuple(each for each in inputs if each.key in upstream or each.key not in siblings)
        upstream.update(dict.fromkeys(each.key for each in read))
        mappings = {
            **attributes.dep_mappings(definition.arguments.deps),
            **attributes.dep_mappings(spec.deps),
            **self._mappings_of_ins(definition, inputs),
        }
        if spec.key in upstream and _needs_earlier(mappings.get(spec.key)):
            del upstream[spec.key]  # it needs earlier partitions of itself, which is no cycle
        policy = definition.arguments.backfill_policy
        self._describe_asset(
            spec,
            step=step,
            upstream=tuple(upstream),
            inputs=read,
            output=output_name,
            is_required=output.is_required,
            is_observable=definition.arguments.is_observation,
            pool=definition.arguments.pool,
            timeout_s=self._timeout(subject, definition.arguments.timeout, definition.at),
            mappings=mappings,
            partitions_per_run=1 if policy is None else policy.max_partitions_per_run,
        )

    def _check_partitions(self) -> None:
        if any(asset.partitions is not None or asset.mappings for asset in self.snapshots.values()):
            from assettui.definitions import partitioning  # deferred: 20 ms that most projects need not take

            self.snapshots = partitioning.checked(self.snapshots, self.dynamic, self.problems)

    def _mappings_of_ins(self, definition: AssetsDefinition, inputs: tuple[InputSnapshot, ...]) -> dict[AssetKey, Any]:
        """What is said of parameters of how partitions relate, by the asset that is read."""
        keys = {each.name: each.key for each in inputs}
        found: dict[AssetKey, Any] = {}
        for name, asset_in in definition.arguments.ins.items():
            mapping = getattr(asset_in, "partition_mapping", None)
            key = keys.get(name) or _said_key(asset_in, name)
            if mapping is not None and key is not None:
                found[key] = mapping
        return found

    def _describe_external(self, key: AssetKey, spec: AssetSpec) -> None:
        upstream = attributes.dep_keys(f"asset {key}", spec.deps, spec.at, self.problems)
        manager = self._manager_of(None, spec) if isinstance(spec, SourceAsset) or spec.io_manager_key else None
        if manager is not None:
            check_manager(f"asset {key}", spec.at, manager, self.resources, self.problems)
        self.values[key] = ValueDeclaration(asset_key=key, io_manager=manager, metadata=spec.metadata)
        self._describe_asset(
            spec, step=None, upstream=tuple(dict.fromkeys(upstream)), mappings=attributes.dep_mappings(spec.deps)
        )

    def _describe_asset(
        self,
        spec: AssetSpec,
        *,
        step: str | None,
        upstream: tuple[AssetKey, ...],
        inputs: tuple[InputSnapshot, ...] = (),
        output: str = "result",
        is_required: bool = True,
        is_observable: bool = False,
        pool: str | None = None,
        timeout_s: float | None = None,
        mappings: Mapping[AssetKey, PartitionMapping] | None = None,
        partitions_per_run: int | None = 1,
    ) -> None:
        problems = self.problems
        problems.found.extend(spec.problems)
        attributes.check_key(spec, problems)
        subject, at = f"asset {spec.key}", spec.at
        manager = self.values[spec.key].io_manager
        self.snapshots[spec.key] = AssetSnapshot(
            key=spec.key,
            group=attributes.group_of(spec, problems),
            step=step,
            is_observable=is_observable,
            output=output,
            is_required=is_required,
            io_manager=manager,
            upstream=upstream,
            inputs=inputs,
            description=spec.description,
            owners=attributes.owners_of(spec, problems),
            kinds=attributes.kinds_of(spec),
            tags=attributes.tags_of(subject, spec.tags, at, problems),
            metadata=attributes.metadata_of(subject, spec.metadata, at, problems),
            code_version=None if spec.code_version is None else str(spec.code_version),
            pool=pool,
            timeout_s=timeout_s,
            partitions=spec.partitions_def,
            mappings=mappings or {},
            partitions_per_run=partitions_per_run,
            at=at,
        )

    def _known_asset(self, definition: AssetsDefinition, name: str) -> AssetKey | None:
        """The asset that a parameter's name stands for: of that very key, else beside the asset, else in its group."""
        own = definition.keys
        exact = AssetKey((name,))
        if exact in self.declared and exact not in own:
            return exact
        for key in own:
            beside = AssetKey((*key.parts[:-1], name))
            if beside in self.declared and beside not in own:
                return beside
        groups = {spec.group_name for spec in definition.specs}
        in_group = [
            key
            for key in self.by_last_part.get(name, ())
            if key not in own and self.declared[key].spec.group_name in groups
        ]
        return in_group[0] if len(in_group) == 1 else None

    def _external(self) -> list[AssetKey]:
        """What is depended on and not defined."""
        found: dict[AssetKey, None] = {}
        for snapshot in self.snapshots.values():
            for above in snapshot.upstream:
                if above not in self.declared and above not in found:
                    found[above] = None
                    self._warn_near_miss(above, snapshot)
        return list(found)

    def _warn_near_miss(self, external: AssetKey, reader: AssetSnapshot) -> None:
        near = closest(str(external), [str(key) for key in self.declared if key != reader.key])
        if near:
            self.problems.warn(
                f"asset {reader.key} depends on {external}, which nothing defines: taken for an external asset",
                reader.at,
                f"did you mean {near!r}?",
            )

    # Jobs.

    def _describe_jobs(self, assets: list[AssetSnapshot]) -> list[JobSnapshot]:
        found: dict[str, JobSnapshot] = {}
        if not self.jobs:
            return []
        graph = None if self.problems.found else AssetGraph(assets, self.steps.values())
        for job in self.jobs:
            if not isinstance(job, JobDefinition):
                self.problems.wrong(f"{job!r:.80} is not a job", None, "make one with define_asset_job, or @job")
                continue
            if job.name in found:
                other = found[job.name].at
                self.problems.wrong(f"the job {job.name} is defined twice, here and at {other}", job.at, "rename one")
                continue
            shared, self.resources = self.resources, {**self.resources, **job.resource_defs}
            found[job.name] = self._describe_job(job, graph)
            self.resources = shared
        return list(found.values())

    def _describe_job(self, job: JobDefinition, graph: AssetGraph | None) -> JobSnapshot:
        subject = f"job {job.name}"
        self._check_hooks(subject, job.hooks, job.at)
        steps: tuple[StepSnapshot, ...] = ()
        if job.composition is not None:
            flat = self._flattened(job.composition, "", {}, job)
            for flat_op in flat.ops if flat is not None else ():
                self._add_op(flat_op, {}, f"{job.name}:{flat_op.step.key}")
            steps = tuple(flat_op.step for flat_op in flat.ops) if flat is not None else ()
        elif graph is not None and job.selection is not None:
            check_selection(job, job.selection, graph, self.problems)
        config = checked_config(job, self.computations, self.resources, self.problems)
        return job_snapshot(job, steps, config, self.problems)

    # Schedules and sensors.

    def _describe_instigators(
        self, assets: list[AssetSnapshot], jobs: list[JobSnapshot]
    ) -> InstigatorDescription | None:
        if not (self.definitions.schedules or self.definitions.sensors):
            return None
        from assettui.definitions.describe_instigators import InstigatorDescription  # deferred: many have none

        graph = None if self.problems.found else AssetGraph(assets, self.steps.values())
        found = InstigatorDescription(jobs, graph, self.resources, self.problems)
        found.add_all(self.definitions.schedules, self.definitions.sensors)
        return found

    # Configuration.

    def _config_schemas(self) -> dict[str, Any]:
        schemas: dict[str, Any] = {}
        for step, computation in self.computations.items():
            if computation.schema is not None:
                schemas[f"ops.{step}"] = _json_schema(computation.schema)
        for name, value in self.resources.items():
            schema_of = getattr(value, "config_json_schema", None)
            if schema_of is not None:
                schemas[f"resources.{name}"] = schema_of()
            elif getattr(value, "config_schema", None) is not None:
                schemas[f"resources.{name}"] = _json_schema(value.config_schema)
        return schemas


def _without_secrets(each: InstigatorSnapshot, schemas: Mapping[str, Any]) -> InstigatorSnapshot:
    """A schedule whose runs are configured with a secret: that stays with its code, which is asked each time."""
    shown = masked(each.config, schemas, each.jobs[0] if each.jobs else None)
    return each if shown == each.config else replace(each, config=shown, is_plain=False)


def _needs_earlier(mapping: Any) -> bool:
    """Whether by a mapping of an asset to itself each partition needs only others."""
    if mapping is None:
        return False
    from assettui.definitions.partitioning import is_backward  # deferred, as above

    return is_backward(mapping)


def _said_key(asset_in: Any, parameter: str) -> AssetKey | None:
    """The asset that `ins` names for a parameter."""
    return asset_in.key_for(parameter) if isinstance(asset_in, AssetIn) else None


def _json_schema(schema: Any) -> dict[str, Any]:
    from assettui.definitions.configurable import json_schema  # deferred: pydantic takes 0.1 s

    return json_schema(schema)
