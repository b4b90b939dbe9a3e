"""Finding names by some of their letters."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from assettui.core.fuzzy import best, score

NAMES = [
    "marts/delays_by_airline",
    "marts/delays_by_hour",
    "raw/airlines",
    "raw/airports",
    "models/delay_by_hour",
    "Runs",
]


def found(typed: str) -> list[str]:
    return [NAMES[index] for index in best(typed, NAMES, 10)]


def test_a_word_is_found_where_it_stands() -> None:
    assert found("airline") == ["raw/airlines", "marts/delays_by_airline"]


def test_beginnings_of_words_are_enough() -> None:
    assert found("dbh")[0] in ("marts/delays_by_hour", "models/delay_by_hour")
    assert found("mdbh")[:2] == ["marts/delays_by_hour", "models/delay_by_hour"], "of two that fit alike, the first"


def test_case_and_blanks_do_not_count() -> None:
    assert found("RUNS") == ["Runs"]
    assert found("raw airp")[0] == "raw/airports"


def test_what_is_missing_is_not_found() -> None:
    assert found("zebra") == []


@given(st.text(min_size=1, max_size=8), st.text(max_size=30))
def test_a_name_fits_exactly_where_it_has_the_letters_in_order(typed: str, name: str) -> None:
    letters = iter(name.casefold())
    has_all = all(letter in letters for letter in "".join(typed.casefold().split()))
    assert bool(best(typed, [name], 1)) == has_all


@given(st.text(min_size=1, max_size=20).filter(str.strip))
@example("0\x1f/")
def test_nothing_fits_a_name_better_than_the_name_itself(name: str) -> None:
    itself, longer = score(name, name), score(name, f"{name}/more")
    assert itself is not None
    assert longer is None or itself >= longer
