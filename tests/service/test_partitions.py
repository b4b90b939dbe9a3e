"""The partitions of an asset as they are listed, why one is stale, and the keys of dynamic partitions."""

from __future__ import annotations

import pytest

from assettui.core.partition_status import PartitionStatus
from assettui.core.partitions.space import BadPartitions
from assettui.model.errors import LaunchError, NotFound
from assettui.model.keys import AssetKey
from assettui.service import partitions
from assettui.service.session import Session

DAILY = AssetKey("marts/daily")


def test_the_partitions_of_an_asset_by_where_they_stand(of_partitions: Session) -> None:
    found = partitions.asset_partitions(of_partitions, DAILY)
    counts = {status.value: count for status, count in found.statuses.counts().items() if count}
    assert counts == {"running": 1, "failed": 2, "stale": 1, "materialized": 65, "never": 6}
    page = partitions.partition_page(of_partitions, found, limit=1, status=PartitionStatus.FAILED)
    (row,) = page.rows
    assert (row.partition, row.status, page.total) == ("2025-12-20", PartitionStatus.FAILED, 2)
    assert row.state is not None
    assert row.state.error == "ValueError: no rate for the 20th"
    assert partitions.partition_page(of_partitions, found, limit=3).total == 75


def test_what_has_none_and_what_is_not_there(of_partitions: Session) -> None:
    with pytest.raises(LaunchError, match="report has no partitions"):
        partitions.asset_partitions(of_partitions, AssetKey("report"))
    with pytest.raises(NotFound, match="did you mean 'marts/daily'"):
        partitions.asset_partitions(of_partitions, AssetKey("marts/dayly"))


def test_a_stale_partition_says_why(of_partitions: Session) -> None:
    assert partitions.stale_causes(of_partitions, DAILY, "2025-12-10") == ("raw/sales has new data in 2025-12-10",)
    monthly = AssetKey("marts/monthly")
    assert partitions.stale_causes(of_partitions, monthly, "2025-09-01") == ()
    assert partitions.stale_causes(of_partitions, DAILY, "2025-12-24") == ()
    assert partitions.stale_causes(of_partitions, DAILY, "1999-01-01") == ()


def test_keys_come_and_go(of_partitions: Session) -> None:
    assert partitions.add_keys(of_partitions, "customers", ["acme", "corp"]) == ["corp"]
    assert partitions.remove_keys(of_partitions, "customers", ["acme"]) == ["acme"]
    found = partitions.asset_partitions(of_partitions, AssetKey("raw/customers"))
    assert sorted(found.space.keys(found.space.all)) == ["bolt", "corp"]


def test_wrong_keys_and_wrong_names_are_refused(of_partitions: Session) -> None:
    with pytest.raises(NotFound, match="did you mean 'customers'"):
        partitions.add_keys(of_partitions, "custmers", ["x"])
    with pytest.raises(NotFound, match="did you mean 'acme'"):
        partitions.remove_keys(of_partitions, "customers", ["acmee"])
    with pytest.raises(BadPartitions):
        partitions.add_keys(of_partitions, "customers", ["a\x1b[31m"])
