"""What a project may say of itself, in `[tool.assettui]` of `pyproject.toml` or at the top of `assettui.toml`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, cast, get_args

from msgspec import Meta, Struct, ValidationError, convert, to_builtins

from assettui.core.queue import Limits
from assettui.model.errors import AssettuiError, ProjectError
from assettui.model.incident import OCCASIONS, Email, NotifyRule
from assettui.model.keys import NAME, closest

if TYPE_CHECKING:
    from pathlib import Path


MOST = 1_000_000_000
"""No setting is more than this: so many seconds are thirty years."""
Count = Annotated[int, Meta(ge=1, le=MOST)]
CountFrom0 = Annotated[int, Meta(ge=0, le=MOST)]
Seconds = Annotated[float, Meta(gt=0, le=MOST)]
Isolation = Literal["worker", "process"]
SecondsFrom0 = Annotated[float, Meta(ge=0, le=MOST)]
_UNKNOWN_FIELD = re.compile(r"unknown field `(.*)`")
_BOUND = re.compile(r"([<>]=?) ([0-9.]+)")
_BOUNDS: Final = {">=": "at least", ">": "more than", "<=": "at most"}
_WORDS: Final = {
    "int": "a whole number",
    "float": "a number of seconds",
    "bool": "true or false",
    "str": "text",
    "object": "a table",
}
"""What msgspec calls the kinds of values, in words."""
_CHOICES: Final = {"isolation": get_args(Isolation)}


class SqlFiles(Struct, frozen=True, forbid_unknown_fields=True):
    """A folder of SQL files that are assets of the project."""

    path: str
    connection: str = "duckdb:///warehouse.duckdb"
    """The URL of the database that they run in; `$NAME` is an environment variable."""


class DbtFolder(Struct, frozen=True, forbid_unknown_fields=True):
    """A dbt project whose models are assets of the project."""

    path: str
    profiles_dir: str | None = None
    profile: str | None = None
    target: str | None = None


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """The settings, as written; paths are relative to the file that holds them."""

    file: str | None = None
    """The Python file that defines the project."""
    module: str | None = None
    """The module or package that defines it."""
    dbt: str | DbtFolder | None = None
    """The folder of a dbt project that is a part of it, or a table that says more."""
    sql: str | SqlFiles | None = None
    """A folder of SQL files that are a part of it, or a table that says more."""
    name: str | None = None
    """What it is called on screen; by default the name of its folder."""
    python: str | None = None
    """The Python that its workers run in; by default that of the environment beside it, else assettui's own (`own`)."""
    store: str | None = None
    """Where its store is; by default `.assettui`."""
    max_workers: Count | None = None
    """How many steps may run at once; by default as many as there are cores."""
    confirm_partitions: Count = 10_000
    """A backfill of more partitions than this is asked about first."""
    max_runs: Count | None = None
    """How many runs may go on at once; by default any number: their steps share the workers."""
    tag_limits: Mapping[str, CountFrom0] = {}
    """How many runs with a tag may go on at once: `team`, with a value of it `team=ops`, or with each, `team=*`."""
    pools: Mapping[str, CountFrom0] = {}
    """How many slots each pool has."""
    default_pool_limit: Count | None = None
    """How many slots a pool has that is not named; by default any number."""
    run_retries: CountFrom0 = 0
    """How many times a run that has failed is tried again by itself, where its tags say nothing."""
    run_timeout: Seconds | None = None
    """How long a run may take, in seconds; by default any time."""
    step_timeout: Seconds | None = None
    """How long a step may take, in seconds, where its function says nothing; by default any time."""
    cancel_grace: SecondsFrom0 = 2.0
    """How long a step that is stopped may clean up, in seconds, before it is killed."""
    import_timeout: Seconds = 300.0
    """How long importing the project may take, in seconds."""
    evaluation_timeout: Seconds = 60.0
    """How long the function of a schedule or sensor may take, in seconds."""
    isolation: Isolation = "worker"
    """Whether the steps of a worker share its process, or each has one of its own."""
    type_checks: bool = True
    """Whether values are checked against their annotations when they are made and read."""
    keep_running: bool = False
    """Whether a leader whose terminal is gone goes on for ever, rather than until nothing runs or is scheduled."""
    versions_kept: Count = 3
    """How many versions of a value are kept, where its asset does not say."""
    tick_days: Count = 30
    """How long ticks are kept that did something, in days; of those that were skipped the last ones."""
    log_days: Count = 90
    """How long the logs of runs are kept, in days."""
    log_megabytes: Count = 2_000
    """How much the logs of all runs may take; the oldest are removed first."""
    notify: tuple[NotifyRule, ...] = ()
    """Who is told what is not as it should be: `[[tool.assettui.notify]]`."""
    bell: bool = True
    """Whether the terminal rings, and shows a notification (OSC 9), when what a person started is over after a while."""
    environment: Mapping[str, str] = {}
    """Environment variables of the workers, where neither the environment nor `.env` says. Not the place for secrets."""

    @property
    def parts(self) -> dict[str, dict[str, str]]:
        """What the project is made of besides Python: `dbt` and `sql`, and what is said of each."""
        found: dict[str, dict[str, str]] = {}
        for name, said in (("dbt", self.dbt), ("sql", self.sql)):
            if said is not None:
                whole = {"path": said} if isinstance(said, str) else to_builtins(said)
                found[name] = {key: value for key, value in whole.items() if value is not None}
        return found

    @property
    def limits(self) -> Limits:
        """How much may go on at once, where nobody has set something else."""
        return Limits(self.max_runs, self.tag_limits, self.pools, self.default_pool_limit)


def read_settings(path: Path) -> Settings | None:
    """The settings that a file holds; None where it is a `pyproject.toml` without `[tool.assettui]`.

    Raises:
        ProjectError: It is not TOML, or a setting is unknown or of the wrong type.
    """
    import tomllib  # deferred: 3 ms where there is no file

    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ProjectError(f"{path} is not TOML: {error}") from error
    except OSError as error:
        raise ProjectError(f"{path} cannot be read: {error.strerror}") from error
    if path.name == "pyproject.toml":
        tools = data.get("tool", {})
        if not isinstance(tools, dict):
            raise ProjectError(f"{path}: tool is {tools!r:.60}, not a table", hint="write [tool.assettui]")
        data = cast("dict[str, Any]", tools).get("assettui")
        if data is None:
            return None
        if not isinstance(data, dict):
            raise ProjectError(f"{path}: tool.assettui is {data!r:.60}, not a table", hint="write [tool.assettui]")
    return _checked(cast("dict[str, Any]", data), path)


def _checked(data: Any, path: Path) -> Settings:
    try:
        settings = convert(data, Settings)
    except ValidationError as error:
        raise _wrong(error, data, path) from None
    if settings.file and settings.module:
        raise ProjectError(f"{path}: file and module are both set", hint="keep one of them")
    for rule in settings.notify:
        _check_rule(rule, [each.name for each in settings.notify], path)
    return settings


def _check_rule(rule: NotifyRule, names: list[str], path: Path) -> None:
    where = f"{path}: the notify rule {rule.name!r}"
    if not NAME.fullmatch(rule.name):
        raise ProjectError(f"{path}: a notify rule is called {rule.name!r}", hint="use letters, digits and _")
    if names.count(rule.name) > 1:
        raise ProjectError(f"{path}: two notify rules are called {rule.name!r}", hint="rename one")
    ways = {"command": rule.command, "webhook": rule.webhook, "email": rule.email, "apprise": rule.apprise}
    said = [way for way, value in ways.items() if value]
    if len(said) != 1:
        hint = f"give it one of {', '.join(ways)}"
        raise ProjectError(f"{where} says {' and '.join(said) or 'in no way'} how people are told", hint=hint)
    if not rule.on:
        raise ProjectError(f"{where} tells nothing: on is empty", hint=f"of {', '.join(OCCASIONS)}, or leave it out")
    from assettui.core.quiet_hours import quiet_until  # deferred: few projects have rules

    try:
        quiet_until(rule.quiet if rule.quiet is not None else "00:00-00:00", rule.timezone, 0)
    except AssettuiError as error:
        raise ProjectError(f"{where}: {error.what}", hint=error.hint) from None


def _wrong(error: ValidationError, data: Any, path: Path) -> ProjectError:
    """What is wrong with a setting, where, and what it should be."""
    said, _, place = str(error).partition(" - at `$")
    unknown = _UNKNOWN_FIELD.search(said)
    if unknown is not None and not place.strip("`.").startswith("notify"):
        nested = {"sql": SqlFiles, "dbt": DbtFolder}.get(place.strip("`."))
        known = (nested or Settings).__struct_fields__
        near = closest(unknown[1], known)
        hint = f"did you mean {near!r}?" if near else f"{'there are' if nested else 'settings'}: {', '.join(known)}"
        what = f"nothing of {place.strip('`.')}" if nested else "no setting"
        return ProjectError(f"{path}: {what} is called {unknown[1]!r}", hint=hint)
    name = place.strip("`.")
    if name.startswith("notify"):
        return _wrong_rule(said, unknown[1] if unknown is not None else None, name, path)
    value = data.get(name, data)
    if name.endswith("[...]"):
        table = name.removesuffix("[...]")
        key, value = next((key, each) for key, each in data[table].items() if not _fits(table, key, each))
        name = f"{table}.{key}"
    bound = _BOUND.search(said)
    if bound is not None:
        return ProjectError(f"{path}: {name} is {value!r:.60}", hint=f"{_BOUNDS[bound[1]]} {float(bound[2]):,.10g}")
    if "enum value" in said:
        return ProjectError(f"{path}: {name} is {value!r}", hint=f"one of {', '.join(_CHOICES[name])}")
    wanted = next((words for kind, words in _WORDS.items() if f"`{kind}" in said.partition(", got")[0]), said)
    return ProjectError(f"{path}: {name} is {value!r}, not {wanted}")


def _wrong_rule(said: str, unknown: str | None, place: str, path: Path) -> ProjectError:
    where = f"{path}: {place.replace('[...]', '')}"
    if unknown is not None:
        known = (Email if "email" in place else NotifyRule).__struct_fields__
        near = closest(unknown, known)
        hint = f"did you mean {near!r}?" if near else f"there are: {', '.join(known)}"
        return ProjectError(f"{where}: nothing of a rule is called {unknown!r}", hint=hint)
    if "enum value" in said:
        return ProjectError(f"{where}: {said}", hint=f"one of {', '.join(OCCASIONS)}")
    return ProjectError(f"{where}: {said}", hint='write [[tool.assettui.notify]], name = "…", webhook = "https://…"')


def _fits(table: str, key: str, value: Any) -> bool:
    try:
        convert({table: {key: value}}, Settings)
    except ValidationError:
        return False
    return True
