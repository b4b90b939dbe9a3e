"""The syntax of selections and its algebra, which are two spellings of one thing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assettui import AssetSelection
from assettui.core.graph import AssetGraph
from assettui.core.selection.algebra import select
from assettui.core.selection.expression import SelectionContext
from assettui.core.selection.syntax import parse
from assettui.model.errors import SelectionError
from assettui.model.keys import AssetKey
from assettui.model.project import AssetSnapshot, StepSnapshot


def asset(key: str, *upstream: str, **said: object) -> AssetSnapshot:
    given = {"step": key, **said}
    return AssetSnapshot(AssetKey(key), upstream=tuple(AssetKey(above) for above in upstream), **given)  # pyright: ignore[reportArgumentType]


GRAPH = AssetGraph(
    [
        asset("raw/flights", group="raw", owners=("ada@example.com",), kinds=("csv",), tags={"tier": "gold"}),
        asset("raw/weather", group="raw", owners=("team:data",)),
        asset("marts/delays", "raw/flights", "raw/weather", group="marts", kinds=("polars",)),
        asset("report", "marts/delays", "airports", step="publish"),
        asset("summary", "marts/delays", step="publish"),
        asset("airports", step=None),
    ],
    [StepSnapshot("other", can_subset=True)],
)
STATUSES = {AssetKey("raw/flights"): "fresh", AssetKey("marts/delays"): "stale"}


def selected(expression: str | AssetSelection) -> str:
    return " ".join(str(key) for key in select(SelectionContext(GRAPH, STATUSES), [expression]))


@pytest.mark.parametrize(
    ("expression", "keys"),
    [
        ("*", "raw/flights raw/weather marts/delays report summary"),
        ("report", "report"),
        ("delays", "marts/delays"),
        ("raw/*", "raw/flights raw/weather"),
        ("key:raw/f*", "raw/flights"),
        ("group:marts", "marts/delays"),
        ("owner:ada@example.com", "raw/flights"),
        ("owner:team:data", "raw/weather"),
        ('owner:"data"', "raw/weather"),
        ("tag:tier=gold", "raw/flights"),
        ("tag:tier", "raw/flights"),
        ("kind:pol*", "marts/delays"),
        ("status:stale", "marts/delays"),
        ("status:external", "airports"),
        ("+marts/delays", "raw/flights raw/weather marts/delays"),
        ("marts/delays+", "marts/delays report summary"),
        ("1+report", "airports marts/delays report"),
        ("raw/flights+1", "raw/flights marts/delays"),
        ("1+marts/delays+1", "raw/flights raw/weather marts/delays report summary"),
        ("group:raw and kind:csv", "raw/flights"),
        ("group:raw kind:csv", "raw/flights"),
        ("group:marts or report", "marts/delays report"),
        ("group:raw and not flights", "raw/weather"),
        ("not (group:raw or group:marts)", "airports report summary"),
        ("roots(+report)", "raw/flights raw/weather airports"),
        ("sinks(*)", "report summary"),
        ("neighbors(report)", "report summary"),
        ("+(report or summary) and group:marts", "marts/delays"),
    ],
)
def test_an_expression_selects(expression: str, keys: str) -> None:
    assert set(selected(expression).split()) == set(keys.split())


def test_what_is_selected_comes_upstream_first() -> None:
    assert selected("report or raw/* or marts/*") == "raw/flights raw/weather marts/delays report"


@pytest.mark.parametrize(
    ("algebra", "written"),
    [
        (AssetSelection.all(), "*"),
        (AssetSelection.keys("raw/flights", ["marts", "delays"]), "key:raw/flights or key:marts/delays"),
        (AssetSelection.groups("raw") | AssetSelection.groups("marts"), None),
        (AssetSelection.groups("raw", "marts"), "(group:raw or group:marts) and not status:external"),
        (AssetSelection.kind("csv") & AssetSelection.owner("ada@example.com"), None),
        (AssetSelection.all() - AssetSelection.keys("report"), "* and not key:report"),
        (AssetSelection.tag("tier", "gold"), "tag:tier=gold and not status:external"),
        (AssetSelection.key_prefixes("raw"), "key:raw/* and not status:external"),
        (AssetSelection.keys("report").upstream(depth=1), "1+key:report"),
        (AssetSelection.keys("raw/flights").downstream(include_self=False), None),
        (AssetSelection.all().sinks(), "sinks(*)"),
        (AssetSelection.all().roots(), "roots(*)"),
        (AssetSelection.keys("report").required_multi_asset_neighbors(), "neighbors(key:report)"),
        (AssetSelection.keys("report").upstream_source_assets(), None),
        (~AssetSelection.groups("raw"), None),
    ],
)
def test_the_algebra_can_be_written_and_read_back(algebra: AssetSelection, written: str | None) -> None:
    assert written is None or str(algebra) == written
    assert selected(str(algebra)) == selected(algebra)


words = st.sampled_from(["raw/flights", "report", "raw/*", "group:raw", "kind:csv", "status:stale", "*", "summary"])
expressions = st.recursive(
    words,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from([" and ", " or ", " "]), inner).map(lambda each: f"({''.join(each)})"),
        inner.map(lambda each: f"not ({each})"),
        inner.map(lambda each: f"+({each})2"[:-1]),
        inner.map(lambda each: f"1+({each})+2"),
        inner.map(lambda each: f"roots({each})"),
        inner.map(lambda each: f"sinks({each})"),
    ),
    max_leaves=6,
)


@given(expressions)
def test_writing_an_expression_down_again_changes_nothing(expression: str) -> None:
    context = SelectionContext(GRAPH, STATUSES)
    once = parse(expression)
    assert parse(str(once)).resolve(context) == once.resolve(context)


@given(st.text(alphabet="ab:+()\"' *and or1not", max_size=20))
def test_any_text_is_read_or_refused_with_the_place(text: str) -> None:
    position = None
    try:
        parse(text)
    except SelectionError as error:
        position = error.position
    assert position is None or 0 <= position <= len(text)


@pytest.mark.parametrize(
    ("text", "what", "position"),
    [
        ("group:raw and (a or b", "this ( is never closed", 14),
        ("a)", "a ) without a (", 1),
        ("grp:raw", "nothing is called 'grp'", 0),
        ("a and", "a name, a pattern or a ( was expected here", 5),
        ("status:stal", "no status is called 'stal'", 7),
        ('key:"a b', 'this " is never closed', 4),
        ("leaves(a)", "no function is called 'leaves'", 0),
        ("group:", "group: needs a value", 0),
    ],
)
def test_a_wrong_expression_points_at_the_character(text: str, what: str, position: int) -> None:
    with pytest.raises(SelectionError) as told:
        parse(text)
    assert told.value.reason == what
    assert told.value.position == position
    assert str(told.value).splitlines()[2] == f"    {' ' * position}^"
    assert told.value.hint


@pytest.mark.parametrize(
    ("terms", "what", "hint"),
    [
        (["raw/flight"], "no asset is called 'raw/flight'", "did you mean 'raw/flights'?"),
        (["group:mart"], "no group is called 'mart'", "did you mean 'marts'?"),
        (["kind:cvs"], "no asset has the kind 'cvs'", "did you mean 'csv'?"),
        (["x*"], "no asset key matches 'x*'", "asset ls"),
        ([""], "an empty selection", "name an asset"),
        ([], "no assets were named", "a key"),
        (["zzz"], "no asset is called 'zzz'", "raw/weather"),
        (["group:raw and report"], "'group:raw and report' selects no asset", "asset ls"),
    ],
)
def test_a_selection_of_nothing_says_what_to_write(terms: list[str], what: str, hint: str) -> None:
    with pytest.raises(SelectionError) as told:
        select(SelectionContext(GRAPH, STATUSES), terms)
    assert what in told.value.what
    assert told.value.hint
    assert hint in told.value.hint


def test_a_status_is_not_known_where_there_is_no_store() -> None:
    with pytest.raises(SelectionError, match="cannot be told here"):
        parse("status:stale").resolve(SelectionContext(GRAPH))


def test_while_it_is_being_typed_a_word_matches_anywhere_and_nothing_need_match() -> None:
    typed = SelectionContext(GRAPH, STATUSES, is_partial=True)
    assert parse("FLI").resolve(typed) == {AssetKey("raw/flights")}
    assert parse("owner:ada").resolve(typed) == {AssetKey("raw/flights")}
    assert parse("status:sta", is_partial=True).resolve(typed) == {AssetKey("marts/delays")}
    assert parse("zzz").resolve(typed) == frozenset()
