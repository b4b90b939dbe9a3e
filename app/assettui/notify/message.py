"""A notification as it is read: a title, lines, and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.model.incident import IncidentKind
from assettui.model.text import clean, one_line, plural
from assettui.model.timing import iso, iso_or_none, local

if TYPE_CHECKING:
    from assettui.model.incident import Incident, Notification

LINES = 50
"""So many incidents are told one by one."""


def title(notification: Notification) -> str:
    """In one line: `shop: orders failed`, `shop: 3 failed, 1 overdue, 2 recovered`."""
    begun, ended = notification.begun, notification.ended
    if len(begun) + len(ended) == 1:
        only = (*begun, *ended)[0]
        what = "recovered" if ended else only.problem.kind.value
        is_check = only.problem.kind is IncidentKind.CHECK_FAILED
        said = (
            f"check {only.problem.subject} {'recovered' if ended else 'failed'}"
            if is_check
            else f"{only.problem.subject} {what}"
        )
        return clean(f"{notification.project}: {said}")
    counts = [(kind, sum(each.problem.kind is kind for each in begun)) for kind in IncidentKind]
    told = [
        f"{plural(count, 'check')} failed" if kind is IncidentKind.CHECK_FAILED else f"{count} {kind.value}"
        for kind, count in counts
        if count
    ]
    told += [f"{len(ended)} recovered"] if ended else []
    return clean(f"{notification.project}: {', '.join(told)}")


def text(notification: Notification) -> str:
    """A line for each incident."""
    told = [_line(each) for each in (*notification.begun, *notification.ended)]
    more = [f"and {plural(len(told) - LINES, 'more')}"] if len(told) > LINES else []
    return "\n".join([*told[:LINES], *more])


def _line(incident: Incident) -> str:
    problem = incident.problem
    if incident.ended_us is not None:
        return f"recovered     {problem.subject}: {problem.kind.value} since {local(problem.since_us)}"
    run = f" (run {problem.run_id[:8]})" if problem.run_id else ""
    return f"{problem.kind.value:<12}  {problem.subject}: {one_line(problem.what, 300)}, since {local(problem.since_us)}{run}"


def as_json(notification: Notification) -> dict[str, Any]:
    """All of it, for programs; `text` is what chat services show."""
    return {
        "project": notification.project,
        "rule": notification.rule.name,
        "title": title(notification),
        "text": f"{title(notification)}\n{text(notification)}",
        "incidents": [
            {
                "id": each.id,
                "kind": each.problem.kind.value,
                "subject": each.problem.subject,
                "asset": str(each.problem.asset),
                "what": each.problem.what,
                "since": iso(each.problem.since_us),
                "run_id": each.problem.run_id,
                "recovered": iso_or_none(each.ended_us),
            }
            for each in (*notification.begun, *notification.ended)
        ],
    }
