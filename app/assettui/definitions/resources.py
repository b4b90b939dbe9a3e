"""Resources: what functions work with besides data, set up before a step or run and torn down after it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import AbstractContextManager, ExitStack, contextmanager
from inspect import isgenerator, signature
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar, get_args, get_origin

from msgspec import Struct, field

from assettui.definitions.context import ContextRun, ScopedResources
from assettui.definitions.context_partitions import NotInContext
from assettui.definitions.env_var import resolved
from assettui.definitions.placed import caller, location_of
from assettui.model.arguments import checks_arguments
from assettui.model.errors import AssettuiError

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable, Generator, Iterable, Mapping
    from types import TracebackType
    from typing import Self

T = TypeVar("T")


class ResourceFailed(AssettuiError):
    """A resource could not be set up; the user's exception is its `__cause__`."""


class InitResourceContext(Struct, frozen=True):
    """Given to a resource when it is set up and torn down."""

    resource_config: Any = None
    """The resource's configuration."""
    resources: Any = field(default_factory=lambda: ScopedResources({}))
    """The resources that it needs, each by its name as an attribute."""
    run: ContextRun = field(default_factory=lambda: ContextRun("direct"))

    @property
    def run_id(self) -> str:
        """The run that it is set up for."""
        return self.run.run_id

    @property
    def log(self) -> logging.Logger:
        """A standard logger; what it is given is kept with the step."""
        from assettui.definitions.step_log import step_log  # deferred: logging takes 10 ms

        return step_log()


def build_init_resource_context(
    config: Any = None, resources: Mapping[str, Any] | None = None, run_id: str = "direct"
) -> InitResourceContext:
    """A context for setting up a resource directly, as in a test."""
    return InitResourceContext(config, ScopedResources(resources or {}), ContextRun(run_id))


class ManagedResource(ABC):
    """A resource that is told when it begins and when it ends."""

    @abstractmethod
    def begun(self, context: InitResourceContext, nested: Callable[[Any], Any]) -> AbstractContextManager[Any]:
        """What functions are given, for as long as the manager is entered.

        Args:
            context: What the resource may know.
            nested: Begins a resource that this one holds, and gives what functions are given of it.
        """

    def needs(self) -> frozenset[str]:
        """The names of other resources that it needs."""
        return frozenset()


class PlainResource:
    """The base of classes whose instances are resources as they are: a parameter annotated with one receives it."""


class ResourceDefinition(ManagedResource):
    """A function that makes a resource: it returns it, or yields it and then tears it down.

    Args:
        resource_fn: Takes an `InitResourceContext`, or nothing.
        config_schema: Of its configuration: a class of configuration, or a dict of names and types.
        description: What it is.
        required_resource_keys: Other resources that it takes from `context.resources`.
        config: Its configuration, where it is not given with the run.
    """

    @checks_arguments
    def __init__(
        self,
        resource_fn: Callable[..., Any],
        config_schema: Any = None,
        description: str | None = None,
        required_resource_keys: Iterable[str] = (),
        config: Any = None,
    ) -> None:
        self.resource_fn = resource_fn
        self.config_schema = config_schema
        self.description = description
        self.required_resource_keys = frozenset(required_resource_keys)
        self.config = config
        self.at = location_of(resource_fn) or caller()

    @staticmethod
    def hardcoded_resource(value: Any, description: str | None = None) -> ResourceDefinition:
        """A resource that is this very value."""
        return ResourceDefinition(lambda: value, description=description)

    @staticmethod
    def mock_resource(description: str | None = None) -> ResourceDefinition:
        """A resource that answers everything, and remembers what it was asked: a `MagicMock`."""

        def mock() -> Any:
            from unittest.mock import MagicMock  # deferred: 30 ms that only tests need

            return MagicMock()

        return ResourceDefinition(mock, description=description)

    @staticmethod
    def none_resource(description: str | None = None) -> ResourceDefinition:
        """A resource that is None."""
        return ResourceDefinition.hardcoded_resource(None, description)

    @staticmethod
    def string_resource(description: str | None = None) -> ResourceDefinition:
        """A resource that is the text it is configured with."""

        def text(context: InitResourceContext) -> Any:
            return context.resource_config

        return ResourceDefinition(text, str, description)

    def configured(self, config: Any) -> ResourceDefinition:
        """The same resource with this configuration."""
        return type(self)(
            self.resource_fn, self.config_schema, self.description, self.required_resource_keys, config=config
        )

    def needs(self) -> frozenset[str]:
        """The names of other resources that it needs."""
        return self.required_resource_keys

    def with_config(self, given: Mapping[str, Any]) -> ResourceDefinition:
        """As configured, with what a run says on top of it."""
        known: Any = self.config
        return self.configured({**known, **given} if isinstance(known, dict) else given)

    @contextmanager
    def begun(self, context: InitResourceContext, nested: Callable[[Any], Any]) -> Generator[Any]:
        """What the function makes; a generator is run to its end behind it."""
        config = resolved(self.config)
        if self.config_schema is not None:
            from assettui.definitions.config import validated  # deferred: pydantic takes 0.1 s

            config = validated(self.config_schema, config, f"resource {self.resource_fn.__name__}")
        given = InitResourceContext(config, context.resources, context.run)
        made: Any = self.resource_fn(given) if signature(self.resource_fn).parameters else self.resource_fn()
        if isgenerator(made):
            yield next(made)
            next(made, None)
        elif hasattr(made, "gen") and hasattr(made, "__enter__"):  # of @contextmanager, not a resource itself
            with made as value:
                yield value
        else:
            yield made

    def __call__(self, context: InitResourceContext | None = None) -> Any:
        """Call the function directly."""
        return (
            self.resource_fn(context or InitResourceContext())
            if signature(self.resource_fn).parameters
            else self.resource_fn()
        )


def resource(
    resource_fn: Callable[..., Any] | None = None,
    /,
    *,
    config_schema: Any = None,
    description: str | None = None,
    required_resource_keys: Iterable[str] = (),
) -> Any:
    """Declare that a function makes a resource; see `ResourceDefinition`."""

    def decorate(fn: Callable[..., Any]) -> ResourceDefinition:
        return ResourceDefinition(fn, config_schema, description or fn.__doc__, required_resource_keys)

    return decorate if resource_fn is None else decorate(resource_fn)


class DependencyMarker(Struct, frozen=True):
    """Says in an annotation that a parameter or field receives a resource."""


if TYPE_CHECKING:
    ResourceParam = Annotated[T, DependencyMarker()]
    ResourceDependency = Annotated[T, DependencyMarker()]
else:

    class ResourceParam(Generic[T]):
        """Annotates a parameter that receives the resource of its name, whatever its class: `ResourceParam[Client]`."""

        def __class_getitem__(cls, item: Any) -> Any:
            return Annotated[item, DependencyMarker()]

    class ResourceDependency(Generic[T]):
        """Annotates a field of a resource that holds another resource, however that one is defined."""

        def __class_getitem__(cls, item: Any) -> Any:
            return Annotated[Any, DependencyMarker()]


def is_resource_annotation(annotation: Any) -> bool:
    """Whether a parameter annotated so receives a resource."""
    if get_origin(annotation) is Annotated:
        return any(isinstance(each, DependencyMarker) for each in get_args(annotation)[1:])
    try:
        return isinstance(annotation, type) and issubclass(annotation, ManagedResource | PlainResource)
    except TypeError:  # generics of typing pass for types and are none
        return False


class ResourceSet:
    """The resources of one run or step: each is begun when it is first asked for, all are ended together.

    Args:
        definitions: By name.
        config: What the run says of them: name → configuration.
        run: What they are told of the run.
    """

    def __init__(
        self, definitions: Mapping[str, Any], config: Mapping[str, Any] | None = None, run: ContextRun | None = None
    ) -> None:
        self._definitions = definitions
        self._config = config or {}
        self._run = run or ContextRun("direct")
        self._values: dict[str, Any] = {}
        self._by_identity: dict[int, tuple[Any, Any]] = {}
        self._beginning: list[str] = []
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End every resource that was begun, the last one first. One that fails at it is logged; the others go on."""
        self._stack.close()
        self._values.clear()
        self._by_identity.clear()

    def begun(self) -> dict[str, Any]:
        """Those that have been begun, by name, as functions are given them."""
        return dict(self._values)

    def get(self, name: str) -> Any:
        """The resource of that name, as functions are given it.

        Raises:
            ResourceFailed: It cannot be set up.
            NotInContext: There is none.
        """
        if name not in self._values:
            if name not in self._definitions:
                known = ", ".join(self._definitions) or "none"
                raise NotInContext(f"there is no resource {name!r}", hint=f"the project defines: {known}")
            definition = self._definitions[name]
            if name in self._config:
                definition = _configured(name, definition, self._config[name])
            self._values[name] = self._begin(name, definition)
        return self._values[name]

    def scoped(self, names: Iterable[str]) -> dict[str, Any]:
        """Several of them by name."""
        return {name: self.get(name) for name in names}

    def _begin(self, name: str, definition: Any) -> Any:
        if not isinstance(definition, ManagedResource):
            return definition
        known = self._by_identity.get(id(definition))
        if known is not None:
            return known[1]
        if name in self._beginning:
            cycle = " → ".join([*self._beginning, name])
            raise ResourceFailed(f"resources need each other in a cycle: {cycle}")
        self._beginning.append(name)
        try:
            context = InitResourceContext(
                resources=ScopedResources(self.scoped(sorted(definition.needs()))), run=self._run
            )
            manager = definition.begun(context, lambda inner: self._begin(f"{name}.{type(inner).__name__}", inner))
            value = manager.__enter__()
        except AssettuiError:
            raise
        except Exception as error:
            raise ResourceFailed(
                f"the resource {name!r} could not be set up: {type(error).__name__}: {error}"
            ) from error
        finally:
            self._beginning.pop()
        self._stack.callback(_end, name, manager)
        self._by_identity[id(definition)] = (definition, value)
        return value


def _end(name: str, manager: AbstractContextManager[Any]) -> None:
    try:
        manager.__exit__(None, None, None)
    except Exception:  # noqa: BLE001 - user code, and logged
        from assettui.definitions.step_log import step_log  # deferred, as above

        step_log().exception("the resource %r could not be torn down", name)


def _configured(name: str, definition: Any, config: Any) -> Any:
    with_config = getattr(definition, "with_config", None)
    if with_config is None:
        raise ResourceFailed(
            f"the run configures the resource {name!r}, which has no configuration", hint="leave it out"
        )
    return with_config(config)


def unwrapped(value: Any) -> Any:
    """What a resource is when it is given directly, without a run: a definition by function is called."""
    return value() if isinstance(value, ResourceDefinition) else value
