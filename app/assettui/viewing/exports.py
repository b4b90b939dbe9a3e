"""Rows of a table in a file: whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

import polars as pl

from assettui.model.errors import ValueStorageError
from assettui.model.preview import Exported
from assettui.viewing.pages import STREAMING, count

if TYPE_CHECKING:
    from pathlib import Path

    from assettui.model.preview import ExportFormat


def export(frame: pl.LazyFrame, path: Path, form: ExportFormat) -> Exported:
    """Write rows to a file, and put it in the place of what was there once it is whole.

    Raises:
        ValueStorageError: It cannot be written, or the form cannot hold the columns.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        rows = _written(frame, temporary, form)
        temporary.replace(path)
    except OSError as error:
        raise ValueStorageError(
            f"{path} cannot be written: {error.strerror or str(error).partition(' (os error')[0]}"
        ) from error
    except pl.exceptions.PolarsError as error:
        reason = str(error).strip().partition("\n")[0]
        hint = "write Parquet or JSON, or leave nested columns out" if form == "csv" else None
        raise ValueStorageError(f"the rows cannot be written as {form}: {reason}", hint=hint) from error
    finally:
        with suppress(OSError):  # it is the new file by now, or there is not even a folder
            temporary.unlink()
    return Exported(rows, path.stat().st_size)


def _written(frame: pl.LazyFrame, path: Path, form: ExportFormat) -> int:
    """Write the file; how many rows there are."""
    if form == "json":
        collected = frame.collect(engine=STREAMING)
        with path.open("w", encoding="utf-8") as file:
            file.write(cast("Any", collected).write_json())
        return collected.height
    if form == "parquet":
        frame.sink_parquet(path)
        return count(pl.scan_parquet(path))
    frame.sink_csv(path)
    return count(pl.scan_csv(path, infer_schema=False))
