"""The logger behind `context.log`, which user code cannot silence by what it does to the logging of its process."""

from __future__ import annotations

import logging

LOGGER_NAME = "assettui.context"


class StepLog(logging.Logger):
    """A standard logger that `logging.disable` does not concern, and that cannot be disabled.

    `logging.config.dictConfig`, which disables whatever loggers there are, is an ordinary thing for user code and its
    libraries to call; what a function says to its step is kept all the same.
    """

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - the name is logging's
        """Whether a record of that level is kept, whatever `logging.disable` says."""
        return level >= self.getEffectiveLevel()

    @property
    def disabled(self) -> bool:
        """Never."""
        return False

    @disabled.setter
    def disabled(self, value: bool) -> None:  # pyright: ignore[reportIncompatibleVariableOverride] - set by dictConfig
        pass


def _made() -> logging.Logger:
    usual = logging.getLoggerClass()
    logging.setLoggerClass(StepLog)
    try:
        return logging.getLogger(LOGGER_NAME)
    finally:
        logging.setLoggerClass(usual)


_STEP_LOG = _made()


def step_log() -> logging.Logger:
    """The logger of whatever step or evaluation goes on in this process."""
    return _STEP_LOG
