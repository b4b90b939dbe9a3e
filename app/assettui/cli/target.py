"""Which project and store a command is about: the options that every command takes, before or after its name."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click

from assettui.project.locate import Project, locate
from assettui.service.session import Session
from assettui.store.folder import StoreFolder

F = TypeVar("F", bound=Callable[..., Any])
_NAMES = ("file", "module", "project", "store")


class OpenScreens(Protocol):
    """Opens the screens on a store, and gives the exit status."""

    def __call__(self, session: Session, build: Sequence[str] = ()) -> int:
        """Open them, and build that selection as soon as the project is loaded."""
        ...


@dataclass(slots=True)
class Target:
    """What the options say so far; a command's own options win over those before its name."""

    file: str | None = None
    module: str | None = None
    project: str | None = None
    store: str | None = None
    open_screens: OpenScreens | None = None
    """Opens the screens: a face that this one does not know, so it is handed in."""

    def located(self) -> Project:
        """The project.

        Raises:
            ProjectError: There is none.
        """
        return locate(Path(self.project or ".").absolute(), file=self.file, module=self.module)

    def session(self) -> Session:
        """The project, and its store."""
        project = self.located()
        return Session(project, StoreFolder.at(Path(self.store) if self.store else project.store_path))


def _giving_target(*file_flags: str) -> Callable[[F], F]:
    def decorate(command: F) -> F:
        @functools.wraps(command)
        def with_target(*args: Any, **given: Any) -> Any:
            target = click.get_current_context().ensure_object(Target)
            for name in _NAMES:
                value = given.pop(name)
                if value is not None:
                    setattr(target, name, value)
            return command(target, *args, **given)

        options = (
            click.option(*file_flags, metavar="FILE", help="The Python file that defines the project."),
            click.option("-m", "--module", metavar="MODULE", help="The module or package that defines it."),
            click.option("--project", metavar="DIR", help="The folder to look for a project in.  [default: .]"),
            click.option(
                "--store",
                metavar="PATH",
                envvar="ASSETTUI_STORE",
                help="The store.  [default: .assettui in the project]",
            ),
        )
        for option in reversed(options):
            with_target = option(with_target)
        return with_target  # pyright: ignore[reportReturnType] - the same command, with four options taken off it

    return decorate


target_options = _giving_target("-f", "--file")
"""Gives a command the options that say which project and store; it receives a `Target` first."""
target_options_without_f = _giving_target("--file")
"""The same for a command in which `-f` means something else."""
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
