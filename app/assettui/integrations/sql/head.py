"""What the comment at the head of a SQL file says of its asset: YAML. A comment that is none is the asset's description.

/*
group: marts
owners: [team:sales]
materialization: incremental
partitions: {daily: 2024-01-01}
partition_expr: day
checks:
  - unique: [day, store]
  - accepted_values: {column: channel, values: [shop, web]}
  - expression: amount >= 0
    severity: warn
*/
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, cast

import yaml
from msgspec import Meta, Struct, ValidationError, convert

from assettui.core.conditions.condition import AutomationCondition
from assettui.integrations.sql.checks import SqlCheck, check_names
from assettui.integrations.sql.source import BadSql
from assettui.model.errors import AssettuiError
from assettui.model.freshness import FreshnessPolicy
from assettui.model.keys import closest

if TYPE_CHECKING:
    from assettui.core.partitions.definition import PartitionsDefinition
    from assettui.integrations.sql.source import SqlSource

Materialization = Literal["table", "view", "incremental"]
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_SPAN: Final = re.compile(r"(\d+)\s*([mhdw])")
_WINDOWS: Final = ("hourly", "daily", "weekly", "monthly")
_KINDS: Final = (*_WINDOWS, "static", "dynamic")
_UNKNOWN: Final = re.compile(r"unknown field `(\w+)`")
_FAST: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""Ten times as fast, where PyYAML was built with libyaml."""
_OPTIONS: Final = ("end", "timezone", "fmt", "end_offset", "minute_offset", "hour_offset", "day_offset")


class SqlHead(Struct, frozen=True, forbid_unknown_fields=True):
    """What is said of the asset."""

    key: str | tuple[str, ...] | None = None
    """Its whole key, its parts with `/` between them; by default the file's name, below those of its folders."""
    group: str | None = None
    """By default the folder that the file is in."""
    owners: tuple[str, ...] = ()
    description: str | None = None
    tags: dict[str, str] = {}
    kinds: tuple[str, ...] = ()
    metadata: dict[str, Any] = {}
    deps: tuple[str, ...] = ()
    """Assets that it depends on besides those whose tables it reads."""
    tables: dict[str, str] = {}
    """Which asset a table is, where its name does not say so: `{sales_raw: raw/sales}`."""
    materialization: Materialization | None = None
    """By default a table, or where it has partitions or a unique key an incremental one."""
    partitions: dict[str, Any] | None = None
    partition_expr: str | dict[str, str] | None = None
    """What of a row tells its partition: a column or an expression; of two dimensions, that of each."""
    unique_key: str | tuple[str, ...] | None = None
    """The columns by which rows take the place of those that are there."""
    partitions_per_run: Annotated[int, Meta(ge=1)] | Literal["all"] | None = None
    checks: tuple[dict[str, Any], ...] = ()
    automation: str | dict[str, str] | None = None
    """`eager`, `on_missing`, or `{on_cron: "0 6 * * *"}`."""
    freshness: str | None = None
    """How old its data may be: `36h`, `2d`."""
    pool: str | None = None

    @property
    def unique_columns(self) -> tuple[str, ...]:
        """The columns of the unique key."""
        return (self.unique_key,) if isinstance(self.unique_key, str) else self.unique_key or ()

    @property
    def kept_as(self) -> Materialization:
        """How it is kept."""
        usual = "incremental" if self.partitions is not None or self.unique_key is not None else "table"
        return self.materialization or usual


class _Loader(_FAST):
    """Leaves dates as they are written: which there are, partitions know better than YAML."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - as PyYAML has it
        first: [(tag, pattern) for tag, pattern in known if tag != "tag:yaml.org,2002:timestamp"]
        for first, known in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


class ReadHead(Struct, frozen=True):
    """What a head says, as the values that it means."""

    said: SqlHead
    partitions_def: PartitionsDefinition | None
    checks: tuple[SqlCheck, ...]
    automation_condition: AutomationCondition | None
    freshness_policy: FreshnessPolicy | None


def read_head(source: SqlSource) -> ReadHead:
    """What the comment at the head of a file says.

    Raises:
        BadSql: It cannot be understood, or means what cannot be.
    """
    said = _said(source)
    try:
        head = ReadHead(
            said,
            _partitions(said.partitions) if said.partitions is not None else None,
            tuple(map(SqlCheck.from_head, said.checks)),
            _automation(said.automation),
            FreshnessPolicy.time_window(_span(said.freshness)) if said.freshness is not None else None,
        )
        check_names(head.checks)
        _refuse_contradictions(head)
    except ValidationError as error:
        raise BadSql(str(error), source.path, source.head_line, hint="see the README for what a head may say") from None
    except AssettuiError as error:
        raise BadSql(error.what, source.path, source.head_line, hint=error.hint) from None
    return head


def _said(source: SqlSource) -> SqlHead:
    text, line = source.head, source.head_line
    is_meant = any(re.search(rf"^\s*{name}\s*:", text, re.MULTILINE) for name in SqlHead.__struct_fields__)
    if not is_meant:
        return SqlHead(description=_prose(text) or None)
    try:
        data: Any = yaml.load(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        at = (line + mark.line, mark.column + 1) if mark is not None else (line, 1)
        raise BadSql(f"the head is no YAML: {error.problem}", source.path, *at, hint="write NAME: value") from None
    except yaml.YAMLError as error:
        raise BadSql(f"the head is no YAML: {error}", source.path, line, hint="write NAME: value") from None
    if not isinstance(data, dict):
        return SqlHead(description=_prose(text) or None)
    try:
        return convert(data, SqlHead)
    except ValidationError as error:
        raise _wrong(error, source) from None


def _wrong(error: ValidationError, source: SqlSource) -> BadSql:
    unknown = _UNKNOWN.search(str(error))
    if unknown is not None:
        name = unknown[1]
        near = closest(name, SqlHead.__struct_fields__)
        hint = f"did you mean {near}?" if near else f"there are: {', '.join(SqlHead.__struct_fields__)}"
        return BadSql(f"the head says {name}, which means nothing", source.path, _line_of(source, name), hint=hint)
    what, _, where = str(error).partition(" - at `$.")
    name = re.split(r"[.\[`]", where)[0]
    said = f"{name}: {what.lower()}" if name else what
    return BadSql(
        f"the head says {said}", source.path, _line_of(source, name), hint="see the README for what it may say"
    )


def _line_of(source: SqlSource, name: str) -> int:
    lines = source.head.splitlines()
    return source.head_line + next((at for at, line in enumerate(lines) if name and line.strip().startswith(name)), 0)


def _prose(text: str) -> str:
    lines = [line.strip().removeprefix("*").strip() for line in text.strip().splitlines()]
    return "\n".join(lines).strip()


class _BadHead(AssettuiError):
    """What the head says means nothing."""


def _partitions(said: dict[str, Any]) -> PartitionsDefinition:
    from assettui.core.partitions import usual_windows  # deferred: few files have any
    from assettui.core.partitions.keyed import DynamicPartitionsDefinition, StaticPartitionsDefinition
    from assettui.core.partitions.multi import MultiPartitionsDefinition

    kind = next((each for each in _KINDS if each in said), None)
    if kind is None:
        if not said or not all(isinstance(each, dict) for each in said.values()):
            raise _BadHead(
                f"partitions: {said!r:.60} says nothing of its kind",
                hint="write {daily: 2024-01-01}, {static: [a, b]}, {dynamic: NAME}, or two of them by name",
            )
        return MultiPartitionsDefinition({name: _partitions(each) for name, each in said.items()})
    options = {name: value for name, value in said.items() if name != kind}
    strange = next((name for name in options if kind not in _WINDOWS or name not in _OPTIONS), None)
    if strange is not None:
        raise _BadHead(f"partitions: {strange} means nothing beside {kind}", hint=f"there are: {', '.join(_OPTIONS)}")
    if kind == "static":
        keys = said[kind]
        if not isinstance(keys, list):
            raise _BadHead("partitions: static is no list", hint="write {static: [a, b]}")
        return StaticPartitionsDefinition([str(each) for each in cast("list[Any]", keys)])
    if kind == "dynamic":
        return DynamicPartitionsDefinition(name=str(said[kind]))
    made = getattr(usual_windows, f"{kind.title()}PartitionsDefinition")
    end = options.pop("end", None)
    return made(start_date=str(said[kind]), **({"end_date": str(end)} if end is not None else {}), **options)


def _automation(said: str | dict[str, str] | None) -> AutomationCondition | None:
    match said:
        case None:
            return None
        case "eager":
            return AutomationCondition.eager()
        case "on_missing":
            return AutomationCondition.on_missing()
        case {"on_cron": cron, **more} if set(more) <= {"timezone"}:
            return AutomationCondition.on_cron(cron, more.get("timezone", "UTC"))
        case _:
            raise _BadHead(
                f"automation: {said!r} means nothing", hint='write eager, on_missing, or {on_cron: "0 6 * * *"}'
            )


def _span(text: str) -> timedelta:
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise _BadHead(f"freshness: {text!r} is no span of time", hint="write 90m, 36h, 2d or 1w")
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def _refuse_contradictions(head: ReadHead) -> None:
    said = head.said
    if head.partitions_def is not None and said.kept_as != "incremental":
        raise _BadHead(
            f"a {said.kept_as} has no partitions", hint="write materialization: incremental, or leave partitions out"
        )
    if head.partitions_def is not None and said.partition_expr is None:
        raise _BadHead("it has partitions, and does not say which rows are whose", hint="write partition_expr: COLUMN")
    if said.kept_as == "incremental" and head.partitions_def is None and not said.unique_columns:
        raise _BadHead(
            "it is incremental, and says neither partitions nor unique_key",
            hint="say which rows take the place of which; or write materialization: table",
        )
    if said.unique_columns and said.kept_as != "incremental":
        raise _BadHead(f"a {said.kept_as} has no unique_key", hint="write materialization: incremental")
    if head.partitions_def is not None and said.unique_columns:
        raise _BadHead("it has both partitions and a unique_key", hint="say one of them")
