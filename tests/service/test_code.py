"""The code of an asset, found in its file."""

from __future__ import annotations

import textwrap

import pytest

from assettui.model.errors import NotFound
from assettui.model.keys import AssetKey
from assettui.model.metadata import MetadataValue
from assettui.service.code import asset_code, compiled_sql, function_at
from tests.conftest import ProjectFolder

FILE = textwrap.dedent(
    """
    import assettui

    @asset(
        group="x",
    )
    def one():
        return 1

    def make(name):
        @asset(name=name)
        def inner():
            return name
        return inner

    two = asset(lambda: 2)
    """
).lstrip()


@pytest.mark.parametrize(
    ("line", "first", "last"),
    [
        (3, "@asset(", "    return 1"),
        (6, "def one():", "    return 1"),
        (10, "    @asset(name=name)", "        return name"),
        (15, "two = asset(lambda: 2)", "two = asset(lambda: 2)"),
    ],
)
def test_a_function_is_found_by_a_line_of_it(line: int, first: str, last: str) -> None:
    lines = function_at(FILE, line).split("\n")
    assert (lines[0], lines[-1]) == (first, last)


def test_of_a_file_that_cannot_be_parsed_what_stands_there_is_shown() -> None:
    assert function_at("def one(:\n    return 1\n\nx = 2", 1) == "def one(:\n    return 1"
    assert function_at("x = 1\n", 40) == ""


def test_the_sql_that_ran_is_told_from_its_fence() -> None:
    assert compiled_sql({"compiled_sql": MetadataValue.md("```sql\nselect 1\n```")}) == "select 1"
    assert compiled_sql({}) is None


def test_the_code_of_an_asset_is_shown_with_where_it_stands(folder: ProjectFolder) -> None:
    folder.write(
        """
        from assettui import AssetSpec, asset

        other = AssetSpec("other")

        @asset(deps=["elsewhere", other])
        def one():
            return 1
        """
    )
    assert folder.run("materialize", "one").returncode == 0
    session = folder.session
    code = asset_code(session, AssetKey("one"))
    assert code.text.startswith("@asset(deps=")
    assert code.text.endswith("return 1")
    said = folder.json("asset", "code", "one")
    assert (said["path"], said["language"], said["compiled_sql"]) == (str(folder.path / "pipeline.py"), "py", None)
    with pytest.raises(NotFound, match="nothing defines elsewhere"):
        asset_code(session, AssetKey("elsewhere"))
    assert asset_code(session, AssetKey("other")).text == 'other = AssetSpec("other")'
    (folder.path / "pipeline.py").unlink()
    with pytest.raises(NotFound, match="cannot be read"):
        asset_code(session, AssetKey("one"))
