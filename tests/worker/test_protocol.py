"""Frames on the pipe between a leader and a worker."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assettui.worker.protocol import MAX_FRAME_BYTES, FrameReader, frame

json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
messages = st.dictionaries(st.text(), json_values)


@given(st.lists(messages, max_size=6), st.data())
def test_messages_arrive_whole_and_in_order_however_the_bytes_are_cut(
    sent: list[dict[str, Any]], data: st.DataObject
) -> None:
    stream = b"".join(map(frame, sent))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    reader, received = FrameReader(dict), list[dict[str, Any]]()
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        received.extend(reader.feed(stream[start:end]))
    assert received == sent


def test_what_no_encoding_can_carry_travels_all_the_same() -> None:
    assert list(FrameReader(dict).feed(frame({"a": "\ud800\x00"}))) == [{"a": "\ud800\x00"}]


@pytest.mark.parametrize(
    "noise", [b"hello, world", b"\xff\xff\xff\xff", (MAX_FRAME_BYTES + 1).to_bytes(4, "big"), b"\0\0\0\x02[]"]
)
def test_noise_is_no_message(noise: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any kind of it
        list(FrameReader(dict).feed(noise))
