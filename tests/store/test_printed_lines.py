"""The lines of a file, from either end."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assettui.store import printed_lines
from assettui.store.printed_lines import lines_before, lines_from

PIECES = st.sampled_from([b"a", b"b\n", b"\n", b"ccccc", b"d" * 30, b"e" * 90])


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(printed_lines, "_CHUNK_BYTES", 7)
    monkeypatch.setattr(printed_lines, "MAX_LINE_BYTES", 40)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PIECES, max_size=14).map(b"".join))
def test_both_ways_give_the_same_lines(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "out"
    path.write_bytes(data)
    forwards = list(lines_from(path, 0))
    wanted = data.splitlines(keepends=True)
    assert [line[:40].rstrip(b"\n") for _, _, line in forwards] == [line[:40].rstrip(b"\n") for line in wanted]
    assert b"".join(data[begin:end] for begin, end, _ in forwards) == data
    backwards = list(lines_before(path, len(data)))[::-1]
    assert [(begin, line[:40]) for begin, line in backwards] == [(begin, line[:40]) for begin, _, line in forwards]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(PIECES, max_size=14).map(b"".join), st.integers(0, 60))
def test_from_within_a_line_the_next_one_is_the_first(tmp_path: Path, data: bytes, place: int) -> None:
    path = tmp_path / "out"
    path.write_bytes(data)
    all_lines = list(lines_from(path, 0))
    assert list(lines_from(path, place)) == [each for each in all_lines if each[0] >= place]


def test_a_file_that_is_not_there_has_none(tmp_path: Path) -> None:
    assert list(lines_from(tmp_path / "out", 0)) == []
    assert list(lines_before(tmp_path / "out", 0)) == []
