"""What was told of queries before, so that only those that have changed are looked at: parsing one takes 2 to 10 ms.

Kept in a file of the user's cache, by what the queries are: another text, another dialect, or other columns of what is read
make another query.
"""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from assettui.integrations.sql.analysis import Analysis, Origin, TableRead
from assettui.project.user_folders import cache_folder

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assettui.integrations.sql.source import SqlSource

_FORM: Final = 1
"""Of the file: another one is not read."""


class _Given(Struct, frozen=True, array_like=True):
    columns: tuple[str, ...] | None
    origins: dict[str, tuple[tuple[str | None, str, str], ...]]


class _Kept(Struct, frozen=True, array_like=True):
    form: int
    tables: dict[str, tuple[tuple[str | None, str], ...]]
    given: dict[str, _Given]


class KnownQueries:
    """Tells what queries read and give, by what is known, or else by looking.

    Args:
        folder: The folder of the files.
        dialect: As sqlglot calls it.
    """

    def __init__(self, folder: Path, dialect: str) -> None:
        name = hashlib.sha256(f"{folder}\0{dialect}".encode()).hexdigest()[:24]
        self._path = cache_folder() / "sql" / f"{name}.msgpack"
        self._dialect = dialect
        self._before = self._read()
        self._tables: dict[str, tuple[tuple[str | None, str], ...]] = {}
        self._given: dict[str, _Given] = {}
        self._trees: dict[str, Any] = {}

    def tables(self, source: SqlSource) -> tuple[TableRead, ...]:
        """The tables that a query reads.

        Raises:
            BadSql: It cannot be parsed, or is no query.
        """
        key = source.text_digest
        known = self._tables.get(key, self._before.tables.get(key))
        if known is None:
            known = tuple((each.schema, each.table) for each in _queries().tables_of(self._tree(source, key)))
        self._tables[key] = known
        return tuple(TableRead(table, schema) for schema, table in known)

    def analysis(self, source: SqlSource, columns_of: Mapping[TableRead, Sequence[str]]) -> Analysis:
        """The same, and the columns that it gives.

        Args:
            source: The query.
            columns_of: The columns of tables, as far as they are known.

        Raises:
            BadSql: See `tables`.
        """
        tables = self.tables(source)
        known = {each: tuple(columns_of[each]) for each in tables if each in columns_of}
        text = source.text_digest
        key = _digest(text, *(f"{table}:{','.join(names)}" for table, names in sorted(known.items(), key=str)))
        given = self._given.get(key) or self._before.given.get(key)
        if given is None:
            columns, origins = _queries().columns_of(self._tree(source, text), self._dialect, known)
            given = _Given(
                columns,
                {
                    name: tuple((each.table.schema, each.table.table, each.column) for each in found)
                    for name, found in origins.items()
                },
            )
        self._given[key] = given
        return Analysis(
            tables,
            given.columns,
            {
                name: tuple(Origin(TableRead(table, schema), column) for schema, table, column in found)
                for name, found in given.origins.items()
            },
        )

    def keep(self) -> None:
        """Write down what is known of the queries that were asked for. Where that cannot be written, it is found again."""
        kept = _Kept(_FORM, self._tables, self._given)
        if kept == self._before:
            return
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.TemporaryDirectory(
                dir=self._path.parent
            ) as made:  # nothing stays behind where the disk is full
                written = Path(made, self._path.name)
                written.write_bytes(msgspec.msgpack.encode(kept))
                written.replace(self._path)
        except OSError:
            return

    def _tree(self, source: SqlSource, key: str) -> Any:
        if key not in self._trees:
            self._trees[key] = _queries().parsed(source.readable, self._dialect, source.path)
        return self._trees[key]

    def _read(self) -> _Kept:
        try:
            kept = msgspec.msgpack.decode(self._path.read_bytes(), type=_Kept)
        except (OSError, msgspec.DecodeError, msgspec.ValidationError):
            return _Kept(_FORM, {}, {})
        return kept if kept.form == _FORM else _Kept(_FORM, {}, {})


def _digest(*texts: str) -> str:
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()[:24]


def _queries() -> Any:
    from assettui.integrations.sql import queries  # deferred: 0.2 s, where nothing has changed

    return queries
