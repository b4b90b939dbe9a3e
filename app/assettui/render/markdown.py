"""Markdown as lines: what descriptions, which are docstrings mostly, and metadata are written in. Pure functions.

What is text in it is wrapped at the width that there is. A line that is indented further than its paragraph begins anew, as
it was written: the sections of docstrings (`Args:` …) stay readable, which Markdown alone would run together.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from assettui.model.metadata import MetadataValue
from assettui.model.text import clean
from assettui.render.appearance import BLUE, GREY
from assettui.render.lines import BLANK, line
from assettui.render.metadata import table_lines
from assettui.render.table import Cell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from markdown_it.token import Token

    from assettui.render.lines import Line

_MAYBE_MARKDOWN = re.compile(r"[*_`#\[|>~<\\&\n]|^\s*(?:[-+]|\d+[.)])\s")
_STYLES = {"strong": "bold", "em": "italic", "s": "strike", "link": "underline"}


class _Word(NamedTuple):
    """What is not broken, in one style; a space stands before it where `is_apart`."""

    text: str
    style: str
    is_apart: bool


def markdown_lines(text: str, width: int) -> list[Line]:
    """Markdown (CommonMark, and tables) as lines.

    Args:
        text: From outside, not yet cleaned.
        width: Of a line, in characters.
    """
    text = text.expandtabs(4).strip("\n")
    if not _MAYBE_MARKDOWN.search(text):
        return list(_wrapped(_words(text, ""), width, "", ""))
    from markdown_it import MarkdownIt  # deferred: 45 ms, and most that is shown needs none of it

    tokens = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).parse(text)
    return list(_Drawing(text.split("\n"), width).drawn(tokens))


class _Drawing:
    """Draws the tokens of one text.

    Args:
        source: Its lines.
        width: Of a line, in characters.
    """

    def __init__(self, source: Sequence[str], width: int) -> None:
        self._source = source
        self._width = width
        self._indents: list[str] = []
        """Of each list and quotation that is open, what stands before its lines."""
        self._bullet = ""
        """What stands before the next line instead of the innermost indent."""
        self._numbers: list[int | None] = []
        """Of each list that is open its next number, where it has numbers."""

    def drawn(self, tokens: Sequence[Token]) -> Iterator[Line]:
        """All of it, a blank line between the blocks of the outermost level."""
        heading, is_first = "", True
        table: list[list[str]] | None = None
        for token in tokens:
            if token.level == 0 and token.nesting >= 0 and token.type != "inline":
                if not is_first:
                    yield BLANK
                is_first = False
            match token.type:
                case "bullet_list_open" | "ordered_list_open":
                    start = token.attrGet("start")
                    self._numbers.append(int(start or 1) if token.tag == "ol" else None)
                case "bullet_list_close" | "ordered_list_close":
                    self._numbers.pop()
                case "list_item_open":
                    self._begin_item()
                case "blockquote_open":
                    self._indents.append("│ ")
                case "list_item_close" | "blockquote_close":
                    self._indents.pop()
                case "heading_open":
                    heading = "bold"
                case "heading_close":
                    heading = ""
                case "table_open":
                    table = []
                case "tr_open" if table is not None:
                    table.append([])
                case "inline" if table is not None:
                    words = self._inline(token, "")
                    table[-1].append("".join(f" {word.text}" if word.is_apart else word.text for word in words).strip())
                case "table_close" if table is not None:
                    yield from self._table(table)
                    table = None
                case "inline":
                    yield from self._paragraph(token, heading)
                case "code_block" | "fence":
                    yield from (line(f"{self._before()}  {each}", BLUE) for each in token.content.rstrip().split("\n"))
                case "hr":
                    yield line("─" * min(self._width, 40), GREY)
                case _:
                    pass

    def _begin_item(self) -> None:
        number = self._numbers[-1]
        bullet = "• " if number is None else f"{number}. "
        if number is not None:
            self._numbers[-1] = number + 1
        self._bullet = "".join(self._indents) + bullet
        self._indents.append(" " * len(bullet))

    def _before(self) -> str:
        """What stands before the next line."""
        before, self._bullet = self._bullet or "".join(self._indents), ""
        return before

    def _paragraph(self, token: Token, style: str) -> Iterator[Line]:
        """Its text, wrapped; what was indented further begins a line of its own."""
        first, _ = token.map or (0, 0)
        base = max(0, self._source[first].find(token.content.partition("\n")[0]))
        part: list[_Word] = []
        number, indent = first, ""
        for word in self._inline(token, style):
            if word.text != "\n":
                part.append(word)
                continue
            number += 1
            further = _indent(self._source[number]) - base if number < len(self._source) else 0
            if further > 0 or indent or word.style == "hardbreak":
                yield from self._part(part, indent)
                part, indent = [], " " * max(0, further)
        yield from self._part(part, indent)

    def _part(self, words: Sequence[_Word], indent: str) -> Iterator[Line]:
        before = self._before() + indent
        after = "".join(self._indents) + indent
        return _wrapped(words, self._width, before, after)

    def _inline(self, token: Token, style: str) -> Iterator[_Word]:
        """The words of a paragraph; a line break of the source is a word of its own."""
        styles, links, is_apart = [style], list[str](), False
        for child in token.children or ():
            kind = child.type.removesuffix("_open").removesuffix("_close")
            if child.nesting > 0:
                styles.append(f"{styles[-1]} {_STYLES.get(kind, '')}".strip())
                if kind == "link":
                    links.append("" if child.markup == "autolink" else str(child.attrGet("href") or ""))
            elif child.nesting < 0:
                styles.pop()
                if kind == "link" and (address := links.pop()):
                    yield _Word(f"({address})", GREY, True)
            elif kind in ("softbreak", "hardbreak"):
                yield _Word("\n", kind, True)
                is_apart = True
            else:
                look = f"{styles[-1]} {BLUE}".strip() if kind == "code_inline" else styles[-1]
                for word in _words(child.content, look):
                    yield word._replace(is_apart=is_apart or word.is_apart)
                    is_apart = False
                is_apart = is_apart or child.content[-1:].isspace()

    def _table(self, table: Sequence[Sequence[str]]) -> Iterator[Line]:
        head, *rows = table
        records = [{name: _number_or_text(cell) for name, cell in zip(head, row, strict=False)} for row in rows]
        if not records:
            yield line(clean("  ".join(head)), GREY)
            return
        yield from map(line, table_lines(MetadataValue.table(records), self._width))


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())


def _words(text: str, style: str) -> Iterator[_Word]:
    for found in re.finditer(r"(\s*)(\S+)", text):
        yield _Word(found[2], style, bool(found[1]))


def _wrapped(words: Iterable[_Word], width: int, before: str, after: str) -> Iterator[Line]:
    """Words in lines of at most that many characters, where no word alone is longer.

    Args:
        words: Those of a paragraph; what is not apart from the one before it is broken nowhere between.
        width: In characters.
        before: What stands before the first line.
        after: What stands before each line after that.
    """
    cells, length, is_empty = [Cell(before)], len(before), True
    for group in _unbroken(words):
        size = sum(len(word.text) for word in group)
        if not is_empty and length + 1 + size > width:
            yield tuple(cells)
            cells, length, is_empty = [Cell(after)], len(after), True
        for word in group:
            gap = " " if word.is_apart and not is_empty else ""
            if cells[-1].color == word.style:
                cells[-1] = Cell(f"{cells[-1].text}{gap}{word.text}", word.style)
            else:
                cells += [Cell(gap), Cell(word.text, word.style)]  # a space is not underlined
            length, is_empty = length + len(gap) + len(word.text), False
    if not is_empty or before:
        yield tuple(cells)


def _unbroken(words: Iterable[_Word]) -> Iterator[list[_Word]]:
    group: list[_Word] = []
    for word in words:
        if word.is_apart and group:
            yield group
            group = []
        group.append(word)
    if group:
        yield group


def _number_or_text(cell: str) -> str | float:
    try:
        return float(cell) if "." in cell else int(cell)
    except ValueError:
        return cell
