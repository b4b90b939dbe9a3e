"""How ready-made checks are built: one function, one check, for each of several assets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.definitions.asset import StepArguments
from assettui.definitions.asset_outputs import as_asset_ins
from assettui.definitions.checks import AssetChecksDefinition, AssetCheckSpec
from assettui.definitions.inputs import AssetIn
from assettui.definitions.placed import caller
from assettui.model.arguments import WrongArgument
from assettui.model.check import AssetCheckSeverity
from assettui.model.keys import AssetKey

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from assettui.definitions.asset import AssetsDefinition
    from assettui.definitions.checks import AssetCheckResult
    from assettui.definitions.spec import AssetSpec
    from assettui.model.keys import CoercibleToAssetKey


def build(
    assets: Iterable[CoercibleToAssetKey | AssetsDefinition | AssetSpec],
    name: str,
    description: str,
    check_of: Callable[[AssetKey], Callable[..., AssetCheckResult]],
    *,
    blocking: bool = False,
    reads: Mapping[str, AssetKey | None] | None = None,
) -> list[AssetChecksDefinition]:
    """The same check for each of several assets: evaluated right after its own, whatever becomes of the others.

    Args:
        assets: The assets.
        name: Of the check.
        description: Of it.
        check_of: Asset → the function that evaluates it.
        blocking: Whether what depends on the asset is skipped where it fails with severity ERROR.
        reads: Parameter of the function → the asset that it reads, None for the one that it checks. Without it, the function
            looks at no value, and the check is of an asset with partitions as a whole.

    Raises:
        WrongArgument: Of one of the assets it is not clear which it is.
    """
    at = caller()
    found: list[AssetChecksDefinition] = []
    for each in assets:
        for key in _keys(each):
            spec = AssetCheckSpec(
                name,
                asset=key,
                description=description,
                blocking=blocking,
            )
            spec.is_of_whole = reads is None
            ins = {name: AssetIn(read if read is not None else key) for name, read in (reads or {}).items()}
            found.append(AssetChecksDefinition(check_of(key), [spec], StepArguments(ins=as_asset_ins(ins)), at))
            spec.at = found[-1].at = at  # where it was asked for, rather than where the function stands
    return found


def _keys(given: Any) -> list[AssetKey]:
    own = getattr(given, "keys", None)
    if own is not None and not isinstance(given, str):
        return sorted(own, key=str)
    key = getattr(given, "key", given)
    try:
        return [key if isinstance(key, AssetKey) else AssetKey.from_coercible(key)]
    except (TypeError, ValueError) as error:
        raise WrongArgument(
            f"{given!r:.60} among the assets names none", hint="name it by its key or function"
        ) from error


def severity_of(given: AssetCheckSeverity | str) -> AssetCheckSeverity:
    """A severity, however it is written.

    Raises:
        WrongArgument: It is none.
    """
    try:
        return AssetCheckSeverity(str(given).upper().rpartition(".")[2])
    except ValueError:
        raise WrongArgument(
            f"severity is {given!r}", hint="AssetCheckSeverity.WARN or AssetCheckSeverity.ERROR"
        ) from None
