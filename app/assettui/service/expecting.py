"""Saying that what looks wrong about data is as it should be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from assettui.model.errors import NotFound
from assettui.model.events import DriftExpected
from assettui.model.timing import clock_us
from assettui.service.catalog import require_asset
from assettui.store.recording import record

if TYPE_CHECKING:
    from assettui.model.drift import PartDrift
    from assettui.model.keys import AssetKey
    from assettui.service.session import Session


def expect(session: Session, key: AssetKey, partition: str | None = None) -> tuple[PartDrift, ...]:
    """Say that what looks wrong about an asset, or one partition of it, is as it should be; what that was.

    Raises:
        NotFound: There is no such asset, or nothing looks wrong.
        StoreError: The store cannot be written.
    """
    with session.writing() as connection:
        state = session.state(connection)
        require_asset(state, key)
        found = tuple(each for each in state.drifts.get(key, ()) if partition is None or each.partition == partition)
        if not found:
            name = str(key) if partition is None else f"{key} {partition}"
            raise NotFound(f"nothing looks wrong about {name}", hint="see `assettui health`")
        record(connection, [DriftExpected(clock_us(), asset_key=key, partition=partition)], state.partitioned)
    return found
