from __future__ import annotations

from assettui import MetadataValue
from assettui.render.metadata import table_lines

ROWS = [
    {"airline": "Frontier", "flights": 682, "share": 0.5018, "late": True},
    {"airline": "US \x1b[31m", "flights": 19_831, "share": None, "late": False},
]


def test_a_table_has_aligned_columns_and_clean_cells() -> None:
    assert table_lines(MetadataValue.table(ROWS), 80) == [
        "airline   flights   share   late",
        "Frontier      682  0.5018   true",
        "US ␛[31m   19,831       –  false",
    ]


def test_columns_that_do_not_fit_are_left_out() -> None:
    assert table_lines(MetadataValue.table(ROWS), 20)[0] == "airline   flights"
    assert table_lines(MetadataValue.table(ROWS), 3)[0] == "airline"


def test_only_the_first_rows_are_shown() -> None:
    lines = table_lines(MetadataValue.table([{"n": number} for number in range(25)]), 80)
    assert len(lines) == 12
    assert lines[-1] == "… 15 more rows"
    assert table_lines(MetadataValue.table([]), 80) == []
