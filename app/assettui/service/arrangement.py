"""How the catalog is arranged: what its assets are put together by, which groups are folded, in which order, and with which columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.service.asset_tree import FOLDED_FROM, Grouping, GroupLine, Order, group_of, tree

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from assettui.project.screen_memory import CatalogMemory
    from assettui.service.asset_tree import CatalogLine
    from assettui.service.catalog import AssetRow


class Arrangement:
    """See above.

    Args:
        memory: How it was left the last time.
    """

    def __init__(self, memory: CatalogMemory) -> None:
        self.grouping = Grouping(memory.grouping) if memory.grouping in set(Grouping) else Grouping.GROUP
        self.order = Order(memory.order) if memory.order in set(Order) else Order.DEFINED
        self.is_reversed = memory.is_reversed
        self.hidden: Sequence[str] = memory.hidden
        """The columns that are not wanted."""
        self.folded: set[str] | None = set(memory.folded) if memory.folded is not None else None
        """The groups that are folded; None until somebody folds one."""

    def lines(
        self, matching: Sequence[AssetRow], all_rows: Sequence[AssetRow], *, is_filtered: bool
    ) -> list[CatalogLine]:
        """The lines of the catalog.

        Args:
            matching: The assets that are listed.
            all_rows: All that there are.
            is_filtered: Whether somebody has asked for some: what is found is to be seen, and no group is folded.
        """
        folded = () if is_filtered else self.folded_now(all_rows)
        return tree(matching, self.grouping, folded=folded, order=self.order, is_reversed=self.is_reversed)

    def folded_now(self, all_rows: Sequence[AssetRow]) -> Collection[str]:
        """The groups that are folded: of many assets all of them, until somebody says else."""
        if self.folded is not None:
            return self.folded
        return {group_of(row, self.grouping) for row in all_rows} if len(all_rows) >= FOLDED_FROM else ()

    def group_of(self, line: CatalogLine) -> str:
        """The group that a line is, or lies in."""
        return line.name if isinstance(line, GroupLine) else group_of(line, self.grouping)

    def next_grouping(self) -> None:
        """Put assets together by something else."""
        known = list(Grouping)
        self.grouping, self.folded = known[(known.index(self.grouping) + 1) % len(known)], None

    def fold(self, name: str, all_rows: Sequence[AssetRow], *, is_folded: bool) -> None:
        """Fold a group, or open it."""
        folded = set(self.folded_now(all_rows))
        self.folded = folded | {name} if is_folded else folded - {name}

    def fold_all(self, all_rows: Sequence[AssetRow]) -> None:
        """Fold all groups, or none where any is folded."""
        self.folded = set() if self.folded_now(all_rows) else {group_of(row, self.grouping) for row in all_rows}

    def next_order(self, by: int) -> None:
        """Order assets by the next column, or the one before."""
        known = list(Order)
        self.order = known[(known.index(self.order) + by) % len(known)]

    def order_text(self) -> str:
        """By which column, and which way; empty where that is as they are defined."""
        if self.order is Order.DEFINED and not self.is_reversed:
            return ""
        return f"by {self.order.value} {'▴' if self.is_reversed else '▾'}"
