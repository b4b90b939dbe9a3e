"""A sensor for the common case: files that come or change."""

from __future__ import annotations

import json
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Unpack, cast

from msgspec import Struct
from msgspec.structs import replace

from assettui.definitions.evaluation import EvaluationParameters, call, evaluation_of, evaluation_parameters
from assettui.definitions.keywords import EventSensorKeywords, shows
from assettui.definitions.placed import caller
from assettui.definitions.resources import ResourceSet
from assettui.definitions.sensor import SensorDefinition, SensorEvaluationContext, sensor_of

if TYPE_CHECKING:
    import os
    from collections.abc import Callable, Iterable

    from assettui.model.tick import Evaluation


INTERVAL_S: Final = 5.0
"""How often the files are looked at, where nothing else is said."""
MAX_FILES: Final = 1_000
"""So many files are told in one evaluation; the others in those that follow."""


class FileSeen(Struct, frozen=True):
    """A file that is new, or has changed."""

    path: Path
    size_bytes: int
    modified: float
    """When; seconds since the epoch, UTC."""
    is_new: bool
    """Whether it was not there before, rather than changed."""

    @property
    def run_key(self) -> str:
        """What identifies this state of the file."""
        return f"{self.path}:{_mark(self.modified, self.size_bytes)}"


class FileSensorDefinition(SensorDefinition, frozen=True, eq=False):
    """A sensor that is shown files that are new or have changed. Made by `file_sensor`."""

    path_glob: str = ""
    stable_seconds: float = 2.0

    @property
    def interval_s(self) -> float:
        """See `SensorDefinition`."""
        return INTERVAL_S if self.minimum_interval_seconds is None else float(self.minimum_interval_seconds)

    @property
    def parameters(self) -> EvaluationParameters:
        """See `SensorDefinition`: the second parameter is the file."""
        return evaluation_parameters(self.evaluation_fn, given=1)

    def evaluate(self, context: SensorEvaluationContext, resources: Any = None) -> Evaluation:
        """See `SensorDefinition`: the function is called for each file that is new or has changed, the oldest first."""
        known = _marks(context.cursor)
        marks: dict[str, str] = {}
        found: list[FileSeen] = []
        unstable = 0
        now = time.time()
        for path in sorted(self._paths()):
            try:
                stat = path.stat()
            except OSError:
                continue  # removed meanwhile
            mark, name = _mark(stat.st_mtime, stat.st_size), str(path)
            if known.get(name) == mark and context.is_again(f"{name}:{mark}"):
                found.append(FileSeen(path, stat.st_size, stat.st_mtime, False))
            elif known.get(name) == mark:
                marks[name] = mark
            elif 0 <= now - _changed(stat, now) < self.stable_seconds:
                unstable += 1
                if name in known:
                    marks[name] = known[name]
            else:
                found.append(FileSeen(path, stat.st_size, stat.st_mtime, name not in known))
        found.sort(key=lambda each: (each.modified, each.path))
        marks.update({name: known[name] for each in found[MAX_FILES:] if (name := str(each.path)) in known})
        told = context.tried(
            (each.run_key, str(each.path), partial(self._evaluated, each, context, resources))
            for each in found[:MAX_FILES]
        )
        marks.update({str(each.path): _mark(each.modified, each.size_bytes) for each in found[:MAX_FILES]})
        if not found:
            waits = f"; {unstable} still being written" if unstable else ""
            told = replace(told, skip_reason=f"nothing new in {Path.cwd() / self.path_glob}{waits}")
        return replace(told, cursor=json.dumps(marks, sort_keys=True) if marks != known else None)

    def _paths(self) -> Iterable[Path]:
        pattern = Path(self.path_glob)
        root = Path(pattern.anchor) if pattern.is_absolute() else Path.cwd()
        inner = str(pattern.relative_to(pattern.anchor)) if pattern.is_absolute() else self.path_glob
        return (path for path in root.glob(inner) if path.is_file())

    def _evaluated(self, file: FileSeen, context: SensorEvaluationContext, resources: Any) -> Evaluation:
        given = resources if isinstance(resources, ResourceSet) else context.resources._asdict()
        found = evaluation_of(call(self.evaluation_fn, self.parameters, context, given, [file]), self.asker)
        return replace(found, runs=tuple(replace(run, run_key=run.run_key or file.run_key) for run in found.runs))


def _changed(stat: os.stat_result, now: float) -> float:
    """When a file has changed last. One whose time lies ahead, as some other program has set it, has by our own clock."""
    return stat.st_ctime if stat.st_mtime > now else max(stat.st_mtime, stat.st_ctime)


def _mark(modified: float, size_bytes: int) -> str:
    return f"{modified:.6f}-{size_bytes}"


def _marks(cursor: str | None) -> dict[str, str]:
    if not cursor:
        return {}
    try:
        found = json.loads(cursor)
    except ValueError:
        return {}
    return cast("dict[str, str]", found) if isinstance(found, dict) else {}


@shows(EventSensorKeywords)
def file_sensor(
    path_glob: str, *, stable_seconds: float = 2.0, **said: Unpack[EventSensorKeywords]
) -> Callable[[Callable[..., Any]], SensorDefinition]:
    """Declare that a function is called for each file that comes or changes.

    It takes a `SensorEvaluationContext` and a `FileSeen`, and gives back what a sensor may. A `RunRequest` without a
    run key gets one that stands for this state of the file. Files that are there at the first look are new.

    Args:
        path_glob: Such as `inbox/*.csv` or `/data/**/*.parquet`; where it is relative, to the project's folder, as all
            paths in its code are.
        stable_seconds: A file is told once it has not changed for so long: until then it may still be being written.
        job_name: The job that it asks for, by its name.
        name: By default the function's name.
        minimum_interval_seconds: How long it waits from one look to the next; by default 5.
        description: By default the docstring.
        job: The job that it asks for.
        jobs: Several, of which each request names one.
        default_status: Whether it is on until somebody turns it off.
        required_resource_keys: Resources that it takes from `context.resources`.
        tags: Given to each of its runs.
        metadata: What is to be known of it.
        target: A job, several, or a selection of assets.
    """
    at = caller()

    def decorate(fn: Callable[..., Any]) -> SensorDefinition:
        return sensor_of(FileSensorDefinition, fn, at, said, path_glob=path_glob, stable_seconds=stable_seconds)

    return decorate
