"""The projects that were opened on this machine, by this user: the last ones, in a file of JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from assettui.model.errors import ProjectError
from assettui.project.interpreter import OWN
from assettui.project.locate import locate
from assettui.project.state_file import read_state, write_state

if TYPE_CHECKING:
    from pathlib import Path

    from assettui.project.locate import Project

MOST: Final = 200
FILE: Final = "projects.json"


class OpenedProject(Struct, frozen=True):
    """A project, and how it is opened again."""

    name: str
    folder: str
    """Absolute."""
    arguments: tuple[str, ...]
    """What assettui is told: names of options, and their values in turn."""

    @property
    def options(self) -> dict[str, str]:
        """The same, by name."""
        return dict(zip(self.arguments[::2], self.arguments[1::2], strict=False))


def opened_projects() -> tuple[OpenedProject, ...]:
    """Those that were opened, the last one first; none where nothing is known, or it cannot be read."""
    return read_state(FILE, tuple[OpenedProject, ...]) or ()


def note_opened(project: Project, store: Path) -> None:
    """Remember that a project was opened. Where that cannot be written, it is not remembered.

    Args:
        project: It.
        store: The folder of its store, or its file.
    """
    opened = OpenedProject(project.name, str(project.root), _arguments(project, store))
    known = opened_projects()
    if not known or known[0] != opened:
        write_state(FILE, (opened, *(each for each in known if _project(each) != _project(opened)))[:MOST])


def forget_opened(arguments: tuple[str, ...]) -> None:
    """Remember it no more."""
    write_state(FILE, tuple(each for each in opened_projects() if each.arguments != arguments))


def _arguments(project: Project, store: Path) -> tuple[str, ...]:
    usual = ("--project", str(project.root))
    try:
        is_found_there = locate(project.root, python=OWN).id == project.id
    except ProjectError:
        is_found_there = False
    if is_found_there:
        found = usual
    elif project.file is not None:
        found = ("--file", str(project.file))
    else:
        found = (*usual, "--module", str(project.module))
    if store != project.store_path:
        found = (*found, "--store", str(store))
    python = project.interpreter
    return (*found, "--python", OWN if python.is_own else python.path) if python.is_told else found


def _project(opened: OpenedProject) -> dict[str, str]:
    """What tells it from others: not the Python that it was last opened with."""
    told = opened.options
    told.pop("--python", None)
    return told
