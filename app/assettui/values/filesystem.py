"""Values as files below a folder of the user's, or of any file system that fsspec knows: `s3://`, `gs://`, `memory://`.

Values are written as the default IO manager writes them: frames as Parquet, what JSON can hold as JSON, the rest as
pickle. There is one file for each asset and slice, and a small one beside it that says in which of these forms it is.
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from assettui.core.errors import ValueStorageError
from assettui.definitions.configurable import ConfigurableIOManager
from assettui.values import formats

if TYPE_CHECKING:
    from assettui.definitions.io_managers import InputContext, OutputContext

_FORM = ".form.json"


class FsspecIOManager(ConfigurableIOManager):
    """Stores values as files of any file system that fsspec knows, one for each asset and slice."""

    base_path: str
    """The folder, with the name of its protocol: `s3://bucket/values`. A path without one is a local folder."""
    storage_options: dict[str, Any] = Field(default_factory=dict)
    """Given to the file system: credentials, endpoints."""

    def handle_output(self, context: OutputContext, obj: Any) -> None:
        """Write a value, whole or not at all.

        Raises:
            ValueStorageError: It cannot be written; its cause is what the library behind its format raised.
        """
        system, path = self._system(), self._path(context)
        form = formats.format_of(obj)
        system.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        if form != formats.NONE:
            with tempfile.TemporaryDirectory(prefix="assettui-") as folder:
                local = Path(folder) / "value"
                try:
                    formats.write(obj, form, local)
                except Exception as error:
                    raise ValueStorageError(
                        f"the value of {'/'.join(context.get_identifier())} cannot be stored: {error}"
                    ) from error
                size = local.stat().st_size
                # Written under another name first: a reader never sees half a value, whatever the file system does.
                system.put_file(str(local), f"{path}.tmp")
                system.mv(f"{path}.tmp", path)
                context.add_output_metadata({"size_bytes": size})
        system.pipe_file(f"{path}{_FORM}", json.dumps({"form": form}).encode())
        context.add_output_metadata({"path": f"{self.base_path.rstrip('/')}/{'/'.join(context.get_identifier())}"})

    def load_input(self, context: InputContext) -> Any:
        """Read a value, as the kind of frame that the annotation names, else as it was stored.

        Raises:
            ValueStorageError: There is none, or it is damaged.
        """
        upstream = context.upstream_output or context
        system, path = self._system(), self._path(upstream)
        try:
            form = json.loads(system.cat_file(f"{path}{_FORM}"))["form"]
            if form == formats.NONE:
                return None
            with tempfile.TemporaryDirectory(prefix="assettui-") as folder:
                local = Path(folder) / "value"
                system.get_file(path, str(local))
                value = formats.read(local, form, context.annotation)
                # A lazy frame reads its file when it is used, and by then the copy is gone.
                return value.collect().lazy() if form == "parquet:polars-lazy" and hasattr(value, "collect") else value
        except FileNotFoundError as error:
            raise ValueStorageError(
                f"there is no value at {self.base_path.rstrip('/')}/{'/'.join(upstream.get_identifier())}",
                hint="materialize the asset first",
            ) from error

    def _system(self) -> Any:
        import fsspec  # pyright: ignore[reportMissingTypeStubs] - untyped; deferred, since only some projects have it

        protocol, separator, _ = self.base_path.partition("://")
        return fsspec.filesystem(protocol if separator else "file", **self.storage_options)  # pyright: ignore[reportUnknownMemberType]

    def _path(self, context: InputContext | OutputContext) -> str:
        _, separator, rest = self.base_path.partition("://")
        base = (rest if separator else str(Path(self.base_path).absolute())).rstrip("/")
        return "/".join([base, *(_encoded(part) for part in context.get_identifier())])


class FilesystemIOManager(FsspecIOManager):
    """Stores values as files below a local folder, one for each asset and slice."""

    base_path: str = Field(default="storage", alias="base_dir")
    """The folder."""

    def _system(self) -> Any:
        return _Local()


class _Local:
    """The few calls above for local files, so that they need no fsspec."""

    def makedirs(self, path: str, exist_ok: bool) -> None:
        Path(path).mkdir(parents=True, exist_ok=exist_ok)

    def put_file(self, local: str, path: str) -> None:
        import shutil

        shutil.copyfile(local, path)

    def mv(self, path: str, to: str) -> None:
        Path(path).rename(to)

    def pipe_file(self, path: str, data: bytes) -> None:
        Path(f"{path}.tmp").write_bytes(data)
        Path(f"{path}.tmp").rename(path)

    def cat_file(self, path: str) -> bytes:
        return Path(path).read_bytes()

    def get_file(self, path: str, local: str) -> None:
        Path(local).symlink_to(path)
        if not Path(path).exists():
            raise FileNotFoundError(path)


def _encoded(part: str) -> str:
    """A part of a path that is one file name and nothing else."""
    return part.replace("%", "%25").replace("/", "%2F").replace("..", "%2E%2E")
