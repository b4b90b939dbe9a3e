"""Where SQL files run: a database by its URL, or the IO manager of one that the project has."""

from __future__ import annotations

import os
from string import Template
from typing import Any, Final

from assettui.definitions.env_var import EnvVar
from assettui.integrations.database import DatabaseIOManager
from assettui.model.errors import AssettuiError
from assettui.values.tables import TableIOManager

USUAL: Final = "duckdb:///warehouse.duckdb"
"""A file of DuckDB in the folder of the project."""
_DIALECTS: Final = {"duckdb": "duckdb", "sqlite": "sqlite", "postgresql": "postgres", "postgres": "postgres"}
_HINT: Final = "write duckdb:///path, sqlite:///path or postgresql://user:password@host/database"


class BadConnection(AssettuiError):
    """SQL files cannot run there."""


def tables_of(connection: Any) -> tuple[TableIOManager, str]:
    """What stores and loads the tables, and the dialect of SQL.

    Args:
        connection: A URL, in which `$NAME` is an environment variable; `EnvVar` of one; or an IO manager of tables.

    Raises:
        BadConnection: It is none of these, or a database that SQL files do not run in.
    """
    if isinstance(connection, EnvVar):
        return DatabaseIOManager(url=connection), _dialect_of(connection.get_value(""), f"${connection.env_var_name}")
    if isinstance(connection, str):
        url = _filled_in(connection)
        return DatabaseIOManager(url=url), _dialect_of(url, "the connection of the SQL files")  # it may hold a password
    if isinstance(connection, DatabaseIOManager):
        url = connection.url
        return connection, _dialect_of(url.get_value("") if isinstance(url, EnvVar) else url, "the IO manager's url")
    if isinstance(connection, TableIOManager):
        if connection.DIALECT:
            return connection, connection.DIALECT
        raise BadConnection(f"{type(connection).__name__} runs no SQL files", hint=_HINT)
    raise BadConnection(f"connection is a {type(connection).__name__}, which names no database", hint=_HINT)


def _dialect_of(url: str | None, called: str) -> str:
    scheme = (url or "").partition(":")[0]
    if not url:
        raise BadConnection(f"{called} is not set, and is to name a database", hint=_HINT)
    if "://" not in url:
        raise BadConnection(f"{called} is no URL of a database", hint=_HINT)
    if scheme not in _DIALECTS:
        raise BadConnection(f"SQL files run in DuckDB, SQLite and PostgreSQL, and not in {scheme!r}", hint=_HINT)
    return _DIALECTS[scheme]


def _filled_in(text: str) -> str:
    try:
        return Template(text).substitute(os.environ)
    except KeyError as error:
        raise BadConnection(
            f"the connection of the SQL files names ${error.args[0]}, which is not set",
            hint="set it, or put it into .env",
        ) from None
    except ValueError:
        raise BadConnection("the connection holds a $ that begins no name", hint="write $$ for a dollar") from None
