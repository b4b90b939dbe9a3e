"""The environment variables of user code: those of the process, then those of `.env`, then those of the settings."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def complete_environment(file: Path, settings: Mapping[str, str]) -> None:
    """Set what the process's own environment does not say.

    Args:
        file: The project's `.env`, read where it is there.
        settings: What the project's settings say.
    """
    if file.is_file():
        from dotenv import load_dotenv  # deferred: 10 ms that only such a file needs

        load_dotenv(file, override=False)
    for name, value in settings.items():
        os.environ.setdefault(name, value)
