"""The past of an asset: how materializations and versions are listed, and the chart of their numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.model.events import Materialization
from assettui.model.history import DURATION, SIZE, PastEvent
from assettui.model.text import byte_count, one_line
from assettui.model.timing import duration, local
from assettui.render.appearance import GREEN, GREY
from assettui.render.chart import Chart, Series
from assettui.render.lines import Line, facts, metadata_facts
from assettui.render.profile import number
from assettui.render.table import Cell, Column, Row, Table, moment

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assettui.service.versions import Version

HOUR_US = 3_600 * 1_000_000
VERSION, PARTITION = "version", "partition"


def _past_row(past: PastEvent, now_us: int) -> Row:
    event = past.event
    made = event if isinstance(event, Materialization) else None
    size = made.value.size_bytes if made is not None and made.value is not None else 0
    said = ", ".join(f"{name} {value.show()}" for name, value in event.metadata.items())
    if made is not None and made.restores is not None:
        said = f"version {made.restores} again{f', {said}' if said else ''}"
    return Row(
        (
            Cell(str(past.number) if past.number is not None else ""),
            Cell(event.partition or "", printed=event.partition or ""),
            moment(event.time_us, now_us),
            Cell(event.run_id[:8] if event.run_id else "–", GREY),
            Cell(duration(made.duration_us if made is not None else None)),
            Cell(f"{past.rows:,}" if past.rows is not None else "–"),
            Cell(byte_count(size) if size else "–"),
            Cell((event.data_version or "–")[:10], GREY, event.data_version or "–"),
            Cell(one_line(said, 300)),
        ),
        "●" if past.is_current else "○" if past.is_kept else "",
    )


PAST: Table[PastEvent] = Table(
    (
        Column(VERSION, 9, indent=2, limit=9),
        Column(PARTITION, 12, limit=24),
        Column("when", 9, is_right=True),
        Column("run", 8, rank=3),
        Column("took", 7, is_right=True, rank=1),
        Column("rows", 11, is_right=True),
        Column("size", 9, is_right=True, rank=2),
        Column("data version", 12, rank=4, indent=1),
        Column("metadata", 20, rank=1, indent=1),
    ),
    _past_row,
    lambda past: past.event.id,
)


def past_lines(past: PastEvent) -> list[Line]:
    """All that one materialization or observation says."""
    event = past.event
    made = event if isinstance(event, Materialization) else None
    pairs = [
        ("version", str(past.number) if past.number is not None else ""),
        ("partition", event.partition or ""),
        ("when", local(event.time_us)),
        ("run", event.run_id),
        ("data version", event.data_version or ""),
    ]
    if made is not None:
        restored = f"version {made.restores}, without being computed" if made.restores is not None else ""
        size = made.value.size_bytes if made.value is not None else 0
        pairs += [
            ("restores", restored),
            ("code version", made.code_version or ""),
            ("took", duration(made.duration_us) if made.duration_us is not None else ""),
            ("rows", f"{past.rows:,}" if past.rows is not None else ""),
            ("size", byte_count(size) if size else ""),
            ("stored as", made.value.format if made.value is not None else ""),
            *(("of", f"{name} {version or 'of no version'}") for name, version in made.input_versions.items()),
        ]
    return facts([*pairs, *metadata_facts(event.metadata)])


def _version_row(version: Version, now_us: int) -> Row:
    made = version.made
    size = made.value.size_bytes if made.value is not None else 0
    is_again = version.restored_us is not None
    said = f"current since {local(version.restored_us)}" if version.restored_us is not None else "current"
    return Row(
        (
            Cell(str(version.number), GREEN if version.is_current else ""),
            moment(made.time_us, now_us),
            Cell(made.run_id[:8] if made.run_id else "–", GREY),
            Cell(duration(made.duration_us)),
            Cell(f"{made.rows:,}" if made.rows is not None else "–"),
            Cell(byte_count(size)),
            Cell(made.data_version[:10], GREY, made.data_version),
            Cell((said if is_again else "current") if version.is_current else "", GREEN),
        ),
        "●" if version.is_current else "○",
    )


VERSIONS: Table[Version] = Table(
    (
        Column(VERSION, 9, indent=2, limit=9),
        Column("made", 9, is_right=True),
        Column("run", 8, rank=3),
        Column("took", 7, is_right=True, rank=1),
        Column("rows", 11, is_right=True),
        Column("size", 9, is_right=True, rank=2),
        Column("data version", 12, rank=4, indent=1),
        Column("", 8, indent=1),
    ),
    _version_row,
    lambda version: version.number,
)


# The chart.


def history_chart(past: Sequence[PastEvent], names: Sequence[str], *, is_over_partitions: bool) -> Chart:
    """The numbers of some names over time, or over partitions.

    Args:
        past: The oldest first; over partitions in their order.
        names: What is plotted.
        is_over_partitions: Whether it is over partitions.
    """
    is_short = bool(past) and past[-1].event.time_us - past[0].event.time_us < HOUR_US

    def place(index: int) -> float:
        return float(index) if is_over_partitions else past[index].event.time_us / 1e6

    def x_text(x: float) -> str:
        if not is_over_partitions:
            return local(int(x * 1e6))[: 19 if is_short else 16]
        return past[min(len(past) - 1, max(0, round(x)))].event.partition or ""

    series: list[Series] = []
    for name in names:
        points = [
            (place(index), value) for index, each in enumerate(past) if (value := each.number_of(name)) is not None
        ]
        if points:
            series.append(Series(name, tuple(points), text_of(name)))
    return Chart(tuple(series), x_text)


def text_of(name: str) -> Callable[[float], str]:
    """How the numbers of that name are written."""
    if name == DURATION:
        return lambda seconds: duration(int(seconds * 1e6))
    if name == SIZE:
        return lambda size: byte_count(int(size))
    return number
