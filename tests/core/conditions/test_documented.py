"""What conditions give in situations that Dagster documents: facts, found by trying each there (1.13) and here.

Each script is a history: `a`, `p` and `b` are materialized, `+` lets half an hour pass, `t` is a tick. What is written down for
it is what each tick requests, of `b`, whose condition it is, and of `c`, which follows `b` eagerly.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assettui import (
    AssetCheckResult,
    AssetKey,
    AssetSelection,
    AutoMaterializePolicy,
    AutoMaterializeRule,
    AutomationCondition,
    DailyPartitionsDefinition,
    Definitions,
    Instance,
    asset,
    asset_check,
    evaluate_automation_conditions,
    materialize,
)

C = AutomationCondition
HOURLY = "0 * * * *"
CONDITIONS: dict[str, Callable[[], AutomationCondition]] = {
    "eager": C.eager,
    "on_missing": C.on_missing,
    "on_cron": lambda: C.on_cron(HOURLY),
    "missing": C.missing,
    "newly_missing": lambda: C.missing().newly_true(),
    "not missing": lambda: ~C.missing(),
    "newly_updated": C.newly_updated,
    "any_deps_updated": C.any_deps_updated,
    "any_deps_missing": C.any_deps_missing,
    "all_deps_match(newly_updated)": lambda: C.all_deps_match(C.newly_updated()),
    "any_deps_match(missing)": lambda: C.any_deps_match(C.missing()),
    "any_deps_match(newly_updated).allow(a)": lambda: C.any_deps_match(C.newly_updated()).allow(
        AssetSelection.assets("a")
    ),
    "any_deps_match(newly_updated).ignore(a)": lambda: C.any_deps_match(C.newly_updated()).ignore(
        AssetSelection.assets("a")
    ),
    "any_deps_updated().since_last_handled()": lambda: C.any_deps_updated().since_last_handled(),
    "cron_tick_passed": lambda: C.cron_tick_passed(HOURLY),
    "missing.since(newly_updated)": lambda: C.missing().since(C.newly_updated()),
    "newly_updated.since(cron)": lambda: C.newly_updated().since(C.cron_tick_passed(HOURLY)),
    "all_deps_updated_since_cron": lambda: C.all_deps_updated_since_cron(HOURLY),
    "initial_evaluation": C.initial_evaluation,
    "data_version_changed": lambda: C.any_deps_match(C.data_version_changed()),
    "newly_requested": lambda: C.newly_requested() | C.missing().newly_true(),
    "asset_matches(a, newly_updated)": lambda: C.asset_matches("a", C.newly_updated()),
    "eager without deps missing": lambda: C.eager().without(~C.any_deps_missing()),
    "eager.replace": lambda: C.eager().replace("any_deps_updated", C.any_deps_match(C.missing())),
    "any_downstream": C.any_downstream_conditions,
}
SCRIPTS = [
    "t t a t t p t t b t t a t t a p t t",
    "a p t t b t a b t t a t",
    "t + a t + p t + t + a t + p t t + t",
    "a p b t + t + t a + t p + t t",
]
FACTS = {
    "eager": ["- - - - bc - c - bc - bc -", "- - c - - bc", "- - bc - bc - - -", "- - - bc - -"],
    "on_missing": ["- - - - - - c - - - - -", "- - c - - -", "- - - - - - - -", "- - - - - -"],
    "on_cron": ["- - - - - - c - - - - -", "- - c - - -", "- - - - - bc - -", "- - - - - -"],
    "missing": ["b bc b bc b bc - - - - - -", "b bc - c - -", "b bc b bc b bc b bc", "- - - - - -"],
    "newly_missing": ["b - - - - - c - - - - -", "b - c - - -", "b - - - - - - -", "- - - - - -"],
    "not missing": ["- - - - - - bc b bc b bc b", "- - bc b bc b", "- - - - - - - -", "b bc b bc b bc"],
    "newly_updated": ["- - - - - - bc - - - - -", "- - bc b - -", "- - - - - - - -", "- - - - - -"],
    "any_deps_updated": ["- - bc - bc - c - bc - bc -", "- - c b - bc", "- bc b - bc b - -", "- - - bc b -"],
    "any_deps_missing": ["b bc b bc - - c - - - - -", "- - c - - -", "b bc - - - - - -", "- - - - - -"],
    "all_deps_match(newly_updated)": ["- - - - - - c - - - bc -", "- - c - - -", "- - - - - - - -", "- - - - - -"],
    "any_deps_match(missing)": ["b bc b bc - - c - - - - -", "- - c - - -", "b bc - - - - - -", "- - - - - -"],
    "any_deps_match(newly_updated).allow(a)": [
        "- - bc - - - c - bc - bc -",
        "- - c b - bc",
        "- bc - - bc - - -",
        "- - - bc - -",
    ],
    "any_deps_match(newly_updated).ignore(a)": [
        "- - - - bc - c - - - bc -",
        "- - c - - -",
        "- - bc - - bc - -",
        "- - - - bc -",
    ],
    "any_deps_updated().since_last_handled()": [
        "- - bc - bc - c - bc - bc -",
        "- - c - - bc",
        "- bc - - bc - - -",
        "- - - bc - -",
    ],
    "cron_tick_passed": ["- - - - - - c - - - - -", "- - c - - -", "- - bc - bc - - bc", "- - bc - bc -"],
    "missing.since(newly_updated)": [
        "b bc b bc b bc - - - - - -",
        "b bc - c - -",
        "b bc b bc b bc b bc",
        "- - - - - -",
    ],
    "newly_updated.since(cron)": ["- - - - - - bc b bc b bc b", "- - bc b bc b", "- - - - - - - -", "- - - - - -"],
    "all_deps_updated_since_cron": ["- - - - bc b bc b bc b bc b", "- - c - - -", "- - - - - bc b -", "- - - - - -"],
    "initial_evaluation": ["b - - - - - c - - - - -", "b - c - - -", "b - - - - - - -", "b - - - - -"],
    "data_version_changed": ["- - bc - bc - c - bc - bc -", "- - c b - bc", "- bc b - bc b - -", "- - - bc b -"],
    "newly_requested": ["b bc b bc b bc b bc b bc b bc", "b bc b bc b bc", "b bc b bc b bc b bc", "- - - - - -"],
    "asset_matches(a, newly_updated)": [
        "- - bc - - - c - bc - bc -",
        "- - c b - bc",
        "- bc - - bc - - -",
        "- - - bc - -",
    ],
    "eager without deps missing": ["- - bc - bc - c - bc - bc -", "- - c - - bc", "- bc - - bc - - -", "- - - bc - -"],
    "eager.replace": ["- - - - bc - c - - - - -", "- - c - - -", "- - bc - - - - -", "- - - - - -"],
    "any_downstream": ["- - - - bc - c - bc - bc -", "- - c - - bc", "- - bc - bc - - -", "- - - bc - -"],
}


def requested(condition: AutomationCondition, script: str) -> str:
    @asset
    def a() -> int:
        return 1

    @asset
    def p() -> int:
        return 1

    @asset(deps=[a, p], automation_condition=condition)
    def b() -> int:
        return 1

    @asset(deps=[b], automation_condition=C.eager())
    def c() -> int:
        return 1

    assets = {"a": a, "p": p, "b": b, "c": c}
    found: list[str] = []
    cursor, now = None, datetime(2024, 1, 1, 0, 10, tzinfo=UTC)
    with Instance.ephemeral() as instance:
        for step in script.split():
            if step == "+":
                now += timedelta(minutes=30)
            elif step == "t":
                now += timedelta(seconds=1)
                result = evaluate_automation_conditions(
                    Definitions([a, p, b, c]), instance, cursor=cursor, evaluation_time=now
                )
                cursor = result.cursor
                found.append("".join(key for key in "bc" if result.get_num_requested(AssetKey(key))) or "-")
            else:
                materialize([a, p, b, c], selection=[assets[step]], instance=instance)
    return " ".join(found)


@pytest.mark.parametrize("name", CONDITIONS)
def test_of_assets_without_partitions(name: str) -> None:
    assert requested(CONDITIONS[name](), SCRIPTS[0]) == FACTS[name][0]


@pytest.mark.slow
@pytest.mark.parametrize("name", CONDITIONS)
def test_of_assets_without_partitions_in_longer_histories(name: str) -> None:
    assert [requested(CONDITIONS[name](), script) for script in SCRIPTS] == FACTS[name]


DAYS = DailyPartitionsDefinition("2024-01-01")
OF_DAYS: dict[str, Callable[[], AutomationCondition]] = {
    "eager": C.eager,
    "eager.without(in_latest_time_window)": lambda: C.eager().without(C.in_latest_time_window()),
    "on_missing": C.on_missing,
    "on_cron": lambda: C.on_cron("0 0 * * *"),
    "in_latest_time_window": C.in_latest_time_window,
    "in_latest_time_window(2d)": lambda: C.in_latest_time_window(timedelta(days=2)),
    "missing": C.missing,
    "newly_missing": lambda: C.missing().newly_true(),
    "any_deps_updated": C.any_deps_updated,
    "any_deps_missing": C.any_deps_missing,
    "all_deps_match(newly_updated)": lambda: C.all_deps_match(C.newly_updated()),
    "missing & in_latest": lambda: C.missing() & C.in_latest_time_window(timedelta(days=3)),
}
SCRIPTS_OF_DAYS = [
    "u t 1 t 3 t d t 2 t 4 t u t",
    "t 1 t 3 t t d t 2 3 t 4 t t",
    "1 2 t t d 4 t t d 5 t 1 t",
    "t d t u t u1 t 3 t",
]
"""A day of `da` by its number, `u`, which has no partitions; `u1`: the first day of `db`, which reads both; `d`: a day passes."""
FACTS_OF_DAYS = {
    "eager": ["- - 3 - - 4 -", "- - - - - - - -", "- - - - - -", "- - - - -"],
    "eager.without(in_latest_time_window)": ["- 1 3 - 2 4 123", "- - - - - - - -", "- - - - - -", "- - - - 3"],
    "on_missing": ["- - - - - 4 -", "- - - - - - - -", "- - - - - -", "- - - - -"],
    "on_cron": ["- - - - - - 4", "- - - - - - - -", "- - - - - -", "- - - - -"],
    "in_latest_time_window": ["3 3 3 4 4 4 4", "3 3 3 3 4 4 4 4", "3 3 4 4 5 5", "3 4 4 4 4"],
    "in_latest_time_window(2d)": [
        "23 23 23 34 34 34 34",
        "23 23 23 23 34 34 34 34",
        "23 23 34 34 45 45",
        "23 34 34 34 34",
    ],
    "missing": [
        "123 123 123 1234 1234 1234 1234",
        "123 123 123 123 1234 1234 1234 1234",
        "123 123 1234 1234 12345 12345",
        "123 1234 1234 234 234",
    ],
    "newly_missing": ["123 - - 4 - - -", "123 - - - 4 - - -", "123 - 4 - 5 -", "123 4 - - -"],
    "any_deps_updated": ["- 1 3 - 2 4 1234", "- 1 3 - - 23 4 -", "- - 4 - 5 1", "- - 1234 - 3"],
    "any_deps_missing": [
        "123 23 2 24 4 - -",
        "123 123 123 123 1234 1234 1234 1234",
        "123 123 1234 1234 12345 12345",
        "123 1234 1234 1234 124",
    ],
    "all_deps_match(newly_updated)": ["- - - - - - -", "- - - - - - - -", "- - - - - -", "- - - - -"],
    "missing & in_latest": [
        "123 123 123 234 234 234 234",
        "123 123 123 123 234 234 234 234",
        "123 123 234 234 345 345",
        "123 234 234 234 234",
    ],
}
"""The days of `db` that each tick requests, by their numbers."""


def requested_days(condition: AutomationCondition, script: str) -> str:
    @asset(partitions_def=DAYS)
    def da() -> int:
        return 1

    @asset
    def u() -> int:
        return 1

    @asset(deps=[da, u], partitions_def=DAYS, automation_condition=condition)
    def db() -> int:
        return 1

    found: list[str] = []
    cursor, now = None, datetime(2024, 1, 4, 0, 10, tzinfo=UTC)
    with Instance.ephemeral() as instance:
        for step in script.split():
            if step == "d":
                now += timedelta(days=1)
            elif step == "t":
                now += timedelta(seconds=1)
                result = evaluate_automation_conditions(
                    Definitions([da, u, db]), instance, cursor=cursor, evaluation_time=now
                )
                cursor = result.cursor
                days = result.get_requested_partitions(AssetKey("db"))
                found.append("".join(sorted(str(day)[-1] for day in days)) or "-")
            else:
                made: Any = {"u": ([u], None), "u1": ([db], "2024-01-01")}.get(step, ([da], f"2024-01-0{step}"))
                materialize([da, u, db], selection=made[0], instance=instance, partition_key=made[1])
    return " ".join(found)


@pytest.mark.parametrize("name", OF_DAYS)
def test_of_assets_with_partitions_of_time(name: str) -> None:
    assert [requested_days(OF_DAYS[name](), script) for script in SCRIPTS_OF_DAYS] == FACTS_OF_DAYS[name]


def policy(*rules: AutoMaterializeRule) -> AutomationCondition:
    return AutoMaterializePolicy(frozenset(rules), max_materializations_per_minute=None).to_automation_condition()


R = AutoMaterializeRule
OF_RULES: dict[str, Callable[[], AutomationCondition]] = {
    "policy eager": lambda: AutoMaterializePolicy.eager(None).to_automation_condition(),
    "policy lazy": lambda: AutoMaterializePolicy.lazy(None).to_automation_condition(),
    "on_missing": lambda: policy(R.materialize_on_missing()),
    "on_parent_updated": lambda: policy(R.materialize_on_parent_updated()),
    "on_cron": lambda: policy(R.materialize_on_cron(HOURLY)),
    "missing, skip parent missing": lambda: policy(R.materialize_on_missing(), R.skip_on_parent_missing()),
    "updated, skip parent outdated": lambda: policy(R.materialize_on_parent_updated(), R.skip_on_parent_outdated()),
    "updated, skip not all updated": lambda: policy(
        R.materialize_on_parent_updated(), R.skip_on_not_all_parents_updated()
    ),
    "deps executed_with_tags": lambda: C.any_deps_match(C.executed_with_tags(tag_keys={"x"})),
    "deps any_new_update": lambda: C.any_deps_match(C.any_new_update_has_run_tags(tag_values={"x": "1"})),
    "deps all_new_updates": lambda: C.any_deps_match(C.all_new_updates_have_run_tags(tag_values={"x": "1"})),
    "deps any_checks failed": lambda: C.any_deps_match(C.any_checks_match(C.check_failed())),
    "deps all_checks passed": lambda: C.any_deps_match(C.all_checks_match(C.check_passed())),
    "deps any_checks missing": lambda: C.any_deps_match(C.any_checks_match(C.missing())),
    "all_deps_blocking_checks_passed": C.all_deps_blocking_checks_passed,
    "execution_failed": lambda: C.any_deps_match(C.execution_failed()),
}
SCRIPTS_OF_RULES = [
    "t a p t t b t a t t p t t",
    "t a p t A t a A t t a t",
    "t k t p t K t k t t",
    "t a p t F t t a t",
    "t + a t p + t t + a p t t",
    "a p t t a t t",
    "a t p t t",
    "a p t + t a + t t",
]
"""As above; besides, `A`: `a` with the tag `x`, `F`: `a` fails, `k`, `K`: `a` with its blocking check, which passes or fails."""
FACTS_OF_RULES = {
    "policy eager": [
        "- b - - b - b -",
        "- b b b - b",
        "- - b b b -",
        "- b - - b",
        "- - b - b -",
        "b - b -",
        "- b -",
        "b - b -",
    ],
    "policy lazy": [
        "- - - - - - - -",
        "- - - - - -",
        "- - - - - -",
        "- - - - -",
        "- - - - - -",
        "- - - -",
        "- - -",
        "- - - -",
    ],
    "on_missing": [
        "- b - - - - - -",
        "- b - b - b",
        "- b - b - -",
        "- b - - b",
        "- b - - b -",
        "b - b -",
        "b - -",
        "b - b -",
    ],
    "on_parent_updated": [
        "- b - - b - b -",
        "- b b b - b",
        "- b b b b -",
        "- b - - b",
        "- b b - b -",
        "b - b -",
        "b b -",
        "b - b -",
    ],
    "on_cron": [
        "b - - - - - - -",
        "b - - - - -",
        "b - - - - -",
        "b - - - -",
        "b - b - - -",
        "b - - -",
        "b - -",
        "b - b -",
    ],
    "missing, skip parent missing": [
        "- b - - - - - -",
        "- b - b - b",
        "- - b - b -",
        "- b - - b",
        "- - b - b -",
        "b - b -",
        "- b -",
        "b - b -",
    ],
    "updated, skip parent outdated": [
        "- b - - b - b -",
        "- b b b - b",
        "- b b b b -",
        "- b - - b",
        "- b b - b -",
        "b - b -",
        "b b -",
        "b - b -",
    ],
    "updated, skip not all updated": [
        "- b - - - - b -",
        "- b b b - b",
        "- - b b b -",
        "- b - - b",
        "- - b - b -",
        "b - b -",
        "- b -",
        "b - b -",
    ],
    "deps executed_with_tags": [
        "- - - - - - - -",
        "- - b b b -",
        "- - - - - -",
        "- - - - -",
        "- - - - - -",
        "- - - -",
        "- - -",
        "- - - -",
    ],
    "deps any_new_update": [
        "- - - - - - - -",
        "- - b b - -",
        "- - - - - -",
        "- - - - -",
        "- - - - - -",
        "- - - -",
        "- - -",
        "- - - -",
    ],
    "deps all_new_updates": [
        "- - - - - - - -",
        "- - b - - -",
        "- - - - - -",
        "- - - - -",
        "- - - - - -",
        "- - - -",
        "- - -",
        "- - - -",
    ],
    "deps any_checks failed": [
        "- - - - - - - -",
        "- - - - - -",
        "- - - b - -",
        "- - - - -",
        "- - - - - -",
        "- - - -",
        "- - -",
        "- - - -",
    ],
    "deps all_checks passed": [
        "b b b b b b b b",
        "b b b b b b",
        "b b b b b b",
        "b b b b b",
        "b b b b b b",
        "b b b b",
        "b b b",
        "b b b b",
    ],
    "deps any_checks missing": [
        "b b b b b b b b",
        "b b b b b b",
        "b - - - - -",
        "b b b b b",
        "b b b b b b",
        "b b b b",
        "b b b",
        "b b b b",
    ],
    "all_deps_blocking_checks_passed": [
        "- - - - - - - -",
        "- - - - - -",
        "- b b - b b",
        "- - - - -",
        "- - - - - -",
        "- - - -",
        "- - -",
        "- - - -",
    ],
    "execution_failed": [
        "- - - - - - - -",
        "- - - - - -",
        "- - - - - -",
        "- - b b -",
        "- - - - - -",
        "- - - -",
        "- - -",
        "- - - -",
    ],
}


def requested_by_rules(condition: AutomationCondition, script: str) -> str:
    is_failing, is_good = [False], [True]

    @asset
    def a() -> int:
        if is_failing[0]:
            raise ValueError("no")
        return 1

    @asset
    def p() -> int:
        return 1

    @asset(deps=[a, p], automation_condition=condition)
    def b() -> int:
        return 1

    @asset_check(asset=a, blocking=True)
    def good() -> AssetCheckResult:
        return AssetCheckResult(passed=is_good[0])

    assets = {"a": a, "p": p, "b": b}
    definitions = Definitions([a, p, b], asset_checks=[good])
    found: list[str] = []
    cursor, now = None, datetime(2024, 1, 1, 0, 10, tzinfo=UTC)
    with Instance.ephemeral() as instance:
        for step in script.split():
            if step == "+":
                now += timedelta(minutes=30)
            elif step == "t":
                now += timedelta(seconds=1)
                result = evaluate_automation_conditions(definitions, instance, cursor=cursor, evaluation_time=now)
                cursor = result.cursor
                found.append("b" if result.get_num_requested(AssetKey("b")) else "-")
            else:
                is_failing[0], is_good[0] = step == "F", step != "K"
                chosen = AssetSelection.assets(assets.get(step, a))
                materialize(
                    [a, p, b, good],
                    selection=chosen if step in "kK" else chosen.without_checks(),
                    instance=instance,
                    tags={"x": "1"} if step == "A" else None,
                    raise_on_error=False,
                )
    return " ".join(found)


@pytest.mark.parametrize("name", OF_RULES)
def test_of_rules_runs_and_checks(name: str) -> None:
    assert requested_by_rules(OF_RULES[name](), SCRIPTS_OF_RULES[4]) == FACTS_OF_RULES[name][4]


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_RULES)
def test_of_rules_runs_and_checks_in_longer_histories(name: str) -> None:
    found = [requested_by_rules(OF_RULES[name](), script) for script in SCRIPTS_OF_RULES]
    assert found == FACTS_OF_RULES[name]
