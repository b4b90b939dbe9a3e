"""Many projects at a glance: those that were opened here, and those of other machines, which are asked over ssh."""

from __future__ import annotations

import json
import queue
import subprocess
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from msgspec import ValidationError, convert
from msgspec.structs import replace

from assettui.core.staleness import AssetStatus
from assettui.model.errors import AssettuiError
from assettui.model.project_summary import ProjectSummary
from assettui.model.text import one_line
from assettui.project.interpreter import OWN, own_program
from assettui.project.locate import locate
from assettui.project.opened import opened_projects
from assettui.service.catalog import catalog
from assettui.service.session import Session
from assettui.service.status import count_overdue, counts_by_status, read_status
from assettui.store.folder import StoreFolder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assettui.project.opened import OpenedProject
    from assettui.project.user_settings import Host
    from assettui.service.catalog import Catalog
    from assettui.service.status import Status

SSH: Final = ("ssh", "-o", "BatchMode=yes")
"""It asks for no password: nobody would see the question."""
MAX_ANSWER_BYTES: Final = 10_000_000
_NO_COMMAND: Final = 127
_SSH_FAILED: Final = 255


def summarized(found: Catalog, status: Status) -> ProjectSummary:
    """What a catalog and a status come to."""
    counts = counts_by_status(found)
    return ProjectSummary(
        found.project_name,
        fresh=counts[AssetStatus.FRESH] + counts[AssetStatus.PARTIAL],
        stale=counts[AssetStatus.STALE],
        failed=counts[AssetStatus.FAILED],
        never=counts[AssetStatus.NEVER],
        overdue=count_overdue(found),
        running=status.running,
        queued=status.queued,
        leader=f"{status.leader.face} {status.leader.pid}" if status.leader is not None else "",
    )


def of_session(session: Session) -> ProjectSummary:
    """A project as its store says now; its code is not looked at.

    Raises:
        StoreError: There is no store, or it cannot be read.
    """
    found = catalog(session)
    with session.reading() as connection:
        status = read_status(connection, session)
    return replace(summarized(found, status), place=str(session.project.root))


def here(opened: OpenedProject) -> ProjectSummary:
    """A project on this machine."""
    bare = ProjectSummary(opened.name, opened.folder, arguments=opened.arguments)
    told = opened.options
    try:
        folder = Path(told.get("--project", opened.folder))
        project = locate(folder, file=told.get("--file"), module=told.get("--module"), python=OWN)
        store = StoreFolder.at(Path(told["--store"]) if "--store" in told else project.store_path)
        session = Session(project, store)
        if session.is_new():
            return replace(bare, problem="nothing of it was built yet")
        found = of_session(session)
    except AssettuiError as error:
        return replace(bare, problem=error.what)
    return replace(found, place=opened.folder, arguments=opened.arguments)


def ask(host: Host) -> tuple[ProjectSummary, ...]:
    """The projects of another machine. One that cannot be asked is told as a project with a problem."""
    asked = ("health", "--json") if host.dir is not None else ("projects", "--here", "--json")
    bare = ProjectSummary(host.dir.rstrip("/").rpartition("/")[2] if host.dir else "", host.dir or "", host.ssh)

    def without(problem: str) -> tuple[ProjectSummary, ...]:
        return (replace(bare, problem=one_line(problem, 200)),)

    command = [*SSH, "-o", f"ConnectTimeout={max(1, round(host.timeout))}", *host.destination, host.remote(*asked)]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=host.timeout)
    except subprocess.TimeoutExpired:
        return without(f"no answer within {host.timeout:g} s")
    except OSError as error:
        return without(f"ssh cannot be started: {error.strerror or error}")
    said = done.stderr.decode("utf-8", "replace").strip()
    if done.returncode == _SSH_FAILED:
        return without(said.rpartition("\n")[2] or "ssh has failed")
    if done.returncode == _NO_COMMAND:
        return without(f"there is no program {host.command} there: name it by `command`")
    try:
        answer = json.loads(done.stdout[:MAX_ANSWER_BYTES])
        found = _read(answer)
    except (ValueError, ValidationError, KeyError, TypeError):
        return without(said.partition("\n")[0] or "its answer cannot be read: is it an older assettui?")
    if host.dir is not None:
        return tuple(replace(each, place=host.dir, host=host.ssh) for each in found)
    return tuple(replace(each, host=host.ssh) for each in found)


def _read(answer: Any) -> tuple[ProjectSummary, ...]:
    if isinstance(answer, dict):
        return (convert(cast("dict[str, Any]", answer)["project"], ProjectSummary),)
    return convert(answer, tuple[ProjectSummary, ...])


def all_projects(hosts: Sequence[Host]) -> Iterator[tuple[ProjectSummary, ...]]:
    """All of them, as their answers come: those of this machine first, the others in any order."""
    answers: queue.SimpleQueue[tuple[ProjectSummary, ...]] = queue.SimpleQueue()

    def ask_it(host: Host) -> None:
        answers.put(ask(host))

    for host in hosts:
        threading.Thread(target=ask_it, args=(host,), name="ask", daemon=True).start()
    yield tuple(here(each) for each in opened_projects())
    for _ in hosts:
        yield answers.get()


def opening_command(summary: ProjectSummary, hosts: Sequence[Host]) -> list[str]:
    """The command that opens a project's screens in this terminal."""
    if not summary.host:
        return [*own_program(), *summary.arguments]
    host = next(each for each in hosts if each.ssh == summary.host and (each.dir or summary.place) == summary.place)
    return ["ssh", "-t", *host.destination, host.remote(*summary.arguments)]
