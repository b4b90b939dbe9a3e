from __future__ import annotations

import pytest

from assettui.core.errors import SelectionError
from assettui.core.graph import AssetGraph
from assettui.core.keys import AssetKey
from assettui.core.selection import select
from assettui.core.snapshot import AssetSnapshot


def asset(key: str, *upstream: str, group: str = "default") -> AssetSnapshot:
    return AssetSnapshot(AssetKey(key), group, step=key, upstream=tuple(AssetKey(above) for above in upstream))


GRAPH = AssetGraph(
    [
        asset("raw/flights", group="raw"),
        asset("raw/weather", group="raw"),
        asset("marts/delays", "raw/flights", "raw/weather", group="marts"),
        asset("report", "marts/delays"),
    ]
)


@pytest.mark.parametrize(
    ("terms", "selected"),
    [
        (["*"], "raw/flights raw/weather marts/delays report"),
        (["report"], "report"),
        (["raw/*"], "raw/flights raw/weather"),
        (["group:marts"], "marts/delays"),
        (["+marts/delays"], "raw/flights raw/weather marts/delays"),
        (["marts/delays+"], "marts/delays report"),
        (["+marts/delays+"], "raw/flights raw/weather marts/delays report"),
        (["report", "raw/weather"], "raw/weather report"),
        (["+group:marts"], "raw/flights raw/weather marts/delays"),
        (["raw/f*+"], "raw/flights marts/delays report"),
    ],
)
def test_a_selection_gives_assets_upstream_first(terms: list[str], selected: str) -> None:
    assert [str(key) for key in select(GRAPH, terms)] == selected.split()


@pytest.mark.parametrize(
    ("terms", "what", "hint"),
    [
        (["raw/flight"], "no asset is called 'raw/flight'", "did you mean 'raw/flights'?"),
        (["flights"], "no asset is called 'flights'", "did you mean 'raw/flights'?"),
        (["group:mart"], "no group is called 'mart'", "did you mean 'marts'?"),
        (["x*"], "no asset key matches 'x*'", "asset ls"),
        (["+"], "an empty selection", "a key"),
        ([], "no assets were named", "a key"),
        (["zzz"], "no asset is called 'zzz'", "raw/weather"),
    ],
)
def test_a_wrong_selection_says_what_to_write(terms: list[str], what: str, hint: str) -> None:
    with pytest.raises(SelectionError) as told:
        select(GRAPH, terms)
    assert what in told.value.what
    assert told.value.hint
    assert hint in told.value.hint
