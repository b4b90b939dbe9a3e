"""What metadata of an asset says of how its data is looked after.

Plain names, that people may have in use for something else: a value of another kind than is meant here says nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from assettui.core.drift import DriftRules, rules_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from assettui.model.metadata import MetadataValue

PROFILE: Final = "profile"
"""False for data that is not to be looked at."""
VERSIONS_KEPT: Final = "versions_kept"
"""How many versions of the value are kept."""
PRIMARY_KEY: Final = "primary_key"
"""The column, or the list of columns, by which rows are told apart."""


def is_profiled(metadata: Mapping[str, MetadataValue]) -> bool:
    """Whether the data of an asset is to be looked at when it was made."""
    said = metadata.get(PROFILE)
    return said is None or said.value is not False


def versions_kept(metadata: Mapping[str, MetadataValue]) -> int | None:
    """How many versions of its value are to be kept; None where it does not say."""
    said = metadata.get(VERSIONS_KEPT)
    if said is None or not isinstance(said.value, int) or isinstance(said.value, bool):
        return None
    return said.value


def primary_key(metadata: Mapping[str, MetadataValue]) -> tuple[str, ...]:
    """The columns by which its rows are told apart; empty where it does not say."""
    said = metadata.get(PRIMARY_KEY)
    if said is None:
        return ()
    if isinstance(said.value, str):
        return tuple(part.strip() for part in said.value.split(",") if part.strip())
    if isinstance(said.value, list | tuple):
        return tuple(str(part) for part in said.value)
    return ()


def problem_with(metadata: Mapping[str, MetadataValue]) -> tuple[str, str] | None:
    """What is wrong with what metadata says here, and what to do; None for nothing."""
    kept = versions_kept(metadata)
    if kept is not None and kept < 1:
        return f"{VERSIONS_KEPT} is {kept}", "at least 1: the version that is current"
    try:
        rules_of(metadata)
    except ValueError as error:
        return f"its metadata drift: {error}", f"thresholds are: {', '.join(DriftRules.__struct_fields__)}"
    return None
