"""The pages of help: written in Markdown beside the code, read in a shell and on the screen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from msgspec import Struct

from assettui.model.errors import NotFound
from assettui.model.keys import closest

FOLDER: Final = Path(__file__).parent.parent / "docs"
FIRST: Final = "concepts"
_ORDER: Final = (
    "concepts", "screens", "selection", "lineage", "partitions", "backfills", "runs", "checks", "freshness", "automation",
    "data", "settings", "troubleshooting",
)  # fmt: skip
_CODE: Final = re.compile(r"```.*?```", re.DOTALL)


class HelpPage(Struct, frozen=True):
    """One page."""

    topic: str
    text: str
    """Markdown; its first line is the title."""

    @property
    def title(self) -> str:
        """What it is called."""
        return self.text.partition("\n")[0].lstrip("# ")


class Found(Struct, frozen=True):
    """A line of a page in which something was found."""

    page: HelpPage
    line: str


def pages() -> list[HelpPage]:
    """All of them, the first to be read first."""
    return [page(topic) for topic in _ORDER]


def page(topic: str) -> HelpPage:
    """One page.

    Raises:
        NotFound: There is none of that name; the closest is offered.
    """
    if topic not in _ORDER:
        near = closest(topic, _ORDER)
        raise NotFound(
            f"no page is called {topic!r}", hint=f"did you mean {near!r}?" if near else f"pages: {', '.join(_ORDER)}"
        )
    return HelpPage(topic, (FOLDER / f"{topic}.md").read_text(encoding="utf-8"))


def search(words: str) -> list[Found]:
    """The lines of all pages in which all of the words stand, code left out; at most one of a paragraph."""
    wanted = words.casefold().split()
    found: list[Found] = []
    for each in pages():
        for paragraph in _CODE.sub("", each.text).split("\n\n"):
            if wanted and all(word in paragraph.casefold() for word in wanted):
                lines = paragraph.strip().split("\n")
                best = max(lines, key=lambda line: sum(word in line.casefold() for word in wanted))
                found.append(Found(each, best.strip("#-*| ")))
    return found
