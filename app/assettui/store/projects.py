"""The project's last good snapshot, the files that it was made from, and why they cannot be loaded now."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.model import codec
from assettui.model.project import ProjectSnapshot
from assettui.model.run import StepError

if TYPE_CHECKING:
    import sqlite3

Sources = Mapping[str, tuple[int, int]]
"""Path of a file → its modification time in ns and its size in bytes."""


class KnownProject(Struct, frozen=True):
    """What the store knows of a project's definitions."""

    snapshot: ProjectSnapshot | None
    """The last good one; None where none was ever loaded."""
    sources: Sources
    """The files as they were at the last attempt to load them, good or bad."""
    loaded_us: int | None
    """When the last good snapshot was made."""
    tried_us: int | None
    """When the files were last loaded, well or not."""
    error: StepError | None
    """Why the files as they are now cannot be loaded."""
    loading_us: int | None = None
    """Since when they are being loaded anew; None where they are not."""


def load(connection: sqlite3.Connection, name: str) -> KnownProject | None:
    """What is known of the project of that name; None where it was never loaded.

    A snapshot of another version of the program counts as none.
    """
    row = connection.execute(
        "SELECT snapshot, sources, loaded, failed, error, loading FROM projects WHERE name = ?", (name,)
    ).fetchone()
    if row is None:
        return None
    snapshot, sources, loaded, failed, error, loading = row
    try:
        good = _read(snapshot) if snapshot else None
    except ValueError:
        good = None
    return KnownProject(
        snapshot=good,
        sources={path: (mtime, size) for path, (mtime, size) in json.loads(sources or "{}").items()},
        loaded_us=loaded,
        tried_us=failed or loaded,
        error=codec.decode(error, StepError) if error else None,
        loading_us=loading,
    )


@lru_cache(maxsize=1)
def _read(snapshot: str) -> ProjectSnapshot:
    """A snapshot as it was written. The screens read the same one again with every change: 20 ms for 2,000 assets."""
    return ProjectSnapshot.decode(snapshot)


def save_loaded(connection: sqlite3.Connection, name: str, snapshot: bytes, sources: Sources, now_us: int) -> None:
    """Keep a good snapshot, as a worker has sent it, inside the transaction that is open."""
    connection.execute(
        "INSERT INTO projects (name, loaded, snapshot, sources) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
        " loaded = excluded.loaded, snapshot = excluded.snapshot, sources = excluded.sources, failed = NULL, error = NULL,"
        " loading = NULL",
        (
            name,
            now_us,
            snapshot.decode(),
            json.dumps(sources, separators=(",", ":")),
        ),
    )
    if b'"code_parts"' in snapshot:
        for asset in ProjectSnapshot.decode(snapshot).assets:
            if asset.code_version is not None and asset.code_parts:
                connection.execute(
                    "INSERT OR IGNORE INTO code_versions (version, parts) VALUES (?, ?)",
                    (asset.code_version, codec.encode_text(asset.code_parts)),
                )


def code_parts(connection: sqlite3.Connection) -> dict[str, dict[str, str]]:
    """Of each code version that followed the code, the parts that it was taken of."""
    rows = connection.execute("SELECT version, parts FROM code_versions")
    return {version: codec.decode(parts, dict[str, str]) for version, parts in rows}


def save_loading(connection: sqlite3.Connection, name: str, now_us: int) -> bool:
    """Keep that its files are being loaded anew, inside the transaction that is open; False where they never were."""
    return connection.execute("UPDATE projects SET loading = ? WHERE name = ?", (now_us, name)).rowcount > 0


def save_failed(connection: sqlite3.Connection, name: str, error: StepError, sources: Sources, now_us: int) -> None:
    """Keep why the project cannot be loaded, beside its last good snapshot, inside the transaction that is open."""
    connection.execute(
        "INSERT INTO projects (name, failed, error, sources) VALUES (?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET"
        " failed = excluded.failed, error = excluded.error, sources = excluded.sources, loading = NULL",
        (name, now_us, codec.encode_text(error), json.dumps(sources, separators=(",", ":"))),
    )
