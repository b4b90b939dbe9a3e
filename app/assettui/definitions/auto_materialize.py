"""Policies made of rules: the older way to say when an asset is materialized by itself. Each is an automation condition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from assettui.core.conditions.condition import AutomationCondition
from assettui.core.conditions.registry import class_of
from assettui.model.arguments import Checked, checks_call

if TYPE_CHECKING:
    from collections.abc import Iterable


class AutoMaterializeRule(Struct, frozen=True, metaclass=Checked):
    """One reason to materialize an asset, or to leave it for now."""

    name: str
    is_skip: bool = False
    cron_schedule: str | None = None
    timezone: str = "UTC"
    all_partitions: bool = False

    @property
    def condition(self) -> AutomationCondition:
        """The condition that it stands for."""
        condition = AutomationCondition
        match self.name:
            case "materialize_on_required_for_freshness":
                return class_of("RequiredForFreshness")()
            case "materialize_on_parent_updated":
                return class_of("Since")(trigger=_parent_updated(), reset=_handled(), is_trigger_later=True)
            case "materialize_on_missing":
                is_root = ~condition.any_deps_match(condition.missing() | ~condition.missing())
                reasons = _parent_updated() | (condition.newly_missing() & is_root)
                return condition.missing() & reasons.since(_handled())
            case "materialize_on_cron":
                passed = condition.cron_tick_passed(self.cron_schedule or "", self.timezone)
                found = (passed | condition.initial_evaluation()).since(_handled())
                return found if self.all_partitions else found & condition.in_latest_time_window()
            case "skip_on_parent_missing":
                return condition.any_deps_missing()
            case "skip_on_parent_outdated":
                outdated = class_of("Operand")(is_so="outdated") & ~condition.will_be_requested()
                return condition.any_deps_match(outdated).with_label("any_deps_outdated")
            case "skip_on_not_all_parents_updated":
                operand = class_of("Operand")
                updated = condition.newly_updated().since(operand(is_so="root_newly_updated"))
                newer = operand(is_so="newer_than_root")
                return ~condition.all_deps_match(updated | newer | condition.will_be_requested())
            case "skip_on_not_all_parents_updated_since_cron":
                passed = condition.cron_tick_passed(self.cron_schedule or "", self.timezone)
                seen = condition.newly_updated() | (condition.initial_evaluation() & ~condition.missing())
                updated = class_of("Since")(trigger=seen, reset=passed)
                return ~condition.all_deps_match(updated | condition.will_be_requested())
            case "skip_on_backfill_in_progress":
                return condition.backfill_in_progress()
            case "skip_on_run_in_progress":
                return condition.run_in_progress()
            case _:  # what would need partitions that there are not is refused when it is planned
                return ~(condition.missing() | ~condition.missing())

    @staticmethod
    @checks_call
    def materialize_on_required_for_freshness() -> AutoMaterializeRule:
        """Its own freshness policy, or that of something downstream, needs it to be made now."""
        return AutoMaterializeRule("materialize_on_required_for_freshness")

    @staticmethod
    @checks_call
    def materialize_on_parent_updated() -> AutoMaterializeRule:
        """Something that it depends on was updated since it was last made, or asked for."""
        return AutoMaterializeRule("materialize_on_parent_updated")

    @staticmethod
    @checks_call
    def materialize_on_missing() -> AutoMaterializeRule:
        """It was never materialized, and depends on nothing, or something that it depends on is updated."""
        return AutoMaterializeRule("materialize_on_missing")

    @staticmethod
    @checks_call
    def materialize_on_cron(
        cron_schedule: str, timezone: str = "UTC", all_partitions: bool = False
    ) -> AutoMaterializeRule:
        """One of these times has passed since it was last made: of partitions of time the newest, or all of them."""
        return AutoMaterializeRule("materialize_on_cron", False, cron_schedule, timezone, all_partitions)

    @staticmethod
    @checks_call
    def skip_on_parent_missing() -> AutoMaterializeRule:
        """Something that it depends on is missing."""
        return AutoMaterializeRule("skip_on_parent_missing", is_skip=True)

    @staticmethod
    @checks_call
    def skip_on_parent_outdated() -> AutoMaterializeRule:
        """Something that it depends on was made before something that *it* depends on was."""
        return AutoMaterializeRule("skip_on_parent_outdated", is_skip=True)

    @staticmethod
    @checks_call
    def skip_on_not_all_parents_updated() -> AutoMaterializeRule:
        """Something that it depends on was not updated since it was last made."""
        return AutoMaterializeRule("skip_on_not_all_parents_updated", is_skip=True)

    @staticmethod
    @checks_call
    def skip_on_not_all_parents_updated_since_cron(cron_schedule: str, timezone: str = "UTC") -> AutoMaterializeRule:
        """Something that it depends on was not updated since the last of these times."""
        return AutoMaterializeRule("skip_on_not_all_parents_updated_since_cron", True, cron_schedule, timezone)

    @staticmethod
    @checks_call
    def skip_on_required_but_nonexistent_parents() -> AutoMaterializeRule:
        """It needs partitions that do not exist."""
        return AutoMaterializeRule("skip_on_required_but_nonexistent_parents", is_skip=True)

    @staticmethod
    @checks_call
    def skip_on_backfill_in_progress() -> AutoMaterializeRule:
        """A backfill makes it."""
        return AutoMaterializeRule("skip_on_backfill_in_progress", is_skip=True)

    @staticmethod
    @checks_call
    def skip_on_run_in_progress() -> AutoMaterializeRule:
        """A run makes it."""
        return AutoMaterializeRule("skip_on_run_in_progress", is_skip=True)


class AutoMaterializePolicy(Struct, frozen=True, metaclass=Checked):
    """When an asset is materialized by itself: where one of the reasons to do so holds, and none to leave it."""

    rules: Iterable[AutoMaterializeRule]
    max_materializations_per_minute: int | None = 1
    """None for any number of partitions at once; otherwise only the newest is made."""
    asset_condition: AutomationCondition | None = None
    """A condition, instead of rules."""
    kind: str = "custom"

    @staticmethod
    def eager(max_materializations_per_minute: int | None = 1) -> AutoMaterializePolicy:
        """As soon as it is missing, or something that it depends on is updated, or a freshness policy needs it."""
        reasons = {
            AutoMaterializeRule.materialize_on_missing(),
            AutoMaterializeRule.materialize_on_parent_updated(),
            AutoMaterializeRule.materialize_on_required_for_freshness(),
        }
        return AutoMaterializePolicy(frozenset({*reasons, *_skips()}), max_materializations_per_minute, kind="eager")

    @staticmethod
    def lazy(max_materializations_per_minute: int | None = 1) -> AutoMaterializePolicy:
        """Only as often as its own freshness policy and those of what lies downstream need: as rarely as satisfies all."""
        reasons = {AutoMaterializeRule.materialize_on_required_for_freshness()}
        return AutoMaterializePolicy(frozenset({*reasons, *_skips()}), max_materializations_per_minute, kind="lazy")

    @staticmethod
    def from_automation_condition(automation_condition: AutomationCondition) -> AutoMaterializePolicy:
        """A policy that is a condition."""
        return AutoMaterializePolicy(frozenset(), None, automation_condition)

    def with_rules(self, *rules: AutoMaterializeRule) -> AutoMaterializePolicy:
        """The same, with these as well."""
        return replace(self, rules=frozenset({*self.rules, *rules}), kind="custom")

    def without_rules(self, *rules: AutoMaterializeRule) -> AutoMaterializePolicy:
        """The same, without these."""
        return replace(self, rules=frozenset(self.rules) - frozenset(rules), kind="custom")

    @property
    def materialize_rules(self) -> frozenset[AutoMaterializeRule]:
        """The reasons to materialize."""
        return frozenset(rule for rule in self.rules if not rule.is_skip)

    @property
    def skip_rules(self) -> frozenset[AutoMaterializeRule]:
        """The reasons to leave it."""
        return frozenset(rule for rule in self.rules if rule.is_skip)

    def to_automation_condition(self) -> AutomationCondition:
        """The condition that it stands for."""
        if self.asset_condition is not None:
            return self.asset_condition
        nothing = ~(AutomationCondition.missing() | ~AutomationCondition.missing())
        reasons, skips = (_either(rules) for rules in (self.materialize_rules, self.skip_rules))
        found = (reasons if reasons is not None else nothing) & ~AutomationCondition.run_in_progress()
        if skips is not None:
            found &= ~skips
        if self.max_materializations_per_minute is not None:
            found = AutomationCondition.in_latest_time_window() & found
        return found.with_label(f"auto_materialize_{self.kind}")


def _skips() -> set[AutoMaterializeRule]:
    return {
        AutoMaterializeRule.skip_on_parent_outdated(),
        AutoMaterializeRule.skip_on_parent_missing(),
        AutoMaterializeRule.skip_on_required_but_nonexistent_parents(),
        AutoMaterializeRule.skip_on_backfill_in_progress(),
    }


def _handled() -> AutomationCondition:
    """Requested or updated: at the first evaluation, too, there may be a reason."""
    return (AutomationCondition.newly_requested() | AutomationCondition.newly_updated()).with_label("handled")


def _parent_updated() -> AutomationCondition:
    """Something that it depends on is updated, or, at the first evaluation, was so since it was made."""
    condition = AutomationCondition
    is_behind = condition.missing() | class_of("Operand")(is_so="outdated")
    at_first = condition.initial_evaluation() & is_behind & condition.any_deps_match(~condition.missing())
    return (condition.any_deps_updated() | at_first).with_label("parent_updated")


def _either(rules: frozenset[AutoMaterializeRule]) -> AutomationCondition | None:
    found: AutomationCondition | None = None
    for rule in sorted(rules, key=lambda each: (each.name, each.cron_schedule or "")):
        if rule.name == "skip_on_required_but_nonexistent_parents":
            continue
        condition = rule.condition.with_label(rule.name)
        found = condition if found is None else found | condition
    return found
