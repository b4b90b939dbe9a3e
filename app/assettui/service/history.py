"""The past of an asset, page by page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from assettui.model.errors import NotFound
from assettui.model.keys import closest
from assettui.service.catalog import require_asset
from assettui.service.versions import require_part
from assettui.store.histories import last_of_partitions, past_of_all, past_of_part

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from assettui.model.history import PastEvent
    from assettui.model.keys import AssetKey
    from assettui.service.session import Session

PAGE = 200
"""So many are read first: more than a screen shows."""
MOST = 10_000
"""So many are listed, the newest ones."""


class History(Struct, frozen=True):
    """The past of an asset, or of a partition of it."""

    key: AssetKey
    partition: str | None
    """None for the asset, all its partitions together."""
    past: tuple[PastEvent, ...]
    """The newest first."""
    is_whole: bool = True
    """Whether nothing older is there."""

    @property
    def name(self) -> str:
        return str(self.key) if self.partition is None else f"{self.key} {self.partition}"


def history_of(session: Session, key: AssetKey, partition: str | None = None, limit: int = MOST) -> History:
    """What happened to an asset, or to a partition of it: the newest first.

    Raises:
        NotFound: There is no such asset.
        LaunchError: A partition is named of an asset that has none.
        UnknownPartition: There is no partition of that key.
    """
    return list(history_pages(session, key, partition, limit))[-1]


def history_pages(
    session: Session, key: AssetKey, partition: str | None = None, limit: int = MOST
) -> Iterator[History]:
    """The same, first as much of it as a screen shows, then all of it.

    Raises:
        NotFound: As above.
        LaunchError: As above.
        UnknownPartition: As above.
    """
    with session.reading() as connection:
        state = session.state(connection)
        require_asset(state, key)
        if partition is not None:
            require_part(state, key, partition)
        is_of_all = partition is None and state.partitioned.is_partitioned(key)
        kind = "observed" if state.graph.assets[key].is_external else "materialized"
        past: list[PastEvent] = []
        for size in dict.fromkeys((min(PAGE, limit), limit)):
            wanted, offset = size + 1 - len(past), len(past)
            if is_of_all or kind == "observed":
                past += past_of_all(connection, key, kind, limit=wanted, offset=offset)
            else:
                past += past_of_part(connection, key, partition, limit=wanted, offset=offset)
            is_whole = len(past) <= size
            yield History(key, partition, tuple(past[:size]), is_whole)
            if is_whole:
                return


def by_partition(session: Session, key: AssetKey) -> History:
    """The last materialization of each partition of an asset, in their order.

    Raises:
        NotFound: There is no such asset, or it has no partitions.
    """
    with session.reading() as connection:
        state = session.state(connection)
        require_asset(state, key)
        if not state.partitioned.is_partitioned(key):
            raise NotFound(f"{key} has no partitions", hint="plot it over time: leave --over out")
        space = state.partitioned.space(key)
        found = [(space.find(each.event.partition or ""), each) for each in last_of_partitions(connection, key)]
    ordered = sorted((index, each.event.id, each) for index, each in found if index is not None)
    return History(key, None, tuple(each for _, _, each in ordered))


def require_series(name: str, known: Sequence[str], of: str) -> None:
    """Raise `NotFound` where nothing of that name can be plotted."""
    if name not in known:
        near = closest(name, known)
        hint = f"did you mean {near!r}?" if near else f"there are: {', '.join(known)}" if known else None
        raise NotFound(f"nothing of {of} that is called {name!r} is a number", hint=hint)
