"""What each parameter of a function receives: an asset's value, a resource, configuration or the context."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from inspect import Parameter
from types import NoneType, UnionType
from typing import TYPE_CHECKING, Annotated, Any, TypeVar, Union, get_args, get_origin

from msgspec import Struct

from assettui.definitions.computation import InputDeclaration
from assettui.definitions.inputs import AssetIn, Nothing
from assettui.definitions.resources import ManagedResource, ResourceDefinition, is_resource_annotation
from assettui.definitions.results import MaterializeResult, Output
from assettui.definitions.types import DagsterType, declared_type
from assettui.model.keys import AssetKey, closest
from assettui.model.project import InputSnapshot

if TYPE_CHECKING:
    from assettui.definitions.asset import AssetsDefinition
    from assettui.definitions.checks import AssetChecksDefinition
    from assettui.definitions.ops.op import OpDefinition
    from assettui.definitions.parameters import Parameters
    from assettui.definitions.problems import Problems
    from assettui.model.errors import Location


D = TypeVar("D", "AssetsDefinition", "AssetChecksDefinition")


class Bound(Struct):
    """The parameters of one function, sorted by what they receive."""

    inputs: dict[str, InputSnapshot] = {}
    """Those that receive the value of an asset."""
    resources: dict[str, str] = {}
    config: tuple[str, Any] | None = None


def bind_asset(
    definition: D,
    known_asset: Callable[[D, str], AssetKey | None],
    assets: Iterable[AssetKey],
    resources: Mapping[str, Any],
    problems: Problems,
) -> Bound | None:
    """The parameters of a function of assets or checks; None where they cannot be read, which is then told.

    Args:
        definition: The function.
        known_asset: The asset that a parameter's name stands for; None where there is none.
        assets: Every asset of the project.
        resources: Every resource that the function may use.
        problems: Takes what is wrong.
    """
    subject, at, ins = definition.subject, definition.at, definition.arguments.ins
    bound = Bound()
    try:
        parameters = definition.parameters
    except (TypeError, ValueError) as error:
        problems.wrong(
            f"{subject}: its parameters cannot be read: {error}", at, "put the decorator on a plain function"
        )
        return None
    if parameters.variadic is not None:
        problems.wrong(
            f"{subject} takes {parameters.variadic}, which names no asset",
            at,
            "name each asset that it reads as a parameter",
        )
    _refuse_unknown_ins(subject, at, ins, parameters, problems)
    for name in parameters.named:
        annotation = parameters.annotations.get(name)
        asset_in = ins.get(name)
        if asset_in is None and _bind_other(bound, name, annotation, subject, at, resources, problems):
            continue
        key, is_told = _key_of_input(subject, at, name, asset_in, problems)
        if is_told:
            continue
        key = key or known_asset(definition, name) or _itself(definition, name, asset_in)
        if key is None and asset_in is None and name in resources:
            bound.resources[name] = name
        elif key is not None and key in assets:
            bound.inputs[name] = InputSnapshot(name, key)
        elif name not in parameters.optional or asset_in is not None:
            _tell_unknown(subject, at, key or AssetKey((name,)), definition, assets, resources, problems)
        else:
            _warn_near_default(subject, at, name, definition, assets, problems)
    return bound


def bind_op(op: OpDefinition, resources: Mapping[str, Any], problems: Problems) -> Bound:
    """The parameters of an op that receive a resource or configuration; the others are wired by its graph."""
    subject, parameters = f"op {op.name}", op.parameters
    bound = Bound()
    if parameters.variadic is not None:
        problems.wrong(f"{subject} takes {parameters.variadic}", op.at, "name each of its inputs as a parameter")
    for name in parameters.named:
        _bind_other(bound, name, parameters.annotations.get(name), subject, op.at, resources, problems)
    return bound


def check_resources(
    subject: str, at: Location | None, names: Iterable[str], resources: Mapping[str, Any], problems: Problems
) -> None:
    """Refuse names of resources that there are none of."""
    for name in names:
        if name not in resources:
            problems.wrong(f"{subject} needs the resource {name!r}, which nothing defines", at, _offer(name, resources))


def check_manager(
    subject: str, at: Location | None, name: str, resources: Mapping[str, Any], problems: Problems
) -> None:
    """Refuse the name of an IO manager that there is none of, or that is an object which cannot store values."""
    check_resources(subject, at, [name], resources, problems)
    given = resources.get(name)
    is_able = hasattr(given, "handle_output") and hasattr(given, "load_input")
    if name in resources and not is_able and not isinstance(given, ManagedResource):
        problems.wrong(
            f"{subject} is stored by the resource {name!r}, which is a {type(given).__name__}",
            at,
            "make it an IOManager: a class with handle_output and load_input",
        )


def declared_input(definition: AssetsDefinition | AssetChecksDefinition, name: str) -> InputDeclaration:
    """What is declared of a parameter that receives the value of an asset."""
    asset_in: Any = definition.arguments.ins.get(name)
    annotation = definition.parameters.annotations.get(name)
    if not isinstance(asset_in, AssetIn):
        return InputDeclaration(annotation)
    return InputDeclaration(
        declared_type(annotation, asset_in.dagster_type),
        asset_in.input_manager_key,
        asset_in.metadata,
        is_passed=asset_in.dagster_type is not Nothing,
    )


def declared_op_inputs(op: OpDefinition) -> dict[str, InputDeclaration]:
    """What is declared of the inputs of an op."""
    found: dict[str, InputDeclaration] = {}
    for name in op.input_names:
        given, annotation = op.ins.get(name), op.parameters.annotations.get(name)
        if given is None:
            found[name] = InputDeclaration(annotation)
        else:
            is_passed = given.dagster_type is not Nothing and name in op.parameters.named
            found[name] = InputDeclaration(
                declared_type(annotation, given.dagster_type),
                given.input_manager_key,
                given.metadata,
                is_passed,
                given.default_value,
            )
    return found


def _bind_other(
    bound: Bound,
    name: str,
    annotation: Any,
    subject: str,
    at: Location | None,
    resources: Mapping[str, Any],
    problems: Problems,
) -> bool:
    """Bind a parameter that receives configuration or a resource; whether it is one."""
    if getattr(annotation, "is_assettui_config", False) is True:
        if bound.config is not None:
            problems.wrong(
                f"{subject} takes configuration twice, as {bound.config[0]!r} and {name!r}", at, "make it one class"
            )
        bound.config = (name, annotation)
        return True
    if not is_resource_annotation(annotation):
        return False
    if name not in resources:
        problems.wrong(f"{subject} takes the resource {name!r}, which nothing defines", at, _offer(name, resources))
        return True
    given = resources[name]
    is_wrong = (
        isinstance(annotation, type)
        and isinstance(given, ManagedResource)
        and not isinstance(given, ResourceDefinition)
        and not isinstance(given, annotation)
    )
    if is_wrong:
        problems.wrong(
            f"{subject} takes {name!r} as {annotation.__name__}, and the resource {name!r} is a {type(given).__name__}",
            at,
            "give the project a resource of that class, or annotate the parameter with ResourceParam",
        )
    bound.resources[name] = name
    return True


def _refuse_unknown_ins(
    subject: str, at: Location, ins: Mapping[str, Any], parameters: Parameters, problems: Problems
) -> None:
    for name, asset_in in ins.items():
        is_read = getattr(asset_in, "dagster_type", None) is not Nothing
        if name not in parameters.named and is_read:
            near = closest(name, parameters.named)
            problems.wrong(
                f"{subject}: ins names the parameter {name!r}, which its function does not have",
                at,
                f"did you mean {near!r}?" if near else "remove it, or add the parameter",
            )


def _key_of_input(
    subject: str, at: Location, name: str, asset_in: Any, problems: Problems
) -> tuple[AssetKey | None, bool]:
    """The asset that `ins` names for a parameter, if it does; and whether something was wrong, which has been told."""
    if asset_in is None:
        return None, False
    if not isinstance(asset_in, AssetIn):
        problems.wrong(
            f"{subject}: ins[{name!r}] is {type(asset_in).__name__}, not an AssetIn",
            at,
            f'write ins={{"{name}": AssetIn("key")}}',
        )
        return None, True
    try:
        return asset_in.key_for(name), False
    except (TypeError, ValueError) as error:
        problems.wrong(f"{subject}: ins[{name!r}]: {error}", at, "give AssetIn a key")
        return None, True


def _itself(definition: AssetsDefinition | AssetChecksDefinition, name: str, asset_in: Any) -> AssetKey | None:
    """The asset that a parameter reads which is called as the asset itself, and says which of its partitions it needs."""
    if getattr(asset_in, "partition_mapping", None) is None:
        return None
    return next((key for key in definition.keys if key.parts[-1] == name), None)


def _tell_unknown(
    subject: str,
    at: Location,
    key: AssetKey,
    definition: AssetsDefinition | AssetChecksDefinition,
    assets: Iterable[AssetKey],
    resources: Mapping[str, Any],
    problems: Problems,
) -> None:
    near = closest(str(key), [*(str(known) for known in assets if known not in definition.keys), *resources])
    hint = f"did you mean {near!r}? " if near else ""
    problems.wrong(
        f"{subject} reads {str(key)!r}, which nothing defines",
        at,
        f"{hint}Define it as an asset or a resource, or name it in deps if something else makes it",
    )


def _warn_near_default(
    subject: str,
    at: Location,
    name: str,
    definition: AssetsDefinition | AssetChecksDefinition,
    assets: Iterable[AssetKey],
    problems: Problems,
) -> None:
    near = closest(name, [str(known) for known in assets if known not in definition.keys])
    if near and near.split("/")[-1] != name:
        problems.warn(
            f"{subject}: parameter {name!r} names no asset, so it keeps its default", at, f"did you mean {near!r}?"
        )


def _offer(name: str, resources: Mapping[str, Any]) -> str:
    near = closest(name, resources)
    if near:
        return f"did you mean {near!r}?"
    known = f"; there are: {', '.join(resources)}" if resources else ""
    return f'define it: Definitions(resources={{"{name}": …}}){known}'


# Types.


def value_type(annotation: Any) -> Any:
    """The type of the value behind what a function is said to return; None where nothing is known of it."""
    if annotation is Parameter.empty or isinstance(annotation, str):
        return annotation if isinstance(annotation, str) else None
    origin = get_origin(annotation)
    if origin in (Output, MaterializeResult):
        return (get_args(annotation) or (None,))[0]
    if annotation in (Output, MaterializeResult) or origin in (Generator, Iterator, Iterable):
        return None
    return NoneType if annotation is None else annotation


def output_type(result: Any, dagster_type: Any) -> Any:
    """The type of the value that a function gives: what `dagster_type` names comes before what the function is said to return."""
    if dagster_type is not None and not isinstance(dagster_type, DagsterType):
        return dagster_type
    said = value_type(result) if result is not None or dagster_type is None else None
    return said if dagster_type is None else declared_type(None if said is NoneType else said, dagster_type)


def is_mismatch(made: Any, wanted: Any) -> bool:
    """Whether a value of one type can certainly not be what a parameter of the other type wants."""
    kinds = _classes(made), _classes(wanted)
    if kinds[0] is None or kinds[1] is None:
        return False
    return not any(_fits(kind, want) for kind in kinds[0] for want in kinds[1])


def is_mapping(annotation: Any) -> bool:
    """Whether an annotation names a mapping."""
    if isinstance(annotation, str):  # one that could not be evaluated
        return annotation.split("[", 1)[0].rpartition(".")[2] in ("dict", "Dict", "Mapping")
    plain = get_origin(annotation) or annotation
    return isinstance(plain, type) and issubclass(plain, Mapping)


def value_of_mapping(annotation: Any) -> Any:
    """The type of the values of an annotation that names a mapping; None where it says nothing."""
    arguments = get_args(annotation)
    return arguments[1] if len(arguments) > 1 else None


def _classes(annotation: Any) -> list[type] | None:
    """The classes that an annotation allows; None where it says nothing that can be compared."""
    if get_origin(annotation) in (Union, UnionType):
        found = [_classes(each) for each in get_args(annotation)]
        return None if any(each is None for each in found) else [kind for each in found for kind in each or ()]
    if get_origin(annotation) is Annotated:
        return _classes(get_args(annotation)[0])
    plain = get_origin(annotation) or annotation
    if not isinstance(plain, type) or plain is object or plain is Any or getattr(plain, "_is_protocol", False):
        return None
    return [plain]


def _fits(made: type, wanted: type) -> bool:
    if _is_frame(made) and _is_frame(wanted):
        return True  # stored as Parquet, a frame is given back as the reader's kind
    if made is int and wanted in (float, complex):
        return True
    try:
        return issubclass(made, wanted) or issubclass(wanted, made)
    except TypeError:
        return True


def _is_frame(kind: type) -> bool:
    return kind.__module__.split(".", 1)[0] in ("polars", "pandas", "pyarrow", "pyspark") and kind.__qualname__ in (
        "DataFrame",
        "LazyFrame",
        "Table",
    )
