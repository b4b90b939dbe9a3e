"""Markdown as lines."""

from __future__ import annotations

import textwrap

from hypothesis import given
from hypothesis import strategies as st

from assettui.render.markdown import markdown_lines


def drawn(text: str, width: int = 40) -> str:
    return "\n".join("".join(cell.text for cell in line) for line in markdown_lines(textwrap.dedent(text), width))


def looks(text: str) -> list[tuple[str, str]]:
    """The parts that have a look of their own."""
    return [(cell.text, cell.color) for line in markdown_lines(text, 80) for cell in line if cell.color]


def test_paragraphs_are_wrapped_and_lists_keep_their_indent() -> None:
    text = """
        # Flights

        Every flight that left **New York** in 2013,
        from `raw/flights`.

        - one: the first of the columns, which
          goes on
        - two
          1. nested
          2. again

        > as it was said by those who know it better

        ---
        done\\
        hard
    """
    assert drawn(text) == textwrap.dedent("""\
        Flights

        Every flight that left New York in 2013,
        from raw/flights.

        • one: the first of the columns, which
          goes on
        • two
          1. nested
          2. again

        │ as it was said by those who know it
        │ better

        ────────────────────────────────────────

        done
        hard""")


def test_what_is_marked_has_a_look() -> None:
    assert [text for text, _ in looks("# Top\n\n**b** *i* ~~s~~ `c` [a link](https://x.example) <https://y.example>")] == [
        "Top", "b", "i", "s", "c", "a link", "(https://x.example)", "https://y.example",
    ]  # fmt: skip
    assert looks("**b**old *it*alic") == [("b", "bold"), ("it", "italic")]
    assert looks("***both***") == [("both", "italic bold")]
    assert looks("snake_case_name and 3 * 4 * 5, [not a link], <b>HTML</b>") == []


def test_the_sections_of_a_docstring_stay_as_they_are_written() -> None:
    text = """
        Sum of it.

        Args:
            context: The context of the run, which
                is long.
            other: The other.

        Returns:
            The sum.
    """
    assert drawn(text, 60) == textwrap.dedent(text).strip()


def test_tables_have_columns_and_code_its_lines() -> None:
    text = """
        | user | spent |
        | --- | ---: |
        | a b | 1.5 |
        | b | 20 |

        | only | titles |
        | --- | --- |

        ```sql
        select *
          from x
        ```
    """
    assert drawn(text) == "user  spent\na b     1.5\nb        20\n\nonly  titles\n\n  select *\n    from x"


@given(st.text(st.sampled_from("ab *_#()-+>\\\n1.!\x1b"), max_size=80), st.integers(1, 30))
def test_no_letter_is_lost(text: str, width: int) -> None:
    shown = drawn(text, width)
    assert [char for char in shown if char in "ab"] == [char for char in text if char in "ab"]


@given(st.text(st.sampled_from("ab *_`#[]()|-+>~<\\\n1.&!"), max_size=120))
def test_whatever_is_written_is_drawn(text: str) -> None:
    drawn(text, 20)


@given(st.lists(st.text("ab*", min_size=1, max_size=8), max_size=30).map(" ".join), st.integers(10, 40))
def test_no_line_is_longer_than_there_is_room(text: str, width: int) -> None:
    assert all(len(line) <= width for line in drawn(f"- x {text}", width).split("\n"))
