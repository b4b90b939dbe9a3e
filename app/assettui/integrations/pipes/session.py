"""One process that reports: what it is told, what it has said, and what of that the function is to return."""

from __future__ import annotations

import queue
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from assettui.definitions.results import MaterializeResult
from assettui.integrations.pipes.injectors import PipesTempFileContextInjector
from assettui.integrations.pipes.messages import (
    CONTEXT_VARIABLE,
    MAX_BROKEN_TOLD,
    MESSAGES_VARIABLE,
    BadMessage,
    check_result,
    context_data,
    encoded,
    level_of,
    materialization,
    parsed,
    remote_error,
    understood,
)
from assettui.integrations.pipes.readers import PipesTempFileMessageReader
from assettui.model.errors import AssettuiError
from assettui.model.keys import AssetKey

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping, Sequence

    from assettui.definitions.checks import AssetCheckResult
    from assettui.definitions.context import AssetExecutionContext
    from assettui.integrations.pipes.injectors import PipesContextInjector
    from assettui.integrations.pipes.messages import Message, RemoteError
    from assettui.integrations.pipes.readers import PipesMessageReader

    PipesResult = MaterializeResult[Any] | AssetCheckResult

ENDED: Final = object()
"""In the queue of results: the process has ended."""


class PipesMessageHandler:
    """Takes what a process reports, from any thread.

    Args:
        context: The step's.
    """

    def __init__(self, context: AssetExecutionContext) -> None:
        self._context = context
        self._log = context.log  # asked for here: logging is not imported twice at once
        self.results: queue.SimpleQueue[Any] = queue.SimpleQueue()
        """What was reported, in order, for whoever waits for it."""
        self.custom_messages: list[Any] = []
        self.has_opened = False
        self.has_closed = False
        self.error: RemoteError | None = None
        """What has ended the process, as it says itself."""
        self._broken = 0

    def take_line(self, line: bytes, *, is_printed: bool = False) -> bool:
        """Take a line; whether it was a message.

        Args:
            line: Of the messages, or of what was printed.
            is_printed: Whether anything else may stand there too.
        """
        if not line.strip():
            return False
        try:
            message = parsed(line) if not is_printed or line.lstrip().startswith(b"{") else None
            if message is None and not is_printed:
                raise BadMessage(f"it is no message: {line.decode('utf-8', 'replace'):.200}")
            if message is not None:
                self._take(message)
        except (AssettuiError, ValueError, TypeError, KeyError) as error:
            self._tell_broken(error)
            return True
        return message is not None

    def handle_message(self, message: Mapping[str, Any]) -> None:
        """Take a message that a reader of the user's own has read."""
        try:
            found = understood(dict(message))
            if found is None:
                raise BadMessage(f"it is no message: {message!r:.200}")
            self._take(found)
        except (AssettuiError, ValueError, TypeError, KeyError) as error:
            self._tell_broken(error)

    def _take(self, message: Message) -> None:
        params = message.params
        match message.method:
            case "opened":
                self.has_opened = True
            case "closed":
                self.has_closed = True
                self.error = remote_error(params)
            case "log":
                self._log.log(level_of(params.get("level")), "%s", params.get("message"))
            case "report_asset_materialization":
                self.results.put(materialization(params))
            case "report_asset_check":
                self.results.put(check_result(params))
            case "report_custom_message":
                self.custom_messages.append(params.get("payload"))
            case "log_external_stream":
                stream = sys.stderr if params.get("stream") == "stderr" else sys.stdout
                stream.write(str(params.get("text") or ""))
            case _:
                raise BadMessage(f"{message.method!r} is no method of the protocol")

    def _tell_broken(self, error: Exception) -> None:
        self._broken += 1
        if self._broken <= MAX_BROKEN_TOLD:
            what = error.what if isinstance(error, AssettuiError) else str(error)
            self._log.warning("a message of the process cannot be understood, and is left out: %s", what)
        elif self._broken == MAX_BROKEN_TOLD + 1:
            self._log.warning("more of its messages cannot be understood")


class PipesSession:
    """What goes on between a step and a process. Made by `open_pipes_session`.

    Args:
        handler: Takes what is reported.
        context: The step's.
        context_params: Where the process finds its context.
        message_params: Where it reports.
    """

    def __init__(
        self,
        handler: PipesMessageHandler,
        context: AssetExecutionContext,
        context_params: Mapping[str, Any],
        message_params: Mapping[str, Any],
    ) -> None:
        self.message_handler = handler
        self.context = context
        self._params = {CONTEXT_VARIABLE: dict(context_params), MESSAGES_VARIABLE: dict(message_params)}
        self._results: list[PipesResult] = []
        self._given = 0

    def get_bootstrap_params(self) -> dict[str, Any]:
        """What the process needs to find its context and to report, by name."""
        return {name: dict(value) for name, value in self._params.items()}

    def get_bootstrap_env_vars(self) -> dict[str, str]:
        """The same as environment variables."""
        return {name: encoded(value) for name, value in self._params.items()}

    def get_bootstrap_cli_arguments(self) -> dict[str, str]:
        """The same as options of a command line."""
        return {
            "--dagster-pipes-context": encoded(self._params[CONTEXT_VARIABLE]),
            "--dagster-pipes-messages": encoded(self._params[MESSAGES_VARIABLE]),
        }

    def wait_for_result(self) -> PipesResult | None:
        """The next that is reported; None where the process has ended. Waits."""
        found = self.message_handler.results.get()
        if found is ENDED:
            return None
        self._results.append(found)
        return found

    def take_results(self) -> None:
        """Take what was reported and nobody has waited for."""
        while True:
            try:
                found = self.message_handler.results.get_nowait()
            except queue.Empty:
                return
            if found is not ENDED:
                self._results.append(found)

    def get_reported_results(self) -> Sequence[PipesResult]:
        """All that was reported so far."""
        self.take_results()
        return tuple(self._results)

    def get_results(self, *, implicit_materializations: bool = True) -> Sequence[PipesResult]:
        """What was reported and not given yet, to be yielded.

        Args:
            implicit_materializations: Whether an asset of the step that was not reported counts as made, as soon as the process
                has closed.
        """
        self.take_results()
        if implicit_materializations and self.message_handler.has_closed:
            self.imply()
        found = self._results[self._given :]
        self._given = len(self._results)
        return tuple(found)

    def get_custom_messages(self) -> Sequence[Any]:
        """What the process has reported that is for the function alone."""
        return tuple(self.message_handler.custom_messages)

    def imply(self) -> None:
        """Note the assets of the step that were not reported as made all the same."""
        self.take_results()
        keys = self.context.selected_asset_keys
        made = [each.asset_key for each in self._results if isinstance(each, MaterializeResult)]
        reported = {AssetKey.from_coercible(key) for key in made if key is not None}
        if None in made and len(keys) == 1:
            reported |= keys
        self._results += [MaterializeResult(key) for key in sorted(keys - reported)]


@contextmanager
def open_pipes_session(
    context: AssetExecutionContext,
    context_injector: PipesContextInjector | None = None,
    message_reader: PipesMessageReader | None = None,
    extras: Mapping[str, Any] | None = None,
) -> Generator[PipesSession]:
    """Have a process of your own be told its context, and what it reports be heard, as long as the manager is entered.

    Args:
        context: The step's.
        context_injector: How it is told; by default by a temporary file.
        message_reader: How it reports; by default by a temporary file.
        extras: Anything more that it is told; JSON.
    """
    handler = PipesMessageHandler(context)
    injector = context_injector or PipesTempFileContextInjector()
    reader = message_reader or PipesTempFileMessageReader()
    with (
        injector.inject_context(context_data(context, extras)) as context_params,
        reader.read_messages(handler) as message_params,
    ):
        session = PipesSession(handler, context, context_params, message_params)
        yield session
    if not handler.has_opened:
        context.log.info("the process has sent no message of Dagster Pipes: %s", reader.no_messages_debug_text())
