"""What every automation condition is: a value that says, at each tick, of which partitions of an asset something is true.

The names, and what each means, are those that Dagster documents for `AutomationCondition`. What a condition gives is a set of
partitions as bits, one of an asset that has none. It depends on nothing but the facts of the tick and on what the condition
itself remembers of the tick before, so that the same history gives the same requests.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, ClassVar, Self

from msgspec import Struct, to_builtins
from msgspec.structs import replace as changed

from assettui.core.conditions.registry import class_of, registered
from assettui.model.errors import AssettuiError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import timedelta

    from assettui.core.conditions.place import Place
    from assettui.model.keys import CoercibleToAssetKey
    from assettui.model.metadata import JsonObject


class BadCondition(AssettuiError, ValueError, TypeError):
    """A condition that cannot be."""


class AutomationCondition(Struct, frozen=True, kw_only=True, omit_defaults=True, tag_field="is", tag=True):
    """When an asset, or a partition of it, is to be materialized by itself.

    Make one from the methods of this class, and combine them: `AutomationCondition.eager() & ~AutomationCondition.missing()`.
    For one of your own, subclass it and override `evaluate`, which runs in a worker.
    """

    label: str | None = None
    """What it is shown as, and what `replace` and `without` find it by."""

    remembers: ClassVar[bool] = False
    """Whether it remembers something of its own from one tick to the next."""

    # What the evaluation asks.

    def true_at(self, place: Place) -> int:
        """The partitions of which it is true at a place of the graph, as bits.

        Args:
            place: The asset or check, the facts of this tick, and what was remembered of the last one.
        """
        raise NotImplementedError(f"{type(self).__name__} can only be evaluated in a worker")

    @property
    def children(self) -> Sequence[AutomationCondition]:
        """The conditions that it is made of."""
        return ()

    @property
    def name(self) -> str:
        """What it is called, its arguments included."""
        return type(self).__name__

    @property
    def shown(self) -> str:
        """Its label, or else its name."""
        return self.label if self.label is not None else self.name

    def with_children(self, children: Sequence[AutomationCondition]) -> AutomationCondition:
        """The same, made of other conditions; as many as `children`."""
        return self

    def to_json(self) -> JsonObject:
        """As JSON; see `condition_from_json`."""
        return to_builtins(self)

    @property
    def fingerprint(self) -> str:
        """What it remembers holds for the condition of this fingerprint alone; labels do not matter."""
        text = json.dumps(_unlabeled(self.to_json()), sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()

    def __hash__(self) -> int:
        return hash(json.dumps(self.to_json(), sort_keys=True))

    def walk(self) -> list[AutomationCondition]:
        """It and all that it is made of, each before what it is made of."""
        found: list[AutomationCondition] = []
        pending: list[AutomationCondition] = [self]
        while pending:
            each = pending.pop()
            found.append(each)
            pending.extend(reversed(each.children))
        return found

    # Combining.

    def __and__(self, other: object) -> AutomationCondition:
        return _combined("And", self, other)

    def __or__(self, other: object) -> AutomationCondition:
        return _combined("Or", self, other)

    def __invert__(self) -> AutomationCondition:
        return class_of("Not")(operand=self)

    def since(self, reset_condition: AutomationCondition) -> AutomationCondition:
        """True from when this becomes true until `reset_condition` does. Where both do in one tick, it is false."""
        return class_of("Since")(trigger=self, reset=_checked(reset_condition, "since"))

    def since_last_handled(self) -> AutomationCondition:
        """True from when this becomes true until the asset is requested or updated; not at the first evaluation."""
        handled = (
            AutomationCondition.newly_requested()
            | AutomationCondition.newly_updated()
            | AutomationCondition.initial_evaluation()
        )
        return self.since(handled.with_label("handled"))

    def newly_true(self) -> AutomationCondition:
        """True in the tick in which this becomes true, and was not in the one before."""
        return class_of("NewlyTrue")(operand=self)

    def with_label(self, label: str | None) -> Self:
        """The same, shown so."""
        return changed(self, label=label)

    def replace(self, old: AutomationCondition | str, new: AutomationCondition) -> AutomationCondition:
        """The same, with another condition in the place of each that is equal to `old`, or has that name or label."""
        if self == old or (isinstance(old, str) and old in (self.label, self.name)):
            return new
        children = self.children
        if not children:
            return self
        return self.with_children([each.replace(old, new) for each in children])

    def without(self, condition: AutomationCondition) -> AutomationCondition:
        """Of conditions joined by `&` or `|`: the same without this one.

        Raises:
            BadCondition: It is not one of them, or nothing would be left.
        """
        raise BadCondition(
            f"{self.shown} is not made of conditions joined by & or |", hint="use replace(old, new) instead"
        )

    def allow(self, selection: Any) -> AutomationCondition:
        """Of `any_deps_match` and `all_deps_match`: only of what this selects, among what is depended on.

        Raises:
            BadCondition: It is no condition on what is depended on.
        """
        return self._of_some(selection, "allow")

    def ignore(self, selection: Any) -> AutomationCondition:
        """Of `any_deps_match` and `all_deps_match`: of all but what this selects, among what is depended on.

        Raises:
            BadCondition: It is no condition on what is depended on.
        """
        return self._of_some(selection, "ignore")

    def _of_some(self, selection: Any, method: str) -> AutomationCondition:
        from assettui.core.selection.algebra import AssetSelection  # deferred: few need it

        text = str(AssetSelection.from_coercible(selection))
        found, is_any = _narrowed(self, text, is_allowed=method == "allow")
        if not is_any:
            raise BadCondition(
                f"{self.shown} is no condition on what is depended on, so there is nothing to {method}",
                hint="put it on any_deps_match(…) or all_deps_match(…)",
            )
        return found

    def evaluate(self, context: Any) -> Any:
        """For a condition of your own: give an `AutomationResult` of the partitions of which it is true."""
        raise NotImplementedError(f"{type(self).__name__} is evaluated by the program itself")

    # What there is.

    @staticmethod
    def eager() -> AutomationCondition:
        """Whenever something that it depends on is updated, and once it is missing: as soon as nothing stands against it."""
        return (
            AutomationCondition.in_latest_time_window()
            & (AutomationCondition.newly_missing() | AutomationCondition.any_deps_updated()).since_last_handled()
            & ~AutomationCondition.any_deps_missing()
            & ~AutomationCondition.any_deps_in_progress()
            & ~AutomationCondition.in_progress()
        ).with_label("eager")

    @staticmethod
    def on_cron(cron_schedule: str, cron_timezone: str = "UTC") -> AutomationCondition:
        """Once after each of these times, as soon as all that it depends on was updated since."""
        return (
            AutomationCondition.in_latest_time_window()
            & AutomationCondition.cron_tick_passed(cron_schedule, cron_timezone).since_last_handled()
            & AutomationCondition.all_deps_updated_since_cron(cron_schedule, cron_timezone)
        ).with_label(f"on_cron({cron_schedule}, {cron_timezone})")

    @staticmethod
    def on_missing() -> AutomationCondition:
        """Once a partition comes to be that was never materialized, as soon as what it depends on is there."""
        return (
            AutomationCondition.in_latest_time_window()
            & AutomationCondition.missing().newly_true().since_last_handled().with_label("missing_since_last_handled")
            & ~AutomationCondition.any_deps_missing()
        ).with_label("on_missing")

    @staticmethod
    def missing() -> AutomationCondition:
        """It was never materialized, or observed; of a check: never evaluated."""
        return _operand("missing")

    @staticmethod
    def newly_missing() -> AutomationCondition:
        """It has become missing: it came to be, or was wiped."""
        return AutomationCondition.missing().newly_true().with_label("newly_missing")

    @staticmethod
    def run_in_progress() -> AutomationCondition:
        """A run that makes it is queued or goes on, one of a backfill excepted."""
        return _operand("run_in_progress")

    @staticmethod
    def backfill_in_progress() -> AutomationCondition:
        """A backfill that is not over makes it."""
        return _operand("backfill_in_progress")

    @staticmethod
    def in_progress() -> AutomationCondition:
        """A run or a backfill makes it."""
        return (AutomationCondition.run_in_progress() | AutomationCondition.backfill_in_progress()).with_label(
            "in_progress"
        )

    @staticmethod
    def execution_failed() -> AutomationCondition:
        """Its last attempt has failed."""
        return _operand("execution_failed")

    @staticmethod
    def newly_updated() -> AutomationCondition:
        """It was materialized since the last tick, or observed to have other data than before; of a check: evaluated.

        Of what another asset depends on: nothing new follows from data that is identified by what it is, and is what it was.
        """
        return _operand("newly_updated")

    @staticmethod
    def newly_requested() -> AutomationCondition:
        """It was requested in the last tick."""
        return _operand("newly_requested")

    @staticmethod
    def will_be_requested() -> AutomationCondition:
        """It is requested in this tick; of what is depended on: so that both can go into one run."""
        return _operand("will_be_requested")

    @staticmethod
    def initial_evaluation() -> AutomationCondition:
        """It is evaluated for the first time, or for the first time since its condition was changed."""
        return _operand("initial_evaluation")

    @staticmethod
    def code_version_changed() -> AutomationCondition:
        """Its code version is another than at the last tick."""
        return _operand("code_version_changed")

    @staticmethod
    def data_version_changed() -> AutomationCondition:
        """Its data version has changed since the last tick."""
        return _operand("data_version_changed")

    @staticmethod
    def freshness_passed() -> AutomationCondition:
        """Its data is as fresh as its freshness policy says."""
        return _operand("freshness_passed")

    @staticmethod
    def freshness_warned() -> AutomationCondition:
        """Its freshness policy warns of it."""
        return _operand("freshness_warned")

    @staticmethod
    def freshness_failed() -> AutomationCondition:
        """It is overdue by its freshness policy."""
        return _operand("freshness_failed")

    @staticmethod
    def check_passed() -> AutomationCondition:
        """Of a check: it has passed, on the latest data of its asset."""
        return _operand("check_passed")

    @staticmethod
    def check_failed() -> AutomationCondition:
        """Of a check: it has failed, or could not be evaluated, on the latest data of its asset."""
        return _operand("check_failed")

    @staticmethod
    def in_latest_time_window(lookback_delta: timedelta | None = None) -> AutomationCondition:
        """It is in the newest window of time, or in one that began within `lookback_delta` of its end. True of all others."""
        return class_of("InLatestTimeWindow").of(lookback_delta)

    @staticmethod
    def cron_tick_passed(cron_schedule: str, cron_timezone: str = "UTC") -> AutomationCondition:
        """One of these times was passed since the last tick.

        Raises:
            BadCron, BadTimeZone: The expression or the time zone cannot be understood.
        """
        return class_of("CronTickPassed").of(cron_schedule, cron_timezone)

    @staticmethod
    def executed_with_root_target() -> AutomationCondition:
        """Of what is depended on: the run that last updated it made the asset in question too."""
        return class_of("ExecutedWithRootTarget")()

    @staticmethod
    def executed_with_tags(*, tag_keys: Any = None, tag_values: Any = None) -> AutomationCondition:
        """The run that last updated it has all these tags.

        Args:
            tag_keys: Names of tags.
            tag_values: Names and values of tags.
        """
        return class_of("ExecutedWithTags").of(tag_keys, tag_values)

    @staticmethod
    def any_new_update_has_run_tags(*, tag_keys: Any = None, tag_values: Any = None) -> AutomationCondition:
        """Since the last tick it was updated by a run with all these tags, among others perhaps."""
        return class_of("NewUpdatesHaveTags").of(tag_keys, tag_values, is_all=False)

    @staticmethod
    def all_new_updates_have_run_tags(*, tag_keys: Any = None, tag_values: Any = None) -> AutomationCondition:
        """Since the last tick it was updated, and only by runs with all these tags."""
        return class_of("NewUpdatesHaveTags").of(tag_keys, tag_values, is_all=True)

    @staticmethod
    def any_deps_match(condition: AutomationCondition) -> AutomationCondition:
        """Of anything that it depends on, this is true of at least one partition that it needs."""
        return class_of("AnyDeps")(operand=_checked(condition, "any_deps_match"))

    @staticmethod
    def all_deps_match(condition: AutomationCondition) -> AutomationCondition:
        """Of everything that it depends on, this is true of at least one partition that it needs."""
        return class_of("AllDeps")(operand=_checked(condition, "all_deps_match"))

    @staticmethod
    def any_deps_missing() -> AutomationCondition:
        """Something that it depends on is missing, and is not requested in this tick."""
        return AutomationCondition.any_deps_match(
            AutomationCondition.missing() & ~AutomationCondition.will_be_requested()
        ).with_label("any_deps_missing")

    @staticmethod
    def any_deps_in_progress() -> AutomationCondition:
        """Something that it depends on is being made."""
        return AutomationCondition.any_deps_match(AutomationCondition.in_progress()).with_label("any_deps_in_progress")

    @staticmethod
    def any_deps_updated() -> AutomationCondition:
        """Something that it depends on was updated since the last tick, by a run that did not make it too; or is requested."""
        updated = AutomationCondition.newly_updated() & ~AutomationCondition.executed_with_root_target()
        return AutomationCondition.any_deps_match(
            updated.with_label("newly_updated_without_root") | AutomationCondition.will_be_requested()
        ).with_label("any_deps_updated")

    @staticmethod
    def all_deps_updated_since_cron(cron_schedule: str, cron_timezone: str = "UTC") -> AutomationCondition:
        """All that it depends on was updated since the last of these times, or is requested in this tick."""
        passed = AutomationCondition.cron_tick_passed(cron_schedule, cron_timezone)
        return AutomationCondition.all_deps_match(
            _operand("newly_made").since(passed) | AutomationCondition.will_be_requested()
        ).with_label(f"all_deps_updated_since_cron({cron_schedule}, {cron_timezone})")

    @staticmethod
    def all_deps_blocking_checks_passed() -> AutomationCondition:
        """All blocking checks of what it depends on have passed, on its latest data."""
        passed = AutomationCondition.all_checks_match(AutomationCondition.check_passed(), blocking_only=True)
        return AutomationCondition.all_deps_match(passed.with_label("all_blocking_checks_passed")).with_label(
            "all_deps_blocking_checks_passed"
        )

    @staticmethod
    def any_checks_match(condition: AutomationCondition, blocking_only: bool = False) -> AutomationCondition:
        """This is true of any of its checks; with `blocking_only` only those that block count."""
        return class_of("AnyChecks")(operand=_checked(condition, "any_checks_match"), blocking_only=blocking_only)

    @staticmethod
    def all_checks_match(condition: AutomationCondition, blocking_only: bool = False) -> AutomationCondition:
        """This is true of all of its checks, of which there may be none; `blocking_only` as above."""
        return class_of("AllChecks")(operand=_checked(condition, "all_checks_match"), blocking_only=blocking_only)

    @staticmethod
    def asset_matches(key: CoercibleToAssetKey, condition: AutomationCondition) -> AutomationCondition:
        """This is true of another asset, which need not be depended on: of partitions of the same key, or of the whole."""
        return class_of("AssetMatches").of(key, _checked(condition, "asset_matches"))

    @staticmethod
    def any_downstream_conditions() -> AutomationCondition:
        """The condition of any asset that depends on it is true of a partition that needs this one."""
        return class_of("AnyDownstream")()


registered(AutomationCondition)


def _operand(name: str) -> AutomationCondition:
    return class_of("Operand")(is_so=name)


def _combined(kind: str, one: AutomationCondition, other: object) -> AutomationCondition:
    if not isinstance(other, AutomationCondition):
        return NotImplemented
    joined = class_of(kind)
    # Without labels of their own, and of `a & b & c` one `&` of three.
    operands = [
        each
        for part in (one, other)
        for each in ((*part.children,) if type(part) is joined and part.label is None else (part,))
    ]
    return joined(operands=tuple(operands))


def _checked(condition: Any, method: str) -> AutomationCondition:
    if not isinstance(condition, AutomationCondition):
        raise BadCondition(
            f"{method} was given {condition!r:.60}, a {type(condition).__name__}", hint="give it an AutomationCondition"
        )
    return condition


def _narrowed(condition: AutomationCondition, text: str, *, is_allowed: bool) -> tuple[AutomationCondition, bool]:
    """The condition with each part that is about what is depended on narrowed; and whether there was any."""
    narrow: Callable[..., AutomationCondition] | None = getattr(condition, "narrowed", None)
    if narrow is not None:
        return narrow(text, is_allowed=is_allowed), True
    found = [_narrowed(each, text, is_allowed=is_allowed) for each in condition.children]
    if not any(is_any for _, is_any in found):
        return condition, False
    return condition.with_children([each for each, _ in found]), True


def _unlabeled(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _unlabeled(each) for name, each in data.items() if name != "label"}  # pyright: ignore[reportUnknownVariableType] - JSON
    return [_unlabeled(each) for each in data] if isinstance(data, list) else data  # pyright: ignore[reportUnknownVariableType] - JSON
