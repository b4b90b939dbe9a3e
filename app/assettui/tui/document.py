"""A value that is no table: JSON as a tree, Markdown as a page, a picture, anything else as lines of text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar, cast

from rich.text import Text
from textual import on
from textual.containers import VerticalScroll
from textual.widgets import ContentSwitcher, Static, Tree

from assettui.model.text import one_line, plural
from assettui.render.appearance import BLUE, GREEN, GREY
from assettui.render.markdown import markdown_lines
from assettui.render.table import Cell
from assettui.tui.actions import bindings
from assettui.tui.drawing import text_of
from assettui.tui.log_view import LogView, TextLines
from assettui.tui.picture import PictureView

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.widget import Widget

    from assettui.model.preview import Document

MAX_CHILDREN = 1_000
"""So many of what a list or an object holds are shown; all of it can be exported."""
MAX_LABEL = 300


class JsonTree(Tree[Any]):
    """What JSON holds: what lies deeper is shown where it is opened."""

    DEFAULT_CSS = "JsonTree { background: $background; padding: 0 1; scrollbar-size: 1 1; } JsonTree:focus { background-tint: $foreground 0%; }"
    BINDINGS: ClassVar[list[BindingType]] = bindings("tree")

    def show(self, value: Any) -> None:
        """Show a value, its first level open."""
        self.reset(_label(None, value), value)
        self.root.expand()
        self.move_cursor(self.root)

    @on(Tree.NodeExpanded)
    def fill(self, event: Tree.NodeExpanded[Any]) -> None:
        """Show what a node holds, when it is opened first."""
        node = event.node
        if node.children:
            return
        held = _held(node.data)
        for name, value in held[:MAX_CHILDREN]:
            node.add(_label(name, value), value, allow_expand=bool(_held(value)))
        if len(held) > MAX_CHILDREN:
            node.add_leaf(Text(f"… {plural(len(held) - MAX_CHILDREN, 'more entry')}", GREY))

    def copied(self) -> str:
        """The value under the cursor, as JSON."""
        node = self.cursor_node
        return json.dumps(node.data if node is not None else None, ensure_ascii=False)


class DocumentView(ContentSwitcher):
    """See above."""

    DEFAULT_CSS = (
        "DocumentView { height: 1fr; } DocumentView > * { height: 1fr; } DocumentView VerticalScroll { padding: 0 1; }"
    )

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(initial="text", id=id)
        self._markdown = ""

    def compose(self) -> ComposeResult:
        yield LogView(id="text")
        yield JsonTree("", id="tree")
        with VerticalScroll(id="page"):
            yield Static(id="markdown")
        yield PictureView(id="picture")

    def show(self, document: Document) -> Widget:
        """Show a document; the widget that has the keys then."""
        self.query_one(PictureView).forget()
        value = _parsed(document)
        if isinstance(value, dict | list):
            self.current = "tree"
            tree = self.query_one(JsonTree)
            tree.show(value)
            return tree
        if document.kind == "markdown":
            self.current = "page"
            self._markdown = document.text
            self._draw()
            return self.query_one("#page")
        self.current = "text"
        log = self.query_one(LogView)
        log.is_following = False
        log.show(TextLines([Cell(each) for each in document.text.split("\n")]))
        return log

    def show_picture(self) -> Widget:
        """Have a picture drawn; the widget that has the keys then."""
        self.current = "picture"
        view = self.query_one(PictureView)
        view.ask()
        return view

    def on_resize(self) -> None:
        """A window of another width."""
        self._draw()

    def _draw(self) -> None:
        if self._markdown:
            self.query_one("#markdown", Static).update(
                text_of(markdown_lines(self._markdown, max(20, self.size.width - 4)))
            )

    def copied(self) -> str | None:
        """What is copied: of JSON what the cursor stands on."""
        return self.query_one(JsonTree).copied() if self.current == "tree" else None


def _parsed(document: Document) -> Any:
    """What JSON says; None of anything else, and of what is cut."""
    if document.kind != "json" or document.is_cut:
        return None
    try:
        return json.loads(document.text)
    except (ValueError, RecursionError):
        return None


def _held(value: Any) -> list[tuple[str, Any]]:
    match value:
        case dict():
            return list(cast("dict[str, Any]", value).items())
        case list():
            return [(str(index), each) for index, each in enumerate(cast("list[Any]", value))]
        case _:
            return []


def _label(name: str | None, value: Any) -> Text:
    label = Text(no_wrap=True)
    if name is not None:
        label.append(f"{one_line(name, MAX_LABEL)}  ", style=BLUE)
    match value:
        case dict():
            label.append(f"{{{len(cast('dict[str, Any]', value)):,}}}", style=GREY)
        case list():
            label.append(f"[{len(cast('list[Any]', value)):,}]", style=GREY)
        case str():
            label.append(one_line(json.dumps(value, ensure_ascii=False), MAX_LABEL), style=GREEN)
        case _:
            label.append(json.dumps(value))
    return label
