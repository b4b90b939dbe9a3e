"""A viewer: reads stored values for whoever shows them, one request after the other, until that process is gone.

Run as `python -P -m assettui.worker.viewer FD OPTIONS`, as a worker is. The project is imported when the first value is
asked for that only its own code can read, what is pickled or stored by its IO managers; most values need none of it. A
request that takes too long is ended by ending the process: whoever asked starts another.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import sys
import tempfile
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn, TypeAlias, TypeVar

import polars as pl  # noqa: TID253 - the very thing that this process is for
from msgspec.structs import replace

from assettui.model import codec
from assettui.model.errors import AssettuiError
from assettui.model.preview import (
    Answer,
    Asked,
    Compared,
    CompareValues,
    Document,
    ExportRows,
    Profiled,
    ReadCell,
    ReadPage,
    ReadPicture,
    ReadProfile,
    Refused,
    SqlResult,
    StoredValue,
    Value,
)
from assettui.values.files import asset_folder
from assettui.values.held_files import HeldFiles
from assettui.viewing.differences import difference
from assettui.viewing.exports import export
from assettui.viewing.opening import damaged, file_of, is_read_from_its_beginning, is_told, open_value, stamp_of
from assettui.viewing.pages import FAR_ROWS, Table
from assettui.viewing.profiling import profile
from assettui.viewing.queries import BadQuery
from assettui.viewing.sql import of_partitions, result
from assettui.worker.errors import step_error
from assettui.worker.missing import missing_package
from assettui.worker.protocol import FrameReader, frame, receive

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.viewing.opening import Stamp
    from assettui.viewing.pictures import StoredPicture
    from assettui.worker.project_values import ProjectValues

V = TypeVar("V", StoredValue, Value)
_Found: TypeAlias = "Table | Document | StoredPicture"
VALUES_KEPT = 4
"""So many values stay open."""


class _Opened(NamedTuple):
    stamp: Stamp
    what: _Found
    held: HeldFiles
    """The file, which nobody removes while it is looked at."""


class Viewer:
    """Answers requests.

    Args:
        options: What the process was started with.
        scratch: A folder of its own, for what queries give.
    """

    def __init__(self, options: Mapping[str, Any], scratch: Path) -> None:
        self._options = options
        self._root = Path(options["values"])
        self._scratch = scratch
        self._project: ProjectValues | None = None
        self._opened: dict[Value, _Opened] = {}
        self._number = 0

    def answer(self, asked: Asked) -> Answer:
        """Answer one request: nothing is raised, since nobody is there to hear it."""
        asked = self._placed(asked)
        try:
            found = self._open(asked.value)
            if isinstance(asked, CompareValues):
                return self._compared(asked, found, self._open(asked.other))
            return self._of(asked, found)
        except BadQuery as error:
            return Refused(error.what, error.hint, error.at)
        except AssettuiError as error:
            return Refused(error.what, error.hint)
        except pl.exceptions.PolarsError as error:
            self._forget(asked.value)
            refused = damaged(file_of(asked.value, self._root), error)
            return Refused(refused.what, refused.hint)
        except OSError as error:
            self._forget(asked.value)
            return Refused(f"{file_of(asked.value, self._root)} cannot be read: {error.strerror or error}")
        except BaseException as error:  # noqa: BLE001 - user code is entered here, and may raise anything
            lacking = missing_package(error)
            if lacking is not None:
                return Refused(lacking.what, lacking.hint)
            told = step_error(error)
            return Refused(told.message, traceback=told.traceback)

    def _placed(self, asked: Asked) -> Asked:
        """The same, with the place of a file that metadata names as an absolute path."""
        if isinstance(asked, CompareValues):
            asked = replace(asked, other=self._with_place(asked.other))
        return replace(asked, value=self._with_place(asked.value))

    def _with_place(self, value: V) -> V:
        if isinstance(value, SqlResult):
            tables = [
                replace(table, values=tuple(self._with_place(each) for each in table.values)) for table in value.tables
            ]
            return replace(value, tables=tuple(tables))
        if value.path is None:
            return value
        return replace(value, path=str(Path(self._options["root"]) / Path(value.path).expanduser()))

    def _compared(self, asked: CompareValues, one: _Found, other: _Found) -> Answer:
        if isinstance(one, Document) and isinstance(other, Document):
            return Document("text", "\n".join(unified_diff(one.text.split("\n"), other.text.split("\n"), lineterm="")))
        if not isinstance(one, Table) or not isinstance(other, Table):
            of = asked.other if isinstance(one, Table) else asked.value
            return Refused(f"the value of {of.name} is no table")
        for value, table in ((asked.value, one), (asked.other, other)):
            try:
                _ = table.schema
            except pl.exceptions.PolarsError as error:  # it says itself which of the two it is
                self._forget(value)
                raise damaged(file_of(value, self._root), error) from error
        return Compared(difference(one.settled(), other.settled(), asked.key, asked.key_source))

    def _of(self, asked: ReadPage | ReadCell | ReadPicture | ReadProfile | ExportRows, found: _Found) -> Answer:
        if not isinstance(found, Table):
            if isinstance(asked, ReadPage):
                return found if isinstance(found, Document) else found.told()
            if isinstance(asked, ReadPicture) and not isinstance(found, Document):
                return found.drawn(asked)
            return Refused(
                f"the value of {asked.value.name} is no {'picture' if isinstance(asked, ReadPicture) else 'table'}"
            )
        match asked:
            case ReadPage():
                return found.page(asked)
            case ReadCell():
                return found.cell(asked)
            case ReadProfile():
                return Profiled(profile(found.settled(), stamp_of(asked.value, self._root).size))
            case ReadPicture():
                return Refused(f"the value of {asked.value.name} is no picture")
            case ExportRows():
                rows = found.rows(asked.query, asked.names, asked.first, asked.rows)
                return export(rows, Path(asked.path), asked.format)

    def _open(self, value: Value) -> _Found:
        """The value, as it is now: one that another file has taken the place of is opened again."""
        stamp = stamp_of(value, self._root)
        known = self._opened.get(value)
        if known is not None and known.stamp == stamp:
            return known.what
        self._forget(value)
        while len(self._opened) >= VALUES_KEPT:
            self._forget(next(iter(self._opened)))
        held = HeldFiles()
        try:
            opened = self._result(value, held) if isinstance(value, SqlResult) else self._read(value, held)
        except BaseException:
            held.release()
            raise
        self._opened[value] = _Opened(stamp, opened, held)
        return opened

    def _read(self, value: StoredValue, held: HeldFiles) -> _Found:
        found = self._held(value, held)
        if not isinstance(found, pl.LazyFrame):
            return found
        first = found.head(FAR_ROWS).collect() if is_read_from_its_beginning(value) else None
        if first is not None and first.height < FAR_ROWS:
            found, first = first.lazy(), None
        return Table(found, self._folder(), is_told=is_told(value), first=first)

    def _held(self, value: StoredValue, held: HeldFiles) -> pl.LazyFrame | Document | StoredPicture:
        """A value, whose file is held while it is looked at."""
        path = file_of(value, self._root)
        if path is not None and value.path is None:
            held.hold(path, asset_folder(path))
        return open_value(value, self._root, self._load)

    def _result(self, value: SqlResult, held: HeldFiles) -> Table:
        """What a statement gives of the tables that it names."""
        tables: dict[str, pl.LazyFrame] = {}
        for table in value.tables:
            frames: dict[str, pl.LazyFrame] = {}
            for each in table.values:
                opened = self._held(each, held)
                if isinstance(opened, pl.LazyFrame):  # else the name may be that of a column
                    frames[each.partition or ""] = opened
            if frames:
                tables[table.name] = of_partitions(frames) if table.values[0].partition is not None else frames[""]
        folder = self._folder()
        rows = result(value, tables, folder)
        return Table(rows.frame, folder, first=rows.first)

    def _folder(self) -> Path:
        """A new folder for what queries give."""
        self._number += 1
        folder = self._scratch / str(self._number)
        folder.mkdir()
        return folder

    def _forget(self, value: Value) -> None:
        known = self._opened.pop(value, None)
        if known is not None:
            known.held.release()
            if isinstance(known.what, Table):
                known.what.close()

    def _load(self, value: StoredValue) -> Any:
        """The value as the project's own code gives it."""
        if self._project is None:
            from assettui.worker.project_values import ProjectValues  # deferred: few values need the project, and 60 ms

            self._project = ProjectValues(self._options)
        return self._project.load(value)


def main(argv: list[str]) -> NoReturn:
    """Serve until whoever asks is gone."""
    connection = socket.socket(fileno=int(argv[0]))
    connection.set_inheritable(False)
    options: dict[str, Any] = codec.decode(argv[1], dict[str, Any])
    os.nice(options["niceness"])
    scratch = _scratch(Path(options["scratch"]))
    viewer = Viewer(options, scratch)
    reader: FrameReader[Asked] = FrameReader[Asked](Asked)  # pyright: ignore[reportArgumentType] - a union is a type to msgspec
    try:
        while (messages := receive(connection, reader)) is not None:
            for message in messages:
                connection.sendall(frame(viewer.answer(message)))
    except ConnectionError:
        pass
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    os._exit(0)  # threads of user code must not keep it


def _scratch(folder: Path) -> Path:
    """A folder of this process's own, locked while it lives; beside the store where that can be written to."""
    own = folder / str(os.getpid())
    try:
        _remove_of_the_dead(folder)
        while True:
            own.mkdir(parents=True, mode=0o700, exist_ok=True)
            fcntl.flock(os.open(own, os.O_RDONLY), fcntl.LOCK_EX)
            if own.exists():  # no other has taken it for a dead one's before it was locked
                return own
    except OSError:
        return Path(tempfile.mkdtemp(prefix="assettui-"))


def _remove_of_the_dead(folder: Path) -> None:
    """Remove what viewers have left that were killed: the kernel has freed their locks."""
    for each in folder.iterdir() if folder.is_dir() else ():
        try:
            descriptor = os.open(each, os.O_RDONLY)
        except OSError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(each, ignore_errors=True)
        except OSError:  # it lives
            continue
        finally:
            os.close(descriptor)


if __name__ == "__main__":
    main(sys.argv[1:])
