"""What a program prints, as a terminal shows it; a real terminal's emulation is asked what that is."""

from __future__ import annotations

import pyte
import pyte.modes
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assettui.model.printed import Span, colored, plain, spans_of
from assettui.model.text import UNSAFE

WIDTH = 400


def on_a_terminal(text: str) -> str:
    screen = pyte.Screen(WIDTH, 3)
    screen.reset_mode(pyte.modes.DECAWM)
    pyte.Stream(screen).feed(text)
    return screen.display[0].rstrip()


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("plain", "plain"),
        ("10%\r20%\r100%", "100%"),
        ("long before\rshort", "shortbefore"),
        ("long before\r\x1b[Kshort", "short"),
        ("windows\r", "windows"),
        ("spin \\\b|\b/\b-", "spin -"),
        ("a\tb", "a       b"),
        ("漢字\rab", "ab字"),
        ("\x1b[31mred\x1b[0m \x1b[38;5;208morange\x1b[m \x1b[1;3mloud", "red orange loud"),
        ("\x1b[?25lhidden cursor\x1b[?25h\x1b(B", "hidden cursor"),
        ("\x1b]8;;https://example.org\x1b\\a link\x1b]8;;\x1b\\ \x1b]0;a title\x07.", "a link ."),
        ("\x1b[2J\x1b[3;4Hcleared", "cleared"),
    ],
)
def test_a_line_is_shown_as_a_terminal_shows_it(printed: str, shown: str) -> None:
    assert plain(printed) == shown


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("\x9b31mred", "�31mred"),  # eight-bit CSI: no terminal that reads UTF-8 should, but some obey it
        ("cut off \x1b[31", "cut off ␛[31"),
        ("cut off \x1b]52;c;RVZJTA==", "cut off ␛]52;c;RVZJTA=="),
        ("\u202eright to left", "�right to left"),
        ("bell \x07 form \x0c", "bell ␇ form ␌"),
    ],
)
def test_what_is_no_whole_sequence_is_replaced(printed: str, shown: str) -> None:
    assert plain(printed) == shown


def test_colors_are_those_of_the_text_that_is_left() -> None:
    assert spans_of("\x1b[31mERROR\x1b[0m: \x1b[1mbad\x1b[22m.") == [
        Span("ERROR", "31"),
        Span(": ", ""),
        Span("bad", "1"),
        Span(".", ""),
    ]
    assert spans_of("\x1b[32m 50%\r\x1b[33m100%") == [Span("100%", "33")]
    assert spans_of("\x1b[38:2:1:2:3;48;5;7mx") == [Span("x", "38;2;1;2;3;48;5;7")]
    assert colored("\x1b[8mhidden \x1b[5mblinking") == "hidden blinking"  # text that is there is shown


PIECES = st.sampled_from(
    [
        "\r", "\b", "\x1b[K", "\x1b[1K", "\x1b[2K", "\x1b[3C", "\x1b[2D", "\x1b[5G", "\x1b[31m", "\x1b[0m", "\x1b[1;4;38;5;9m",
        "abc", "x", " ", "hello world", "\t",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=20).map("".join))
def test_moving_and_erasing_within_a_line_is_what_a_terminal_does(printed: str) -> None:
    assert plain(printed).rstrip() == on_a_terminal(printed)


@given(st.text(st.characters() | st.sampled_from("\x1b[]m;0123K\r\b\x9b\x07\\"), max_size=60))
def test_nothing_reaches_a_terminal_but_text_and_colors(printed: str) -> None:
    text = plain(printed)
    assert UNSAFE.search(text) is None
    assert "".join(span.text for span in spans_of(printed)) == text
    assert all(set(span.sgr) <= set("0123456789;") and len(span.sgr) < 60 for span in spans_of(printed))
    assert plain(colored(printed)) == text


def test_no_line_is_made_long_by_a_few_bytes() -> None:
    assert len(plain("\x1b[99999C.\x1b[99999C." * 100)) <= 20_100
