"""What the screens remember from one time to the next: for all projects, and for each of the last ones that were opened."""

from __future__ import annotations

from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace

from assettui.project.state_file import read_state, write_state

FILE: Final = "screens.json"
MOST: Final = 100
"""So many projects are remembered."""


class CatalogMemory(Struct, frozen=True):
    """How the catalog was left."""

    grouping: str = "group"
    order: str = "defined"
    is_reversed: bool = False
    folded: tuple[str, ...] | None = None
    """The groups that were folded; None where nobody has folded any yet."""
    hidden: tuple[str, ...] = ()
    """The columns that were not wanted."""
    filter: str = ""
    has_pane: bool = True


class ProjectMemory(Struct, frozen=True):
    """How the screens of one project were left."""

    screen: str = "catalog"
    """The numbered screen that was on top."""
    catalog: CatalogMemory = field(default_factory=CatalogMemory)
    filters: dict[str, str] = {}
    """What the lists of other screens were narrowed to, by the name of the screen."""
    configs: dict[str, str] = {}
    """What the launchpad was told the last time, by job or assets."""


class ScreenMemory(Struct, frozen=True):
    """All that is remembered."""

    theme: str = ""
    """The one that was chosen by hand; empty where none was."""
    is_dark: bool | None = None
    """Whether the background of the terminal was dark, as it said the last time."""
    projects: dict[str, ProjectMemory] = {}
    """By the id of the project, the last one that was left at the end."""

    def of(self, project_id: str) -> ProjectMemory:
        """How the screens of a project were left."""
        return self.projects.get(project_id, ProjectMemory())

    def having(self, project_id: str, memory: ProjectMemory) -> ScreenMemory:
        """The same, but for one project; the oldest ones are let go."""
        others = {each: held for each, held in self.projects.items() if each != project_id}
        kept = dict([*others.items(), (project_id, memory)][-MOST:])
        return replace(self, projects=kept)


def remembered() -> ScreenMemory:
    """What is remembered; nothing where it cannot be read."""
    return read_state(FILE, ScreenMemory) or ScreenMemory()


def remember(memory: ScreenMemory) -> None:
    """Write it down. Where that cannot be done, it is forgotten."""
    write_state(FILE, memory)
