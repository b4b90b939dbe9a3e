"""What the checks of a step come to: taken as they are given, recorded behind what the step has made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from assettui.model.check import AssetCheckKey, AssetCheckSeverity, CheckOutcome
from assettui.model.events import CheckEvaluation
from assettui.model.keys import AssetKey, closest
from assettui.model.metadata import as_metadata
from assettui.model.run import CHECK_FAILED, StepError
from assettui.worker.results import BadResult

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from assettui.definitions.checks import AssetCheckResult
    from assettui.model.check import CheckSnapshot
    from assettui.model.step import StepRequest


class CheckResults:
    """The results of the checks of one attempt at a step.

    Args:
        request: The attempt.
        declared: All checks that its function evaluates.
        now: The clock: microseconds since the epoch, UTC.
    """

    def __init__(self, request: StepRequest, declared: Sequence[CheckSnapshot], now: Callable[[], int]) -> None:
        self._request = request
        self._wanted = {check.key: check for check in declared if check.key in request.step.checks}
        self._declared = {check.key: check for check in declared}
        self._now = now
        self._found: dict[AssetCheckKey, CheckEvaluation] = {}

    def take(self, result: AssetCheckResult, asset_key: AssetKey | None = None) -> None:
        """Take one result.

        Args:
            result: What the function has given.
            asset_key: The asset that it was given with, where it does not name one itself.

        Raises:
            BadResult: It is of no check of this step, or of one that has given its result before.
        """
        key = self._key_of(result, asset_key)
        if key in self._found:
            raise BadResult(f"the check {key} gave two results", hint="give one AssetCheckResult for each check")
        severity, passed = _severity(result, key), _truth(result.passed, key)
        outcome = CheckOutcome.PASSED if passed else CheckOutcome.FAILED
        if outcome is CheckOutcome.FAILED and severity is AssetCheckSeverity.WARN:
            outcome = CheckOutcome.WARNED
        self._found[key] = CheckEvaluation(
            self._now(),
            self._request.run_id,
            asset_key=key.asset_key,
            outcome=outcome,
            check_name=key.name,
            severity=severity,
            is_blocking=self._declared[key].is_blocking,
            metadata=as_metadata(result.metadata or {}),
            description=result.description,
        )

    def evaluations(self) -> list[CheckEvaluation]:
        """All results, one for each partition that the step was for.

        Raises:
            BadResult: A check that was asked for has given none.
        """
        missing = [str(key) for key in self._wanted if key not in self._found]
        if missing:
            raise BadResult(
                f"{self._request.step.key} gave no result of the check {', '.join(missing)}",
                hint="return or yield AssetCheckResult(passed=…)",
            )
        keys: tuple[str | None, ...] = self._request.partition_keys or (None,)
        if keys == (None,):
            return list(self._found.values())
        from msgspec.structs import replace  # deferred: of partitions alone

        return [replace(each, partition=key) for each in self._found.values() for key in keys]

    def failure(self) -> StepError | None:
        """Why the step fails by what its checks have come to; None where it does not."""
        failed = next((each for each in self._found.values() if each.is_stopping), None)
        if failed is None:
            return None
        why = f": {failed.description}" if failed.description else ""
        message = f"the blocking check {failed.check_name} of {failed.asset_key} failed{why}"
        return StepError(message, CHECK_FAILED, metadata=failed.metadata)

    def _key_of(self, result: AssetCheckResult, asset_key: AssetKey | None) -> AssetCheckKey:
        said = AssetKey.from_coercible(result.asset_key) if result.asset_key is not None else asset_key
        fitting = [
            key for key in self._declared if said in (None, key.asset_key) and result.check_name in (None, key.name)
        ]
        if len(fitting) == 1:
            return fitting[0]
        step, known = self._request.step.key, [str(key) for key in self._declared]
        if fitting:
            raise BadResult(
                f"{step} evaluates {len(known)} checks, and a result does not say of which it is",
                hint='give it check_name="…" and asset_key="…"',
            )
        named = f"{said if said is not None else '…'}:{result.check_name or '…'}"
        near = closest(named, known)
        if not known:
            raise BadResult(f"{step} gave a result of a check, and declares none", hint="declare it in check_specs")
        raise BadResult(
            f"{step} gave a result of the undeclared check {named}",
            hint=f"did you mean {near}?" if near else f"it declares: {', '.join(known)}",
        )


def _severity(result: AssetCheckResult, key: AssetCheckKey) -> AssetCheckSeverity:
    try:
        return AssetCheckSeverity(str(result.severity).upper().rpartition(".")[2])
    except ValueError:
        raise BadResult(
            f"the check {key} gave the severity {result.severity!r}",
            hint="AssetCheckSeverity.WARN or AssetCheckSeverity.ERROR",
        ) from None


def _truth(passed: Any, key: AssetCheckKey) -> bool:
    """True or False, numpy's among them; nothing else is taken for one: a frame or a column would always be one of them."""
    if isinstance(passed, bool):
        return passed
    if type(passed).__name__ in ("bool_", "bool") and type(passed).__module__ == "numpy":
        return bool(passed)
    raise BadResult(
        f"the check {key} says passed={passed!r:.60}, {type(passed).__name__}", hint="give it True or False"
    )
