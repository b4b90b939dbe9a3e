"""The state of the standard `logging` of this process: what each logger is set to, and what holds for all of them."""

from __future__ import annotations

import logging
import sys
from typing import Any

Loggers = dict[str, tuple[Any, ...]]
"""Level, propagation, whether it is disabled, handlers with their levels, and filters: of each logger that differs from
a new one. The root logger has the name ''."""
_NEW = (logging.NOTSET, True, False, (), ())


class LoggingState:
    """What the loggers are set to.

    A logger that a module has made while it was imported belongs to that module, which is imported once: it stays as it
    was made, though a step has imported it.
    """

    def __init__(self) -> None:
        self._known = frozenset(logging.root.manager.loggerDict)

    def read(self) -> Loggers:
        """What they are set to now."""
        found = {"": _state(logging.root)}
        for name, logger in logging.root.manager.loggerDict.items():
            if isinstance(logger, logging.Logger) and self._is_ours(name) and (state := _state(logger)) != _NEW:
                found[name] = state
        return found

    def put_back(self, kept: Loggers) -> None:
        """Set them to what they were."""
        for name in self.read().keys() | kept.keys():
            logger = logging.getLogger(name or None)
            level, logger.propagate, logger.disabled, handlers, filters = kept.get(name, _NEW)
            logger.setLevel(level)
            logger.handlers[:] = [handler for handler, _ in handlers]
            logger.filters[:] = filters
            for handler, its_level in handlers:
                handler.setLevel(its_level)

    def _is_ours(self, name: str) -> bool:
        return name in self._known or name.partition(".")[0] not in sys.modules


def _state(logger: logging.Logger) -> tuple[Any, ...]:
    return (
        logger.level,
        logger.propagate,
        logger.disabled,
        tuple((handler, handler.level) for handler in logger.handlers),
        tuple(logger.filters),
    )
