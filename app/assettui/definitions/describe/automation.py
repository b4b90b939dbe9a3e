"""Freshness policies and automation conditions, checked: whether they can be understood, and can ever be met."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from assettui.core.conditions.boolean import And, Not, Or
from assettui.core.conditions.checks import AllChecks, AnyChecks
from assettui.core.conditions.cron_tick import CronTickPassed
from assettui.core.conditions.deps import AllDeps, AnyDeps
from assettui.core.conditions.newly_true import NewlyTrue
from assettui.core.conditions.operands import Operand
from assettui.core.conditions.since import Since
from assettui.core.conditions.user_condition import UserCondition
from assettui.core.cron import parse_cron
from assettui.core.graph import AssetGraph
from assettui.core.schedule_times import ScheduleTimes
from assettui.core.selection.expression import SelectionContext
from assettui.core.selection.syntax import parse
from assettui.core.timeline import zone_named
from assettui.definitions import attributes
from assettui.model.errors import AssettuiError
from assettui.model.instigator import DEFAULT_AUTOMATION, InstigatorKind, InstigatorSnapshot
from assettui.model.keys import NAME, AssetKey, closest
from assettui.model.project import AssetSnapshot
from assettui.model.timing import duration

if TYPE_CHECKING:
    from assettui.core.conditions.condition import AutomationCondition
    from assettui.definitions.describe.draft import Draft
    from assettui.model.check import AssetCheckKey
    from assettui.model.errors import Location
    from assettui.model.freshness import FreshnessPolicy

_REFERENCE_US = 1_700_000_000_000_000
"""From here on the times of cron expressions are compared."""


def check_automation(draft: Draft) -> None:
    """Check the policies and conditions of all assets and checks; conditions of the user's own are set aside for workers."""
    _describe_sensors(draft)
    graph = _graph(draft)
    for key, asset in list(draft.snapshots.items()):
        subject = f"asset {key}"
        if asset.freshness_policy is not None:
            _check_policy(draft, subject, asset.freshness_policy, asset.at)
        declared = draft.declared.get(key)
        spec = declared.spec if declared is not None else None
        if spec is not None and None not in (spec.automation_condition, spec.auto_materialize_policy):
            draft.problems.wrong(
                f"{subject} has both an automation_condition and an auto_materialize_policy, which may contradict each other",
                asset.at,
                "leave one of them out: AutoMaterializePolicy.to_automation_condition() gives the other form",
            )
        if asset.condition is not None and declared is not None and declared.definition is None:
            draft.problems.wrong(
                f"{subject} has an automation_condition, and nothing here makes or observes it",
                asset.at,
                "leave it out",
            )
        if asset.condition is not None:
            condition = _checked(draft, graph, subject, key, asset.condition, asset.at)
            draft.snapshots[key] = replace(asset, condition=condition)
    for key, check in list(draft.checks.items()):
        if check.condition is not None:
            condition = _checked(draft, graph, f"check {key}", key, check.condition, check.at)
            draft.checks[key] = replace(check, condition=condition)
    if not draft.problems.found:
        for asset in draft.snapshots.values():
            if asset.freshness_policy is not None:
                _warn_unreachable(draft, asset, asset.freshness_policy)


def _describe_sensors(draft: Draft) -> None:
    """What evaluates the conditions: those that the project defines, and the default one for the rest."""
    graph = _graph(draft)
    taken: dict[AssetKey, str] = {}
    names = {
        str(getattr(each, "called", ""))
        for each in (*draft.definitions.schedules, *draft.definitions.sensors)
        if not getattr(each, "is_automation", False)
    }
    for each in draft.definitions.sensors:
        if not getattr(each, "is_automation", False):
            continue
        subject = f"automation {each.name}"
        if not NAME.fullmatch(each.name) or each.name in names:
            hint = "use letters, digits and _" if each.name not in names else "rename one"
            draft.problems.wrong(f"{each.name!r} cannot be the name of an automation", each.at, hint)
            continue
        names.add(each.name)
        try:
            keys = each.asset_selection.resolve(graph)
        except (AssettuiError, TypeError, ValueError) as error:
            hint = error.hint if isinstance(error, AssettuiError) else "give it a selection of assets"
            what = error.what if isinstance(error, AssettuiError) else str(error)
            draft.problems.wrong(f"{subject}: its target: {what}", each.at, hint)
            continue
        for key in sorted(keys, key=str):
            if key in taken:
                draft.problems.wrong(
                    f"{subject} and {taken[key]} both evaluate the condition of {key}",
                    each.at,
                    "leave it to one of them",
                )
                break
            taken[key] = each.name
            asset = draft.snapshots.get(key)
            if each.default_condition is not None and asset is not None and asset.condition is None and asset.step:
                draft.snapshots[key] = replace(asset, condition=each.default_condition)
        draft.automation.append(
            InstigatorSnapshot(
                name=each.name,
                kind=InstigatorKind.AUTOMATION,
                selection=str(each.asset_selection),
                is_on_by_default=each.is_on_by_default,
                description=each.description.strip() if each.description else None,
                tags=attributes.tags_of(subject, each.tags, each.at, draft.problems),
                metadata=attributes.metadata_of(subject, each.metadata, each.at, draft.problems),
                assets=tuple(sorted(keys, key=str)),
                at=each.at,
            )
        )
    rest = [key for key, asset in draft.snapshots.items() if asset.condition is not None and key not in taken]
    rest += [
        check.asset_key
        for check in draft.checks.values()
        if check.condition is not None and check.asset_key not in taken
    ]
    if rest and DEFAULT_AUTOMATION not in names:
        draft.automation.append(
            InstigatorSnapshot(
                name=DEFAULT_AUTOMATION,
                kind=InstigatorKind.AUTOMATION,
                is_on_by_default=True,
                description="Evaluates the automation conditions of assets and checks.",
                assets=tuple(dict.fromkeys(rest)),
            )
        )


def _graph(draft: Draft) -> AssetGraph:
    return AssetGraph([*draft.snapshots.values(), *_external(draft)], draft.steps.values(), draft.checks.values())


def _check_policy(draft: Draft, subject: str, policy: FreshnessPolicy, at: Location | None) -> None:
    if policy.crons is None:
        return
    cron, zone_name = policy.crons
    try:
        parse_cron(cron)
        zone_named(zone_name)
    except AssettuiError as error:
        draft.problems.wrong(f"{subject}: its freshness policy: {error.what}", at, error.hint)


def _checked(
    draft: Draft,
    graph: AssetGraph,
    subject: str,
    entity: AssetKey | AssetCheckKey,
    condition: AutomationCondition,
    at: Location | None,
) -> AutomationCondition:
    for each in condition.walk():
        for text in (getattr(each, "allowed", None), getattr(each, "ignored", None)):
            if text is not None:
                try:
                    parse(text).resolve(SelectionContext(graph))
                except AssettuiError as error:
                    draft.problems.wrong(f"{subject}: its condition {each.shown}: {error.what}", at, error.hint)
        key = getattr(each, "key", None)
        if isinstance(key, str) and AssetKey(key) not in graph.assets:
            near = closest(key, map(str, graph.assets))
            hint = f"did you mean {near!r}?" if near else "see `assettui asset ls`"
            draft.problems.wrong(f"{subject}: its condition is about {key}, which nothing defines", at, hint)
    if not _can_be_true(condition, entity, graph):
        draft.problems.wrong(
            f"{subject}: its automation condition can never be true{_why_never(condition, entity, graph)}",
            at,
            "see `AutomationCondition` for what each part means",
        )
    return _set_aside(draft, entity, condition, [0])


def _external(draft: Draft) -> list[AssetSnapshot]:
    """What is depended on and not defined."""
    named = {above for asset in draft.snapshots.values() for above in asset.upstream}
    return [AssetSnapshot(key) for key in named if key not in draft.snapshots]


def _set_aside(
    draft: Draft, entity: AssetKey | AssetCheckKey, condition: AutomationCondition, count: list[int]
) -> AutomationCondition:
    """The condition with a name in the place of each of the user's own, which is kept for whoever evaluates it."""
    number = count[0]
    count[0] += 1
    if _is_users_own(condition):
        draft.user_conditions[entity, number] = condition
        return UserCondition(class_name=type(condition).__name__, number=number, label=condition.label)
    children = condition.children
    if not children:
        return condition
    found = [_set_aside(draft, entity, each, count) for each in children]
    return (
        condition
        if all(one is other for one, other in zip(found, children, strict=True))
        else condition.with_children(found)
    )


def _is_users_own(condition: AutomationCondition) -> bool:
    return not type(condition).__module__.startswith("assettui.core.conditions.")


# Whether it can ever be true: of each part what is certain by the definitions alone.


def _can_be_true(condition: Any, entity: AssetKey | AssetCheckKey, graph: AssetGraph) -> bool:
    match condition:
        case And():
            return all(_can_be_true(each, entity, graph) for each in condition.operands) and not _contradiction(
                condition
            )
        case Or():
            return any(_can_be_true(each, entity, graph) for each in condition.operands)
        case Not():
            return not _is_always_true(condition.operand, entity, graph)
        case Since():
            return _can_be_true(condition.trigger, entity, graph) and condition.trigger != condition.reset
        case NewlyTrue():
            return _can_be_true(condition.operand, entity, graph)
        case AnyDeps():
            above = _depends_on(entity, graph)
            return any(_can_be_true(condition.operand, key, graph) for key in above)
        case AllDeps():
            above = _depends_on(entity, graph)
            return all(_can_be_true(condition.operand, key, graph) for key in above)
        case AnyChecks():
            return any(_can_be_true(condition.operand, check, graph) for check in _checks_of(entity, graph, condition))
        case AllChecks():
            return all(_can_be_true(condition.operand, check, graph) for check in _checks_of(entity, graph, condition))
        case Operand(is_so=name) if name.startswith("freshness_"):
            return isinstance(entity, AssetKey) and graph.assets[entity].freshness_policy is not None
        case Operand(is_so="check_passed" | "check_failed"):
            return not isinstance(entity, AssetKey)
        case _:
            return True


def _is_always_true(condition: Any, entity: AssetKey | AssetCheckKey, graph: AssetGraph) -> bool:
    match condition:
        case And():
            return all(_is_always_true(each, entity, graph) for each in condition.operands)
        case Or():
            return any(_is_always_true(each, entity, graph) for each in condition.operands)
        case Not():
            return not _can_be_true(condition.operand, entity, graph)
        case AllDeps():
            return not _depends_on(entity, graph)
        case AllChecks():
            return not _checks_of(entity, graph, condition)
        case _:
            return False


def _contradiction(condition: And) -> bool:
    """Whether it wants something and its opposite."""
    wanted = set(condition.operands)
    return any(isinstance(each, Not) and each.operand in wanted for each in condition.operands)


def _depends_on(entity: AssetKey | AssetCheckKey, graph: AssetGraph) -> tuple[AssetKey, ...]:
    return graph.upstream[entity] if isinstance(entity, AssetKey) else (entity.asset_key,)


def _checks_of(
    entity: AssetKey | AssetCheckKey, graph: AssetGraph, condition: AnyChecks | AllChecks
) -> list[AssetCheckKey]:
    key = entity if isinstance(entity, AssetKey) else entity.asset_key
    return [check.key for check in graph.checks_of.get(key, ()) if check.is_blocking or not condition.blocking_only]


def _why_never(condition: Any, entity: AssetKey | AssetCheckKey, graph: AssetGraph) -> str:
    """Which part of it, in a few words."""
    if isinstance(condition, And):
        if _contradiction(condition):
            return ": it wants something and its opposite"
        part = next((each for each in condition.operands if not _can_be_true(each, entity, graph)), None)
        if part is not None:
            return f": {part.shown} cannot{_why_never(part, entity, graph)}"
    if isinstance(condition, AnyDeps) and not _depends_on(entity, graph):
        return ", since it depends on nothing"
    if isinstance(condition, Operand) and condition.is_so.startswith("freshness_"):
        return ", since it has no freshness policy"
    if isinstance(condition, Operand) and condition.is_so.startswith("check_"):
        return ", since it is of an asset, and not of a check: put it into any_checks_match(…) or all_checks_match(…)"
    if isinstance(condition, AnyChecks) and not _checks_of(entity, graph, condition):
        return ", since it has no such check"
    return ""


# Whether a lag can ever be kept.


def _warn_unreachable(draft: Draft, asset: AssetSnapshot, policy: FreshnessPolicy) -> None:
    """Warn of a policy that what the asset rests on can never meet, with the arithmetic."""
    if policy.crons is not None:
        return  # it is judged at certain times only, which may suit
    allowed = policy.allowed_us
    pending, seen = [asset.key], set[AssetKey]()
    while pending:
        key = pending.pop()
        if key in seen or key not in draft.snapshots:
            continue
        seen.add(key)
        found = draft.snapshots[key]
        period = _period_us(found)
        if period is not None and allowed < period[0]:
            what = "it is" if key == asset.key else f"{key}, which it rests on, is"
            draft.problems.warn(
                f"asset {asset.key}: its data may be at most {duration(allowed).strip()} old, and {what} made {period[1]}, "
                f"every {duration(period[0])}: it will be overdue for {duration(period[0] - allowed)} of each {duration(period[0])}",
                asset.at,
                f"allow at least {duration(period[0])}, or have it made more often",
            )
            return
        pending.extend(found.upstream)


def _period_us(asset: AssetSnapshot) -> tuple[int, str] | None:
    """How long it takes from one making of an asset to the next, at least, where its definition says so, and why."""
    windows = getattr(asset.partitions, "cron_schedule", None)
    if windows is not None:
        return _between(windows, getattr(asset.partitions, "timezone", "UTC")), f"for partitions of {windows}"
    condition = asset.condition
    if not isinstance(condition, And):
        return None
    for each in condition.operands:
        if isinstance(each, Since) and isinstance(each.trigger, CronTickPassed):
            tick = each.trigger
            return _between(tick.cron, tick.timezone), f"at {tick.cron}"
    return None


def _between(cron: str, zone_name: str) -> int:
    """The shortest of some spans from one time of a cron expression to the next."""
    times = ScheduleTimes((cron,), zone_name)
    found, at_us = list[int](), times.next_after(_REFERENCE_US)
    for _ in range(8):
        after_us = times.next_after(at_us)
        found.append(after_us - at_us)
        at_us = after_us
    return min(found)
