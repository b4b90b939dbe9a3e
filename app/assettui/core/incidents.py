"""Incidents: which have begun, which are over, and who is to be told of them now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.quiet_hours import quiet_until
from assettui.model.incident import Incident, IncidentKind, Notification

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Sequence

    from assettui.core.graph import AssetGraph
    from assettui.model.incident import NotifyRule, Problem
    from assettui.model.keys import AssetKey


def is_of(problem: Problem, graph: AssetGraph) -> bool:
    """Whether a problem is of the project as it is now: what it no longer defines is nobody's concern."""
    asset = graph.assets.get(problem.asset)
    if asset is None:
        return False
    if problem.kind is IncidentKind.CHECK_FAILED:
        return any(str(check.key) == problem.subject for check in graph.checks_of.get(problem.asset, ()))
    return problem.kind is not IncidentKind.OVERDUE or asset.freshness_policy is not None


class IncidentChanges(Struct, frozen=True):
    """What is other than it was."""

    begun: tuple[Problem, ...]
    ended: tuple[Incident, ...]


def changes(known: Iterable[Incident], problems: Iterable[Problem]) -> IncidentChanges:
    """What has begun and what is over.

    Args:
        known: The incidents that are not over.
        problems: All that is not as it should be now.
    """
    open_ones = {(each.problem.kind, each.problem.subject): each for each in known}
    now = {(each.kind, each.subject): each for each in problems}
    return IncidentChanges(
        tuple(problem for name, problem in now.items() if name not in open_ones and not problem.is_tried_again),
        tuple(incident for name, incident in open_ones.items() if name not in now),
    )


class Due(Struct, frozen=True):
    """What is to be told."""

    notifications: tuple[Notification, ...] = ()
    next_us: int | None = None
    """When to look again though nothing happens: quiet hours are over then."""


def due(
    rules: Sequence[NotifyRule],
    incidents: Sequence[Incident],
    selected: dict[str, Container[AssetKey]],
    project: str,
    now_us: int,
) -> Due:
    """Who is to be told of what now: each rule tells all that it has to at once, and of each incident once.

    Of an incident that is over before its rule could tell it nothing is told; that it is over is told by the rules that have
    told it.

    Args:
        rules: The rules.
        incidents: Those that are not over, and those that are and of which it was not told yet.
        selected: Selection → its assets.
        project: What the project is called.
        now_us: The time; microseconds since the epoch, UTC.
    """
    found: list[Notification] = []
    waits: list[int] = []
    for rule in rules:
        begun = [
            each
            for each in incidents
            if each.ended_us is None
            and rule.name not in each.told
            and each.problem.kind.value in rule.on
            and each.problem.asset in selected[rule.selection]
        ]
        ended = [
            each
            for each in incidents
            if each.ended_us is not None and rule.name in each.told and "recovered" in rule.on
        ]
        if not begun and not ended:
            continue
        until_us = quiet_until(rule.quiet, rule.timezone, now_us) if rule.quiet is not None else None
        if until_us is not None:
            waits.append(until_us)
        else:
            found.append(Notification(rule, project, tuple(begun), tuple(ended)))
    return Due(tuple(found), min(waits, default=None))
