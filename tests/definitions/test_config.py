"""Configuration: what a run may say to its assets, ops and resources."""

from __future__ import annotations

import re
from enum import Enum
from typing import Annotated, Any, Generic, Literal, TypeVar

import pydantic
import pytest
from pydantic import SecretStr

from assettui import (
    AssetExecutionContext,
    Config,
    EnvVar,
    Field,
    Instance,
    PermissiveConfig,
    RunConfig,
    RunRequest,
    StepFailed,
    asset,
    build_asset_context,
    materialize,
)
from assettui.core.masking import MASK, masked
from assettui.core.run_config import BadRunConfig
from assettui.definitions.config import json_schema
from assettui.model.errors import AssettuiError


class Source(Config):
    """Where rows come from."""

    url: str
    timeout_s: float = 30.0


class Kind(Enum):
    FULL = "full"
    DELTA = "delta"


class Csv(Config):
    """Rows as text."""

    kind: Literal["csv"] = "csv"
    delimiter: str = ","


class Parquet(Config):
    """Rows as Parquet."""

    kind: Literal["parquet"] = "parquet"


class Load(Config):
    """How to load."""

    limit: int = 10
    mode: Kind = Kind.FULL
    source: Source | None = None
    form: Csv | Parquet = Csv()


@asset
def rows(config: Load) -> dict[str, Any]:
    return config.model_dump()


def configured(config: Any) -> dict[str, Any]:
    return materialize([rows], run_config=config).asset_value("rows")


def test_without_configuration_there_are_defaults() -> None:
    assert configured(None) == Load().model_dump()


def test_configuration_is_given_as_a_class_or_as_a_dict() -> None:
    assert configured(RunConfig(ops={"rows": Load(limit=3)}))["limit"] == 3
    assert configured({"ops": {"rows": {"config": {"limit": 4, "mode": "delta"}}}})["limit"] == 4


def test_configuration_is_nested_and_may_be_one_of_several() -> None:
    given = Load(source=Source(url="x"), form=Parquet())
    assert configured(RunConfig(ops={"rows": given})) == given.model_dump()


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"limit": "many"}, "limit: input should be a valid integer"),
        ({"limits": 3}, "limits: there is no such field"),
        ({"source": {"timeout_s": 1}}, "source.url: is missing"),
        ({"mode": "half"}, "mode: input should be 'full' or 'delta'"),
    ],
)
def test_a_wrong_field_is_named_by_its_path(config: dict[str, Any], message: str) -> None:
    with pytest.raises(StepFailed, match=f"the configuration of rows is wrong:\n    {message}"):
        configured({"ops": {"rows": {"config": config}}})


def test_an_environment_variable_is_read_when_the_step_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIMIT", "7")
    monkeypatch.setenv("URL", "secret")
    given = RunConfig(ops={"rows": Load(limit=EnvVar.int("LIMIT"), source=Source(url=EnvVar("URL")))})
    assert given.to_config_dict() == {
        "ops": {"rows": {"config": {"limit": {"env": "LIMIT"}, "source": {"url": {"env": "URL"}}}}}
    }
    assert configured(given)["limit"] == 7
    assert configured(given)["source"]["url"] == "secret"


def test_a_default_may_be_an_environment_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    class FromEnvironment(Config):
        limit: int = EnvVar.int("LIMIT")

    @asset
    def limited(config: FromEnvironment) -> int:
        return config.limit

    monkeypatch.setenv("LIMIT", "9")
    assert materialize([limited]).asset_value("limited") == 9
    monkeypatch.delenv("LIMIT")
    with pytest.raises(StepFailed, match="the environment variable LIMIT is not set"):
        materialize([limited])


def test_a_schema_may_be_written_as_a_dict() -> None:
    @asset(config_schema={"n": int, "name": Field(str, default_value="x")})
    def old_style(context: AssetExecutionContext) -> dict[str, Any]:
        return context.op_config

    result = materialize([old_style], run_config={"ops": {"old_style": {"config": {"n": 1}}}})
    assert result.asset_value("old_style") == {"n": 1, "name": "x"}
    with pytest.raises(StepFailed, match="n: is missing"):
        materialize([old_style])


def test_more_fields_may_be_permitted() -> None:
    class Open(PermissiveConfig):
        a: int = 1

    @asset
    def seen(config: Open) -> dict[str, Any]:
        return config.model_dump()

    result = materialize([seen], run_config={"ops": {"seen": {"config": {"b": 2}}}})
    assert result.asset_value("seen") == {"a": 1, "b": 2}


def test_an_asset_below_a_prefix_is_configured_by_its_key() -> None:
    @asset(key_prefix="raw")
    def events(config: Load) -> int:
        return config.limit

    for name in ("raw/events", "raw__events"):
        result = materialize([events], run_config={"ops": {name: {"config": {"limit": 2}}}})
        assert result.asset_value("raw/events") == 2


def test_configuration_that_nothing_takes_is_refused() -> None:
    @asset
    def plain() -> int:
        return 1

    with pytest.raises(StepFailed, match="the run configures plain, which takes no configuration"):
        materialize([plain], run_config={"ops": {"plain": {"config": {"a": 1}}}})
    with pytest.raises(BadRunConfig, match=r"ops\.plane: the run has no step 'plane'(.|\n)*did you mean 'plain'"):
        materialize([plain], run_config={"ops": {"plane": {"config": {"a": 1}}}})
    with pytest.raises(BadRunConfig, match=r"resources\.db: there is no such resource"):
        materialize([plain], run_config={"resources": {"db": {"config": {}}}})
    with pytest.raises(BadRunConfig, match="has no section 'solids'"):
        materialize([plain], run_config={"solids": {}})


def test_a_function_is_called_directly_with_its_configuration() -> None:
    assert rows(Load(limit=1))["limit"] == 1
    assert rows(config=Load(limit=1))["limit"] == 1
    assert rows(build_asset_context(asset_config={"limit": 5}))["limit"] == 5


def test_a_request_for_a_run_carries_configuration() -> None:
    request = RunRequest(run_config=RunConfig(ops={"rows": Load(limit=2)}))
    assert request.config == request.run_config == {"ops": {"rows": {"config": {"limit": 2}}}}
    assert RunRequest(run_config=None, tags=None).run_config == {}


class Secret(Config):
    """What nobody else is to see."""

    user: str
    key: SecretStr
    api_token: str = "none"
    others: list[SecretStr] = []


def test_what_is_kept_of_a_run_has_its_secrets_masked() -> None:
    @asset
    def uses(config: Secret) -> str:
        return config.key.get_secret_value()

    given = {"user": "me", "key": "hush", "api_token": "hush", "others": ["hush"]}
    with Instance.ephemeral() as instance:
        result = materialize([uses], run_config={"ops": {"uses": {"config": given}}}, instance=instance)
        assert result.asset_value("uses") == "hush"
        (queued, *others) = instance.get_events(result.run_id)
    assert queued.payload["plan"]["config"]["ops"]["uses"]["config"] == {
        "user": "me",
        "key": MASK,
        "api_token": MASK,
        "others": [MASK],
    }
    assert "hush" not in f"{queued}{others}"


def test_a_field_that_has_no_schema_hides_no_secret() -> None:
    class Odd:
        pass

    class Mixed(Config):
        pin: SecretStr
        odd: Odd | None = None

    schema = json_schema(Mixed)
    assert schema["required"] == ["pin"]
    config = {"ops": {"uses": {"config": {"pin": "hush"}}}}
    assert masked(config, {"ops.uses": schema})["ops"]["uses"]["config"] == {"pin": MASK}


def test_the_name_of_an_environment_variable_is_no_secret() -> None:
    config = {"ops": {"uses": {"config": {"key": {"env": "KEY"}, "user": "me"}}}}
    assert masked(config, {"ops.uses": json_schema(Secret)}) == config


class Mode(Enum):
    FULL = "full"
    PART = 2


class Cat(Config):
    kind: Literal["cat"] = "cat"
    meows: int = 1


class Dog(Config):
    kind: Literal["dog"] = "dog"
    barks: float = 1.0


T = TypeVar("T")


class Box(Config, Generic[T]):
    content: T


class Everything(Config):
    """One field of each kind that is written otherwise than plainly."""

    pet: Cat | Dog = pydantic.Field(default_factory=Cat, discriminator="kind")
    pets: list[Annotated[Cat | Dog, pydantic.Field(discriminator="kind")]] = []
    mode: Mode = Mode.FULL
    modes: list[Mode] = []
    by_name: dict[str, Mode] = {}
    maybe: Mode | None
    limit: int | None
    level: Literal["low", "high"] = "low"
    renamed: int = pydantic.Field(default=0, alias="theirs")
    chosen: int = pydantic.Field(default=0, validation_alias=pydantic.AliasChoices("first", "second"))
    box: Box[int] = Box[int](content=1)
    even: int = 0
    text: str = ""

    @pydantic.field_validator("even", mode="after")
    @classmethod
    def _even(cls, value: int) -> int:
        if value % 2:
            raise ValueError("is odd")
        return value

    @pydantic.field_validator("text", mode="before")
    @classmethod
    def _text(cls, value: Any) -> Any:
        return str(value) if isinstance(value, int) else value

    @pydantic.computed_field
    @property
    def double(self) -> int:
        return 2 * self.even


@pytest.mark.parametrize(
    ("written", "field", "value"),
    [
        ({"pet": {"dog": {"barks": 3}}}, "pet", Dog(barks=3)),
        ({"pet": {"kind": "dog", "barks": 3}}, "pet", Dog(barks=3)),
        ({"pet": {"dog": None}}, "pet", Dog()),
        ({"pets": [{"kind": "cat"}, {"kind": "dog"}]}, "pets", [Cat(), Dog()]),
        ({"mode": "PART"}, "mode", Mode.PART),
        ({"mode": 2}, "mode", Mode.PART),
        ({"mode": "full"}, "mode", Mode.FULL),
        ({"modes": ["FULL", 2]}, "modes", [Mode.FULL, Mode.PART]),
        ({"by_name": {"a": "PART"}}, "by_name", {"a": Mode.PART}),
        ({"maybe": "FULL"}, "maybe", Mode.FULL),
        ({}, "maybe", None),
        ({}, "limit", None),
        ({"limit": 3}, "limit", 3),
        ({"level": "high"}, "level", "high"),
        ({"theirs": 2}, "renamed", 2),
        ({"first": 2}, "chosen", 2),
        ({"second": 2}, "chosen", 2),
        ({"box": {"content": 5}}, "box", Box[int](content=5)),
        ({"even": 4}, "double", 8),
    ],
)
def test_each_kind_of_field_is_written_as_dagster_or_pydantic_has_it(
    written: dict[str, Any], field: str, value: Any
) -> None:
    @asset
    def one(config: Everything) -> Any:
        return getattr(config, field)

    as_dict = materialize([one], run_config={"ops": {"one": {"config": written}}})
    assert as_dict.output_for_node("one") == value
    as_object = materialize([one], run_config=RunConfig({"one": Everything(**written)}))
    assert as_object.output_for_node("one") == value


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ({"pet": {"cow": {}}}, "pet"),
        ({"mode": "NONE"}, "mode"),
        ({"level": "middle"}, "level"),
        ({"renamed": 2}, "renamed: there is no such field"),
        ({"even": 3}, "even: value error, is odd"),
        ({"box": {"content": "x"}}, "box.content"),
        ({"double": 2}, "double: there is no such field"),
    ],
)
def test_what_is_wrong_in_such_a_field_is_told_by_its_path(written: dict[str, Any], said: str) -> None:
    @asset
    def one(config: Everything) -> None: ...

    with pytest.raises((AssettuiError, StepFailed), match=re.escape(said)):
        materialize([one], run_config={"ops": {"one": {"config": written}}})
