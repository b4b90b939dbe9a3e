"""Resources: what functions work with, set up and torn down around them."""

from __future__ import annotations

import sqlite3
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any
from unittest.mock import MagicMock

import pytest

from assettui import (
    AssetExecutionContext,
    ConfigurableResource,
    ConfigurableResourceFactory,
    Definitions,
    DefinitionsError,
    EnvVar,
    InitResourceContext,
    Instance,
    ResourceDefinition,
    ResourceDependency,
    ResourceParam,
    RunConfig,
    StepFailed,
    asset,
    build_asset_context,
    build_init_resource_context,
    materialize,
    resource,
)
from assettui.definitions.describe.project import describe

said: list[str] = []


@pytest.fixture(autouse=True)
def _fresh() -> None:
    said.clear()


class Database(ConfigurableResource):
    """A database, by its address."""

    url: str
    port: int = 5432

    def setup_for_execution(self, context: InitResourceContext) -> None:
        said.append(f"open {self.url}:{self.port}")

    def teardown_after_execution(self, context: InitResourceContext) -> None:
        said.append(f"close {self.url}")

    def query(self) -> str:
        return f"from {self.url}"


@asset
def users(database: Database) -> str:
    return database.query()


def test_a_parameter_annotated_with_a_class_of_resources_receives_the_one_of_its_name() -> None:
    assert materialize([users], resources={"database": Database(url="dev")}).asset_value("users") == "from dev"


def test_a_resource_is_set_up_when_it_is_first_needed_and_torn_down_when_the_run_is_over() -> None:
    @asset
    def before() -> None:
        said.append("before")

    @asset(deps=[before])
    def first(database: Database) -> None:
        said.append("first")

    @asset(deps=[first])
    def second(database: Database) -> None:
        said.append("second")

    unused = Database(url="unused")
    materialize([before, first, second], resources={"database": Database(url="dev"), "unused": unused})
    assert said == ["before", "open dev:5432", "first", "second", "close dev"]


def test_it_is_torn_down_also_where_a_step_fails() -> None:
    @asset
    def failing(database: Database) -> None:
        raise ValueError

    assert not materialize([failing], resources={"database": Database(url="dev")}, raise_on_error=False).success
    assert said == ["open dev:5432", "close dev"]


def test_the_same_assets_run_unchanged_in_development_and_in_production() -> None:
    by_deployment = {"dev": {"database": Database(url="dev")}, "prod": {"database": Database(url="prod")}}
    values = {name: materialize([users], resources=each).asset_value("users") for name, each in by_deployment.items()}
    assert values == {"dev": "from dev", "prod": "from prod"}


def test_an_environment_variable_is_read_when_the_step_runs_and_shown_by_its_name_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    database = Database(url=EnvVar("DATABASE_URL"), port=EnvVar.int("DATABASE_PORT"))
    assert repr(database) == "Database(url=EnvVar('DATABASE_URL'), port=EnvVar.int('DATABASE_PORT'))"
    monkeypatch.setenv("DATABASE_URL", "hush")
    monkeypatch.setenv("DATABASE_PORT", "77")
    with Instance.ephemeral() as instance:
        result = materialize([users], resources={"database": database}, instance=instance)
        kept = str(instance.get_events(result.run_id))
        assert result.asset_value("users") == "from hush"
    assert said[0] == "open hush:77"
    assert "hush" not in kept


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "the environment variable DATABASE_PORT is not set"),
        ("many", "DATABASE_PORT does not hold a whole number"),
    ],
)
def test_an_environment_variable_that_is_missing_or_wrong_fails_the_step(
    monkeypatch: pytest.MonkeyPatch, value: str | None, message: str
) -> None:
    monkeypatch.delenv("DATABASE_PORT", raising=False)
    if value is not None:
        monkeypatch.setenv("DATABASE_PORT", value)
    with pytest.raises(StepFailed, match=message):
        materialize([users], resources={"database": Database(url="dev", port=EnvVar.int("DATABASE_PORT"))})


def test_an_environment_variable_is_no_text_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "hush")
    with pytest.raises(RuntimeError, match="is read when a step runs"):
        f"{EnvVar('DATABASE_URL')}"
    assert EnvVar("DATABASE_URL").get_value() == "hush"
    assert EnvVar("NOT_SET").get_value("default") == "default"
    assert EnvVar.int("NOT_SET").get_value(3) == 3


class Repository(ConfigurableResource):
    """A resource that holds others."""

    database: Database
    client: ResourceDependency[Any]

    def both(self) -> str:
        return f"{self.database.query()} by {self.client}"


@resource
def client(context: InitResourceContext) -> Generator[str]:
    said.append("open client")
    yield "client"
    said.append("close client")


def test_resources_hold_resources_which_are_set_up_before_and_only_once() -> None:
    database = Database(url="dev")

    @asset
    def loaded(repository: Repository, database: Database) -> str:
        assert repository.database is database
        return repository.both()

    resources = {"repository": Repository(database=database, client=client), "database": database}
    assert materialize([loaded], resources=resources).asset_value("loaded") == "from dev by client"
    assert said == ["open dev:5432", "open client", "close client", "close dev"]


def test_a_factory_gives_functions_what_it_makes() -> None:
    class Connection(ConfigurableResourceFactory[sqlite3.Connection]):
        path: str

        @contextmanager
        def yield_for_execution(self, context: InitResourceContext) -> Generator[sqlite3.Connection]:
            connection = sqlite3.connect(self.path)
            try:
                yield connection
            finally:
                connection.close()
                said.append("closed")

    @asset
    def answer(connection: ResourceParam[sqlite3.Connection]) -> int:
        return connection.execute("SELECT 6 * 7").fetchone()[0]

    assert materialize([answer], resources={"connection": Connection(path=":memory:")}).asset_value("answer") == 42
    assert said == ["closed"]


def test_a_resource_may_be_a_function_with_configuration_and_needs_of_its_own() -> None:
    @resource(config_schema={"greeting": str}, required_resource_keys={"name"})
    def greeter(context: InitResourceContext) -> str:
        return f"{context.resource_config['greeting']} {context.resources.name}"

    @asset(required_resource_keys={"greeter"})
    def greeting(context: AssetExecutionContext) -> str:
        return context.resources.greeter

    resources = {"greeter": greeter.configured({"greeting": "hello"}), "name": "you"}
    assert materialize([greeting], resources=resources).asset_value("greeting") == "hello you"
    more = RunConfig(resources={"greeter": {"greeting": "bye"}})
    assert materialize([greeting], resources=resources, run_config=more).asset_value("greeting") == "bye you"
    assert greeter(build_init_resource_context({"greeting": "hi"}, {"name": "me"})) == "hi me"


def test_plain_objects_are_resources_too() -> None:
    @asset
    def number(limit: int) -> int:
        return limit

    @asset(required_resource_keys={"settings"})
    def setting(context: AssetExecutionContext) -> str:
        return context.resources.settings["a"]

    result = materialize([number, setting], resources={"limit": 3, "settings": {"a": "b"}})
    assert (result.asset_value("number"), result.asset_value("setting")) == (3, "b")


def test_stand_ins_for_tests() -> None:
    @asset(required_resource_keys={"fixed", "mocked", "none"})
    def seen(context: AssetExecutionContext) -> bool:
        resources = context.resources
        resources.mocked.send("hello")
        return resources.fixed == 1 and isinstance(resources.mocked, MagicMock) and resources.none is None

    resources = {
        "fixed": ResourceDefinition.hardcoded_resource(1),
        "mocked": ResourceDefinition.mock_resource(),
        "none": ResourceDefinition.none_resource(),
    }
    assert materialize([seen], resources=resources).asset_value("seen")


def test_a_run_may_configure_a_resource() -> None:
    more = RunConfig(resources={"database": {"port": 1}})
    materialize([users], resources={"database": Database(url="dev")}, run_config=more)
    assert said[0] == "open dev:1"
    at_launch = RunConfig(resources={"database": {"url": "chosen"}})
    result = materialize([users], resources={"database": Database.configure_at_launch()}, run_config=at_launch)
    assert result.asset_value("users") == "from chosen"


def test_a_resource_that_cannot_be_set_up_fails_the_step_and_the_others_are_torn_down() -> None:
    class Broken(ConfigurableResource):
        def setup_for_execution(self, context: InitResourceContext) -> None:
            raise ConnectionError("no route")

    @asset
    def both(database: Database, worse: Broken) -> None: ...

    result = materialize([both], resources={"database": Database(url="dev"), "worse": Broken()}, raise_on_error=False)
    error = result.error_for_node("both")
    assert error is not None
    assert error.message.startswith("the resource 'worse' could not be set up: ConnectionError: no route")
    assert error.traceback is not None
    assert 'raise ConnectionError("no route")' in error.traceback
    assert said == ["open dev:5432", "close dev"]


def test_a_resource_that_cannot_be_torn_down_is_logged_and_changes_nothing(caplog: pytest.LogCaptureFixture) -> None:
    class Sticky(ConfigurableResource):
        def teardown_after_execution(self, context: InitResourceContext) -> None:
            raise OSError("stuck")

    @asset
    def both(database: Database, sticky: Sticky) -> int:
        return 1

    assert materialize([both], resources={"database": Database(url="dev"), "sticky": Sticky()}).success
    assert "the resource 'sticky' could not be torn down" in caplog.text
    assert said == ["open dev:5432", "close dev"]


def test_a_function_is_called_directly_with_its_resources_or_with_a_context_that_has_them() -> None:
    assert users(database=Database(url="direct")) == "from direct"
    assert users(build_asset_context(resources={"database": Database(url="by context")})) == "from by context"

    @asset
    def with_context(context: AssetExecutionContext, database: Database) -> str:
        return f"{context.asset_key} {database.url}"

    assert with_context(build_asset_context("a", resources={"database": Database(url="x")})) == "a x"
    assert with_context(database=Database(url="y")).endswith(" y")


@pytest.mark.parametrize(
    ("resources", "message", "hint"),
    [
        ({}, "asset users takes the resource 'database', which nothing defines", r"Definitions\(resources="),
        ({"databse": Database(url="x")}, "which nothing defines", "did you mean 'databse'"),
        (
            {"database": Repository.configure_at_launch()},
            "takes 'database' as Database.* is a Repository",
            "of that class",
        ),
    ],
)
def test_a_resource_that_is_missing_or_of_another_class_is_told_with_its_place(
    resources: dict[str, Any], message: str, hint: str
) -> None:
    with pytest.raises(DefinitionsError, match=rf"test_resources\.py:\d+: (.|\n)*{message}(.|\n)*{hint}"):
        describe("test", Definitions([users], resources=resources))


def test_keys_of_resources_that_nothing_defines_are_told() -> None:
    @asset(required_resource_keys={"warehouse"}, io_manager_key="lake")
    def needy(context: AssetExecutionContext) -> None: ...

    with pytest.raises(DefinitionsError) as told:
        describe("test", Definitions([needy], resources={"warehous": 1, "lakes": 2}))
    assert "asset needy needs the resource 'warehouse', which nothing defines" in str(told.value)
    assert "did you mean 'warehous'?" in str(told.value)
    assert "asset needy needs the resource 'lake', which nothing defines" in str(told.value)


def test_a_context_tells_what_it_has_where_it_is_asked_for_more() -> None:
    @asset(required_resource_keys={"a"})
    def asking(context: AssetExecutionContext) -> None:
        context.resources.b  # noqa: B018

    with pytest.raises(StepFailed, match=r"the step has no resource 'b'(.|\n)*there are: a"):
        materialize([asking], resources={"a": 1, "b": 2})
