"""The files that the project's code reads, and the folders that it lists, while it is imported.

What assets there are may depend on them (YAML, SQL, text): the project is loaded again when these change. They are noticed
where Python's own `open`, `os.listdir` and `os.scandir` are called, by which `pathlib` and `glob` go too; a library that
reads files by itself is not noticed.
"""

from __future__ import annotations

import builtins
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

MAX_FILES = 5_000
"""So many are watched: who reads more of them while it is imported reads data."""
_PASSED_OVER = frozenset({"site-packages", "node_modules", "__pycache__", ".assettui", ".git", ".venv"})
_CODE = (".py", ".pyc", ".pyd", ".so")
_PLACES = ((builtins, "open"), (io, "open"), (os, "listdir"), (os, "scandir"))


class FilesRead:
    """Notes what is read below a folder for as long as it is entered.

    Args:
        root: The project's folder, absolute.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._found: dict[str, None] = {}
        self._before: list[Callable[..., Any]] = []

    def __iter__(self) -> Iterator[str]:
        """The paths, absolute: files, and folders."""
        return iter(self._found)

    def __enter__(self) -> Self:
        for module, name in _PLACES:
            before = getattr(module, name)
            self._before.append(before)
            setattr(module, name, self._noting(before, is_open=name == "open"))
        return self

    def __exit__(self, *_: object) -> None:
        for (module, name), before in zip(_PLACES, self._before, strict=True):
            if getattr(getattr(module, name), "__wrapped__", None) is before:  # nobody else has replaced it since
                setattr(module, name, before)

    def _noting(self, before: Callable[..., Any], *, is_open: bool) -> Callable[..., Any]:
        def noting(*args: Any, **kwargs: Any) -> Any:
            found = before(*args, **kwargs)
            path: Any = args[0] if args else kwargs.get("file" if is_open else "path", ".")
            mode = (args[1] if len(args) > 1 else kwargs.get("mode", "r")) if is_open else "r"
            if not isinstance(path, int) and "r" in mode and "+" not in mode:
                self._note(os.path.abspath(os.fsdecode(path or ".")))  # noqa: PTH100 - links are left as they are
            return found

        noting.__wrapped__ = before  # pyright: ignore[reportFunctionMemberAccess]
        return noting

    def _note(self, path: str) -> None:
        if path in self._found or len(self._found) >= MAX_FILES or path.endswith(_CODE):
            return
        if path != path.encode(errors="replace").decode():  # a name that is no UTF-8 cannot be kept
            return
        place = Path(path)
        if place.is_relative_to(self._root) and _PASSED_OVER.isdisjoint(place.relative_to(self._root).parts):
            self._found[path] = None
