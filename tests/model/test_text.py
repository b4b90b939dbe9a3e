from __future__ import annotations

import json
import unicodedata

import pytest
import regex
from hypothesis import given
from hypothesis import strategies as st

from assettui.model.text import UNSAFE, clean, escaped, one_line


@given(st.text())
def test_a_cleaned_text_holds_no_control_character_and_is_as_long_as_before(text: str) -> None:
    cleaned = clean(text)
    assert len(cleaned) == len(text)
    assert not UNSAFE.search(cleaned)
    assert not any(unicodedata.category(char) in ("Cc", "Cs", "Zl", "Zp") for char in cleaned)
    assert not any(
        unicodedata.bidirectional(char) in ("RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI") for char in cleaned
    )


@pytest.mark.parametrize("text", ["[red]", "é漢字", "👩‍🚀", "─●◐", "plain"])
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize("text", ["\x1b[2J", "\x9b2J", "\x1b]52;c;AAAA\x07", "\u202egnp", "\u2066x", "\x00", "\ud800"])
def test_what_could_reach_the_terminal_is_replaced(text: str) -> None:
    assert UNSAFE.search(text)
    assert not UNSAFE.search(clean(text))


def test_what_is_not_seen_is_what_unicode_says() -> None:
    ignorable = regex.compile(r"\p{Default_Ignorable_Code_Point}")
    kept = {"\u200d"}  # emoji and several scripts need the joiner
    for code in range(0x110000):
        char = chr(code)
        if ignorable.match(char) and char not in kept:
            assert clean(f"a{char}") == "a\ufffd", hex(code)
        elif not UNSAFE.search(char):
            assert clean(char) == char


@pytest.mark.parametrize("text", ["❤️", "1️⃣", "©️", "☎︎"])
def test_a_selector_behind_an_emoji_stays(text: str) -> None:
    assert clean(text) == text
    assert clean(f"x{text[1]}") == "x\ufffd"


@given(st.text())
def test_json_is_escaped_where_a_terminal_would_heed_it_and_says_the_same(text: str) -> None:
    written = escaped(json.dumps({"a": [text]}, ensure_ascii=False, indent=2))
    assert not UNSAFE.search(written.replace("\n", ""))
    assert json.loads(written) == {"a": [text]}
    assert "é漢" in escaped('"é漢"')


@given(st.text(), st.integers(1, 40))
def test_one_line_is_one_line_and_no_longer_than_asked(text: str, width: int) -> None:
    line = one_line(text, width)
    assert "\n" not in line
    assert len(line) <= width * 2  # a tab becomes two spaces
