"""Where a terminal shows nothing but ASCII, each character has a stand-in of its own width."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from assettui.render.appearance import ASSET_STYLES, EXTERNAL_STYLE, RUN_STYLES
from assettui.render.ascii import to_ascii
from assettui.service.locale import is_ascii_wanted


@given(st.text())
def test_the_stand_in_is_ascii_and_as_wide(text: str) -> None:
    found = to_ascii(text)
    assert found.isascii()
    assert len(found) - sum(each < " " or each == "\x7f" for each in found) == sum(map(cell_len, text))


def test_letters_lose_their_accents_and_boxes_their_lines() -> None:
    assert to_ascii("Lima, Perú │ ├─ 3 × ●") == "Lima, Peru | +- 3 x *"


@pytest.mark.parametrize("styles", [[*ASSET_STYLES.values(), EXTERNAL_STYLE], [*RUN_STYLES.values()]])
def test_statuses_are_told_apart(styles: list[tuple[str, str]]) -> None:
    glyphs = {glyph for glyph, _ in styles}
    assert len({to_ascii(each) for each in glyphs}) == len(glyphs)


@pytest.mark.parametrize(
    ("environment", "wanted"),
    [
        ({"LANG": "en_US.UTF-8"}, False),
        ({"LANG": "en_US.utf8", "TERM": "xterm-256color"}, False),
        ({"LC_CTYPE": "UTF-8", "LANG": "C"}, False),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, True),
        ({}, True),
        ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({"LANG": "en_US.UTF-8", "TERM": "linux"}, True),
        ({"LANG": "en_US.UTF-8", "TERM": "linux", "ASSETTUI_ASCII": "0"}, False),
        ({"LANG": "en_US.UTF-8", "ASSETTUI_ASCII": "1"}, True),
    ],
)
def test_the_environment_says_whether_it_is_wanted(environment: dict[str, str], wanted: bool) -> None:
    assert is_ascii_wanted(environment) is wanted
