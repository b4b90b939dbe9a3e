"""Metadata: named values that say something about an asset or about one materialization of it.

A metadata value travels and is kept as JSON, `{"type": ..., "value": ...}`; `MetadataValue` is its typed form.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from os import PathLike, fspath
from typing import Any, Literal, TypeAlias, cast

MetadataType: TypeAlias = Literal["int", "float", "text", "md", "json", "url", "path", "bool", "timestamp", "table"]
Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
JsonObject: TypeAlias = dict[str, Any]
"""An object of JSON: what the values are is known to whoever wrote it."""
TableRow: TypeAlias = Mapping[str, str | int | float | bool | None]


@dataclass(frozen=True, slots=True)
class MetadataValue:
    """One metadata value and its kind. Make one with `MetadataValue.int(3)`, `MetadataValue.md("# hi")` and so on."""

    type: MetadataType
    value: Json
    """What `type` says: a timestamp in seconds since the epoch, UTC; a table as a list of rows, each column → cell."""

    @staticmethod
    def int(value: int) -> MetadataValue:
        """A whole number."""
        return MetadataValue("int", int(value))

    @staticmethod
    def float(value: float) -> MetadataValue:
        """A number; NaN and the infinities are kept as text, since JSON has none of them."""
        number = float(value)
        return MetadataValue("float", number if math.isfinite(number) else str(number))

    @staticmethod
    def text(value: str) -> MetadataValue:
        """Plain text."""
        return MetadataValue("text", value)

    @staticmethod
    def md(value: str) -> MetadataValue:
        """Markdown."""
        return MetadataValue("md", value)

    @staticmethod
    def json(value: Mapping[str, Any] | Sequence[Any]) -> MetadataValue:
        """Anything that JSON can hold.

        Raises:
            TypeError: It holds something that JSON cannot.
        """
        return MetadataValue("json", _as_json(value))

    @staticmethod
    def url(value: str) -> MetadataValue:
        """An address."""
        return MetadataValue("url", value)

    @staticmethod
    def path(value: str | PathLike[str]) -> MetadataValue:
        """A path in a file system."""
        return MetadataValue("path", fspath(value))

    @staticmethod
    def bool(value: bool) -> MetadataValue:
        """A yes or no."""
        return MetadataValue("bool", value)

    @staticmethod
    def timestamp(value: float | datetime) -> MetadataValue:
        """A moment: seconds since the epoch, or an aware datetime.

        Raises:
            ValueError: The datetime has no time zone.
        """
        if isinstance(value, datetime):
            if value.tzinfo is None:
                raise ValueError(
                    "MetadataValue.timestamp needs a datetime with a time zone, or seconds since the epoch"
                )
            return MetadataValue("timestamp", value.timestamp())
        return MetadataValue("timestamp", float(value))

    @staticmethod
    def table(records: Sequence[TableRow]) -> MetadataValue:
        """Rows, each a mapping from column to cell; the columns are those of the first row."""
        return MetadataValue("table", _as_json([dict(record) for record in records]))

    def to_json(self) -> JsonObject:
        """`{"type": ..., "value": ...}`."""
        return {"type": self.type, "value": self.value}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> MetadataValue:
        """The value that `to_json` wrote."""
        return MetadataValue(data["type"], data["value"])

    def show(self) -> str:
        """The value in one line, as faces show it."""
        match self.type, self.value:
            case "int", int(number):
                return f"{number:,}"
            case "float", float(number):
                return f"{number:,.6g}"
            case "timestamp", float() | int() as seconds:
                return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")
            case "table", list(rows):
                return f"table, {len(rows)} rows"
            case "md", str(text):
                return next((line.strip() for line in text.splitlines() if line.strip()), "")
            case _, str(text):
                return text
            case _:
                return json.dumps(self.value, ensure_ascii=False)


RawMetadata: TypeAlias = Mapping[str, Any]
"""What users write: names to `MetadataValue`s or plain Python values."""


def as_metadata_value(value: object) -> MetadataValue:
    """The metadata value that a plain Python value stands for.

    Numbers, bools, text, None, paths, aware datetimes, and lists and dicts of what JSON can hold; numbers of NumPy
    and polars too, since they answer `item()`.

    Raises:
        TypeError: It stands for none.
    """
    match value:
        case MetadataValue():
            return value
        case None:
            return MetadataValue("json", None)
        case bool():
            return MetadataValue.bool(value)
        case int():
            return MetadataValue.int(value)
        case float():
            return MetadataValue.float(value)
        case str():
            return MetadataValue.text(value)
        case datetime():
            return MetadataValue.timestamp(value)
        case PathLike():
            return MetadataValue.path(cast("PathLike[str]", value))
        case Mapping() | list() | tuple():
            return MetadataValue.json(cast("Mapping[str, Any]", value))
        case _:
            item = getattr(value, "item", None)
            if callable(item) and getattr(value, "shape", None) == ():
                return as_metadata_value(item())
            raise TypeError(f"{type(value).__name__} cannot be metadata; use a MetadataValue, a number, text or JSON")


def as_metadata(raw: RawMetadata) -> dict[str, MetadataValue]:
    """Every value of the mapping as a `MetadataValue`.

    Raises:
        TypeError: A name is not a string, or a value cannot be metadata; the message names it.
    """
    metadata: dict[str, MetadataValue] = {}
    for name, value in raw.items():
        if not isinstance(name, str):  # pyright: ignore[reportUnnecessaryIsInstance] - users call this untyped
            raise TypeError(f"a metadata name is a string, not {type(name).__name__}")
        try:
            metadata[name] = as_metadata_value(value)
        except (TypeError, ValueError) as error:
            raise TypeError(f"metadata {name!r}: {error}") from error
    return metadata


def _as_json(value: object) -> Json:
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except ValueError as error:
        raise TypeError(f"not JSON: {error}") from error
