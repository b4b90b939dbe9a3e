"""Pictures in terminals: which of them takes which form, and what is written for it."""

from __future__ import annotations

import base64
import re

import pytest

from assettui.model.preview import Picture
from assettui.render.picture import halves, picture_form, placed, removed, told


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"TERM": "xterm-256color"}, "blocks"),
        ({}, "blocks"),
        ({"TERM": "xterm-kitty"}, "kitty"),
        ({"TERM": "xterm-256color", "KITTY_WINDOW_ID": "1"}, "kitty"),
        ({"TERM": "xterm-256color", "TERM_PROGRAM": "iTerm.app"}, "iterm2"),
        ({"TERM": "xterm-256color", "LC_TERMINAL": "iTerm2"}, "iterm2"),
        ({"TERM": "foot"}, "sixel"),
        ({"TERM": "tmux-256color", "KITTY_WINDOW_ID": "1"}, "blocks"),
        ({"TERM": "xterm-kitty", "ASSETTUI_IMAGES": "blocks"}, "blocks"),
        ({"TERM": "xterm", "ASSETTUI_IMAGES": "sixel"}, "sixel"),
        ({"TERM": "xterm", "ASSETTUI_IMAGES": "beautiful"}, "blocks"),
    ],
)
def test_what_a_terminal_takes(environment: dict[str, str], expected: str) -> None:
    assert picture_form(environment) == expected


def test_kitty_is_sent_parts_that_make_the_whole() -> None:
    data = bytes(range(256)) * 40
    text = placed(Picture("PNG", 10, 10, 4, 2, data), "kitty", 7)
    parts = re.findall(r"\x1b_G([^;]*);([^\x1b]*)\x1b\\", text)
    assert base64.b64decode("".join(part for _, part in parts)) == data
    assert parts[0][0] == "a=T,f=100,i=7,p=1,c=4,r=2,C=1,q=2,m=1"
    assert [head for head, _ in parts[1:]] == ["m=1"] * (len(parts) - 2) + ["m=0"]
    assert "i=7" in removed("kitty", 7)
    assert removed("iterm2", 7) == ""


def test_iterm2_is_told_how_much_room_there_is() -> None:
    text = placed(Picture("PNG", 10, 10, 4, 2, b"data"), "iterm2", 7)
    assert text == "\x1b]1337;File=inline=1;size=4;width=4;height=2;preserveAspectRatio=1:ZGF0YQ==\x07"


def test_half_cells() -> None:
    picture = Picture("PNG", 640, 1_480, 2, 1, bytes([255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9]))
    assert list(halves(picture, 0)) == [("#ff0000", "#0000ff"), ("#00ff00", "#090909")]
    assert told(picture) == "PNG, 640 × 1,480"
