from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from assettui import MetadataValue
from assettui.model import codec
from assettui.model.metadata import as_metadata, as_metadata_value


@pytest.mark.parametrize(
    ("value", "kind", "shown"),
    [
        (MetadataValue.int(1234), "int", "1,234"),
        (MetadataValue.float(0.5), "float", "0.5"),
        (MetadataValue.text("hi"), "text", "hi"),
        (MetadataValue.md("\n# title\nmore"), "md", "# title"),
        (MetadataValue.json({"a": [1]}), "json", '{"a": [1]}'),
        (MetadataValue.url("https://example.com"), "url", "https://example.com"),
        (MetadataValue.path(Path("/tmp/x")), "path", "/tmp/x"),
        (MetadataValue.bool(True), "bool", "true"),
        (MetadataValue.timestamp(0), "timestamp", "1970-01-01 00:00:00Z"),
        (MetadataValue.timestamp(datetime(2013, 1, 1, tzinfo=UTC)), "timestamp", "2013-01-01 00:00:00Z"),
        (MetadataValue.table([{"a": 1}, {"a": 2}]), "table", "table, 2 rows"),
        (MetadataValue.asset(["raw", "events"]), "asset", "raw/events"),
        (MetadataValue.run("abc"), "run", "abc"),
        (MetadataValue.job("daily"), "job", "daily"),
        (MetadataValue.python_artifact(as_metadata), "python_artifact", "assettui.model.metadata:as_metadata"),
        (MetadataValue.notebook("a.ipynb"), "notebook", "a.ipynb"),
        (MetadataValue.null(), "null", "none"),
    ],
)
def test_every_kind_reads_back_and_is_shown_in_a_line(value: MetadataValue, kind: str, shown: str) -> None:
    assert value.type == kind
    assert codec.decode(codec.encode(value), MetadataValue) == value
    assert value.show() == shown


@pytest.mark.parametrize(
    ("plain", "kind"),
    [
        (True, "bool"),
        (1, "int"),
        (1.5, "float"),
        ("x", "text"),
        (None, "null"),
        ([1, 2], "json"),
        ({"a": 1}, "json"),
        (Path("x"), "path"),
        (pl.Series([1, 2]).sum(), "int"),
    ],
)
def test_plain_values_are_converted(plain: object, kind: str) -> None:
    assert as_metadata_value(plain).type == kind


def test_json_holds_dates_and_numbers_of_other_libraries_as_text_and_numbers() -> None:
    held = {
        "day": date(2013, 1, 31),
        "at": datetime(2013, 1, 31, 12, tzinfo=UTC),
        "took": timedelta(seconds=90),
        "cost": Decimal("1.20"),
        "file": Path("a/b"),
        "rows": np.int64(3),
    }
    plain = {
        "day": "2013-01-31",
        "at": "2013-01-31T12:00:00+00:00",
        "took": "0:01:30",
        "cost": "1.20",
        "file": "a/b",
        "rows": 3,
    }
    assert as_metadata_value(held).value == plain
    assert MetadataValue.table([held]).value == [plain]
    with pytest.raises(TypeError, match="a set cannot be part of metadata"):
        as_metadata_value({"names": {"a"}})


@pytest.mark.parametrize("wrong", [object(), {"a": object()}, {1, 2}, [float("nan")], datetime(2013, 1, 1)])  # noqa: DTZ001
def test_what_cannot_be_kept_is_refused_by_name(wrong: object) -> None:
    with pytest.raises(TypeError, match="metadata 'name'"):
        as_metadata({"name": wrong})


def test_a_number_that_json_has_not_is_kept_as_text() -> None:
    assert MetadataValue.float(float("nan")).show() == "nan"
