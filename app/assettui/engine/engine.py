"""The engine as other threads see it: it begins, it is asked to end, it has ended. What it does is in `loop`."""

from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING

from assettui.core.orphans import reason_of
from assettui.engine.alarm import Alarm, SchedulerAlarm
from assettui.engine.edits import Edits
from assettui.engine.journal import Journal
from assettui.engine.loop import Ending, Loop
from assettui.engine.notifying import Notifier
from assettui.engine.profiling import Profiler
from assettui.engine.workers import Workers
from assettui.executors.inbox import Inbox
from assettui.executors.processes import Processes
from assettui.kernel.actions import StartWorker
from assettui.kernel.decide import decide
from assettui.kernel.inputs import Input, Moment, ProjectEdited
from assettui.kernel.instigators import Ticking
from assettui.kernel.state import KernelState, RunRules
from assettui.model.timing import SECOND_US, clock_us
from assettui.project.environment import variables
from assettui.store.database import explained
from assettui.store.wake_socket import WakeSocket

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from assettui.project.locate import Project
    from assettui.store.folder import StoreFolder
    from assettui.store.lease import Leader, Lease


class Engine:
    """Carries out what is in a store, for as long as this process leads it.

    Making one starts the first worker at once, so that the project is being imported while this process has still
    other things to do; `start` begins the work.

    Args:
        project: Whose code runs.
        folder: The store.
        lease: The lease on it, held; released at the end.
        previous: Who held it before, if anybody did.
        capacity: How many steps may run at once.
        dynamic: The keys of dynamic partitions, by the name of their definition, with their indices.
        watch_sources: Whether the project is loaded again when its files are edited.
        is_ticking: Whether schedules and sensors are evaluated by themselves.
        on_end: Called from the engine's thread when it has ended, asked or not.
    """

    def __init__(
        self,
        project: Project,
        folder: StoreFolder,
        lease: Lease,
        *,
        previous: Leader | None,
        capacity: int,
        dynamic: Mapping[str, Mapping[str, int]],
        watch_sources: bool,
        is_ticking: bool,
        on_end: Callable[[], None] = lambda: None,
    ) -> None:
        self.failure: BaseException | None = None
        """What ended the engine, where it was not asked to end."""
        self._project = project
        self._folder = folder
        self._lease = lease
        self._previous = previous
        self._on_end = on_end
        self._ending = Ending()
        self._inbox: Inbox[Input] = Inbox()
        self._alarm: Alarm = SchedulerAlarm(lambda: self._inbox.put(Moment()))
        self._edits = Edits(project, (lambda: self._inbox.put(ProjectEdited())) if watch_sources else None)
        self._workers = Workers(lambda tell: Processes(project, folder, tell), dynamic)
        self.is_ready = threading.Event()
        """Set once the store is open and whoever rings is heard, or once the engine has ended."""
        self._thread = threading.Thread(target=self._run, name="engine", daemon=True)
        settings = project.settings
        rules = RunRules(
            settings.run_retries,
            settings.run_timeout,
            settings.step_timeout,
            settings.import_timeout,
            int(settings.cancel_grace * SECOND_US),
        )
        ticking = Ticking(is_ticking, timeout_us=int(settings.evaluation_timeout * SECOND_US))
        self._state, actions = decide(KernelState(capacity, ticking=ticking, rules=rules), ProjectEdited(), clock_us())
        started = [action.generation for action in actions if isinstance(action, StartWorker)]
        self._first = [input for generation in started for input in self._workers.start(generation)]

    # For other threads.

    def start(self) -> None:
        """Begin, in a thread of its own."""
        self._thread.start()

    def wait_until_ready(self) -> None:
        """Wait until the store is open, and whoever rings is heard.

        Raises:
            StoreError: The store cannot be opened.
        """
        self.is_ready.wait()
        self.check()

    def check(self) -> None:
        """Raise what has ended the engine, where it was not asked to end."""
        if self.failure is not None:
            raise self.failure

    def is_alive(self) -> bool:
        """Whether it is still at work."""
        return self._thread.is_alive()

    def drain(self) -> None:
        """Take nothing more from the queue, finish what is running, then end."""
        self._ending.is_draining = True
        self._inbox.wake()

    def linger(self) -> None:
        """End by itself as soon as nothing runs, nothing waits, and nothing is scheduled."""
        self._ending.is_lingering = True
        self._inbox.wake()

    def stop(self) -> None:
        """Cancel what is running, take nothing more from the queue, then end."""
        self._ending.is_stopping = True
        self.drain()

    def on_end(self, call: Callable[[], None]) -> None:
        """Have another function called when it has ended, or at once where it has."""
        self._on_end = call
        if not self.is_alive():
            call()

    def join(self, timeout_s: float | None = None) -> None:
        """Wait until it has ended."""
        self._thread.join(timeout_s)

    # Its own thread.

    def _notifier(self) -> Notifier:
        project, settings = self._project, self._project.settings
        return Notifier(
            settings.notify,
            project.name,
            lambda: variables(project.environment_file, settings.environment),
            self._inbox.wake,
        )

    def _run(self) -> None:
        try:
            # While the first worker imports the project, this thread imports what the store needs.
            journal = Journal(self._folder, self._project.id, self._project.settings.versions_kept)
            wake_socket = WakeSocket(self._folder.socket)
            notifier = self._notifier()
            profiler = Profiler(self._project, self._folder, self._inbox.wake)
            try:
                self.is_ready.set()
                journal.close_orphaned(reason_of(self._previous.named if self._previous else None), clock_us())
                Loop(
                    self._state,
                    self._ending,
                    self._project.settings,
                    journal,
                    wake_socket,
                    self._inbox,
                    self._workers,
                    self._edits,
                    self._alarm,
                    notifier,
                    profiler,
                ).run(self._first)
                notifier.look(journal, clock_us())
            finally:
                notifier.close()
                profiler.close()
                wake_socket.close()
                journal.close()
        except sqlite3.Error as error:
            self.failure = explained(error, self._folder.database)
            self.failure.__cause__ = error
        except BaseException as error:  # noqa: BLE001 - kept for the faces: a thread has nobody else to tell
            self.failure = error
        finally:
            self._edits.stop()
            self._alarm.close()
            self._workers.executor.close()
            self._inbox.close()
            self._lease.release()
            self.is_ready.set()
            self._on_end()
