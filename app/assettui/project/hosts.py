"""Other machines whose projects are looked at from here: `[[projects]]` in the user's own settings."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated, Final

from msgspec import Meta, Struct, ValidationError, convert

from assettui.model.errors import ProjectError
from assettui.project.user_folders import settings_folder

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "assettui.toml"


class Host(Struct, frozen=True, forbid_unknown_fields=True):
    """A machine that ssh reaches, and one project on it, or all that were opened there."""

    ssh: str
    """What ssh is told: `user@box`, a name of its own configuration, options before it."""
    dir: str | None = None
    """The folder of the one project that is meant."""
    command: str = "assettui"
    """The program there, for the shell there."""
    timeout: Annotated[float, Meta(gt=0, le=600)] = 10.0
    """How long its answer is waited for, in seconds."""

    @property
    def destination(self) -> list[str]:
        """The arguments of ssh that stand for it."""
        return shlex.split(self.ssh)

    def remote(self, *arguments: str) -> str:
        """A command of assettui, for the shell there."""
        command = " ".join((self.command, *map(shlex.quote, arguments)))
        return f"cd {shlex.quote(self.dir)} && {command}" if self.dir is not None else command


class _UserSettings(Struct, forbid_unknown_fields=True):
    projects: tuple[Host, ...] = ()


def hosts_file() -> Path:
    """Where they are written down."""
    return settings_folder() / FILE


def read_hosts() -> tuple[Host, ...]:
    """The machines that the user has named, in order; none where there is no such file.

    Raises:
        ProjectError: It is not TOML, or says something else.
    """
    path = hosts_file()
    if not path.is_file():
        return ()
    import tomllib  # deferred: 3 ms where there is no file

    try:
        found = convert(tomllib.loads(path.read_text(encoding="utf-8")), _UserSettings).projects
        for each in found:
            if not each.destination:
                raise ProjectError(f"{path}: ssh is empty", hint='as ssh = "user@box"')
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path} cannot be read: {error}") from error
    except (ValidationError, ValueError) as error:
        hint = 'write [[projects]], ssh = "user@box"; also dir, command and timeout'
        raise ProjectError(f"{path}: {error}", hint=hint) from error
    return found
