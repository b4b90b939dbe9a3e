"""The text of a SQL file: its query, the comment at its head, and the parameters that are bound when it runs.

A parameter, `{{ partition_key }}`, never becomes a part of the text. The database gets a mark in its place and the value
beside it, so that no value can be more than a value.
"""

from __future__ import annotations

import hashlib
import re
from textwrap import dedent
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from assettui.model.errors import AssettuiError, Location
from assettui.model.keys import closest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from assettui.values.sql_transaction import ParameterType

PARAMETERS: Final[dict[str, ParameterType]] = {
    "partition_key": "text",
    "partition_key_start": "text",
    "partition_key_end": "text",
    "partition_start": "timestamp",
    "partition_end": "timestamp",
    "run_id": "text",
}
"""What may stand in braces, and its type. Of partitions with two dimensions also `partition_key.NAME`."""
_TOKEN: Final = re.compile(
    r"""
      (?P<quoted> '(?:[^']|'')*' | "(?:[^"]|"")*" | \$(?P<tag>\w*)\$.*?\$(?P=tag)\$ )
    | (?P<comment> --[^\n]* | /\*.*?\*/ )
    | \{\{(?P<name>.*?)\}\}
    """,
    re.DOTALL | re.VERBOSE,
)
_COMMENTS: Final = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|(\{#.*?#\}|/\*.*?\*/|--[^\n]*)", re.DOTALL)
_HEAD: Final = re.compile(r"\s*(?:/\*(?P<block>.*?)\*/|(?P<lines>(?:--[^\n]*(?:\n|$)[ \t]*)+))", re.DOTALL)


class BadSql(AssettuiError):
    """A SQL file cannot be understood.

    Args:
        what: What is wrong.
        path: The file.
        line: Counted from 1.
        column: Counted from 1; None where it is the line as a whole.
        hint: What to do about it.
    """

    def __init__(self, what: str, path: Path, line: int, column: int | None = None, *, hint: str | None = None) -> None:
        place = f"line {line}" if column is None else f"line {line}, column {column}"
        super().__init__(f"{path.name}, {place}: {what}", hint=hint)
        self.at = Location(str(path), line)


class Parameter(Struct, frozen=True):
    """A parameter that stands in a query."""

    name: str

    @property
    def type(self) -> ParameterType:
        """What the database takes it for."""
        return PARAMETERS.get(self.name, "text")


class SqlSource(Struct, frozen=True):
    """A SQL file that was read."""

    path: Path
    parts: tuple[str | Parameter, ...]
    """The query, in order."""
    head: str
    """What the comment at the head says, without its marks; empty where there is none."""
    head_line: int
    """The line that it begins in, counted from 1."""
    text_digest: str
    """Of the whole text."""

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Those of the query, each time that one stands there, in order."""
        return tuple(each for each in self.parts if isinstance(each, Parameter))

    def with_marks(self, mark: Callable[[int, Parameter], str]) -> str:
        """The query with marks in the place of its parameters.

        Args:
            mark: Takes the number of the parameter, counted from 1, and itself.
        """
        found: list[str] = []
        number = 0
        for part in self.parts:
            if isinstance(part, Parameter):
                number += 1
                found.append(mark(number, part))
            else:
                found.append(part)
        return "".join(found).rstrip().removesuffix(";")

    @property
    def readable(self) -> str:
        """The query with NULL for each parameter, padded so that lines and columns stay where they are in the file."""
        found = [part if isinstance(part, str) else "NULL".ljust(_width(part)) for part in self.parts]
        return "".join(found)

    @property
    def code_version(self) -> str:
        """What identifies it: another comment, or other white space, is the same code."""
        text = "".join(part if isinstance(part, str) else f"{{{{{part.name}}}}}" for part in self.parts)
        return hashlib.sha256(plain(text).encode()).hexdigest()[:16]


def plain(sql: str) -> str:
    """Code without its comments, and with every run of white space as one space. What stands in quotes is left alone."""
    found = _COMMENTS.sub(lambda match: " " if match[1] is not None else match[0], sql)
    return " ".join(found.split())


def read_source(path: Path, text: str) -> SqlSource:
    """A SQL file.

    Args:
        path: Where it is.
        text: What it holds.

    Raises:
        BadSql: What stands in braces is no parameter, or a parameter stands in quotes.
    """
    parts: list[str | Parameter] = []
    end = 0
    for match in _TOKEN.finditer(text):
        if match["quoted"] is not None and "{{" in match["quoted"]:
            inner = match["quoted"].strip("'\"")
            raise BadSql(
                f"a parameter stands in quotes: {match['quoted']:.40}",
                path,
                *place_in(text, match.start()),
                hint=f"write {inner.strip()} without them: its value is bound, never a part of the text"
                if inner.strip().startswith("{{")
                else "put the text together with ||, the parameter outside the quotes",
            )
        if match["name"] is None:
            continue
        found = _parameter(path, text, match)
        parts += [text[end : match.start()], Parameter(found)]
        # `readable` is as long as the text: what the parameter's own spelling leaves over is blank.
        parts.append(" " * (match.end() - match.start() - _width(Parameter(found))))
        end = match.end()
    parts.append(text[end:])
    head, line = _head(text)
    digest = hashlib.sha256(text.encode()).hexdigest()[:24]
    return SqlSource(path, tuple(each for each in parts if each != ""), head, line, digest)


def _parameter(path: Path, text: str, match: re.Match[str]) -> str:
    name = match["name"].strip()
    root, _, dimension = name.partition(".")
    if name in PARAMETERS or (root == "partition_key" and dimension.isidentifier()):
        return name
    near = closest(name, PARAMETERS)
    raise BadSql(
        f"{{{{ {name:.40} }}}} is no parameter",
        path,
        *place_in(text, match.start()),
        hint=f"did you mean {near}?" if near else f"there are: {', '.join(PARAMETERS)}",
    )


def _width(parameter: Parameter) -> int:
    """The least that a parameter takes in a file: its name in braces."""
    return len(parameter.name) + 4


def place_in(text: str, position: int) -> tuple[int, int]:
    """The line and column of a character, counted from 1."""
    return text.count("\n", 0, position) + 1, position - text.rfind("\n", 0, position)


def _head(text: str) -> tuple[str, int]:
    """The comment at the head, and its line: a block, or lines that each begin with `--`."""
    match = _HEAD.match(text)
    if match is None:
        return "", 1
    if match["block"] is not None:
        # What stands behind the mark is indented as the lines below it are: by as much as that takes.
        first, _, rest = match["block"].partition("\n")
        return f"{first.strip()}\n{dedent(rest)}", text.count("\n", 0, match.start("block")) + 1
    lines = [line.strip().removeprefix("--") for line in match["lines"].splitlines()]
    is_indented = all(line.startswith(" ") or not line for line in lines)
    body = "\n".join(line[1:] if is_indented else line for line in lines)
    return body, text.count("\n", 0, match.start("lines")) + 1
