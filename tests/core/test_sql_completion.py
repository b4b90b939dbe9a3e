"""What may come next in a statement: by where the cursor is, and by what the statement names so far."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assettui.core.sql_completion import MOST, completion
from assettui.core.sql_names import named, table_names, written
from assettui.model.keys import AssetKey

KEYS = [
    AssetKey(["raw", "flights"]),
    AssetKey(["marts", "routes"]),
    AssetKey(["marts", "2023-totals"]),
    AssetKey("routes"),
]
TABLES = table_names(KEYS)
COLUMNS = {"marts.routes": ("origin", "dest", "mean delay"), "raw.flights": ("origin", "carrier")}


def candidates(before: str, after: str = "") -> tuple[str, ...]:
    """What may stand at the end of the first text."""
    known = {name: COLUMNS.get(".".join(key.parts), ()) for name, key in named(before + after, TABLES).items()}
    return completion(before + after, len(before), TABLES, known).candidates


def first(before: str, after: str = "") -> str | None:
    found = candidates(before, after)
    return found[0] if found else None


def test_names_of_tables_are_keys_with_dots_and_last_parts_that_are_clear() -> None:
    assert set(TABLES) == {"flights", "raw.flights", "marts.routes", "marts.2023-totals", "2023-totals", "routes"}
    assert TABLES["routes"] == AssetKey("routes"), "a key is its own name, whatever else ends so"
    assert written("marts.2023-totals") == 'marts."2023-totals"'


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("sel", "select"),
        ("SEL", "SELECT"),
        ("select * fr", "from"),
        ("select * from ", "flights"),
        ("select * from mar", "marts.routes"),
        ("select * from marts.2", 'marts."2023-totals"'),
        ("select * from flights join ro", "routes"),
        ("select * from flights, ro", "routes"),
        ("select * from flights wh", "where"),
        ("select * from flights where ca", "carrier"),
        ("select * from flights f where f.ca", "f.carrier"),
        ("select * from raw.flights as f where f.", "f.origin"),
        ("select * from flights where flights.ca", "flights.carrier"),
        ("select * from marts.routes where me", '"mean delay"'),
        ("select carrier, co", "coalesce"),
        ("select * from flights order ", None),
        ("select * from flights where carrier = 'ca", None),
        ("select * from flights -- ca", None),
        ("select * from flights /* ca", None),
        ("select 'it''s' fr", "from"),
        ("select 1 /* all */ fr", "from"),
        ("", None),
    ],
)
def test_what_comes_first(before: str, expected: str | None) -> None:
    assert first(before) == expected


def test_columns_are_those_of_the_tables_that_are_named_behind_the_cursor() -> None:
    assert candidates("select ", " from flights") == ("origin", "carrier")
    assert first("select ca", " from flights") == "carrier"


def test_what_is_whole_is_not_offered() -> None:
    assert "origin" not in candidates("select * from flights where origin")


@given(st.text("selctfrom wh.,'\"-/*()\n=x", max_size=60), st.integers(0, 60))
def test_whatever_is_typed_the_word_lies_before_the_cursor(sql: str, at: int) -> None:
    at = min(at, len(sql))
    found = completion(sql, at, TABLES, COLUMNS)
    assert 0 <= found.start <= at
    assert len(found.candidates) <= MOST
    assert len(set(found.candidates)) == len(found.candidates)
    assert sql[found.start : at] not in found.candidates
