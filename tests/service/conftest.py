from __future__ import annotations

from tests.worlds.fixtures import abandoned, ailing, automated, noon, of_partitions, shop

__all__ = ["abandoned", "ailing", "automated", "noon", "of_partitions", "shop"]
