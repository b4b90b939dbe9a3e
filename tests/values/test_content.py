"""The version of a value that is identified by what it is."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from assettui import DefinitionsError, Instance, MaterializeResult, StepFailed, asset, materialize
from assettui.values.content import content_version

FRAME = pl.DataFrame({"a": [1, 2, None], "b": ["x", None, "z"], "c": [[1], [2, 3], None], "d": [{"x": 1}, None, None]})


@pytest.mark.parametrize(
    ("one", "same"),
    [
        (FRAME, pl.concat([FRAME[:1], FRAME[1:]], rechunk=False)),
        (FRAME, FRAME.lazy()),
        (FRAME["a", "b"], FRAME["a", "b"].to_arrow()),
        (FRAME[1:], pl.DataFrame(FRAME[1:].to_dicts(), schema=FRAME.schema)),
        (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, 2, 3]})[:2]),
        ({"a": [1, 2.5], "b": None}, {"b": None, "a": [1, 2.5]}),
        (b"abc", bytearray(b"abc")),
        ({1, 2, 3}, {3, 2, 1}),
    ],
)
def test_what_is_the_same_has_one_version(one: Any, same: Any) -> None:
    assert content_version(one) == content_version(same)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (FRAME, FRAME[::-1]),
        (FRAME, FRAME.rename({"a": "A"})),
        (FRAME["a",], FRAME["a",].cast(pl.Int32)),
        (pl.DataFrame(), pl.DataFrame({"a": []})),
        (pl.DataFrame({"a": [1, 1]}), pl.DataFrame({"a": [1]})),
        (pd.DataFrame({"a": [1, 2]}), pd.DataFrame({"a": [1, 2]}, index=[5, 6])),
        (pa.table({"a": [1]}), pa.table({"a": [2]})),
        ([1, 2], [2, 1]),
        (1, "1"),
        (b"abc", "abc"),
        (None, "null"),
    ],
)
def test_what_differs_has_another(one: Any, other: Any) -> None:
    assert content_version(one) != content_version(other)


def test_it_is_the_same_in_another_process() -> None:
    code = (
        "import polars as pl; from assettui.values.content import content_version as v;"
        "print(v(pl.DataFrame({'a': [1, 2], 'b': ['x', None]})), v({'k': 1}))"
    )
    first, second = (subprocess.check_output([sys.executable, "-c", code], text=True) for _ in range(2))
    assert first == second


def test_a_value_that_comes_out_as_it_was_is_the_same_data() -> None:
    given = [1]

    @asset(data_version="content")
    def source() -> list[int]:
        return given

    with Instance.ephemeral() as instance:
        materialize([source], instance=instance)
        materialize([source], instance=instance)
        first, second = (each.data_version for each in instance.fetch_materializations("source"))
        assert first == second
        given[0] = 2
        materialize([source], instance=instance)
        assert instance.fetch_materializations("source")[0].data_version != first


def test_without_a_value_there_is_no_version_of_it() -> None:
    @asset(data_version="content")
    def elsewhere() -> Any:
        return MaterializeResult(metadata={"rows": 3})

    with pytest.raises(StepFailed, match="is taken of its value, and it gave none"):
        materialize([elsewhere])

    @asset(data_version="contents")  # pyright: ignore[reportArgumentType, reportCallIssue]
    def misspelt() -> int:
        return 1

    with pytest.raises(DefinitionsError, match="its data_version is 'contents'"):
        materialize([misspelt])
