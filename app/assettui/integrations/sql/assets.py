"""`load_sql_assets`: a folder of SQL files, each the query of one asset, which is kept as a table or a view.

A file that cannot be understood is an asset all the same, whose step fails by what is wrong with it; the others go on.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, structs

from assettui.core.partitions.multi import MultiPartitionKey
from assettui.core.partitions.time_windows import TimeWindowPartitionsDefinition
from assettui.definitions.asset import AssetsDefinition, StepArguments
from assettui.definitions.asset_outputs import outputs_of_specs
from assettui.definitions.backfill_policy import BackfillPolicy
from assettui.definitions.checks import AssetCheckResult, AssetCheckSpec
from assettui.definitions.results import IN_PLACE, MaterializeResult
from assettui.definitions.spec import AssetSpec
from assettui.integrations.sql.analysis import Analysis, TableRead
from assettui.integrations.sql.building import build
from assettui.integrations.sql.connection import USUAL, tables_of
from assettui.integrations.sql.head import ReadHead, SqlHead, read_head
from assettui.integrations.sql.known_queries import KnownQueries
from assettui.integrations.sql.source import BadSql, SqlSource, read_source
from assettui.model.check import AssetCheckSeverity
from assettui.model.errors import AssettuiError, Location, Problem, ValueStorageError
from assettui.model.keys import AssetKey, invalid_part
from assettui.model.metadata import MetadataValue, TableSchema
from assettui.model.text import plural
from assettui.values.tables import TableName

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assettui.definitions.context import AssetExecutionContext
    from assettui.values.tables import TableIOManager, Where

_USUAL_SCHEMAS: Final = {"duckdb": "main", "postgres": "public"}
_NO_KEY: Final = re.compile(r"[^\w.-]", re.ASCII)
"""What cannot be in a key may be in the name of a file."""
_NO_NAME: Final = re.compile(r"\W+")
UNKNOWN_TYPE: Final = "?"
"""Of a column, as long as only the text of the query is known."""
_MAX_SHOWN: Final = 20_000
"""So many characters of a query are kept with what it made."""


class NoSqlFiles(AssettuiError):
    """There are no SQL files."""


class SqlFile(Struct, frozen=True):
    """A file, as far as it can be understood."""

    path: Path
    key: AssetKey
    group: str | None
    source: SqlSource | None = None
    head: ReadHead | None = None
    problem: BadSql | None = None

    @property
    def table(self) -> TableName:
        """The table that it makes: called as the last part of the key, in a schema called as the part before it."""
        path = self.key.path
        return TableName(path[-2] if len(path) > 1 else None, path[-1])


def load_sql_assets(
    path: str | Path,
    *,
    connection: Any = USUAL,
    key_prefix: str | Sequence[str] | None = None,
    group_name: str | None = None,
    pool: str | None = None,
) -> list[AssetsDefinition]:
    """The assets that the SQL files of a folder make: `marts/orders.sql` the asset `marts/orders`, the table `marts.orders`.

    What an asset depends on is told from the tables that its query reads: a table that another file makes, or `raw.orders` of
    an asset `raw/orders` that a function makes. What else is to be said stands as YAML in the comment at the head of the
    file; see `SqlHead`.

    Args:
        path: The folder, or one file.
        connection: Where they run: `duckdb:///path`, `sqlite:///path`, `postgresql://…`, in which `$NAME` is an environment
            variable; `EnvVar` of such a URL; or an IO manager of tables.
        key_prefix: Put before the keys, and so in front of the tables' schemas.
        group_name: The group of those that say none; by default the folder that they are in.
        pool: The pool of slots that each takes one from, where its file says none.

    Raises:
        NoSqlFiles: There is no such folder, or no SQL file in it.
        BadConnection: They cannot run there.
    """
    folder = Path(path).absolute()
    manager, dialect = tables_of(connection)
    prefix = [key_prefix] if isinstance(key_prefix, str) else list(key_prefix or ())
    files = [_file(each, folder, prefix, group_name) for each in _paths(folder)]
    resource = f"sql_{_NO_NAME.sub('_', folder.name)}_{hashlib.sha256(str(folder).encode()).hexdigest()[:6]}"
    graph = _Graph(files, manager, dialect, folder)
    return [_definition(graph, each, resource, pool) for each in graph.files]


def _paths(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder]
    found = sorted(each for each in folder.rglob("*.sql") if not each.name.startswith("."))
    if not found:
        what = f"there is no SQL file in {folder}" if folder.is_dir() else f"there is no folder {folder}"
        raise NoSqlFiles(what, hint="name the folder of the files, each with one query, such as orders.sql")
    return found


def _file(path: Path, folder: Path, prefix: list[str], group: str | None) -> SqlFile:
    parts = list(path.relative_to(folder).with_suffix("").parts) if path != folder else [path.stem]
    key = AssetKey([*prefix, *(_NO_KEY.sub("_", part) for part in parts)])
    group = group or (_NO_NAME.sub("_", parts[-2]) if len(parts) > 1 else None)
    file = SqlFile(path, key, group)
    try:
        source = read_source(path, path.read_text(encoding="utf-8"))
        head = read_head(source)
        said = head.said
        if said.key is not None:
            key = AssetKey(said.key.split("/") if isinstance(said.key, str) else list(said.key))
        if (part := invalid_part(key)) is not None:
            raise BadSql(f"its key holds {part!r}", path, source.head_line, hint="use letters, digits, _ . and -")
    except UnicodeDecodeError as error:
        problem = BadSql(f"it is no UTF-8: {error.reason}", path, 1, hint="save it as UTF-8")
        return structs.replace(file, problem=problem)
    except OSError as error:
        return structs.replace(file, problem=BadSql(f"it cannot be read: {error.strerror}", path, 1))
    except BadSql as problem:
        return structs.replace(file, problem=problem)
    return structs.replace(file, key=key, group=said.group or group, source=source, head=head)


class _Graph:
    """The files together: which table is whose, and what each query reads and gives."""

    def __init__(self, files: list[SqlFile], manager: TableIOManager, dialect: str, folder: Path) -> None:
        self.manager = manager
        self._known = KnownQueries(folder, dialect)
        self.dialect = dialect
        self._is_flat = dialect == "sqlite"
        """Whether a schema is but the beginning of a table's name."""
        said = getattr(manager, "schema_", None) or getattr(manager, "default_schema", None)
        self._usual_schema = str(said or _USUAL_SCHEMAS.get(dialect, ""))
        self._keys = {self._name(each.table): each.key for each in files}
        self.files = [self._with_tables(each) for each in files]
        self._by_key = {each.key: each for each in self.files}
        self.analyses: dict[AssetKey, Analysis] = {}
        for each in self.files:
            self._analyse(each)
        self._known.keep()

    def key_of(self, file: SqlFile, table: TableRead) -> AssetKey:
        """The asset that a table is, for one who reads it."""
        said = file.head.said.tables if file.head is not None else {}
        if str(table) in said:
            return AssetKey(said[str(table)].split("/"))
        plain = self._plain(table)
        known = self._keys.get(str(plain).lower())
        return known or AssetKey([plain.schema, plain.table] if plain.schema else [plain.table])

    def columns_of(self, table: TableRead) -> tuple[str, ...] | None:
        """The columns of a table that another file makes, as far as they are known."""
        key = self._keys.get(str(self._plain(table)).lower())
        found = self.analyses.get(key) if key is not None else None
        return found.columns if found is not None else None

    def _plain(self, table: TableRead) -> TableRead:
        """The table, without the schema that is meant where none is said."""
        is_usual = table.schema is not None and table.schema.lower() == self._usual_schema.lower()
        return TableRead(table.table) if is_usual else table

    def _name(self, table: TableName) -> str:
        return (f"{table.schema}_{table.table}" if self._is_flat and table.schema else str(table)).lower()

    def _with_tables(self, file: SqlFile) -> SqlFile:
        """The file, its query looked at; that which cannot be parsed has a problem."""
        if file.problem is not None or file.source is None:
            return file
        try:
            tables = self._known.tables(file.source)
        except BadSql as problem:
            return structs.replace(file, problem=problem)
        own = next((each for each in tables if self.key_of(file, each) == file.key), None)
        if own is None:
            return file
        hint = "read what it is made of; rows that are there already stay where unique_key or partitions say so"
        problem = BadSql(f"it reads {own}, the table that it makes", file.path, 1, hint=hint)
        return structs.replace(file, problem=problem)

    def _analyse(self, file: SqlFile) -> None:
        """Look at a query, after those whose tables it reads: their columns tell what `*` stands for."""
        waiting = [(file, False)]
        begun: set[AssetKey] = set()
        while waiting:
            each, is_ready = waiting.pop()
            if each.problem is not None or each.source is None or each.key in self.analyses:
                continue
            tables = self._known.tables(each.source)
            if not is_ready:
                begun.add(each.key)
                waiting.append((each, True))
                above = [self._by_key.get(self.key_of(each, table)) for table in tables]
                waiting += [(other, False) for other in above if other is not None and other.key not in begun]
                continue
            known = {table: columns for table in tables if (columns := self.columns_of(table)) is not None}
            self.analyses[each.key] = self._known.analysis(each.source, known)


def _definition(graph: _Graph, file: SqlFile, resource: str, pool: str | None) -> AssetsDefinition:
    said = file.head.said if file.head is not None else SqlHead()
    checks = [
        AssetCheckSpec(
            each.name,
            asset=file.key,
            description=each.description,
            blocking=each.is_blocking,
            metadata={"kind": each.kind, "severity": each.severity},
        )
        for each in (file.head.checks if file.head is not None else ())
    ]
    spec = _spec(graph, file, said)
    spec.io_manager_key = resource
    policy = said.partitions_per_run
    arguments = StepArguments(
        required_resource_keys=frozenset({resource}),
        resource_defs={resource: graph.manager},
        can_subset=bool(checks),
        check_specs=tuple(checks),
        pool=said.pool or pool,
        backfill_policy=None if policy is None else BackfillPolicy(None if policy == "all" else policy),
    )
    for each in checks:
        each.at = spec.at
    return AssetsDefinition(_function(graph, file, resource), outputs_of_specs([spec], None, None), arguments, spec.at)


def _spec(graph: _Graph, file: SqlFile, said: SqlHead) -> AssetSpec:
    analysis = graph.analyses.get(file.key, Analysis())
    above = {table: graph.key_of(file, table) for table in analysis.tables}
    lineage: Any = {
        column: [[str(above[each.table]), each.column] for each in origins]
        for column, origins in analysis.origins.items()
    }
    metadata: dict[str, Any] = {**said.metadata, "table": file.table.table, "materialized": said.kept_as}
    if file.table.schema is not None:
        metadata["schema"] = file.table.schema
    if said.partition_expr is not None:
        metadata["partition_expr"] = said.partition_expr
    if analysis.columns is not None:
        # Made as JSON at once: of hundreds of files, thousands of columns would be checked one by one.
        columns: Any = [{"name": name, "type": UNKNOWN_TYPE} for name in analysis.columns]
        metadata["columns"] = MetadataValue("table_schema", {"columns": columns})
    if lineage:
        metadata["column_lineage"] = MetadataValue("column_lineage", lineage)
    spec = AssetSpec(
        file.key,
        deps=list(dict.fromkeys([*above.values(), *(AssetKey(each.split("/")) for each in said.deps)])),
        description=said.description,
        metadata=metadata,
        group_name=file.group,
        code_version=_code_version(file, said) if file.problem is None else None,
        owners=list(said.owners),
        tags=said.tags,
        kinds=[*said.kinds, "sql", graph.dialect],
        partitions_def=file.head.partitions_def if file.head is not None else None,
        freshness_policy=file.head.freshness_policy if file.head is not None else None,
        automation_condition=file.head.automation_condition if file.head is not None else None,
        skippable=True,
    )
    spec.at = Location(str(file.path), 1)
    if file.problem is not None:
        spec.at = file.problem.at
        spec.warnings = (Problem(file.problem.what, spec.at, file.problem.hint),)
    return spec


def _code_version(file: SqlFile, said: SqlHead) -> str:
    assert file.source is not None
    kept = f"{file.source.code_version}\0{said.kept_as}\0{said.unique_columns}\0{said.partition_expr}"
    return hashlib.sha256(kept.encode()).hexdigest()[:16]


def _function(graph: _Graph, file: SqlFile, resource: str) -> Any:
    def run_query(context: AssetExecutionContext) -> Iterator[Any]:
        if file.problem is not None or file.source is None or file.head is None:
            raise file.problem or BadSql("it cannot be read", file.path, 1)
        manager: TableIOManager = getattr(context.resources, resource)
        where = _where(manager, file, context)
        if file.key in context.selected_asset_keys:
            yield _built(manager, file, context, where)
        for check in file.head.checks:
            if any(each.name == check.name for each in context.selected_asset_check_keys):
                with manager.transaction(f"the check {check.name} of {file.key}") as transaction:
                    wrong = check.wrong_rows(transaction, transaction.named(file.table), where)
                severity = AssetCheckSeverity.WARN if check.severity == "warn" else AssetCheckSeverity.ERROR
                yield AssetCheckResult(
                    passed=wrong == 0,
                    asset_key=file.key,
                    check_name=check.name,
                    severity=severity,
                    description=f"{plural(wrong, 'row')} should not be there" if wrong else None,
                    metadata={"wrong_rows": wrong},
                )

    return run_query


def _built(manager: TableIOManager, file: SqlFile, context: AssetExecutionContext, where: Where | None) -> Any:
    assert file.source is not None
    assert file.head is not None
    said = file.head.said
    values = _values(file, context)
    try:
        with manager.transaction(str(file.key)) as transaction:
            built = build(transaction, file.table, file.source, values, said.kept_as, where, said.unique_columns)
    except ValueStorageError as error:
        raise ValueStorageError(f"{file.path.name}: {error.what}", hint=error.hint or f"see {file.path}") from None
    query = file.source.with_marks(lambda _, each: f"{{{{ {each.name} }}}}").strip()
    metadata: dict[str, Any] = {
        "table": str(file.table),
        "columns": TableSchema(built.columns),
        "compiled_sql": MetadataValue.md(f"```sql\n{query[:_MAX_SHOWN]}\n```"),
    }
    if built.rows is not None:
        metadata["row_count"] = built.rows
    return MaterializeResult(asset_key=file.key, value=IN_PLACE, metadata=metadata)


def _where(manager: TableIOManager, file: SqlFile, context: AssetExecutionContext) -> Where | None:
    """Which rows are those of the partitions that the step makes."""
    assert file.head is not None
    definition = file.head.partitions_def
    if definition is None or not context.has_partition_key_range:
        return None
    return manager.rows_of(file.key, file.head.said.partition_expr, definition, context.partition_keys)


def _values(file: SqlFile, context: AssetExecutionContext) -> dict[str, Any]:
    """The values of the parameters that the query names.

    Raises:
        ValueStorageError: One has none: the asset has no partitions, or several are made at once.
    """
    assert file.source is not None
    wanted = {each.name for each in file.source.parameters}
    found: dict[str, Any] = {"run_id": context.run_id}
    definition = file.head.partitions_def if file.head is not None else None
    if definition is not None and context.has_partition_key_range:
        keys = context.partition_keys
        found |= {"partition_key_start": keys[0], "partition_key_end": keys[-1]}
        if len(keys) == 1:
            key = context.partition_key
            found["partition_key"] = str(key)
            if isinstance(key, MultiPartitionKey):
                found |= {f"partition_key.{name}": each for name, each in key.keys_by_dimension.items()}
        if wanted & {"partition_start", "partition_end"} and _is_of_time(definition):
            window = context.partition_time_window
            found |= {"partition_start": window.start, "partition_end": window.end}
    for name in sorted(wanted - set(found)):
        raise ValueStorageError(f"{file.path.name}: {{{{ {name} }}}} has no value", hint=_why(name, definition))
    return found


def _is_of_time(definition: Any) -> bool:
    parts = getattr(definition, "partitions_defs", None)
    dimensions: list[Any] = [each.partitions_def for each in parts] if parts else [definition]
    return any(isinstance(each, TimeWindowPartitionsDefinition) for each in dimensions)


def _why(name: str, definition: Any) -> str:
    if definition is None:
        return "say in the head of the file what partitions it has: partitions: {daily: 2024-01-01}"
    if name.startswith("partition_key"):
        return "several partitions are made at once: use partition_key_start and partition_key_end, or leave partitions_per_run out"
    return "its partitions are not of time: use partition_key"
