"""The code that makes an asset: the function as it stands in its file, or the file of a query; and the SQL that last ran."""

from __future__ import annotations

import ast
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from assettui.model.errors import NotFound
from assettui.service.catalog import require_asset

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.model.keys import AssetKey
    from assettui.model.metadata import MetadataValue
    from assettui.service.session import Session

MAX_CHARS: Final = 200_000
COMPILED_SQL: Final = "compiled_sql"
"""The metadata of a result that holds the statement that ran, as Markdown."""
_FENCE: Final = "```"


class AssetCode(Struct, frozen=True):
    """See above."""

    path: str
    first_line: int
    """Counted from 1."""
    text: str
    language: str
    """As the file's name ends: `py`, `sql`, `yml`."""
    compiled: str | None = None
    """The SQL that ran when the asset was last made."""


def asset_code(session: Session, key: AssetKey) -> AssetCode:
    """The code of an asset, as its file is now.

    Raises:
        NotFound: There is no such asset, nothing says where it is defined, or the file is gone.
    """
    with session.reading() as connection:
        state = session.state(connection)
        require_asset(state, key)
        asset, known = state.graph.assets[key], state.states.get(key)
    if asset.at is None:
        raise NotFound(f"nothing defines {key}", hint="it is only named, by what depends on it")
    path = Path(asset.at.file)
    try:
        text = path.read_text(encoding="utf-8", errors="replace")[:MAX_CHARS]
    except OSError as error:
        raise NotFound(f"{path} cannot be read: {error.strerror}") from None
    first, language = asset.at.line, path.suffix.removeprefix(".")
    text = function_at(text, first) if language == "py" else "\n".join(text.split("\n")[first - 1 :])
    last = known.last if known is not None else None
    return AssetCode(
        str(path), first, text.rstrip(), language, compiled_sql(last.metadata) if last is not None else None
    )


def compiled_sql(metadata: Mapping[str, MetadataValue]) -> str | None:
    """The SQL that ran, where metadata holds it."""
    found = metadata.get(COMPILED_SQL)
    if found is None or not isinstance(found.value, str):
        return None
    lines = found.value.strip().split("\n")
    return "\n".join(each for each in lines if not each.startswith(_FENCE))


def function_at(text: str, line: int) -> str:
    """The function, or the statement, that stands at a line of a Python file; where it cannot be parsed, up to a blank line.

    Args:
        text: The file.
        line: A line of it, or of the decorators above it, counted from 1.
    """
    lines = text.split("\n")
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return "\n".join(takewhile(str.strip, lines[line - 1 :]))
    found: tuple[int, int] | None = None
    for node in ast.walk(tree):
        if not isinstance(node, ast.stmt):
            continue
        decorators = (
            node.decorator_list if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else []
        )
        begin = min([node.lineno, *(each.lineno for each in decorators)])
        end = node.end_lineno or node.lineno
        # The smallest that begins there: a line of a factory stands in a function that makes many.
        if begin <= line <= end and (found is None or end - begin < found[1] - found[0]):
            found = begin, end
    if found is None:
        return lines[line - 1] if 0 < line <= len(lines) else ""
    return "\n".join(lines[line - 1 : found[1]])
