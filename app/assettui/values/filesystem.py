"""Values as files below a folder of the user's, or of any file system that fsspec knows: `s3://`, `gs://`, `memory://`.

Values are written as the default IO manager writes them: frames as Parquet, what JSON can hold as JSON, the rest as
pickle. There is one file for each asset and partition, and a small one beside it that says in which of these forms it is.
"""

from __future__ import annotations

import json
import shutil
import tempfile
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from pydantic import Field

from assettui.definitions.configurable import ConfigurableIOManager
from assettui.definitions.inputs import CONCATENATE, MAY_LACK, wants
from assettui.model.errors import ValueStorageError
from assettui.values import formats
from assettui.values.gathered import gathered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.definitions.io_managers import InputContext, OutputContext

_FORM = ".form.json"


class FileSystem(Protocol):
    """What is asked of a file system, by fsspec's names; a file appears whole or not at all."""

    def makedirs(self, path: str, exist_ok: bool) -> None: ...
    def put_file(self, lpath: str, rpath: str) -> None: ...
    def get_file(self, rpath: str, lpath: str) -> None: ...
    def pipe_file(self, path: str, value: bytes) -> None: ...
    def cat_file(self, path: str) -> bytes: ...


class _FileIOManager(ConfigurableIOManager):
    """Stores values as files, one for each asset and partition."""

    def handle_output(self, context: OutputContext, obj: Any) -> None:
        """Write a value, whole or not at all.

        Raises:
            ValueStorageError: It cannot be written; its cause is what the library behind its format raised.
        """
        keys = context.asset_partition_keys if context.has_asset_partitions else ()
        if len(keys) <= 1:
            self._write(context, context.get_identifier(), obj)
            return
        values = self._by_partition(context, keys, obj)
        for key in keys:
            self._write(context, [*context.asset_key.path, key], values[key])

    def _by_partition(self, context: OutputContext, keys: Sequence[str], obj: Any) -> Mapping[str, Any]:
        if not isinstance(obj, Mapping) or not set(keys) <= set(cast("Mapping[str, Any]", obj)):
            raise ValueStorageError(
                f"{context.asset_key} is made for {len(keys)} partitions at once, and its value does not hold each",
                hint="return a dict from partition key to value",
            )
        return cast("Mapping[str, Any]", obj)

    def _write(self, context: OutputContext, identifier: Sequence[str], obj: Any) -> None:
        system, path, shown = self._file_system(), self._path(identifier), self._shown(identifier)
        system.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="assettui-") as folder:
            local = Path(folder) / "value"
            try:
                form = formats.write(obj, local)
            except Exception as error:
                raise ValueStorageError(f"the value cannot be stored at {shown}: {error}") from error
            if form != formats.NONE:
                context.add_output_metadata({"size_bytes": local.stat().st_size})
                system.put_file(str(local), path)
        system.pipe_file(f"{path}{_FORM}", json.dumps({"form": form}).encode())
        context.add_output_metadata({"path": shown})

    def load_input(self, context: InputContext) -> Any:
        """Read a value, as the kind of frame that the annotation names, else as it was stored.

        Raises:
            ValueStorageError: There is none, or it is damaged.
        """
        upstream = context.upstream_output or context
        if not upstream.has_asset_partitions:
            return self._read(upstream.get_identifier(), context.annotation)
        said = (context.definition_metadata, upstream.definition_metadata)
        keys = upstream.asset_partition_keys
        if wants(MAY_LACK, *said):
            keys = [key for key in keys if self._is_there([*upstream.asset_key.path, key])]
        return gathered(
            str(upstream.asset_key),
            keys,
            lambda key, annotation: self._read([*upstream.asset_key.path, key], annotation),
            context.annotation,
            concatenate=wants(CONCATENATE, *said),
        )

    def _is_there(self, identifier: Sequence[str]) -> bool:
        try:
            self._file_system().cat_file(f"{self._path(identifier)}{_FORM}")
        except FileNotFoundError:
            return False
        return True

    def _read(self, identifier: Sequence[str], annotation: Any) -> Any:
        system, path = self._file_system(), self._path(identifier)
        try:
            form: str = json.loads(system.cat_file(f"{path}{_FORM}"))["form"]
            if form == formats.NONE:
                return None
            with tempfile.TemporaryDirectory(prefix="assettui-") as folder:
                local = Path(folder) / "value"
                system.get_file(path, str(local))
                value = formats.read(local, form, annotation)
                # A lazy frame reads its file when it is used, and by then the copy is gone.
                return value.collect().lazy() if hasattr(value, "collect") and hasattr(value, "sink_parquet") else value
        except FileNotFoundError as error:
            raise ValueStorageError(
                f"there is no value at {self._shown(identifier)}", hint="materialize the asset first"
            ) from error

    @abstractmethod
    def _file_system(self) -> FileSystem: ...

    @abstractmethod
    def _base(self) -> str:
        """The folder, as the user wrote it."""

    def _path(self, identifier: Sequence[str]) -> str:
        base = self._base()
        protocol, separator, rest = base.partition("://")
        is_local = not separator or protocol == "file"
        root = str(Path(rest if separator else base).absolute()) if is_local else rest
        return "/".join([root.rstrip("/"), *map(_encoded, identifier)])

    def _shown(self, identifier: Sequence[str]) -> str:
        return "/".join([self._base().rstrip("/"), *map(_encoded, identifier)])


class FilesystemIOManager(_FileIOManager):
    """Stores values as files below a local folder, one for each asset and partition."""

    base_dir: str = "storage"
    """The folder; a relative one is below the project's."""

    def _file_system(self) -> FileSystem:
        return _Local()

    def _base(self) -> str:
        return self.base_dir


class FsspecIOManager(_FileIOManager):
    """Stores values as files of any file system that fsspec knows. Needs `pip install assettui[fsspec]`."""

    base_path: str
    """The folder, with the name of its protocol: `s3://bucket/values`. A path without one is a local folder."""
    storage_options: dict[str, Any] = Field(default_factory=dict)
    """Given to the file system: credentials, endpoints."""

    def _file_system(self) -> FileSystem:
        protocol, separator, _ = self.base_path.partition("://")
        if not separator or protocol == "file":
            return _Local()
        try:
            import fsspec  # pyright: ignore[reportMissingTypeStubs] - untyped; deferred, since few projects have it

            return cast("FileSystem", cast("Any", fsspec).filesystem(protocol, **self.storage_options))
        except (ImportError, ValueError) as error:
            raise ValueStorageError(
                f"{self.base_path} cannot be opened: {error}", hint="pip install 'assettui[fsspec]', and the driver"
            ) from error

    def _base(self) -> str:
        return self.base_path


class _Local:
    """Local files: written under another name, then renamed."""

    def makedirs(self, path: str, exist_ok: bool) -> None:
        Path(path).mkdir(parents=True, exist_ok=exist_ok)

    def put_file(self, lpath: str, rpath: str) -> None:
        shutil.copyfile(lpath, f"{rpath}.tmp")
        Path(f"{rpath}.tmp").rename(rpath)

    def get_file(self, rpath: str, lpath: str) -> None:
        if not Path(rpath).exists():
            raise FileNotFoundError(rpath)
        Path(lpath).symlink_to(rpath)  # no copy: it is only read

    def pipe_file(self, path: str, value: bytes) -> None:
        Path(f"{path}.tmp").write_bytes(value)
        Path(f"{path}.tmp").rename(path)

    def cat_file(self, path: str) -> bytes:
        return Path(path).read_bytes()


def _encoded(part: str) -> str:
    """A part of a path that is one file name and nothing else."""
    text = part.replace("%", "%25").replace("/", "%2F")
    return text.replace(".", "%2E") if set(text) == {"."} else text
