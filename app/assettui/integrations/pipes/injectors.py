"""How a process is told its context."""

from __future__ import annotations

import json
import tempfile
from abc import ABC, abstractmethod
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import os
    from collections.abc import Generator, Mapping
    from contextlib import AbstractContextManager


class PipesContextInjector(ABC):
    """Hands the context to a process."""

    @abstractmethod
    def inject_context(self, context: Mapping[str, Any]) -> AbstractContextManager[Mapping[str, Any]]:
        """Have the context where the process finds it, as long as the manager is entered.

        Args:
            context: As the protocol has it; JSON.

        Returns:
            What the process is told, to find it: the parameters of its context loader.
        """


class PipesEnvContextInjector(PipesContextInjector):
    """The context itself is the parameter; what it holds has to fit into the environment."""

    @contextmanager
    def inject_context(self, context: Mapping[str, Any]) -> Generator[Mapping[str, Any]]:
        """Hand it over in the parameter itself."""
        yield {"data": dict(context)}


class PipesFileContextInjector(PipesContextInjector):
    """The context is in a file.

    Args:
        path: The file; it is removed in the end.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = Path(path).absolute()

    @contextmanager
    def inject_context(self, context: Mapping[str, Any]) -> Generator[Mapping[str, Any]]:
        """Write it to the file."""
        self._path.write_text(json.dumps(dict(context)), encoding="utf-8")
        try:
            yield {"path": str(self._path)}
        finally:
            self._path.unlink(missing_ok=True)


class PipesTempFileContextInjector(PipesContextInjector):
    """The context is in a temporary file, which nobody else can read."""

    @contextmanager
    def inject_context(self, context: Mapping[str, Any]) -> Generator[Mapping[str, Any]]:
        """Write it to a file."""
        with (
            tempfile.TemporaryDirectory(prefix="assettui-pipes-") as folder,
            PipesFileContextInjector(Path(folder) / "context").inject_context(context) as params,
        ):
            yield params
