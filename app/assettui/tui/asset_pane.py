"""What is known of the asset under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text
from textual.widgets import Static

from assettui.model.text import clean, clean_lines, one_line
from assettui.model.timing import ago, duration, local
from assettui.service.table_text import markdown_lines, table_lines
from assettui.tui.appearance import ASSET_STYLES, EXTERNAL_STYLE, GREY, sparkline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.model.events import Materialization
    from assettui.service.catalog import AssetRow, Catalog

_MAX_CHARS = 4_000


class AssetPane(Static):
    """Description, lineage one step each way, metadata, and how many rows it had in the past."""

    _text = Text("")

    def show(self, row: AssetRow | None, catalog: Catalog, history: Sequence[Materialization], now_us: int) -> None:
        """Show an asset, with its past materializations, the newest first."""
        width = max(20, self.content_size.width)
        text = _about(row, catalog, history, now_us, width) if row is not None else Text("")
        if text != self._text:
            self._text = text
            self.update(text)


def _about(row: AssetRow, catalog: Catalog, history: Sequence[Materialization], now_us: int, width: int) -> Text:
    glyph, color = EXTERNAL_STYLE if row.asset.is_external else ASSET_STYLES[row.status]
    word = "external" if row.asset.is_external else row.status.value
    text = Text()
    text.append(f"{glyph} {clean(str(row.key))}", style=f"bold {color}")
    text.append(f"  {word}\n", style=color)
    for reason in row.reasons() if not row.asset.is_external else ():
        text.append(f"  {one_line(reason, 300)}\n", style=color)
    if row.asset.description:
        text.append(_lines(row.asset.description) + "\n")
    for arrow, keys in (("↑", catalog.graph.upstream[row.key]), ("↓", catalog.graph.downstream[row.key])):
        if keys:
            text.append(f"{arrow} ", style=GREY)
            text.append("  ".join(clean(str(key)) for key in keys) + "\n")
    if row.asset.partitions is not None and row.statuses is not None:
        statuses = row.statuses
        _fact(text, "partitions", row.asset.partitions.summary)
        text.append(f"  {len(statuses.materialized):,} of {len(statuses.all):,} materialized", style=color)
        for count, word in (
            (len(statuses.failed), "failed"),
            (len(statuses.stale), "stale"),
            (len(statuses.running), "running"),
        ):
            if count:
                text.append(f"   {count:,} {word}", style=color)
        text.append("   p shows them\n", style=GREY)
    last = row.state.last
    if last is not None:
        rows = [made.rows for made in reversed(history) if made.rows is not None]
        if rows:
            text.append("rows ", style=GREY)
            text.append(f"{rows[-1]:,} ")
            text.append(sparkline(rows) + "\n", style=color)
        _fact(text, "built", f"{local(last.time_us)} ({ago(last.time_us, now_us)}), took {duration(last.duration_us)}")
        _fact(text, "run", last.run_id[:8] or "none: a sensor has reported it")
    seen = row.state.observed
    if seen is not None:
        _fact(text, "observed", f"{local(seen.time_us)} ({ago(seen.time_us, now_us)}), run {seen.run_id[:8]}")
        _fact(text, "data version", row.state.data_version or "")
    for name, value in row.metadata.items():
        if value.type == "md" and "\n" in str(value.value).strip():
            text.append(f"{one_line(name, 24)}\n", style=GREY)
            shown = str(value.value).strip()[:_MAX_CHARS]
            text.append("".join(f"{line}\n" for line in markdown_lines(shown, width)))
            continue
        _fact(text, name, value.show())
        if value.type == "table":
            text.append("".join(f"{line}\n" for line in table_lines(value, width)))
    _fact(text, "group", row.asset.group)
    _fact(text, "kinds", ", ".join(row.asset.kinds))
    _fact(text, "owners", ", ".join(row.asset.owners))
    _fact(text, "tags", ", ".join(f"{name}={value}" for name, value in row.asset.tags.items()))
    _fact(text, "code", " ".join(filter(None, (row.asset.code_version, str(row.asset.at or "")))))
    text.right_crop(1)
    return text


def _fact(text: Text, name: str, value: str) -> None:
    if value:
        text.append(f"{one_line(name, 24)} ", style=GREY)
        text.append(one_line(value, 400) + "\n")


def _lines(text: str) -> str:
    """A text of several lines, cleaned line by line, and cut where it is longer than anybody reads here."""
    cut = text[:_MAX_CHARS] + ("…" if len(text) > _MAX_CHARS else "")
    return clean_lines(cut)
