"""Environment variables as the leader's own process reads them, which never sets those of user code."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def variables(file: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """What a name stands for: the process's own environment, then `.env`, then the settings.

    Args:
        file: The project's `.env`, which need not be there.
        settings: What the project's settings say.
    """
    found = dict(settings)
    if file.is_file():
        from dotenv import dotenv_values  # deferred: 10 ms that only such a file needs

        found |= {name: value for name, value in dotenv_values(file).items() if value is not None}
    return {**found, **os.environ}
