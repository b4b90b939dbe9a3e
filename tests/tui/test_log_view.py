"""Lines of a file that grows, without reading more of it than is shown."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from assettui.tui.log_view import MAX_LINE_BYTES, FileLines


def all_lines(lines: FileLines) -> list[str]:
    return [lines.line(index).text for index in range(len(lines))]


def test_a_file_that_is_not_there_yet_has_no_lines(tmp_path: Path) -> None:
    lines = FileLines(tmp_path / "out")
    assert not lines.read_on()
    assert len(lines) == 0
    (tmp_path / "out").write_text("now\n")
    assert lines.read_on()
    assert all_lines(lines) == ["now"]


def test_a_line_is_shown_before_it_is_ended(tmp_path: Path) -> None:
    path, lines = tmp_path / "out", FileLines(tmp_path / "out")
    path.write_text("one\ntw")
    lines.read_on()
    assert all_lines(lines) == ["one", "tw"]
    with path.open("a") as file:
        file.write("o\nthree\n")
    lines.read_on()
    assert all_lines(lines) == ["one", "two", "three"]
    assert not lines.read_on()


def test_a_line_of_ten_megabytes_costs_no_more_than_its_beginning(tmp_path: Path) -> None:
    path, lines = tmp_path / "out", FileLines(tmp_path / "out")
    path.write_bytes(b"x" * 10_000_000 + b"\nshort\n")
    lines.read_on()
    text = lines.line(0).text
    assert text.endswith("… 10,000,001 bytes")
    assert len(text) < MAX_LINE_BYTES + 100
    assert lines.line(1).text == "short"


def test_bytes_that_are_no_text_are_shown_as_such(tmp_path: Path) -> None:
    path, lines = tmp_path / "out", FileLines(tmp_path / "out")
    path.write_bytes(b"\xff\xfe\t|\r\n")
    lines.read_on()
    assert all_lines(lines) == ["��\t|"]


@settings(max_examples=60)
@given(st.lists(st.binary(max_size=40), max_size=6))
def test_however_the_file_grows_its_lines_are_those_of_the_whole(tmp_path_factory: object, pieces: list[bytes]) -> None:
    path = Path(str(tmp_path_factory.mktemp("log"))) / "out"  # pyright: ignore[reportAttributeAccessIssue]
    lines = FileLines(path)
    for piece in pieces:
        with path.open("ab") as file:
            file.write(piece)
        lines.read_on()
    whole = b"".join(pieces)
    wanted = whole.split(b"\n")
    assert len(lines) == len(wanted) - (not wanted[-1])
