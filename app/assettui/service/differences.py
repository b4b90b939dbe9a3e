"""What is compared with what: versions of a value, partitions, assets, or the same in two stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from assettui.core.data_settings import primary_key
from assettui.model.errors import LaunchError, NotFound
from assettui.model.preview import CompareValues
from assettui.service.catalog import require_asset
from assettui.service.previews import data_of
from assettui.service.versions import read_versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assettui.model.keys import AssetKey
    from assettui.model.preview import StoredValue
    from assettui.service.session import Session


class Comparison(Struct, frozen=True):
    """What is compared, and how it is called."""

    asked: CompareValues
    before: str
    after: str


def comparison(
    session: Session,
    key: AssetKey,
    sides: Sequence[str] = (),
    *,
    partition: str | None = None,
    other_key: AssetKey | None = None,
    other_session: Session | None = None,
    by: Sequence[str] = (),
) -> Comparison:
    """What is to be compared.

    Args:
        session: The store.
        key: The asset.
        sides: What of it: numbers of versions, or where it has partitions and none is named, keys of partitions; one of
            them is compared with what is current, none is the version before that.
        partition: The partition that versions are of.
        other_key: Compared with another asset, rather than with another version or partition.
        other_session: Compared with the same in another store.
        by: The columns that tell rows apart; by default as the asset's metadata says, or else they are guessed.

    Raises:
        NotFound: One of them is not there.
        LaunchError: It is not said what is to be compared.
        UnknownPartition: There is no partition of that key.
    """
    if len(sides) > (1 if other_key is not None or other_session is not None else 2):
        raise LaunchError(
            "too many sides are named", hint="one is compared with another asset or store, two with each other"
        )
    if other_key is not None or other_session is not None:
        one = _side(session, key, partition, sides[0] if sides else None)
        there = other_session or session
        part = partition if partition is not None or not sides else sides[0]
        named = part if _has_partitions(there, other_key or key) else None
        other = _value(there, other_key or key, named, None)
        after = f"{_name(other)} of {there.folder.root}" if other_session is not None else _name(other)
        if other_session is not None:
            other = replace(other, root=str(there.folder.values))
        pair = ((one, _name(one)), (other, after))
    elif len(sides) == 2:
        pair = tuple(_named_side(session, key, partition, side) for side in sides)
    else:
        before = sides[0] if sides else _version_before(session, key, partition)
        pair = (_named_side(session, key, partition, before), _named_side(session, key, partition, None))
    (before_value, before_name), (after_value, after_name) = pair
    declared = _declared_key(session, key)
    source = "given" if by else "declared"
    asked = CompareValues(before_value, other=after_value, key=tuple(by) or declared, key_source=source)
    return Comparison(asked, before_name, after_name)


def _named_side(session: Session, key: AssetKey, partition: str | None, side: str | None) -> tuple[StoredValue, str]:
    value = _side(session, key, partition, side)
    if side is None:
        return value, f"{_name(value)}, current"
    is_version = partition is not None or not _has_partitions(session, key)
    return value, f"{_name(value)}, version {side}" if is_version else _name(value)


def _side(session: Session, key: AssetKey, partition: str | None, side: str | None) -> StoredValue:
    if side is None:
        return _value(session, key, partition, None)
    if partition is None and _has_partitions(session, key):
        return _value(session, key, side, None)
    if not side.isdecimal():
        raise LaunchError(
            f"{side!r} is no version of {key}", hint=f"give a number; see `assettui asset versions {key}`"
        )
    return _value(session, key, partition, int(side))


def _value(session: Session, key: AssetKey, partition: str | None, version: int | None) -> StoredValue:
    return data_of(session, key, partition, version).value


def _version_before(session: Session, key: AssetKey, partition: str | None) -> str:
    if partition is None and _has_partitions(session, key):
        raise LaunchError(
            f"{key} has partitions, and it is not said what is compared",
            hint="name two of them, or one by --partition whose versions are compared",
        )
    with session.reading() as connection:
        kept = read_versions(connection, session.state(connection), key, partition)
    others = sorted(each.number for each in kept.versions if not each.is_current)
    if not others:
        raise NotFound(f"there is only one version of {kept.name}", hint="compare it once it was made again")
    return str(others[-1])


def _has_partitions(session: Session, key: AssetKey) -> bool:
    with session.reading() as connection:
        state = session.state(connection)
        require_asset(state, key)
        return state.partitioned.is_partitioned(key)


def _declared_key(session: Session, key: AssetKey) -> tuple[str, ...]:
    with session.reading() as connection:
        return primary_key(session.state(connection).graph.assets[key].metadata)


def _name(value: StoredValue) -> str:
    return str(value.asset_key) if value.partition is None else f"{value.asset_key} {value.partition}"
