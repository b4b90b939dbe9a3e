"""What is compared with what: versions of a value, partitions, assets, or the same in two stores."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from assettui.core.data_settings import primary_key
from assettui.model.errors import LaunchError, NotFound
from assettui.model.preview import CompareValues
from assettui.service.catalog import require_asset
from assettui.service.previews import data_of
from assettui.service.versions import versions

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
    about = _about(session, key)
    if other_key is not None or other_session is not None:
        one = _side(session, about, partition, sides[0] if sides else None)
        there = other_session or session
        part = partition if partition is not None or not sides else sides[0]
        counterpart = _about(there, other_key or key)
        other = data_of(there, counterpart.key, part if counterpart.is_partitioned else None).value
        after = f"{other.name} of {there.folder.root}" if other_session is not None else other.name
        if other_session is not None:
            other = replace(other, root=str(there.folder.values))
        pair = ((one, one.name), (other, after))
    elif len(sides) == 2:
        pair = tuple(_named_side(session, about, partition, side) for side in sides)
    else:
        before = sides[0] if sides else _version_before(session, about, partition)
        pair = (_named_side(session, about, partition, before), _named_side(session, about, partition, None))
    (before_value, before_name), (after_value, after_name) = pair
    source = "given" if by else "declared"
    asked = CompareValues(before_value, other=after_value, key=tuple(by) or about.primary_key, key_source=source)
    return Comparison(asked, before_name, after_name)


class _About(NamedTuple):
    """What is known of an asset."""

    key: AssetKey
    is_partitioned: bool
    primary_key: tuple[str, ...]


def _about(session: Session, key: AssetKey) -> _About:
    with session.reading() as connection:
        state = session.state(connection)
        require_asset(state, key)
        return _About(key, state.partitioned.is_partitioned(key), primary_key(state.graph.assets[key].metadata))


def _named_side(session: Session, about: _About, partition: str | None, side: str | None) -> tuple[StoredValue, str]:
    value = _side(session, about, partition, side)
    if side is None:
        return value, f"{value.name}, current"
    is_version = partition is not None or not about.is_partitioned
    return value, f"{value.name}, version {side}" if is_version else value.name


def _side(session: Session, about: _About, partition: str | None, side: str | None) -> StoredValue:
    key = about.key
    if side is None:
        return data_of(session, key, partition).value
    if partition is None and about.is_partitioned:
        return data_of(session, key, side).value
    if not side.isdecimal():
        raise LaunchError(
            f"{side!r} is no version of {key}", hint=f"give a number; see `assettui asset versions {key}`"
        )
    return data_of(session, key, partition, int(side)).value


def _version_before(session: Session, about: _About, partition: str | None) -> str:
    key = about.key
    if partition is None and about.is_partitioned:
        raise LaunchError(
            f"{key} has partitions, and it is not said what is compared",
            hint="name two of them, or one by --partition whose versions are compared",
        )
    kept = versions(session, key, partition)
    others = sorted(each.number for each in kept.versions if not each.is_current)
    if not others:
        raise NotFound(f"there is only one version of {kept.name}", hint="compare it once it was made again")
    return str(others[-1])
