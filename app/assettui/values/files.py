"""Values as files: one folder an asset or a partition of it, one file a version, each written whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assettui.model.asset import ValueRef
from assettui.model.errors import ValueStorageError
from assettui.model.keys import AssetKey
from assettui.values import formats
from assettui.values.frames import frame_kind
from assettui.values.held_files import HeldFiles, remove_unless_held
from assettui.values.on_disk import files_of, remove, remove_tree, size_of

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION_MARK = "@"
"""Begins the name of each version's file. No part of a key begins so: a file is never taken for an asset's folder."""
PARTITION_MARK = "="
"""Begins the name of each partition's folder, for the same reason."""
RUNS = ".runs"
"""Begins the address of a value that is passed on within a run. No part of an asset's key begins so."""
MAX_NAME_BYTES = 200
"""Of a partition's folder: a longer one is cut, and told apart by a hash."""
TEMPORARY_SUFFIX = ".tmp"
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.")


def is_op_output(ref: ValueRef) -> bool:
    """Whether a value was stored for other steps of its run, and not as an asset's."""
    return ref.path.startswith((RUNS, RUNS.replace(".", "%2E"))) or not ref.path


class FileValues:
    """Stores and loads values below one folder.

    Args:
        root: The folder; made when the first value is stored.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._held = HeldFiles()

    def store(self, asset_key: AssetKey, value: Any, version: str, partition: str | None = None) -> ValueRef:
        """Write a value as a new version: to a temporary name, synced, then renamed.

        Args:
            asset_key: Whose value it is.
            value: Anything; None needs no file.
            version: Unique among all versions of the asset, and fit for a file name.
            partition: The partition that it is of; None of an asset that has none.

        Raises:
            ValueStorageError: The value cannot be written; its cause is what the library behind its format raised.
        """
        if value is None:
            return ValueRef(formats.NONE)
        folder = self.root / folder_of(asset_key, partition)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            return self._write(folder, value, version)
        except Exception as error:
            raise _cannot_store(asset_key, value, error) from error

    def _write(self, folder: Path, value: Any, version: str) -> ValueRef:
        temporary = folder / f"{VERSION_MARK}{version}{TEMPORARY_SUFFIX}"
        try:
            form = formats.write(value, temporary)
            final = folder / f"{VERSION_MARK}{version}{formats.suffix_of(form)}"
            for each in files_of(temporary):
                each.chmod(0o600)
                _sync(each)
            temporary.rename(final)
        except BaseException:
            remove(temporary)
            raise
        _sync(folder)
        return ValueRef(form, str(final.relative_to(self.root)), size_of(final))

    def load(self, ref: ValueRef, annotation: Any = None) -> Any:
        """Read a stored value, as the kind of frame that the annotation names, else as it was stored.

        The file of a frame that is read lazily is kept from being removed until `release`.

        Raises:
            ValueStorageError: The file is gone or damaged.
        """
        path = self.root / ref.path
        try:
            if ref.path:
                self._held.hold(path, asset_folder(path))
            is_lazy = False
            try:
                value = formats.read(path, ref.format, annotation)
                is_lazy = frame_kind(value) == "polars-lazy"
            finally:
                if not is_lazy:
                    self._held.let_go(path)
            return value
        except FileNotFoundError as error:
            raise ValueStorageError(f"the stored value {path} is gone", hint="materialize the asset again") from error
        except ValueStorageError:
            raise
        except Exception as error:
            raise ValueStorageError(f"the stored value {path} cannot be read: {error}") from error

    def release(self) -> None:
        """Let those be removed that were read."""
        self._held.release()

    def remove(self, ref: ValueRef) -> bool:
        """Remove a version; whether it is gone now: one that is being read stays."""
        path = self.root / ref.path
        return not ref.path or remove_unless_held(path, asset_folder(path))

    def remove_below(self, address: AssetKey) -> None:
        """Remove every value whose address begins so; nothing happens where there is none."""
        folder = self.root / folder_of(address)
        if folder.exists():
            remove_tree(folder)

    def remove_all_below(self, address: AssetKey, *, but: Iterable[str]) -> None:
        """Remove every value whose address begins so and goes on, but for those that go on with one of these parts."""
        kept = {folder_of(AssetKey((*address.parts, part))).name for part in but}
        folder = self.root / folder_of(address)
        for each in folder.iterdir() if folder.is_dir() else ():
            if each.name not in kept:
                remove_tree(each)

    def remove_unfinished(self, asset_key: AssetKey, version: str, partition: str | None = None) -> None:
        """Remove what a step that died left of a version: the temporary file, or one that was never recorded."""
        folder = self.root / folder_of(asset_key, partition)
        for suffix in (TEMPORARY_SUFFIX, *formats.SUFFIXES):
            remove(folder / f"{VERSION_MARK}{version}{suffix}")


def asset_folder(path: Path) -> Path:
    """The folder of the asset that the file of a value is of."""
    folder = path.parent
    return folder.parent if folder.name.startswith(PARTITION_MARK) else folder


def folder_of(asset_key: AssetKey, partition: str | None = None) -> Path:
    """The folder of an asset, or of a partition of it, below the root: a level for each part, encoded as file names."""
    parts = [_encode(part) for part in asset_key.parts]
    if partition is not None:
        name = _encode(partition)
        if len(name) > MAX_NAME_BYTES:
            import hashlib  # deferred: rarely needed

            name = f"{name[:MAX_NAME_BYTES]}%{hashlib.sha256(partition.encode()).hexdigest()[:16]}"
        parts.append(f"{PARTITION_MARK}{name}")
    return Path(*parts)


def _encode(part: str) -> str:
    if _PLAIN.issuperset(part) and not part.startswith("."):
        return part
    return "".join(
        char if char in _PLAIN and char != "." else "".join(f"%{byte:02X}" for byte in char.encode()) for char in part
    )


def _cannot_store(asset_key: AssetKey, value: Any, error: Exception) -> ValueStorageError:
    kind = f"{type(value).__module__}.{type(value).__qualname__}".removeprefix("builtins.")
    return ValueStorageError(
        f"the value of {asset_key}, of type {kind}, cannot be stored: {error}",
        hint="return a frame, JSON or something that pickle can hold; or store it in the function and return a "
        "MaterializeResult",
    )


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
