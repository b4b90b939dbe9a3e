"""Looking at values: what a viewer is asked for, and what it answers.

A viewer is a process that reads stored values, for whoever shows them: no screen and no command ever reads one itself.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from msgspec import Struct

from assettui.model.asset import ValueRef
from assettui.model.difference import Difference, KeySource
from assettui.model.keys import AssetKey
from assettui.model.profile import Profile

ExportFormat: TypeAlias = Literal["csv", "json", "parquet"]
PictureForm: TypeAlias = Literal["kitty", "iterm2", "sixel", "blocks"]
"""How a terminal takes a picture: by a protocol, or as the colors of half cells."""
DocumentKind: TypeAlias = Literal["json", "text", "markdown", "repr"]


class StoredValue(Struct, frozen=True, omit_defaults=True, tag_field="of", tag="asset"):
    """Where the value of an asset, or of a partition of it, is."""

    asset_key: AssetKey
    ref: ValueRef
    """As it was stored; of format `file` where the function stored its data itself, and `path` says where."""
    partition: str | None = None
    path: str | None = None
    """The file that metadata names, as it says it: relative to the project's folder, where it is not absolute."""
    table: str | None = None
    """Of a file that is a database: which of its tables."""
    root: str | None = None
    """The folder of the values, where it is that of another store."""

    @property
    def name(self) -> str:
        """As a person knows it."""
        return str(self.asset_key) if self.partition is None else f"{self.asset_key} {self.partition}"


PARTITION: Final = "partition"
"""The column of SQL that says which partition a row is of, where the data has none that is called so."""
SqlEngine: TypeAlias = Literal["polars", "duckdb"]


class SqlTable(Struct, frozen=True):
    """An asset, as a table that SQL may name."""

    name: str
    """Its key, with dots between its parts."""
    values: tuple[StoredValue, ...]
    """Of one with partitions those that were made: together they are the table, and say in a column which is which."""


class SqlResult(Struct, frozen=True, omit_defaults=True, tag_field="of", tag="sql"):
    """What a statement of SQL gives."""

    sql: str
    tables: tuple[SqlTable, ...] = ()
    """Those that it names."""
    known: tuple[str, ...] = ()
    """Names of tables that there are, for whoever has mistyped one."""
    engine: SqlEngine = "polars"

    @property
    def name(self) -> str:
        """As a person knows it."""
        return "the result"


Value: TypeAlias = StoredValue | SqlResult
"""What can be looked at."""


class Query(Struct, frozen=True, omit_defaults=True):
    """Which rows of a table are wanted, and in which order."""

    where: str = ""
    """A condition as SQL has it; empty for every row."""
    sort: str = ""
    """A column; empty for the order in which they are stored."""
    is_descending: bool = False
    sample: int = 0
    """So many rows by chance, of those that the condition leaves; 0 for all."""

    @property
    def is_plain(self) -> bool:
        """Whether it is the table as it was stored."""
        return not (self.where or self.sort or self.sample)


class _Asked(Struct, frozen=True, omit_defaults=True, tag_field="ask", tag=str.lower):
    value: Value
    query: Query = Query()
    names: tuple[str, ...] = ()
    """The columns that are wanted at all, in order; all where there are none."""
    first: int = 0
    """The first row, counted from 0; from the end where it is negative."""


class ReadPage(_Asked, frozen=True, omit_defaults=True):
    """Some rows and columns of a value, as texts to be shown; of a value that is no table, what there is to be read."""

    rows: int = 100
    first_column: int = 0
    """The first of these that is wanted now."""
    columns: int = 2_000
    is_counted: bool = False
    """Whether the rows that a query gives are to be counted, however long that takes."""


class ReadCell(_Asked, frozen=True, omit_defaults=True):
    """One cell, whole: of the first row, and of the only column that is named."""


class ExportRows(_Asked, frozen=True, omit_defaults=True, kw_only=True):
    """Rows of a value, exactly as they are, into a file."""

    rows: int | None = None
    """None for all."""
    path: str
    """Absolute; what was there is replaced once the new file is whole."""
    format: ExportFormat


class ReadProfile(_Asked, frozen=True, omit_defaults=True):
    """The profile of a table."""


class ReadPicture(_Asked, frozen=True, omit_defaults=True, kw_only=True):
    """A picture, as a terminal takes it."""

    form: PictureForm
    columns: int
    """As many as it may take, in cells, as the rows."""
    rows: int
    cell_width: int = 0
    """In pixels, as its height; 0 where the terminal does not say."""
    cell_height: int = 0


class CompareValues(_Asked, frozen=True, omit_defaults=True, kw_only=True):
    """How another value differs from this one."""

    other: Value
    key: tuple[str, ...] = ()
    """The columns that tell rows apart; where there are none, some are looked for."""
    key_source: KeySource = "given"


Asked: TypeAlias = ReadPage | ReadCell | ReadPicture | ExportRows | ReadProfile | CompareValues


class PreviewColumn(Struct, frozen=True, array_like=True):
    """A column of a table."""

    name: str
    type: str
    """As polars writes it."""
    is_number: bool = False


class _Answer(Struct, frozen=True, omit_defaults=True, tag_field="is", tag=str.lower):
    pass


class Page(_Answer, frozen=True):
    """Rows of a table."""

    columns: tuple[PreviewColumn, ...]
    """All that were wanted at all."""
    first: int
    first_column: int
    cells: tuple[tuple[str | None, ...], ...]
    """Row by row, those of the columns that are wanted now; None where there is no value. Long texts are cut."""
    total: int | None = None
    """How many rows the query gives; None where they were not counted."""
    stored: int | None = None
    """How many rows the table has; None where they were not counted."""


class Document(_Answer, frozen=True):
    """A value that is no table."""

    kind: DocumentKind
    text: str
    is_cut: bool = False
    """Whether there is more of it."""


class Picture(_Answer, frozen=True, omit_defaults=True):
    """A value that is a picture."""

    format: str
    """As its file says it: PNG, JPEG, …"""
    width: int
    """In pixels, as its height."""
    height: int
    columns: int = 0
    """In cells, as it is drawn here, as the rows; 0 where it was not to be drawn."""
    rows: int = 0
    data: bytes = b""
    """PNG for Kitty and iTerm2; Sixel's own text; else red, green, blue of each half cell, row by row."""


class Exported(_Answer, frozen=True):
    """The file is written."""

    rows: int
    bytes: int


class Profiled(_Answer, frozen=True):
    """What the table holds, in numbers."""

    profile: Profile


class Compared(_Answer, frozen=True):
    """How they differ."""

    difference: Difference


class Refused(_Answer, frozen=True):
    """The value cannot be shown as it was asked for."""

    what: str
    hint: str | None = None
    at: int | None = None
    """Of a condition that cannot be understood: the place in it, counted from 0."""
    traceback: str | None = None
    """Of what user code has raised."""


Answer: TypeAlias = Page | Document | Picture | Exported | Profiled | Compared | Refused
