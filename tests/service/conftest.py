from __future__ import annotations

from tests.worlds.fixtures import abandoned, automated, noon, of_partitions, shop

__all__ = ["abandoned", "automated", "noon", "of_partitions", "shop"]
