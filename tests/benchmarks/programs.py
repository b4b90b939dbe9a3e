"""What lies outside: tables of a real PostgreSQL against its driver alone, a step that is a program against the program, types."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import adbc_driver_postgresql.dbapi as driver
import numpy as np
import polars as pl

import assettui as at
from assettui.definitions.value_types import fault_of
from assettui.integrations.database import DatabaseIOManager
from assettui.values.tables import TableName
from tests.benchmarks.figures import Figure, median_seconds, seconds
from tests.postgres import PostgresServer, programs

ROWS = 10_000_000


def outside() -> Iterator[Figure]:
    """All of it."""
    values: list[tuple[Any, Any]] = [(int, 3), (int | None, None), (list[dict[str, Any]], [])]
    for annotation, value in values:
        taken = median_seconds(lambda of=annotation, each=value: [fault_of(of, each) for _ in range(10_000)], 5)
        yield Figure(f"a value is held against {annotation}", taken / 10_000 * 1e6, "µs", 5)
    client, context = at.PipesSubprocessClient(), at.build_asset_context()
    bare = median_seconds(lambda: subprocess.run(["true"], check=True), 20)
    step = median_seconds(lambda: client.run(command=["true"], context=context), 20)
    yield Figure("a program as a step, beyond itself", (step - bare) * 1e3, "ms", 10)
    if programs() is not None:
        yield from tables()


def tables() -> Iterator[Figure]:
    """Ten columns, written and read."""
    random = np.random.default_rng(1)
    frame = pl.DataFrame(
        {
            **{f"i{number}": random.integers(0, 10**9, ROWS) for number in range(4)},
            **{f"f{number}": random.random(ROWS) for number in range(4)},
            "text": pl.Series(random.integers(0, 10**6, ROWS)).cast(pl.String),
            "at": pl.Series(random.integers(0, 10**15, ROWS)).cast(pl.Datetime("us")),
        }
    )
    server = PostgresServer(Path(tempfile.mkdtemp()))
    try:
        manager, name = DatabaseIOManager(url=server.url()), TableName("ours", "made")
        with closing(driver.connect(server.url())) as connection, connection.cursor() as cursor:
            cursor.execute("CREATE SCHEMA theirs")
            connection.commit()

            def write() -> None:
                cursor.adbc_ingest("made", frame.to_arrow(), mode="create", db_schema_name="theirs")
                connection.commit()

            def read() -> None:
                cursor.execute("SELECT * FROM theirs.made")
                cursor.fetch_arrow_table()

            alone, ours = seconds(write), seconds(lambda: manager.write(name, frame, "polars"))
            yield Figure(f"PostgreSQL, {ROWS:,} rows written, to the driver", ours / alone, "×", 2)
            alone, ours = seconds(read), seconds(lambda: manager.read(name, None, "polars"))
            yield Figure(f"PostgreSQL, {ROWS:,} rows read, to the driver", ours / alone, "×", 2)
    finally:
        server.close()
