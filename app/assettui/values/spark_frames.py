"""Frames of Spark as values: a folder of Parquet files, written by Spark itself where it shares the file system with us.

A session that is remote (`sc://…`) may have other files than ours: what it gives and takes travels as Arrow.
"""

from __future__ import annotations

import os
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast
from weakref import WeakKeyDictionary

from assettui.model.errors import AssettuiError

if TYPE_CHECKING:
    from collections.abc import Callable

_rows: Final[WeakKeyDictionary[Any, int]] = WeakKeyDictionary()
"""Of frames that were written: counting them otherwise would compute them again."""


class NoJava(AssettuiError):
    """Spark needs Java, and there is none."""


def require_java() -> None:
    """See that Spark can start.

    Raises:
        NoJava: There is no Java.
    """
    home = os.environ.get("JAVA_HOME")
    if home and os.access(Path(home, "bin", "java"), os.X_OK):
        return
    if home:
        raise NoJava(f"JAVA_HOME is {home}, which holds no Java", hint="set it to a Java of version 17 or newer")
    import shutil  # deferred: it brings all kinds of compression with it, 3 ms

    if shutil.which("java") is None:
        raise NoJava(
            "Spark needs Java, and there is no program `java`",
            hint="install one of version 17 or newer (apt install default-jre-headless), or set JAVA_HOME",
        )


def is_remote(of_spark: Any) -> bool:
    """Whether a frame or a session is of a server elsewhere."""
    return ".connect." in type(of_spark).__module__


_starting: Final[list[Callable[[], Any]]] = []
"""How a session is begun, as a resource of the step says; the last one counts."""


def begin_by(start: Callable[[], Any]) -> None:
    """Have the session of this process begun so, when the first frame needs it."""
    _starting[:] = [start]


def session() -> Any:
    """The session of this process; made where there is none: as a resource says, else with Spark's own defaults.

    Raises:
        NoJava: None can be.
    """
    kind: Any = import_module("pyspark.sql").SparkSession  # 0.5 s
    found = kind.getActiveSession()
    if found is None and _starting:
        return _starting[0]()
    if found is None:
        if not os.environ.get("SPARK_REMOTE"):
            require_java()
        found = kind.builder.getOrCreate()
    return found


def write(frame: Any, path: Path) -> None:
    """Write a frame to a new folder, or what a remote one gives to a file."""
    import polars as pl  # deferred: 0.2 s

    if is_remote(frame):
        from pyarrow import parquet  # pyright: ignore[reportMissingTypeStubs] - deferred: 0.1 s

        cast("Any", parquet).write_table(frame.toArrow(), path)
    else:
        frame.write.parquet(str(path))
        for each in path.iterdir():  # what no other reader of a folder expects in it
            if not each.name.endswith(".parquet") or each.name.startswith((".", "_")):
                each.unlink()
    _rows[frame] = pl.scan_parquet(path).select(pl.len()).collect().item()


def rows_written(frame: Any) -> int | None:
    """How many rows a frame had when it was written; None where it was not."""
    return _rows.get(frame)


def read(path: Path) -> Any:
    """A frame of what was written, whichever library has done so."""
    spark = session()
    if not is_remote(spark):
        return spark.read.parquet(str(path))
    from pyarrow import parquet  # pyright: ignore[reportMissingTypeStubs] - deferred: 0.1 s

    return from_arrow(cast("Any", parquet).read_table(path))


def from_arrow(table: Any) -> Any:
    """A frame of a table of Arrow."""
    return session().createDataFrame(table)
