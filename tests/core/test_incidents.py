"""Incidents: told once by each rule that they concern, after its quiet hours; and that they are over, to whoever was told."""

from __future__ import annotations

from msgspec.structs import replace

from assettui import FreshnessPolicy
from assettui.core.graph import AssetGraph
from assettui.core.incidents import changes, due, is_of
from assettui.model.check import AssetCheckKey, CheckSnapshot
from assettui.model.incident import Incident, IncidentKind, NotifyRule, Problem
from assettui.model.keys import AssetKey
from assettui.model.project import AssetSnapshot

A, B = AssetKey("a"), AssetKey("b")
FAILED = Problem(IncidentKind.FAILED, "a", A, "boom", 1)
OVERDUE = Problem(IncidentKind.OVERDUE, "b", B, "old", 2)
ALL = NotifyRule("all", command="true")
NIGHT_US = 23 * 3_600_000_000


def told(*rules: NotifyRule, incidents: list[Incident], now_us: int = 0) -> dict[str, tuple[list[str], list[str]]]:
    """Rule → what it tells the beginning of, and the end."""
    found = due(rules, incidents, {"*": {A, B}, "a": {A}}, "shop", now_us)
    return {
        each.rule.name: ([i.problem.subject for i in each.begun], [i.problem.subject for i in each.ended])
        for each in found.notifications
    }


def test_what_begins_and_what_is_over() -> None:
    changed = changes([Incident(1, FAILED)], [OVERDUE])
    assert changed.begun == (OVERDUE,)
    assert [each.id for each in changed.ended] == [1]
    same = changes([Incident(1, FAILED)], [replace(FAILED, what="boom again", since_us=9)])
    assert (same.begun, same.ended) == ((), ())


def test_what_is_being_tried_again_is_not_told_and_what_was_told_is_not_over_by_that() -> None:
    trying = replace(FAILED, is_tried_again=True)
    assert changes([], [trying]).begun == ()
    assert changes([Incident(1, FAILED)], [trying]).ended == ()


def test_what_the_project_no_longer_defines_is_nobodys_concern() -> None:
    policy = FreshnessPolicy(maximum_lag_minutes=5)
    check = CheckSnapshot(AssetCheckKey(A, "good"), "a:good")
    graph = AssetGraph((AssetSnapshot(A), AssetSnapshot(B, freshness_policy=policy)), checks=(check,))
    failed = Problem(IncidentKind.CHECK_FAILED, "a:good", A, "no", 1)
    assert all(is_of(each, graph) for each in (FAILED, OVERDUE, failed))
    bare = AssetGraph((AssetSnapshot(B),))
    assert not any(is_of(each, bare) for each in (FAILED, OVERDUE, failed))


def test_each_rule_tells_what_it_is_for_and_all_of_it_at_once() -> None:
    incidents = [Incident(1, FAILED), Incident(2, OVERDUE)]
    only_a = NotifyRule("only_a", selection="a", command="true")
    overdue = NotifyRule("overdue", on=("overdue",), command="true")
    assert told(ALL, only_a, overdue, incidents=incidents) == {
        "all": (["a", "b"], []),
        "only_a": (["a"], []),
        "overdue": (["b"], []),
    }


def test_an_incident_is_told_once() -> None:
    assert told(ALL, incidents=[Incident(1, FAILED, told={"all": 5})]) == {}


def test_that_it_is_over_is_told_to_whoever_was_told_of_it() -> None:
    over = Incident(1, FAILED, ended_us=9, told={"all": 5, "silent": 5})
    silent = NotifyRule("silent", on=("failed",), command="true")
    never = NotifyRule("never", command="true")
    assert told(ALL, silent, never, incidents=[over]) == {"all": ([], ["a"])}


def test_in_quiet_hours_nothing_is_told_and_when_they_are_over_what_is_still_so() -> None:
    quiet = NotifyRule("all", quiet="22:00-07:00", command="true")
    found = due([quiet], [Incident(1, FAILED)], {"*": {A}}, "shop", NIGHT_US)
    assert found.notifications == ()
    assert found.next_us == 31 * 3_600_000_000
    assert told(quiet, incidents=[Incident(1, FAILED)], now_us=found.next_us or 0) == {"all": (["a"], [])}
    assert due([quiet], [], {"*": {A}}, "shop", NIGHT_US).next_us is None
