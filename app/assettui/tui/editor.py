"""Opening a file in the user's editor, in the place of the screens, and coming back."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from assettui.tui.projects import in_foreground

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.tui.app import AssettuiApp


def open_in_editor(app: AssettuiApp, path: str, line_number: int) -> None:
    """Open a file at a line, and wait until the editor is left."""
    command = editor_command(os.environ, path, line_number)
    if shutil.which(command[0]) is None:
        app.tell(f"there is no program {command[0]}: EDITOR says which editor to use")
        return
    with app.suspend():
        status = in_foreground(command)
    app.repaint()
    if status:
        app.tell(f"{command[0]} ended with status {status}")


def editor_command(environment: Mapping[str, str], path: str, line_number: int) -> list[str]:
    """How the user's editor is asked to open a file at a line: `$VISUAL`, `$EDITOR` or vi."""
    editor = shlex.split(environment.get("VISUAL") or environment.get("EDITOR") or "vi")
    name = Path(editor[0]).name if editor else "vi"
    if name in ("code", "codium", "cursor", "subl", "hx", "helix", "zed"):
        goto = ["--goto"] if name in ("code", "codium", "cursor") else []
        wait = ["--wait"] if name not in ("hx", "helix") else []
        return [*editor, *wait, *goto, f"{path}:{line_number}"]
    return [*(editor or ["vi"]), f"+{line_number}", path]
