"""What the data of an asset holds, in numbers: as it was found when it was made, or where nobody has looked yet, where to look."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.core.stored_values import stored_value
from assettui.service.catalog import require_asset
from assettui.service.previews import last_events
from assettui.store import profiles

if TYPE_CHECKING:
    from assettui.model.events import DataProfiled, Materialization
    from assettui.model.keys import AssetKey
    from assettui.model.preview import StoredValue
    from assettui.service.session import Session

LOOKED_AT = 50
"""So many of the last profiles are looked through for that of the present data."""


class KnownProfile(Struct, frozen=True):
    """What is known of the data that an asset, or a partition of it, has now."""

    last: Materialization | None
    """What has made it."""
    found: DataProfiled | None
    """What it was found to hold; None where it was not looked at."""
    value: StoredValue | None
    """Where it is; None where nothing says so."""


def known_profile(session: Session, key: AssetKey, partition: str | None = None) -> KnownProfile:
    """What is known of the present data of an asset, or of a partition: where none is named, of the last that was made.

    Raises:
        NotFound: There is no such asset.
        LaunchError: A partition is named of an asset that has none.
        UnknownPartition: There is no partition of that key.
    """
    with session.reading() as connection:
        state = session.state(connection)
        require_asset(state, key)
        last, seen = last_events(connection, state, key, partition)
        declared = state.graph.assets[key].metadata
        wanted = last.partition if last is not None else partition
        found = profiles.profiles(connection, key, LOOKED_AT, wanted)
    value = stored_value(key, last, [*([seen.metadata] if seen is not None else []), declared])
    of_it = (each for each in found if last is not None and each.made_us == last.time_us)
    return KnownProfile(last, next(of_it, None), value)
