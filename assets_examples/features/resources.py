"""What the assets work with: a warehouse to read events from, and a bucket to put models into, each for every stage."""

from __future__ import annotations

import sqlite3
from abc import abstractmethod
from contextlib import closing
from pathlib import Path
from typing import Any, Protocol

import polars as pl

from assettui import ConfigurableResource, EnvVar, ResourceDefinition, ResourceDependency, file_relative_path


class Warehouse(ConfigurableResource):
    """A database that holds events; which one it is, no asset knows."""

    @abstractmethod
    def replace(self, table: str, frame: pl.DataFrame) -> None:
        """Put a frame in the place of a table."""

    @abstractmethod
    def query(self, sql: str) -> pl.DataFrame:
        """What a query gives."""


class SQLiteWarehouse(Warehouse):
    """A file of SQLite, for development."""

    path: str

    def replace(self, table: str, frame: pl.DataFrame) -> None:
        """Put a frame in the place of a table, in one transaction."""
        columns = ", ".join(f'"{name}"' for name in frame.columns)
        marks = ", ".join("?" * frame.width)
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.execute(f'DROP TABLE IF EXISTS "{table}"')
            connection.execute(f'CREATE TABLE "{table}" ({columns})')
            connection.executemany(f'INSERT INTO "{table}" VALUES ({marks})', frame.iter_rows())  # noqa: S608 - our own names

    def query(self, sql: str) -> pl.DataFrame:
        """What a query gives."""
        with closing(sqlite3.connect(self.path)) as connection:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description]
            return pl.DataFrame(cursor.fetchall(), schema=names, orient="row", infer_schema_length=None)


class DuckDBWarehouse(Warehouse):
    """A file of DuckDB, for production."""

    path: str

    def replace(self, table: str, frame: pl.DataFrame) -> None:
        """Put a frame in the place of a table."""
        import duckdb

        with duckdb.connect(self.path) as connection:
            connection.register("frame", frame.to_arrow())
            connection.execute(f'CREATE OR REPLACE TABLE "{table}" AS SELECT * FROM frame')  # noqa: S608 - our own names

    def query(self, sql: str) -> pl.DataFrame:
        """What a query gives."""
        import duckdb

        with duckdb.connect(self.path) as connection:
            return pl.DataFrame(connection.sql(sql).to_arrow_table())


class ObjectClient(Protocol):
    """The two calls of a client of S3 that are used here."""

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> Any:
        """Store an object."""
        ...

    def get_object(self, *, Bucket: str, Key: str) -> Any:
        """An object; its `Body` can be read."""
        ...


class Bucket(ConfigurableResource):
    """A bucket of S3. Its client is handed in: boto3's, or one that a test brings."""

    name: str
    client: ResourceDependency[ObjectClient]

    def put(self, key: str, data: bytes) -> str:
        """Store an object; its address."""
        self.client.put_object(Bucket=self.name, Key=key, Body=data)
        return f"s3://{self.name}/{key}"

    def get(self, key: str) -> bytes:
        """What is stored under a key."""
        return self.client.get_object(Bucket=self.name, Key=key)["Body"].read()


class FolderClient(ConfigurableResource):
    """A client that keeps objects in a folder, for development."""

    folder: str

    def put_object(self, *, Bucket: str, Key: str, Body: bytes) -> None:
        """Write a file."""
        path = Path(self.folder) / Bucket / Key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(Body)

    def get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        """Open a file."""
        return {"Body": (Path(self.folder) / Bucket / Key).open("rb")}


def _boto3() -> Any:
    import boto3

    return boto3.client("s3")


STAGES: dict[str, dict[str, Any]] = {
    "development": {
        "warehouse": SQLiteWarehouse(path=file_relative_path(__file__, "events.sqlite")),
        "bucket": Bucket(name="models", client=FolderClient(folder=file_relative_path(__file__, "objects"))),
    },
    "production": {
        "warehouse": DuckDBWarehouse(path=EnvVar("WAREHOUSE")),
        "bucket": Bucket(name=EnvVar("FEATURES_BUCKET"), client=ResourceDefinition(_boto3)),
    },
}
"""The resources of each stage; the environment variable STAGE says which one it is."""
