"""The pipe between a leader and a worker: frames of JSON, each behind its length in four bytes, big-endian.

What a worker is told and what it says are tagged unions: `ToWorker` and `WorkerMessage`.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from assettui.model import codec

if TYPE_CHECKING:
    import socket
    from collections.abc import Iterator

_HEADER = struct.Struct(">I")
_CHUNK_BYTES = 1 << 18
MAX_FRAME_BYTES = 1 << 30
"""A frame that says it is longer is not a frame: something else was written to the pipe."""

M = TypeVar("M")


def frame(message: Any) -> bytes:
    """One message, as it is written to the pipe."""
    body = codec.encode(message)
    return _HEADER.pack(len(body)) + body


def kept_frame(message: Any) -> bytes:
    """The same of what a worker says, which is to be kept: see `encode_plain`.

    Raises:
        TypeError, ValueError, RecursionError: It has no form in JSON.
    """
    body = codec.encode_plain(message)
    return _HEADER.pack(len(body)) + body


class FrameReader(Generic[M]):
    """Takes bytes as they come and gives whole messages.

    Args:
        kind: What the messages are, a tagged union.
    """

    def __init__(self, kind: type[M]) -> None:
        self._kind = kind
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[M]:
        """The messages that are complete with these bytes.

        Raises:
            ValueError: What came is not a frame, or no such message.
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
            message = codec.decode(bytes(self._buffer[start + _HEADER.size : end]), self._kind)
            start = end
            yield message
        del self._buffer[:start]


def receive(connection: socket.socket, reader: FrameReader[M]) -> Iterator[M] | None:
    """Wait for bytes and give the messages that they complete; None once the other side is gone."""
    try:
        data = connection.recv(_CHUNK_BYTES)
    except ConnectionError:
        return None
    return reader.feed(data) if data else None
