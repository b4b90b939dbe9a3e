"""Running dbt: each asset is recorded the moment dbt says that it is built, each test as the result of a check."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final, cast

from pydantic import Field, PrivateAttr

from assettui.definitions.checks import AssetCheckResult
from assettui.definitions.configurable import ConfigurableResource
from assettui.definitions.results import IN_PLACE, MaterializeResult
from assettui.executors.processes import cause_of
from assettui.integrations.dbt.assets import nodes_behind
from assettui.integrations.dbt.events import event_of, metadata_of, plain
from assettui.integrations.dbt.fetching import DbtEventIterator
from assettui.integrations.dbt.lineage import ColumnLineage
from assettui.integrations.dbt.profile import target_of
from assettui.integrations.dbt.project import INSTALL, MANIFEST, DbtProject, dbt_command
from assettui.integrations.dbt.targets import TargetFolder
from assettui.integrations.programs import BadCommand, running, shown
from assettui.model.errors import ProgramFailed
from assettui.model.metadata import MetadataValue
from assettui.model.text import plural

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from assettui.definitions.context import AssetExecutionContext
    from assettui.integrations.dbt.assets import DbtNodes
    from assettui.integrations.dbt.events import Event
    from assettui.integrations.dbt.manifest import Node

    DbtResult = MaterializeResult[Any] | AssetCheckResult

_BUILT: Final = ("LogModelResult", "LogSeedResult", "LogSnapshotResult")
_TESTED: Final = ("LogTestResult", "LogUnitTestResult")
_SELECTS: Final = ("build", "run", "test", "seed", "snapshot", "compile", "ls", "list", "show", "retry", "clone")
"""The commands that take a selection."""
_ENOUGH: Final = 5
_MAX_SHOWN: Final = 20_000
"""So many characters of a model's SQL are kept with what it made."""


class DbtCliFailed(ProgramFailed):
    """dbt has failed; it says what."""


class DbtCliInvocation:
    """One command of dbt that runs when its results are asked for. Made by `DbtCliResource.cli`.

    Args:
        command: It.
        project: The project.
        env: Environment variables, all of them.
        context: The step's; None where it is run by itself.
        nodes: What the assets of the step are.
        target: Where it writes, from the project's folder.
        raise_on_error: Whether an error of dbt is one of the step.
    """

    def __init__(
        self,
        command: Sequence[str],
        project: DbtProject,
        env: Mapping[str, str],
        context: AssetExecutionContext | None,
        nodes: DbtNodes | None,
        target: Path | TargetFolder,
        *,
        raise_on_error: bool,
    ) -> None:
        self.command = tuple(command)
        self.project = project
        self._target = target  # its folder is there as long as it is
        self.target_path = project.project_dir / (target.path if isinstance(target, TargetFolder) else target)
        self._env = env
        self._context = context
        self.nodes = nodes
        self.lineage = ColumnLineage(nodes) if nodes is not None else None
        self._raise_on_error = raise_on_error
        self._errors: list[str] = []
        self._failed_tests: list[str] = []
        self._status: int | None = None
        self._has_failed_tests = False
        self._has_untold_failures = False
        """Whether tests have failed that are no checks of the step, as those of sources."""

    def stream(self) -> DbtEventIterator:
        """Run it, and give each result as it comes: yield them from the function.

        Raises:
            DbtCliFailed: dbt has failed, other than by a test that is a check.
        """
        return DbtEventIterator(self._results(), self)

    def _results(self) -> Iterator[DbtResult]:
        for event in self.stream_raw_events():
            result = self._result_of(event)
            if result is not None:
                yield result
        if self._raise_on_error:
            self._refuse()

    def stream_raw_events(self) -> Iterator[Event]:
        """Run it, and give what dbt says as it says it; what is for people goes to the step's log.

        Raises:
            DbtCliFailed: dbt cannot be started.
        """
        try:
            with (
                self._turn(),
                running(
                    self.command, env=self._env, cwd=str(self.project.project_dir), stdout=subprocess.PIPE
                ) as program,
            ):
                yield from self._events(cast("IO[bytes]", program.process.stdout))
                program.wait()
        except BadCommand as error:
            raise DbtCliFailed(error.what, hint=INSTALL) from None
        self._status = program.status

    def wait(self) -> DbtCliInvocation:
        """Run it to its end.

        Raises:
            DbtCliFailed: dbt has failed.
        """
        for event in self.stream_raw_events():
            self._result_of(event)
        if self._raise_on_error:
            self._refuse()
        return self

    def is_successful(self) -> bool:
        """Whether it has ended well."""
        return self._status == 0

    def get_error(self) -> Exception | None:
        """What was wrong with it; None where nothing was."""
        return (
            None
            if self.is_successful()
            else DbtCliFailed("; ".join(self._errors) or f"{shown(self.command)} has failed")
        )

    def get_artifact(self, artifact: str = "run_results.json") -> dict[str, Any]:
        """What dbt has written: `manifest.json`, `run_results.json`, `catalog.json`, `sources.json`.

        Raises:
            DbtCliFailed: It has not written that.
        """
        path = self.target_path / artifact
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise DbtCliFailed(f"dbt has written no {path}: {error}") from None

    def _events(self, output: IO[bytes]) -> Iterator[Event]:
        with output:
            for line in output:
                event = event_of(line)
                if event is None:  # a warning of Python's, a traceback of dbt's own
                    sys.stdout.write(line.decode("utf-8", "replace"))
                    self._errors += [text] if (text := line.decode("utf-8", "replace").strip()) else []
                    del self._errors[_ENOUGH:]
                    continue
                if event.level != "debug" and (event.message or event.name == "Formatting"):
                    sys.stdout.write(f"{event.message}\n")
                    sys.stdout.flush()
                yield event

    def _result_of(self, event: Event) -> DbtResult | None:
        """The result that an event is, if it is one of an asset of the step."""
        unique_id, nodes = event.unique_id, self.nodes
        if event.level == "error" and event.name in (
            "RunResultError",
            "MainEncounteredError",
            "CatchableExceptionOnRun",
        ):
            self._errors.append(plain(event.message))
        if unique_id is None:
            return None
        if event.name in _BUILT and event.status == "success" and nodes is not None and unique_id in nodes.by_id:
            key = nodes.by_id[unique_id]
            if self._context is not None and key not in self._context.selected_asset_keys:
                return None
            metadata = {**metadata_of(event), **self._about(nodes.assets[key])}
            return MaterializeResult(key, value=IN_PLACE, metadata=metadata)
        if event.name in _TESTED:
            is_passed = event.status in ("pass", "success")
            self._has_failed_tests |= event.status in ("fail", "error")
            check = nodes.checks_by_id.get(unique_id) if nodes is not None else None
            if check is None or (self._context is not None and not self._is_wanted(check)):
                if not is_passed and event.status != "warn":
                    self._failed_tests.append(plain(event.message))
                    self._has_untold_failures = True
                return None
            failures = event.data.get("num_failures")
            return AssetCheckResult(
                passed=is_passed,
                asset_key=check[0],
                check_name=check[1],
                severity="WARN" if event.status == "warn" else "ERROR",
                description=plural(failures, "row") if failures and not is_passed else None,
                metadata={"unique_id": unique_id, **({"failures": failures} if failures is not None else {})},
            )
        return None

    def _about(self, node: Node) -> dict[str, Any]:
        """What is known of a model once dbt has compiled it: the SQL that ran, and what its columns are made of."""
        path, found = self.compiled(node), dict[str, Any]()
        with suppress(OSError, UnicodeDecodeError):
            sql = path.read_text(encoding="utf-8").strip()[:_MAX_SHOWN]
            found["compiled_sql"] = MetadataValue.md(f"```sql\n{sql}\n```")
        deps = self.lineage.of(node, path) if found and self.lineage is not None else None
        return found | ({"column_lineage": deps} if deps is not None else {})

    def compiled(self, node: Node) -> Path:
        """The file of a model's compiled SQL, once dbt has written it."""
        return self.target_path / "compiled" / node.package_name / node.original_file_path

    def _turn(self) -> AbstractContextManager[None]:
        """Of a file of DuckDB: who has it open is waited for, since dbt itself would fail."""
        target = target_of(self.project) if self._context is not None else None
        match target:
            case {"type": "duckdb", "path": str(path)} if ":" not in path:
                from assettui.integrations.duckdb import turn_of  # deferred: dbt's adapter brings it

                database = str(self.project.project_dir / path)
                return turn_of(database, lambda: self.warn(f"{database} is waited for: another process has it open"))
            case _:
                return nullcontext()

    def catalog(self, nodes: Sequence[Node]) -> dict[str, Any]:
        """What the database has, as dbt tells: its `catalog.json`, written for some nodes.

        Raises:
            DbtCliFailed: dbt cannot tell.
        """
        target = TargetFolder(self.project)  # what the command itself has written stays as it is
        options = self.project.options()
        options[options.index("--target-path") + 1] = str(target.path)
        names = [f"fqn:{'.'.join(node.fqn)}" for node in nodes if node.resource_type != "source"]
        names += [f"source:{node.source_name}.{node.name}" for node in nodes if node.resource_type == "source"]
        command = [*dbt_command(), "--log-format", "json", "--quiet", "docs", "generate", *options, "--select", *names]
        asked = DbtCliInvocation(command, self.project, self._env, None, None, target, raise_on_error=True)
        return asked.wait().get_artifact("catalog.json")

    def warn(self, what: str) -> None:
        """Say something doubtful in the step's log."""
        if self._context is not None:
            self._context.log.warning(what)

    def _is_wanted(self, check: tuple[Any, str]) -> bool:
        assert self._context is not None
        return any(
            each.asset_key == check[0] and each.name == check[1] for each in self._context.selected_asset_check_keys
        )

    def _refuse(self) -> None:
        """Raise what dbt has failed by.

        Raises:
            DbtCliFailed: It has.
        """
        is_by_checks = self._has_failed_tests and not self._has_untold_failures
        if self._status == 0 or (self._status == 1 and is_by_checks and not self._errors_of_nodes()):
            return
        errors = [each for each in self._errors or self._failed_tests if each]
        if not errors:
            cause = cause_of(self._status or 0, shown(self.command))
            raise DbtCliFailed(cause.message, kind=cause.kind)
        raise DbtCliFailed(errors[0].splitlines()[0], traceback="\n\n".join(errors[:_ENOUGH]) + "\n")

    def _errors_of_nodes(self) -> bool:
        """Whether anything else than tests has failed, as dbt's own results say."""
        try:
            results: list[dict[str, Any]] = self.get_artifact()["results"]
        except (DbtCliFailed, KeyError):
            return True
        return any(
            each.get("status") in ("error", "runtime error")
            and not str(each.get("unique_id")).startswith(("test.", "unit_test."))
            for each in results
        )


class DbtCliResource(ConfigurableResource):
    """Runs dbt on one project."""

    project_dir: str
    """Its folder; or a `DbtProject`."""
    profiles_dir: str | None = None
    profile: str | None = None
    target: str | None = None
    global_config_flags: list[str] = Field(default_factory=list)
    """Options of every command: `["--no-use-colors"]`."""
    _project: Any = PrivateAttr(default=None)

    def __init__(self, project_dir: Any = None, **said: Any) -> None:
        project = project_dir if isinstance(project_dir, DbtProject) else None
        if project is not None:
            usual = {"profiles_dir": project.profiles_dir, "profile": project.profile, "target": project.target}
            said = {**{name: str(value) for name, value in usual.items() if value is not None}, **said}
            said["project_dir"] = str(project.project_dir)
        elif project_dir is not None:
            said["project_dir"] = str(project_dir)
        super().__init__(**said)
        self._project = project

    @property
    def project(self) -> DbtProject:
        """The project."""
        if self._project is None:
            self._project = DbtProject(
                self.project_dir, profiles_dir=self.profiles_dir, profile=self.profile, target=self.target
            )
        return self._project

    def cli(
        self,
        args: Sequence[str],
        *,
        context: AssetExecutionContext | None = None,
        raise_on_error: bool = True,
        manifest: Any = None,
        target_path: str | Path | None = None,
    ) -> DbtCliInvocation:
        """A command of dbt: `dbt.cli(["build"], context=context).stream()`.

        In a step of `@dbt_assets`, just what the step is to make is selected.

        Args:
            args: The command and its options.
            context: The step's.
            raise_on_error: Whether an error of dbt is one of the step.
            manifest: Accepted, and not needed: the step knows its own.
            target_path: Where dbt writes; by default as the project says.
        """
        project = self.project
        nodes = nodes_behind(context.selected_asset_keys) if context is not None and context.has_assets_def else None
        if nodes is None and context is not None and context.selected_asset_check_keys:
            nodes = nodes_behind({each.asset_key for each in context.selected_asset_check_keys})
        selection = _selection(nodes, context, args) if nodes is not None and context is not None else []
        options = project.options()
        target: Path | TargetFolder = Path(target_path) if target_path is not None else project.target_path
        if target_path is None and context is not None:
            target = TargetFolder(project)
        options[options.index("--target-path") + 1] = str(target.path if isinstance(target, TargetFolder) else target)
        command = [*dbt_command(), "--log-format", "json", *self.global_config_flags, *args, *options, *selection]
        env = {**os.environ, "DBT_USE_COLORS": os.environ.get("DBT_USE_COLORS", "true")}
        return DbtCliInvocation(command, project, env, context, nodes, target, raise_on_error=raise_on_error)

    def get_artifact(self, artifact: str = MANIFEST) -> dict[str, Any]:
        """What dbt wrote last."""
        target = self.project.target_path
        return DbtCliInvocation([], self.project, {}, None, None, target, raise_on_error=False).get_artifact(artifact)


def _selection(nodes: DbtNodes, context: AssetExecutionContext, args: Sequence[str]) -> list[str]:
    """The options that select what the step is to make; none where the user has selected himself."""
    if (
        not args
        or args[0] not in _SELECTS
        or any(each in ("--select", "-s", "--models", "-m", "--selector") for each in args)
    ):
        return []
    wanted, checks = context.selected_asset_keys, context.selected_asset_check_keys
    is_all = bool(wanted) and wanted == set(nodes.assets) and len(checks) == len(nodes.checks)
    if is_all:
        return ["--select", *nodes.select.split(), *(["--exclude", *nodes.exclude.split()] if nodes.exclude else [])]
    # What is below an asset's own fqn, as its unit tests, is no asset of that kind.
    names = [
        f"{_fqn(node)},resource_type:{node.resource_type}" for node in (nodes.assets[key] for key in sorted(wanted))
    ]
    names += [
        _fqn(node)
        for (key, name), node in nodes.checks.items()
        if any(c.asset_key == key and c.name == name for c in checks)
    ]
    # Only these: dbt would else run every test of what is selected.
    return ["--select", *names, "--indirect-selection", "empty"]


def _fqn(node: Any) -> str:
    return f"fqn:{'.'.join(node.fqn)}"
