"""Data versions: what identifies the data that an asset holds."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def default_data_version(
    code_version: str | None, input_versions: Mapping[str, str | None], run_id: str, partition: str | None = None
) -> str:
    """The data version of an asset whose function returned none: 16 hexadecimal digits.

    The same code version and the same input data versions give the same data version. Without a code version the
    code may have changed with every run, so the run itself is part of what is hashed.

    Args:
        code_version: What the user says of the code.
        input_versions: The data version of each upstream asset, by key; None where it has none (never materialized).
        run_id: The run that made it.
        partition: Which partition it is; None of an asset that has none.
    """
    digest = hashlib.sha256()
    code = f"code:{code_version}" if code_version is not None else f"run:{run_id}"
    parts = [code] if partition is None else [code, f"partition:{partition}"]
    for key in sorted(input_versions):
        version = input_versions[key]
        parts += [key, "none" if version is None else f"={version}"]
    for part in parts:  # each behind its length: no two lists of parts are hashed from the same bytes
        digest.update(f"{len(part)}:{part}".encode())
    return digest.hexdigest()[:16]


def combined_version(versions: Mapping[str, str | None]) -> str | None:
    """The data version of several partitions of an asset together: of one, its own; of none, None.

    Args:
        versions: The data version of each partition, by key; None where it was never materialized.
    """
    if len(versions) <= 1:
        return next(iter(versions.values()), None)
    digest = hashlib.sha256()
    for key in sorted(versions):
        version = versions[key]
        for part in (key, "none" if version is None else f"={version}"):
            digest.update(f"{len(part)}:{part}".encode())
    return digest.hexdigest()[:16]


def changed_parts(before: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The parts that are other than before, new, or gone; by name."""
    return sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
