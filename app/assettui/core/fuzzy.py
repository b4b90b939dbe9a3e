"""Finding a name by some of its letters, in order, the likeliest first."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SEPARATORS = "/_-. :"
_STEP, _START, _FIRST = 4, 3, 2


def score(typed: str, name: str) -> int | None:
    """How well a name fits what was typed, larger being better; None where it does not have these letters in this order.

    A run of letters counts more than letters that are scattered, the beginning of a word more than its middle; of two that
    are equal, the shorter name is better. Case does not count, nor do blanks in what was typed.
    """
    wanted, name = "".join(typed.casefold().split()), name.casefold()
    if not wanted:
        return 0
    is_itself = "".join(name.split()) == wanted
    whole = 0 if is_itself else name.find(wanted)
    if whole >= 0:
        starts = not whole or name[whole - 1] in _SEPARATORS
        return (
            100 + len(wanted) * (_STEP + 1) + (_START * 5 if starts else 0) + (20 if is_itself else 0) - len(name) // 4
        )
    found, at, last = 0, 0, -2
    for letter in wanted:
        place = _next(name, letter, at)
        if place < 0:
            return None
        found += _STEP if place == last + 1 else 0
        found += _START if not place or name[place - 1] in _SEPARATORS else 0
        last, at = place, place + 1
    return found + _FIRST - len(name) // 4


def _next(name: str, letter: str, at: int) -> int:
    """Where a letter comes next: where a word begins with it, if what lies between may be left out; else the first place."""
    place = name.find(letter, at)
    if place <= at:
        return place
    for each in re.finditer(rf"(?<=[{re.escape(_SEPARATORS)}]){re.escape(letter)}", name[at:]):
        if each.start() + at - place < 24:
            return each.start() + at
        break
    return place


def best(typed: str, names: Iterable[str], most: int) -> list[int]:
    """The places of the names that fit best, the best first; of those that fit alike, the first."""
    wanted = "".join(typed.casefold().split())
    has_letters = re.compile(".*?".join(map(re.escape, wanted)), re.DOTALL).search
    found: list[tuple[int, int]] = []
    for index, name in enumerate(names):
        if has_letters(name.casefold()):
            fits = score(typed, name)
            found.append((-(fits if fits is not None else -50), index))
    return [index for _, index in sorted(found)[:most]]
