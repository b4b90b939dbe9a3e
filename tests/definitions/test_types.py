"""What values may be: annotations of Python, models of frames, and types of the user's own."""

from __future__ import annotations

import datetime as dt
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Literal, NewType, Protocol, TypedDict, TypeVar

import pandas as pd
import polars as pl
import pytest
from pydantic import BaseModel, Field

import assettui as at
from assettui.definitions.parameters import evaluated
from assettui.definitions.value_types import check_of, fault_of, name_of

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of libraries that are imported here
    import pandera.pandas as pandera_of_pandas
    import pandera.polars as pandera_of_polars
    import patito
    from pandera.typing import DataFrame as FrameOfPandera
    from pandera.typing.polars import DataFrame as PolarsOfPandera


class Point(TypedDict):
    x: int


class Speaks(Protocol):
    def speak(self) -> str: ...


class Animal: ...


class Dog(Animal): ...


UserId = NewType("UserId", int)
T = TypeVar("T")

FITS: list[tuple[Any, Any]] = [
    (int, 1),
    (int, True),
    (float, 1),
    (float, 1.5),
    (complex, 1),
    (str, "a"),
    (Animal, Dog()),
    (list[int], ["not looked into"]),
    (dict[str, int], {}),
    (tuple[int, ...], ()),
    (int | None, None),
    (int | str, "a"),
    (Literal["a", "b"], "b"),
    (Sequence[int], [1]),
    (Mapping[str, Any], {}),
    (Callable[[int], int], abs),
    (type[int], int),
    (Point, {"x": 1}),
    (UserId, 3),
    (None, None),
    (Annotated[int, "a unit"], 3),
    (pl.DataFrame, pl.DataFrame()),
    (pd.DataFrame, pd.DataFrame()),
]
DOES_NOT: list[tuple[Any, Any, str]] = [
    (int, "x", "it is a str"),
    (int, 1.0, "it is a float"),
    (str, None, "it is a NoneType"),
    (float, "1", "it is a str"),
    (Dog, Animal(), "it is a tests.Animal"),
    (list[int], (1,), "it is a tuple"),
    (int | None, "x", "it is a str"),
    (Literal["a"], "c", "it is a str"),
    (Point, [], "it is a list"),
    (UserId, "3", "it is a str"),
    (None, 1, "it is an int"),
    (Annotated[int, "a unit"], "3", "it is a str"),
    (pl.DataFrame, pd.DataFrame(), "it is a pandas.DataFrame"),
    (pd.DataFrame, pl.DataFrame(), "it is a polars.DataFrame"),
    (dt.datetime, dt.date(2026, 1, 1), "it is a datetime.date"),
]


@pytest.mark.parametrize(("annotation", "value"), FITS, ids=map(str, range(len(FITS))))
def test_what_fits(annotation: Any, value: Any) -> None:
    assert fault_of(annotation, value) is None


@pytest.mark.parametrize(("annotation", "value", "fault"), DOES_NOT, ids=map(str, range(len(DOES_NOT))))
def test_what_does_not(annotation: Any, value: Any, fault: str) -> None:
    found = fault_of(annotation, value)
    assert found is not None
    assert not found.success
    assert found.description == fault


@pytest.mark.parametrize("annotation", [Any, object, T, "a text", Speaks, int | Any, Annotated[Any, 3]], ids=repr)
def test_what_says_nothing_is_not_checked(annotation: Any) -> None:
    assert check_of(annotation) is None


def test_an_annotation_is_named_as_it_is_written() -> None:
    named = {name_of(each) for each in (int, int | None, list[int], dict[str, Animal], Point, None, Literal["a"])}
    assert named == {"int", "int | None", "list[int]", "dict[str, Animal]", "Point", "None", "Literal['a']"}


# Types of the user's own.


def even(_: Any, value: Any) -> at.TypeCheck:
    return at.TypeCheck(value % 2 == 0, f"{value} is odd", {"half": value / 2})


EVEN = at.DagsterType(even, name="Even")


def test_a_type_is_a_function_that_says_whether() -> None:
    assert at.check_dagster_type(EVEN, 4).success
    assert at.check_dagster_type(EVEN, 3).description == "3 is odd"
    assert at.check_dagster_type(Annotated[int, EVEN], "x").description == "it is a str"
    assert at.check_dagster_type(at.DagsterType(lambda _, value: value > 3, name="Big"), 2).success is False
    assert at.check_dagster_type(int | EVEN.__class__, 1).success
    assert (name_of(EVEN), name_of(Annotated[int, EVEN]), name_of(Annotated[Any, EVEN])) == (
        "Even",
        "int and Even",
        "Even",
    )
    with pytest.raises(at.AssettuiError, match="the type_check_fn of Wrong gave str"):
        at.check_dagster_type(at.DagsterType(lambda _, value: "yes", name="Wrong"), 2)  # pyright: ignore[reportArgumentType]
    with pytest.raises(at.AssettuiError, match="type_check_fn is 3"):
        at.DagsterType(3)  # pyright: ignore[reportArgumentType]


def test_a_class_is_given_a_type_of_its_own() -> None:
    @at.usable_as_dagster_type(name="A cat", description="It purrs.")
    class Cat: ...

    class Kitten(Cat): ...

    assert at.check_dagster_type(Cat, Kitten()).success
    assert at.check_dagster_type(Cat, 3).description == "it is an int"
    at.make_python_type_usable_as_dagster_type(Kitten, at.DagsterType(lambda _, value: False, name="None of them"))
    assert not at.check_dagster_type(Kitten, Kitten()).success


# Models of frames.


class Orders(BaseModel):
    id: int
    amount: float = Field(ge=0)


class OrdersOfPatito(patito.Model):
    id: int = patito.Field(unique=True)
    amount: float = patito.Field(ge=0)


class OrdersOfPandas(pandera_of_pandas.DataFrameModel):
    id: int = pandera_of_pandas.Field(unique=True)
    amount: float = pandera_of_pandas.Field(ge=0)


class OrdersOfPolars(pandera_of_polars.DataFrameModel):
    id: int = pandera_of_polars.Field(unique=True)
    amount: float = pandera_of_polars.Field(ge=0)


ROWS = {"id": [1, 2, 3], "amount": [1.0, -2.0, -3.0]}
POSITIVE = {"id": [1, 2], "amount": [1.0, 2.0]}


@pytest.mark.parametrize(
    ("annotation", "frame", "rule"),
    [
        (
            Annotated[pl.DataFrame, Orders],
            pl.DataFrame,
            "amount: Input should be greater than or equal to 0 (rows 1, 2",
        ),
        (
            Annotated[pd.DataFrame, Orders],
            pd.DataFrame,
            "amount: Input should be greater than or equal to 0 (rows 1, 2",
        ),
        (patito.DataFrame[OrdersOfPatito], pl.DataFrame, "amount: 2 rows with out of bound values"),
        (FrameOfPandera[OrdersOfPandas], pd.DataFrame, "amount: greater_than_or_equal_to(0) (rows 1, 2, as -2.0)"),
        (PolarsOfPandera[OrdersOfPolars], pl.DataFrame, "amount: greater_than_or_equal_to(0) (rows 1, 2, as '-2.0')"),
    ],
    ids=["pydantic and polars", "pydantic and pandas", "patito", "pandera and pandas", "pandera and polars"],
)
@pytest.mark.filterwarnings("ignore")
def test_a_model_says_which_rows_and_columns_are_wrong(annotation: Any, frame: Any, rule: str) -> None:
    assert fault_of(annotation, frame(POSITIVE)) is None
    found = fault_of(annotation, frame(ROWS))
    assert found is not None
    assert found.description is not None
    assert rule in found.description
    other = fault_of(annotation, [1])
    assert other is not None
    assert other.description == "it is a list"


@pytest.mark.filterwarnings("ignore")
def test_missing_columns_are_named_and_many_faults_are_few_words() -> None:
    missing = fault_of(Annotated[pl.DataFrame, Orders], pl.DataFrame({"id": [1]}))
    assert missing is not None
    assert missing.description == "1 column missing: amount"
    many = fault_of(Annotated[pl.DataFrame, Orders], pl.DataFrame({"id": ["x"] * 30_000, "amount": [-1.0] * 30_000}))
    assert many is not None
    assert many.description is not None
    assert len(many.description) < 300
    assert "rows 0, 1, 2, 3, 4 and 4,995 more" in many.description


def test_a_model_stands_between_the_brackets_of_a_frame_that_takes_none() -> None:
    def made() -> pl.DataFrame[Orders]: ...  # pyright: ignore[reportInvalidTypeArguments]

    assert evaluated(made.__annotations__["return"], made) == Annotated[pl.DataFrame, Orders]
    assert name_of(Annotated[pl.DataFrame, Orders]) == "DataFrame[Orders]"
