"""Where a dbt project is, and its manifest, which is written anew while somebody works on it."""

from __future__ import annotations

import fcntl
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from assettui.integrations.programs import shown
from assettui.model.arguments import checks_arguments
from assettui.model.errors import AssettuiError

if TYPE_CHECKING:
    from collections.abc import Iterator

MANIFEST: Final = "manifest.json"
PROJECT_FILE: Final = "dbt_project.yml"
_TIME: Final = re.compile(r"^\d\d:\d\d:\d\d  ", re.MULTILINE)
_SOURCES: Final = (".sql", ".yml", ".yaml", ".md", ".py", ".csv")
_NOT_OF_IT: Final = ("target", "dbt_packages", "logs", ".assettui", ".git", ".venv")


class BadProject(AssettuiError):
    """There is no dbt project, or dbt cannot make anything of it."""


class DbtProject:
    """A dbt project.

    Args:
        project_dir: Its folder, with `dbt_project.yml`.
        target_path: Where dbt writes, from there.
        profiles_dir: The folder with `profiles.yml`; by default that of the project where it has one, else dbt's own.
        profile: Which profile; by default what the project says.
        target: Which target; by default what the profile says.
        packaged_project_dir: Where the project is where it was packaged: it is taken where it is there.
        state_path: Where the manifest of another time is, from the project's folder; for `--state`.

    Raises:
        BadProject: There is no such folder, or no project in it.
    """

    @checks_arguments
    def __init__(
        self,
        project_dir: str | Path,
        *,
        target_path: str | Path = "target",
        profiles_dir: str | Path | None = None,
        profile: str | None = None,
        target: str | None = None,
        packaged_project_dir: str | Path | None = None,
        state_path: str | Path | None = None,
    ) -> None:
        packaged = Path(packaged_project_dir).absolute() if packaged_project_dir is not None else None
        self.project_dir = packaged if packaged is not None and packaged.is_dir() else Path(project_dir).absolute()
        if not (self.project_dir / PROJECT_FILE).is_file():
            raise BadProject(
                f"there is no {PROJECT_FILE} in {self.project_dir}", hint="name the folder of a dbt project"
            )
        own = self.project_dir if (self.project_dir / "profiles.yml").is_file() else None
        self.profiles_dir = Path(profiles_dir).absolute() if profiles_dir is not None else own
        self.profile, self.target = profile, target
        self.target_path = Path(target_path)
        self.state_path = self.project_dir / state_path if state_path is not None else None

    @property
    def manifest_path(self) -> Path:
        """Where its manifest is."""
        return self.project_dir / self.target_path / MANIFEST

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.project_dir.name

    def options(self) -> list[str]:
        """What every command of dbt is told of it."""
        found = ["--project-dir", str(self.project_dir), "--target-path", str(self.target_path)]
        for option, value in (
            ("--profiles-dir", self.profiles_dir),
            ("--profile", self.profile),
            ("--target", self.target),
        ):
            found += [option, str(value)] if value is not None else []
        return found

    def prepare_if_dev(self) -> None:
        """Have dbt write the manifest, where there is none or a file of the project is newer.

        Raises:
            BadProject: dbt is missing, or cannot make anything of the project: it says what, with file and line.
        """
        if not self.is_stale():
            return
        folder = self.project_dir / self.target_path
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".assettui.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # of workers that start at once, one has it written
            if self.is_stale():
                self.parse()

    def is_stale(self) -> bool:
        """Whether a file of the project is newer than the manifest, or there is none."""
        try:
            written = self.manifest_path.stat().st_mtime_ns
        except OSError:
            written = 0
        newest = 0
        for each in self.sources():
            with each.open("rb") as file:  # opened, so that an edit of it has the project loaded again
                newest = max(newest, os.fstat(file.fileno()).st_mtime_ns)
        return written <= newest

    def sources(self) -> Iterator[Path]:
        """The files that dbt reads."""
        for folder, folders, names in os.walk(self.project_dir):
            folders[:] = [each for each in folders if each not in _NOT_OF_IT]
            yield from (Path(folder, name) for name in names if name.endswith(_SOURCES))

    def parse(self) -> None:
        """Have dbt write the manifest.

        Raises:
            BadProject: See `prepare_if_dev`.
        """
        if has_packages(self.project_dir) and not (self.project_dir / "dbt_packages").is_dir():
            self._run("deps")
        self._run("parse")

    def _run(self, verb: str) -> None:
        command = [*dbt_command(), "--quiet", "--no-use-colors", verb, *self.options()]
        if verb == "deps":
            command = [*dbt_command(), "--quiet", verb, "--project-dir", str(self.project_dir)]
        try:
            done = subprocess.run(
                command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, cwd=self.project_dir
            )
        except OSError as error:
            raise BadProject(f"{shown(command)} cannot be started: {error.strerror}", hint=INSTALL) from None
        if done.returncode != 0:
            said = _TIME.sub("", (done.stdout + done.stderr).strip())
            if "No module named dbt" in said:
                raise BadProject(f"{command[0]} has no dbt", hint=INSTALL)
            hint = PROFILES if "--profiles-dir" in said or "Could not find profile" in said else None
            raise BadProject(f"dbt cannot make anything of {self.project_dir}:\n{said}", hint=hint)


PROFILES: Final = "dbt looks for profiles.yml in the project, and in ~/.dbt; another folder is named by DBT_PROFILES_DIR, or profiles_dir"
INSTALL: Final = "pip install 'assettui[dbt]', and the adapter of your database: dbt-duckdb, dbt-postgres, …"


def dbt_command() -> list[str]:
    """How dbt is started: the one that is installed where this runs, whatever is first on the path."""
    beside = Path(sys.executable).parent / "dbt"
    return [str(beside)] if beside.is_file() else [sys.executable, "-m", "dbt.cli.main"]


def has_packages(project_dir: Path) -> bool:
    """Whether a project uses packages of others."""
    return any((project_dir / name).is_file() for name in ("packages.yml", "dependencies.yml"))
