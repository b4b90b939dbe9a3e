"""The pipe between a leader and a worker: frames of JSON, each behind its length in four bytes, big-endian.

To a worker:   {"do": "run", "request": StepRequest}
               {"do": "evaluate", "request": EvaluationRequest}
From a worker: {"is": "loaded", "pid": …, "snapshot": ProjectSnapshot | null}
               {"is": "broken", "error": StepError, "sources": [path, …]}
               {"is": "log", "run": …, "step": …, "time_us": …, "level": …, "logger": …, "message": …}
               {"is": "retriable", "run": …, "step": …, "retry_after_us": …}
               {"is": "made", "run": …, "step": …, "made": Materialization | Observation}
               {"is": "done", "run": …, "step": …, "outcome": StepOutcome, "rss_bytes": …}
               {"is": "evaluated", "name": …, "evaluation": Evaluation, "rss_bytes": …}
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator, Mapping

_HEADER = struct.Struct(">I")
_CHUNK_BYTES = 1 << 18
MAX_FRAME_BYTES = 1 << 30
"""A frame that says it is longer is not a frame: something else was written to the pipe."""


def encode(message: Mapping[str, Any]) -> bytes:
    """One frame. Lone surrogates travel escaped."""
    body = json.dumps(message, separators=(",", ":")).encode("ascii")
    return _HEADER.pack(len(body)) + body


class FrameReader:
    """Takes bytes as they come and gives whole messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[dict[str, Any]]:
        """The messages that are complete with these bytes.

        Raises:
            ValueError: What came is not a frame.
        """
        self._buffer += data
        start = 0
        while len(self._buffer) - start >= _HEADER.size:
            (length,) = _HEADER.unpack_from(self._buffer, start)
            if length > MAX_FRAME_BYTES:
                raise ValueError("not a frame")
            end = start + _HEADER.size + length
            if len(self._buffer) < end:
                break
            message: Any = json.loads(self._buffer[start + _HEADER.size : end])
            if not isinstance(message, dict):
                raise ValueError("not a message")
            start = end
            yield cast("dict[str, Any]", message)
        del self._buffer[:start]


def receive(connection: socket.socket, reader: FrameReader) -> Iterator[dict[str, Any]] | None:
    """Wait for bytes and give the messages that they complete; None once the other side is gone."""
    try:
        data = connection.recv(_CHUNK_BYTES)
    except ConnectionError:
        return None
    return reader.feed(data) if data else None
