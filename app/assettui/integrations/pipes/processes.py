"""Programs on this machine as steps. What a program starts ends with it, and it ends with the step, however that ends."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from assettui.definitions.checks import AssetCheckResult
from assettui.definitions.resources import PlainResource
from assettui.definitions.results import MaterializeResult
from assettui.executors.processes import cause_of
from assettui.integrations.pipes.readers import PipesStdoutMessageReader
from assettui.integrations.pipes.session import ENDED, open_pipes_session
from assettui.integrations.programs import running, shown
from assettui.model.arguments import checks_call
from assettui.model.errors import ProgramFailed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from assettui.definitions.context import AssetExecutionContext
    from assettui.integrations.pipes.injectors import PipesContextInjector
    from assettui.integrations.pipes.messages import RemoteError
    from assettui.integrations.pipes.readers import PipesMessageReader
    from assettui.integrations.pipes.session import PipesResult, PipesSession


class PipesExecutionError(ProgramFailed):
    """A program has failed: its exit status, the signal that ended it, or what it says itself."""


class PipesClientCompletedInvocation:
    """What a program has reported, once it has ended well."""

    def __init__(self, session: PipesSession) -> None:
        self._session = session

    def get_results(self, *, implicit_materializations: bool = True) -> Sequence[PipesResult]:
        """All results, to be returned by the function.

        Args:
            implicit_materializations: Whether an asset of the step that was not reported counts as made.
        """
        if implicit_materializations:
            self._session.imply()
        return self._session.get_reported_results()

    def get_materialize_result(self, *, implicit_materialization: bool = True) -> MaterializeResult[Any]:
        """The only result.

        Raises:
            PipesExecutionError: There are several, or none.
        """
        found = self.get_results(implicit_materializations=implicit_materialization)
        made = [each for each in found if isinstance(each, MaterializeResult)]
        if len(made) != 1:
            raise PipesExecutionError(f"the program has reported {len(made)} materializations; return get_results()")
        checks = [each for each in found if isinstance(each, AssetCheckResult)]
        if checks and len(found) > 1:
            raise PipesExecutionError("the program has reported results of checks too; return get_results()")
        return made[0]

    def get_asset_check_result(self) -> AssetCheckResult:
        """The only result of a check.

        Raises:
            PipesExecutionError: There are several, or none.
        """
        found = [each for each in self._session.get_reported_results() if isinstance(each, AssetCheckResult)]
        if len(found) != 1:
            raise PipesExecutionError(f"the program has reported {len(found)} results of checks; return get_results()")
        return found[0]

    def get_custom_messages(self) -> Sequence[Any]:
        """What it has reported that is for the function alone."""
        return self._session.get_custom_messages()


class PipesSubprocessClient(PlainResource):
    """Runs programs as steps. A resource: a parameter that is annotated with it receives it.

    Args:
        env: Environment variables, besides those of the worker.
        cwd: Where programs run; by default the folder of the project.
        context_injector: How they are told their context; by default by a temporary file.
        message_reader: How they report; by default by a temporary file.
        forward_termination: Whether a program is asked to end (SIGTERM) when its step is canceled, before it is killed.
        forward_stdio: Whether what it prints is the step's output.
    """

    def __init__(
        self,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
        context_injector: PipesContextInjector | None = None,
        message_reader: PipesMessageReader | None = None,
        forward_termination: bool = True,
        forward_stdio: bool = True,
    ) -> None:
        self.env = dict(env or {})
        self.cwd = cwd
        self.context_injector = context_injector
        self.message_reader = message_reader
        self.forward_termination = forward_termination
        self.forward_stdio = forward_stdio

    @checks_call
    def run(
        self,
        *,
        command: str | Sequence[str],
        context: AssetExecutionContext,
        extras: Mapping[str, Any] | None = None,
        env: Mapping[str, str] | None = None,
        cwd: str | None = None,
    ) -> PipesClientCompletedInvocation:
        """Run a program to its end. What it reports is recorded as it comes.

        Args:
            command: The program and its arguments; or a line for the shell.
            context: The step's.
            extras: Anything more that it is told; JSON.
            env: Environment variables, besides those of the client.
            cwd: Where it runs.

        Returns:
            What it has reported: return its `get_materialize_result()` or `get_results()`.

        Raises:
            PipesExecutionError: It has failed.
            BadCommand: It cannot be started.
        """
        with open_pipes_session(context, self.context_injector, self.message_reader, extras) as session:
            given = {**os.environ, **session.get_bootstrap_env_vars(), **self.env, **(env or {})}
            status = self._run(command, session, given, cwd or self.cwd)
        session.take_results()
        _refuse(command, status, session.message_handler.error)
        for result in session.get_reported_results():  # those that came as it ended
            context.record_result(result)
        return PipesClientCompletedInvocation(session)

    def _run(self, command: str | Sequence[str], session: PipesSession, env: Mapping[str, str], cwd: str | None) -> int:
        reader = self.message_reader
        of_stdout = reader if isinstance(reader, PipesStdoutMessageReader) else None
        forwarded = None if self.forward_stdio else subprocess.DEVNULL
        with running(
            command,
            env=env,
            cwd=cwd,
            stdout=subprocess.PIPE if of_stdout is not None else forwarded,
            stderr=forwarded,
            is_asked_to_end=self.forward_termination,
        ) as program:
            if of_stdout is not None and program.process.stdout is not None:
                of_stdout.read(program.process.stdout, sys.stdout.buffer if self.forward_stdio else None)
            program.on_end(lambda: session.message_handler.results.put(ENDED))
            while (result := session.wait_for_result()) is not None:
                session.context.record_result(result)
        return program.status or 0


def _refuse(command: str | Sequence[str], status: int, error: RemoteError | None) -> None:
    """Raise what has ended a program.

    Raises:
        PipesExecutionError: It has not ended well.
    """
    if error is not None:
        trace = f"{''.join(error.stack).rstrip()}\n{error.name}: {error.message}\n" if error.stack else None
        raise PipesExecutionError(f"{shown(command)} raised {error.name}: {error.message}", traceback=trace)
    if status != 0:
        cause = cause_of(status, shown(command))
        raise PipesExecutionError(cause.message, kind=cause.kind)
