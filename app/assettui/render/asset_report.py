"""All that there is to say of how one asset stands, as lines. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.render.appearance import GREY, YELLOW
from assettui.render.checks import check_lines
from assettui.render.drift import drift_texts
from assettui.render.explain import explain_lines
from assettui.render.freshness import freshness_lines
from assettui.render.lines import BLANK, Line, line
from assettui.render.why import why_lines

if TYPE_CHECKING:
    from assettui.service.asset_report import AssetReport


def asset_report_lines(report: AssetReport, now_us: int, width: int) -> list[Line]:
    """Why it stands so, then its freshness, its checks and its automation condition, as far as it has them.

    Args:
        report: What is known.
        now_us: The time; microseconds since the epoch, UTC.
        width: What there is, in cells.
    """
    found = why_lines(report.why)
    if report.drifts:
        found += [BLANK, _title("looks wrong"), *(line(f"≠ {said}", YELLOW) for said in drift_texts(report.drifts))]
        found.append(line("e says that it is as it should be", GREY))
    if report.freshness is not None:
        found += [BLANK, _title("freshness"), *freshness_lines(report.freshness, now_us)]
    for check in report.checks:
        found += [BLANK, _title(f"check {check.row.key.name}"), *check_lines(check, now_us, width)]
    if report.automation is not None:
        found += [BLANK, _title("automation"), *explain_lines(report.automation, now_us)]
    return found


def _title(text: str) -> Line:
    return line(f"── {text}", "bold")
