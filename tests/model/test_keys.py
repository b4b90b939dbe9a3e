from __future__ import annotations

import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assettui import AssetKey
from assettui.model.keys import closest, invalid_part

parts = st.lists(st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,8}", fullmatch=True), min_size=1, max_size=4)


@given(parts)
def test_a_key_reads_back_as_it_is_written(path: list[str]) -> None:
    key = AssetKey(path)
    assert AssetKey.from_user_string(key.to_user_string()) == key
    assert key.path == path
    assert hash(AssetKey(path)) == hash(key)
    assert pickle.loads(pickle.dumps(key)) == key
    assert invalid_part(key) is None


def test_a_key_is_made_from_a_string_or_a_list() -> None:
    assert AssetKey("a/b") == AssetKey(["a", "b"]) == AssetKey.from_coercible(("a", "b"))
    assert AssetKey("b").with_prefix("a") == AssetKey("a/b")
    assert AssetKey("b").with_prefix(["x", "a"]).to_user_string() == "x/a/b"


def test_a_key_cannot_be_changed() -> None:
    with pytest.raises(AttributeError):
        AssetKey("a").parts = ("b",)


@pytest.mark.parametrize("wrong", [5, None, [1], {}])
def test_what_is_no_key_is_refused(wrong: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        AssetKey.from_coercible(wrong)


@pytest.mark.parametrize("text", ["", "a//b", "a b", "../x", "-a", "a/\x1b", ".hidden", "é"])
def test_a_part_that_no_key_may_hold_is_found(text: str) -> None:
    assert invalid_part(AssetKey(text)) is not None


@pytest.mark.parametrize(
    ("word", "known", "near"),
    [
        ("sale", ["sales", "other"], "sales"),
        ("flights", ["raw/flights", "raw/weather"], "raw/flights"),
        ("zzz", ["sales"], None),
    ],
)
def test_the_closest_name_is_offered(word: str, known: list[str], near: str | None) -> None:
    assert closest(word, known) == near
