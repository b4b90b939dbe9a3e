"""The environment variables of user code: those of the process, then those of `.env`, then those of the settings."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FILE = ".env"


def complete_environment(root: Path, settings: Mapping[str, str]) -> None:
    """Set what the process's own environment does not say.

    Args:
        root: The project's folder, whose `.env` is read where there is one.
        settings: What the project's settings say.
    """
    file = root / FILE
    if file.is_file():
        from dotenv import load_dotenv  # deferred: 10 ms that only such a file needs

        load_dotenv(file, override=False)
    for name, value in settings.items():
        os.environ.setdefault(name, value)
